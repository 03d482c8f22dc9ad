/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>

#include "coap/code.h"
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
				      cs_bodies_hash(&segment->bodies, bytes), id);
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

/* The number of the body in this segment, 0 for an empty one. */
static enum cs_err put_body(struct cs_segment *segment, struct cs_span body, int64_t *id)
{
	sqlite3_stmt *put = segment->stmts[CS_STMT_BODY_PUT];
	enum cs_err err;

	*id = 0;
	if (body.len == 0)
		return CS_OK;

	struct cs_sip128 hash = cs_bodies_hash(&segment->bodies, body);

	*id = cs_bodies_find(&segment->bodies, hash);
	if (*id)
		return CS_OK;
	cs_db_bind(put, 1, body);
	err = cs_db_run(&segment->db, put);
	if (err)
		return err;
	*id = sqlite3_last_insert_rowid(segment->db.sql);
	cs_bodies_add(&segment->bodies, hash, *id);
	return CS_OK;
}

/* Appends the rows; they get consecutive numbers. */
static enum cs_err put_rows(struct cs_segment *segment, struct cs_chunk_entry *entry,
			    const struct cs_day_row *rows, size_t n)
{
	sqlite3_stmt *put = segment->stmts[CS_STMT_ROW_PUT];
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < n; i++) {
		int64_t body;

		err = put_body(segment, rows[i].row->body, &body);
		if (err)
			break;
		cs_row_bind(put, rows[i].row, body);
		err = cs_db_run(&segment->db, put);
		if (i == 0)
			entry->first_row = sqlite3_last_insert_rowid(segment->db.sql);
		entry->n_content += cs_row_code(rows[i].row) == CS_CODE_CONTENT;
		entry->n_rows++;
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
