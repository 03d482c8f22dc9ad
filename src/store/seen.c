/* SPDX-License-Identifier: Apache-2.0 */
/* Since when an address and port answer: seen.db. */
#include "store/own.h"

static const char schema[] =
#include "store/seen.sql.inc"
	;

enum { SCHEMA = 1, GROUP = 65536 /* rows a transaction: what its log grows to */ };

static const char *const migrations[SCHEMA] = { NULL };

const struct cs_companion_kind cs_seen_kind = {
	.name = "seen.db",
	.find = "SELECT first_us, last_us FROM seen WHERE ip = ?1 AND port = ?2",
	.db = { .what = "list of what was seen",
		.application_id = 0x43537373, /* CSss */
		.version = SCHEMA,
		.schema = schema,
		.migrations = migrations },
};

static struct cs_span ip_span(const struct cs_store_seen *seen)
{
	return cs_span_of(seen->ip.b, sizeof(seen->ip.b));
}

static bool in_range(const struct cs_store_seen *seen)
{
	return seen->first_us >= 0 && seen->first_us <= seen->last_us &&
	       seen->last_us <= CS_STORE_TIME_MAX;
}

static enum cs_err widen(struct cs_db *db, sqlite3_stmt *stmt,
			 const struct cs_store_seen *seen)
{
	if (!in_range(seen))
		return cs_why_set(db->why, CS_ERR_RANGE, db->path, "first and last time");
	cs_db_bind(stmt, 1, ip_span(seen));
	cs_db_bind_number(stmt, 2, seen->port);
	cs_db_bind_number(stmt, 3, seen->first_us);
	cs_db_bind_number(stmt, 4, seen->last_us);
	return cs_db_run(db, stmt);
}

static enum cs_err put_group(struct cs_db *db, sqlite3_stmt *stmt,
			     const struct cs_store_seen *seen, size_t n)
{
	enum cs_err err = cs_db_exec(db, "BEGIN IMMEDIATE");

	if (err)
		return err;
	for (size_t i = 0; !err && i < n; i++)
		err = widen(db, stmt, &seen[i]);
	return cs_db_end(db, err);
}

enum cs_err cs_store_seen_put(struct cs_store *store, const struct cs_store_seen *seen,
			      size_t n)
{
	struct cs_db *db = &store->seen.db;
	sqlite3_stmt *stmt = NULL;
	enum cs_err err = cs_store_writable(store);

	if (!err)
		err = cs_companion_open(store, &store->seen, &cs_seen_kind);
	if (!err)
		err = cs_db_prepare(db,
				    "INSERT INTO seen(ip, port, first_us, last_us)"
				    " VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE"
				    " SET first_us = min(first_us, excluded.first_us),"
				    " last_us = max(last_us, excluded.last_us)",
				    &stmt);
	for (size_t at = 0, some; !err && at < n; at += some) {
		some = n - at < GROUP ? n - at : GROUP;
		err = put_group(db, stmt, seen + at, some);
	}
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

enum cs_err cs_store_seen_find(struct cs_store *store, struct cs_store_seen *seen)
{
	struct cs_companion *file = &store->seen;
	enum cs_err err = cs_companion_open(store, file, &cs_seen_kind);

	if (err)
		return err;
	cs_db_bind(file->find, 1, ip_span(seen));
	cs_db_bind_number(file->find, 2, seen->port);
	if (cs_db_next(&file->db, file->find, &err)) {
		seen->first_us = sqlite3_column_int64(file->find, 0);
		seen->last_us = sqlite3_column_int64(file->find, 1);
		if (!in_range(seen))
			err = cs_db_damaged(&file->db, "first and last time");
	} else if (!err) {
		err = CS_ERR_NOT_FOUND;
	}
	(void)sqlite3_reset(file->find); /* says again what step said */
	return err;
}

enum cs_err cs_seen_forget(struct cs_store *store, int64_t us)
{
	struct cs_db *db = &store->seen.db;
	struct cs_path path;
	sqlite3_stmt *stmt;
	enum cs_err err;

	if (!cs_path_under(store->dir, cs_seen_kind.name, &path) ||
	    !cs_file_exists(path.text))
		return CS_OK;
	err = cs_companion_open(store, &store->seen, &cs_seen_kind);
	if (!err)
		err = cs_db_prepare(db, "DELETE FROM seen WHERE last_us < ?1", &stmt);
	if (err)
		return err;
	cs_db_bind_number(stmt, 1, us);
	err = cs_db_run(db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}
