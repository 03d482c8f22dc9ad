/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A day's rows: its published segments, each walked in the order of address
 * and port, merged. Memory is one page cache, shared out, and one row each.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/files.h"
#include "store/own.h"
#include "store/segment.h"

enum {
	CACHE_KIB = 16 * 1024, /* over all segments */
	CACHE_KIB_MIN = 256,
};

struct source {
	struct cs_segment segment;
	struct cs_cursor cursor;
};

struct day {
	struct cs_store *store;
	int32_t number;
	struct cs_path dir;
	char **names; /* of the segments, sorted; owned */
	size_t n_names;
	struct source *sources; /* owned */
	size_t n_sources;
	struct source **heap; /* those not at their end; owned */
	size_t n_heap;
};

static enum cs_err no_memory(struct day *day)
{
	return cs_why_set(&day->store->why, CS_ERR_NOMEM, day->dir.text, "out of memory");
}

static enum cs_err add_name(struct day *day, const char *name)
{
	char **more = reallocarray(day->names, day->n_names + 1, sizeof(*more));

	if (!more)
		return no_memory(day);
	day->names = more;
	day->names[day->n_names] = strdup(name);
	if (!day->names[day->n_names])
		return no_memory(day);
	day->n_names++;
	return CS_OK;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum cs_err list(struct day *day)
{
	DIR *dir = opendir(day->dir.text);
	enum cs_err err = CS_OK;

	if (!dir) /* a day without a directory is a day without rows */
		return errno == ENOENT ? CS_OK
				       : cs_why_errno(&day->store->why, day->dir.text);
	for (struct dirent *e; !err && (errno = 0, e = readdir(dir)) != NULL;)
		if (cs_name_is_segment(e->d_name))
			err = add_name(day, e->d_name);
	if (!err && errno)
		err = cs_why_errno(&day->store->why, day->dir.text);
	(void)closedir(dir); /* only read from */
	if (day->n_names > 0)
		qsort(day->names, day->n_names, sizeof(day->names[0]), name_order);
	return err;
}

static enum cs_err open_source(struct day *day, struct source *source, const char *name)
{
	size_t share = CACHE_KIB / day->n_names;
	char cache[64];
	struct cs_path path;
	enum cs_err err;

	if (!cs_path_under(day->dir.text, name, &path)) {
		errno = ENAMETOOLONG;
		return cs_why_errno(&day->store->why, day->dir.text);
	}
	(void)snprintf(cache, sizeof(cache), "PRAGMA cache_size=-%zu",
		       share > CACHE_KIB_MIN ? share : CACHE_KIB_MIN);
	err = cs_segment_open_path(&source->segment, path.text, day->number,
				   &day->store->why);
	if (!err)
		err = cs_db_exec(&source->segment.db, cache);
	if (!err)
		err = cs_cursor_open(&source->cursor, &source->segment);
	return err ? err : cs_cursor_next(&source->cursor);
}

/* By address and port; of equal ones the newest first, then by name. */
static bool before(const struct source *a, const struct source *b)
{
	const struct cs_result *x = &a->cursor.row, *y = &b->cursor.row;
	int order = cs_result_order(x, y);

	if (order != 0)
		return order < 0;
	if (x->time_us != y->time_us)
		return x->time_us > y->time_us;
	return a < b;
}

/* Moves the source at @at down to where it belongs. */
static void sink(struct day *day, size_t at)
{
	struct source **heap = day->heap;

	for (;;) {
		size_t least = at, left = 2 * at + 1;

		for (size_t i = left; i < left + 2 && i < day->n_heap; i++)
			if (before(heap[i], heap[least]))
				least = i;
		if (least == at)
			return;

		struct source *moved = heap[at];

		heap[at] = heap[least];
		heap[least] = moved;
		at = least;
	}
}

static enum cs_err open_sources(struct day *day)
{
	enum cs_err err = CS_OK;

	if (day->n_names == 0)
		return CS_OK;
	day->sources = calloc(day->n_names, sizeof(day->sources[0]));
	day->heap = calloc(day->n_names, sizeof(struct source *));
	if (!day->sources || !day->heap)
		return no_memory(day);
	for (size_t i = 0; !err && i < day->n_names; i++) {
		struct source *source = &day->sources[i];

		day->n_sources++;
		err = open_source(day, source, day->names[i]);
		if (!err && !source->cursor.end)
			day->heap[day->n_heap++] = source;
	}
	for (size_t i = day->n_heap; i-- > 0;)
		sink(day, i);
	return err;
}

/* Moves the first source on. */
static enum cs_err advance(struct day *day)
{
	enum cs_err err = cs_cursor_next(&day->heap[0]->cursor);

	if (day->heap[0]->cursor.end)
		day->heap[0] = day->heap[--day->n_heap];
	sink(day, 0);
	return err;
}

static enum cs_err merge(struct day *day, cs_store_row_fn *each, void *arg)
{
	struct cs_result last = { 0 };
	bool any = false;
	enum cs_err err = CS_OK;

	while (!err && day->n_heap > 0) {
		const struct cs_result *row = &day->heap[0]->cursor.row;

		if (!any || cs_result_order(&last, row) != 0) {
			last.ip = row->ip;
			last.port = row->port;
			any = true;
			err = each(arg, row, NULL);
		}
		if (!err)
			err = advance(day);
	}
	return err;
}

static void day_clear(struct day *day)
{
	for (size_t i = 0; i < day->n_sources; i++) {
		cs_cursor_close(&day->sources[i].cursor);
		cs_segment_close(&day->sources[i].segment);
	}
	for (size_t i = 0; i < day->n_names; i++)
		free(day->names[i]);
	free(day->sources);
	free(day->heap);
	free(day->names);
}

enum cs_err cs_store_day_each(struct cs_store *store, int32_t number,
			      cs_store_row_fn *each, void *arg)
{
	struct day day = { .store = store, .number = number };
	enum cs_err err;

	if (!cs_path_day(store->dir, number, &day.dir)) {
		errno = ENAMETOOLONG;
		return cs_why_errno(&store->why, store->dir);
	}
	err = list(&day);
	if (!err)
		err = open_sources(&day);
	if (!err)
		err = merge(&day, each, arg);
	day_clear(&day);
	return err;
}
