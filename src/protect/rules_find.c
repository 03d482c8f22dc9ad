/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules.h"

#include <string.h>

const struct cs_rule *cs_rules_at(const struct cs_rules *rules, const char *table,
				  const char *chain, size_t place)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct cs_rule *rule = &rules->rules[i];

		if (!rule->unseen && rule->place == place &&
		    strcmp(rule->chain, chain) == 0 && strcmp(rule->table, table) == 0)
			return rule;
	}
	return NULL;
}
