/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nft prints some rules wrongly: "meta length < 100 meta length > 40" as "meta length != 100-40",
 * and what it printed it cannot read. Such a rule goes, so that all others can be asked.
 */
#include <inttypes.h>
#include <stdio.h>

#include "protect/rules.h"
#include "protect/rules_listing.h"
#include "protect/rules_span.h"

/* The line of rules->nft that nft refused, from 1; 0: it says none, or it was the kernel. */
static uint64_t refused_line(const char *why)
{
	static const char begin[] = "nft: /dev/stdin:";
	struct cs_span digits = cs_text_after(cs_span_str(why), strlen(begin));
	const uint8_t *end = digits.len ? memchr(digits.ptr, ':', digits.len) : NULL;
	uint64_t line;

	if (!cs_text_starts(cs_span_str(why), begin) || !end ||
	    strstr(why, "Could not process rule"))
		return 0;
	digits.len = (size_t)(end - digits.ptr);
	/* The first line of what is loaded flushes the ruleset. */
	return cs_num_u64(digits, 2, UINT32_MAX, &line) ? line - 1 : 0;
}

/* Where line @line of @text begins; its end where it has fewer. */
static const uint8_t *line_at(struct cs_span text, uint64_t line)
{
	const uint8_t *at = text.ptr, *end = text.ptr + text.len;

	while (at < end && line > 1)
		line -= *at++ == '\n';
	return at;
}

/* The rule that stands on @line, or a line of which does. */
static const struct cs_listing_rule *rule_on(const struct cs_listing *listing,
					     struct cs_span text, uint64_t line)
{
	const uint8_t *from = line_at(text, line), *behind = line_at(text, line + 1);

	for (size_t i = 0; i < listing->n_rules; i++) {
		struct cs_span whole = listing->rules[i].whole;

		if (whole.ptr < behind && whole.ptr + whole.len > from)
			return &listing->rules[i];
	}
	return NULL;
}

static bool is_same(const struct cs_rule *a, const struct cs_rule *b)
{
	return strcmp(a->table, b->table) == 0 && strcmp(a->chain, b->chain) == 0;
}

/* Those behind it in its chain take its place. */
static void remove_rule(struct cs_rules *rules, struct cs_rule *gone)
{
	const struct cs_rule kept = *gone;
	struct cs_rule *end = rules->rules + rules->n;

	for (struct cs_rule *r = rules->rules; r < end; r++)
		if (is_same(r, &kept) && r->place != SIZE_MAX && r->place > kept.place)
			r->place--;
	memmove(gone, gone + 1, (size_t)(end - gone - 1) * sizeof(*gone));
	rules->n--;
}

static struct cs_rule *known(const struct cs_rules *rules, const struct cs_listing *l,
			     const struct cs_listing_rule *rule)
{
	const struct cs_listing_chain *chain = &l->chains[rule->chain];

	for (size_t i = 0; i < rules->n; i++) {
		struct cs_rule *r = &rules->rules[i];

		if (r->tool == CS_RULE_NFT && r->place == rule->place &&
		    cs_text_is(l->tables[chain->table].name, r->table) &&
		    cs_text_is(chain->name, r->chain))
			return r;
	}
	return NULL;
}

/* A rule's text goes from what is loaded. */
static bool cut(struct cs_rules *rules, struct cs_span gone, struct cs_arena *arena)
{
	size_t before = (size_t)(gone.ptr - rules->nft.ptr);
	size_t behind = rules->nft.len - before - gone.len;
	uint8_t *text = cs_arena_alloc(arena, before + behind + 1);

	if (!text)
		return false;
	memcpy(text, rules->nft.ptr, before);
	memcpy(text + before, gone.ptr + gone.len, behind);
	rules->nft = cs_span_of(text, before + behind);
	return true;
}

bool cs_rules_leave_out(struct cs_rules *rules, struct cs_arena *arena,
			char why[CS_RULES_WHY])
{
	uint64_t at = refused_line(why);
	const struct cs_listing_rule *rule;
	struct cs_listing listing;
	struct cs_rule *r;
	size_t line;

	if (!at || cs_listing_read(rules->nft, arena, &listing, &line))
		return false;
	rule = rule_on(&listing, rules->nft, at);
	r = rule ? known(rules, &listing, rule) : NULL;
	if (!r || !cut(rules, rule->whole, arena))
		return false;
	(void)snprintf(
		why, CS_RULES_WHY,
		"table %s: chain %s: handle %" PRIu64
		": left out, as nft prints it wrongly and cannot load it again: %s",
		r->table, r->chain, r->handle, r->text);
	remove_rule(rules, r);
	return true;
}
