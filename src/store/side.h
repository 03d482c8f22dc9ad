/* SPDX-License-Identifier: Apache-2.0 */
/*
 * side: the enrichment of a segment, in a file beside it. It says which
 * version of the segment it belongs to and is not there for any other. What
 * many rows share (places, judgements) is in memory while it is open.
 */
#pragma once

#include "base/arena.h"
#include "probe/enriched.h"
#include "store/bodies.h"
#include "store/segment.h"

extern const struct cs_db_kind cs_side_kind;

struct cs_side {
	struct cs_db db;
	struct cs_arena arena; /* of the texts below */
	struct cs_span sources;
	struct cs_place *places; /* owned; of id i at i - 1 */
	size_t n_places;
	struct cs_judgement *judgements; /* likewise */
	size_t n_judgements;
	sqlite3_stmt *find; /* by number */
	sqlite3_stmt *walk; /* in order */
	int64_t id;         /* the walk stands on; 0: nowhere */
	bool end;
};

/*
 * Opens what belongs to @segment, a published one, for reading. @side can be
 * closed in every case; nothing but its .sources may be used before
 * cs_side_load().
 * CS_ERR_NOT_FOUND  there is none, or it belongs to another version
 * CS_ERR_DAMAGED, CS_ERR_FOREIGN, CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_side_open(struct cs_side *side, struct cs_segment *segment,
				     const char *path, struct cs_why *why);
CS_MUST_USE enum cs_err cs_side_load(struct cs_side *side);
void cs_side_close(struct cs_side *side);

/*
 * What is known of the row @id; .hostname and its source live until the next
 * call. Numbers that rise are quicker by cs_side_next().
 * CS_ERR_DAMAGED  nothing is: each row of the segment has one
 */
CS_MUST_USE enum cs_err cs_side_find(struct cs_side *side, int64_t id,
				     struct cs_enriched *out);
CS_MUST_USE enum cs_err cs_side_next(struct cs_side *side, int64_t id,
				     struct cs_enriched *out);

/* One being made; nothing of it counts before it is published. */
struct cs_side_draft {
	struct cs_path path;
	struct cs_why *why; /* borrowed */
	struct cs_db db;
	struct cs_bodies places, judgements; /* which there are; by their bytes */
	sqlite3_stmt *put_place, *put_judgement, *put_row;
	uint8_t *bytes; /* of one of them; owned */
	size_t cap;
};

/*
 * Begins a file at @path, whatever is there, for the segment @of. The draft is
 * to be dropped in every case.
 */
CS_MUST_USE enum cs_err cs_side_begin(struct cs_side_draft *draft, const char *path,
				      const struct cs_segment_id *of,
				      struct cs_span sources, const struct cs_sipkey *key,
				      struct cs_why *why);

/* Numbers must rise. */
CS_MUST_USE enum cs_err cs_side_put(struct cs_side_draft *draft, int64_t id,
				    const struct cs_enriched *enriched);

/* Makes all of it durable and closes it: then it may be renamed. */
CS_MUST_USE enum cs_err cs_side_finish(struct cs_side_draft *draft);

/* Removes what was not renamed. */
void cs_side_drop(struct cs_side_draft *draft);
