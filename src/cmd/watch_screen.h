/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_screen: a live table on a terminal, drawn over itself as top's: the state of
 * the run, how to end it, what was last warned of, the worst sources. Nothing of the
 * terminal is changed, so nothing has to be restored, however the watch ends; what
 * stood there before is scrolled up. Standard error is held back while it is drawn.
 */
#pragma once

#include "cmd/cmd.h"
#include "watch/board.h"
#include "watch/post.h"

struct cs_watch_screen;

/*
 * @fd is the terminal, @to the stream that leads there; both borrowed, as is @ctx, whose
 * log goes into the screen from the first drawing to cs_watch_screen_close().
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_watch_screen_open(struct cs_ctx *ctx, int fd, FILE *to,
					     bool colour, struct cs_watch_screen **out);

/* Draws it anew. CS_ERR_NOMEM: what stands there stays. */
CS_MUST_USE enum cs_err cs_watch_screen_draw(struct cs_watch_screen *screen,
					     struct cs_board *board,
					     const struct cs_post_counts *counts,
					     int64_t now_us);

/* Wipes it, for what is printed at the end. */
void cs_watch_screen_clear(struct cs_watch_screen *screen);

/* Says on standard error what was held back, and frees. Accepts NULL. */
void cs_watch_screen_close(struct cs_watch_screen *screen);
