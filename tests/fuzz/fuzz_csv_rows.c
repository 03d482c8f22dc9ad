/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as CSV: cells stay inside the text and have no NUL, line numbers go
 * up, the reader always comes to an end, and a text that is cut in two gives the same rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/csv_rows.h"
#include "fuzz.h"

static uint64_t mix(uint64_t sum, const void *bytes, size_t n)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ b[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static uint64_t take(const struct cs_csv_row *row, const uint8_t *base, size_t size,
		     uint64_t sum)
{
	MUST(row->n >= 1 && row->n <= CS_CSV_CELLS);
	for (size_t i = 0; i < row->n; i++) {
		MUST(row->cell[i].ptr >= base);
		MUST(row->cell[i].ptr + row->cell[i].len <= base + size);
		MUST(!memchr(row->cell[i].ptr, '\0', row->cell[i].len));
		sum = mix(sum, &row->cell[i].len, sizeof(row->cell[i].len));
		sum = mix(sum, row->cell[i].ptr, row->cell[i].len);
	}
	return mix(sum, &row->line, sizeof(row->line));
}

/* All rows of @rows, added to *@sum; false when something was not right. */
static bool read_rows(struct cs_csv_rows *rows, uint64_t *sum)
{
	const uint8_t *base = rows->at;
	size_t size = rows->len;
	uint64_t line = 0;
	bool right = true;
	struct cs_csv_row row;

	for (;;) {
		if (cs_csv_rows_next(rows, &row)) {
			MUST(row.line > line && rows->line >= row.line);
			line = row.line;
			*sum = take(&row, base, size, *sum);
		} else if (rows->err == CS_ERR_SYNTAX || rows->err == CS_ERR_RANGE) {
			right = false;
		} else {
			return right;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = 0, parts = 0, line;
	uint8_t *copy, *rest;
	struct cs_csv_rows rows;
	size_t cut, left;

	if (size == 0)
		return 0;
	cut = data[0] % size;
	data++;
	size--;
	copy = malloc(size + 1);
	rest = malloc(size + 1);
	MUST(copy && rest);
	memcpy(copy, data, size);
	rows = cs_csv_rows_over(copy, size, true);

	bool right = read_rows(&rows, &whole);

	MUST(rows.err == CS_OK && rows.len == 0);
	memcpy(copy, data, size);
	rows = cs_csv_rows_over(copy, cut, false);
	if (read_rows(&rows, &parts) && right) {
		left = rows.len;
		line = rows.line;
		MUST(rows.err == CS_ERR_SHORT || left == 0);
		memcpy(rest, data + cut - left, size - cut + left);
		rows = cs_csv_rows_over(rest, size - cut + left, true);
		rows.line = line;
		(void)read_rows(&rows, &parts); /* compared as a whole */
		MUST(parts == whole);
	}
	free(copy);
	free(rest);
	return 0;
}
