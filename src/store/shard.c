/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/shard.h"

enum cs_err cs_shard_no_memory(struct cs_shard *shard)
{
	return cs_why_set(&shard->store->why, CS_ERR_NOMEM, shard->store->dir,
			  "out of memory");
}

void cs_shard_free(struct cs_shard *shard)
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

enum cs_err cs_shard_learn_closed(struct cs_shard *shard)
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

enum cs_err cs_shard_open_day(struct cs_shard *shard, int32_t day, bool make)
{
	const struct cs_segment_name name = { shard->id, shard->shard, day };
	size_t at = day_place(shard, day);
	struct cs_segment *segment;
	enum cs_err err;

	if (at < shard->n_segments && shard->segments[at]->name.day == day)
		return CS_OK;

	void *more = reallocarray(shard->segments, shard->n_segments + 1,
				  sizeof(struct cs_segment *));

	if (!more)
		return cs_shard_no_memory(shard);
	shard->segments = more;
	segment = calloc(1, sizeof(*segment));
	if (!segment)
		return cs_shard_no_memory(shard);
	err = cs_segment_open(segment, shard->store->dir, &name, &shard->store->key, make,
			      &shard->store->why);
	if (err) {
		cs_segment_close(segment);
		free(segment);
		return err;
	}
	memmove(shard->segments + at + 1, shard->segments + at,
		(shard->n_segments - at) * sizeof(struct cs_segment *));
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
			err = cs_shard_open_day(shard, day, false);
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
	enum cs_err err = cs_store_writable(store);
	struct cs_shard *shard = err ? NULL : calloc(1, sizeof(*shard));

	*out = NULL;
	if (err)
		return err;
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
		err = cs_shard_learn_closed(shard);
	if (err)
		cs_shard_free(shard);
	else
		*out = shard;
	return err;
}

void cs_shard_abandon(struct cs_shard *shard)
{
	if (shard)
		cs_shard_free(shard);
}

bool cs_shard_is_closed(const struct cs_shard *shard, uint64_t chunk)
{
	return cs_chunk_set_has(&shard->closed, chunk);
}

uint64_t cs_shard_closed_count(const struct cs_shard *shard)
{
	return shard->closed.count;
}

enum cs_err cs_shard_roll_back(struct cs_shard *shard, enum cs_err err)
{
	struct cs_why kept = shard->store->why;

	for (size_t i = 0; i < shard->n_segments; i++)
		cs_segment_rollback(shard->segments[i]);
	shard->n_pending = 0;
	/* Some segments may have committed: the files know. */
	if (cs_shard_learn_closed(shard) != CS_OK)
		cs_chunk_set_clear(&shard->closed);
	shard->store->why = kept;
	return err;
}

enum cs_err cs_shard_commit_segments(struct cs_shard *shard)
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
		return cs_shard_roll_back(shard, cs_shard_no_memory(shard));
	err = cs_shard_commit_segments(shard);
	if (err)
		return cs_shard_roll_back(shard, err);
	for (size_t i = 0; i < shard->n_pending; i++) {
		if (shard->pending[i].closed)
			cs_chunk_set_add(&shard->closed, shard->pending[i].chunk);
		else
			cs_chunk_set_remove(&shard->closed, shard->pending[i].chunk);
	}
	shard->n_pending = 0;
	return CS_OK;
}

enum cs_err cs_shard_each(struct cs_shard *shard, bool open_too, cs_store_row_fn *each,
			  void *arg)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < shard->n_segments; i++)
		err = cs_segment_each(shard->segments[i],
				      open_too ? NULL : &shard->closed, each, arg);
	return err;
}
