/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking a store: the catalogue first, then each day's folder, and at last what
 * has to wait until all files have been looked at. A shard opens only when none
 * of its segments is damaged, so damaged ones are set aside before any is saved.
 */
#include "store/verify.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"

/* --- what is told --- */

void cs_verify_say(struct cs_verify *v, const char *path, enum cs_verify_end end,
		   const char *fmt, ...)
{
	size_t root = strlen(v->store->dir);
	char what[2 * CS_VERIFY_WHAT];
	struct cs_store_finding finding = {
		.file = strncmp(path, v->store->dir, root) == 0 ? path + root + 1 : path,
		.what = what,
		.repaired = end == CS_VERIFY_REPAIRED || end == CS_VERIFY_LOST,
		.lost = end == CS_VERIFY_LOST || end == CS_VERIFY_GONE,
		.note = end == CS_VERIFY_NOTE,
	};
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	v->each(v->arg, &finding);
}

const char *cs_verify_why(const struct cs_verify *v)
{
	const char *text = v->store->why.text;
	size_t root = strlen(v->store->dir);
	const char *what = strncmp(text, v->store->dir, root) == 0
				   ? strstr(text + root, ": ")
				   : NULL;

	return what ? what + 2 : text;
}

enum cs_err cs_verify_too_long(struct cs_verify *v)
{
	return cs_why_set(&v->store->why, CS_ERR_IO, v->store->dir, "path too long");
}

enum cs_err cs_verify_errno(struct cs_verify *v, const char *path)
{
	return cs_why_errno(&v->store->why, path);
}

static enum cs_err no_memory(struct cs_verify *v)
{
	return cs_why_set(&v->store->why, CS_ERR_NOMEM, v->store->dir, "out of memory");
}

enum cs_err cs_verify_put_off(struct cs_verify *v, struct cs_verify_list *list,
			      const struct cs_segment_name *name,
			      enum cs_segment_file file, const char *what)
{
	struct cs_verify_later *item;

	if (list->n == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 16;
		void *more = reallocarray(list->items, cap, sizeof(*item));

		if (!more)
			return no_memory(v);
		list->items = more;
		list->cap = cap;
	}
	item = &list->items[list->n++];
	*item = (struct cs_verify_later){ .shard = name->shard,
					  .day = name->day,
					  .file = file };
	memcpy(item->scan, name->scan, CS_SCAN_ID);
	(void)snprintf(item->what, sizeof(item->what), "%s", what);
	return CS_OK;
}

/* --- who else is at it --- */

enum cs_err cs_verify_take(struct cs_verify *v, const struct cs_segment_name *name,
			   bool enrichment, struct cs_verify_hold *hold)
{
	const char *root = v->store->dir;
	bool fits = enrichment ? cs_path_enrich_lock(root, name, &hold->path)
			       : cs_path_lock(root, name->scan, name->shard, &hold->path);

	hold->fd = -1;
	hold->busy = false;
	if (!fits)
		return cs_verify_too_long(v);
	if (!v->repair) {
		hold->busy = cs_lock_is_held(hold->path.text);
		return CS_OK;
	}
	hold->fd = cs_lock_take(hold->path.text, false);
	hold->busy = hold->fd < 0 && errno == EWOULDBLOCK;
	return hold->fd < 0 && !hold->busy ? cs_verify_errno(v, hold->path.text) : CS_OK;
}

void cs_verify_release(struct cs_verify_hold *hold)
{
	cs_lock_drop(hold->path.text, hold->fd);
	hold->fd = -1;
}

/* --- folders --- */

/* The names in a folder, in order, so that it may change while they are walked. */
struct names {
	char **name; /* owned, each of them too */
	size_t n, cap;
};

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct names){ 0 };
}

static bool names_add(struct names *names, const char *name)
{
	if (names->n == names->cap) {
		size_t cap = names->cap ? 2 * names->cap : 64;
		void *more = reallocarray(names->name, cap, sizeof(char *));

		if (!more)
			return false;
		names->name = more;
		names->cap = cap;
	}
	names->name[names->n] = strdup(name);
	return names->name[names->n] && ++names->n;
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static enum cs_err names_read(struct cs_verify *v, const char *path, struct names *names)
{
	DIR *dir = opendir(path);
	enum cs_err err = CS_OK;

	*names = (struct names){ 0 };
	if (!dir) /* pruned since it was seen */
		return errno == ENOENT ? CS_OK : cs_verify_errno(v, path);
	for (struct dirent *e; !err && (errno = 0, e = readdir(dir)) != NULL;)
		err = names_add(names, e->d_name) ? CS_OK : no_memory(v);
	if (!err && errno)
		err = cs_verify_errno(v, path);
	(void)closedir(dir); /* only read from */
	if (names->n > 1)
		qsort(names->name, names->n, sizeof(char *), by_text);
	return err;
}

/* --- a day --- */

/* "SCAN-SHARD" and what stands behind it; the scan's bytes are the caller's. */
static bool read_name(const char *file, uint8_t *scan, uint32_t *shard, const char **tail)
{
	const char *dot = strchr(file, '.');
	char head[CS_SCAN_ID_TEXT + 32];
	int n;

	if (!dot)
		return false;
	n = snprintf(head, sizeof(head), "%.*s.db", (int)(dot - file), file);
	*tail = dot;
	return n > 0 && (size_t)n < sizeof(head) && cs_name_segment(head, scan, shard);
}

/* What a killed process left behind, and nobody holds the lock of. */
static enum cs_err check_left(struct cs_verify *v, const struct cs_segment_name *name,
			      enum cs_segment_file file, const char *what)
{
	struct cs_verify_hold hold;
	struct cs_path path, journal;
	enum cs_err err = cs_verify_take(v, name, file != CS_FILE_COPY, &hold);

	if (err || hold.busy)
		return err;
	/* It is not missed when the segment turns up under another name. */
	if (v->repair && file == CS_FILE_ENRICHED)
		err = cs_catalog_note_enriched(&v->store->catalog, name, false);
	if (!cs_path_segment(v->store->dir, name, file, &path) ||
	    !cs_path_with(path.text, "-journal", &journal))
		err = cs_verify_too_long(v);
	else if (!err && v->repair &&
		 (cs_file_remove(journal.text) || cs_file_remove(path.text)))
		err = cs_verify_errno(v, path.text);
	if (!err)
		cs_verify_say(v, path.text, cs_verify_mended(v), "%s", what);
	cs_verify_release(&hold);
	return err;
}

static bool is_there(struct cs_verify *v, const struct cs_segment_name *name,
		     enum cs_segment_file file)
{
	struct cs_path path;

	return cs_path_segment(v->store->dir, name, file, &path) &&
	       cs_file_exists(path.text);
}

static enum cs_err check_file(struct cs_verify *v, const struct cs_segment_name *name,
			      const char *tail)
{
	if (strcmp(tail, ".db") == 0)
		return cs_verify_segment(v, name);
	if (strcmp(tail, ".db.part") == 0)
		return cs_verify_part(v, name);
	if (strcmp(tail, ".db.copy") == 0)
		return check_left(v, name, CS_FILE_COPY, "left by a killed process");
	if (strcmp(tail, ".enriched.db.part") == 0)
		return check_left(v, name, CS_FILE_ENRICHING, "left by a killed process");
	if (strcmp(tail, ".enriched.db") == 0 && is_there(v, name, CS_FILE_ENRICHED) &&
	    !is_there(v, name, CS_FILE_PUBLISHED))
		return check_left(v, name, CS_FILE_ENRICHED, "there is no such segment");
	return CS_OK; /* somebody else's, or beside a file that was checked */
}

static enum cs_err check_day(struct cs_verify *v, int32_t day)
{
	struct names names = { 0 };
	struct cs_path path;
	enum cs_err err =
		cs_path_day(v->store->dir, day, &path) ? CS_OK : cs_verify_too_long(v);

	v->checked->days++;
	if (!err)
		err = names_read(v, path.text, &names);
	for (size_t i = 0; !err && i < names.n; i++) {
		uint8_t scan[CS_SCAN_ID];
		struct cs_segment_name name = { .scan = scan, .day = day };
		const char *tail;

		if (read_name(names.name[i], scan, &name.shard, &tail))
			err = check_file(v, &name, tail);
	}
	names_clear(&names);
	return err ? err : cs_verify_watch(v, day);
}

/* A day that was being removed when that was killed. */
static enum cs_err check_pruned(struct cs_verify *v, const char *folder)
{
	struct cs_path path;
	enum cs_err err = CS_OK;

	if (!cs_path_under(v->store->dir, folder, &path))
		return cs_verify_too_long(v);
	if (v->repair)
		err = cs_prune_folder(v->store, path.text);
	if (!err)
		cs_verify_say(v, path.text, cs_verify_mended(v),
			      "left of a day that was removed");
	return err;
}

static bool is_pruned(const char *folder)
{
	static const char end[] = ".pruned";
	size_t len = strlen(folder), day_len = CS_DAY_TEXT - 1;
	char text[CS_DAY_TEXT];
	int32_t day;

	if (len != day_len + sizeof(end) - 1 || strcmp(folder + day_len, end) != 0)
		return false;
	memcpy(text, folder, day_len);
	text[day_len] = '\0';
	return cs_name_day(text, &day);
}

/* --- all of it --- */

static bool has_segment(struct cs_verify *v, const char *folder)
{
	struct names names = { 0 };
	struct cs_path path;
	uint8_t scan[CS_SCAN_ID];
	uint32_t shard;
	bool any = false;

	if (!cs_path_under(v->store->dir, folder, &path) ||
	    names_read(v, path.text, &names) != CS_OK)
		any = false; /* its own check says why */
	for (size_t i = 0; !any && i < names.n; i++)
		any = cs_name_segment(names.name[i], scan, &shard);
	names_clear(&names);
	return any;
}

static bool any_segment(struct cs_verify *v, const struct names *folders)
{
	int32_t day;

	for (size_t i = 0; i < folders->n; i++)
		if (cs_name_day(folders->name[i], &day) &&
		    has_segment(v, folders->name[i]))
			return true;
	return false;
}

static enum cs_err check_days(struct cs_verify *v, const struct names *folders)
{
	enum cs_err err = CS_OK;
	int32_t day;

	for (size_t i = 0; !err && i < folders->n; i++) {
		if (cs_name_day(folders->name[i], &day))
			err = check_day(v, day);
		else if (is_pruned(folders->name[i]))
			err = check_pruned(v, folders->name[i]);
	}
	return err;
}

static enum cs_err check_all(struct cs_verify *v)
{
	struct names folders;
	enum cs_err err = names_read(v, v->store->dir, &folders);

	if (!err)
		err = cs_verify_catalog(v, any_segment(v, &folders));
	if (!err)
		err = cs_verify_companions(v);
	if (!err)
		err = check_days(v, &folders);
	names_clear(&folders);
	if (!err)
		err = cs_verify_save_all(v);
	if (!err)
		err = cs_verify_enter_all(v);
	return err || v->no_catalog ? err : cs_verify_missing(v);
}

enum cs_err cs_store_verify(struct cs_store *store, bool repair,
			    cs_store_finding_fn *each, void *arg,
			    struct cs_store_checked *checked)
{
	struct cs_verify v = { .store = store,
			       .repair = repair,
			       .each = each,
			       .arg = arg,
			       .checked = checked };
	enum cs_err err = repair ? cs_store_writable(store) : CS_OK;

	*checked = (struct cs_store_checked){ 0 };
	if (!err && !store->dir)
		err = CS_ERR_NOT_FOUND; /* opening has said why */
	if (!err)
		err = check_all(&v);
	free(v.damaged.items);
	free(v.unknown.items);
	return err;
}
