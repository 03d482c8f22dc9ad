/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shard is written to the segments of the days that its probes fall on.
 * Each segment commits by itself, earlier days first. A chunk that touches
 * several is closed only in the last, so a kill between two commits leaves it
 * open, and it is probed again.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "store/files.h"
#include "store/own.h"
#include "store/segment.h"

struct pending {
	uint64_t chunk;
	bool closed;
};

struct cs_shard {
	struct cs_store *store; /* borrowed */
	uint8_t id[CS_SCAN_ID];
	uint32_t shard;
	struct cs_path lock_path;
	int lock;                     /* -1: not held */
	struct cs_segment **segments; /* by day, ascending; owned */
	size_t n_segments;
	struct cs_chunk_set closed; /* what is durable */
	struct pending *pending;    /* put and not committed; owned */
	size_t n_pending, cap_pending;
	struct cs_day_row *rows; /* room for sorting one chunk; owned */
	size_t cap_rows;
};

static enum cs_err no_memory(struct cs_shard *shard)
{
	return cs_why_set(&shard->store->why, CS_ERR_NOMEM, shard->store->dir,
			  "out of memory");
}

static void shard_free(struct cs_shard *shard)
{
	for (size_t i = 0; i < shard->n_segments; i++) {
		if (shard->segments[i])
			cs_segment_close(shard->segments[i]);
		free(shard->segments[i]);
	}
	free(shard->segments);
	cs_chunk_set_clear(&shard->closed);
	free(shard->pending);
	free(shard->rows);
	cs_lock_drop(shard->lock_path.text, shard->lock);
	free(shard);
}

static enum cs_err add_closed(void *arg, const struct cs_chunk_entry *entry)
{
	struct cs_chunk_set *closed = arg;
	enum cs_err err = CS_OK;

	if (entry->chunk.closed) {
		err = cs_chunk_set_reserve(closed, 1);
		if (!err)
			cs_chunk_set_add(closed, entry->chunk.chunk);
	}
	return err;
}

/* Learns from the segments which chunks are closed. */
static enum cs_err learn_closed(struct cs_shard *shard)
{
	enum cs_err err = CS_OK;

	cs_chunk_set_clear(&shard->closed);
	for (size_t i = 0; !err && i < shard->n_segments; i++)
		err = cs_segment_chunks(shard->segments[i], add_closed, &shard->closed);
	return err;
}

/* The place of @day among the segments, or where it belongs. */
static size_t day_place(const struct cs_shard *shard, int32_t day)
{
	size_t i = 0;

	while (i < shard->n_segments && shard->segments[i]->name.day < day)
		i++;
	return i;
}

/* Opens the segment of @day unless it is open; CS_ERR_NOT_FOUND without @make. */
static enum cs_err open_day(struct cs_shard *shard, int32_t day, bool make)
{
	const struct cs_segment_name name = { shard->id, shard->shard, day };
	size_t at = day_place(shard, day);
	struct cs_segment *segment;
	enum cs_err err;

	if (at < shard->n_segments && shard->segments[at]->name.day == day)
		return CS_OK;

	void *more = reallocarray(shard->segments, shard->n_segments + 1,
				  sizeof(shard->segments[0]));

	if (!more)
		return no_memory(shard);
	shard->segments = more;
	segment = calloc(1, sizeof(*segment));
	if (!segment)
		return no_memory(shard);
	err = cs_segment_open(segment, shard->store->dir, &name, &shard->store->key, make,
			      &shard->store->why);
	if (err) {
		cs_segment_close(segment);
		free(segment);
		return err;
	}
	memmove(shard->segments + at + 1, shard->segments + at,
		(shard->n_segments - at) * sizeof(shard->segments[0]));
	shard->segments[at] = segment;
	shard->n_segments++;
	return CS_OK;
}

/* Opens the segments of all days that earlier runs left. */
static enum cs_err open_days(struct cs_shard *shard)
{
	DIR *dir = opendir(shard->store->dir);
	enum cs_err err = CS_OK;
	int32_t day;

	if (!dir)
		return cs_why_errno(&shard->store->why, shard->store->dir);
	for (struct dirent *e; !err && (errno = 0, e = readdir(dir)) != NULL;) {
		if (cs_name_day(e->d_name, &day))
			err = open_day(shard, day, false);
		if (err == CS_ERR_NOT_FOUND)
			err = CS_OK;
	}
	if (!err && errno)
		err = cs_why_errno(&shard->store->why, shard->store->dir);
	(void)closedir(dir); /* only read from */
	return err;
}

static enum cs_err take_lock(struct cs_shard *shard)
{
	struct cs_why *why = &shard->store->why;

	if (!cs_path_lock(shard->store->dir, shard->id, shard->shard,
			  &shard->lock_path)) {
		errno = ENAMETOOLONG;
		return cs_why_errno(why, shard->store->dir);
	}
	shard->lock = cs_lock_take(shard->lock_path.text, false);
	if (shard->lock >= 0)
		return CS_OK;
	if (errno == EWOULDBLOCK)
		return cs_why_set(why, CS_ERR_BUSY, shard->lock_path.text,
				  "another process writes this shard");
	return cs_why_errno(why, shard->lock_path.text);
}

enum cs_err cs_shard_open(struct cs_store *store, const uint8_t id[CS_SCAN_ID],
			  uint32_t number, struct cs_shard **out)
{
	struct cs_shard *shard = calloc(1, sizeof(*shard));
	enum cs_err err;

	*out = NULL;
	if (!shard)
		return cs_why_set(&store->why, CS_ERR_NOMEM, store->dir, "out of memory");
	shard->store = store;
	shard->shard = number;
	shard->lock = -1;
	memcpy(shard->id, id, CS_SCAN_ID);
	err = take_lock(shard);
	if (!err)
		err = open_days(shard);
	if (!err)
		err = learn_closed(shard);
	if (err)
		shard_free(shard);
	else
		*out = shard;
	return err;
}

void cs_shard_abandon(struct cs_shard *shard)
{
	if (shard)
		shard_free(shard);
}

bool cs_shard_is_closed(const struct cs_shard *shard, uint64_t chunk)
{
	return cs_chunk_set_has(&shard->closed, chunk);
}

uint64_t cs_shard_closed_count(const struct cs_shard *shard)
{
	return shard->closed.count;
}

/* Takes back what is not committed. @err is passed on. */
static enum cs_err roll_back(struct cs_shard *shard, enum cs_err err)
{
	struct cs_why kept = shard->store->why;

	for (size_t i = 0; i < shard->n_segments; i++)
		cs_segment_rollback(shard->segments[i]);
	shard->n_pending = 0;
	/* Some segments may have committed: the files know. */
	if (learn_closed(shard) != CS_OK)
		cs_chunk_set_clear(&shard->closed);
	shard->store->why = kept;
	return err;
}

static enum cs_err commit_segments(struct cs_shard *shard)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < shard->n_segments; i++)
		err = cs_segment_commit(shard->segments[i]);
	return err;
}

enum cs_err cs_shard_commit(struct cs_shard *shard)
{
	/* Before it is durable: afterwards nothing may fail. */
	enum cs_err err = cs_chunk_set_reserve(&shard->closed, shard->n_pending);

	if (err)
		return roll_back(shard, no_memory(shard));
	err = commit_segments(shard);
	if (err)
		return roll_back(shard, err);
	for (size_t i = 0; i < shard->n_pending; i++) {
		if (shard->pending[i].closed)
			cs_chunk_set_add(&shard->closed, shard->pending[i].chunk);
		else
			cs_chunk_set_remove(&shard->closed, shard->pending[i].chunk);
	}
	shard->n_pending = 0;
	return CS_OK;
}

static int row_order(const void *a, const void *b)
{
	const struct cs_day_row *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	return cs_result_order(x->row, y->row);
}

static bool time_fits(int64_t us)
{
	return us >= 0 && us <= CS_STORE_TIME_MAX;
}

/* Fills shard->rows with the rows, by day and in a day by address and port. */
static enum cs_err sort_rows(struct cs_shard *shard, const struct cs_result *rows,
			     size_t n)
{
	if (n > shard->cap_rows) {
		void *more = reallocarray(shard->rows, n, sizeof(shard->rows[0]));

		if (!more)
			return no_memory(shard);
		shard->rows = more;
		shard->cap_rows = n;
	}
	for (size_t i = 0; i < n; i++) {
		if (!time_fits(rows[i].time_us))
			return cs_why_set(&shard->store->why, CS_ERR_RANGE,
					  shard->store->dir, "a result's time");
		shard->rows[i] =
			(struct cs_day_row){ (int32_t)cs_day_number(rows[i].time_us),
					     &rows[i] };
	}
	if (n > 1)
		qsort(shard->rows, n, sizeof(shard->rows[0]), row_order);
	return CS_OK;
}

/*
 * Opens the segments that the chunk falls on: of its rows, which are sorted,
 * and of its first and last probe, which may have brought none.
 */
static enum cs_err open_touched(struct cs_shard *shard, const struct cs_chunk_row *chunk,
				size_t n)
{
	enum cs_err err = open_day(shard, (int32_t)cs_day_number(chunk->first_us), true);

	if (!err)
		err = open_day(shard, (int32_t)cs_day_number(chunk->last_us), true);
	for (size_t i = 0; !err && i < n; i++)
		if (i == 0 || shard->rows[i].day != shard->rows[i - 1].day)
			err = open_day(shard, shard->rows[i].day, true);
	return err;
}

/* A chunk's share of one segment: rows [from, from + n) of shard->rows. */
static size_t share(const struct cs_shard *shard, size_t from, size_t n, int32_t day)
{
	size_t end = from;

	while (end < n && shard->rows[end].day == day)
		end++;
	return end - from;
}

/* Whether the chunk has a record, rows or a probe in the segment. */
static enum cs_err is_touched(struct cs_segment *segment,
			      const struct cs_chunk_row *chunk, size_t rows,
			      bool *touched)
{
	struct cs_chunk_entry entry;
	int32_t day = segment->name.day;
	enum cs_err err = CS_OK;

	*touched = rows > 0 || day == cs_day_number(chunk->first_us) ||
		   day == cs_day_number(chunk->last_us);
	if (!*touched) {
		err = cs_segment_chunk(segment, chunk->chunk, &entry);
		*touched = !err;
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* The segments that a chunk touches. */
struct touched {
	size_t n, last; /* how many, and the newest of them */
};

static enum cs_err count_touched(struct cs_shard *shard, const struct cs_chunk_row *chunk,
				 size_t n, struct touched *out)
{
	enum cs_err err = CS_OK;
	size_t at = 0;

	*out = (struct touched){ 0 };
	for (size_t i = 0; !err && i < shard->n_segments; i++) {
		size_t rows = share(shard, at, n, shard->segments[i]->name.day);
		bool touched;

		err = is_touched(shard->segments[i], chunk, rows, &touched);
		if (!err && touched) {
			out->n++;
			out->last = i;
		}
		at += rows;
	}
	return err;
}

/*
 * A closed chunk whose new rows do not go to one segment alone is made open
 * first, durably: between two commits its rows would be half old, half new.
 */
static enum cs_err reopen_chunk(struct cs_shard *shard, uint64_t chunk)
{
	enum cs_err err = cs_shard_commit(shard);

	for (size_t i = 0; !err && i < shard->n_segments; i++) {
		struct cs_chunk_entry entry;

		err = cs_segment_chunk(shard->segments[i], chunk, &entry);
		if (!err && entry.chunk.closed)
			err = cs_segment_writable(shard->segments[i]);
		if (!err && entry.chunk.closed)
			err = cs_segment_reopen_chunk(shard->segments[i], chunk);
		if (err == CS_ERR_NOT_FOUND)
			err = CS_OK;
	}
	if (!err)
		err = commit_segments(shard);
	if (!err)
		cs_chunk_set_remove(&shard->closed, chunk);
	return err;
}

/* The part of the chunk's record that belongs to one day. */
static struct cs_chunk_row day_share(const struct cs_chunk_row *chunk, int32_t day,
				     bool last)
{
	int64_t from = day * CS_US_PER_DAY, to = from + CS_US_PER_DAY - 1;
	struct cs_chunk_row out = *chunk;

	if (out.first_us < from || out.first_us > to)
		out.first_us = from;
	if (out.last_us < from || out.last_us > to)
		out.last_us = to;
	/* Counted once. */
	out.probed = last ? chunk->probed : 0;
	out.closed = last && chunk->closed;
	return out;
}

static enum cs_err put_touched(struct cs_shard *shard, const struct cs_chunk_row *chunk,
			       size_t n, size_t last)
{
	enum cs_err err = CS_OK;
	size_t at = 0;

	for (size_t i = 0; !err && i <= last; i++) {
		struct cs_segment *segment = shard->segments[i];
		size_t rows = share(shard, at, n, segment->name.day);
		struct cs_chunk_row part = day_share(chunk, segment->name.day, i == last);
		bool touched;

		err = is_touched(segment, chunk, rows, &touched);
		if (!err && touched)
			err = cs_segment_writable(segment);
		if (!err && touched)
			err = cs_segment_replace(segment, &part, shard->rows + at, rows);
		at += rows;
	}
	return err;
}

static enum cs_err remember(struct cs_shard *shard, const struct cs_chunk_row *chunk)
{
	if (shard->n_pending == shard->cap_pending) {
		size_t cap = shard->cap_pending ? 2 * shard->cap_pending : 64;
		void *more = reallocarray(shard->pending, cap, sizeof(shard->pending[0]));

		if (!more)
			return no_memory(shard);
		shard->pending = more;
		shard->cap_pending = cap;
	}
	shard->pending[shard->n_pending++] =
		(struct pending){ chunk->chunk, chunk->closed };
	return CS_OK;
}

static enum cs_err put_chunk(struct cs_shard *shard, const struct cs_chunk_row *chunk,
			     const struct cs_result *rows, size_t n)
{
	struct touched touched;
	enum cs_err err;

	if (chunk->chunk > INT64_MAX || !time_fits(chunk->first_us) ||
	    !time_fits(chunk->last_us) || chunk->first_us > chunk->last_us)
		return cs_why_set(&shard->store->why, CS_ERR_RANGE, shard->store->dir,
				  "a chunk's number or times");
	err = sort_rows(shard, rows, n);
	if (!err)
		err = open_touched(shard, chunk, n);
	if (!err)
		err = count_touched(shard, chunk, n, &touched);
	if (!err && touched.n > 1 && cs_shard_is_closed(shard, chunk->chunk))
		err = reopen_chunk(shard, chunk->chunk);
	if (!err)
		err = remember(shard, chunk);
	return err ? err : put_touched(shard, chunk, n, touched.last);
}

enum cs_err cs_shard_put_chunk(struct cs_shard *shard, const struct cs_chunk_row *chunk,
			       const struct cs_result *rows, size_t n)
{
	enum cs_err err = put_chunk(shard, chunk, rows, n);

	return err ? roll_back(shard, err) : CS_OK;
}

enum cs_err cs_shard_each(struct cs_shard *shard, bool open_too, cs_store_each_fn *each,
			  void *arg)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < shard->n_segments; i++)
		err = cs_segment_each(shard->segments[i],
				      open_too ? NULL : &shard->closed, each, arg);
	return err;
}

/* The closed chunks that a segment has a part of. */
struct cover {
	const struct cs_chunk_set *closed;
	struct cs_chunk_set here;
};

static enum cs_err add_covered(void *arg, const struct cs_chunk_entry *entry)
{
	struct cover *cover = arg;
	enum cs_err err = CS_OK;

	if (cs_chunk_set_has(cover->closed, entry->chunk.chunk)) {
		err = cs_chunk_set_reserve(&cover->here, 1);
		if (!err)
			cs_chunk_set_add(&cover->here, entry->chunk.chunk);
	}
	return err;
}

/* Enters a published segment in the catalogue, unless it stands there. */
static enum cs_err enter(struct cs_shard *shard, struct cs_segment *segment, bool renewed)
{
	struct cs_db *catalog = &shard->store->catalog;
	struct cover cover = { .closed = &shard->closed };
	struct cs_segment_sum sum;
	struct stat st;
	bool has = false;
	enum cs_err err = cs_segment_sum(segment, &sum);

	if (err)
		return err;
	if (stat(segment->db.path, &st) != 0)
		return cs_why_errno(&shard->store->why, segment->db.path);
	sum.bytes = (uint64_t)st.st_size;
	if (!renewed)
		err = cs_catalog_has(catalog, &segment->name, &sum, &has);
	if (err || has)
		return err;
	err = cs_segment_chunks(segment, add_covered, &cover);
	if (!err)
		err = cs_catalog_publish(catalog, &segment->name, &sum, &cover.here);
	cs_chunk_set_clear(&cover.here);
	return err;
}

static enum cs_err publish(struct cs_shard *shard)
{
	enum cs_err err = cs_shard_commit(shard);

	for (size_t i = 0; !err && i < shard->n_segments; i++) {
		bool part = shard->segments[i]->part;

		if (part)
			err = cs_segment_publish(shard->segments[i]);
		if (!err)
			err = enter(shard, shard->segments[i], part);
		else if (err == CS_ERR_NOT_FOUND)
			err = CS_OK;
	}
	return err;
}

enum cs_err cs_shard_publish(struct cs_shard *shard)
{
	enum cs_err err = publish(shard);

	shard_free(shard);
	return err;
}
