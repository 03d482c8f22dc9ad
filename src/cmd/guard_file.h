/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_file: a file of verdicts as `coapscope watch -O jsonl` writes them, judged. Of a
 * source that has several lines the last one counts.
 */
#pragma once

#include <stdio.h>

#include "cmd/cmd.h"
#include "protect/guard.h"

struct cs_guard_judged {
	struct cs_prefix prefix;
	uint32_t line;               /* from 1 */
	enum cs_guard_answer answer; /* CS_GUARD_BLOCKED: .request is to be made */
	struct cs_guard_request request;
};

struct cs_guard_file {
	struct cs_guard_judged *at; /* one a source, in the order of their lines */
	size_t n;
	size_t wrong; /* lines that could not be read: said, the first of them */
};

enum { CS_GUARD_FILE_MAX = 1 << 20 /* verdicts: 400 MB of memory */ };

/*
 * Reads all of @from, which is called @name. Each block is asked for @seconds. To be
 * cleared in every case.
 * CS_ERR_IO with errno, CS_ERR_NOMEM; CS_ERR_FULL: more than CS_GUARD_FILE_MAX
 */
CS_MUST_USE enum cs_err cs_guard_file_read(const struct cs_ctx *ctx, FILE *from,
					   const char *name, uint32_t seconds,
					   struct cs_guard_file *out);
void cs_guard_file_clear(struct cs_guard_file *file);
