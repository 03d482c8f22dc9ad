/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_misprint.h"

#include <inttypes.h>
#include <stdio.h>

#include "protect/rules_words_nft.h"

enum { HEAD = 256 /* bytes of "inet filter input 7" */ };

/* "!= 1024-1024": a range, or two comparisons. */
static bool is_suspect(struct cs_span rule)
{
	struct cs_words_token token, before = { 0 };

	for (; cs_words_next(&rule, &token); before = token)
		if (!before.quoted && cs_text_is(before.text, "!=") && !token.quoted &&
		    cs_text_has(token.text, "-"))
			return true;
	return false;
}

bool cs_rules_may_misprint(const struct cs_listing *listing)
{
	for (size_t i = 0; i < listing->n_rules; i++)
		if (is_suspect(listing->rules[i].text))
			return true;
	return false;
}

/* The lines below "inet filter input 7[ 6]", up to the empty one; empty: it is not there. */
static struct cs_span given_of(const struct cs_listing *l,
			       const struct cs_listing_rule *rule, struct cs_span given)
{
	const struct cs_listing_chain *chain = &l->chains[rule->chain];
	struct cs_span table = l->tables[chain->table].name, line;
	char head[HEAD];
	int n = snprintf(head, sizeof(head), "%.*s %.*s %" PRIu64, (int)table.len,
			 (const char *)table.ptr, (int)chain->name.len,
			 (const char *)chain->name.ptr, rule->handle);

	while (n < HEAD && cs_text_line(&given, &line)) {
		const uint8_t *end;

		if (!cs_text_starts(line, head) ||
		    (line.len > (size_t)n && line.ptr[n] != ' '))
			continue;
		end = given.len ? memmem(given.ptr, given.len, "\n\n", 2) : NULL;
		return end ? cs_span_of(given.ptr, (size_t)(end - given.ptr)) : given;
	}
	return cs_span_of(NULL, 0);
}

void cs_rules_mark_misprinted(struct cs_listing *listing, struct cs_span given)
{
	for (size_t i = 0; i < listing->n_rules; i++) {
		struct cs_listing_rule *rule = &listing->rules[i];
		struct cs_span is;

		if (!is_suspect(rule->text))
			continue;
		is = given_of(listing, rule, given);
		if (!is.len || cs_text_has(is, "[ range neq "))
			continue;
		rule->xt = true;
		listing->tables[listing->chains[rule->chain].table].xt = true;
	}
}
