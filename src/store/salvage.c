/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be read of a damaged segment, into a new one. Rows are looked for by
 * number, each by itself, so that a page that cannot be read takes its own rows
 * along and no others. A chunk stays closed when all of its rows were saved; else
 * it becomes open, so that it counts as not asked. Rows of no known chunk get
 * chunks of their own, above all that a scan has.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/row.h"
#include "store/verify.h"

enum {
	STRAY_CHUNK = 4096, /* rows of no chunk that are put together */
	STRAY_CHUNKS = 1 << 20,
	NEAR = 1 << 16,  /* numbers that are tried one by one behind a gap */
	TRIES = 1 << 20, /* of them in all: numbers come from the file */
};

#define ROWS_MAX (INT64_C(1) << 40) /* of a chunk; more is no number of ours */

struct entry {
	struct cs_chunk_entry chunk;
	bool put;
};

struct salvage {
	struct cs_shard *shard;
	struct cs_segment *into; /* of the day; borrowed */
	struct cs_segment from;
	sqlite3_stmt *next, *exact;
	struct entry *entries; /* by first row; owned */
	size_t n, cap;
	struct cs_salvage *saved;
	struct cs_arena arena;     /* of the rows that wait */
	struct cs_day_row *rows;   /* they wait for the end of their chunk; owned */
	struct cs_result *results; /* likewise */
	size_t n_rows, cap_rows;
	uint64_t stray; /* chunk that the next stray rows get */
	int64_t tries;
	int64_t last; /* number that a row can have */
	bool newer;   /* than what the shard has */
};

static enum cs_err no_memory(struct salvage *s)
{
	return cs_shard_no_memory(s->shard);
}

static bool fatal(enum cs_err err)
{
	return err == CS_ERR_NOMEM;
}

/* --- which chunks there were --- */

static bool is_stray(const struct cs_chunk_entry *entry)
{
	return entry->chunk.chunk > (uint64_t)INT64_MAX - STRAY_CHUNKS;
}

static enum cs_err add_entry(struct salvage *s, const struct cs_chunk_entry *entry)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 64;
		void *more = reallocarray(s->entries, cap, sizeof(s->entries[0]));

		if (!more)
			return no_memory(s);
		s->entries = more;
		s->cap = cap;
	}
	s->entries[s->n++] = (struct entry){ .chunk = *entry };
	return CS_OK;
}

/* From one end until it ends, fails, or comes to @stop; the last number seen. */
static enum cs_err walk_chunks(struct salvage *s, bool back, int64_t stop, int64_t *last)
{
	static const char up[] =
		"SELECT chunk, first_us, last_us, probed, closed, first_row, n_rows,"
		" n_content FROM chunk ORDER BY chunk";
	static const char down[] =
		"SELECT chunk, first_us, last_us, probed, closed, first_row, n_rows,"
		" n_content FROM chunk ORDER BY chunk DESC";
	struct cs_chunk_entry entry;
	sqlite3_stmt *stmt;
	enum cs_err put = CS_OK, err;

	err = cs_db_prepare(&s->from.db, back ? down : up, &stmt);
	while (!err && !put && cs_db_next(&s->from.db, stmt, &err)) {
		int64_t chunk = sqlite3_column_int64(stmt, 0);

		if (back ? chunk <= stop || chunk >= *last : chunk <= *last)
			break;
		*last = chunk;
		if (cs_chunk_entry_read(stmt, &entry) && !is_stray(&entry) &&
		    entry.n_rows < ROWS_MAX)
			put = add_entry(s, &entry);
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	return put ? put : err;
}

static int by_first_row(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->chunk.first_row > y->chunk.first_row) -
	       (x->chunk.first_row < y->chunk.first_row);
}

static enum cs_err learn_chunks(struct salvage *s)
{
	int64_t first = -1, last = INT64_MAX;
	enum cs_err err = walk_chunks(s, false, 0, &first);

	s->saved->gaps |= err != CS_OK;
	if (err && !fatal(err))
		err = walk_chunks(s, true, first, &last);
	for (size_t i = 0; i < s->n; i++)
		s->saved->known += (uint64_t)s->entries[i].chunk.n_rows;
	if (s->n > 1)
		qsort(s->entries, s->n, sizeof(s->entries[0]), by_first_row);
	return fatal(err) ? err : CS_OK;
}

/* The chunk that has the row, or NULL. */
static struct entry *entry_of(struct salvage *s, int64_t id)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->entries[mid].chunk.first_row <= id)
			low = mid + 1;
		else
			high = mid;
	}
	/* Those without rows have no place in the order. */
	while (low > 0 && s->entries[low - 1].chunk.n_rows == 0)
		low--;
	if (low == 0 || s->entries[low - 1].put ||
	    id - s->entries[low - 1].chunk.first_row >= s->entries[low - 1].chunk.n_rows)
		return NULL;
	return &s->entries[low - 1];
}

/* --- putting --- */

/* Whether what the shard has of the chunk stays. */
static bool stays(const struct salvage *s, const struct cs_chunk_entry *known,
		  const struct cs_chunk_row *chunk, bool whole)
{
	return !s->newer || known->chunk.closed || !chunk->closed || !whole;
}

static enum cs_err put(struct salvage *s, struct cs_chunk_row *chunk, bool whole)
{
	struct cs_chunk_entry known;
	enum cs_err err = cs_segment_chunk(s->into, chunk->chunk, &known);

	if (!err && stays(s, &known, chunk, whole))
		return CS_OK;
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	err = whole ? CS_OK : cs_shard_reopen_chunk(s->shard, chunk->chunk);
	chunk->closed &= whole;
	for (size_t i = 0; i < s->n_rows; i++)
		s->rows[i].row = &s->results[i];
	if (!err)
		err = cs_segment_writable(s->into);
	if (!err)
		err = cs_segment_replace(s->into, chunk, s->rows, s->n_rows);
	s->saved->chunks += !err;
	return err;
}

static enum cs_err put_entry(struct salvage *s, struct entry *entry)
{
	struct cs_chunk_row chunk = entry->chunk.chunk;
	enum cs_err err = put(s, &chunk, (int64_t)s->n_rows == entry->chunk.n_rows);

	entry->put = true;
	s->saved->rows += s->n_rows;
	s->n_rows = 0;
	cs_arena_clear(&s->arena);
	return err;
}

static enum cs_err put_stray(struct salvage *s)
{
	struct cs_chunk_row chunk = { .chunk = s->stray--, .first_us = INT64_MAX };

	if (s->n_rows == 0)
		return CS_OK;
	for (size_t i = 0; i < s->n_rows; i++) {
		int64_t us = s->results[i].time_us;

		chunk.first_us = us < chunk.first_us ? us : chunk.first_us;
		chunk.last_us = us > chunk.last_us ? us : chunk.last_us;
	}
	s->saved->rows += s->n_rows;

	enum cs_err err = put(s, &chunk, true);

	s->n_rows = 0;
	cs_arena_clear(&s->arena);
	return err;
}

static enum cs_err flush(struct salvage *s, struct entry *entry)
{
	return entry ? put_entry(s, entry) : put_stray(s);
}

static bool keep(struct salvage *s, struct cs_span *span)
{
	char *copy = cs_arena_text(&s->arena, *span);

	*span = cs_span_of(copy, copy ? span->len : 0);
	return copy;
}

static enum cs_err take_row(struct salvage *s, const struct cs_result *row)
{
	if (s->n_rows == s->cap_rows) {
		size_t cap = s->cap_rows ? 2 * s->cap_rows : STRAY_CHUNK;
		void *results = reallocarray(s->results, cap, sizeof(s->results[0]));
		void *rows = NULL;

		if (results) {
			s->results = results;
			rows = reallocarray(s->rows, cap, sizeof(s->rows[0]));
		}
		if (!rows)
			return no_memory(s);
		s->rows = rows;
		s->cap_rows = cap;
	}

	struct cs_result *copy = &s->results[s->n_rows];

	*copy = *row;
	if (!keep(s, &copy->header) || !keep(s, &copy->body))
		return no_memory(s);
	s->rows[s->n_rows++] = (struct cs_day_row){
		.day = s->into->name.day,
		.body = cs_body_hash(&s->shard->store->key, copy->body),
	};
	return CS_OK;
}

/* --- rows --- */

/*
 * Reads one row: of number @id, or the first above it. False where there is none
 * or it cannot be read; *@at is its number as far as that is known.
 */
static bool read_row(struct salvage *s, sqlite3_stmt *stmt, int64_t id, int64_t *at,
		     struct cs_result *row, enum cs_err *err)
{
	bool found;

	(void)sqlite3_reset(stmt); /* says again what step said */
	cs_db_bind_number(stmt, 1, id);
	found = cs_db_next(&s->from.db, stmt, err);
	s->saved->gaps |= *err != CS_OK && !found;
	if (!found)
		return false;
	*at = sqlite3_column_int64(stmt, 0);
	*err = cs_row_read(&s->from.db, stmt, s->into->name.day, at, row);
	s->saved->gaps |= *err != CS_OK;
	return !*err;
}

/*
 * The first row above @id that can be read. Numbers that lead to a page that
 * cannot be are tried one by one, then in strides.
 */
static bool find_row(struct salvage *s, int64_t id, int64_t *at, struct cs_result *row,
		     enum cs_err *err)
{
	int64_t stride = 1;

	*at = id;
	if (read_row(s, s->next, id, at, row, err))
		return true;
	/* It has a number: the row itself is no good, not the way to it. */
	while (*err && !fatal(*err) && *at > id) {
		id = *at;
		if (read_row(s, s->next, id, at, row, err))
			return true;
	}
	for (int near = 1; *err && !fatal(*err); near++) {
		bool close = near <= NEAR && s->tries-- > 0;

		stride = close ? 1 : 2 * stride;
		if (id > s->last - stride)
			break;
		id += stride;
		*at = id;
		if (read_row(s, close ? s->exact : s->next, id, at, row, err))
			return true;
		if (!*err && !close)
			return false; /* that was the end */
		*err = *err ? *err : CS_ERR_DAMAGED;
	}
	return false;
}

static enum cs_err save_rows(struct salvage *s)
{
	struct entry *chunk = NULL;
	struct cs_result row;
	int64_t id = 0, at;
	enum cs_err read = CS_OK, err = CS_OK;

	while (!err && find_row(s, id, &at, &row, &read)) {
		struct entry *entry = entry_of(s, at);

		if (s->n_rows > 0 &&
		    (entry != chunk || (!entry && s->n_rows == STRAY_CHUNK)))
			err = flush(s, chunk);
		chunk = entry;
		if (!err)
			err = take_row(s, &row);
		id = at;
	}
	if (!err && s->n_rows > 0)
		err = flush(s, chunk);
	return err ? err : fatal(read) ? read : CS_OK;
}

/* Chunks that had no rows, and those of which none is left. */
static enum cs_err save_rest(struct salvage *s)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < s->n; i++)
		if (!s->entries[i].put)
			err = put_entry(s, &s->entries[i]);
	return err;
}

/* --- the file --- */

/* Its header may not say any more that it is ours, or which schema it has. */
static enum cs_err open_from(struct salvage *s, const char *path)
{
	struct cs_db_kind kind = cs_segment_kind;
	struct cs_db *db = &s->from.db;
	enum cs_err err;

	(void)cs_verify_is_newer(path, &kind);
	err = cs_db_open(db, path, CS_DB_READ, &kind, &s->shard->store->why);
	if (!err)
		err = cs_db_prepare(db,
				    CS_ROW_SELECT CS_ROW_JOIN
				    " WHERE result.id > ?1 ORDER BY result.id LIMIT 1",
				    &s->next);
	if (!err)
		err = cs_db_prepare(db, CS_ROW_SELECT CS_ROW_JOIN " WHERE result.id = ?1",
				    &s->exact);
	return err;
}

/* What says that it is another's is not put under this name. */
static bool is_anothers(struct salvage *s)
{
	const struct cs_segment_name *name = &s->into->name;
	struct cs_segment_id id;

	return cs_segment_identify(&s->from, &id) == CS_OK &&
	       (memcmp(id.scan, name->scan, CS_SCAN_ID) != 0 || id.shard != name->shard ||
		id.day != name->day);
}

static struct cs_segment *segment_of(struct cs_shard *shard, int32_t day)
{
	for (size_t i = 0; i < shard->n_segments; i++)
		if (shard->segments[i]->name.day == day)
			return shard->segments[i];
	return NULL;
}

/* The highest number of a row: the last page says so, or the chunks do. */
static enum cs_err learn_last(struct salvage *s)
{
	int64_t last = 0;
	enum cs_err err = cs_db_number(&s->from.db, "SELECT max(id) FROM result", &last);

	for (size_t i = 0; i < s->n; i++) {
		const struct cs_chunk_entry *chunk = &s->entries[i].chunk;

		if (chunk->first_row + chunk->n_rows > last)
			last = chunk->first_row + chunk->n_rows;
	}
	s->last = err && s->n == 0 ? INT64_MAX : last;
	return fatal(err) ? err : CS_OK;
}

static enum cs_err run(struct salvage *s)
{
	enum cs_err err = learn_chunks(s);

	if (!err)
		err = learn_last(s);
	if (!err)
		err = save_rows(s);
	if (!err)
		err = save_rest(s);
	if (!err)
		err = cs_shard_commit(s->shard);
	return err ? err : cs_shard_learn_closed(s->shard);
}

static void clear(struct salvage *s)
{
	(void)sqlite3_finalize(s->next); /* only read from */
	(void)sqlite3_finalize(s->exact);
	cs_segment_close(&s->from);
	cs_arena_clear(&s->arena);
	free(s->entries);
	free(s->rows);
	free(s->results);
}

enum cs_err cs_salvage(struct cs_shard *shard, int32_t day, const char *path, bool newer,
		       struct cs_salvage *saved)
{
	struct salvage s = { .newer = newer,
			     .shard = shard,
			     .saved = saved,
			     .stray = INT64_MAX,
			     .tries = TRIES };
	enum cs_err err = cs_shard_open_day(shard, day, true);

	*saved = (struct cs_salvage){ 0 };
	if (err)
		return err;
	s.into = segment_of(shard, day);
	err = open_from(&s, path);
	if (err) /* nothing of it can be read */
		err = fatal(err) ? err : CS_OK;
	else if (!is_anothers(&s))
		err = run(&s);
	clear(&s);
	return err;
}
