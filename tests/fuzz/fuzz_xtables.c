/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What iptables-save prints: places are those of the chain, and its own text is read back
 * the same.
 */
#include "fuzz.h"

#include <string.h>

#include "protect/rules_build.h"
#include "protect/rules_words.h"

static void places_are_each_once(const struct cs_save *s)
{
	for (size_t c = 0; c < s->n_chains && c < 32; c++) {
		size_t n = 0, sum = 0;

		MUST(s->chains[c].table < s->n_tables);
		for (size_t i = 0; i < s->n_rules; i++)
			if (s->rules[i].chain == c) {
				n++;
				sum += s->rules[i].place;
				MUST(s->rules[i].place < s->chains[c].n_rules);
			}
		MUST(n == s->chains[c].n_rules);
		MUST(n == 0 || sum == n * (n - 1) / 2);
	}
}

static void each_rule_is_found(const struct cs_rules *rules)
{
	for (size_t i = 0; i < rules->n && i < 64; i++) {
		const struct cs_rule *rule = &rules->rules[i];
		const struct cs_rule *at =
			cs_rules_at(rules, rule->table, rule->chain, rule->place);

		/* The same table may stand in a text twice: the first is found. */
		MUST(at && at <= rule && at->place == rule->place);
	}
}

static void the_shadows_are_rules_of_these(const struct cs_rules *rules)
{
	const struct cs_rules_about about = { .from = cs_addr_v4(0xc6336409),
					      .to = cs_addr_v4(0xc0000201),
					      .port = 5683 };
	const struct cs_rule *out[3];
	size_t n =
		cs_rules_shadowed(rules, &about, rules->n ? rules->rules : NULL, out, 3);

	MUST(n <= 3);
	for (size_t i = 0; i < n; i++) {
		MUST(out[i] > rules->rules && out[i] < rules->rules + rules->n);
		for (size_t k = 0; k < i; k++)
			MUST(out[k] != out[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_arena arena = { 0 };
	struct cs_rules rules = { 0 };
	struct cs_rules_build build = { .arena = &arena, .out = &rules };
	struct cs_save save, again;
	size_t line, tables = 0;
	enum cs_err err = cs_save_read(cs_span_of(data, size), &arena, &save, &line);

	MUST(err == CS_OK || err == CS_ERR_SYNTAX);
	if (err) {
		cs_arena_clear(&arena);
		return 0;
	}
	places_are_each_once(&save);
	for (int v6 = 0; v6 < 2; v6++) {
		struct cs_span text;

		MUST(cs_rules_add_save(&build, &save,
				       &(struct cs_rules_wanted){ .v6 = v6 }) == CS_OK);
		text = v6 ? rules.xtables6 : rules.xtables4;
		MUST(cs_save_read(text, &arena, &again, &line) == CS_OK);
		tables += again.n_tables;
	}
	MUST(tables == save.n_tables);
	each_rule_is_found(&rules);
	the_shadows_are_rules_of_these(&rules);
	cs_arena_clear(&arena);
	return 0;
}
