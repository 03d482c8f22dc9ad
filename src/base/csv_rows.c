/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes over each row: the first finds where it ends and whether it holds
 * together, so that a row that is cut off is left untouched; the second takes
 * the quotes off in place.
 */
#include "base/csv_rows.h"

#include <string.h>

static bool is_line_end(uint8_t c)
{
	return c == '\n' || c == '\r';
}

/* A cell ends here, and perhaps the row with it. */
static bool is_cell_end(uint8_t c)
{
	return c == ',' || is_line_end(c);
}

/* --- the first pass --- */

/* Where a row or cell ends: the bytes up to there, and lines that it has. */
struct extent {
	size_t len;
	uint64_t lines;
	enum cs_err err;
};

enum { QUIRK = 4 /* \"\" */ };

static bool is_quirk(const uint8_t *at, size_t left)
{
	return left >= QUIRK && memcmp(at, "\\\"\\\"", QUIRK) == 0;
}

/* Whether what begins at @at may yet become something longer than one byte. */
static bool is_undecided(const struct cs_csv_rows *rows, size_t at)
{
	size_t left = rows->len - at;

	if (rows->last)
		return false;
	if (rows->at[at] == '\\')
		return left < QUIRK && memcmp(rows->at + at, "\\\"\\\"", left) == 0;
	return left == 1 && (rows->at[at] == '"' || rows->at[at] == '\r');
}

/* From behind the opening quote at @from to behind the closing one. */
static struct extent quoted(const struct cs_csv_rows *rows, size_t from)
{
	struct extent e = { .len = from };
	const uint8_t *b = rows->at;

	while (e.len < rows->len) {
		uint8_t c = b[e.len];

		if (is_undecided(rows, e.len))
			break;
		if (is_quirk(b + e.len, rows->len - e.len)) {
			e.len += QUIRK;
		} else if (c == '"') {
			if (e.len + 1 == rows->len || b[e.len + 1] != '"') {
				e.len++;
				return e;
			}
			e.len += 2;
		} else {
			e.lines += c == '\n';
			e.len++;
		}
	}
	e.err = rows->last ? CS_ERR_SYNTAX : CS_ERR_SHORT;
	return e;
}

/* Over what stands unquoted from @from on, up to the cell's end. */
static size_t plain(const struct cs_csv_rows *rows, size_t from)
{
	while (from < rows->len && !is_cell_end(rows->at[from]))
		from++;
	return from;
}

/* Behind a closing quote: nothing but NULs up to the cell's end. */
static size_t nothing(const struct cs_csv_rows *rows, size_t from)
{
	while (from < rows->len && rows->at[from] == '\0')
		from++;
	return from;
}

/* From @from, where a cell begins, to its end. */
static struct extent cell(const struct cs_csv_rows *rows, size_t from)
{
	size_t start = nothing(rows, from);
	struct extent e = { .len = start };

	if (start == rows->len || rows->at[start] != '"') {
		e.len = plain(rows, from);
	} else {
		e = quoted(rows, start + 1);
		if (e.err)
			return e;
		e.len = nothing(rows, e.len);
		if (e.len < rows->len && !is_cell_end(rows->at[e.len]))
			e.err = CS_ERR_SYNTAX;
	}
	if (!e.err && !rows->last && (e.len == rows->len || is_undecided(rows, e.len)))
		e.err = CS_ERR_SHORT;
	return e;
}

/* The row up to, not with, its line end. */
static struct extent whole(const struct cs_csv_rows *rows)
{
	struct extent row = { 0 };
	size_t cells = 1;

	for (;;) {
		struct extent e = cell(rows, row.len);

		row.len = e.len;
		row.lines += e.lines;
		row.err = e.err;
		if (e.err || e.len == rows->len || rows->at[e.len] != ',')
			break;
		row.len++;
		cells++;
	}
	if (!row.err && cells > CS_CSV_CELLS)
		row.err = CS_ERR_RANGE;
	return row;
}

/* --- the second pass --- */

/* Takes @len bytes of a quoted cell to @to; returns behind what was written. */
static uint8_t *unquote(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_quirk(from + i, len - i))
			i += QUIRK - 1;
		else if (from[i] == '"')
			i++;
		if (from[i] != '\0')
			*to++ = from[i];
	}
	return to;
}

static uint8_t *without_nuls(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (from[i] != '\0')
			*to++ = from[i];
	return to;
}

/* The cell at @from; returns the offset behind it. */
static size_t take_cell(const struct cs_csv_rows *rows, size_t from, struct cs_span *out)
{
	struct cs_csv_rows known = *rows;
	size_t start = nothing(rows, from);
	uint8_t *to = rows->at + from, *end;
	struct extent e;

	known.last = true; /* the row is whole: the first pass has seen its end */
	e = cell(&known, from);
	if (start < rows->len && rows->at[start] == '"')
		end = unquote(to, rows->at + start + 1,
			      quoted(&known, start + 1).len - start - 2);
	else if (memchr(to, '\0', e.len - from))
		end = without_nuls(to, to, e.len - from);
	else
		end = to + (e.len - from);
	*out = cs_span_of(to, (size_t)(end - to));
	return e.len;
}

static void take_cells(const struct cs_csv_rows *rows, size_t len, struct cs_csv_row *row)
{
	struct cs_csv_rows own = *rows;
	size_t at = 0;

	own.len = len;
	row->n = 0;
	for (;;) {
		at = take_cell(&own, at, &row->cell[row->n++]);
		if (at == len)
			return;
		at++; /* the comma */
	}
}

/* --- rows --- */

static void advance(struct cs_csv_rows *rows, size_t n)
{
	rows->at += n;
	rows->len -= n;
}

/* Over a line end, CR LF being one; does nothing elsewhere. */
static bool skip_line_end(struct cs_csv_rows *rows)
{
	if (rows->len == 0 || !is_line_end(rows->at[0]))
		return false;
	advance(rows,
		rows->len > 1 && rows->at[0] == '\r' && rows->at[1] == '\n' ? 2 : 1);
	rows->line++;
	return true;
}

bool cs_csv_rows_skip_line(struct cs_csv_rows *rows)
{
	size_t n = 0;

	while (n < rows->len && !is_line_end(rows->at[n]))
		n++;
	advance(rows, n);
	return skip_line_end(rows);
}

/* To where a row begins: over the byte order mark and blank lines. */
static bool find_row(struct cs_csv_rows *rows)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	if (rows->line == 1 && rows->len < sizeof(mark) && !rows->last &&
	    memcmp(rows->at, mark, rows->len) == 0)
		return false; /* perhaps a mark */
	if (rows->line == 1 && rows->len >= sizeof(mark) &&
	    memcmp(rows->at, mark, sizeof(mark)) == 0)
		advance(rows, sizeof(mark));
	while (rows->len > 0 && is_line_end(rows->at[0])) {
		if (is_undecided(rows, 0))
			return false;
		(void)skip_line_end(rows); /* there is one */
	}
	return true;
}

/* The row goes on behind the buffer: all of it, mark and blank lines too, stays. */
static bool is_short(struct cs_csv_rows *rows, const struct cs_csv_rows *before)
{
	*rows = *before;
	rows->err = CS_ERR_SHORT;
	return false;
}

bool cs_csv_rows_next(struct cs_csv_rows *rows, struct cs_csv_row *row)
{
	const struct cs_csv_rows before = *rows;
	struct extent found;

	rows->err = CS_OK;
	row->n = 0;
	if (rows->len > 0 && !find_row(rows))
		return is_short(rows, &before);
	row->line = rows->line;
	if (rows->len == 0 && rows->line == 1 && before.len > 0 && !rows->last)
		return is_short(rows, &before); /* a mark only, and a file has one */
	if (rows->len == 0)
		return false;
	found = whole(rows);
	if (found.err == CS_ERR_SHORT)
		return is_short(rows, &before);
	rows->err = found.err;
	if (found.err) {
		(void)cs_csv_rows_skip_line(rows); /* or to the end of all */
		return false;
	}
	take_cells(rows, found.len, row);
	advance(rows, found.len);
	rows->line += found.lines;
	(void)skip_line_end(rows); /* the last row may have none */
	return true;
}
