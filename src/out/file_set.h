/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_set: many files of one folder that appear together, when all of them are
 * whole, or not at all; each replaces what had its name. However many they are, no
 * more than one is open at a time, and their buffers share a fixed room.
 *
 * All are opened by name beneath the folder that cs_file_set_open() opened, so
 * that a process may be jailed to it. After the first failure nothing more is
 * written: commit says it.
 */
#pragma once

#include <stddef.h>

#include "base/rd.h"

struct cs_file_set;

/*
 * Takes @folder, which is there. The set is ended by exactly one of commit and
 * abort. On error @out is untouched and errno says more.
 * CS_ERR_DENIED, CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_file_set_open(const char *folder, struct cs_file_set **out);

/*
 * Adds an empty file that will be @name in the folder, with the mode of the one
 * that it replaces; *@at is its number, from 0 on. All are added before the first
 * cs_file_set_put(). errno says more.
 *
 * CS_ERR_DENIED  not permitted, or the file that is there is write-protected
 * CS_ERR_IO      what is there is no regular file, the disk is full, ...
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_file_set_add(struct cs_file_set *set, const char *name,
					size_t *at);

/*
 * Appends @bytes to file @at.
 * CS_ERR_IO, with errno, when this or any write before has failed; CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_file_set_put(struct cs_file_set *set, size_t at,
					struct cs_span bytes);

/* The name that the last failure was about; the folder's where it was that. */
const char *cs_file_set_failed(const struct cs_file_set *set);

/*
 * Makes all of them durable, then renames one after the other into place. @set is
 * gone afterwards. CS_ERR_IO, with the errno of the first failure: every old
 * file stays and no temporary is left. Only a rename that fails comes too late for
 * that: files before it are new, and those behind it old; each is whole. @name is
 * then set as by cs_file_set_failed() would have been, cut where it must.
 */
enum { CS_FILE_SET_NAME = 256 };
CS_MUST_USE enum cs_err cs_file_set_commit(struct cs_file_set *set,
					   char name[CS_FILE_SET_NAME]);

/* Gives them all up: the old files stay. Accepts NULL; keeps errno. */
void cs_file_set_abort(struct cs_file_set *set);
