/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and renewing a day's enrichment: each segment's rows in groups past
 * the caller, into a new file that replaces the old one whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/day_read.h"

enum {
	GROUP = 4096,                   /* rows */
	GROUP_BYTES = 16 * 1024 * 1024, /* of their headers and bodies */
};

/* One segment on its way. */
struct job {
	struct cs_store *store;
	const struct cs_store_enrich *want;
	struct cs_segment_name name;
	struct cs_day_source source; /* the segment, and what was known of it */
	struct cs_side_draft draft;
	struct cs_arena arena; /* of the group's bytes */
	size_t n, bytes;       /* of the group */
	int64_t ids[GROUP];
	struct cs_result rows[GROUP];
	struct cs_enriched out[GROUP];
};

static enum cs_err no_memory(struct cs_store *store)
{
	return cs_why_set(&store->why, CS_ERR_NOMEM, store->dir, "out of memory");
}

/* A copy that lives as long as the group. */
static enum cs_err keep(struct job *job, struct cs_span *span)
{
	char *copy;

	if (span->len == 0)
		return CS_OK;
	copy = cs_arena_text(&job->arena, *span);
	if (!copy)
		return no_memory(job->store);
	*span = cs_span_of(copy, span->len);
	job->bytes += span->len;
	return CS_OK;
}

/* What was known of the row that the cursor stands on. */
static enum cs_err recall(struct job *job, int64_t id, struct cs_enriched *out)
{
	enum cs_err err;

	*out = (struct cs_enriched){ 0 };
	if (!job->source.enriched)
		return CS_OK;
	err = cs_side_next(&job->source.side, id, out);
	/* It is about to be made again: what is damaged was not known. */
	if (err == CS_ERR_DAMAGED) {
		job->source.enriched = false;
		*out = (struct cs_enriched){ 0 };
		return CS_OK;
	}
	if (!err)
		err = keep(job, &out->hostname);
	return err ? err : keep(job, &out->hostname_source);
}

static enum cs_err take_row(struct job *job)
{
	struct cs_cursor *cursor = &job->source.cursor;
	struct cs_result *row = &job->rows[job->n];
	enum cs_err err;

	*row = cursor->row;
	job->ids[job->n] = cursor->id;
	err = keep(job, &row->header);
	if (!err)
		err = keep(job, &row->body);
	if (!err)
		err = recall(job, cursor->id, &job->out[job->n]);
	job->n++;
	return err ? err : cs_cursor_next(cursor);
}

static enum cs_err take_group(struct job *job)
{
	enum cs_err err = CS_OK;

	job->n = job->bytes = 0;
	cs_arena_clear(&job->arena);
	while (!err && !job->source.cursor.end && job->n < GROUP &&
	       job->bytes < GROUP_BYTES)
		err = take_row(job);
	return err;
}

static enum cs_err do_group(struct job *job)
{
	enum cs_err err = take_group(job);

	if (!err && job->n > 0)
		err = job->want->fill(job->want->arg, job->rows, job->out, job->n);
	for (size_t i = 0; !err && i < job->n; i++)
		err = cs_side_put(&job->draft, job->ids[i], &job->out[i]);
	return err;
}

static enum cs_err begin(struct job *job)
{
	struct cs_store *store = job->store;
	struct cs_segment_id id;
	struct cs_path path;
	enum cs_err err = cs_segment_identify(&job->source.segment, &id);

	if (err)
		return err;
	if (!cs_path_segment(store->dir, &job->name, CS_FILE_ENRICHING, &path))
		return cs_why_set(&store->why, CS_ERR_IO, store->dir, "path too long");
	err = cs_side_begin(&job->draft, path.text, &id, job->want->about, &store->key,
			    &store->why);
	return err ? err : cs_cursor_next(&job->source.cursor);
}

/*
 * The stamp changes before and after: a kill in between must not leave the old
 * stamp on the new enrichment, and who reads in between takes the old
 * enrichment for one of a stamp that is over. That there is one is noted when it
 * is there: what is missed later was there once.
 */
static enum cs_err replace(struct job *job)
{
	struct cs_store *store = job->store;
	struct cs_path day, from, to;
	enum cs_err err = cs_side_finish(&job->draft);

	if (err)
		return err;
	if (!cs_path_day(store->dir, job->name.day, &day) ||
	    !cs_path_segment(store->dir, &job->name, CS_FILE_ENRICHING, &from) ||
	    !cs_path_segment(store->dir, &job->name, CS_FILE_ENRICHED, &to))
		return cs_why_set(&store->why, CS_ERR_IO, store->dir, "path too long");
	err = cs_catalog_renew(&store->catalog, &job->name);
	if (!err && cs_file_rename(from.text, to.text, day.text) != 0)
		err = cs_why_errno(&store->why, from.text);
	if (!err)
		err = cs_catalog_note_enriched(&store->catalog, &job->name, true);
	return err ? err : cs_catalog_renew(&store->catalog, &job->name);
}

/* What was known may be damaged: it is about to be made again. */
static enum cs_err open_source(struct job *job)
{
	struct cs_day_source *source = &job->source;
	enum cs_err err = cs_day_source_open(job->store, &job->name, false, source);

	if (!err && !job->want->fresh)
		err = cs_day_source_enriched(job->store, &job->name, source);
	if (err == CS_ERR_DAMAGED && source->cursor.segment) {
		source->enriched = false;
		err = CS_OK;
	}
	return err;
}

static enum cs_err run(struct job *job)
{
	enum cs_err err = open_source(job);

	if (!err)
		err = begin(job);
	while (!err && !job->source.cursor.end)
		err = do_group(job);
	return err ? err : replace(job);
}

static void job_clear(struct job *job)
{
	cs_side_drop(&job->draft);
	cs_day_source_close(&job->source);
	cs_arena_clear(&job->arena);
	job->source = (struct cs_day_source){ 0 };
	job->draft = (struct cs_side_draft){ 0 };
}

static enum cs_err enrich_one(struct job *job)
{
	struct cs_why *why = &job->store->why;
	struct cs_path lock;
	enum cs_err err;
	int fd;

	if (!cs_path_enrich_lock(job->store->dir, &job->name, &lock))
		return cs_why_set(why, CS_ERR_IO, job->store->dir, "path too long");
	fd = cs_lock_take(lock.text, false);
	if (fd < 0 && errno == EWOULDBLOCK)
		return cs_why_set(why, CS_ERR_BUSY, lock.text,
				  "another process enriches this segment");
	if (fd < 0)
		return cs_why_errno(why, lock.text);
	err = run(job);
	if (err == CS_ERR_NOT_FOUND && !job->source.segment.db.sql)
		err = CS_OK; /* removed since it was listed */
	job_clear(job);
	cs_lock_drop(lock.text, fd);
	return err;
}

/* The segments of the list that are wanted, one by one. */
static enum cs_err enrich_all(struct job *job, const struct cs_day_list *list)
{
	const uint8_t *scan = job->want->scan;
	enum cs_err err = CS_OK;
	size_t n = 0;

	for (size_t i = 0; !err && i < list->n; i++) {
		if (scan && memcmp(scan, list->entries[i].scan, CS_SCAN_ID) != 0)
			continue;
		job->name = cs_day_name(list, i);
		err = enrich_one(job);
		n++;
	}
	if (!err && n == 0)
		err = cs_why_set(&job->store->why, CS_ERR_NOT_FOUND, job->store->dir,
				 "no results of that day and scan");
	return err;
}

enum cs_err cs_store_enrich(struct cs_store *store, const struct cs_store_enrich *want)
{
	enum cs_err err = cs_store_writable(store);
	struct job *job = err ? NULL : calloc(1, sizeof(*job));
	struct cs_day_list list;

	if (err || !job)
		return err ? err : no_memory(store);
	job->store = store;
	job->want = want;
	err = cs_day_list(store, want->day, &list);
	if (!err)
		err = enrich_all(job, &list);
	cs_day_list_clear(&list);
	free(job);
	return err;
}

/* Appends what is not among them yet; there are few. */
static enum cs_err add_about(struct cs_store *store, struct cs_arena *arena,
			     struct cs_span sources, struct cs_span *about, size_t *n)
{
	char *copy;

	for (size_t i = 0; i < *n; i++)
		if (cs_span_eq(about[i], sources))
			return CS_OK;
	copy = cs_arena_text(arena, sources);
	if (!copy)
		return no_memory(store);
	about[(*n)++] = cs_span_of(copy, sources.len);
	return CS_OK;
}

enum cs_err cs_store_enriched_by(struct cs_store *store, int32_t number,
				 struct cs_arena *arena, struct cs_span **about,
				 size_t *n)
{
	struct cs_day_sources day;
	enum cs_err err = cs_day_open(store, number, false, &day);

	*n = 0;
	*about = NULL;
	if (!err)
		*about = cs_arena_array(arena, day.n + 1, sizeof(**about));
	if (!err && !*about)
		err = no_memory(store);
	for (size_t i = 0; *about && !err && i < day.n; i++)
		if (day.sources[i].enriched)
			err = add_about(store, arena, day.sources[i].side.sources, *about,
					n);
	cs_day_close(&day);
	return err;
}

/* Whether it can be opened: one that is damaged is none. */
static enum cs_err look_for_side(struct cs_store *store,
				 const struct cs_segment_name *name, bool *lacks)
{
	struct cs_day_source source = { 0 };
	enum cs_err err = cs_day_source_open(store, name, false, &source);

	if (!err) {
		enum cs_err side = cs_day_source_enriched(store, name, &source);

		if (side == CS_ERR_DAMAGED || side == CS_ERR_FOREIGN)
			source.enriched = false;
		else
			err = side;
	}
	*lacks |= !err && !source.enriched;
	cs_day_source_close(&source);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err cs_store_lacks_enrichment(struct cs_store *store, int32_t day,
				      const uint8_t *scan, bool *lacks)
{
	struct cs_day_list list;
	enum cs_err err = cs_day_list(store, day, &list);

	*lacks = false;
	for (size_t i = 0; !err && !*lacks && i < list.n; i++) {
		const struct cs_segment_name name = cs_day_name(&list, i);

		if (memcmp(scan, list.entries[i].scan, CS_SCAN_ID) == 0)
			err = look_for_side(store, &name, lacks);
	}
	cs_day_list_clear(&list);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
