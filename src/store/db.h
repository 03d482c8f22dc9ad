/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db: one SQLite file of ours, opened with the settings that all of them have
 * in common, known to be ours and of a schema that we read; and its failures
 * as our errors, with a sentence for people. Knows no table.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/rd.h"

/* Why something failed: "FILE: what". */
struct cs_why {
	char text[1024];
};

/* Sets it and returns @err. */
enum cs_err cs_why_set(struct cs_why *why, enum cs_err err, const char *path,
		       const char *fmt, ...) CS_PRINTF(4, 5);

/* The same from errno: CS_ERR_NOMEM for ENOMEM, else CS_ERR_IO. */
enum cs_err cs_why_errno(struct cs_why *why, const char *path);

/* One sort of file. */
struct cs_db_kind {
	const char *what; /* "catalogue", for people */
	uint32_t application_id;
	int version;        /* of the schema that this program works with */
	const char *schema; /* SQL that makes an empty file one of @version */
	/* [v] takes version v to v + 1; NULL: older than anything we read. */
	const char *const *migrations;
};

enum cs_db_mode {
	CS_DB_READ,      /* as it is; nobody writes to it */
	CS_DB_FOLLOW,    /* for reading what others write meanwhile */
	CS_DB_SHARED,    /* made if missing; any number of processes write */
	CS_DB_EXCLUSIVE, /* made if missing; nobody else gets in */
	CS_DB_DRAFT,     /* the same, and nothing durable: for what is renamed later */
};

struct cs_db {
	sqlite3 *sql;       /* owned */
	char *path;         /* owned */
	struct cs_why *why; /* borrowed */
	int64_t ops_left;   /* for cs_db_budget() */
	bool still;         /* read as if nobody wrote to it; then: */
	struct stat seen;   /* the file when it was opened */
};

/*
 * Opens @path. @db can be closed in every case. Files that can be written are
 * in WAL mode with synchronous=FULL: a commit that returned is on the disk.
 *
 * CS_ERR_FOREIGN  not of @kind, of a newer schema, or too old to migrate
 * CS_ERR_DAMAGED  no SQLite file, or one that does not hold together
 * CS_ERR_BUSY     somebody else has it
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_db_open(struct cs_db *db, const char *path,
				   enum cs_db_mode mode, const struct cs_db_kind *kind,
				   struct cs_why *why);
void cs_db_close(struct cs_db *db);

/*
 * Whether a file opened by CS_DB_FOLLOW has changed in a way that we do not
 * see: it is to be closed and opened again.
 */
bool cs_db_is_stale(const struct cs_db *db);

/*
 * What cs_db_open() is made of: opens by a name that may be a URI, with
 * SQLite's @flags; and the way of CS_DB_FOLLOW.
 */
CS_MUST_USE enum cs_err cs_db_open_as(struct cs_db *db, const char *name, int flags,
				      enum cs_db_mode mode,
				      const struct cs_db_kind *kind);
CS_MUST_USE enum cs_err cs_db_follow(struct cs_db *db, const struct cs_db_kind *kind);

/* Takes SQLite's result code for what it means to us; SQLITE_OK is CS_OK. */
enum cs_err cs_db_err(struct cs_db *db, int rc);

/* CS_ERR_DAMAGED: the file says what we never write. */
enum cs_err cs_db_damaged(struct cs_db *db, const char *fmt, ...) CS_PRINTF(2, 3);

/* Runs statements that give no rows, or whose rows do not matter. */
CS_MUST_USE enum cs_err cs_db_exec(struct cs_db *db, const char *sql);

/* Ends a transaction: commits if @err is CS_OK, else takes it back; passes on. */
enum cs_err cs_db_end(struct cs_db *db, enum cs_err err);

/* *@out is NULL on failure. The statement belongs to the caller. */
CS_MUST_USE enum cs_err cs_db_prepare(struct cs_db *db, const char *sql,
				      sqlite3_stmt **out);

/* Runs a statement that gives no rows, and makes it ready for the next time. */
CS_MUST_USE enum cs_err cs_db_run(struct cs_db *db, sqlite3_stmt *stmt);

/* Takes the next row: true; false at the end and on failure, then *@err tells. */
CS_MUST_USE bool cs_db_next(struct cs_db *db, sqlite3_stmt *stmt, enum cs_err *err);

/* The first column of the first row as a number; CS_ERR_DAMAGED without one. */
CS_MUST_USE enum cs_err cs_db_number(struct cs_db *db, const char *sql, int64_t *out);

/*
 * Lets the next statements run about @ops steps of SQLite's machine, then
 * fails them as CS_ERR_DAMAGED: pages of a damaged file can form a circle.
 * 0 takes the limit off.
 */
void cs_db_budget(struct cs_db *db, int64_t ops);

/* Bytes that live as long as the caller's; an empty span is an empty blob. */
void cs_db_bind(sqlite3_stmt *stmt, int at, struct cs_span bytes);

/* Binding a number to a place that exists cannot fail. */
static inline void cs_db_bind_number(sqlite3_stmt *stmt, int at, int64_t value)
{
	(void)sqlite3_bind_int64(stmt, at, value);
}

/* A column as bytes, valid until the statement moves on. */
struct cs_span cs_db_span(sqlite3_stmt *stmt, int column);
