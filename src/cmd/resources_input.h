/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resources_input: from the options of `resources` to whom is asked what: reads
 * targets and excludes wherever they stand, and says what is wrong.
 */
#pragma once

#include "cmd/cmd.h"
#include "cmd/resources_options.h"
#include "resources/asks.h"

/*
 * Returns -1 when @asks is there, else the exit status; the reason has then
 * been said. cs_asks_clear() is due in both cases.
 */
CS_MUST_USE int cs_resources_asks_new(struct cs_ctx *ctx,
				      const struct cs_resources_options *options,
				      struct cs_asks *asks);
