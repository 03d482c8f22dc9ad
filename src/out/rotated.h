/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotated: a file of records that is never larger than so many bytes: then it becomes
 * NAME.1, that NAME.2 and so on, and the oldest goes. A record is there whole or not at
 * all: one that finds no room on the disk is taken back and counted, and it goes on when
 * there is room again. What records mean is the owner's business.
 *
 * The name is resolved by open; afterwards a jail needs to leave the folder alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"

struct cs_rotated;

/*
 * Begins @path anew, relative to the working directory; what was there becomes PATH.1.
 * @most bytes a file (at least one record, however large), @files of them in all, from
 * 1. On error @out is untouched, and errno says more.
 *
 * CS_ERR_DENIED, CS_ERR_NOMEM
 * CS_ERR_IO  no such folder, no regular file, or another refusal
 */
CS_MUST_USE enum cs_err cs_rotated_open(const char *path, uint64_t most, unsigned files,
					struct cs_rotated **out);

/* Accepts NULL. */
void cs_rotated_close(struct cs_rotated *rotated);

/* The folder in which files are made and renamed, for a jail's rules. Borrowed. */
int cs_rotated_folder(const struct cs_rotated *rotated);

/* Nothing stands in the file, not even what it begins with. */
bool cs_rotated_is_empty(const struct cs_rotated *rotated);

/* Whether @n more bytes have room in the file, or it has no record yet. */
bool cs_rotated_fits(const struct cs_rotated *rotated, size_t n);

/*
 * Goes on in a new file; one that was renamed by somebody else is left alone, and one
 * that has no record goes on. CS_ERR_IO, CS_ERR_DENIED with errno: the old one goes on.
 */
CS_MUST_USE enum cs_err cs_rotated_next(struct cs_rotated *rotated);

/* Adds a record. False: it is not there, and was counted. */
bool cs_rotated_put(struct cs_rotated *rotated, struct cs_span record);

/* What a file begins with, in one that is empty: no record. False: it is not there. */
bool cs_rotated_begin(struct cs_rotated *rotated, struct cs_span head);

/* Counts one that its owner could not even write. */
void cs_rotated_lose(struct cs_rotated *rotated);

struct cs_rotated_state {
	uint64_t records, lost;
	int error; /* errno of the trouble it is in, 0: none */
};
struct cs_rotated_state cs_rotated_state(const struct cs_rotated *rotated);
