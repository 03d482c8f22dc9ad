/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_build: a struct cs_rules in the making: rules out of listings and of
 * iptables-save, the script that loads them elsewhere, and what had to be left out.
 */
#pragma once

#include "protect/rules.h"
#include "protect/rules_listing.h"
#include "protect/rules_xtables.h"

struct cs_rules_build {
	struct cs_arena *arena;
	struct cs_rules *out;
	size_t cap, cap_chains, cap_unread;
};

/* One more line for out->unread; of a thousand the last says that there is more. CS_ERR_NOMEM */
CS_PRINTF(2, 3)
CS_MUST_USE enum cs_err cs_rules_unread(struct cs_rules_build *build, const char *format,
					...);

/*
 * Adds the rules of @listing and makes out->nft of it, but for the tables that @not_these says (by
 * index; NULL: all are wanted). What cannot be loaded again is left out of out->nft
 * and said. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_rules_add_listing(struct cs_rules_build *build,
					     const struct cs_listing *listing,
					     const bool *not_these);

/* Which of a text's tables are wanted, and for what. */
struct cs_rules_wanted {
	bool v6;               /* those of that family */
	bool legacy;           /* of the old backend */
	bool as_it_is;         /* for its restore, too */
	const bool *not_these; /* by index; NULL: all are wanted */
};

/*
 * Adds the rules of @save that are wanted and their text to what is restored. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_rules_add_save(struct cs_rules_build *build,
					  const struct cs_save *save,
					  const struct cs_rules_wanted *wanted);

/*
 * Says of the rules and chains from @rule and @chain on what of them cannot be tried
 * elsewhere, though it is loaded. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_rules_say_untried(struct cs_rules_build *build, size_t rule,
					     size_t chain);

/*
 * A rule's words as people know them: on one line, without counts. NULL: memory is out.
 */
const char *cs_rules_text(struct cs_arena *arena, struct cs_span text);

/* True when how many packets pass depends on what that line of a rule counts. */
bool cs_rules_rated(struct cs_span text);
