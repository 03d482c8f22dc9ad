/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/files.h"

enum {
	BUSY_MS = 10000,
	LENGTH_MAX = 256 * 1024 * 1024, /* bytes of one value; a plan is longest */
	OPS_STEP = 4096,                /* how often the budget is looked at */
};

/*
 * No temporary files: a jailed process could not make them. No mmap: a disk
 * error would be a SIGBUS, and a file cut by somebody else a crash.
 */
static const char settings[] = "PRAGMA temp_store=MEMORY;"
			       "PRAGMA mmap_size=0;"
			       "PRAGMA cache_size=-8192;"
			       "PRAGMA trusted_schema=OFF;"
			       "PRAGMA cell_size_check=ON;";

/* How what is written becomes durable. */
static const char *const journals[] = {
	[CS_DB_READ] = "",
	[CS_DB_FOLLOW] = "PRAGMA query_only=ON",
	[CS_DB_SHARED] = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL",
	[CS_DB_EXCLUSIVE] = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL",
	[CS_DB_DRAFT] = "PRAGMA journal_mode=MEMORY;PRAGMA synchronous=OFF",
};

enum cs_err cs_why_set(struct cs_why *why, enum cs_err err, const char *path,
		       const char *fmt, ...)
{
	va_list args;
	int n = snprintf(why->text, sizeof(why->text), "%s: ", path);

	if (n < 0 || (size_t)n >= sizeof(why->text))
		return err;
	va_start(args, fmt);
	(void)vsnprintf(why->text + n, sizeof(why->text) - (size_t)n, fmt, args);
	va_end(args);
	return err;
}

enum cs_err cs_why_errno(struct cs_why *why, const char *path)
{
	int kept = errno;

	return cs_why_set(why, kept == ENOMEM ? CS_ERR_NOMEM : CS_ERR_IO, path, "%s",
			  strerror(kept));
}

enum cs_err cs_db_damaged(struct cs_db *db, const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return cs_why_set(db->why, CS_ERR_DAMAGED, db->path, "damaged: %s", what);
}

/* What a primary result code means to us. */
static enum cs_err meaning(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return CS_ERR_NOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return CS_ERR_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:      /* a table or column of ours is not there */
	case SQLITE_CONSTRAINT: /* a number that was free is taken */
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
	case SQLITE_INTERRUPT: /* the budget */
	case SQLITE_SCHEMA:
		return CS_ERR_DAMAGED;
	default:
		return CS_ERR_IO;
	}
}

/* SQLite keeps the reason of a failed read or write, but not of a failed commit. */
static int reason(struct cs_db *db)
{
	int kept = errno, number = db->sql ? sqlite3_system_errno(db->sql) : 0;

	return number ? number : kept;
}

enum cs_err cs_db_err(struct cs_db *db, int rc)
{
	enum cs_err err = meaning(rc);
	int number = reason(db);

	if (rc == SQLITE_OK)
		return CS_OK;
	if (err == CS_ERR_DAMAGED)
		return cs_db_damaged(
			db, "%s", db->sql ? sqlite3_errmsg(db->sql) : sqlite3_errstr(rc));
	if ((rc & 0xff) == SQLITE_IOERR && number != 0)
		return cs_why_set(db->why, err, db->path, "%s", strerror(number));
	return cs_why_set(db->why, err, db->path, "%s", sqlite3_errstr(rc));
}

enum cs_err cs_db_exec(struct cs_db *db, const char *sql)
{
	errno = 0;
	return cs_db_err(db, sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

enum cs_err cs_db_end(struct cs_db *db, enum cs_err err)
{
	if (!err)
		err = cs_db_exec(db, "COMMIT");
	if (err)
		(void)sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

enum cs_err cs_db_prepare(struct cs_db *db, const char *sql, sqlite3_stmt **out)
{
	*out = NULL;
	return cs_db_err(db, sqlite3_prepare_v3(db->sql, sql, -1,
						SQLITE_PREPARE_PERSISTENT, out, NULL));
}

enum cs_err cs_db_run(struct cs_db *db, sqlite3_stmt *stmt)
{
	errno = 0;

	int rc = sqlite3_step(stmt);
	enum cs_err err = rc == SQLITE_DONE ? CS_OK : cs_db_err(db, rc);

	(void)sqlite3_reset(stmt); /* says again what step said */
	return err;
}

bool cs_db_next(struct cs_db *db, sqlite3_stmt *stmt, enum cs_err *err)
{
	errno = 0;

	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return true;
	*err = rc == SQLITE_DONE ? CS_OK : cs_db_err(db, rc);
	return false;
}

enum cs_err cs_db_number(struct cs_db *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db, sql, &stmt);

	if (err)
		return err;
	if (cs_db_next(db, stmt, &err))
		*out = sqlite3_column_int64(stmt, 0);
	else if (!err)
		err = cs_db_damaged(db, "no row");
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

static int spend(void *arg)
{
	struct cs_db *db = arg;

	db->ops_left -= OPS_STEP;
	return db->ops_left < 0;
}

void cs_db_budget(struct cs_db *db, int64_t ops)
{
	db->ops_left = ops;
	sqlite3_progress_handler(db->sql, OPS_STEP, ops > 0 ? spend : NULL, db);
}

void cs_db_bind(sqlite3_stmt *stmt, int at, struct cs_span bytes)
{
	/* Cannot fail: the place exists, nothing is copied. */
	(void)sqlite3_bind_blob64(stmt, at, bytes.len ? (const void *)bytes.ptr : "",
				  bytes.len, SQLITE_STATIC);
}

struct cs_span cs_db_span(sqlite3_stmt *stmt, int column)
{
	const void *bytes = sqlite3_column_blob(stmt, column);

	return cs_span_of(bytes, bytes ? (size_t)sqlite3_column_bytes(stmt, column) : 0);
}

static enum cs_err migrate_step(struct cs_db *db, const struct cs_db_kind *kind,
				int64_t from)
{
	char sql[64];
	enum cs_err err = cs_db_exec(db, kind->migrations[from]);

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version=%" PRId64, from + 1);
	return err ? err : cs_db_exec(db, sql);
}

/* Under the write lock, so that of two processes one does it. */
static enum cs_err migrate(struct cs_db *db, const struct cs_db_kind *kind)
{
	enum cs_err err = cs_db_exec(db, "BEGIN IMMEDIATE");
	int64_t from = 0;

	if (err)
		return err;
	err = cs_db_number(db, "PRAGMA user_version", &from);
	for (; !err && from < kind->version; from++)
		err = migrate_step(db, kind, from);
	return cs_db_end(db, err);
}

static bool can_migrate(const struct cs_db_kind *kind, int64_t from)
{
	for (; from >= 0 && from < kind->version; from++)
		if (!kind->migrations[from])
			return false;
	return from == kind->version;
}

/* An empty file becomes one of @kind, in one transaction. */
static enum cs_err make(struct cs_db *db, const struct cs_db_kind *kind)
{
	char sql[128];
	int64_t tables = 0;
	enum cs_err err = cs_db_exec(db, "BEGIN IMMEDIATE");

	if (err)
		return err;
	(void)snprintf(sql, sizeof(sql),
		       "PRAGMA application_id=%d;PRAGMA user_version=%d",
		       (int)kind->application_id, kind->version);
	/* Another process may have been quicker. */
	err = cs_db_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (!err && tables == 0)
		err = cs_db_exec(db, kind->schema);
	if (!err && tables == 0)
		err = cs_db_exec(db, sql);
	return cs_db_end(db, err);
}

/* Whether the file has nothing in it at all, not even a foreign table. */
static enum cs_err is_empty(struct cs_db *db, bool *empty)
{
	int64_t id = 0, version = 0, tables = 0;
	enum cs_err err = cs_db_number(db, "PRAGMA application_id", &id);

	if (!err)
		err = cs_db_number(db, "PRAGMA user_version", &version);
	if (!err)
		err = cs_db_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
	*empty = !err && id == 0 && version == 0 && tables == 0;
	return err;
}

static bool writes(enum cs_db_mode mode)
{
	return mode != CS_DB_READ && mode != CS_DB_FOLLOW;
}

static enum cs_err check_ours(struct cs_db *db, const struct cs_db_kind *kind,
			      enum cs_db_mode mode)
{
	int64_t id = 0, version = 0;
	enum cs_err err = cs_db_number(db, "PRAGMA application_id", &id);

	if (!err)
		err = cs_db_number(db, "PRAGMA user_version", &version);
	if (err)
		return err;
	if (id != kind->application_id)
		return cs_why_set(db->why, CS_ERR_FOREIGN, db->path,
				  "not a %s of coapscope", kind->what);
	if (version == kind->version)
		return CS_OK;
	if (version > kind->version || !can_migrate(kind, version))
		return cs_why_set(db->why, CS_ERR_FOREIGN, db->path,
				  "schema %" PRId64 ", this coapscope reads %d", version,
				  kind->version);
	if (!writes(mode))
		return cs_why_set(db->why, CS_ERR_FOREIGN, db->path,
				  "schema %" PRId64 " must be migrated to %d first,"
				  " by a command that writes",
				  version, kind->version);
	return migrate(db, kind);
}

/* What a file may make SQLite do is bounded before anything of it is read. */
static void confine(struct cs_db *db)
{
	(void)sqlite3_extended_result_codes(db->sql, 1);
	(void)sqlite3_busy_timeout(db->sql, BUSY_MS);
	(void)sqlite3_limit(db->sql, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	(void)sqlite3_limit(db->sql, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

static enum cs_err settle(struct cs_db *db, enum cs_db_mode mode,
			  const struct cs_db_kind *kind)
{
	bool empty = false;
	enum cs_err err = CS_OK;

	/* Before the first read: then the index of the WAL is in our memory. */
	if (mode == CS_DB_EXCLUSIVE || mode == CS_DB_DRAFT)
		err = cs_db_exec(db, "PRAGMA locking_mode=EXCLUSIVE");
	if (!err)
		err = cs_db_exec(db, settings);
	if (!err && writes(mode))
		err = is_empty(db, &empty);
	if (!err && empty)
		err = make(db, kind);
	if (!err)
		err = check_ours(db, kind, mode);
	return err ? err : cs_db_exec(db, journals[mode]);
}

enum cs_err cs_db_open_as(struct cs_db *db, const char *name, int flags,
			  enum cs_db_mode mode, const struct cs_db_kind *kind)
{
	enum cs_err err;

	(void)sqlite3_close(db->sql); /* of an attempt before, without statements */
	db->sql = NULL;
	err = cs_db_err(
		db, sqlite3_open_v2(name, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL));
	if (err)
		return err;
	confine(db);
	return settle(db, mode, kind);
}

/* What it leads to is somebody else's, and would be written to with our rights. */
static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

enum cs_err cs_db_open(struct cs_db *db, const char *path, enum cs_db_mode mode,
		       const struct cs_db_kind *kind, struct cs_why *why)
{
	int flags = writes(mode) ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

	*db = (struct cs_db){ .why = why, .path = strdup(path) };
	if (!db->path)
		return cs_why_set(why, CS_ERR_NOMEM, path, "out of memory");
	if (is_link(path))
		return cs_why_set(why, CS_ERR_FOREIGN, path,
				  "a symbolic link: want the file itself");
	if (mode == CS_DB_FOLLOW)
		return cs_db_follow(db, kind);
	/* Made by us, not by SQLite, for its permissions. */
	if (writes(mode) && cs_file_make(path) != 0)
		return cs_why_errno(why, path);
	return cs_db_open_as(db, path, flags, mode, kind);
}

void cs_db_close(struct cs_db *db)
{
	/* Statements are finalized by their owners; an open transaction is undone. */
	(void)sqlite3_close(db->sql);
	free(db->path);
	*db = (struct cs_db){ 0 };
}
