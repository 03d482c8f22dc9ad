/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_rule: which implementation or device family an answer shows, as a table:
 * a row a rule, with what it rests on. A rule holds when all of its clues were
 * seen, each anywhere in the answer. Pure.
 */
#pragma once

#include "base/wr.h"
#include "enrich/clue.h"

enum { CS_STACK_CLUES = 3, CS_STACK_RULES = 43, CS_STACK_FAMILIES = 3 };

struct cs_stack_rule {
	const char *family;
	/*
	 * Percent: 95 a name that nobody else has, 80 names that go together, 50 a
	 * habit that others may have. Below 50 there is no rule.
	 */
	uint8_t confidence;
	const char *because; /* one short phrase, printable ASCII */
	/* Those that are set stand in front; of links all of them, or none. */
	struct cs_clue clues[CS_STACK_CLUES];
};

extern const struct cs_stack_rule cs_stack_rules[CS_STACK_RULES];

/* What has been seen of each rule so far; zeroed at the start. */
struct cs_stack_seen {
	uint8_t clues[CS_STACK_RULES]; /* a bit a clue */
};

/* Looks at what is not a link, once. */
void cs_stack_look_answer(struct cs_stack_seen *seen, const struct cs_result *result,
			  const struct cs_reading *reading);

/* Looks at one link. */
void cs_stack_look_link(struct cs_stack_seen *seen, const struct cs_link_view *view);

/* Whether all clues of the rule at @i were seen. */
bool cs_stack_holds(const struct cs_stack_seen *seen, size_t i);

/*
 * The rules that hold, surest first, one a family (of equals, the one that
 * stands first); returns how many, at most CS_STACK_FAMILIES.
 */
size_t cs_stack_best(const struct cs_stack_seen *seen,
		     const struct cs_stack_rule *best[CS_STACK_FAMILIES]);
