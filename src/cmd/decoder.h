/* SPDX-License-Identifier: Apache-2.0 */
/* decoder: what runs in the decoding process, from its fork to its end. */
#pragma once

#include "cmd/watching.h"

/*
 * Enters the jail, decodes @want's capture, and posts to @fd, a stream socket, until the
 * files end, the other side sends a byte, or the limit is reached. @ctx is for what must
 * be said before the jail closes. Returns an exit status.
 */
int cs_decoder_run(struct cs_ctx *ctx, const struct cs_watching_want *want, int fd);
