/* SPDX-License-Identifier: Apache-2.0 */
#include "store/day_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum cs_err add(struct cs_store *store, struct cs_day_list *list,
		       const struct cs_day_entry *entry)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 16;
		void *more = reallocarray(list->entries, cap, sizeof(*entry));

		if (!more)
			return cs_why_set(&store->why, CS_ERR_NOMEM, store->dir,
					  "out of memory");
		list->entries = more;
		list->cap = cap;
	}
	list->entries[list->n++] = *entry;
	return CS_OK;
}

static int order(const void *a, const void *b)
{
	const struct cs_day_entry *x = a, *y = b;
	int by_scan = memcmp(x->scan, y->scan, CS_SCAN_ID);

	return by_scan ? by_scan : (x->shard > y->shard) - (x->shard < y->shard);
}

static enum cs_err list_disk(struct cs_store *store, const char *path,
			     struct cs_day_list *list)
{
	DIR *dir = opendir(path);
	enum cs_err err = CS_OK;

	if (!dir) /* a day without a directory is a day without rows */
		return errno == ENOENT ? CS_OK : cs_why_errno(&store->why, path);
	for (struct dirent *e; !err && (errno = 0, e = readdir(dir)) != NULL;) {
		struct cs_day_entry entry;

		if (cs_name_segment(e->d_name, entry.scan, &entry.shard))
			err = add(store, list, &entry);
	}
	if (!err && errno)
		err = cs_why_errno(&store->why, path);
	(void)closedir(dir); /* only read from */
	if (list->n > 0)
		qsort(list->entries, list->n, sizeof(list->entries[0]), order);
	return err;
}

static enum cs_err read_entry(struct cs_db *db, sqlite3_stmt *stmt,
			      const struct cs_day_list *before,
			      struct cs_day_entry *entry)
{
	struct cs_span scan = cs_db_span(stmt, 0);
	int64_t shard = sqlite3_column_int64(stmt, 1);

	if (scan.len != CS_SCAN_ID || shard < 0 || shard > UINT32_MAX)
		return cs_db_damaged(db, "a segment's name");
	memcpy(entry->scan, scan.ptr, scan.len);
	entry->shard = (uint32_t)shard;
	if (before->n > 0 && order(&before->entries[before->n - 1], entry) >= 0)
		return cs_db_damaged(db, "the order of segments");
	return CS_OK;
}

static enum cs_err list_catalog(struct cs_store *store, struct cs_day_list *list)
{
	struct cs_day_entry entry;
	sqlite3_stmt *stmt;
	struct cs_db *db;
	enum cs_err err = cs_store_catalog(store, &db);

	if (err)
		return err;
	err = cs_db_prepare(db,
			    "SELECT scan, shard FROM segment WHERE day = ?1"
			    " ORDER BY scan, shard",
			    &stmt);
	if (err)
		return err;
	cs_db_bind_number(stmt, 1, list->day);
	while (!err && cs_db_next(db, stmt, &err)) {
		err = read_entry(db, stmt, list, &entry);
		if (!err)
			err = add(store, list, &entry);
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

/* The first of @all that is not among @some; NULL: there is none. */
static const struct cs_day_entry *first_beyond(const struct cs_day_list *all,
					       const struct cs_day_list *some)
{
	for (size_t i = 0; i < all->n; i++)
		if (some->n == 0 || !bsearch(&all->entries[i], some->entries, some->n,
					     sizeof(some->entries[0]), order))
			return &all->entries[i];
	return NULL;
}

static enum cs_err missing(struct cs_store *store, int32_t day,
			   const struct cs_day_entry *entry)
{
	struct cs_segment_name name = { entry->scan, entry->shard, day };
	struct cs_path path;

	if (!cs_path_segment(store->dir, &name, CS_FILE_PUBLISHED, &path)) {
		errno = ENAMETOOLONG;
		return cs_why_errno(&store->why, store->dir);
	}
	return cs_why_set(&store->why, CS_ERR_DAMAGED, path.text,
			  "missing; the catalogue has it");
}

/*
 * The catalogue first: what it has was renamed before. If something is gone
 * from the disk then, whoever removes a day may have come in between: the
 * catalogue is asked again.
 */
static enum cs_err list_both(struct cs_store *store, const char *path,
			     struct cs_day_list *list)
{
	struct cs_day_list known = { .day = list->day };
	enum cs_err err = list_catalog(store, &known);

	if (!err)
		err = list_disk(store, path, list);
	if (!err && first_beyond(&known, list)) {
		cs_day_list_clear(&known);
		err = list_catalog(store, &known);
	}
	if (!err && first_beyond(&known, list))
		err = missing(store, list->day, first_beyond(&known, list));
	cs_day_list_clear(&known);
	return err;
}

enum cs_err cs_day_list(struct cs_store *store, int32_t day, struct cs_day_list *list)
{
	struct cs_path path;

	*list = (struct cs_day_list){ .day = day };
	if (cs_path_day(store->dir, day, &path))
		return list_both(store, path.text, list);
	errno = ENAMETOOLONG;
	return cs_why_errno(&store->why, store->dir);
}

void cs_day_list_clear(struct cs_day_list *list)
{
	free(list->entries);
	*list = (struct cs_day_list){ .day = list->day };
}
