/* SPDX-License-Identifier: Apache-2.0 */
#include "store/day_read.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	CACHE_KIB = 16 * 1024, /* over all files of the day */
	CACHE_KIB_MIN = 256,
};

static enum cs_err no_memory(struct cs_store *store)
{
	return cs_why_set(&store->why, CS_ERR_NOMEM, store->dir, "out of memory");
}

static enum cs_err too_long(struct cs_store *store)
{
	return cs_why_set(&store->why, CS_ERR_IO, store->dir, "path too long");
}

enum cs_err cs_day_source_open(struct cs_store *store, const struct cs_segment_name *name,
			       bool by_ip, struct cs_day_source *source)
{
	struct cs_path path;
	enum cs_err err;

	if (!cs_path_segment(store->dir, name, CS_FILE_PUBLISHED, &path))
		return too_long(store);
	err = cs_segment_open_path(&source->segment, path.text, name->day, &store->why);
	if (err == CS_ERR_IO && !cs_file_exists(path.text))
		err = CS_ERR_NOT_FOUND;
	return err ? err : cs_cursor_open(&source->cursor, &source->segment, by_ip);
}

enum cs_err cs_day_source_enriched(struct cs_store *store,
				   const struct cs_segment_name *name,
				   struct cs_day_source *source)
{
	struct cs_path path;
	enum cs_err err;

	if (!cs_path_segment(store->dir, name, CS_FILE_ENRICHED, &path))
		return too_long(store);
	err = cs_side_open(&source->side, &source->segment, path.text, &store->why);
	source->enriched = !err;
	if (!err)
		err = cs_side_load(&source->side);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

void cs_day_source_close(struct cs_day_source *source)
{
	cs_cursor_close(&source->cursor);
	cs_side_close(&source->side);
	cs_segment_close(&source->segment);
}

enum cs_err cs_day_source_give(struct cs_day_source *source, cs_store_row_fn *each,
			       void *arg)
{
	const struct cs_cursor *cursor = &source->cursor;
	struct cs_enriched enriched;
	enum cs_err err = CS_OK;

	if (source->enriched)
		err = cursor->by_ip ? cs_side_find(&source->side, cursor->id, &enriched)
				    : cs_side_next(&source->side, cursor->id, &enriched);
	source->store->row_scan = source->scan;
	if (!err)
		err = each(arg, &cursor->row, source->enriched ? &enriched : NULL);
	source->store->row_scan = NULL;
	return err;
}

/* One page cache and one of bodies, shared out. */
static enum cs_err share_cache(struct cs_day_source *source, size_t n)
{
	size_t share = CACHE_KIB / n;
	char cache[64];
	enum cs_err err;

	(void)snprintf(cache, sizeof(cache), "PRAGMA cache_size=-%zu",
		       share > CACHE_KIB_MIN ? share : CACHE_KIB_MIN);
	source->cursor.payloads.room /= n;
	err = cs_db_exec(&source->segment.db, cache);
	if (!err && source->enriched)
		err = cs_db_exec(&source->side.db, cache);
	return err;
}

static enum cs_err open_one(struct cs_store *store, struct cs_day_sources *day, size_t i,
			    bool by_ip)
{
	struct cs_day_source *source = &day->sources[i];
	struct cs_segment_name name = cs_day_name(&day->list, i);
	enum cs_err err = cs_day_source_open(store, &name, by_ip, source);

	source->store = store;
	source->scan = day->list.entries[i].scan;
	if (!err)
		err = cs_day_source_enriched(store, &name, source);
	if (!err)
		err = share_cache(source, day->list.n);
	return err ? err : cs_cursor_next(&source->cursor);
}

static enum cs_err open_all(struct cs_store *store, int32_t number, bool by_ip,
			    struct cs_day_sources *day)
{
	enum cs_err err;

	*day = (struct cs_day_sources){ 0 };
	err = cs_day_list(store, number, &day->list);
	if (err || day->list.n == 0)
		return err;
	day->sources = calloc(day->list.n, sizeof(day->sources[0]));
	if (!day->sources)
		return no_memory(store);
	while (!err && day->n < day->list.n)
		err = open_one(store, day, day->n++, by_ip);
	return err;
}

enum cs_err cs_day_open(struct cs_store *store, int32_t number, bool by_ip,
			struct cs_day_sources *day)
{
	enum cs_err err = open_all(store, number, by_ip, day);

	/* A day that is being removed: what the list says by now. */
	if (err == CS_ERR_NOT_FOUND) {
		cs_day_close(day);
		err = open_all(store, number, by_ip, day);
	}
	return err == CS_ERR_NOT_FOUND ? CS_ERR_IO : err;
}

void cs_day_close(struct cs_day_sources *day)
{
	for (size_t i = 0; i < day->n; i++)
		cs_day_source_close(&day->sources[i]);
	free(day->sources);
	cs_day_list_clear(&day->list);
}
