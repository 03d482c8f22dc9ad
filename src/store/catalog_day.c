/* SPDX-License-Identifier: Apache-2.0 */
/* What the catalogue knows of days: sums, and what was asked. */
#include <errno.h>

#include "base/num.h"
#include "store/own.h"

static enum cs_err no_memory(struct cs_db *db)
{
	return cs_why_set(db->why, CS_ERR_NOMEM, db->path, "out of memory");
}

/* Spreads a stamp's bits, so that the sum of several tells any change of one. */
static uint64_t spread(uint64_t stamp)
{
	stamp = (stamp ^ stamp >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	stamp = (stamp ^ stamp >> 27) * UINT64_C(0x94d049bb133111eb);
	return stamp ^ stamp >> 31;
}

/* Columns: day, scan, shard, rows, content, bytes, stamp, summary's stamp. */
static bool read_segment(sqlite3_stmt *stmt, struct cs_store_day *out,
			 struct cs_segment_name *name)
{
	int64_t v[8];
	struct cs_span scan = cs_db_span(stmt, 1);

	for (int i = 0; i < (int)CS_LEN(v); i++)
		v[i] = sqlite3_column_int64(stmt, i);
	if (v[0] < INT32_MIN || v[0] > INT32_MAX || scan.len != CS_SCAN_ID || v[2] < 0 ||
	    v[2] > UINT32_MAX || v[3] < 0 || v[4] < 0 || v[5] < 0)
		return false;
	*name = (struct cs_segment_name){ scan.ptr, (uint32_t)v[2], (int32_t)v[0] };
	*out = (struct cs_store_day){ .day = (int32_t)v[0],
				      .rows = (uint64_t)v[3],
				      .content = (uint64_t)v[4],
				      .segments = 1,
				      .bytes = (uint64_t)v[5],
				      .stamp = spread((uint64_t)v[6]),
				      .summary_stamp = (uint64_t)v[7] };
	return true;
}

static bool is_missing(const struct cs_store *store, const struct cs_segment_name *name)
{
	struct cs_path path;

	return !cs_path_segment(store->dir, name, CS_FILE_PUBLISHED, &path) ||
	       !cs_file_exists(path.text);
}

static void add(struct cs_store_day *day, const struct cs_store_day *segment)
{
	day->rows += segment->rows;
	day->content += segment->content;
	day->segments++;
	day->missing += segment->missing;
	day->bytes += segment->bytes;
	day->stamp += segment->stamp;
}

static enum cs_err read_days(struct cs_store *store, sqlite3_stmt *stmt,
			     struct cs_store_day *days, size_t room, size_t *n)
{
	struct cs_db *db = &store->catalog;
	struct cs_segment_name name;
	struct cs_store_day segment;
	enum cs_err err = CS_OK;

	while (cs_db_next(db, stmt, &err)) {
		if (!read_segment(stmt, &segment, &name) ||
		    (*n > 0 && segment.day < days[*n - 1].day))
			return cs_db_damaged(db, "a day's segments");
		segment.missing = is_missing(store, &name);
		if (*n > 0 && segment.day == days[*n - 1].day)
			add(&days[*n - 1], &segment);
		else if (*n < room)
			days[(*n)++] = segment;
		else
			return cs_db_damaged(db, "the number of days");
	}
	for (size_t i = 0; i < *n; i++)
		if (days[i].stamp == 0)
			days[i].stamp = 1;
	return err;
}

static enum cs_err list_days(struct cs_store *store, struct cs_arena *arena,
			     struct cs_store_day **days, size_t *n)
{
	struct cs_db *db = &store->catalog;
	sqlite3_stmt *stmt;
	int64_t room = 0;
	enum cs_err err =
		cs_db_number(db, "SELECT count(DISTINCT day) FROM segment", &room);

	if (err || room <= 0)
		return err;
	*days = cs_arena_array(arena, (size_t)room, sizeof(**days));
	if (!*days)
		return no_memory(db);
	err = cs_db_prepare(db,
			    "SELECT segment.day, scan, shard, rows, content, bytes,"
			    " segment.stamp, summarized.stamp FROM segment"
			    " LEFT JOIN summarized ON summarized.day = segment.day"
			    " ORDER BY segment.day, scan, shard",
			    &stmt);
	if (err)
		return err;
	err = read_days(store, stmt, *days, (size_t)room, n);
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

enum cs_err cs_store_days(struct cs_store *store, struct cs_arena *arena,
			  struct cs_store_day **days, size_t *n)
{
	struct cs_db *db;
	enum cs_err err = cs_store_catalog(store, &db);

	*days = NULL;
	*n = 0;
	if (!err)
		err = cs_db_exec(db, "BEGIN"); /* all of one moment */
	if (err)
		return err;
	cs_db_budget(db, CS_CATALOG_OPS);
	err = list_days(store, arena, days, n);
	cs_db_budget(db, 0);
	return cs_db_end(db, err);
}

static enum cs_err copy_span(struct cs_db *db, struct cs_arena *arena,
			     struct cs_span from, struct cs_span *to)
{
	char *copy = cs_arena_text(arena, from);

	if (!copy)
		return no_memory(db);
	*to = cs_span_of(copy, from.len);
	return CS_OK;
}

/* Columns: scan, shard, shards, plan, metadata. */
static enum cs_err read_cover(struct cs_db *db, sqlite3_stmt *stmt,
			      struct cs_arena *arena, struct cs_store_cover *out)
{
	struct cs_span scan = cs_db_span(stmt, 0);
	int64_t shard = sqlite3_column_int64(stmt, 1);
	int64_t shards = sqlite3_column_int64(stmt, 2);
	enum cs_err err;

	if (scan.len != CS_SCAN_ID || shard < 0 || shard > UINT32_MAX || shards < 0 ||
	    shards > UINT32_MAX)
		return cs_db_damaged(db, "a segment's record");
	*out = (struct cs_store_cover){ .shard = (uint32_t)shard,
					.shards = (uint32_t)shards };
	memcpy(out->id, scan.ptr, scan.len);
	err = copy_span(db, arena, cs_db_span(stmt, 3), &out->plan);
	return err ? err : copy_span(db, arena, cs_db_span(stmt, 4), &out->metadata);
}

static enum cs_err count_rows(struct cs_db *db, sqlite3_stmt *stmt, size_t *n)
{
	enum cs_err err = CS_OK;

	*n = 0;
	if (cs_db_next(db, stmt, &err))
		*n = (size_t)sqlite3_column_int64(stmt, 0);
	return err;
}

/* How many rows of @table a day has, of one scan's shard if @of is not NULL. */
static enum cs_err count(struct cs_db *db, const char *sql, int32_t day,
			 const struct cs_store_cover *of, size_t *n)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db, sql, &stmt);

	if (err)
		return err;
	cs_db_bind_number(stmt, 1, day);
	if (of) {
		cs_db_bind(stmt, 2, cs_span_of(of->id, CS_SCAN_ID));
		cs_db_bind_number(stmt, 3, of->shard);
	}
	err = count_rows(db, stmt, n);
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

static enum cs_err read_chunks(struct cs_db *db, sqlite3_stmt *stmt,
			       struct cs_store_chunks *closed, size_t room, size_t *n)
{
	enum cs_err err = CS_OK;

	while (*n < room && cs_db_next(db, stmt, &err)) {
		int64_t first = sqlite3_column_int64(stmt, 0);
		int64_t last = sqlite3_column_int64(stmt, 1);

		if (first < 0 || last < first ||
		    (*n > 0 && (uint64_t)first <= closed[*n - 1].last))
			return cs_db_damaged(db, "the chunks that a segment covers");
		closed[(*n)++] =
			(struct cs_store_chunks){ (uint64_t)first, (uint64_t)last };
	}
	return err;
}

static enum cs_err add_chunks(struct cs_db *db, int32_t day, struct cs_arena *arena,
			      struct cs_store_cover *cover)
{
	struct cs_store_chunks *closed;
	sqlite3_stmt *stmt;
	size_t room;
	enum cs_err err = count(db,
				"SELECT count(*) FROM covered WHERE day = ?1"
				" AND scan = ?2 AND shard = ?3",
				day, cover, &room);

	if (err || room == 0)
		return err;
	closed = cs_arena_array(arena, room, sizeof(*closed));
	if (!closed)
		return no_memory(db);
	err = cs_db_prepare(db,
			    "SELECT first, last FROM covered WHERE day = ?1"
			    " AND scan = ?2 AND shard = ?3 ORDER BY first",
			    &stmt);
	if (err)
		return err;
	cs_db_bind_number(stmt, 1, day);
	cs_db_bind(stmt, 2, cs_span_of(cover->id, CS_SCAN_ID));
	cs_db_bind_number(stmt, 3, cover->shard);
	err = read_chunks(db, stmt, closed, room, &cover->n_closed);
	(void)sqlite3_finalize(stmt); /* only read from */
	cover->closed = closed;
	return err;
}

static enum cs_err read_covers(struct cs_db *db, int32_t day, struct cs_arena *arena,
			       struct cs_store_cover *covers, size_t room, size_t *n)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(
		db,
		"SELECT segment.scan, segment.shard, shards, plan.bytes,"
		" metadata FROM segment LEFT JOIN scan"
		" ON scan.scan = segment.scan AND scan.shard = segment.shard"
		" LEFT JOIN plan ON plan.hash = scan.plan"
		" WHERE day = ?1 ORDER BY segment.scan, segment.shard",
		&stmt);

	if (err)
		return err;
	cs_db_bind_number(stmt, 1, day);
	while (!err && *n < room && cs_db_next(db, stmt, &err))
		err = read_cover(db, stmt, arena, &covers[(*n)++]);
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

static enum cs_err list_covers(struct cs_db *db, int32_t day, struct cs_arena *arena,
			       struct cs_store_cover **covers, size_t *n)
{
	size_t room;
	enum cs_err err = count(db, "SELECT count(*) FROM segment WHERE day = ?1", day,
				NULL, &room);

	if (err || room == 0)
		return err;
	*covers = cs_arena_array(arena, room, sizeof(**covers));
	if (!*covers)
		return no_memory(db);
	err = read_covers(db, day, arena, *covers, room, n);
	for (size_t i = 0; !err && i < *n; i++)
		err = add_chunks(db, day, arena, &(*covers)[i]);
	return err;
}

enum cs_err cs_store_covers(struct cs_store *store, int32_t day, struct cs_arena *arena,
			    struct cs_store_cover **covers, size_t *n)
{
	struct cs_db *db;
	enum cs_err err = cs_store_catalog(store, &db);

	*covers = NULL;
	*n = 0;
	if (!err)
		err = cs_db_exec(db, "BEGIN"); /* all of one moment */
	if (err)
		return err;
	cs_db_budget(db, CS_CATALOG_OPS);
	err = list_covers(db, day, arena, covers, n);
	cs_db_budget(db, 0);
	return cs_db_end(db, err);
}
