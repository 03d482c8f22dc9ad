/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_back: the way back from what an apply did to ufw: three texts of each thing, before it, as
 * it was left, and now, give the one that is to be. Where nobody else has changed it since, that
 * is the one before, to the byte; else only ours is taken out of it (and what was ours
 * before is put back in its place). Pure but for the arena.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

/*
 * A file of ufw's: user.rules and user6.rules have rules of ours, before.rules and
 * before6.rules a block.
 */
enum cs_ufw_file { CS_UFW_FILE_USER, CS_UFW_FILE_BEFORE };

/* Three times one thing. @left empty: it was not all done, and @before is the answer. */
struct cs_ufw_three {
	struct cs_span before, left, now;
};

/* CS_ERR_NOMEM, CS_ERR_SYNTAX (a block of ours without an end) */
CS_MUST_USE enum cs_err cs_ufw_back_file(enum cs_ufw_file kind,
					 const struct cs_ufw_three *three,
					 struct cs_arena *arena, struct cs_span *out);

/*
 * What iptables-save said three times, as input for `iptables-restore -n` that goes back: chains of
 * ufw's, ours, and the jumps into ours; nothing else is touched. Empty when nothing is to be done.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_back_script(const struct cs_ufw_three *saves,
					   struct cs_arena *arena, struct cs_span *out);

/* True when the chains that are ufw's or ours, and the jumps into ours, are the same in both. */
bool cs_ufw_saves_equal(struct cs_span a, struct cs_span b);

/*
 * A save without anything of ours, as what was before where nobody knows that any more.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_save_without_ours(struct cs_span save,
						 struct cs_arena *arena,
						 struct cs_span *out);

/*
 * What of a save is ours, as input for `iptables-restore -n` where there is nothing else.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_save_of_ours(struct cs_span save, struct cs_arena *arena,
					    struct cs_span *out);

/* True when something of ours is in force. */
bool cs_ufw_save_has_ours(struct cs_span save);

/* True when ufw's user chains, which its commands fill, have the same rules in both. */
bool cs_ufw_user_rules_equal(struct cs_span a, struct cs_span b);

/* True when these, what is ours and the jumps into it are the same in both. */
bool cs_ufw_ours_equal(struct cs_span a, struct cs_span b);
