/* SPDX-License-Identifier: Apache-2.0 */
/* Checking what a watch kept of a day. */
#include <stdio.h>

#include "store/verify.h"
#include "store/watch_own.h"

static enum cs_err look(struct cs_verify *v, const char *path)
{
	struct cs_db db = { 0 };
	enum cs_err err =
		cs_db_open(&db, path, CS_DB_FOLLOW, &cs_watch_db_kind, &v->store->why);

	if (!err)
		err = cs_verify_integrity(&db);
	cs_db_close(&db);
	return err;
}

/* It is kept: nothing else knows what stood in it. */
static enum cs_err lay_aside(struct cs_verify *v, const char *path, const char *what)
{
	enum cs_err err = cs_verify_set_aside(v, path);

	if (!err)
		cs_verify_say(v, path, CS_VERIFY_GONE,
			      "%s; set aside as watch.db.damaged", what);
	return err;
}

enum cs_err cs_verify_watch(struct cs_verify *v, int32_t day)
{
	struct cs_db_kind found = cs_watch_db_kind;
	char what[CS_VERIFY_WHAT];
	struct cs_path path;
	enum cs_err err;

	if (!cs_path_watch(v->store->dir, day, &path))
		return cs_verify_too_long(v);
	if (!cs_file_exists(path.text))
		return CS_OK;
	err = look(v, path.text);
	if (!err || err == CS_ERR_NOMEM)
		return err;
	(void)snprintf(what, sizeof(what), "%s", cs_verify_why(v));
	if (v->repair &&
	    (err == CS_ERR_DAMAGED ||
	     (err == CS_ERR_FOREIGN && !cs_verify_is_newer(path.text, &found))))
		return lay_aside(v, path.text, what);
	cs_verify_say(v, path.text, CS_VERIFY_LEFT, "%s", what);
	return CS_OK;
}
