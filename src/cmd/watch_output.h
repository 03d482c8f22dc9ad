/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_output: everything that watch writes: from posts to verdicts, messages, events,
 * counters, in every form that was asked for. Opened before the jail closes.
 */
#pragma once

#include "cmd/cmd.h"
#include "cmd/live_line.h"
#include "cmd/watch_options.h"
#include "cmd/watch_protect.h"
#include "cmd/watch_screen.h"
#include "cmd/watch_sinks.h"
#include "cmd/watch_store.h"
#include "cmd/watch_who.h"
#include "watch/board.h"
#include "watch/post.h"

struct cs_watch_output {
	struct cs_ctx *ctx;
	const struct cs_watch_options *options;
	const struct cs_threshold *threshold;
	int format; /* enum cs_watch_format */
	bool live;
	bool stale; /* more is known than the screen shows */
	bool colour;
	struct cs_watch_sinks sinks;
	struct cs_board *board;
	struct cs_watch_screen *screen; /* NULL: no table is written over itself */
	struct cs_watch_who who;
	struct cs_watch_keep *keep;     /* NULL: no --store */
	struct cs_watch_protect *guard; /* NULL: no --protect */
	struct cs_watch_group
		*group; /* of a file, with a resolver: sources on their way */
	struct cs_post_counts counts; /* the latest */
	int64_t started_us, now_us;   /* UTC; now is that of the latest counts */
	struct cs_live_line line;     /* of a file: how far it has been read */
};

/*
 * Opens what the options name. Returns -1 or the exit status: the reason has been said.
 * To be ended by cs_watch_output_commit() or _abort(); a zeroed one may be aborted.
 */
CS_MUST_USE int cs_watch_output_open(struct cs_ctx *ctx,
				     const struct cs_watch_options *options,
				     const struct cs_threshold *threshold,
				     struct cs_watch_output *output);

/* What the jail must leave open of it: adds to @want's files and folders. */
struct cs_jail_want;
void cs_watch_output_jail(struct cs_watch_output *output, struct cs_jail_want *want);

/* Takes one post. CS_ERR_DAMAGED: it does not hold together; CS_ERR_IO, CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_watch_output_take(struct cs_watch_output *output,
					     enum cs_post_kind kind, struct cs_rd *body);

/* Nothing more is there for now: what was written is passed on. Errors as above. */
CS_MUST_USE enum cs_err cs_watch_output_idle(struct cs_watch_output *output);

/* The files are opened anew by their names (SIGHUP). */
void cs_watch_output_reopen(struct cs_watch_output *output);

/* Writes the end and puts the files into place. False: said, with the reason. */
CS_MUST_USE bool cs_watch_output_commit(struct cs_watch_output *output);
/*
 * The decoder has broken off: what is known goes to who reads along, and live into all
 * outputs; a capture's files, which are whole or are not, do not appear.
 */
void cs_watch_output_break_off(struct cs_watch_output *output);
void cs_watch_output_abort(struct cs_watch_output *output);
