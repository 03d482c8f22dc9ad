/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reverse names, kept for their TTL: names.db. It is a cache: a file that is
 * damaged or not ours is thrown away and made anew.
 */
#include <string.h>

#include "store/own.h"

static const char schema[] =
#include "store/names.sql.inc"
	;

enum { SCHEMA = 1 };

static const char *const migrations[SCHEMA] = { NULL };

const struct cs_companion_kind cs_names_kind = {
	.name = "names.db",
	.find = "SELECT name, expires_us FROM name WHERE ip = ?1 AND expires_us > ?2",
	.db = { .what = "cache of names",
		.application_id = 0x43536e61, /* CSna */
		.version = SCHEMA,
		.schema = schema,
		.migrations = migrations },
};

static bool is_useless(enum cs_err err)
{
	return err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN;
}

static struct cs_span ip_span(const struct cs_addr *ip)
{
	return cs_span_of(ip->b, sizeof(ip->b));
}

/* The text moves to the store, so that the statement can end. */
static enum cs_err take(struct cs_store *store, struct cs_store_name *name)
{
	struct cs_companion *file = &store->names;
	struct cs_span text = cs_db_span(file->find, 0);

	if (text.len >= CS_NAME_MAX)
		return cs_db_damaged(&file->db, "a name");
	if (text.len > 0)
		memcpy(store->name, text.ptr, text.len);
	name->name = cs_span_of(store->name, text.len);
	name->expires_us = sqlite3_column_int64(file->find, 1);
	return CS_OK;
}

static enum cs_err find(struct cs_store *store, const struct cs_addr *ip, int64_t now_us,
			struct cs_store_name *name)
{
	struct cs_companion *file = &store->names;
	enum cs_err err = cs_companion_open(store, file, &cs_names_kind);

	if (err)
		return err;
	name->ip = *ip;
	cs_db_bind(file->find, 1, ip_span(ip));
	cs_db_bind_number(file->find, 2, now_us);
	if (cs_db_next(&file->db, file->find, &err))
		err = take(store, name);
	else if (!err)
		err = CS_ERR_NOT_FOUND;
	(void)sqlite3_reset(file->find); /* says again what step said */
	return err;
}

enum cs_err cs_store_name_find(struct cs_store *store, const struct cs_addr *ip,
			       int64_t now_us, struct cs_store_name *name)
{
	enum cs_err err = find(store, ip, now_us, name);

	if (now_us > store->names_now_us)
		store->names_now_us = now_us;
	if (!is_useless(err))
		return err;
	if (!store->read_only)
		err = cs_companion_throw_away(store, &store->names, &cs_names_kind);
	return is_useless(err) || !err ? CS_ERR_NOT_FOUND : err;
}

/* What is over goes once for each opening of the store: nobody asks for it again. */
static enum cs_err forget_old(struct cs_store *store)
{
	struct cs_db *db = &store->names.db;
	sqlite3_stmt *stmt;
	enum cs_err err;

	if (store->names_now_us == 0 || store->names_cleaned)
		return CS_OK;
	err = cs_db_prepare(db, "DELETE FROM name WHERE expires_us <= ?1", &stmt);
	if (err)
		return err;
	cs_db_bind_number(stmt, 1, store->names_now_us);
	err = cs_db_run(db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	store->names_cleaned = !err;
	return err;
}

static enum cs_err insert(struct cs_db *db, const struct cs_store_name *names, size_t n)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db,
					"INSERT OR REPLACE INTO name(ip, name,"
					" expires_us) VALUES(?1,?2,?3)",
					&stmt);

	if (err)
		return err;
	for (size_t i = 0; !err && i < n; i++) {
		cs_db_bind(stmt, 1, ip_span(&names[i].ip));
		cs_db_bind(stmt, 2, names[i].name);
		cs_db_bind_number(stmt, 3, names[i].expires_us);
		err = cs_db_run(db, stmt);
	}
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

static enum cs_err put(struct cs_store *store, const struct cs_store_name *names,
		       size_t n)
{
	struct cs_db *db = &store->names.db;
	enum cs_err err = cs_companion_open(store, &store->names, &cs_names_kind);

	if (!err)
		err = cs_db_exec(db, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = forget_old(store);
	return cs_db_end(db, err ? err : insert(db, names, n));
}

enum cs_err cs_store_names_put(struct cs_store *store, const struct cs_store_name *names,
			       size_t n)
{
	enum cs_err err = cs_store_writable(store);

	for (size_t i = 0; !err && i < n; i++)
		if (names[i].name.len >= CS_NAME_MAX)
			err = cs_why_set(&store->why, CS_ERR_RANGE, store->dir,
					 "a name of more than %d bytes", CS_NAME_MAX - 1);
	if (err)
		return err;
	err = put(store, names, n);
	if (!is_useless(err))
		return err;
	err = cs_companion_throw_away(store, &store->names, &cs_names_kind);
	return err ? err : put(store, names, n);
}
