/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: where scans and their results are kept. One directory:
 *
 *   catalog.db               scans, their plans and counters, the segments
 *   DAY/SCAN-SHARD.db        one shard's results of one UTC day, published
 *   DAY/SCAN-SHARD.db.part   the same while it is being written
 *   lock/SCAN-SHARD          held by the process that writes the shard
 *
 * No SQL and no path of a file crosses this interface. A chunk is the unit of
 * everything: its rows are replaced as a whole, and it is done when the store
 * says so. One writer a shard; any number of scans may write at once.
 *
 * A store and its shards are used by one thread at a time, and not across a
 * fork(). Once it is open it needs nothing outside its directory, so it works
 * in a jail that is closed afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "probe/result.h"

enum {
	CS_SCAN_ID = 16, /* bytes; random */
	CS_SCAN_ID_TEXT = 2 * CS_SCAN_ID + 1,
	CS_PLAN_HASH = 16, /* bytes; of the canonical plan */
	CS_STORE_SCHEMA = 1,
};

/* The end of the year 9999; the last time that the store takes. */
#define CS_STORE_TIME_MAX INT64_C(253402300799999999)

struct cs_store;

/* Why the last call failed, for people: "FILE: what". Lives in the store. */
const char *cs_store_why(const struct cs_store *store);

/*
 * Opens the store in @dir, making directory and catalogue where they are
 * missing. *@out is set even on error (except CS_ERR_NOMEM), so that
 * cs_store_why() can be asked; close it in every case.
 *
 * CS_ERR_IO       the directory or catalogue cannot be made, read or written
 * CS_ERR_FOREIGN  a catalogue that is not ours or of a newer schema
 * CS_ERR_DAMAGED  SQLite says that the catalogue is damaged
 * CS_ERR_BUSY     somebody has held the catalogue for ten seconds; so may every
 *                 call below that reads or writes it
 * CS_ERR_NOMEM    memory is out; *@out is NULL
 */
CS_MUST_USE enum cs_err cs_store_open(const char *dir, struct cs_store **out);
void cs_store_close(struct cs_store *store);

enum cs_scan_state { CS_SCAN_RUNNING, CS_SCAN_STOPPED, CS_SCAN_DONE };

/* What is known of a scan's shard as a whole. */
struct cs_scan_row {
	uint8_t id[CS_SCAN_ID];
	uint32_t shard, shards;
	uint8_t plan_hash[CS_PLAN_HASH]; /* of all of @plan's bytes: its key */
	struct cs_span plan;             /* canonical plan, opaque to the store */
	struct cs_span metadata;         /* the metadata JSON, as last written */
	int64_t started_us, ended_us;    /* ended 0 while running */
	uint64_t n_chunks;               /* of the shard */
	enum cs_scan_state state;
};

/*
 * Records a new scan's shard; durable when it returns. The plan is kept once
 * for each hash.
 *
 * CS_ERR_REFUSED  the scan's shard is recorded already
 * CS_ERR_DAMAGED  another plan is kept under the same hash
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_store_scan_begin(struct cs_store *store,
					    const struct cs_scan_row *row);

/*
 * Renews state, ended_us and metadata of a scan's shard (id and shard name it).
 * CS_ERR_NOT_FOUND, CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_store_scan_update(struct cs_store *store,
					     const struct cs_scan_row *row);

/*
 * Finds a scan's shard: the newest one started, of scan @id unless it is NULL.
 * Spans of @row live in @arena.
 * CS_ERR_NOT_FOUND, CS_ERR_IO, CS_ERR_DAMAGED, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_store_scan_find(struct cs_store *store, const uint8_t *id,
					   struct cs_arena *arena,
					   struct cs_scan_row *row);

/* One shard being written. */
struct cs_shard;

/*
 * Opens a shard for writing, with what earlier runs of it stored: an
 * unpublished segment is recovered, a published one is copied and stays
 * visible until it is replaced.
 * CS_ERR_BUSY     another process writes this shard
 * CS_ERR_IO, CS_ERR_DAMAGED, CS_ERR_FOREIGN, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_shard_open(struct cs_store *store,
				      const uint8_t id[CS_SCAN_ID], uint32_t shard,
				      struct cs_shard **out);

struct cs_chunk_row {
	uint64_t chunk;            /* number within the shard */
	int64_t first_us, last_us; /* when its first and last probe left */
	uint32_t probed;           /* positions asked */
	bool closed;               /* all of them, cooldown and follow-ups ended */
};

/*
 * Puts one chunk: its rows replace whatever was stored of it before, each in
 * the segment of its probe's UTC day. Durable after cs_shard_commit(); until
 * then several chunks may be put. @rows may be in any order; an address and
 * port stands once in a shard, which is not checked here.
 *
 * CS_ERR_RANGE  a time outside 1970 to CS_STORE_TIME_MAX, or a chunk above
 *               INT64_MAX
 * CS_ERR_IO     (the disk is full, ...), CS_ERR_DAMAGED, CS_ERR_NOMEM
 *
 * On any error nothing of this and the other uncommitted chunks is stored,
 * except what cs_shard_is_closed() says. A chunk that was closed, and whose
 * old and new rows are of more than one day, becomes open by this call.
 */
CS_MUST_USE enum cs_err cs_shard_put_chunk(struct cs_shard *shard,
					   const struct cs_chunk_row *chunk,
					   const struct cs_result *rows, size_t n);

/*
 * Makes everything put so far durable. On error none of the chunks is stored
 * in part and closed: cs_shard_is_closed() says which are stored, if any.
 */
CS_MUST_USE enum cs_err cs_shard_commit(struct cs_shard *shard);

/* Whether the store has the chunk as closed; false for open or unknown ones. */
bool cs_shard_is_closed(const struct cs_shard *shard, uint64_t chunk);

/* How many chunks the store has as closed. */
uint64_t cs_shard_closed_count(const struct cs_shard *shard);

/*
 * Checkpoints and indexes the segments, publishes them by rename and enters
 * them and their per-day aggregates in the catalogue. The shard is freed in
 * every case; on error the segments that are not published yet stay as they
 * are, and opening the shard and publishing it again does the rest. Commits
 * what is not committed.
 */
CS_MUST_USE enum cs_err cs_shard_publish(struct cs_shard *shard);

/* Lets go of the shard without publishing. NULL is allowed. */
void cs_shard_abandon(struct cs_shard *shard);

/*
 * Calls @each for every stored row of the shard's closed chunks (of all
 * chunks when @open_too): by day, in a day by chunk in the order they were
 * put, in a chunk by address and port. The row's spans live only for the call.
 * @each stops the walk by returning an error, which is passed on; it must not
 * put anything. What is not committed counts as open.
 */
typedef enum cs_err cs_store_each_fn(void *arg, const struct cs_result *row);
CS_MUST_USE enum cs_err cs_shard_each(struct cs_shard *shard, bool open_too,
				      cs_store_each_fn *each, void *arg);

/* One published segment's day total, as the catalogue has it. */
struct cs_store_day {
	int32_t day; /* days since 1970-01-01, UTC */
	/* Results, and those with code 2.05; a scan that found what another did
	 * that day adds to both: cs_store_day_each() gives it once. */
	uint64_t rows, content;
};

/* Per-day aggregates from the catalogue, ascending; *@days lives in @arena. */
CS_MUST_USE enum cs_err cs_store_days(struct cs_store *store, struct cs_arena *arena,
				      struct cs_store_day **days, size_t *n);

/*
 * Every row of a day: the union of its published segments, one row per
 * address and port, the newest; by address and port. As cs_shard_each().
 */
CS_MUST_USE enum cs_err cs_store_day_each(struct cs_store *store, int32_t day,
					  cs_store_each_fn *each, void *arg);
