/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_store: verdicts on their way into the store (store/watch_store.h). Rows wait
 * for the next commit; what could not be written waits for the one after, within
 * bounds. A store that is locked, full or damaged is said once, and the watch goes on.
 */
#pragma once

#include "cmd/cmd.h"
#include "watch/verdict.h"

struct cs_watch_keep;

struct cs_watch_keep_want {
	const char *dir;
	uint64_t keep_days; /* older days are removed; 0: none are */
	bool anonymise;     /* a /24 or /64 in place of each address */
};

/* -1 and *@out, or the exit status: the reason has been said. Before the jail. */
CS_MUST_USE int cs_watch_keep_open(struct cs_ctx *ctx,
				   const struct cs_watch_keep_want *want,
				   struct cs_watch_keep **out);

/* Takes one verdict; it is copied. NULL as @keep is fine here and below. */
void cs_watch_keep_put(struct cs_watch_keep *keep, const struct cs_verdict *verdict);

/* Writes what waits; once a day, and first of all, removes old days. */
void cs_watch_keep_commit(struct cs_watch_keep *keep, int64_t now_us);

/* Writes what waits, says what was lost, and frees. False: the store took not all of it. */
bool cs_watch_keep_close(struct cs_watch_keep *keep, int64_t now_us);
