/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: where scans and their results are kept. One directory:
 *
 *   catalog.db               scans, their plans and counters, the segments,
 *                            summaries of days
 *   DAY/SCAN-SHARD.db        one shard's results of one UTC day, published
 *   DAY/SCAN-SHARD.db.part   the same while it is being written
 *   DAY/SCAN-SHARD.enriched.db  what is known of them besides
 *   DAY/watch.db             what watches know of the day: watch_store.h
 *   names.db, seen.db        a cache of reverse names; since when who answers
 *   lock/SCAN-SHARD          held by the process that writes the shard
 *   lock/DAY-SCAN-SHARD      held by the process that enriches a segment
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
#include "probe/enriched.h"
#include "probe/result.h"

enum {
	CS_SCAN_ID = 16, /* bytes; random */
	CS_SCAN_ID_TEXT = 2 * CS_SCAN_ID + 1,
	CS_PLAN_HASH = 16,   /* bytes; of the canonical plan */
	CS_STORE_SCHEMA = 3, /* of the catalogue */
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

enum cs_scan_state {
	CS_SCAN_RUNNING,
	CS_SCAN_STOPPED,
	CS_SCAN_DONE,
	CS_SCAN_REPORT, /* no scan: the rows of a report of somebody's */
};

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
 * Finds a scan's shard: the newest one started, of scan @id unless that is NULL;
 * then no report's.
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
 * Takes one row; @enriched is NULL for one that was not enriched. All spans
 * live only for the call. An error ends the walk and is passed on.
 */
typedef enum cs_err cs_store_row_fn(void *arg, const struct cs_result *row,
				    const struct cs_enriched *enriched);

/*
 * Calls @each for every stored row of the shard's closed chunks (of all
 * chunks when @open_too), without enrichment: by day, in a day by chunk in the
 * order they were put, in a chunk by address and port. @each must not put
 * anything. What is not committed counts as open.
 */
CS_MUST_USE enum cs_err cs_shard_each(struct cs_shard *shard, bool open_too,
				      cs_store_row_fn *each, void *arg);

/* --- reading days --- */

/*
 * Opens a store that is there for reading only: nothing in it is changed, the
 * folder may be one that we cannot write, and others may write it meanwhile.
 * Calls below that would change something give CS_ERR_DENIED.
 * CS_ERR_NOT_FOUND  there is no store in @dir
 * CS_ERR_FOREIGN    also a catalogue of an older schema: only who writes
 *                   migrates it
 * CS_ERR_IO         also a killed writer's WAL that needs recovery, in a folder
 *                   that we cannot write
 * else as cs_store_open()
 */
CS_MUST_USE enum cs_err cs_store_open_read(const char *dir, struct cs_store **out);

/* One UTC day, as the catalogue has it. */
struct cs_store_day {
	int32_t day; /* days since 1970-01-01 */
	/* Results, and those with code 2.05; a scan that found what another did
	 * that day adds to both: cs_store_day_each() gives it once. */
	uint64_t rows, content;
	uint32_t segments;
	uint32_t missing; /* of the segments: the catalogue has them, the disk has not */
	uint64_t bytes;   /* of the segments' files */
	/* Changes whenever a segment of the day or its enrichment does. Never 0. */
	uint64_t stamp;
	uint64_t summary_stamp; /* as cs_store_summary_put() was told; 0: none */
};

/* Per-day aggregates from the catalogue, ascending; *@days lives in @arena. */
CS_MUST_USE enum cs_err cs_store_days(struct cs_store *store, struct cs_arena *arena,
				      struct cs_store_day **days, size_t *n);

/*
 * Every row of a day: the union of its published segments, one row per
 * address and port, the newest; by address and port. A segment that is missing,
 * or that cannot be opened, is an error before anything has been handed out;
 * damage deeper inside, when the walk gets there. Damaged enrichment, too, is an
 * error: it is made anew by cs_store_enrich().
 * CS_ERR_DAMAGED, CS_ERR_FOREIGN, CS_ERR_IO, CS_ERR_BUSY, CS_ERR_NOMEM, and what
 * @each gives
 */
CS_MUST_USE enum cs_err cs_store_day_each(struct cs_store *store, int32_t day,
					  cs_store_row_fn *each, void *arg);

/*
 * The same rows in no order and before the newest was picked, which is quicker:
 * a segment after the other, each in the order of its file.
 */
CS_MUST_USE enum cs_err cs_store_day_load(struct cs_store *store, int32_t day,
					  cs_store_row_fn *each, void *arg);

/*
 * The scan (CS_SCAN_ID bytes) of the row that one of the two is handing out;
 * NULL outside of a call of theirs to @each.
 */
const uint8_t *cs_store_row_scan(const struct cs_store *store);

/* What one scan's shard asked and closed on a day. */
struct cs_store_cover {
	uint8_t id[CS_SCAN_ID];
	uint32_t shard, shards;
	struct cs_span plan;     /* as in struct cs_scan_row */
	struct cs_span metadata; /* likewise */
	const struct cs_store_chunks {
		uint64_t first, last; /* inclusive */
	} * closed;                   /* ascending, disjoint */
	size_t n_closed;
};

/*
 * What was asked on a day: whether the silence of an address means anything.
 * All of it lives in @arena. Imported days have covers without closed chunks;
 * plan and metadata are empty where the catalogue has lost the scan.
 */
CS_MUST_USE enum cs_err cs_store_covers(struct cs_store *store, int32_t day,
					struct cs_arena *arena,
					struct cs_store_cover **covers, size_t *n);

/* --- enrichment: beside the segments, one file each, and can be renewed --- */

/*
 * Enriches @n rows of one segment at a time. @out has what the store knew of
 * them (or nothing) and is to be overwritten where more is known; its spans
 * need to live until the next call only.
 */
typedef enum cs_err cs_store_enrich_fn(void *arg, const struct cs_result *rows,
				       struct cs_enriched *out, size_t n);

struct cs_store_enrich {
	int32_t day;
	const uint8_t *scan;  /* only this scan's segments; NULL: all of the day */
	bool fresh;           /* do not begin with what was known */
	struct cs_span about; /* JSON object: which sources, and their dates */
	cs_store_enrich_fn *fill;
	void *arg;
};

/*
 * Makes or renews the enrichment of a day's published segments; each segment's
 * appears whole or not at all. Rows come in groups of up to 4096.
 * CS_ERR_NOT_FOUND  no such day or scan
 * CS_ERR_BUSY       another process enriches it
 * and what @fill gives, CS_ERR_IO, CS_ERR_DAMAGED, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_store_enrich(struct cs_store *store,
					const struct cs_store_enrich *want);

/*
 * Whether a published segment of @scan on that day has no enrichment, or one that is
 * damaged; false where there is none. CS_ERR_IO, CS_ERR_DAMAGED, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_store_lacks_enrichment(struct cs_store *store, int32_t day,
						  const uint8_t *scan, bool *lacks);

/* The .about of each enrichment in use on a day, equal ones once; in @arena. */
CS_MUST_USE enum cs_err cs_store_enriched_by(struct cs_store *store, int32_t day,
					     struct cs_arena *arena,
					     struct cs_span **about, size_t *n);

/* --- reverse names, kept for their TTL --- */

enum { CS_NAME_MAX = 1025 }; /* bytes of a name as text, escapes and NUL in it */

struct cs_store_name {
	struct cs_addr ip;
	struct cs_span name; /* empty: known to have none */
	int64_t expires_us;
};

/*
 * CS_ERR_NOT_FOUND: not known, or its time is up. @name lives until the next
 * call. A cache that is damaged is thrown away and made anew, which is no error.
 */
CS_MUST_USE enum cs_err cs_store_name_find(struct cs_store *store,
					   const struct cs_addr *ip, int64_t now_us,
					   struct cs_store_name *name);

/* CS_ERR_RANGE: a name of CS_NAME_MAX bytes or more; CS_ERR_DENIED, CS_ERR_IO ... */
CS_MUST_USE enum cs_err cs_store_names_put(struct cs_store *store,
					   const struct cs_store_name *names, size_t n);

/* --- summaries: what a day adds up to, so that a year opens at once --- */

/* "geo", "DE", 1234: what the groups and keys mean is report/'s business. */
struct cs_store_sum {
	struct cs_span group, key;
	uint64_t n;
};

/*
 * Replaces a day's summary as a whole; equal groups and keys add up. @stamp
 * comes back in cs_store_days(). CS_ERR_RANGE: more than INT64_MAX altogether.
 */
CS_MUST_USE enum cs_err cs_store_summary_put(struct cs_store *store, int32_t day,
					     uint64_t stamp,
					     const struct cs_store_sum *sums, size_t n);

typedef enum cs_err cs_store_sum_fn(void *arg, int32_t day,
				    const struct cs_store_sum *sum);

/* Sums of days first..last, of one group (NULL: all), by day, group, key. */
CS_MUST_USE enum cs_err cs_store_summary_each(struct cs_store *store, int32_t first,
					      int32_t last, const char *group,
					      cs_store_sum_fn *each, void *arg);

/* --- since when --- */

struct cs_store_seen {
	struct cs_addr ip;
	uint16_t port; /* that was asked */
	int64_t first_us, last_us;
};

/*
 * Widens what is known of each by [first_us, last_us]; quickest in order. On
 * error some of them are, which does no harm when all are put again.
 * CS_ERR_RANGE    last before first, or outside 0..CS_STORE_TIME_MAX
 * CS_ERR_DAMAGED  here and below: the list is, and cannot be made again
 */
CS_MUST_USE enum cs_err cs_store_seen_put(struct cs_store *store,
					  const struct cs_store_seen *seen, size_t n);

/* CS_ERR_NOT_FOUND: never seen. In: ip and port. */
CS_MUST_USE enum cs_err cs_store_seen_find(struct cs_store *store,
					   struct cs_store_seen *seen);

/* --- keeping it in order --- */

/*
 * Removes the days before @first: segments, enrichment, summaries, what was
 * last seen before it, plans and bodies that nothing needs. Safe while others
 * read and write. @removed: days and bytes.
 */
struct cs_store_pruned {
	uint64_t days, segments, bytes;
	int32_t first, last; /* of the days, where there are some */
};
CS_MUST_USE enum cs_err cs_store_prune(struct cs_store *store, int32_t first,
				       struct cs_store_pruned *removed);

/* Says what cs_store_prune() would remove now, and removes nothing. */
CS_MUST_USE enum cs_err cs_store_prune_look(struct cs_store *store, int32_t first,
					    struct cs_store_pruned *found);

/* What cs_store_verify() found in one file. */
struct cs_store_finding {
	const char *file; /* below the store */
	const char *what; /* may quote the file's own bytes */
	bool repaired;
	bool lost; /* something is gone for good */
	bool note; /* nothing is wrong: a scan that was interrupted */
};
typedef void cs_store_finding_fn(void *arg, const struct cs_store_finding *finding);

/* What was looked at: folders of days, published segments and their rows. */
struct cs_store_checked {
	uint64_t days, segments, rows;
};

/*
 * Checks every file and that they agree; with @repair puts right what can be:
 * enters published segments that the catalogue lacks, makes the catalogue
 * again from the segments, drops enrichment, summaries and caches that are
 * damaged (they can be renewed), takes away leftovers, sets damaged files
 * aside as NAME.damaged with what can still be read of segments copied. What
 * others are writing is left to them. CS_OK also when something was found: @each
 * has been told.
 *
 * @store may be one that could not be opened: CS_ERR_DAMAGED, CS_ERR_FOREIGN,
 * CS_ERR_NOT_FOUND. With @repair it was opened for writing.
 *
 * CS_ERR_NOT_FOUND  there is neither a catalogue nor a segment
 * CS_ERR_FOREIGN    a catalogue that is not ours or of another schema
 * CS_ERR_DENIED     @repair of a store that was opened for reading
 * CS_ERR_IO, CS_ERR_BUSY, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_store_verify(struct cs_store *store, bool repair,
					cs_store_finding_fn *each, void *arg,
					struct cs_store_checked *checked);
