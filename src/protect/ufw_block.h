/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_block: what ufw's own syntax cannot say, as a block between two marks at the end of
 * before.rules and before6.rules: strangers are dropped in mangle PREROUTING, ahead of
 * conntrack's "established" that before.rules accepts and ahead of the DNAT of published
 * container ports; answers to strangers are bounded in mangle POSTROUTING. Every rule
 * matches CoAP ports only, and nobody else's chain is flushed.
 *
 * ufw reads these files again at each `ufw reload` and takes nothing out of mangle
 * itself, so that the jumps into our chains may stand there more than once: no packet
 * that a meter counts comes back from our chains, so it is counted once.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"
#include "protect/policy.h"

/* Which share of the rate for strangers a family has: both together give no more. */
enum cs_ufw_share { CS_UFW_WHOLE, CS_UFW_HALF };

/*
 * The block for before.rules, or with @v6 for before6.rules, with both marks.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_block(const struct cs_policy *policy, bool v6,
				     enum cs_ufw_share share, struct cs_arena *arena,
				     struct cs_span *out);

/*
 * @file without our block (the same bytes that were there before it), and then with @block at
 * its end unless that is empty. CS_ERR_NOMEM
 * CS_ERR_SYNTAX  there is a first mark and no last one
 */
CS_MUST_USE enum cs_err cs_ufw_block_put(struct cs_span file, struct cs_span block,
					 struct cs_arena *arena, struct cs_span *out);

/* The block that is in @file, with both marks; empty: none. */
struct cs_span cs_ufw_block_of(struct cs_span file);

/*
 * The block as input of `iptables-restore -n` that puts it in force now: the jumps into our chains
 * only where @saved (iptables-save) has none yet. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_block_load(struct cs_span block, struct cs_span saved,
					  struct cs_arena *arena, struct cs_span *out);
