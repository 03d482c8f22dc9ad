/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What any bytes become in a CSV: an ordinary RFC 4180 reader sees the cells
 * that were written, no cell can hurt, and every byte comes back.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "out/csv.h"
#include "out/csv_decode.h"

enum { INPUT_MAX = 4096, ROW_MAX = 64 + 3 * 2 * 4 * INPUT_MAX };

static char row[ROW_MAX];

static size_t write_row(struct cs_span bytes)
{
	FILE *to = fmemopen(row, sizeof(row), "w");
	struct cs_csv c = cs_csv_to(to);

	MUST(to);
	cs_csv_response(&c, bytes);
	cs_csv_field(&c, bytes);
	cs_csv_cell(&c, bytes);
	cs_csv_uint(&c, bytes.len);
	cs_csv_row_end(&c);
	MUST(!ferror(to));

	long n = ftell(to);

	MUST(fclose(to) == 0 && n > 0);
	return (size_t)n;
}

/* Reads one cell as RFC 4180 section 2 has it; returns its length in @out. */
static size_t read_cell(struct cs_rd *rd, char *out, bool *quoted)
{
	size_t n = 0;

	*quoted = rd->base[rd->pos] == '"';
	rd->pos += *quoted;
	for (;; rd->pos++) {
		MUST(rd->pos < rd->len);

		char c = (char)rd->base[rd->pos];

		if (*quoted && c == '"') {
			rd->pos++;
			if (rd->base[rd->pos] != '"')
				break;
		} else if (!*quoted && (c == ',' || c == '\n')) {
			break;
		}
		out[n++] = c;
	}
	MUST(rd->base[rd->pos] == ',' || rd->base[rd->pos] == '\n');
	rd->pos++;
	return n;
}

static void must_be_harmless(struct cs_span cell)
{
	for (size_t i = 0; i < cell.len; i++)
		MUST(cell.ptr[i] >= 0x20 && cell.ptr[i] != 0x7f);
	MUST(cell.len == 0 ||
	     (!strchr("=+-@", cell.ptr[0]) && cell.ptr[cell.len - 1] != '\\'));
}

static void must_be_quoted_rightly(struct cs_span cell, bool quoted)
{
	bool must = false;

	for (size_t i = 0; i < cell.len; i++)
		must = must || cell.ptr[i] <= ' ' || cell.ptr[i] == 0x7f ||
		       cell.ptr[i] == ',' || cell.ptr[i] == '"';
	MUST(must == quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char cell[4 * INPUT_MAX + 1];
	static uint8_t back[4 * INPUT_MAX + 1];
	struct cs_span input = cs_span_of(data, size);
	size_t len;
	bool quoted;

	/* As a cell of somebody's file: decodes or is refused. */
	if (size > INPUT_MAX)
		return 0;
	if (cs_csv_response_decode(input, back, &len))
		MUST(data[len] == '\\');
	else
		MUST(len <= size);

	struct cs_rd rd = cs_rd_over(row, write_row(input));

	for (int response = 1; response >= 0; response--) {
		struct cs_span got = cs_span_of(cell, read_cell(&rd, cell, &quoted));

		must_be_harmless(got);
		must_be_quoted_rightly(got, quoted);
		MUST((response ? cs_csv_response_decode(got, back, &len)
			       : cs_csv_field_decode(got, back, &len)) == CS_OK);
		MUST(cs_span_eq(cs_span_of(back, len), input));
	}
	len = read_cell(&rd, cell, &quoted);
	must_be_quoted_rightly(input, quoted);
	MUST(cs_span_eq(cs_span_of(cell, len), input));
	len = read_cell(&rd, cell, &quoted);
	cell[len] = '\0';
	MUST(len > 0 && strtoul(cell, NULL, 10) == size && rd.pos == rd.len);
	return 0;
}
