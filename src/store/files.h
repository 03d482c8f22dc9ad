/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files: the store's directory as names, modes and locks; nothing of what is
 * in the files. Directories are 0750 and files 0640, less the umask. Functions
 * that return int give -1 with errno.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rd.h"

struct cs_path {
	char text[PATH_MAX];
};

/* Which segment. */
struct cs_segment_name {
	const uint8_t *scan; /* CS_SCAN_ID bytes, borrowed */
	uint32_t shard;
	int32_t day; /* since 1970-01-01 */
};

enum cs_segment_file {
	CS_FILE_PUBLISHED, /* .db */
	CS_FILE_PART,      /* .db.part: being written */
	CS_FILE_COPY,      /* .db.copy: becomes the part when it is whole */
	CS_FILE_ENRICHED,  /* .enriched.db: what is known besides of the published */
	CS_FILE_ENRICHING, /* .enriched.db.part: becomes that */
};

/* Paths below @root. False: longer than PATH_MAX. */
CS_MUST_USE bool cs_path_under(const char *root, const char *name, struct cs_path *out);
CS_MUST_USE bool cs_path_with(const char *path, const char *end, struct cs_path *out);
CS_MUST_USE bool cs_path_day(const char *root, int32_t day, struct cs_path *out);
CS_MUST_USE bool cs_path_segment(const char *root, const struct cs_segment_name *name,
				 enum cs_segment_file file, struct cs_path *out);
CS_MUST_USE bool cs_path_lock(const char *root, const uint8_t *scan, uint32_t shard,
			      struct cs_path *out);
CS_MUST_USE bool cs_path_enrich_lock(const char *root, const struct cs_segment_name *name,
				     struct cs_path *out);

/* Reads the name of a published segment: 32 hex digits, -, number, .db */
CS_MUST_USE bool cs_name_segment(const char *name, uint8_t *scan, uint32_t *shard);

/* Reads the name of a day's directory. */
CS_MUST_USE bool cs_name_day(const char *name, int32_t *day);

/* Makes an empty file; one that is there already is left alone. */
CS_MUST_USE int cs_file_make(const char *path);

/* Makes a directory and what is missing above it. */
CS_MUST_USE int cs_dir_make(const char *path);

/* Makes what was written to a file, or the names in a directory, durable. */
CS_MUST_USE int cs_file_sync(const char *path);

/* Renames within @dir, durably. */
CS_MUST_USE int cs_file_rename(const char *from, const char *to, const char *dir);

bool cs_file_exists(const char *path);

/* Removes a file; one that is not there is fine. */
CS_MUST_USE int cs_file_remove(const char *path);

/*
 * Locks @path for this process: a descriptor, or -1 with EWOULDBLOCK when
 * another holds it and @wait is false. The lock ends with the process.
 */
CS_MUST_USE int cs_lock_take(const char *path, bool wait);

/* Whether another holds it, as far as can be told without making the file. */
bool cs_lock_is_held(const char *path);

/* Lets go of it and removes the file. -1 is allowed. */
void cs_lock_drop(const char *path, int fd);
