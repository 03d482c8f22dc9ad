/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_line: one line on standard error that is drawn over while something takes
 * long; nothing where that is no terminal, or with --quiet.
 */
#pragma once

#include "cmd/cmd.h"

struct cs_live_line {
	struct cs_ctx *ctx;
	bool shown;    /* a terminal reads it */
	bool there;    /* it stands on the screen */
	int64_t drawn; /* ns, when it was last; 0: never */
};

struct cs_live_line cs_live_line(struct cs_ctx *ctx);

/* True when it is time to draw it again: a few times a second. */
CS_MUST_USE bool cs_live_is_due(struct cs_live_line *line);

/* Draws it; the text has no byte of a stranger and no line feed. */
void cs_live_draw(struct cs_live_line *line, const char *fmt, ...) CS_PRINTF(2, 3);

/* Takes it off the screen, before anything else is written there. */
void cs_live_clear(struct cs_live_line *line);
