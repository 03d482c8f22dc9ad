/* SPDX-License-Identifier: Apache-2.0 */
/* Models without a store: rows of chance, of few values so that many are alike. */
#pragma once

#include "test.h"

#include "base/clock.h"
#include "report/model_load.h"

#define MODEL_DAY_US (INT64_C(20000) * CS_US_PER_DAY) /* 2024-10-04 */

static const uint8_t model_header[] = { 0x60, 69, 0x12, 0x34, 0xc1, 40, 0xff };

struct model_row {
	struct cs_result result;
	struct cs_enriched enriched;
	bool is_enriched;
};

/* xorshift: the same rows every time. */
static inline uint32_t model_random(uint64_t *seed, uint32_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 16) % below;
}

static inline struct cs_span model_pick(uint64_t *seed, const char *const *from, size_t n)
{
	return cs_span_str(from[model_random(seed, (uint32_t)n)]);
}

#define PICK(seed, ...)                                          \
	model_pick((seed), (const char *const[]){ __VA_ARGS__ }, \
		   sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static inline struct cs_addr model_ip(uint64_t *seed)
{
	struct cs_addr ip = cs_addr_v4(0xc0000200 + model_random(seed, 700));

	if (model_random(seed, 5) == 0) {
		memset(&ip, 0, sizeof(ip));
		ip.b[0] = 0x20;
		ip.b[1] = 1;
		ip.b[7] = (uint8_t)model_random(seed, 3);
		ip.b[15] = (uint8_t)model_random(seed, 50);
	}
	return ip;
}

static inline struct cs_result model_result(uint64_t *seed)
{
	struct cs_span body =
		PICK(seed, "", "</a>", "</fw>,</Efento>", "</x>;if=\"y\"", "a|b\nc");
	bool report = model_random(seed, 6) == 0;
	struct cs_result row = {
		.ip = model_ip(seed),
		.port = (uint16_t)(5683 + model_random(seed, 2)),
		.reply_port = (uint16_t)(5683 + model_random(seed, 3)),
		.time_us = MODEL_DAY_US + model_random(seed, 5) * CS_US_PER_S +
			   model_random(seed, 3),
		.rtt_us = model_random(seed, 3) - INT64_C(1),
		.match = report ? CS_MATCH_REPORT : CS_MATCH_FULL,
		.request_size = model_random(seed, 4) ? 21 : 4,
		.datagrams = 1,
		.bytes = body.len,
		.body = body,
		.complete = true,
		.blocks = 1,
	};

	if (!report)
		row.header =
			cs_span_of(model_header, sizeof(model_header) - (body.len == 0));
	if (!report || model_random(seed, 2))
		row.response_size = (uint32_t)(row.header.len + row.body.len);
	return row;
}

static inline struct cs_judgement model_judgement(uint64_t *seed)
{
	return (struct cs_judgement){
		.stack = PICK(seed, "", "libcoap", "Californium"),
		.confidence = (uint8_t)model_random(seed, 3),
		.stack_because = PICK(seed, "", "a title"),
		.severity = (enum cs_severity)model_random(seed, CS_SEVERITIES),
		.severity_because = PICK(seed, "", "writable"),
		.tags = PICK(seed, "coap;iot", "coap;iot;efento", "coap", ""),
	};
}

static inline struct model_row model_row(uint64_t *seed)
{
	struct model_row row = { .result = model_result(seed) };

	if (model_random(seed, 4) == 0)
		return row;
	row.is_enriched = true;
	row.enriched = (struct cs_enriched){
		.hostname = PICK(seed, "", "node.example.com", "NODE.example.com",
				 "b.example"),
		.hostname_source = PICK(seed, "", "ptr"),
		.place = { .asn = model_random(seed, 3) * 64512,
			   .naics = model_random(seed, 2) * 518210,
			   .geo = PICK(seed, "", "DE", "FR"),
			   .as_name = PICK(seed, "", "Example Net", "Other"),
			   .region = PICK(seed, "", "Region"),
			   .city = PICK(seed, "", "Ulm", "Aix"),
			   .sector = PICK(seed, "", "Government"),
			   .owner = PICK(seed, "", "org_a") },
	};
	row.enriched.judged = model_random(seed, 3) > 0;
	if (row.enriched.judged)
		row.enriched.judgement = model_judgement(seed);
	return row;
}

static inline struct cs_model *model_of(const struct model_row *rows, size_t n)
{
	struct cs_model *model = NULL;
	struct cs_loader loader;

	assert_int_equal(cs_loader_begin(&loader, false), CS_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			cs_loader_add(&loader, &rows[i].result,
				      rows[i].is_enriched ? &rows[i].enriched : NULL),
			CS_OK);
	assert_int_equal(cs_loader_finish(&loader, &model), CS_OK);
	cs_loader_drop(&loader);
	return model;
}

/* By address and port, the newest of each, the first of two as new: the slow way. */
static inline size_t model_unique(struct model_row *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct model_row row = rows[i];
		size_t at = 0;

		while (at < kept) {
			const struct cs_result *r = &rows[at].result;
			int order = cs_addr_cmp(&r->ip, &row.result.ip);

			if (order == 0)
				order = r->port - row.result.port;
			if (order >= 0)
				break;
			at++;
		}
		if (at < kept && cs_addr_cmp(&rows[at].result.ip, &row.result.ip) == 0 &&
		    rows[at].result.port == row.result.port) {
			if (row.result.time_us > rows[at].result.time_us)
				rows[at] = row;
			continue;
		}
		memmove(&rows[at + 1], &rows[at], (kept - at) * sizeof(rows[0]));
		rows[at] = row;
		kept++;
	}
	return kept;
}
