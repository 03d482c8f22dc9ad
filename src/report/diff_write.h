/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff_write: the difference of two days as it comes out: a table for people,
 * grouped by change, or a row or object each for programs (coapscope.diff/1).
 */
#pragma once

#include <stdio.h>

#include "report/diff.h"

enum cs_diff_form { CS_DIFF_TABLE, CS_DIFF_CSV, CS_DIFF_JSONL };

struct cs_diff_out {
	FILE *to; /* borrowed */
	enum cs_diff_form form;
	size_t width;                /* table: columns of the terminal, 0 no limit */
	bool colour;                 /* table */
	bool quiet;                  /* table: nothing where nothing is to be told */
	uint64_t counts[CS_CHANGES]; /* what came so far */
	struct cs_diff_table *table; /* owned */
};

/* Before the first difference. CS_ERR_NOMEM. End it in every case. */
CS_MUST_USE enum cs_err cs_diff_out_begin(struct cs_diff_out *out);

/* A cs_diff_fn; @arg is the struct cs_diff_out. CS_ERR_IO: writing failed */
CS_MUST_USE enum cs_err cs_diff_out_row(void *arg, const struct cs_diff_row *row);

/* "2026-11-20 to 2026-11-21: 3 new, 1 gone, ...": as much as fits. Returns @text. */
enum { CS_DIFF_SUMMARY = 192 };
char *cs_diff_out_summary(const struct cs_diff_out *out, int32_t before, int32_t after,
			  char text[CS_DIFF_SUMMARY]);

/* After the last: writes the table. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_diff_out_finish(struct cs_diff_out *out, int32_t before,
					   int32_t after);
void cs_diff_out_end(struct cs_diff_out *out);
