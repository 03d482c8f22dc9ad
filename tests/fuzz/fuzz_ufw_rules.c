/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw's user.rules and its configuration: restored as they stand, each rule of a user chain has the
 * number of the tuple above it, and words of one plain line.
 */
#include "fuzz.h"

#include <string.h>

#include "protect/rules_ufw.h"
#include "protect/rules_ufw_conf.h"

static void a_policy_is_one_that_iptables_knows(struct cs_span text,
						struct cs_arena *arena)
{
	struct cs_ufw_conf conf = cs_ufw_conf_debian();
	struct cs_save save;
	size_t line;

	cs_ufw_conf_read(text, &conf);
	for (size_t i = 0; i < CS_UFW_WAYS; i++)
		MUST(strcmp(conf.policy[i], "ACCEPT") == 0 ||
		     strcmp(conf.policy[i], "DROP") == 0 ||
		     strcmp(conf.policy[i], "REJECT") == 0);
	for (int v6 = 0; v6 < 2; v6++) {
		const char *front = cs_ufw_conf_front(&conf, v6, arena);
		const char *back = cs_ufw_conf_back(&conf, v6, arena);

		MUST(front && back);
		MUST(cs_save_read(cs_span_str(front), arena, &save, &line) == CS_OK);
		MUST(save.n_tables == 1 && save.n_rules >= 21);
		MUST(cs_save_read(cs_span_str(back), arena, &save, &line) == CS_OK);
		MUST(save.n_rules == 3);
	}
}

static void numbers_are_of_tuples(const struct cs_rules *rules, uint32_t count)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct cs_rule *rule = &rules->rules[i];

		for (const char *c = rule->text; *c; c++)
			MUST((unsigned char)*c >= ' ' && *c != 0x7f);
		MUST(rule->tool != CS_RULE_UFW || rule->handle <= count);
		MUST(strncmp(rule->raw, "-A ", 3) == 0 ||
		     strncmp(rule->raw, "-I ", 3) == 0 || rule->place == SIZE_MAX ||
		     rule->tool != CS_RULE_UFW);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span text = cs_span_of(data, size);
	struct cs_arena arena = { 0 };
	struct cs_rules rules = { 0 };
	struct cs_rules_build build = { .arena = &arena, .out = &rules };
	struct cs_ufw_tuples tuples;
	struct cs_save save;
	size_t line;

	a_policy_is_one_that_iptables_knows(text, &arena);
	MUST(cs_ufw_tuples_read(text, text, &arena, &tuples) == CS_OK);
	if (cs_save_read(text, &arena, &save, &line) == CS_OK)
		for (int v6 = 0; v6 < 2; v6++)
			MUST(cs_rules_add_save(&build, &save,
					       &(struct cs_rules_wanted){ .v6 = v6 }) ==
			     CS_OK);
	MUST(cs_rules_name_ufw(&build, text, text) == CS_OK);
	numbers_are_of_tuples(&rules, tuples.count4 + tuples.count6);
	cs_arena_clear(&arena);
	return 0;
}
