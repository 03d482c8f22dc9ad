/* SPDX-License-Identifier: Apache-2.0 */
/* Sector files: who an operator says that prefixes and networks belong to. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/csv_rows.h"
#include "base/num.h"
#include "base/shown.h"
#include "enrich/place_text.h"
#include "enrich/places_own.h"

enum column { PREFIX, ASN, NAICS, SECTOR, OWNER, COLUMNS, NO_COLUMN };

enum { NAICS_MOST = 999999, FIRST_ROWS = 256 };

static const char *const names[COLUMNS] = { "prefix", "asn", "naics", "sector", "owner" };

/* An AS number has 32 bits, as an IPv4 address: one table does for both. */
struct cs_sectors {
	struct cs_place_table by_prefix, by_asn;
	uint64_t rows;
};

struct row {
	struct cs_range key;
	bool of_asn;
	uint64_t line;
	struct cs_place place; /* borrowed from the text */
};

struct reading {
	const char *file;
	char *why;
	enum column columns[CS_CSV_CELLS];
	size_t n_columns;
	struct row *rows;
	size_t n, cap;
};

/* --- what is wrong --- */

static enum cs_err wrong(const struct reading *r, enum cs_err err, uint64_t line,
			 struct cs_span text, const char *want)
{
	char file[160], shown[96];

	(void)snprintf(r->why, CS_PLACES_WHY, "%s:%" PRIu64 ": '%s': want %s",
		       cs_shown(cs_span_str(r->file), file, sizeof(file)), line,
		       cs_shown(text, shown, sizeof(shown)), want);
	return err;
}

static enum cs_err wrong_line(const struct reading *r, enum cs_err err, uint64_t line,
			      const char *what)
{
	char file[160];

	(void)snprintf(r->why, CS_PLACES_WHY, "%s:%" PRIu64 ": %s",
		       cs_shown(cs_span_str(r->file), file, sizeof(file)), line, what);
	return err;
}

/* --- the header --- */

static enum column column_of(struct cs_span cell)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (cell.len == strlen(names[i]) &&
		    strncasecmp((const char *)cell.ptr, names[i], cell.len) == 0)
			return (enum column)i;
	return NO_COLUMN;
}

static enum cs_err read_header(struct reading *r, const struct cs_csv_row *row)
{
	bool has[NO_COLUMN + 1] = { false };

	for (size_t i = 0; i < row->n; i++) {
		enum column c = column_of(row->cell[i]);

		if (c != NO_COLUMN && has[c])
			return wrong(r, CS_ERR_SYNTAX, row->line, row->cell[i],
				     "each column once");
		has[c] = true;
		r->columns[i] = c;
	}
	r->n_columns = row->n;
	if ((has[PREFIX] || has[ASN]) && (has[NAICS] || has[SECTOR] || has[OWNER]))
		return CS_OK;
	return wrong_line(
		r, CS_ERR_FOREIGN, row->line,
		"no sector file: want a header with prefix or asn, and with naics, "
		"sector or owner");
}

/* --- rows --- */

static enum cs_err read_key(const struct reading *r, struct row *out,
			    const struct cs_span cells[COLUMNS])
{
	struct cs_prefix prefix;
	uint32_t asn;
	enum cs_err err;

	out->of_asn = cells[ASN].len > 0;
	if (out->of_asn == (cells[PREFIX].len > 0))
		return wrong_line(r, CS_ERR_SYNTAX, out->line,
				  out->of_asn
					  ? "prefix and asn: want one of them"
					  : "neither prefix nor asn: want one of them");
	if (out->of_asn) {
		if (!cs_place_asn(cells[ASN], &asn) || asn == 0)
			return wrong(r, CS_ERR_RANGE, out->line, cells[ASN],
				     "an AS number from 1 to 4294967295");
		out->key.lo = out->key.hi = cs_addr_v4(asn);
		return CS_OK;
	}
	err = cs_prefix_read(cells[PREFIX], &prefix);
	if (err)
		return wrong(r, err, out->line, cells[PREFIX],
			     "a prefix without bits behind its length");
	out->key = cs_prefix_range(&prefix);
	return CS_OK;
}

static enum cs_err read_naics(const struct reading *r, struct row *out,
			      struct cs_span cell)
{
	uint64_t naics = 0;

	if (cell.len > 0 && !cs_num_u64(cell, 0, NAICS_MOST, &naics))
		return wrong(r, CS_ERR_RANGE, out->line, cell,
			     "a NAICS code of up to six digits");
	out->place.naics = (uint32_t)naics;
	return CS_OK;
}

static enum cs_err keep_row(struct reading *r, const struct row *row)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : FIRST_ROWS;
		struct row *more = realloc(r->rows, cap * sizeof(*more));

		if (!more)
			return wrong_line(r, CS_ERR_NOMEM, row->line, "out of memory");
		r->rows = more;
		r->cap = cap;
	}
	r->rows[r->n++] = *row;
	return CS_OK;
}

static enum cs_err read_row(struct reading *r, const struct cs_csv_row *row)
{
	struct cs_span cells[NO_COLUMN + 1] = { 0 };
	struct row out = { .line = row->line };

	if (row->n > r->n_columns)
		return wrong_line(r, CS_ERR_SYNTAX, row->line,
				  "more cells than the header has");
	for (size_t i = 0; i < row->n; i++)
		cells[r->columns[i]] = row->cell[i];

	enum cs_err err = read_key(r, &out, cells);

	if (!err)
		err = read_naics(r, &out, cells[NAICS]);
	if (err)
		return err;
	out.place.sector = cs_place_name(cells[SECTOR]);
	out.place.owner = cs_place_name(cells[OWNER]);
	return keep_row(r, &out);
}

static enum cs_err read_rows(struct reading *r, uint8_t *text, size_t len)
{
	struct cs_csv_rows rows = cs_csv_rows_over(text, len, true);
	struct cs_csv_row row;
	enum cs_err err = CS_OK;

	while (!err && cs_csv_rows_next(&rows, &row))
		err = r->n_columns ? read_row(r, &row) : read_header(r, &row);
	if (!err && rows.err)
		return wrong_line(
			r, rows.err, row.line,
			rows.err == CS_ERR_RANGE
				? "too many cells: want at most 64"
				: "a quote that is not closed, or text behind a "
				  "closing one");
	if (!err && !r->n_columns)
		return wrong_line(r, CS_ERR_FOREIGN, 1,
				  "an empty file: want a header and rows");
	return err;
}

/* --- tables --- */

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = (int)x->of_asn - (int)y->of_asn;

	if (!order)
		order = cs_addr_cmp(&x->key.lo, &y->key.lo);
	if (!order)
		order = cs_addr_cmp(&y->key.hi, &x->key.hi);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool same_key(const struct row *a, const struct row *b)
{
	return a->of_asn == b->of_asn && cs_addr_cmp(&a->key.lo, &b->key.lo) == 0 &&
	       cs_addr_cmp(&a->key.hi, &b->key.hi) == 0;
}

static bool same_values(const struct cs_place *a, const struct cs_place *b)
{
	return a->naics == b->naics && cs_span_eq(a->sector, b->sector) &&
	       cs_span_eq(a->owner, b->owner);
}

static enum cs_err twice(const struct reading *r, const struct row *a,
			 const struct row *b)
{
	char what[120];

	(void)snprintf(what, sizeof(what),
		       "the %s of line %" PRIu64 " with other values: want it once",
		       a->of_asn ? "asn" : "prefix", a->line);
	return wrong_line(r, CS_ERR_SYNTAX, b->line, what);
}

static enum cs_err make_tables(struct reading *r, struct cs_sectors *sectors)
{
	enum cs_err err = CS_OK;

	if (r->n > 0)
		qsort(r->rows, r->n, sizeof(*r->rows), by_key);
	for (size_t i = 0; i < r->n && !err; i++) {
		const struct row *row = &r->rows[i];

		if (i > 0 && same_key(row - 1, row) &&
		    !same_values(&row[-1].place, &row->place))
			return twice(r, row - 1, row);
		err = cs_place_table_add(row->of_asn ? &sectors->by_asn
						     : &sectors->by_prefix,
					 &row->key, &row->place);
	}
	if (!err)
		err = cs_place_table_settle(&sectors->by_prefix);
	if (!err)
		err = cs_place_table_settle(&sectors->by_asn);
	sectors->rows = r->n;
	return err ? wrong_line(r, err, 1, cs_strerror(err)) : CS_OK;
}

enum cs_err cs_sectors_read(uint8_t *text, size_t len, const char *file,
			    struct cs_sectors **out, char why[CS_PLACES_WHY])
{
	struct reading r = { .file = file, .why = why };
	struct cs_sectors *sectors = calloc(1, sizeof(*sectors));
	enum cs_err err = sectors ? read_rows(&r, text, len)
				  : wrong_line(&r, CS_ERR_NOMEM, 1, "out of memory");

	if (!err)
		err = make_tables(&r, sectors);
	free(r.rows);
	if (err) {
		cs_sectors_free(sectors);
		sectors = NULL;
	}
	*out = sectors;
	return err;
}

void cs_sectors_free(struct cs_sectors *sectors)
{
	if (!sectors)
		return;
	cs_place_table_clear(&sectors->by_prefix);
	cs_place_table_clear(&sectors->by_asn);
	free(sectors);
}

uint64_t cs_sectors_count(const struct cs_sectors *sectors)
{
	return sectors->rows;
}

static void add(struct cs_place *to, const struct cs_place *more)
{
	if (!more)
		return;
	if (!to->naics)
		to->naics = more->naics;
	if (to->sector.len == 0)
		to->sector = more->sector;
	if (to->owner.len == 0)
		to->owner = more->owner;
}

struct cs_place cs_sectors_find(const struct cs_sectors *sectors,
				const struct cs_addr *ip, uint32_t asn)
{
	const struct cs_addr key = cs_addr_v4(asn);
	struct cs_place place = { 0 };

	add(&place, cs_place_table_find(&sectors->by_prefix, ip));
	if (asn)
		add(&place, cs_place_table_find(&sectors->by_asn, &key));
	return place;
}
