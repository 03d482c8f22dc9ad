/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A day's rows: its published segments, each walked in the order of address
 * and port, merged; or one after the other. Memory is one page cache, shared
 * out, and one row each.
 */
#include <stdlib.h>

#include "store/day_read.h"

struct merge {
	struct cs_day_source **heap; /* those not at their end; owned */
	size_t n;
};

/* By address and port; of equal ones the newest first, then by name. */
static bool before(const struct cs_day_source *a, const struct cs_day_source *b)
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
static void sink(struct merge *merge, size_t at)
{
	struct cs_day_source **heap = merge->heap;

	for (;;) {
		size_t least = at, left = 2 * at + 1;

		for (size_t i = left; i < left + 2 && i < merge->n; i++)
			if (before(heap[i], heap[least]))
				least = i;
		if (least == at)
			return;

		struct cs_day_source *moved = heap[at];

		heap[at] = heap[least];
		heap[least] = moved;
		at = least;
	}
}

/* Moves the first source on. */
static enum cs_err advance(struct merge *merge)
{
	enum cs_err err = cs_cursor_next(&merge->heap[0]->cursor);

	if (merge->heap[0]->cursor.end)
		merge->heap[0] = merge->heap[--merge->n];
	sink(merge, 0);
	return err;
}

static enum cs_err walk(struct merge *merge, cs_store_row_fn *each, void *arg)
{
	struct cs_result last = { 0 };
	bool any = false;
	enum cs_err err = CS_OK;

	while (!err && merge->n > 0) {
		const struct cs_result *row = &merge->heap[0]->cursor.row;

		if (!any || cs_result_order(&last, row) != 0) {
			last.ip = row->ip;
			last.port = row->port;
			any = true;
			err = cs_day_source_give(merge->heap[0], each, arg);
		}
		if (!err)
			err = advance(merge);
	}
	return err;
}

static enum cs_err merge(struct cs_store *store, struct cs_day_sources *day,
			 cs_store_row_fn *each, void *arg)
{
	struct merge merge = { calloc(day->n + 1, sizeof(merge.heap[0])), 0 };
	enum cs_err err;

	if (!merge.heap)
		return cs_why_set(&store->why, CS_ERR_NOMEM, store->dir, "out of memory");
	for (size_t i = 0; i < day->n; i++)
		if (!day->sources[i].cursor.end)
			merge.heap[merge.n++] = &day->sources[i];
	for (size_t i = merge.n; i-- > 0;)
		sink(&merge, i);
	err = walk(&merge, each, arg);
	free(merge.heap);
	return err;
}

enum cs_err cs_store_day_each(struct cs_store *store, int32_t number,
			      cs_store_row_fn *each, void *arg)
{
	struct cs_day_sources day;
	enum cs_err err = cs_day_open(store, number, true, &day);

	if (!err)
		err = merge(store, &day, each, arg);
	cs_day_close(&day);
	return err;
}

static enum cs_err load(struct cs_day_source *source, cs_store_row_fn *each, void *arg)
{
	enum cs_err err = CS_OK;

	while (!err && !source->cursor.end) {
		err = cs_day_source_give(source, each, arg);
		if (!err)
			err = cs_cursor_next(&source->cursor);
	}
	return err;
}

enum cs_err cs_store_day_load(struct cs_store *store, int32_t number,
			      cs_store_row_fn *each, void *arg)
{
	struct cs_day_sources day;
	enum cs_err err = cs_day_open(store, number, false, &day);

	for (size_t i = 0; !err && i < day.n; i++)
		err = load(&day.sources[i], each, arg);
	cs_day_close(&day);
	return err;
}
