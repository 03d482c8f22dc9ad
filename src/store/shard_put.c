/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/clock.h"
#include "store/shard.h"

/* Bytes of a cache line, of a body, and rows from one to the fetched one. */
enum { LINE = 64, FETCH = 512, AHEAD = 6 };

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int row_order(const void *a, const void *b)
{
	const struct cs_day_row *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->ip_hi != y->ip_hi)
		return order(x->ip_hi, y->ip_hi);
	if (x->ip_lo != y->ip_lo)
		return order(x->ip_lo, y->ip_lo);
	return order(x->port, y->port);
}

static struct cs_day_row day_row(const struct cs_sipkey *key, const struct cs_result *row)
{
	struct cs_rd ip = cs_rd_over(row->ip.b, sizeof(row->ip.b));
	struct cs_day_row out = { .day = (int32_t)cs_day_number(row->time_us),
				  .port = row->port,
				  .body = cs_body_hash(key, row->body),
				  .row = row };

	out.ip_hi = cs_rd_u64(&ip);
	out.ip_lo = cs_rd_u64(&ip);
	return out;
}

static bool time_fits(int64_t us)
{
	return us >= 0 && us <= CS_STORE_TIME_MAX;
}

/* The bodies of a chunk lie anywhere in memory; most fit in what is fetched. */
static void fetch_body(const struct cs_result *row)
{
	for (size_t at = 0; at < row->body.len && at < FETCH; at += LINE)
		__builtin_prefetch(row->body.ptr + at);
}

/* Fills shard->rows with the rows, by day and in a day by address and port. */
static enum cs_err sort_rows(struct cs_shard *shard, const struct cs_result *rows,
			     size_t n)
{
	if (n > shard->cap_rows) {
		void *more = reallocarray(shard->rows, n, sizeof(shard->rows[0]));

		if (!more)
			return cs_shard_no_memory(shard);
		shard->rows = more;
		shard->cap_rows = n;
	}
	for (size_t i = 0; i < n; i++) {
		if (!time_fits(rows[i].time_us))
			return cs_why_set(&shard->store->why, CS_ERR_RANGE,
					  shard->store->dir, "a result's time");
		if (i + AHEAD < n)
			fetch_body(&rows[i + AHEAD]);
		shard->rows[i] = day_row(&shard->store->key, &rows[i]);
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
	enum cs_err err =
		cs_shard_open_day(shard, (int32_t)cs_day_number(chunk->first_us), true);

	if (!err)
		err = cs_shard_open_day(shard, (int32_t)cs_day_number(chunk->last_us),
					true);
	for (size_t i = 0; !err && i < n; i++)
		if (i == 0 || shard->rows[i].day != shard->rows[i - 1].day)
			err = cs_shard_open_day(shard, shard->rows[i].day, true);
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
enum cs_err cs_shard_reopen_chunk(struct cs_shard *shard, uint64_t chunk)
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
		err = cs_shard_commit_segments(shard);
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
		const struct cs_day_row *found = rows > 0 ? shard->rows + at : NULL;
		struct cs_chunk_row part = day_share(chunk, segment->name.day, i == last);
		bool touched;

		err = is_touched(segment, chunk, rows, &touched);
		if (!err && touched)
			err = cs_segment_writable(segment);
		if (!err && touched)
			err = cs_segment_replace(segment, &part, found, rows);
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
			return cs_shard_no_memory(shard);
		shard->pending = more;
		shard->cap_pending = cap;
	}
	shard->pending[shard->n_pending++] =
		(struct cs_pending){ chunk->chunk, chunk->closed };
	return CS_OK;
}

static enum cs_err put_chunk(struct cs_shard *shard, const struct cs_chunk_row *chunk,
			     const struct cs_result *rows, size_t n)
{
	struct touched touched;
	enum cs_err err;

	if (chunk->chunk > INT64_MAX || !time_fits(chunk->first_us) ||
	    !time_fits(chunk->last_us))
		return cs_why_set(&shard->store->why, CS_ERR_RANGE, shard->store->dir,
				  "a chunk's number or times");
	err = sort_rows(shard, rows, n);
	if (!err)
		err = open_touched(shard, chunk, n);
	if (!err)
		err = count_touched(shard, chunk, n, &touched);
	if (!err && touched.n > 1 && cs_shard_is_closed(shard, chunk->chunk))
		err = cs_shard_reopen_chunk(shard, chunk->chunk);
	if (!err)
		err = remember(shard, chunk);
	return err ? err : put_touched(shard, chunk, n, touched.last);
}

enum cs_err cs_shard_put_chunk(struct cs_shard *shard, const struct cs_chunk_row *chunk,
			       const struct cs_result *rows, size_t n)
{
	struct cs_chunk_row sane = *chunk;

	/* The clock was set back meanwhile: no reason to lose the rows. */
	if (chunk->first_us > chunk->last_us) {
		sane.first_us = chunk->last_us;
		sane.last_us = chunk->first_us;
	}

	enum cs_err err = put_chunk(shard, &sane, rows, n);

	return err ? cs_shard_roll_back(shard, err) : CS_OK;
}
