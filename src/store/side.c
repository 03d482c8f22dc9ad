/* SPDX-License-Identifier: Apache-2.0 */
#include "store/side.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] =
#include "store/enriched.sql.inc"
	;

enum { SCHEMA = 1, PERCENT = 100 };

/* [v] takes version v to v + 1; there was none before 1. */
static const char *const migrations[SCHEMA] = { NULL };

const struct cs_db_kind cs_side_kind = {
	.what = "segment's enrichment",
	.application_id = 0x4353656e, /* CSen */
	.version = SCHEMA,
	.schema = schema,
	.migrations = migrations,
};

static enum cs_err no_memory(struct cs_side *side)
{
	return cs_why_set(side->db.why, CS_ERR_NOMEM, side->db.path, "out of memory");
}

/* A copy that lives as long as the side. */
static enum cs_err keep(struct cs_side *side, struct cs_span from, struct cs_span *to)
{
	char *copy = from.len > 0 ? cs_arena_text(&side->arena, from) : NULL;

	*to = cs_span_of(copy, copy ? from.len : 0);
	return from.len > 0 && !copy ? no_memory(side) : CS_OK;
}

static bool same_segment(sqlite3_stmt *stmt, const struct cs_segment_id *id)
{
	return cs_span_eq(cs_db_span(stmt, 0), cs_span_of(id->scan, CS_SCAN_ID)) &&
	       sqlite3_column_int64(stmt, 1) == id->shard &&
	       sqlite3_column_int64(stmt, 2) == id->day &&
	       sqlite3_column_int64(stmt, 3) == id->version &&
	       sqlite3_column_int64(stmt, 4) == id->last;
}

static enum cs_err check_segment(struct cs_side *side, const struct cs_segment_id *id)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(
		&side->db, "SELECT scan, shard, day, version, last, sources FROM about",
		&stmt);

	if (err)
		return err;
	if (!cs_db_next(&side->db, stmt, &err))
		err = err ? err : cs_db_damaged(&side->db, "no name");
	else if (!same_segment(stmt, id))
		err = CS_ERR_NOT_FOUND;
	else
		err = keep(side, cs_db_span(stmt, 5), &side->sources);
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

enum cs_err cs_side_open(struct cs_side *side, struct cs_segment *segment,
			 const char *path, struct cs_why *why)
{
	struct cs_segment_id id;
	enum cs_err err;

	*side = (struct cs_side){ .db.why = why };
	if (!cs_file_exists(path))
		return CS_ERR_NOT_FOUND;
	err = cs_segment_identify(segment, &id);
	if (!err)
		err = cs_db_open(&side->db, path, CS_DB_READ, &cs_side_kind, why);
	/* The segment was published again since the file was looked for. */
	if (err == CS_ERR_IO && !cs_file_exists(path))
		err = CS_ERR_NOT_FOUND;
	return err ? err : check_segment(side, &id);
}

void cs_side_close(struct cs_side *side)
{
	(void)sqlite3_finalize(side->find); /* only read from */
	(void)sqlite3_finalize(side->walk);
	cs_db_close(&side->db);
	cs_arena_clear(&side->arena);
	free(side->places);
	free(side->judgements);
	*side = (struct cs_side){ 0 };
}

/* Room for one more in an array that doubles. */
static enum cs_err reserve(struct cs_side *side, void **array, size_t n, size_t size)
{
	void *more = *array;

	if (n == 0 || (n >= 64 && (n & (n - 1)) == 0))
		more = reallocarray(*array, n ? 2 * n : 64, size);
	if (!more)
		return no_memory(side);
	*array = more;
	return CS_OK;
}

/* A number in 0..max; false marks damage. */
static bool number(sqlite3_stmt *stmt, int column, int64_t max, uint32_t *out)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	*out = (uint32_t)value;
	return value >= 0 && value <= max;
}

/* Columns from @at on as texts of the side's own. */
static enum cs_err keep_texts(struct cs_side *side, sqlite3_stmt *stmt, int at,
			      struct cs_span *const *texts, size_t n)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < n; i++)
		err = keep(side, cs_db_span(stmt, at + (int)i), texts[i]);
	return err;
}

static enum cs_err add_place(struct cs_side *side, sqlite3_stmt *stmt)
{
	void *places = side->places;
	enum cs_err err = reserve(side, &places, side->n_places, sizeof(struct cs_place));

	side->places = places;
	if (err)
		return err;

	struct cs_place *p = &side->places[side->n_places];
	struct cs_span *const texts[] = { &p->geo,  &p->as_name, &p->region,
					  &p->city, &p->sector,  &p->owner };

	*p = (struct cs_place){ 0 };
	if (sqlite3_column_int64(stmt, 0) != (int64_t)side->n_places + 1 ||
	    !number(stmt, 1, UINT32_MAX, &p->asn) ||
	    !number(stmt, 2, UINT32_MAX, &p->naics))
		return cs_db_damaged(&side->db, "place %zu", side->n_places + 1);
	side->n_places++;
	return keep_texts(side, stmt, 3, texts, CS_LEN(texts));
}

static enum cs_err add_judgement(struct cs_side *side, sqlite3_stmt *stmt)
{
	void *all = side->judgements;
	uint32_t confidence, severity;
	enum cs_err err =
		reserve(side, &all, side->n_judgements, sizeof(struct cs_judgement));

	side->judgements = all;
	if (err)
		return err;

	struct cs_judgement *j = &side->judgements[side->n_judgements];
	struct cs_span *const texts[] = { &j->stack, &j->stack_because,
					  &j->severity_because, &j->tags };

	*j = (struct cs_judgement){ 0 };
	if (sqlite3_column_int64(stmt, 0) != (int64_t)side->n_judgements + 1 ||
	    !number(stmt, 1, PERCENT, &confidence) ||
	    !number(stmt, 2, CS_SEVERITIES - 1, &severity))
		return cs_db_damaged(&side->db, "judgement %zu", side->n_judgements + 1);
	j->confidence = (uint8_t)confidence;
	j->severity = (enum cs_severity)severity;
	side->n_judgements++;
	return keep_texts(side, stmt, 3, texts, CS_LEN(texts));
}

/* Numbers go up by one with each row, so pages in a circle end it. */
static enum cs_err load_all(struct cs_side *side, const char *sql,
			    enum cs_err (*add)(struct cs_side *side, sqlite3_stmt *stmt))
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(&side->db, sql, &stmt);

	while (!err && cs_db_next(&side->db, stmt, &err))
		err = add(side, stmt);
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

#define ROW_SELECT "SELECT id, place, judgement, hostname, source FROM enriched "

enum cs_err cs_side_load(struct cs_side *side)
{
	/* One for all: a transaction for each row would cost more than the row. */
	enum cs_err err = cs_db_exec(&side->db, "BEGIN");

	if (!err)
		err = load_all(
			side,
			"SELECT id, asn, naics, geo, as_name, region, city, sector,"
			" owner FROM place ORDER BY id",
			add_place);

	if (!err)
		err = load_all(side,
			       "SELECT id, confidence, severity, stack, stack_because,"
			       " severity_because, tags FROM judgement ORDER BY id",
			       add_judgement);
	if (!err)
		err = cs_db_prepare(&side->db, ROW_SELECT "WHERE id = ?1", &side->find);
	return err ? err
		   : cs_db_prepare(&side->db, ROW_SELECT "ORDER BY id", &side->walk);
}

/* One of @n things by its number; 0 (NULL) is none. */
static bool choose(sqlite3_stmt *stmt, int column, size_t n, size_t *out)
{
	int64_t id = sqlite3_column_int64(stmt, column);

	*out = (size_t)id;
	return id >= 0 && (uint64_t)id <= n;
}

static enum cs_err read_row(struct cs_side *side, sqlite3_stmt *stmt,
			    struct cs_enriched *out)
{
	size_t place, judgement;

	*out = (struct cs_enriched){ 0 };
	if (!choose(stmt, 1, side->n_places, &place) ||
	    !choose(stmt, 2, side->n_judgements, &judgement))
		return cs_db_damaged(&side->db, "row %" PRId64,
				     (int64_t)sqlite3_column_int64(stmt, 0));
	if (place > 0)
		out->place = side->places[place - 1];
	out->judged = judgement > 0;
	if (judgement > 0)
		out->judgement = side->judgements[judgement - 1];
	out->hostname = cs_db_span(stmt, 3);
	out->hostname_source = cs_db_span(stmt, 4);
	return CS_OK;
}

static enum cs_err no_row(struct cs_side *side, int64_t id)
{
	return cs_db_damaged(&side->db, "no row %" PRId64, id);
}

enum cs_err cs_side_find(struct cs_side *side, int64_t id, struct cs_enriched *out)
{
	enum cs_err err = CS_OK;

	(void)sqlite3_reset(side->find); /* says again what step said */
	cs_db_bind_number(side->find, 1, id);
	if (cs_db_next(&side->db, side->find, &err))
		return read_row(side, side->find, out);
	return err ? err : no_row(side, id);
}

enum cs_err cs_side_next(struct cs_side *side, int64_t id, struct cs_enriched *out)
{
	enum cs_err err = CS_OK;

	while (side->id < id) {
		int64_t last = side->id;

		if (!cs_db_next(&side->db, side->walk, &err))
			return err ? err : no_row(side, id);
		side->id = sqlite3_column_int64(side->walk, 0);
		if (side->id <= last)
			return cs_db_damaged(&side->db, "order of rows");
	}
	return side->id == id ? read_row(side, side->walk, out) : no_row(side, id);
}
