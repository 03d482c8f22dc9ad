/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connector: connects an output's socket anew when its reader has gone and come back. The
 * jailed process that writes must not connect to anything, so a process that was forked
 * before does it: it knows that one name, reads no stranger's byte, and hands over each
 * connection it gets. It ends when we do.
 */
#pragma once

#include "cmd/cmd.h"
#include "out/live.h"

struct cs_connector;

/*
 * Before the jail. Nothing is started (@out untouched) where @live has no reader that could
 * come back; @live is borrowed, and may be closed before. @user and @require are the jail's
 * of that process. Returns -1 or the exit status: the reason has been said.
 */
CS_MUST_USE int cs_connector_start(const struct cs_ctx *ctx, struct cs_live *live,
				   const char *user, bool require,
				   struct cs_connector **out);

/*
 * Asks for a connection when the reader has gone, at once and then after 1, 2, 4 ... 30 s, and
 * takes one that is there. Never waits. NULL is fine.
 */
void cs_connector_tend(struct cs_connector *c);

/* Somebody says that it is back: the next time it is asked for at once. NULL is fine. */
void cs_connector_hurry(struct cs_connector *c);

void cs_connector_close(struct cs_connector *c);
