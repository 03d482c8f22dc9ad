/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_mirrored: rules in words that mean in the scratch what they mean on the host. Its
 * interfaces are all of one kind, and what turns the trace off would hide who decides. Pure.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

struct cs_host;

/*
 * nft's listing @nft as the scratch takes it: kinds of interfaces become their names, and no rule
 * turns the trace off. Where there is nothing of it @out is @nft itself. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_rules_mirrored(struct cs_span nft, const struct cs_host *host,
					  struct cs_arena *arena, struct cs_span *out);

/*
 * Whether @rule asks for a kind in a way that is not put in other words: in a map, or
 * beside other things.
 */
bool cs_rules_mixes_kinds(struct cs_span rule);
