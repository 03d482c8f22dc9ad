/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard: the inside of struct cs_shard, for the files that open it, put
 * chunks into it and publish it.
 *
 * A shard is written to the segments of the days that its probes fall on.
 * Each segment commits by itself, earlier days first. A chunk that touches
 * several is closed only in the last, so a kill between two commits leaves it
 * open, and it is probed again.
 */
#pragma once

#include "store/own.h"
#include "store/segment.h"

struct cs_pending {
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
	struct cs_pending *pending; /* put and not committed; owned */
	size_t n_pending, cap_pending;
	struct cs_day_row *rows; /* room for sorting one chunk; owned */
	size_t cap_rows;
};

void cs_shard_free(struct cs_shard *shard);

/* CS_ERR_NOMEM, said. */
enum cs_err cs_shard_no_memory(struct cs_shard *shard);

/* Opens the segment of @day unless it is open; CS_ERR_NOT_FOUND without @make. */
CS_MUST_USE enum cs_err cs_shard_open_day(struct cs_shard *shard, int32_t day, bool make);

/*
 * Makes a closed chunk open, durably, in the segment that calls it closed, and
 * commits what was put. An unknown one is fine.
 */
CS_MUST_USE enum cs_err cs_shard_reopen_chunk(struct cs_shard *shard, uint64_t chunk);

/* Learns from the segments which chunks are closed. */
CS_MUST_USE enum cs_err cs_shard_learn_closed(struct cs_shard *shard);

/* Commits the segments, earlier days first; stops at the first that fails. */
CS_MUST_USE enum cs_err cs_shard_commit_segments(struct cs_shard *shard);

/* Takes back what is not committed. @err is passed on. */
enum cs_err cs_shard_roll_back(struct cs_shard *shard, enum cs_err err);
