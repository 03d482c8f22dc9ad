/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify: what the files that check a store share: who is told what, whose
 * locks are held, and what waits until every file has been looked at.
 */
#pragma once

#include "store/own.h"
#include "store/segment.h"
#include "store/shard.h"

enum { CS_VERIFY_WHAT = 256 };

/* A segment that something is to be done to when all have been looked at. */
struct cs_verify_later {
	uint8_t scan[CS_SCAN_ID];
	uint32_t shard;
	int32_t day;
	enum cs_segment_file file; /* that was set aside: the published or the part */
	char what[CS_VERIFY_WHAT]; /* that is wrong with it */
};

struct cs_verify_list {
	struct cs_verify_later *items; /* owned */
	size_t n, cap;
};

struct cs_verify {
	struct cs_store *store;
	bool repair;
	bool no_catalog; /* none that can be read */
	bool made_anew;  /* segments are missing in it for that reason */
	cs_store_finding_fn *each;
	void *arg;
	struct cs_store_checked *checked;
	struct cs_verify_list damaged; /* set aside: to be saved */
	struct cs_verify_list unknown; /* to the catalogue: to be entered */
};

/* How a finding ends. */
enum cs_verify_end {
	CS_VERIFY_LEFT,     /* as it is */
	CS_VERIFY_REPAIRED, /* nothing is lost */
	CS_VERIFY_LOST,     /* put right, without what is gone */
	CS_VERIFY_GONE,     /* not put right, and gone all the same */
	CS_VERIFY_NOTE,     /* nothing is wrong */
};

/* How what takes no more than a removal ends. */
static inline enum cs_verify_end cs_verify_mended(const struct cs_verify *v)
{
	return v->repair ? CS_VERIFY_REPAIRED : CS_VERIFY_LEFT;
}

/* Tells of the file at @path, which is below the store. */
void cs_verify_say(struct cs_verify *v, const char *path, enum cs_verify_end end,
		   const char *fmt, ...) CS_PRINTF(4, 5);

/* Why the last call failed, without the name of the file. */
const char *cs_verify_why(const struct cs_verify *v);

/* CS_ERR_IO: a path is too long, or errno says what. */
enum cs_err cs_verify_too_long(struct cs_verify *v);
enum cs_err cs_verify_errno(struct cs_verify *v, const char *path);

CS_MUST_USE enum cs_err cs_verify_put_off(struct cs_verify *v,
					  struct cs_verify_list *list,
					  const struct cs_segment_name *name,
					  enum cs_segment_file file, const char *what);

/* A lock, or that somebody else has it. Without repair nothing is held. */
struct cs_verify_hold {
	struct cs_path path;
	int fd; /* -1: none */
	bool busy;
};

/* The lock of a segment's shard, or that of its enrichment. */
CS_MUST_USE enum cs_err cs_verify_take(struct cs_verify *v,
				       const struct cs_segment_name *name,
				       bool enrichment, struct cs_verify_hold *hold);
void cs_verify_release(struct cs_verify_hold *hold);

/*
 * Whether SQLite finds the file whole. CS_ERR_DAMAGED: it does not.
 */
CS_MUST_USE enum cs_err cs_verify_integrity(struct cs_db *db);

/*
 * Whether a file that was refused is simply of a newer coapscope, so that it is
 * to be left alone. @kind gets the id and schema that the file says it has.
 */
bool cs_verify_is_newer(const char *path, struct cs_db_kind *kind);

/* Sets a file and its journals aside as NAME.damaged. */
CS_MUST_USE enum cs_err cs_verify_set_aside(struct cs_verify *v, const char *path);

/* The catalogue, names.db, seen.db. */
CS_MUST_USE enum cs_err cs_verify_catalog(struct cs_verify *v, bool segments);
CS_MUST_USE enum cs_err cs_verify_companions(struct cs_verify *v);

/* One published segment with its enrichment; one part. */
CS_MUST_USE enum cs_err cs_verify_segment(struct cs_verify *v,
					  const struct cs_segment_name *name);
CS_MUST_USE enum cs_err cs_verify_part(struct cs_verify *v,
				       const struct cs_segment_name *name);

/* What a watch kept of that day, if it did. */
CS_MUST_USE enum cs_err cs_verify_watch(struct cs_verify *v, int32_t day);

/* A report whose rows or enrichment are gone may be imported again. */
CS_MUST_USE enum cs_err cs_verify_unfinish(struct cs_verify *v, const uint8_t *scan);

/* What is on the lists, and the catalogue's entries without a file. */
CS_MUST_USE enum cs_err cs_verify_save_all(struct cs_verify *v);
CS_MUST_USE enum cs_err cs_verify_enter_all(struct cs_verify *v);
CS_MUST_USE enum cs_err cs_verify_missing(struct cs_verify *v);

/* What was saved of a damaged file. */
struct cs_salvage {
	uint64_t rows, chunks;
	uint64_t known; /* rows that it should have had, as far as chunks tell */
	bool gaps;      /* something could not be read, maybe nothing of ours */
};

/*
 * Puts what can be read of the file at @path into the shard's segment of that
 * day, except chunks that are there; those that are open there are replaced by
 * whole ones where the file is @newer. The caller publishes.
 */
CS_MUST_USE enum cs_err cs_salvage(struct cs_shard *shard, int32_t day, const char *path,
				   bool newer, struct cs_salvage *saved);
