/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv: RFC 4180 rows with LF line ends. A header name is always quoted, a data
 * cell when it has a blank, a comma, a quote or a control byte. Bytes from
 * strangers go through cs_csv_field() or cs_csv_response() and nowhere else:
 * then no cell begins a formula, ends in a backslash, or holds a raw control
 * byte, and every byte can be had again (out/csv_decode.h). Write errors are
 * left in the stream: its owner looks once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/rd.h"

/* On the stack, no cleanup. */
struct cs_csv {
	FILE *to;   /* borrowed */
	bool comma; /* a cell stands before the next one in this row */
};

static inline struct cs_csv cs_csv_to(FILE *to)
{
	return (struct cs_csv){ .to = to };
}

/* A column's name in the header row: always quoted. */
void cs_csv_name(struct cs_csv *c, const char *name);

/* A cell of this program's own text, byte for byte; quoted if it must be. */
void cs_csv_cell(struct cs_csv *c, struct cs_span text);

void cs_csv_uint(struct cs_csv *c, uint64_t value);

/* @hundredths / 100 with both decimals: 11350 is 113.50. */
void cs_csv_hundredths(struct cs_csv *c, uint64_t hundredths);

/*
 * A cell of bytes from a stranger. The backslash, control bytes, C1 control
 * characters, bytes that are no UTF-8, and a first = + - or @ become \xNN
 * with two lower-case hex digits; all else stands as it is.
 */
void cs_csv_field(struct cs_csv *c, struct cs_span bytes);

/*
 * The `response` cell: as cs_csv_field(), but LF becomes | as in
 * Shadowserver's reports, and so a literal | becomes \x7c.
 */
void cs_csv_response(struct cs_csv *c, struct cs_span bytes);

/* Ends the row. */
void cs_csv_row_end(struct cs_csv *c);
