/* SPDX-License-Identifier: Apache-2.0 */
#include "store/companion.h"

#include <errno.h>

#include "store/own.h"

static enum cs_err path_of(struct cs_store *store, const struct cs_companion_kind *kind,
			   struct cs_path *path)
{
	if (cs_path_under(store->dir, kind->name, path))
		return CS_OK;
	errno = ENAMETOOLONG;
	return cs_why_errno(&store->why, store->dir);
}

static enum cs_err try_open(struct cs_store *store, struct cs_companion *companion,
			    const struct cs_companion_kind *kind, const char *path)
{
	enum cs_db_mode mode = store->read_only ? CS_DB_FOLLOW : CS_DB_SHARED;
	enum cs_err err = cs_db_open(&companion->db, path, mode, &kind->db, &store->why);

	return err ? err : cs_db_prepare(&companion->db, kind->find, &companion->find);
}

enum cs_err cs_companion_open(struct cs_store *store, struct cs_companion *companion,
			      const struct cs_companion_kind *kind)
{
	struct cs_path path;
	enum cs_err err;

	if (companion->open && !cs_db_is_stale(&companion->db))
		return CS_OK;
	cs_companion_close(companion);
	err = path_of(store, kind, &path);
	if (err)
		return err;
	if (store->read_only && !cs_file_exists(path.text))
		return CS_ERR_NOT_FOUND;
	err = try_open(store, companion, kind, path.text);
	companion->open = true;
	if (err)
		cs_companion_close(companion);
	return err;
}

void cs_companion_close(struct cs_companion *companion)
{
	if (!companion->open)
		return;
	(void)sqlite3_finalize(companion->find); /* repeats an old error */
	cs_db_close(&companion->db);
	*companion = (struct cs_companion){ 0 };
}

enum cs_err cs_companion_throw_away(struct cs_store *store,
				    struct cs_companion *companion,
				    const struct cs_companion_kind *kind)
{
	static const char *const ends[] = { "-wal", "-shm", "-journal", "" };
	struct cs_path path, file;
	enum cs_err err = path_of(store, kind, &path);

	cs_companion_close(companion);
	for (size_t i = 0; !err && i < CS_LEN(ends); i++) {
		errno = ENAMETOOLONG;
		if (!cs_path_with(path.text, ends[i], &file) ||
		    cs_file_remove(file.text) != 0)
			err = cs_why_errno(&store->why, path.text);
	}
	return err;
}
