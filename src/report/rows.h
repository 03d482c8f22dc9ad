/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows: the inside of the model, for the files that look for rows in it. What
 * many rows share (texts, whose network, what was judged) stands once and is
 * known by a number; what a query looks at stands apart from what it does not.
 */
#pragma once

#include "report/model.h"
#include "report/texts.h"

/* Numbers of texts where nothing else is said. */
struct cs_row_place {
	uint32_t asn, naics; /* themselves */
	uint32_t geo, as_name, region, city, sector, owner, hostname_source;
};

struct cs_row_judged {
	uint32_t stack, stack_because, severity_because, tags;
	uint8_t confidence, severity;
	bool judged;
};

enum {
	CS_ROW_COMPLETE = 1 << 0,
	CS_ROW_ENRICHED = 1 << 1,
	CS_ROW_CONTENT = 1 << 2, /* a 2.05, or a report's row: a service */
};

/* What queries look at: 20 bytes. */
struct cs_row_hot {
	uint32_t place, judged; /* index of the model's .places, .judged */
	uint32_t hostname, body;
	uint16_t reply_port;
	uint8_t match, flags;
};

/* The rest: 72 bytes. */
struct cs_row_cold {
	struct cs_addr ip;
	int64_t time_us, rtt_us;
	uint64_t bytes;
	const uint8_t *header;
	uint32_t header_len, request_size, response_size, datagrams, blocks;
	uint16_t port, fault_at;
};

struct cs_model {
	struct cs_texts texts;
	struct cs_row_place *places;  /* [0] knows nothing; owned, like all below */
	struct cs_row_judged *judged; /* [0]: medium, plain tags */
	uint32_t n_places, n_judged;
	struct cs_row_hot *hot; /* by address and port */
	struct cs_row_cold *cold;
	uint8_t *fault;  /* enum cs_fault */
	uint32_t *worst; /* the rows' numbers, worst first */
	size_t n;
	int32_t day;
	uint64_t stamp;
};

static inline bool cs_row_is_content(const struct cs_model *model, size_t i)
{
	return model->hot[i].flags & CS_ROW_CONTENT;
}

/* By address and port. */
static inline int cs_row_order(const struct cs_row_cold *a, const struct cs_row_cold *b)
{
	int order = cs_addr_cmp(&a->ip, &b->ip);

	return order ? order : (a->port > b->port) - (a->port < b->port);
}

/* Number 0, of what was not judged, is medium. */
static inline enum cs_severity cs_row_severity(const struct cs_model *model, size_t i)
{
	return (enum cs_severity)model->judged[model->hot[i].judged].severity;
}

/* Hundredths plus one; 0 where it is not known, which is below all others. */
static inline uint64_t cs_row_amplification(const struct cs_model *model, size_t i)
{
	const struct cs_row_cold *cold = &model->cold[i];
	struct cs_result sizes = { .match = (enum cs_match)model->hot[i].match,
				   .request_size = cold->request_size,
				   .response_size = cold->response_size };
	uint64_t hundredths;

	return cs_result_amplification(&sizes, &hundredths) ? hundredths + 1 : 0;
}
