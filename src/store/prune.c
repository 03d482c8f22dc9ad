/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing old days. A day goes in two steps, out of the catalogue and then by
 * renaming its folder: who reads it meanwhile finds no day, or goes on with the
 * files that are open. What is left to do after a kill (folders that end in
 * .pruned, or that the catalogue does not have) the next call does.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "store/own.h"

static const char pruned_end[] = ".pruned";

struct pruning {
	struct cs_store *store;
	int32_t first; /* that stays */
	bool look;     /* nothing is removed */
	struct cs_store_pruned *removed;
};

static enum cs_err too_long(struct pruning *p)
{
	errno = ENAMETOOLONG;
	return cs_why_errno(&p->store->why, p->store->dir);
}

/* --- folders --- */

/* What is done with a name in a folder. */
typedef enum cs_err name_fn(struct pruning *p, const char *dir, const char *name);

static enum cs_err each_name(struct pruning *p, const char *path, name_fn *each)
{
	DIR *dir = opendir(path);
	enum cs_err err = CS_OK;

	if (!dir)
		return errno == ENOENT ? CS_OK : cs_why_errno(&p->store->why, path);
	for (struct dirent *e; !err && (errno = 0, e = readdir(dir)) != NULL;)
		err = each(p, path, e->d_name);
	if (!err && errno)
		err = cs_why_errno(&p->store->why, path);
	(void)closedir(dir); /* only read from */
	return err;
}

/* A watch's record of the day, and what SQLite has beside it. */
static bool is_of_watch(const char *name)
{
	static const char *const names[] = { "watch.db", "watch.db-wal", "watch.db-shm",
					     "watch.db-journal" };

	for (size_t i = 0; i < CS_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* A file of ours begins with the scan's id; somebody else's is not touched. */
static bool is_ours(const char *name)
{
	const size_t len = CS_SCAN_ID_TEXT - 1;
	uint8_t id[CS_SCAN_ID];

	if (is_of_watch(name))
		return true;
	return strlen(name) > len && name[len] == '-' &&
	       cs_hex_read(cs_span_of(name, len), id, sizeof(id));
}

static enum cs_err remove_file(struct pruning *p, const char *dir, const char *name)
{
	uint8_t id[CS_SCAN_ID];
	struct cs_path path;
	struct stat st;
	uint32_t shard;

	if (!is_ours(name))
		return CS_OK;
	if (!cs_path_under(dir, name, &path))
		return too_long(p);
	if (stat(path.text, &st) != 0 || (!p->look && cs_file_remove(path.text) != 0))
		return errno == ENOENT ? CS_OK : cs_why_errno(&p->store->why, path.text);
	p->removed->bytes += (uint64_t)st.st_size;
	p->removed->segments += cs_name_segment(name, id, &shard);
	return CS_OK;
}

/* A folder that somebody put something else into stays, with that. */
static enum cs_err remove_folder(struct pruning *p, const char *path)
{
	enum cs_err err = each_name(p, path, remove_file);

	if (!err && rmdir(path) != 0 && errno != ENOTEMPTY && errno != ENOENT)
		err = cs_why_errno(&p->store->why, path);
	return err;
}

enum cs_err cs_prune_folder(struct cs_store *store, const char *path)
{
	struct cs_store_pruned removed = { 0 };
	struct pruning p = { .store = store, .removed = &removed };

	return remove_folder(&p, path);
}

/* --- a day --- */

/* The shard that a segment or part is of. */
static bool shard_of(const char *name, uint8_t *id, uint32_t *shard)
{
	static const char end[] = ".part";
	size_t len = strlen(name), tail = sizeof(end) - 1;
	char less[NAME_MAX + 1];

	if (len <= tail || len >= sizeof(less) || strcmp(name + len - tail, end) != 0)
		return cs_name_segment(name, id, shard);
	memcpy(less, name, len - tail);
	less[len - tail] = '\0';
	return cs_name_segment(less, id, shard);
}

/* CS_ERR_BUSY while somebody writes the shard, be it another day's part of it. */
static enum cs_err check_free(struct pruning *p, const char *dir, const char *name)
{
	uint8_t id[CS_SCAN_ID];
	struct cs_path lock;
	uint32_t shard;
	int fd;

	(void)dir;
	if (!shard_of(name, id, &shard))
		return CS_OK;
	if (!cs_path_lock(p->store->dir, id, shard, &lock))
		return too_long(p);
	if (p->look)
		return cs_lock_is_held(lock.text) ? CS_ERR_BUSY : CS_OK;
	fd = cs_lock_take(lock.text, false);
	if (fd < 0 && errno == EWOULDBLOCK)
		return CS_ERR_BUSY;
	if (fd < 0)
		return cs_why_errno(&p->store->why, lock.text);
	cs_lock_drop(lock.text, fd);
	return CS_OK;
}

static enum cs_err run_for_day(struct cs_db *db, const char *sql, int32_t day)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db, sql, &stmt);

	if (err)
		return err;
	cs_db_bind_number(stmt, 1, day);
	err = cs_db_run(db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

static enum cs_err forget_day(struct pruning *p, int32_t day)
{
	static const char *const statements[] = {
		"DELETE FROM covered WHERE day = ?1",
		"DELETE FROM segment WHERE day = ?1",
		"DELETE FROM summary WHERE day = ?1",
		"DELETE FROM summarized WHERE day = ?1",
	};
	struct cs_db *db = &p->store->catalog;
	enum cs_err err = cs_db_exec(db, "BEGIN IMMEDIATE");

	if (err)
		return err;
	for (size_t i = 0; !err && i < CS_LEN(statements); i++)
		err = run_for_day(db, statements[i], day);
	return cs_db_end(db, err);
}

/* A day's folder, or what is left of one. */
static bool is_day(const char *name, int32_t *day)
{
	char text[CS_DAY_TEXT];
	size_t len = strlen(name);

	if (len >= sizeof(text) - 1 && strcmp(name + sizeof(text) - 1, pruned_end) == 0)
		len = sizeof(text) - 1;
	if (len != sizeof(text) - 1)
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	return cs_name_day(text, day);
}

static void count_day(struct pruning *p, int32_t day)
{
	struct cs_store_pruned *removed = p->removed;

	if (removed->days == 0 || day < removed->first)
		removed->first = day;
	if (removed->days == 0 || day > removed->last)
		removed->last = day;
	removed->days++;
}

static enum cs_err prune_day(struct pruning *p, int32_t day)
{
	struct cs_path path, gone;
	enum cs_err err;

	if (!cs_path_day(p->store->dir, day, &path) ||
	    !cs_path_with(path.text, pruned_end, &gone))
		return too_long(p);
	err = each_name(p, path.text, check_free);
	if (err)
		return err == CS_ERR_BUSY ? CS_OK : err; /* a scan is at it: later */
	/* What an earlier call left stands in the way of the rename. */
	err = remove_folder(p, gone.text);
	if (err)
		return err;
	/* First: a reader that misses a file asks the catalogue once more. */
	err = forget_day(p, day);
	if (err)
		return err;
	if (cs_file_exists(path.text)) {
		if (cs_file_rename(path.text, gone.text, p->store->dir) != 0)
			return cs_why_errno(&p->store->why, path.text);
		count_day(p, day);
	}
	return remove_folder(p, gone.text);
}

/* What is left of a day that was being removed is counted, but is no day. */
static enum cs_err look_at(struct pruning *p, const char *dir, const char *name)
{
	struct cs_path path;
	int32_t day;
	enum cs_err err;

	if (!is_day(name, &day) || day >= p->first)
		return CS_OK;
	if (!cs_path_under(dir, name, &path))
		return too_long(p);
	err = each_name(p, path.text, check_free);
	if (err)
		return err == CS_ERR_BUSY ? CS_OK : err;
	if (cs_name_day(name, &day))
		count_day(p, day);
	return each_name(p, path.text, remove_file);
}

/* --- all days --- */

static enum cs_err prune_name(struct pruning *p, const char *dir, const char *name)
{
	int32_t day;

	(void)dir;
	return is_day(name, &day) && day < p->first ? prune_day(p, day) : CS_OK;
}

/* Records of days without a folder, and what only those needed. */
static enum cs_err forget_rest(struct pruning *p)
{
	static const char *const statements[] = {
		"DELETE FROM covered WHERE day < ?1",
		"DELETE FROM segment WHERE day < ?1",
		"DELETE FROM summary WHERE day < ?1",
		"DELETE FROM summarized WHERE day < ?1",
		("DELETE FROM scan WHERE ended_us <> 0"
		 " AND ended_us < ?1 * 86400000000 AND NOT EXISTS"
		 " (SELECT 1 FROM segment WHERE segment.scan = scan.scan"
		 " AND segment.shard = scan.shard)"),
		("DELETE FROM plan WHERE ?1 IS NOT NULL"
		 " AND hash NOT IN (SELECT plan FROM scan)"),
	};
	struct cs_db *db = &p->store->catalog;
	enum cs_err err = cs_db_exec(db, "BEGIN IMMEDIATE");

	if (err)
		return err;
	for (size_t i = 0; !err && i < CS_LEN(statements); i++)
		err = run_for_day(db, statements[i], p->first);
	return cs_db_end(db, err);
}

/*
 * Days whose folders are skipped, because a scan writes there, must keep their
 * records: nothing is forgotten then but what has been.
 */
static enum cs_err note_busy(struct pruning *p, const char *dir, const char *name)
{
	int32_t day;

	(void)dir;
	return cs_name_day(name, &day) && day < p->first ? CS_ERR_BUSY : CS_OK;
}

enum cs_err cs_store_prune(struct cs_store *store, int32_t first,
			   struct cs_store_pruned *removed)
{
	struct pruning p = { store, first, false, removed };
	enum cs_err err;

	*removed = (struct cs_store_pruned){ 0 };
	err = cs_store_writable(store);
	if (!err)
		err = each_name(&p, store->dir, prune_name);
	if (!err)
		err = each_name(&p, store->dir, note_busy);
	if (err == CS_ERR_BUSY)
		return CS_OK;
	if (!err)
		err = forget_rest(&p);
	return err ? err : cs_seen_forget(store, first * CS_US_PER_DAY);
}

enum cs_err cs_store_prune_look(struct cs_store *store, int32_t first,
				struct cs_store_pruned *found)
{
	struct pruning p = { store, first, true, found };

	*found = (struct cs_store_pruned){ 0 };
	return store->dir ? each_name(&p, store->dir, look_at) : CS_ERR_NOT_FOUND;
}
