/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_words_nft: the words of a rule that nft printed, one by one, and its statements that ask
 * nothing of a packet. For the reader of such rules (rules_words.h) only. Pure.
 */
#pragma once

#include "protect/rules_span.h"
#include "protect/rules_words.h"

struct cs_words_token {
	struct cs_span text; /* without the comma behind it, and without quotes */
	bool comma;
	bool quoted;
};

/*
 * Takes the next token off @rest. Blanks part tokens, but not in quotes; a comma behind one belongs
 * to it. False, and an empty token, when none is left.
 */
bool cs_words_next(struct cs_span *rest, struct cs_words_token *out);

/*
 * Takes the rest of a statement that @first began off @rest. Sets @rated where it counts
 * packets, and leaves it where not. False, and nothing is taken, when @first begins something else.
 */
bool cs_words_statement(struct cs_span *rest, const struct cs_words_token *first,
			bool *rated);

/*
 * The elements of a named set or map of @table: what stands behind its opening brace, the
 * closing one too. False: there is no such set. @sets may be NULL.
 */
bool cs_words_set(const struct cs_listing *sets, struct cs_span table,
		  struct cs_span name, struct cs_span *elements);
