/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy from any text: what is taken reads back the same, its lists are settled, and
 * nothing of the text stands in the rules but numbers, prefixes and names of interfaces.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "protect/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(const struct cs_peer *wide, const struct cs_peer *p)
{
	return (!wide->interface[0] || strcmp(wide->interface, p->interface) == 0) &&
	       wide->prefix.bits <= p->prefix.bits &&
	       cs_prefix_has(&wide->prefix, &p->prefix.addr);
}

static void none_lies_within_another(const struct cs_policy *p)
{
	size_t n = p->n_allow < 64 ? p->n_allow : 64;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++)
			assert(i == k || !holds(&p->allow[i], &p->allow[k]));
	}
}

static void reads_back(const struct cs_policy *p, struct cs_arena *arena)
{
	char why[CS_POLICY_WHY];
	struct cs_policy again;
	struct cs_span once, twice;

	if (cs_policy_write(p, arena, &once))
		abort();
	if (cs_policy_read(once, arena, &again, why))
		abort();
	if (cs_policy_write(&again, arena, &twice))
		abort();
	assert(cs_span_eq(once, twice));
}

static void rules_are_plain(const struct cs_policy *p, struct cs_arena *arena)
{
	struct cs_policy_hold hold = { .seconds = 60 };
	struct cs_span script;
	size_t quotes = 0;

	if (cs_policy_rules(p, p, hold, arena, &script))
		abort();
	for (size_t i = 0; i < script.len; i++) {
		quotes += script.ptr[i] == '"';
		assert(isprint(script.ptr[i]) || isspace(script.ptr[i]));
	}
	assert(quotes % 2 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_arena arena = { 0 };
	struct cs_policy policy;
	char why[CS_POLICY_WHY] = "";
	enum cs_err err = cs_policy_read(cs_span_of(data, size), &arena, &policy, why);

	assert(err == CS_OK || (err == CS_ERR_SYNTAX && why[0] && !strchr(why, '\n')));
	if (!err) {
		none_lies_within_another(&policy);
		reads_back(&policy, &arena);
		rules_are_plain(&policy, &arena);
	}
	cs_arena_clear(&arena);
	return 0;
}
