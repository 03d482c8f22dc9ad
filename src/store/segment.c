/* SPDX-License-Identifier: Apache-2.0 */
#include "store/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/row.h"

static const char schema[] =
#include "store/segment.sql.inc"
	;

enum { SCHEMA = 1 };

/* [v] takes version v to v + 1; there was none before 1. */
static const char *const migrations[SCHEMA] = { NULL };

const struct cs_db_kind cs_segment_kind = {
	.what = "segment",
	.application_id = 0x43537365, /* CSse */
	.version = SCHEMA,
	.schema = schema,
	.migrations = migrations,
};

static const char *const stmts[CS_STMT_COUNT] = {
	[CS_STMT_CHUNK] = "SELECT chunk, first_us, last_us, probed, closed, first_row,"
			  " n_rows, n_content FROM chunk WHERE chunk = ?1",
	[CS_STMT_CHUNK_PUT] = "INSERT OR REPLACE INTO chunk(chunk, first_us, last_us,"
			      " probed, closed, first_row, n_rows, n_content)"
			      " VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
	[CS_STMT_ROWS_DELETE] = "DELETE FROM result WHERE id BETWEEN ?1 AND ?2",
	[CS_STMT_ROW_PUT] = CS_ROW_INSERT CS_ROW_VALUES,
	[CS_STMT_ROWS_PUT] = CS_ROW_INSERT CS_ROW_BATCH_VALUES,
	[CS_STMT_BODY_PUT] = "INSERT INTO body(payload) VALUES(?1)",
};

static enum cs_err too_long(struct cs_segment *segment)
{
	return cs_why_set(segment->db.why, CS_ERR_IO, segment->root, "%s",
			  strerror(ENAMETOOLONG));
}

static enum cs_err prepare(struct cs_segment *segment)
{
	enum cs_segment_stmt end = segment->part ? CS_STMT_COUNT : CS_STMT_CHUNK + 1;
	enum cs_err err = CS_OK;

	for (unsigned i = 0; !err && i < end; i++)
		err = cs_db_prepare(&segment->db, stmts[i], &segment->stmts[i]);
	return err;
}

enum cs_err cs_segment_check_name(struct cs_segment *segment)
{
	const struct cs_segment_name *name = &segment->name;
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(&segment->db,
					"SELECT scan, shard, day FROM segment", &stmt);
	struct cs_span want = cs_span_of(name->scan, CS_SCAN_ID);

	if (err)
		return err;

	bool same = cs_db_next(&segment->db, stmt, &err) &&
		    cs_span_eq(cs_db_span(stmt, 0), want) &&
		    sqlite3_column_int64(stmt, 1) == name->shard &&
		    sqlite3_column_int64(stmt, 2) == name->day;

	(void)sqlite3_finalize(stmt); /* only read from */
	if (err || same)
		return err;
	return cs_db_damaged(&segment->db, "of another scan, shard or day");
}

/* Says in a new part what it is; an older one says so already. */
static enum cs_err write_name(struct cs_segment *segment)
{
	const struct cs_segment_name *name = &segment->name;
	sqlite3_stmt *stmt;
	enum cs_err err =
		cs_db_prepare(&segment->db,
			      "INSERT INTO segment(scan, shard, day) SELECT ?1, ?2, ?3"
			      " WHERE NOT EXISTS (SELECT 1 FROM segment)",
			      &stmt);

	if (err)
		return err;
	cs_db_bind(stmt, 1, cs_span_of(name->scan, CS_SCAN_ID));
	(void)sqlite3_bind_int64(stmt, 2, name->shard); /* the places exist */
	(void)sqlite3_bind_int64(stmt, 3, name->day);
	err = cs_db_run(&segment->db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

static enum cs_err open_part(struct cs_segment *segment)
{
	struct cs_path path;
	enum cs_err err;

	if (!cs_path_segment(segment->root, &segment->name, CS_FILE_PART, &path))
		return too_long(segment);
	segment->part = true;
	err = cs_db_open(&segment->db, path.text, CS_DB_EXCLUSIVE, &cs_segment_kind,
			 segment->db.why);
	if (!err)
		err = write_name(segment);
	if (!err)
		err = cs_segment_check_name(segment);
	/* Left by a publication: none while rows are put. */
	if (!err)
		err = cs_db_exec(&segment->db, "DROP INDEX IF EXISTS result_by_ip;"
					       "DROP TABLE IF EXISTS published");
	return err ? err : prepare(segment);
}

static enum cs_err open_published(struct cs_segment *segment)
{
	struct cs_path path;
	enum cs_err err;

	if (!cs_path_segment(segment->root, &segment->name, CS_FILE_PUBLISHED, &path))
		return too_long(segment);
	segment->part = false;
	err = cs_db_open(&segment->db, path.text, CS_DB_READ, &cs_segment_kind,
			 segment->db.why);
	if (!err)
		err = cs_segment_check_name(segment);
	return err ? err : prepare(segment);
}

/* The day's directory, and a part whose name is durable before its rows are. */
static enum cs_err make_part(struct cs_segment *segment)
{
	struct cs_path day, path;

	if (!cs_path_day(segment->root, segment->name.day, &day) ||
	    !cs_path_segment(segment->root, &segment->name, CS_FILE_PART, &path))
		return too_long(segment);
	if (cs_dir_make(day.text) != 0 || cs_file_sync(segment->root) != 0)
		return cs_why_errno(segment->db.why, day.text);
	if (cs_file_make(path.text) != 0 || cs_file_sync(day.text) != 0)
		return cs_why_errno(segment->db.why, path.text);
	return open_part(segment);
}

static bool there(const struct cs_segment *segment, enum cs_segment_file file)
{
	struct cs_path path;

	return cs_path_segment(segment->root, &segment->name, file, &path) &&
	       cs_file_exists(path.text);
}

enum cs_err cs_segment_open(struct cs_segment *segment, const char *root,
			    const struct cs_segment_name *name,
			    const struct cs_sipkey *key, bool make, struct cs_why *why)
{
	*segment = (struct cs_segment){
		.root = root, .name = *name, .db.why = why, .bodies.key = *key
	};
	/* The part first: it has all that the published file has, and more. */
	if (there(segment, CS_FILE_PART))
		return open_part(segment);
	if (there(segment, CS_FILE_PUBLISHED))
		return open_published(segment);
	return make ? make_part(segment) : CS_ERR_NOT_FOUND;
}

enum cs_err cs_segment_open_path(struct cs_segment *segment, const char *path,
				 int32_t day, struct cs_why *why)
{
	*segment = (struct cs_segment){ .name.day = day };
	return cs_db_open(&segment->db, path, CS_DB_READ, &cs_segment_kind, why);
}

/* Leaves the segment as it was named, with no file open. */
static void close_db(struct cs_segment *segment)
{
	struct cs_why *why = segment->db.why;

	for (unsigned i = 0; i < CS_STMT_COUNT; i++) {
		(void)sqlite3_finalize(segment->stmts[i]); /* repeats an old error */
		segment->stmts[i] = NULL;
	}
	cs_db_close(&segment->db);
	segment->db.why = why;
}

void cs_segment_close(struct cs_segment *segment)
{
	cs_segment_rollback(segment);
	close_db(segment);
	cs_bodies_clear(&segment->bodies);
}

/* Copies page by page into @path, which is made anew. */
static enum cs_err copy_pages(struct cs_segment *segment, const char *path)
{
	struct cs_db to = { .why = segment->db.why, .path = strdup(path) };
	enum cs_err err;

	if (!to.path)
		return cs_why_set(to.why, CS_ERR_NOMEM, path, "out of memory");
	(void)unlink(path); /* what a killed copy left; is made below */
	if (cs_file_make(path) != 0) {
		cs_db_close(&to);
		return cs_why_errno(segment->db.why, path);
	}
	err = cs_db_err(&to, sqlite3_open_v2(path, &to.sql,
					     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
					     NULL));
	/* It counts only after the rename: no journal is wanted. */
	if (!err)
		err = cs_db_exec(&to, "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF");

	sqlite3_backup *backup =
		err ? NULL : sqlite3_backup_init(to.sql, "main", segment->db.sql, "main");

	if (backup) {
		(void)sqlite3_backup_step(backup, -1); /* finish says it again */
		err = cs_db_err(&to, sqlite3_backup_finish(backup));
	} else if (!err) {
		err = cs_db_err(&to, sqlite3_errcode(to.sql));
	}
	cs_db_close(&to);
	return err;
}

enum cs_err cs_segment_writable(struct cs_segment *segment)
{
	struct cs_path day, copy, part;
	enum cs_err err;

	if (segment->part)
		return CS_OK;
	if (!cs_path_day(segment->root, segment->name.day, &day) ||
	    !cs_path_segment(segment->root, &segment->name, CS_FILE_COPY, &copy) ||
	    !cs_path_segment(segment->root, &segment->name, CS_FILE_PART, &part))
		return too_long(segment);
	err = copy_pages(segment, copy.text);
	if (err)
		return err;
	if (cs_file_sync(copy.text) != 0 ||
	    cs_file_rename(copy.text, part.text, day.text) != 0)
		return cs_why_errno(segment->db.why, copy.text);
	close_db(segment);
	return open_part(segment);
}
