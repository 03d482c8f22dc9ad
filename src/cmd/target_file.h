/* SPDX-License-Identifier: Apache-2.0 */
/* target_file: lists of targets and excludes in files, read whole. */
#pragma once

#include "cmd/cmd.h"
#include "net/resolve.h"
#include "net/scope.h"

/* Read always, when it is there. */
#define CS_EXCLUDE_CONF "/etc/coapscope/exclude.conf"

/*
 * Reads the list @name ("-" is ctx->in) into @draft; @resolver says whether it
 * excludes. A file that is not there is an error when it @must be.
 *
 * CS_ERR_IO  it cannot be read; else as cs_scope_read_list(). draft->why is set.
 */
CS_MUST_USE enum cs_err cs_target_file_read(const struct cs_ctx *ctx, const char *name,
					    bool must, struct cs_resolver *resolver,
					    struct cs_scope_draft *draft);
