/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/files.h"
#include "store/own.h"

const uint8_t *cs_store_row_scan(const struct cs_store *store)
{
	return store->row_scan;
}

const char *cs_store_why(const struct cs_store *store)
{
	return store->why.text;
}

/*
 * Random numbers are fetched here, before a jail closes: SQLite reads them
 * from a device once, and makes its own afterwards.
 */
static void draw_key(struct cs_store *store)
{
	sqlite3_randomness(sizeof(store->key), &store->key);
}

enum cs_err cs_store_writable(struct cs_store *store)
{
	return store->read_only ? cs_why_set(&store->why, CS_ERR_DENIED, store->dir,
					     "opened for reading only")
				: CS_OK;
}

static enum cs_err follow_catalog(struct cs_store *store)
{
	struct cs_path path;

	if (!cs_path_under(store->dir, "catalog.db", &path)) {
		errno = ENAMETOOLONG;
		return cs_why_errno(&store->why, store->dir);
	}
	if (!cs_file_exists(path.text))
		return cs_why_set(&store->why,
				  errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_IO,
				  path.text, "%s", strerror(errno));
	return cs_db_open(&store->catalog, path.text, CS_DB_FOLLOW, &cs_catalog_kind,
			  &store->why);
}

enum cs_err cs_store_catalog(struct cs_store *store, struct cs_db **catalog)
{
	enum cs_err err = CS_OK;

	*catalog = &store->catalog;
	if (store->read_only &&
	    (!store->catalog.sql || cs_db_is_stale(&store->catalog))) {
		cs_db_close(&store->catalog);
		err = follow_catalog(store);
	}
	if (err)
		cs_db_close(&store->catalog);
	return err;
}

/* Of processes that come at once, one makes the catalogue. */
enum cs_err cs_store_open_catalog(struct cs_store *store)
{
	struct cs_path path, lock;
	enum cs_err err;

	if (!cs_path_under(store->dir, "catalog.db", &path) ||
	    !cs_path_under(store->dir, "lock/catalog", &lock)) {
		errno = ENAMETOOLONG;
		return cs_why_errno(&store->why, store->dir);
	}

	int fd = cs_lock_take(lock.text, true);

	if (fd < 0)
		return cs_why_errno(&store->why, lock.text);
	err = cs_db_open(&store->catalog, path.text, CS_DB_SHARED, &cs_catalog_kind,
			 &store->why);
	cs_lock_drop(lock.text, fd);
	return err;
}

static enum cs_err open_dir(struct cs_store *store, const char *dir)
{
	struct cs_path locks;

	if (cs_dir_make(dir) != 0)
		return cs_why_errno(&store->why, dir);
	store->dir = realpath(dir, NULL); /* the process may change its own */
	if (!store->dir)
		return cs_why_errno(&store->why, dir);
	if (!cs_path_under(store->dir, "lock", &locks))
		errno = ENAMETOOLONG;
	else if (cs_dir_make(locks.text) == 0)
		return CS_OK;
	return cs_why_errno(&store->why, store->dir);
}

enum cs_err cs_store_open(const char *dir, struct cs_store **out)
{
	struct cs_store *store = calloc(1, sizeof(*store));
	enum cs_err err;

	*out = store;
	if (!store)
		return CS_ERR_NOMEM;
	draw_key(store);
	err = open_dir(store, dir);
	return err ? err : cs_store_open_catalog(store);
}

enum cs_err cs_store_open_read(const char *dir, struct cs_store **out)
{
	struct cs_store *store = calloc(1, sizeof(*store));
	struct cs_db *catalog;

	*out = store;
	if (!store)
		return CS_ERR_NOMEM;
	store->read_only = true;
	draw_key(store);
	store->dir = realpath(dir, NULL); /* the process may change its own */
	if (!store->dir)
		return cs_why_set(&store->why,
				  errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_IO, dir,
				  "%s", strerror(errno));
	return cs_store_catalog(store, &catalog);
}

void cs_store_close(struct cs_store *store)
{
	if (!store)
		return;
	cs_companion_close(&store->names);
	cs_companion_close(&store->seen);
	cs_db_close(&store->catalog);
	free(store->dir);
	free(store);
}
