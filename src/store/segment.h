/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment: one file with what one shard found on one UTC day. Knows chunks and
 * rows, transactions of this one file, and how it becomes published; not the
 * other days of its shard, nor which chunks are closed as a whole.
 */
#pragma once

#include "store/bodies.h"
#include "store/chunk_set.h"
#include "store/db.h"
#include "store/files.h"
#include "store/payloads.h"
#include "store/store.h"

extern const struct cs_db_kind cs_segment_kind;

enum cs_segment_stmt {
	CS_STMT_CHUNK, /* reading one chunk's record; the others write */
	CS_STMT_CHUNK_PUT,
	CS_STMT_ROWS_DELETE,
	CS_STMT_ROW_PUT,
	CS_STMT_ROWS_PUT, /* CS_ROW_BATCH of them */
	CS_STMT_BODY_PUT,
	CS_STMT_COUNT,
};

struct cs_segment {
	const char *root; /* the store's directory, borrowed */
	struct cs_segment_name name;
	struct cs_db db;
	sqlite3_stmt *stmts[CS_STMT_COUNT];
	bool part;  /* being written; else it is the published file */
	bool in_tx; /* something is not committed */
	bool bodies_known;
	struct cs_bodies bodies; /* of the file, once they are known */
};

/* A chunk's record in one segment. */
struct cs_chunk_entry {
	struct cs_chunk_row chunk; /* closed: as this segment has it */
	int64_t first_row, n_rows, n_content;
};

/* What a segment adds up to. */
struct cs_segment_sum {
	uint64_t rows, content, bytes /* of the file */;
	int64_t first_us, last_us;
	int64_t version; /* as in struct cs_segment_id */
};

/* Which rows a published segment has; equal for equal ones only. */
struct cs_segment_id {
	uint8_t scan[CS_SCAN_ID];
	uint32_t shard;
	int32_t day;
	int64_t version; /* random; another with each publication; 0: an old file */
	int64_t last;    /* the highest number of a row; 0: no row */
};

/*
 * Opens what there is: the part, else the published file for reading, else,
 * with @make, a new part. @segment can be closed in every case.
 * CS_ERR_NOT_FOUND  nothing is there and it shall not be made
 * and what cs_db_open() gives
 */
CS_MUST_USE enum cs_err cs_segment_open(struct cs_segment *segment, const char *root,
					const struct cs_segment_name *name,
					const struct cs_sipkey *key, bool make,
					struct cs_why *why);

/* Opens a published file at @path, whatever shard it is of, for reading. */
CS_MUST_USE enum cs_err cs_segment_open_path(struct cs_segment *segment, const char *path,
					     int32_t day, struct cs_why *why);

/* As the file itself says. CS_ERR_DAMAGED, CS_ERR_IO, CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_segment_identify(struct cs_segment *segment,
					    struct cs_segment_id *id);

/* CS_ERR_DAMAGED: the file does not say that it is what @segment is named. */
CS_MUST_USE enum cs_err cs_segment_check_name(struct cs_segment *segment);

/* Undoes what is not committed. */
void cs_segment_close(struct cs_segment *segment);

/* A published segment is copied to a part first; does nothing to a part. */
CS_MUST_USE enum cs_err cs_segment_writable(struct cs_segment *segment);

/* CS_ERR_NOT_FOUND: no record of the chunk here. */
CS_MUST_USE enum cs_err cs_segment_chunk(struct cs_segment *segment, uint64_t chunk,
					 struct cs_chunk_entry *out);

/*
 * Reads what a statement gave: the columns of the table chunk, in their order.
 * False: a record that we never write.
 */
CS_MUST_USE bool cs_chunk_entry_read(sqlite3_stmt *stmt, struct cs_chunk_entry *out);

/*
 * Calls @each for every chunk's record, ascending; an error ends the walk.
 * @each must not write to the segment.
 */
typedef enum cs_err cs_chunk_each_fn(void *arg, const struct cs_chunk_entry *entry);
CS_MUST_USE enum cs_err cs_segment_chunks(struct cs_segment *segment,
					  cs_chunk_each_fn *each, void *arg);

/* One row to be put; what it is sorted by stands in it, which is quicker. */
struct cs_day_row {
	int32_t day; /* it belongs to */
	uint16_t port;
	uint64_t ip_hi, ip_lo; /* the address as a number */
	struct cs_sip128 body; /* hash of the body under the store's key */
	const struct cs_result *row;
};

/*
 * Replaces the chunk's rows and record; not durable yet. On failure the
 * segment must be rolled back.
 */
CS_MUST_USE enum cs_err cs_segment_replace(struct cs_segment *segment,
					   const struct cs_chunk_row *chunk,
					   const struct cs_day_row *rows, size_t n);

/* Marks a chunk as open, rows as they are; not durable yet. */
CS_MUST_USE enum cs_err cs_segment_reopen_chunk(struct cs_segment *segment,
						uint64_t chunk);

CS_MUST_USE enum cs_err cs_segment_commit(struct cs_segment *segment);
void cs_segment_rollback(struct cs_segment *segment);

/*
 * Calls @each for the rows of the chunks in @only (NULL: of all), in the order
 * they were put.
 */
CS_MUST_USE enum cs_err cs_segment_each(struct cs_segment *segment,
					const struct cs_chunk_set *only,
					cs_store_row_fn *each, void *arg);

/* Adds up the chunks' records; bytes and version are left 0. */
CS_MUST_USE enum cs_err cs_segment_sum(struct cs_segment *segment,
				       struct cs_segment_sum *sum);

/*
 * Turns a part into the published file and opens that. One without any
 * chunk is removed instead: CS_ERR_NOT_FOUND.
 */
CS_MUST_USE enum cs_err cs_segment_publish(struct cs_segment *segment);

/* A walk over a published segment. */
struct cs_cursor {
	struct cs_segment *segment; /* borrowed */
	sqlite3_stmt *stmt;         /* owned */
	struct cs_payloads payloads;
	int64_t id;
	struct cs_result row; /* the row it stands on; spans live until it moves */
	bool by_ip;
	bool any; /* it stood on a row */
	bool end;
};

/* In the order of address and port, else in that of the file, which is quicker. */
CS_MUST_USE enum cs_err cs_cursor_open(struct cs_cursor *cursor,
				       struct cs_segment *segment, bool by_ip);
CS_MUST_USE enum cs_err cs_cursor_next(struct cs_cursor *cursor);
void cs_cursor_close(struct cs_cursor *cursor);

/* By address, then port. */
int cs_result_order(const struct cs_result *a, const struct cs_result *b);
