/* SPDX-License-Identifier: Apache-2.0 */
/* slurp: a file that people give us, read whole, within bounds. */
#pragma once

#include <stdio.h>

#include "base/rd.h"

enum { CS_SLURP_MAX = 1 << 30 /* bytes of a file: 60 million short lines */ };

/*
 * Reads all that is left of @file into the heap: *@bytes is the caller's to
 * free() in every case.
 * CS_ERR_IO     errno says why
 * CS_ERR_FULL   more than CS_SLURP_MAX bytes
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_slurp(FILE *file, uint8_t **bytes, size_t *len);

/*
 * What an errno of opening or reading a file that people named means to them.
 * CS_ERR_NOT_FOUND  there is no such file, or it is a folder: the name is wrong
 * CS_ERR_NOMEM
 * CS_ERR_IO         it is there and cannot be read
 */
enum cs_err cs_err_of_file(int number);
