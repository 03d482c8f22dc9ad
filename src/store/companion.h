/* SPDX-License-Identifier: Apache-2.0 */
/*
 * companion: a database of the store beside the catalogue, so that who writes
 * it does not hold up who writes that. Opened when it is first needed.
 */
#pragma once

#include "store/db.h"

struct cs_store;

struct cs_companion {
	struct cs_db db;
	sqlite3_stmt *find; /* owned; reset between calls */
	bool open;
};

/* Which file it is, and how something is found there. */
struct cs_companion_kind {
	const char *name; /* "seen.db" */
	const char *find; /* SQL */
	struct cs_db_kind db;
};

/*
 * Opens it unless it is open; made if missing, unless the store is for reading.
 * CS_ERR_NOT_FOUND  the store is for reading, and there is no such file
 * and what cs_db_open() gives; then it is not open.
 */
CS_MUST_USE enum cs_err cs_companion_open(struct cs_store *store,
					  struct cs_companion *companion,
					  const struct cs_companion_kind *kind);
void cs_companion_close(struct cs_companion *companion);

/* Closes and removes it, whatever is in it. */
CS_MUST_USE enum cs_err cs_companion_throw_away(struct cs_store *store,
						struct cs_companion *companion,
						const struct cs_companion_kind *kind);
