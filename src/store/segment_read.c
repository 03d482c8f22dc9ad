/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/row.h"
#include "store/segment.h"

/*
 * A damaged file can lead SQLite in circles. Every walk here goes by a key
 * that must rise with each step, so it ends.
 */

bool cs_chunk_entry_read(sqlite3_stmt *stmt, struct cs_chunk_entry *out)
{
	int64_t v[8];

	for (int i = 0; i < (int)CS_LEN(v); i++) {
		v[i] = sqlite3_column_int64(stmt, i);
		if (sqlite3_column_type(stmt, i) != SQLITE_INTEGER || v[i] < 0)
			return false;
	}
	if (v[3] > UINT32_MAX || v[4] > 1 || v[7] > v[6] || v[5] > INT64_MAX - v[6])
		return false;
	*out = (struct cs_chunk_entry){
		.chunk = { .chunk = (uint64_t)v[0],
			   .first_us = v[1],
			   .last_us = v[2],
			   .probed = (uint32_t)v[3],
			   .closed = v[4] != 0 },
		.first_row = v[5],
		.n_rows = v[6],
		.n_content = v[7],
	};
	return true;
}

static enum cs_err entry_damaged(struct cs_segment *segment, sqlite3_stmt *stmt)
{
	return cs_db_damaged(&segment->db, "chunk %" PRId64,
			     (int64_t)sqlite3_column_int64(stmt, 0));
}

enum cs_err cs_segment_chunk(struct cs_segment *segment, uint64_t chunk,
			     struct cs_chunk_entry *out)
{
	sqlite3_stmt *stmt = segment->stmts[CS_STMT_CHUNK];
	enum cs_err err = CS_ERR_NOT_FOUND;

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)chunk); /* the place exists */
	if (cs_db_next(&segment->db, stmt, &err))
		err = cs_chunk_entry_read(stmt, out) && out->chunk.chunk == chunk
			      ? CS_OK
			      : entry_damaged(segment, stmt);
	else if (!err)
		err = CS_ERR_NOT_FOUND;
	(void)sqlite3_reset(stmt); /* says again what step said */
	return err;
}

enum cs_err cs_segment_chunks(struct cs_segment *segment, cs_chunk_each_fn *each,
			      void *arg)
{
	sqlite3_stmt *stmt;
	struct cs_chunk_entry entry = { 0 };
	enum cs_err err = cs_db_prepare(&segment->db,
					"SELECT chunk, first_us, last_us, probed, closed,"
					" first_row, n_rows, n_content"
					" FROM chunk ORDER BY chunk",
					&stmt);
	uint64_t next = 0;

	while (!err && cs_db_next(&segment->db, stmt, &err)) {
		if (!cs_chunk_entry_read(stmt, &entry) || entry.chunk.chunk < next)
			err = entry_damaged(segment, stmt);
		else
			err = each(arg, &entry);
		next = entry.chunk.chunk + 1;
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

static enum cs_err add_up(void *arg, const struct cs_chunk_entry *entry)
{
	struct cs_segment_sum *sum = arg;
	const struct cs_chunk_row *chunk = &entry->chunk;

	if (sum->last_us < 0 || chunk->first_us < sum->first_us)
		sum->first_us = chunk->first_us;
	if (chunk->last_us > sum->last_us)
		sum->last_us = chunk->last_us;
	sum->rows += (uint64_t)entry->n_rows;
	sum->content += (uint64_t)entry->n_content;
	return CS_OK;
}

enum cs_err cs_segment_sum(struct cs_segment *segment, struct cs_segment_sum *sum)
{
	*sum = (struct cs_segment_sum){ .last_us = -1 };
	return cs_segment_chunks(segment, add_up, sum);
}

/* The rows of one chunk, by their numbers. */
struct run {
	int64_t first, n;
};

struct runs {
	const struct cs_chunk_set *only;
	struct run *run; /* owned */
	size_t n, cap;
};

static enum cs_err runs_add(void *arg, const struct cs_chunk_entry *entry)
{
	struct runs *runs = arg;

	if (entry->n_rows == 0 ||
	    (runs->only && !cs_chunk_set_has(runs->only, entry->chunk.chunk)))
		return CS_OK;
	if (runs->n == runs->cap) {
		size_t cap = runs->cap ? 2 * runs->cap : 64;
		void *more = reallocarray(runs->run, cap, sizeof(runs->run[0]));

		if (!more)
			return CS_ERR_NOMEM;
		runs->run = more;
		runs->cap = cap;
	}
	runs->run[runs->n++] = (struct run){ entry->first_row, entry->n_rows };
	return CS_OK;
}

static int runs_order(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Calls @each for the rows of @run, which must all be there. */
static enum cs_err walk_run(struct cs_segment *segment, sqlite3_stmt *stmt,
			    const struct run *run, cs_store_row_fn *each, void *arg)
{
	struct cs_result row;
	enum cs_err err = CS_OK;
	int64_t id, want = run->first, end = run->first + run->n;

	(void)sqlite3_bind_int64(stmt, 1, run->first); /* the places exist */
	(void)sqlite3_bind_int64(stmt, 2, end - 1);
	while (!err && cs_db_next(&segment->db, stmt, &err)) {
		err = cs_row_read(&segment->db, stmt, segment->name.day, &id, &row);
		if (!err && id != want++)
			err = cs_db_damaged(&segment->db, "row %" PRId64, id);
		if (!err)
			err = each(arg, &row, NULL);
	}
	(void)sqlite3_reset(stmt); /* says again what step said */
	if (!err && want != end)
		err = cs_db_damaged(&segment->db, "row %" PRId64 " is missing", want);
	return err;
}

enum cs_err cs_segment_each(struct cs_segment *segment, const struct cs_chunk_set *only,
			    cs_store_row_fn *each, void *arg)
{
	struct runs runs = { .only = only };
	sqlite3_stmt *stmt = NULL;
	enum cs_err err = cs_segment_chunks(segment, runs_add, &runs);
	int64_t next = 0;

	if (!err)
		err = cs_db_prepare(
			&segment->db,
			CS_ROW_SELECT CS_ROW_JOIN
			" WHERE result.id BETWEEN ?1 AND ?2 ORDER BY result.id",
			&stmt);
	if (runs.n > 0)
		qsort(runs.run, runs.n, sizeof(runs.run[0]), runs_order);
	for (size_t i = 0; !err && i < runs.n; i++) {
		if (runs.run[i].first < next)
			err = cs_db_damaged(&segment->db, "chunks share rows");
		else
			err = walk_run(segment, stmt, &runs.run[i], each, arg);
		next = runs.run[i].first + runs.run[i].n;
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	free(runs.run);
	return err;
}

/* The number that a publication gave the file; 0: it was made before there were. */
static enum cs_err version(struct cs_db *db, int64_t *out)
{
	int64_t tables = 0;
	enum cs_err err = cs_db_number(db,
				       "SELECT count(*) FROM sqlite_schema"
				       " WHERE type = 'table' AND name = 'published'",
				       &tables);

	*out = 0;
	return err || tables == 0
		       ? err
		       : cs_db_number(db, "SELECT version FROM published", out);
}

enum cs_err cs_segment_identify(struct cs_segment *segment, struct cs_segment_id *id)
{
	struct cs_db *db = &segment->db;
	sqlite3_stmt *stmt;
	enum cs_err err =
		cs_db_prepare(db,
			      "SELECT scan, shard, day, (SELECT coalesce(max(id), 0)"
			      " FROM result) FROM segment",
			      &stmt);

	*id = (struct cs_segment_id){ 0 };
	if (err)
		return err;
	if (cs_db_next(db, stmt, &err)) {
		struct cs_span scan = cs_db_span(stmt, 0);

		if (scan.len == sizeof(id->scan))
			memcpy(id->scan, scan.ptr, scan.len);
		else
			err = cs_db_damaged(db, "its own name");
		id->shard = (uint32_t)sqlite3_column_int64(stmt, 1);
		id->day = (int32_t)sqlite3_column_int64(stmt, 2);
		id->last = sqlite3_column_int64(stmt, 3);
	} else if (!err) {
		err = cs_db_damaged(db, "no name");
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	return err ? err : version(db, &id->version);
}

int cs_result_order(const struct cs_result *a, const struct cs_result *b)
{
	int order = cs_addr_cmp(&a->ip, &b->ip);

	return order ? order : (a->port > b->port) - (a->port < b->port);
}

enum cs_err cs_cursor_open(struct cs_cursor *cursor, struct cs_segment *segment,
			   bool by_ip)
{
	static const char by_id_sql[] = CS_ROW_SELECT_BARE " ORDER BY id";
	static const char by_ip_sql[] =
		CS_ROW_SELECT_BARE " INDEXED BY result_by_ip ORDER BY ip, port, id";
	struct cs_db *db = &segment->db;
	enum cs_err err;

	*cursor = (struct cs_cursor){ .segment = segment, .by_ip = by_ip };
	err = cs_payloads_open(&cursor->payloads, db);
	return err ? err
		   : cs_db_prepare(db, by_ip ? by_ip_sql : by_id_sql, &cursor->stmt);
}

/* Whether the cursor's row may follow the one at @last with number @id. */
static bool follows(const struct cs_cursor *cursor, const struct cs_result *last,
		    int64_t id)
{
	int order = cursor->by_ip ? cs_result_order(last, &cursor->row) : 0;

	return order < 0 || (order == 0 && cursor->id > id);
}

enum cs_err cs_cursor_next(struct cs_cursor *cursor)
{
	struct cs_db *db = &cursor->segment->db;
	struct cs_result last = { .ip = cursor->row.ip, .port = cursor->row.port };
	int64_t last_id = cursor->id;
	enum cs_err err;

	if (!cs_db_next(db, cursor->stmt, &err)) {
		cursor->end = true;
		return err;
	}
	err = cs_row_read_with(db, cursor->stmt, cursor->segment->name.day,
			       &cursor->payloads, &cursor->id, &cursor->row);
	if (!err && cursor->any && !follows(cursor, &last, last_id))
		err = cs_db_damaged(db, "order of rows at row %" PRId64, cursor->id);
	cursor->any = true;
	return err;
}

void cs_cursor_close(struct cs_cursor *cursor)
{
	(void)sqlite3_finalize(cursor->stmt); /* only read from */
	cs_payloads_close(&cursor->payloads);
	*cursor = (struct cs_cursor){ 0 };
}
