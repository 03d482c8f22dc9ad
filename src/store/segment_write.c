/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>

#include "store/row.h"
#include "store/segment.h"

/* Learns the bodies that are there, so that they are not stored again. */
static enum cs_err learn_bodies(struct cs_segment *segment)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(
		&segment->db, "SELECT id, payload FROM body ORDER BY id", &stmt);
	int64_t last = 0;

	while (!err && cs_db_next(&segment->db, stmt, &err)) {
		int64_t id = sqlite3_column_int64(stmt, 0);
		struct cs_span bytes = cs_db_span(stmt, 1);

		if (id <= last)
			err = cs_db_damaged(&segment->db, "body %" PRId64, id);
		else
			cs_bodies_add(&segment->bodies,
				      cs_body_hash(&segment->bodies.key, bytes), id);
		last = id;
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	segment->bodies_known = !err;
	return err;
}

static enum cs_err begin(struct cs_segment *segment)
{
	enum cs_err err = CS_OK;

	if (segment->in_tx)
		return CS_OK;
	if (!segment->bodies_known)
		err = learn_bodies(segment);
	if (!err)
		err = cs_db_exec(&segment->db, "BEGIN");
	segment->in_tx = !err;
	return err;
}

/* The number of the row's body in this segment, 0 for an empty one. */
static enum cs_err put_body(struct cs_segment *segment, const struct cs_day_row *row,
			    int64_t *id)
{
	sqlite3_stmt *put = segment->stmts[CS_STMT_BODY_PUT];
	enum cs_err err;

	*id = 0;
	if (row->row->body.len == 0)
		return CS_OK;
	*id = cs_bodies_find(&segment->bodies, row->body);
	if (*id)
		return CS_OK;
	cs_db_bind(put, 1, row->row->body);
	err = cs_db_run(&segment->db, put);
	if (err)
		return err;
	*id = sqlite3_last_insert_rowid(segment->db.sql);
	cs_bodies_add(&segment->bodies, row->body, *id);
	return CS_OK;
}

/* Sorted rows lie anywhere in memory: what is soon to be bound is fetched. */
static void fetch(const struct cs_segment *segment, const struct cs_day_row *rows,
		  size_t n)
{
	for (size_t i = CS_ROW_BATCH; i < 3 * CS_ROW_BATCH && i < n; i++) {
		const char *row = (const char *)rows[i].row;

		if (i < 2 * CS_ROW_BATCH) {
			/* Fetched by the call before: its pointers can be followed. */
			__builtin_prefetch(rows[i].row->header.ptr);
			cs_bodies_soon(&segment->bodies, rows[i].body);
		} else {
			__builtin_prefetch(row);
			__builtin_prefetch(row + sizeof(struct cs_result) / 2);
			__builtin_prefetch(row + sizeof(struct cs_result) - 1);
		}
	}
}

/* Appends one row or a whole batch by one statement. */
static enum cs_err put_some(struct cs_segment *segment, struct cs_chunk_entry *entry,
			    const struct cs_day_row *rows, size_t n)
{
	sqlite3_stmt *put = segment->stmts[n == 1 ? CS_STMT_ROW_PUT : CS_STMT_ROWS_PUT];
	enum cs_err err = CS_OK;

	for (unsigned i = 0; i < n; i++) {
		int64_t body;

		err = put_body(segment, &rows[i], &body);
		if (err)
			return err;
		cs_row_bind(put, i, rows[i].row, body);
		entry->n_content += cs_row_content(rows[i].row);
	}
	err = cs_db_run(&segment->db, put);
	if (entry->n_rows == 0)
		entry->first_row =
			sqlite3_last_insert_rowid(segment->db.sql) - (int64_t)n + 1;
	entry->n_rows += (int64_t)n;
	return err;
}

/* Appends the rows; they get consecutive numbers. */
static enum cs_err put_rows(struct cs_segment *segment, struct cs_chunk_entry *entry,
			    const struct cs_day_row *rows, size_t n)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0, some; !err && i < n; i += some) {
		some = n - i >= CS_ROW_BATCH ? CS_ROW_BATCH : 1;
		if (some > 1)
			fetch(segment, rows + i, n - i);
		err = put_some(segment, entry, rows + i, some);
	}
	if (!err && n > 0 &&
	    sqlite3_last_insert_rowid(segment->db.sql) - entry->first_row !=
		    entry->n_rows - 1)
		err = cs_db_damaged(&segment->db, "row numbers are used up");
	return err;
}

static enum cs_err delete_rows(struct cs_segment *segment,
			       const struct cs_chunk_entry *entry)
{
	sqlite3_stmt *stmt = segment->stmts[CS_STMT_ROWS_DELETE];

	if (entry->n_rows == 0)
		return CS_OK;
	(void)sqlite3_bind_int64(stmt, 1, entry->first_row); /* the places exist */
	(void)sqlite3_bind_int64(stmt, 2, entry->first_row + entry->n_rows - 1);
	return cs_db_run(&segment->db, stmt);
}

static enum cs_err put_entry(struct cs_segment *segment,
			     const struct cs_chunk_entry *entry)
{
	const struct cs_chunk_row *chunk = &entry->chunk;
	const int64_t values[] = { (int64_t)chunk->chunk, chunk->first_us,
				   chunk->last_us,        chunk->probed,
				   chunk->closed,         entry->first_row,
				   entry->n_rows,         entry->n_content };
	sqlite3_stmt *put = segment->stmts[CS_STMT_CHUNK_PUT];

	for (size_t i = 0; i < CS_LEN(values); i++)
		(void)sqlite3_bind_int64(put, (int)i + 1, values[i]); /* it exists */
	return cs_db_run(&segment->db, put);
}

enum cs_err cs_segment_replace(struct cs_segment *segment,
			       const struct cs_chunk_row *chunk,
			       const struct cs_day_row *rows, size_t n)
{
	struct cs_chunk_entry old, entry = { .chunk = *chunk };
	enum cs_err err = begin(segment);

	assert(segment->part);
	if (err)
		return err;
	err = cs_segment_chunk(segment, chunk->chunk, &old);
	if (!err)
		err = delete_rows(segment, &old);
	else if (err == CS_ERR_NOT_FOUND)
		err = CS_OK;
	if (!err)
		err = put_rows(segment, &entry, rows, n);
	return err ? err : put_entry(segment, &entry);
}

enum cs_err cs_segment_reopen_chunk(struct cs_segment *segment, uint64_t chunk)
{
	struct cs_chunk_entry entry;
	enum cs_err err = begin(segment);

	if (!err)
		err = cs_segment_chunk(segment, chunk, &entry);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	entry.chunk.closed = false;
	return put_entry(segment, &entry);
}

enum cs_err cs_segment_commit(struct cs_segment *segment)
{
	enum cs_err err;

	if (!segment->in_tx)
		return CS_OK;
	err = cs_db_exec(&segment->db, "COMMIT");
	if (!err)
		segment->in_tx = false;
	else
		cs_segment_rollback(segment);
	return err;
}

void cs_segment_rollback(struct cs_segment *segment)
{
	if (!segment->in_tx)
		return;
	segment->in_tx = false;
	/* SQLite may have rolled back by itself; cannot fail otherwise. */
	(void)sqlite3_exec(segment->db.sql, "ROLLBACK", NULL, NULL, NULL);
	/* Some of them are gone from the file. */
	cs_bodies_clear(&segment->bodies);
	segment->bodies_known = false;
}
