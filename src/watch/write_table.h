/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_table: verdicts for people, a row a source, in the order in which they are
 * given (cs_verdict_cmp(): the worst first). Strangers' bytes are escaped.
 */
#pragma once

#include <stdio.h>

#include "watch/verdict.h"

struct cs_verdict_look {
	size_t width;      /* columns; 0: no limit */
	size_t lines;      /* at most so many are written; 0: no limit */
	int64_t now_us;    /* UTC: times of the last day have no date; 0: all have one */
	uint64_t left_out; /* sources that are not among the given: said */
	bool colour;
};

/*
 * Writes heads and rows; columns that have no room in the width are left out, those that
 * one misses least first. With .lines it never writes more of them than that: for a
 * screen that is drawn anew (the last of them says what had no room). Without any
 * verdict only one line that says so. CS_ERR_NOMEM: nothing was written.
 */
CS_MUST_USE enum cs_err cs_write_table(FILE *to, const struct cs_verdict *verdicts,
				       size_t n, const struct cs_verdict_look *look);
