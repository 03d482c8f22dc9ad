/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv_rows: the way back from CSV text to cells: RFC 4180, with what is seen
 * of other writers: LF or CR LF or CR line ends, blank lines (passed over), a byte order mark at
 * the start, NULs (dropped), and, within a quoted cell, the sequence \"\" that
 * one well-known anonymiser makes of every quote (facts: a quote). Works in the
 * caller's buffer, without allocation, and on a piece of the text at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"

enum { CS_CSV_CELLS = 64 };

struct cs_csv_rows {
	uint8_t *at; /* what is left; written to: quotes are taken off in place */
	size_t len;
	bool last;       /* nothing comes after it: what is there ends with it */
	uint64_t line;   /* of the next row, from 1; the caller keeps it going */
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
 * CS_ERR_SHORT   not .last, and the row goes on after the buffer: .at and .len
 *                are what is to stand before the bytes that come, untouched
 * CS_ERR_SYNTAX  a quote that is never closed, or text after a closing one;
 *                the reader stands at the next line: going on is possible
 * CS_ERR_RANGE   more than CS_CSV_CELLS cells; likewise
 */
CS_MUST_USE bool cs_csv_rows_next(struct cs_csv_rows *rows, struct cs_csv_row *row);
