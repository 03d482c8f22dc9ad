/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue and the files beside it. A damaged catalogue is made anew: the
 * segments enter themselves again, what it alone knew is gone.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/verify.h"

static const char aside[] = ".damaged";

static const char lost_scans[] =
	"the plans and parameters of its scans are lost (they cannot be resumed), and "
	"which reports were sample data";

enum cs_err cs_verify_set_aside(struct cs_verify *v, const char *path)
{
	static const char *const ends[] = { "-wal", "-shm", "-journal", "" };
	struct cs_path to, from, target;

	if (!cs_path_with(path, aside, &to))
		return cs_verify_too_long(v);
	for (size_t i = 0; i < CS_LEN(ends); i++) {
		if (!cs_path_with(path, ends[i], &from) ||
		    !cs_path_with(to.text, ends[i], &target))
			return cs_verify_too_long(v);
		/* What an earlier one left would be taken for this one's. */
		if (cs_file_remove(target.text) != 0 ||
		    (rename(from.text, target.text) != 0 && errno != ENOENT))
			return cs_verify_errno(v, from.text);
	}
	return CS_OK;
}

/* --- the catalogue --- */

static enum cs_err no_sum(void *arg, int32_t day, const struct cs_store_sum *sum)
{
	(void)arg, (void)day, (void)sum;
	return CS_OK;
}

/* All that reports ask of it. */
static enum cs_err read_catalog(struct cs_verify *v)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	struct cs_store_cover *covers;
	struct cs_db *catalog;
	size_t n = 0, n_covers;
	enum cs_err err = cs_store_catalog(v->store, &catalog);

	if (!err)
		err = cs_verify_integrity(catalog);
	if (!err)
		err = cs_store_days(v->store, &arena, &days, &n);
	for (size_t i = 0; !err && i < n; i++)
		err = cs_store_covers(v->store, days[i].day, &arena, &covers, &n_covers);
	cs_arena_clear(&arena);
	return err ? err
		   : cs_store_summary_each(v->store, INT32_MIN, INT32_MAX, NULL, no_sum,
					   NULL);
}

/* A file of no bytes is one that is not there. */
static bool is_absent(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 ? errno == ENOENT : st.st_size == 0;
}

static enum cs_err open_catalog(struct cs_verify *v)
{
	struct cs_db *catalog;

	cs_db_close(&v->store->catalog);
	return v->store->read_only ? cs_store_catalog(v->store, &catalog)
				   : cs_store_open_catalog(v->store);
}

/* Whether nobody writes a shard: they have the old catalogue open. */
static bool is_quiet(struct cs_verify *v)
{
	struct cs_path locks, path;
	bool quiet = true;
	DIR *dir = NULL;

	if (cs_path_under(v->store->dir, "lock", &locks))
		dir = opendir(locks.text);
	for (struct dirent *e; dir && quiet && (e = readdir(dir)) != NULL;)
		quiet = !cs_path_under(locks.text, e->d_name, &path) ||
			e->d_type == DT_DIR || !cs_lock_is_held(path.text);
	if (dir)
		(void)closedir(dir); /* only read from */
	return dir && quiet;
}

static enum cs_err make_anew(struct cs_verify *v, const char *path)
{
	char what[CS_VERIFY_WHAT];
	enum cs_err err;

	(void)snprintf(what, sizeof(what), "%s", cs_verify_why(v));
	cs_db_close(&v->store->catalog);
	if (!v->repair || !is_quiet(v)) {
		cs_verify_say(v, path, CS_VERIFY_LEFT, "%s%s", what,
			      v->repair ? "; a scan writes: repair it when that has ended"
					: "");
		v->no_catalog = true;
		v->repair = false;
		return CS_OK;
	}
	err = cs_verify_set_aside(v, path);
	if (!err)
		err = open_catalog(v);
	v->made_anew = true;
	if (!err)
		cs_verify_say(v, path, CS_VERIFY_LOST,
			      "%s; made anew from the segments, set aside as "
			      "catalog.db%s: %s",
			      what, aside, lost_scans);
	return err;
}

/* Made by whoever opened the store, where there was none, or about to be. */
static enum cs_err check_empty(struct cs_verify *v, const char *path)
{
	int64_t known = 0;
	enum cs_err err = cs_db_number(&v->store->catalog,
				       "SELECT (SELECT count(*) FROM segment) +"
				       " (SELECT count(*) FROM scan)",
				       &known);

	if (err || known > 0)
		return err;
	v->made_anew = v->repair;
	cs_verify_say(v, path, v->repair ? CS_VERIFY_LOST : CS_VERIFY_GONE,
		      "it was gone%s: %s",
		      v->repair ? "; made anew from the segments" : "", lost_scans);
	return CS_OK;
}

/* Beside segments of ours, a catalogue that does not say what it is was ours. */
static bool is_strange(const char *path)
{
	struct cs_db_kind kind = cs_catalog_kind;

	(void)cs_verify_is_newer(path, &kind);
	return kind.application_id != cs_catalog_kind.application_id || kind.version < 1;
}

static enum cs_err without(struct cs_verify *v, const char *path, bool segments)
{
	v->no_catalog = true;
	if (!segments)
		return cs_why_set(&v->store->why, CS_ERR_NOT_FOUND, path, "%s",
				  access(path, F_OK) == 0
					  ? "an empty file, and no segment"
					  : strerror(ENOENT));
	cs_verify_say(v, path, CS_VERIFY_GONE, "it is gone: %s", lost_scans);
	return CS_OK;
}

enum cs_err cs_verify_catalog(struct cs_verify *v, bool segments)
{
	struct cs_path path;
	enum cs_err err;

	if (!cs_path_under(v->store->dir, "catalog.db", &path))
		return cs_verify_too_long(v);
	if (!v->repair && is_absent(path.text))
		return without(v, path.text, segments);
	err = open_catalog(v);
	if (!err)
		err = read_catalog(v);
	if (err == CS_ERR_DAMAGED ||
	    (err == CS_ERR_FOREIGN && segments && is_strange(path.text)))
		return make_anew(v, path.text);
	return !err && segments ? check_empty(v, path.text) : err;
}

/* --- beside it --- */

static enum cs_err check_companion(struct cs_verify *v, struct cs_companion *companion,
				   const struct cs_companion_kind *kind,
				   struct cs_path *path, bool *newer)
{
	struct cs_db_kind found = kind->db;
	enum cs_err err;

	*newer = false;
	if (!cs_path_under(v->store->dir, kind->name, path))
		return cs_verify_too_long(v);
	if (is_absent(path->text))
		return CS_OK;
	err = cs_companion_open(v->store, companion, kind);
	if (!err)
		err = cs_verify_integrity(&companion->db);
	*newer = err == CS_ERR_FOREIGN && cs_verify_is_newer(path->text, &found);
	return err;
}

/* What is not to be mended is said, and left as it is. */
static bool is_left(struct cs_verify *v, enum cs_err err, bool newer, const char *path,
		    const char *what)
{
	if (v->repair && !newer && (err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN))
		return false;
	cs_verify_say(v, path, CS_VERIFY_LEFT, "%s", what);
	return true;
}

static enum cs_err check_names(struct cs_verify *v)
{
	struct cs_path path;
	bool newer;
	enum cs_err err =
		check_companion(v, &v->store->names, &cs_names_kind, &path, &newer);
	char what[CS_VERIFY_WHAT];

	if (!err)
		return CS_OK;
	(void)snprintf(what, sizeof(what), "%s", cs_verify_why(v));
	if (is_left(v, err, newer, path.text, what))
		return CS_OK;
	err = cs_companion_throw_away(v->store, &v->store->names, &cs_names_kind);
	if (!err)
		cs_verify_say(v, path.text, CS_VERIFY_REPAIRED,
			      "%s; removed: it is a cache", what);
	return err;
}

/* Every day is added up again, which fills the list. */
static enum cs_err check_seen(struct cs_verify *v)
{
	struct cs_path path;
	bool newer;
	enum cs_err err =
		check_companion(v, &v->store->seen, &cs_seen_kind, &path, &newer);
	char what[CS_VERIFY_WHAT];

	if (!err)
		return CS_OK;
	(void)snprintf(what, sizeof(what), "%s", cs_verify_why(v));
	if (is_left(v, err, newer, path.text, what))
		return CS_OK;
	cs_companion_close(&v->store->seen);
	err = cs_verify_set_aside(v, path.text);
	if (!err)
		err = cs_db_exec(&v->store->catalog, "DELETE FROM summarized");
	if (!err)
		cs_verify_say(v, path.text, CS_VERIFY_LOST,
			      "%s; set aside as %s%s, and made again of the days that "
			      "are there when they are added up next",
			      what, cs_seen_kind.name, aside);
	return err;
}

enum cs_err cs_verify_companions(struct cs_verify *v)
{
	enum cs_err err = check_names(v);

	return err ? err : check_seen(v);
}
