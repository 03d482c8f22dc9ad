/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: a named output that appears whole or not at all. A regular file, or
 * one that does not exist, is written under a temporary name in its folder and
 * renamed into place by commit; a symbolic link to one is followed, so that
 * the link stays. Anything else (device, pipe, socket, standard output by any
 * name) is written in place. What the bytes mean is the caller's business.
 *
 * All names are resolved and all descriptors opened by cs_out_file_open(), so
 * that a process may be jailed to the folder afterwards. SIGPIPE is ignored by
 * main(): a closed pipe is an error here like a full disk.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct cs_out_file;

/*
 * Opens @path, relative to the working directory; "-" is standard output. The
 * new file gets the mode and, where permitted, the owner of the one that it
 * replaces. The caller ends it with exactly one of commit and abort. On error
 * @out is untouched, nothing is left behind, and errno says more.
 *
 * CS_ERR_DENIED  not permitted, or the file that is there is write-protected
 * CS_ERR_IO      no such folder, a folder itself, or another refusal
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_out_file_open(const char *path, struct cs_out_file **out);

/* Where to write; borrowed. Has a large buffer and no descriptor (fileno()). */
FILE *cs_out_file_stream(struct cs_out_file *file);

/* The descriptor behind it, for isatty() and the like; borrowed. */
int cs_out_file_fd(const struct cs_out_file *file);

/*
 * The folder in which commit will rename and abort will remove, for a jail's
 * rules; -1 when the output is written in place. Borrowed.
 */
int cs_out_file_folder(const struct cs_out_file *file);

/*
 * Passes on what has been written, if somebody may be waiting for it at the
 * other end: does nothing but look for errors when the output is a regular
 * file. CS_ERR_IO, with errno, when any write so far has failed.
 */
CS_MUST_USE enum cs_err cs_out_file_flush(struct cs_out_file *file);

/*
 * Ends the output: flush, fsync, rename, fsync of the folder. @file is gone
 * afterwards whatever the outcome. CS_ERR_IO, with the errno of the first
 * failure, when any write since open has failed: the temporary is removed and
 * the old file stays. (Only a failing fsync of the folder comes too late for
 * that: the new file is in place but may not survive a power cut.)
 */
CS_MUST_USE enum cs_err cs_out_file_commit(struct cs_out_file *file);

/* Gives the output up: the old file stays. Accepts NULL; keeps errno. */
void cs_out_file_abort(struct cs_out_file *file);
