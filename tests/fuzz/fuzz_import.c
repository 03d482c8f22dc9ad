/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a report: what is taken for a row is one that can be stored, and
 * written again and read again it is the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fuzz.h"
#include "report/import_row.h"
#include "scan/record.h"
#include "store/store.h"

enum { SIZE_MAX_HERE = 16 * 1024 };

static const struct cs_record_out csv = { .every_code = true };

/* Writes @row as a report of ours and reads that. */
static void write_and_read(const struct cs_import_row *row, struct cs_import_row *again,
			   struct cs_arena *arena)
{
	struct cs_record_out out = csv;
	struct cs_import_header header;
	struct cs_import_flaw flaw;
	struct cs_csv_rows rows;
	struct cs_csv_row cells;
	const char *missing;
	char *text = NULL;
	size_t len = 0;

	out.to = open_memstream(&text, &len);
	MUST(out.to);
	cs_record_begin(&cs_record_csv, &out);
	MUST(cs_record_row(&cs_record_csv, &out, &row->result, &row->enriched));
	MUST(fclose(out.to) == 0);
	rows = cs_csv_rows_over((uint8_t *)text, len, true);
	MUST(cs_csv_rows_next(&rows, &cells) && cs_import_is_header(&cells));
	MUST(cs_import_header_read(&cells, &header, &missing) == CS_OK);
	MUST(cs_csv_rows_next(&rows, &cells));
	MUST(cs_import_row_read(&header, &cells, arena, again, &flaw) == CS_OK);
	MUST(!cs_csv_rows_next(&rows, &cells) && rows.err == CS_OK);
	free(text);
}

static void check(const struct cs_import_row *row)
{
	const struct cs_result *r = &row->result;
	struct cs_arena arena = { 0 };
	struct cs_import_row again;

	MUST(r->time_us >= 0 && r->time_us <= CS_STORE_TIME_MAX);
	MUST(r->port != 0 && r->header.len == 0);
	write_and_read(row, &again, &arena);
	MUST(again.result.time_us / CS_US_PER_S == r->time_us / CS_US_PER_S);
	MUST(cs_addr_cmp(&again.result.ip, &r->ip) == 0 && again.result.port == r->port);
	MUST(again.result.request_size == r->request_size);
	MUST(again.result.response_size == r->response_size);
	MUST(cs_span_eq(again.result.body, r->body));
	MUST(cs_span_eq(again.enriched.hostname, row->enriched.hostname));
	MUST(cs_span_eq(again.enriched.place.city, row->enriched.place.city));
	MUST(cs_span_eq(again.enriched.judgement.tags, row->enriched.judgement.tags));
	MUST(again.enriched.judgement.severity == row->enriched.judgement.severity);
	MUST(again.enriched.place.asn == row->enriched.place.asn);
	cs_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_import_header header;
	struct cs_arena arena = { 0 };
	struct cs_csv_rows rows;
	struct cs_csv_row row;
	bool has_header = false;
	const char *missing;
	uint8_t *copy;

	if (size > SIZE_MAX_HERE)
		return 0;
	copy = malloc(size + 1);
	MUST(copy);
	if (size > 0)
		memcpy(copy, data, size);
	rows = cs_csv_rows_over(copy, size, true);
	while (cs_csv_rows_next(&rows, &row) || rows.err) {
		struct cs_import_flaw flaw = { 0 };
		struct cs_import_row out;

		if (rows.err)
			continue;
		if (cs_import_is_header(&row))
			has_header = !cs_import_header_read(&row, &header, &missing);
		else if (has_header &&
			 cs_import_row_read(&header, &row, &arena, &out, &flaw) == CS_OK)
			check(&out);
		else if (has_header)
			MUST(flaw.want);
	}
	free(copy);
	cs_arena_clear(&arena);
	return 0;
}
