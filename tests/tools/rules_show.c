/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_show here | file PATH | ufw DIR: what the readers of rules make of them, for
 * the tests: a JSON line a rule, then one for all. "load" as the last argument puts them into
 * the namespace that it runs in, which has to be one for that.
 */
#include <stdio.h>
#include <string.h>

#include "out/json.h"
#include "protect/rules.h"

static void put_rule(struct cs_json *j, const struct cs_rule *rule)
{
	cs_json_object(j);
	cs_json_put_word(j, "tool", cs_rule_tool_names[rule->tool]);
	cs_json_put_word(j, "table", rule->table);
	cs_json_put_word(j, "chain", rule->chain);
	cs_json_put_uint(j, "handle", rule->handle);
	cs_json_put_text(j, "text", cs_span_str(rule->text));
	cs_json_put_uint_if(j, "place", rule->place != SIZE_MAX, rule->place);
	cs_json_object_end(j);
	cs_json_line(j);
}

static void put_chain(struct cs_json *j, const struct cs_rules_chain *chain)
{
	cs_json_object(j);
	cs_json_put_word(j, "table", chain->table);
	cs_json_put_word(j, "name", chain->name);
	cs_json_put_word(j, "hook", chain->hook);
	cs_json_key(j, "priority");
	cs_json_int(j, chain->priority);
	cs_json_put_bool(j, "drops", chain->drops);
	cs_json_put_bool(j, "dormant", chain->dormant);
	cs_json_object_end(j);
}

static void put_all(struct cs_json *j, const struct cs_rules *rules)
{
	cs_json_object(j);
	cs_json_put_uint(j, "n", rules->n);
	cs_json_put_bool(j, "ufw", rules->ufw);
	cs_json_put_bool(j, "rates", rules->rates);
	cs_json_key(j, "unread");
	cs_json_array(j);
	for (size_t i = 0; i < rules->n_unread; i++)
		cs_json_string(j, cs_span_str(rules->unread[i]));
	cs_json_array_end(j);
	cs_json_put_text(j, "nft", rules->nft);
	cs_json_put_text(j, "xtables4", rules->xtables4);
	cs_json_put_text(j, "xtables6", rules->xtables6);
	cs_json_key(j, "chains");
	cs_json_array(j);
	for (size_t i = 0; i < rules->n_chains; i++)
		put_chain(j, &rules->chains[i]);
	cs_json_array_end(j);
	cs_json_object_end(j);
	cs_json_line(j);
}

static enum cs_err read_them(int argc, char **argv, struct cs_arena *arena,
			     struct cs_rules *rules, char *why)
{
	if (argc > 1 && strcmp(argv[1], "here") == 0)
		return cs_rules_read(arena, rules, why);
	if (argc > 2 && strcmp(argv[1], "file") == 0)
		return cs_rules_read_file(argv[2], arena, rules, why);
	if (argc > 2 && strcmp(argv[1], "ufw") == 0)
		return cs_rules_read_ufw(argv[2], arena, rules, why);
	(void)strcpy(why, "usage: rules_show here | file PATH | ufw DIR [load]");
	return CS_ERR_USAGE;
}

int main(int argc, char **argv)
{
	struct cs_arena arena = { 0 };
	struct cs_rules rules;
	char why[CS_RULES_WHY] = "";
	enum cs_err err = read_them(argc, argv, &arena, &rules, why);

	if (!err && strcmp(argv[argc - 1], "load") == 0)
		err = cs_rules_load(&rules, &arena, why);
	if (err) {
		fprintf(stderr, "%s: %s\n", cs_strerror(err), why);
		cs_arena_clear(&arena);
		return 1;
	}

	struct cs_json j = cs_json_to(stdout);

	for (size_t i = 0; i < rules.n; i++)
		put_rule(&j, &rules.rules[i]);
	put_all(&j, &rules);
	cs_arena_clear(&arena);
	return 0;
}
