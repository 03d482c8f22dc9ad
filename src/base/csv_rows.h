/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv_rows: the way back from CSV text to cells. RFC 4180, and what is seen of
 * other writers: LF, CR LF or CR line ends, blank lines (passed over), a byte
 * order mark, NULs (dropped), a quote inside a cell that does not begin with one
 * (itself), and inside a quoted cell the four bytes \"\" that one well-known
 * anonymiser makes of every quote (RFC 4180 has no other meaning for them).
 *
 * Works in the caller's buffer, which it writes to, without allocation, and on a
 * piece of the text at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"

enum { CS_CSV_CELLS = 64 };

struct cs_csv_rows {
	uint8_t *at; /* what is left */
	size_t len;
	bool last;       /* nothing comes after it: what is there ends with it */
	uint64_t line;   /* of the next row, from 1 */
	enum cs_err err; /* why cs_csv_rows_next() gave false */
};

struct cs_csv_row {
	struct cs_span cell[CS_CSV_CELLS]; /* borrowed from the buffer */
	size_t n;
	uint64_t line; /* where it began */
};

static inline struct cs_csv_rows cs_csv_rows_over(uint8_t *text, size_t len, bool last)
{
	return (struct cs_csv_rows){ .at = text, .len = len, .last = last, .line = 1 };
}

/*
 * Takes the next row. False at the end and on failure, .err then is
 *
 * CS_OK          nothing is left
 * CS_ERR_SHORT   not .last, and the row goes on behind the buffer: .at and .len,
 *                untouched, are to stand before the bytes that come
 * CS_ERR_SYNTAX  a quote that is never closed, or text behind a closing one
 * CS_ERR_RANGE   more than CS_CSV_CELLS cells
 *
 * After the last two the reader stands behind the first line of that row, whose
 * number row->line is: going on is possible.
 */
CS_MUST_USE bool cs_csv_rows_next(struct cs_csv_rows *rows, struct cs_csv_row *row);

/*
 * Passes over the rest of this line, as after an error: for a row that is longer than
 * the caller's buffer. False: the line does not end in what is there, which is dropped.
 */
bool cs_csv_rows_skip_line(struct cs_csv_rows *rows);
