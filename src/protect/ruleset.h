/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset: the rules of a machine as text that only a change of rules changes: without
 * counters, handles, and elements that come and go by themselves. To tell whether somebody
 * changed them, and what; not to load them again.
 */
#pragma once

#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"
#include "protect/program.h"

/*
 * Those in force here.
 * CS_ERR_DENIED (not root), CS_ERR_NOT_FOUND (no nft), CS_ERR_REFUSED (nft failed),
 * CS_ERR_BUSY, CS_ERR_FULL, CS_ERR_IO, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_ruleset_read(struct cs_arena *arena, struct cs_span *out,
					char why[CS_PROGRAM_WHY]);

/*
 * What nft would list of @script (for `nft -f -`) on a machine that has nothing else.
 * Errors as above.
 */
CS_MUST_USE enum cs_err cs_ruleset_of(struct cs_span script, struct cs_arena *arena,
				      struct cs_span *out, char why[CS_PROGRAM_WHY]);

/*
 * What `nft -s list ruleset` (or `nft -a -s`) printed in that form: each element of a set
 * on a line of its own, none of a set that is dynamic or has timeouts. In the arena. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ruleset_settle(struct cs_span listing, struct cs_arena *arena,
					  struct cs_span *out);

/* One table's lines of it ("inet coapscope"); empty: there is none. Borrowed. */
struct cs_span cs_ruleset_table(struct cs_span ruleset, const char *table);

/*
 * Writes the lines that only @old has (-) and those that only @new has (+), below the
 * table, chain or set that they are in, each behind @mark; at most @most of them. A chain whose
 * rules are the same in another order is named. Strangers' bytes pass term's encoder.
 * Returns how many lines differ; 0: they are the same. SIZE_MAX: no memory.
 */
size_t cs_ruleset_difference(struct cs_span old, struct cs_span new, const char *mark,
			     size_t most, struct cs_arena *arena, FILE *to);
