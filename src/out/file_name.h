/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_name: what the name of an output stands for: a regular file in some
 * folder that can be replaced by rename, or something that is to be written in
 * place. For out/file.c and out/live*.c alone.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

struct cs_file_name {
	int folder;              /* open; of the finder's caller */
	char base[NAME_MAX + 1]; /* the last component, symbolic links followed */
	bool replace;            /* a regular file or a free name */
	bool exists;             /* something is there: st holds */
	struct stat st;
};

/*
 * Finds what @path names. On true the caller closes @name->folder, or calls
 * cs_file_name_clear(); on false errno says why and nothing is open.
 */
CS_MUST_USE bool cs_file_name_find(const char *path, struct cs_file_name *name);

/*
 * Opens for writing what is not to be replaced. A name of one of this
 * process's own descriptors (/dev/stdout) gives a duplicate of it, so that
 * offset and append mode are its opener's; a socket is connected to. Returns
 * the descriptor, or -1 with errno.
 */
CS_MUST_USE int cs_file_name_open(const struct cs_file_name *name);

/*
 * Connects to the socket that it names: @type is SOCK_STREAM or SOCK_DGRAM. Returns the
 * descriptor, or -1 with errno: EPROTOTYPE when it is of another type.
 */
CS_MUST_USE int cs_file_name_connect(const struct cs_file_name *name, int type);

void cs_file_name_clear(struct cs_file_name *name);
