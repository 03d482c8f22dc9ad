/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules do where we cannot look: at the ports of a bridge, at the resolution of
 * addresses, and in programs that packets are handed to.
 */
#include <string.h>

#include "protect/rules_build.h"
#include "protect/rules_mirrored.h"
#include "protect/rules_words_nft.h"

/* Of bridge's and arp's tables: why nothing of ours meets their rules; NULL for others. */
static const char *why_not(const char *table)
{
	if (strncmp(table, "bridge ", strlen("bridge ")) == 0)
		return "no packet that is tried crosses a bridge";
	if (strncmp(table, "arp ", strlen("arp ")) == 0)
		return "no address is resolved for a packet that is tried";
	return NULL;
}

/* True for a chain that may stop something: it has rules, or drops. */
static bool says_something(const struct cs_rules *rules,
			   const struct cs_rules_chain *chain)
{
	if (chain->drops)
		return true;
	for (size_t i = 0; i < rules->n; i++)
		if (rules->rules[i].place != SIZE_MAX &&
		    strcmp(rules->rules[i].table, chain->table) == 0 &&
		    strcmp(rules->rules[i].chain, chain->name) == 0)
			return true;
	return false;
}

/* A comment or a log's prefix may say the word; no chain or set can be called so. */
static bool is_queue(const struct cs_rule *rule)
{
	struct cs_span rest = cs_span_str(rule->raw);
	struct cs_words_token token;

	if (rule->tool != CS_RULE_NFT)
		return strstr(rule->raw, "-j NFQUEUE") != NULL;
	while (cs_words_next(&rest, &token))
		if (!token.quoted && cs_text_is(token.text, "queue"))
			return true;
	return false;
}

enum cs_err cs_rules_say_untried(struct cs_rules_build *build, size_t rule, size_t chain)
{
	const struct cs_rules *rules = build->out;
	enum cs_err err = CS_OK;

	for (; !err && chain < rules->n_chains; chain++) {
		const struct cs_rules_chain *c = &rules->chains[chain];
		const char *why = c->dormant ? NULL : why_not(c->table);

		if (why && says_something(rules, c))
			err = cs_rules_unread(build, "table %s: chain %s: not asked: %s",
					      c->table, c->name, why);
	}
	for (; !err && rule < rules->n; rule++) {
		const struct cs_rule *r = &rules->rules[rule];

		if (is_queue(r))
			err = cs_rules_unread(
				build,
				"table %s: chain %s: asked as if no program took "
				"packets from the queue: %s",
				r->table, r->chain, r->text);
		if (!err && r->tool == CS_RULE_NFT &&
		    cs_rules_mixes_kinds(cs_span_str(r->raw)))
			err = cs_rules_unread(
				build,
				"table %s: chain %s: asked as if every interface were a "
				"veth: %s",
				r->table, r->chain, r->text);
	}
	return err;
}
