/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done when all files have been looked at: damaged segments are saved,
 * unknown ones entered, and entries without a file are dealt with.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/verify.h"

/* Runs a statement with day, scan and shard as ?1 to ?3. */
static enum cs_err run_for(struct cs_db *db, const char *sql,
			   const struct cs_segment_name *name)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db, sql, &stmt);

	if (err)
		return err;
	cs_db_bind_number(stmt, 1, name->day);
	cs_db_bind(stmt, 2, cs_span_of(name->scan, CS_SCAN_ID));
	cs_db_bind_number(stmt, 3, name->shard);
	err = cs_db_run(db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

/* The last: of a day that has no segment any more. */
static enum cs_err forget(struct cs_db *db, const struct cs_segment_name *name)
{
	static const char *const statements[] = {
		"DELETE FROM covered WHERE day = ?1 AND scan = ?2 AND shard = ?3",
		"DELETE FROM segment WHERE day = ?1 AND scan = ?2 AND shard = ?3",
		"DELETE FROM summary WHERE day = ?1 AND ?2 = ?2 AND ?3 = ?3"
		" AND NOT EXISTS (SELECT 1 FROM segment WHERE day = ?1)",
		"DELETE FROM summarized WHERE day = ?1 AND ?2 = ?2 AND ?3 = ?3"
		" AND NOT EXISTS (SELECT 1 FROM segment WHERE day = ?1)",
	};
	enum cs_err err = cs_db_exec(db, "BEGIN IMMEDIATE");

	if (err)
		return err;
	for (size_t i = 0; !err && i < CS_LEN(statements); i++)
		err = run_for(db, statements[i], name);
	return cs_db_end(db, err);
}

enum cs_err cs_verify_unfinish(struct cs_verify *v, const uint8_t *scan)
{
	const struct cs_segment_name name = { .scan = scan };

	return run_for(&v->store->catalog,
		       "UPDATE scan SET ended_us = 0 WHERE state = 3 AND scan = ?2"
		       " AND ?1 = ?1 AND ?3 = ?3",
		       &name);
}

static bool there(struct cs_verify *v, const struct cs_segment_name *name)
{
	struct cs_path path;

	return cs_path_segment(v->store->dir, name, CS_FILE_PUBLISHED, &path) &&
	       cs_file_exists(path.text);
}

/* --- saving what was set aside --- */

/* How many rows the catalogue has of the segment; 0 where it does not know. */
static uint64_t rows_of(struct cs_verify *v, const struct cs_segment_name *name)
{
	struct cs_db *db = &v->store->catalog;
	sqlite3_stmt *stmt;
	int64_t rows = 0;
	enum cs_err err = cs_db_prepare(db,
					"SELECT rows FROM segment WHERE day = ?1"
					" AND scan = ?2 AND shard = ?3",
					&stmt);

	if (err)
		return 0;
	cs_db_bind_number(stmt, 1, name->day);
	cs_db_bind(stmt, 2, cs_span_of(name->scan, CS_SCAN_ID));
	cs_db_bind_number(stmt, 3, name->shard);
	if (cs_db_next(db, stmt, &err))
		rows = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt); /* only read from */
	return rows > 0 ? (uint64_t)rows : 0;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static enum cs_err salvage(struct cs_verify *v, const struct cs_segment_name *name,
			   const char *from, bool newer, struct cs_salvage *saved)
{
	struct cs_shard *shard;
	enum cs_err err = cs_shard_open(v->store, name->scan, name->shard, &shard);

	*saved = (struct cs_salvage){ 0 };
	if (err)
		return err;
	err = cs_salvage(shard, name->day, from, newer, saved);
	if (err)
		cs_shard_abandon(shard);
	else
		err = cs_shard_publish(shard);
	return err;
}

static enum cs_err save(struct cs_verify *v, const struct cs_verify_later *item)
{
	const struct cs_segment_name name = { item->scan, item->shard, item->day };
	struct cs_path path, from;
	struct cs_salvage saved;
	uint64_t rows;
	bool lost;
	enum cs_err err;

	if (!cs_path_segment(v->store->dir, &name, item->file, &path) ||
	    !cs_path_with(path.text, ".damaged", &from))
		return cs_verify_too_long(v);
	rows = item->file == CS_FILE_PART ? 0 : rows_of(v, &name);
	err = salvage(v, &name, from.text, item->file == CS_FILE_PART, &saved);
	if (err) {
		cs_verify_say(v, path.text, CS_VERIFY_GONE,
			      "%s; set aside, but its rows cannot be saved: %s",
			      item->what, v->store->why.text);
		return err == CS_ERR_NOMEM ? err : CS_OK;
	}
	/* Where nobody knows how many there were, what cannot be read was some. */
	lost = saved.chunks == 0 ||
	       (rows == 0 && (saved.gaps || saved.known < saved.rows));
	rows = max(rows ? rows : saved.known, saved.rows);
	lost |= saved.rows < rows;
	if (!there(v, &name))
		err = forget(&v->store->catalog, &name);
	if (!err && lost)
		err = cs_verify_unfinish(v, name.scan);
	cs_verify_say(v, path.text, lost ? CS_VERIFY_LOST : CS_VERIFY_REPAIRED,
		      "%s; %" PRIu64 " of %" PRIu64 " rows saved; the old file is %s",
		      item->what, saved.rows, rows, strrchr(from.text, '/') + 1);
	return err;
}

enum cs_err cs_verify_save_all(struct cs_verify *v)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < v->damaged.n; i++)
		err = save(v, &v->damaged.items[i]);
	return err;
}

/* --- entering what the catalogue does not know --- */

static enum cs_err enter(struct cs_verify *v, const struct cs_segment_name *name)
{
	struct cs_shard *shard;
	enum cs_err err = cs_shard_open(v->store, name->scan, name->shard, &shard);

	return err ? err : cs_shard_publish(shard);
}

enum cs_err cs_verify_enter_all(struct cs_verify *v)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < v->unknown.n && err != CS_ERR_NOMEM; i++) {
		const struct cs_verify_later *item = &v->unknown.items[i];
		const struct cs_segment_name name = { item->scan, item->shard,
						      item->day };
		struct cs_path path;

		if (!cs_path_segment(v->store->dir, &name, CS_FILE_PUBLISHED, &path))
			return cs_verify_too_long(v);
		err = enter(v, &name);
		if (err == CS_ERR_BUSY)
			continue; /* who writes it enters it */
		if (err)
			cs_verify_say(v, path.text, CS_VERIFY_LEFT,
				      "not in the catalogue: %s", v->store->why.text);
		else if (!v->made_anew)
			cs_verify_say(v, path.text, CS_VERIFY_REPAIRED,
				      "not in the catalogue; entered");
	}
	return err == CS_ERR_NOMEM ? err : CS_OK;
}

/* --- entries without a file --- */

/* What is being written may have less than was published once. */
static void say_made(struct cs_verify *v, const char *path, uint64_t had, uint64_t rows)
{
	static const char made[] = "missing; made of what was being written";

	if (rows < had)
		cs_verify_say(v, path, CS_VERIFY_LOST,
			      "%s, which has %" PRIu64 " of %" PRIu64 " rows", made, rows,
			      had);
	else
		cs_verify_say(v, path, CS_VERIFY_REPAIRED, "%s", made);
}

/* One is enough of a part, or of what was set aside by a killed repair. */
static enum cs_err try_again(struct cs_verify *v, const struct cs_segment_name *name,
			     const char *path, bool *again)
{
	const uint64_t had = rows_of(v, name);
	struct cs_path from;

	if (!cs_path_with(path, ".damaged", &from))
		return cs_verify_too_long(v);
	*again = cs_file_exists(from.text);
	if (*again) {
		struct cs_verify_later item = { .shard = name->shard,
						.day = name->day,
						.file = CS_FILE_PUBLISHED,
						.what = "damaged" };

		memcpy(item.scan, name->scan, CS_SCAN_ID);
		return save(v, &item);
	}
	if (enter(v, name) == CS_OK)
		*again = there(v, name);
	if (*again)
		say_made(v, path, had, rows_of(v, name));
	return CS_OK;
}

static enum cs_err missing(struct cs_verify *v, const struct cs_segment_name *name)
{
	struct cs_verify_hold hold;
	struct cs_path path;
	bool again = false;
	enum cs_err err;

	if (!cs_path_segment(v->store->dir, name, CS_FILE_PUBLISHED, &path))
		return cs_verify_too_long(v);
	err = cs_verify_take(v, name, false, &hold);
	cs_verify_release(&hold); /* what follows takes it */
	if (err || hold.busy || cs_file_exists(path.text))
		return err;
	if (v->repair)
		err = try_again(v, name, path.text, &again);
	if (err || again)
		return err;
	if (v->repair)
		err = forget(&v->store->catalog, name);
	if (v->repair && !err)
		err = cs_verify_unfinish(v, name->scan);
	if (!err)
		cs_verify_say(v, path.text, v->repair ? CS_VERIFY_LOST : CS_VERIFY_GONE,
			      "missing; the catalogue has it%s",
			      v->repair ? ": its entry is removed" : "");
	return err;
}

static enum cs_err list_missing(struct cs_verify *v, struct cs_verify_list *list)
{
	struct cs_db *db;
	sqlite3_stmt *stmt;
	enum cs_err err = cs_store_catalog(v->store, &db);

	if (!err)
		err = cs_db_prepare(db,
				    "SELECT day, scan, shard FROM segment"
				    " ORDER BY day, scan, shard",
				    &stmt);
	if (err)
		return err;
	while (!err && cs_db_next(db, stmt, &err)) {
		struct cs_span scan = cs_db_span(stmt, 1);
		struct cs_segment_name name = { scan.ptr,
						(uint32_t)sqlite3_column_int64(stmt, 2),
						(int32_t)sqlite3_column_int64(stmt, 0) };

		if (scan.len == CS_SCAN_ID && !there(v, &name))
			err = cs_verify_put_off(v, list, &name, CS_FILE_PUBLISHED, "");
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

/* Still an entry? Who removes a day may have come in between. */
static enum cs_err is_entered(struct cs_verify *v, const struct cs_segment_name *name,
			      bool *is)
{
	struct cs_verify_list again = { 0 };
	enum cs_err err = list_missing(v, &again);

	*is = false;
	for (size_t i = 0; !err && i < again.n; i++)
		*is |= memcmp(again.items[i].scan, name->scan, CS_SCAN_ID) == 0 &&
		       again.items[i].shard == name->shard &&
		       again.items[i].day == name->day;
	free(again.items);
	return err;
}

enum cs_err cs_verify_missing(struct cs_verify *v)
{
	struct cs_verify_list list = { 0 };
	enum cs_err err = list_missing(v, &list);

	for (size_t i = 0; !err && i < list.n; i++) {
		const struct cs_segment_name name = { list.items[i].scan,
						      list.items[i].shard,
						      list.items[i].day };
		bool is;

		err = is_entered(v, &name, &is);
		if (!err && is)
			err = missing(v, &name);
	}
	free(list.items);
	return err;
}
