/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_protect: hands verdicts that call for it over to the guard (coapscope protect
 * guard) as requests to block. The watch never waits for the guard: where it is slow
 * or gone, which is said once, some requests wait for it for some minutes; the others are
 * lost, and counted.
 */
#pragma once

#include "cmd/cmd.h"
#include "out/live.h"
#include "watch/verdict.h"

/* Where the guard listens unless it is said otherwise. */
#define CS_GUARD_SOCKET "/run/coapscope/guard"

struct cs_watch_protect;

/*
 * Opened before the jail, so that a name that is wrong is said at once: as a warning, as
 * the guard may come later. @path is borrowed. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_watch_protect_open(struct cs_ctx *ctx, const char *path,
					      struct cs_watch_protect **out);

/*
 * Hands @v over if it calls for a block and @changed, or its block will run out before
 * long; NULL @p: nobody is told. Never waits.
 */
void cs_watch_protect_tell(struct cs_watch_protect *p, const struct cs_verdict *v,
			   bool changed);

/* Hands over what waits, if somebody is there now. NULL is fine. Never waits. */
void cs_watch_protect_idle(struct cs_watch_protect *p);

/* .lines were handed over, .lost were not. NULL of NULL. Borrowed. */
const struct cs_live_state *cs_watch_protect_state(const struct cs_watch_protect *p);

/* Says how many there were. NULL is fine. */
void cs_watch_protect_close(struct cs_watch_protect *p);
