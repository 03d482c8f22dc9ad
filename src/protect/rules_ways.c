/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_ways.h"

#include <string.h>

#include "protect/rules_span.h"

enum { CALLERS_MAX = 64 /* chains that are looked at to know who leads to one */ };

/* What translates addresses sees the first packet of a flow alone: no answer. */
static unsigned ways_of_hook(const char *hook, const char *table)
{
	bool nat = cs_text_ends(cs_span_str(table), " nat");

	if (strcmp(hook, "input") == 0)
		return CS_WAY_REQUEST;
	if (strcmp(hook, "forward") == 0)
		return CS_WAY_FORWARD;
	if (strcmp(hook, "prerouting") == 0 || strcmp(hook, "ingress") == 0)
		return nat ? CS_WAY_REQUEST : CS_WAY_REQUEST | CS_WAY_FORWARD;
	if (strcmp(hook, "postrouting") == 0)
		return nat ? 0 : CS_WAY_FORWARD | CS_WAY_ANSWER;
	return CS_WAY_ANSWER;
}

static bool jumps_to(const char *raw, const char *chain)
{
	static const char *const words[] = { "jump ", "goto ", "-j ", "-g " };

	for (const char *at = raw; (at = strstr(at, chain)); at++)
		for (size_t i = 0; i < CS_LEN(words); i++) {
			size_t n = strlen(words[i]);

			if ((size_t)(at - raw) >= n && memcmp(at - n, words[i], n) == 0 &&
			    strchr(" ,", at[strlen(chain)]))
				return true;
		}
	return false;
}

static unsigned ways_by_name(const char *chain)
{
	if (strcasestr(chain, "output"))
		return CS_WAY_ANSWER;
	return strcasestr(chain, "forward") ? CS_WAY_FORWARD : CS_WAY_REQUEST;
}

/* By the hooks of the chains that lead there; where none does (a map may), by its name. */
static unsigned find_ways(const struct cs_rules *rules, const char *table,
			  const char *chain, size_t *left)
{
	const char *last = "";
	unsigned ways = 0;

	for (size_t i = 0; i < rules->n_chains; i++)
		if (strcmp(rules->chains[i].name, chain) == 0 &&
		    strcmp(rules->chains[i].table, table) == 0)
			return ways_of_hook(rules->chains[i].hook, table);
	for (size_t i = 0; *left && i < rules->n; i++) {
		const struct cs_rule *rule = &rules->rules[i];

		if (strcmp(rule->chain, last) == 0 || strcmp(rule->chain, chain) == 0 ||
		    strcmp(rule->table, table) != 0 || !jumps_to(rule->raw, chain))
			continue;
		last = rule->chain;
		--*left;
		ways |= find_ways(rules, table, last, left);
	}
	return ways ? ways : ways_by_name(chain);
}

unsigned cs_rules_ways(const struct cs_rules *rules, const char *table, const char *chain)
{
	size_t left = CALLERS_MAX;

	return find_ways(rules, table, chain, &left);
}
