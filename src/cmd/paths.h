/* SPDX-License-Identifier: Apache-2.0 */
/* paths: where coapscope keeps things when nobody says otherwise. */
#pragma once

#include "cmd/cmd.h"

enum { CS_PATH_MAX = 4096 };

/*
 * The default store: /var/lib/coapscope for root, else
 * $XDG_DATA_HOME/coapscope, else ~/.local/share/coapscope.
 * CS_ERR_NOT_FOUND  no home is known
 * CS_ERR_RANGE      the path is too long
 */
CS_MUST_USE enum cs_err cs_default_store(const struct cs_ctx *ctx, char out[CS_PATH_MAX]);

/*
 * Makes @path and the folders above it where they are missing (mode 0750).
 * CS_ERR_IO, CS_ERR_RANGE
 */
CS_MUST_USE enum cs_err cs_make_folders(const char *path);
