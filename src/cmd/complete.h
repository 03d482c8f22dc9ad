/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complete: shell completion from the command and option tables. The scripts
 * hold all names as data and do not run coapscope while one types.
 */
#pragma once

#include "cmd/cmd.h"

void cs_complete_bash(const struct cs_ctx *ctx, FILE *to);
void cs_complete_zsh(const struct cs_ctx *ctx, FILE *to);
void cs_complete_fish(const struct cs_ctx *ctx, FILE *to);
