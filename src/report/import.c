/* SPDX-License-Identifier: Apache-2.0 */
#include "report/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/siphash.h"
#include "out/term.h"
#include "probe/reading.h"
#include "report/import_put.h"
#include "report/import_row.h"

enum {
	BUFFER = 1024 * 1024, /* bytes; no row is longer */
	CELL_TEXT = 60,       /* columns of a cell that is shown */
	NAME_TEXT = 200,
	PROGRESS_ROWS = 4096, /* between two calls of it */
};

/* One text being read. */
struct reading {
	const struct cs_import_want *want;
	const struct cs_import_bytes *bytes;
	const char *name;
	struct cs_import_counts *counts;
	char *why;
	uint8_t *buffer; /* BUFFER bytes; owned */
	struct cs_csv_rows rows;
	struct cs_import_header header;
	bool has_header;
	struct cs_import_rows found;
};

static enum cs_err fail(struct reading *r, enum cs_err err, const char *what)
{
	(void)snprintf(r->why, CS_IMPORT_WHY, "%.*s: %s", NAME_TEXT, r->name, what);
	return err;
}

/* --- what is left out, and why --- */

static void leave_out(struct reading *r, uint64_t line, const struct cs_import_flaw *flaw)
{
	char text[CS_IMPORT_WHY], cell[CELL_TEXT + 1];

	r->counts->left_out++;
	cs_term_text_in(cell, sizeof(cell), flaw->cell);
	if (!flaw->column)
		(void)snprintf(text, sizeof(text), "%.*s:%" PRIu64 ": want %s", NAME_TEXT,
			       r->name, line, flaw->want);
	else
		(void)snprintf(text, sizeof(text), "%.*s:%" PRIu64 ": %s '%s': want %s",
			       NAME_TEXT, r->name, line, flaw->column, cell, flaw->want);
	r->want->note(r->want->arg, text);
}

static void leave_out_row(struct reading *r, uint64_t line, const char *want)
{
	leave_out(r, line, &(struct cs_import_flaw){ .want = want });
}

/* --- rows --- */

/* A list that can be followed to its end is one that ended; else nobody knows. */
static void see_end(struct cs_result *result)
{
	struct cs_reading reading;

	cs_result_read(result, &reading);
	result->complete = result->body.len == 0 || reading.links.len > 0;
}

/* Whether there is room for one more row: twice as many are taken when they are full. */
static bool has_room(const struct reading *r)
{
	const struct cs_import_rows *found = &r->found;
	size_t cap = found->n < found->cap ? found->cap : 2 * found->cap;
	uint64_t most = r->want->memory ? r->want->memory : CS_IMPORT_MEMORY;

	return cap * sizeof(*found->at) + found->arena.total <= most;
}

static enum cs_err take_row(struct reading *r, const struct cs_csv_row *row)
{
	struct cs_import_row *out;
	struct cs_import_flaw flaw;
	enum cs_err err;

	if (!has_room(r))
		return fail(r, CS_ERR_RANGE,
			    "too many rows for one file: want it in parts, each with a "
			    "header");
	out = cs_import_rows_more(&r->found);
	if (!out)
		return fail(r, CS_ERR_NOMEM, "out of memory");
	r->counts->rows++;
	if (r->want->progress && r->counts->rows % PROGRESS_ROWS == 1)
		r->want->progress(r->want->arg, r->name, r->counts->rows - 1);
	err = cs_import_row_read(&r->header, row, &r->found.arena, out, &flaw);
	if (err == CS_ERR_SYNTAX) {
		leave_out(r, row->line, &flaw);
		return CS_OK;
	}
	if (err)
		return fail(r, err, "out of memory");
	/* It would be the newest day of all, for good. */
	if (out->result.time_us > r->want->now_us + CS_US_PER_DAY) {
		leave_out_row(r, row->line, "a time that has come: this one has not");
		return CS_OK;
	}
	see_end(&out->result);
	r->found.n++;
	return CS_OK;
}

static enum cs_err take_header(struct reading *r, const struct cs_csv_row *row)
{
	const char *missing;
	char what[64];

	if (cs_import_header_read(row, &r->header, &missing) == CS_OK) {
		r->has_header = true;
		r->counts->headers++;
		r->counts->unknown = r->header.unknown;
		return CS_OK;
	}
	(void)snprintf(what, sizeof(what), "no column '%s' in its header", missing);
	return fail(r, CS_ERR_SYNTAX, what);
}

static enum cs_err take(struct reading *r, const struct cs_csv_row *row)
{
	if (cs_import_is_header(row))
		return take_header(r, row);
	if (!r->has_header)
		return fail(
			r, CS_ERR_SYNTAX,
			"no header of a scan_coap report: want a CSV whose first line "
			"names timestamp, ip and port");
	return take_row(r, row);
}

/* --- the text, a buffer at a time --- */

/* Moves what is left to the front and reads more behind it. */
static enum cs_err refill(struct reading *r)
{
	size_t left = r->rows.len;
	int64_t got = 0;

	memmove(r->buffer, r->rows.at, left);
	if (left < BUFFER)
		got = r->bytes->read(r->bytes->arg, r->buffer + left, BUFFER - left);
	if (got < 0)
		return fail(r, CS_ERR_IO, "cannot be read to its end");
	r->rows.at = r->buffer;
	r->rows.len = left + (size_t)got;
	r->rows.last = got == 0 && left < BUFFER;
	return CS_OK;
}

/* A row that fills the buffer, or that no quote ends: its first line is passed over. */
static enum cs_err pass_over(struct reading *r)
{
	leave_out_row(r, r->rows.line, "a row of at most 1 MiB");
	r->counts->rows++;
	while (!cs_csv_rows_skip_line(&r->rows) && !r->rows.last) {
		enum cs_err err = refill(r);

		if (err)
			return err;
	}
	return CS_OK;
}

static enum cs_err mend(struct reading *r, const struct cs_csv_row *row)
{
	if (r->rows.err == CS_ERR_SHORT && r->rows.len == BUFFER)
		return pass_over(r);
	if (r->rows.err == CS_ERR_SHORT || r->rows.err == CS_OK)
		return refill(r);
	r->counts->rows++;
	leave_out_row(r, row->line,
		      r->rows.err == CS_ERR_RANGE
			      ? "at most 64 cells"
			      : "quotes that are closed before a comma");
	return CS_OK;
}

static enum cs_err read_all(struct reading *r)
{
	struct cs_csv_row row;
	enum cs_err err = CS_OK;

	r->rows = cs_csv_rows_over(r->buffer, 0, false);
	while (!err && !(r->rows.last && r->rows.len == 0))
		err = cs_csv_rows_next(&r->rows, &row) ? take(r, &row) : mend(r, &row);
	if (!err && !r->has_header)
		err = fail(r, CS_ERR_SYNTAX, "empty: want a scan_coap report");
	return err;
}

enum cs_err cs_import(const struct cs_import_want *want, const char *name,
		      const struct cs_import_bytes *bytes,
		      struct cs_import_counts *counts, char why[CS_IMPORT_WHY])
{
	struct reading r = { .want = want,
			     .bytes = bytes,
			     .name = name,
			     .counts = counts,
			     .why = why,
			     .buffer = malloc(BUFFER) };
	enum cs_err err;

	*counts = (struct cs_import_counts){ 0 };
	if (!r.buffer)
		return fail(&r, CS_ERR_NOMEM, "out of memory");
	err = read_all(&r);
	free(r.buffer);
	if (!err)
		err = cs_import_put(want, name, &r.found, counts, why);
	cs_import_rows_clear(&r.found);
	return err;
}
