/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: the formats in which `scan` writes its results, as one table: a
 * format is a row here and a file record_<name>.c. Where the stream leads and
 * when it is flushed is the caller's business, and so are write errors: they
 * are left in the stream.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "probe/enriched.h"
#include "probe/reading.h"
#include "probe/result.h"

/* --csv-columns: the same 18 names in two orders. */
enum cs_csv_columns {
	CS_CSV_PAGE,    /* of Shadowserver's page */
	CS_CSV_CURRENT, /* of its reports since 2024-07-29 */
};

/* "page", "current". */
CS_MUST_USE bool cs_csv_columns_read(struct cs_span text, enum cs_csv_columns *out);

/* Since when an address and port has answered, and until when; 0 is unknown. */
struct cs_record_seen {
	int64_t first_us, last_us; /* UTC */
};

/* What the formats need to know beside the result. */
struct cs_record_out {
	FILE *to;         /* borrowed */
	const char *scan; /* id as text; borrowed; NULL when there is none */
	const struct cs_record_seen *seen; /* json: of the row; NULL: not asked for */
	unsigned probes;                   /* sent to each address and port; 0: one */
	bool every_code;                   /* --all-codes: not only 2.05 */
	enum cs_csv_columns columns;       /* csv */
	size_t width;  /* table: columns of the terminal, 0 no limit */
	bool colour;   /* table */
	bool ipv6;     /* table: room for IPv6 addresses is wanted */
	bool enriched; /* table: rows come with their enrichment */
};

struct cs_record_format {
	const char *name;
	bool every_code; /* has every validated reply whatever cs_record_out says */
	void (*begin)(const struct cs_record_out *out); /* may be NULL */
	void (*row)(const struct cs_record_out *out, const struct cs_result *result,
		    const struct cs_reading *reading,
		    const struct cs_enriched *enriched /* NULL: it was not */);
	void (*end)(const struct cs_record_out *out); /* may be NULL */
};

extern const struct cs_record_format cs_record_csv;
extern const struct cs_record_format cs_record_jsonl;
extern const struct cs_record_format cs_record_table;

/* All formats, in the order in which help lists them. */
const struct cs_record_format *const *cs_record_formats(size_t *n);

/* The format of that name, or NULL. */
const struct cs_record_format *cs_record_format_find(struct cs_span name);

/* Before the first result: the header, if the format has one. */
void cs_record_begin(const struct cs_record_format *format,
		     const struct cs_record_out *out);

/*
 * Writes one result, with what enrichment knows of it (NULL: it was not), unless the
 * format leaves it out: csv and table hold 2.05 answers without format error only, if
 * not every_code. Says whether it wrote.
 */
bool cs_record_row(const struct cs_record_format *format, const struct cs_record_out *out,
		   const struct cs_result *result, const struct cs_enriched *enriched);

/* After the last result. */
void cs_record_end(const struct cs_record_format *format,
		   const struct cs_record_out *out);
