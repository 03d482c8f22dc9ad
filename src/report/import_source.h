/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_source: the CSV texts in a file that somebody gave: the file itself, or
 * every .csv in it where it is a zip (by its content, not by its name). Opened
 * before a jail closes, read in it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Bytes one after the other: how many were put into @room, 0 the end, -1 failed. */
struct cs_import_bytes {
	int64_t (*read)(void *arg, void *room, size_t n);
	void *arg;
};

struct cs_import_source;

enum { CS_IMPORT_SOURCE_WHY = 512 };

/*
 * Opens @path ("-" is @in, never a zip). On error @why is one line.
 * CS_ERR_NOT_FOUND, CS_ERR_IO, CS_ERR_NOMEM; CS_ERR_DAMAGED: it begins as a zip but is none
 */
CS_MUST_USE enum cs_err cs_import_source_open(const char *path, FILE *in,
					      struct cs_import_source **out,
					      char why[CS_IMPORT_SOURCE_WHY]);
void cs_import_source_close(struct cs_import_source *source);

/* As it was given, for people: see out/term.h. */
const char *cs_import_source_path(const struct cs_import_source *source);

/*
 * The next text, its name, and how to read it; all live until the next call.
 * CS_ERR_NOT_FOUND  there is no further one
 * CS_ERR_DAMAGED    this one cannot be opened (encrypted ...); the next may
 */
CS_MUST_USE enum cs_err cs_import_source_next(struct cs_import_source *source,
					      const char **name,
					      struct cs_import_bytes *bytes,
					      char why[CS_IMPORT_SOURCE_WHY]);
