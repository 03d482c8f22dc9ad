/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watching: the decoding process. It is forked when captures are open, has no files
 * and no capabilities from then on, reads strangers' bytes, and tells what it sees in
 * posts (watch/post.h) over one socket. Whoever started it keeps the files.
 */
#pragma once

#include "base/arena.h"
#include "cmd/cmd.h"
#include "cmd/decode_options.h"
#include "net/capture.h"
#include "watch/post.h"

struct cs_watching_want {
	struct cs_capture *capture; /* open; given over: do not use or close it */
	const struct cs_decode_options *options;
	const struct cs_decode_plan *plan;
	bool live;
	bool messages;   /* a post for each message */
	bool evidence;   /* and one for each frame that is evidence */
	int64_t tick_ms; /* live: how often what changed is told */
	uint64_t most;   /* messages after which it ends; 0: no limit */
};

struct cs_watching;

/*
 * Starts the process. Returns -1 and *@out, or the exit status: the reason has been
 * said. The capture is closed here in every case.
 */
CS_MUST_USE int cs_watching_start(struct cs_ctx *ctx, const struct cs_watching_want *want,
				  struct cs_watching **out);

/* Its process, for a jail that is closed while it runs. */
int cs_watching_pid(const struct cs_watching *w);

/* Becomes readable when there may be a post. */
int cs_watching_fd(const struct cs_watching *w);

enum cs_watching_step {
	CS_WATCHING_POST,  /* *@kind and *@body, borrowed until the next call */
	CS_WATCHING_WAIT,  /* nothing there yet */
	CS_WATCHING_ENDED, /* it has ended; cs_watching_end() tells how */
};

/* Takes the next post; @wait: for as long as it takes. */
enum cs_watching_step cs_watching_next(struct cs_watching *w, bool wait,
				       enum cs_post_kind *kind, struct cs_rd *body);

/* Says what a CS_POST_NOTE tells. CS_ERR_DAMAGED */
CS_MUST_USE enum cs_err cs_watching_note(struct cs_ctx *ctx, struct cs_rd *body);

/* Asks it to tell what is left and to end. */
void cs_watching_stop(struct cs_watching *w);

/*
 * Waits for its end and frees @w (NULL is fine). One that still has something to say is
 * killed, and one that does not end within some seconds. CS_OK: it said that it was done.
 * CS_ERR_FOREIGN: done, but it was no capture: not one packet could be read.
 * CS_ERR_DAMAGED: it broke off or sent what is no post. @why then says how.
 */
enum { CS_WATCHING_WHY = 160 };
CS_MUST_USE enum cs_err cs_watching_end(struct cs_watching *w, char why[CS_WATCHING_WHY]);
