/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules.h"

#include <stdio.h>

#include "protect/program.h"

static enum cs_err run(const char *const *argv, struct cs_span input,
		       struct cs_arena *arena, char why[CS_RULES_WHY])
{
	struct cs_program program = { .argv = argv, .input = input };
	struct cs_span out;

	return cs_program_must(&program, arena, &out, why);
}

/* All that is there goes in the same transaction that brings the new. */
static enum cs_err load_nft(struct cs_span nft, struct cs_arena *arena,
			    char why[CS_RULES_WHY])
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	static const char flush[] = "flush ruleset\n";
	const size_t n = sizeof(flush) - 1;
	uint8_t *script = cs_arena_alloc(arena, n + nft.len);

	if (!script) {
		(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
		return CS_ERR_NOMEM;
	}
	memcpy(script, flush, n);
	if (nft.len)
		memcpy(script + n, nft.ptr, nft.len);
	return run(argv, cs_span_of(script, n + nft.len), arena, why);
}

/* Sets that rules look at cannot go: what is in them does. */
static enum cs_err load_ipset(struct cs_span sets, struct cs_arena *arena,
			      char why[CS_RULES_WHY])
{
	static const char *const argv[] = { "ipset", "-exist", "restore", NULL };
	static const char flush[] = "flush\n";
	const size_t n = sizeof(flush) - 1;
	uint8_t *script;

	if (!sets.len)
		return CS_OK;
	script = cs_arena_alloc(arena, n + sets.len);
	if (!script) {
		(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
		return CS_ERR_NOMEM;
	}
	memcpy(script, flush, n);
	memcpy(script + n, sets.ptr, sets.len);
	return run(argv, cs_span_of(script, n + sets.len), arena, why);
}

enum cs_err cs_rules_load(const struct cs_rules *rules, struct cs_arena *arena,
			  char why[CS_RULES_WHY])
{
	const struct {
		const char *const argv[2];
		struct cs_span input;
	} restore[] = {
		{ { "iptables-nft-restore", NULL }, rules->xtables4 },
		{ { "ip6tables-nft-restore", NULL }, rules->xtables6 },
		{ { "iptables-legacy-restore", NULL }, rules->legacy4 },
		{ { "ip6tables-legacy-restore", NULL }, rules->legacy6 },
	};
	enum cs_err err = load_nft(rules->nft, arena, why);

	if (!err)
		err = load_ipset(rules->ipset, arena, why);
	for (size_t i = 0; !err && i < CS_LEN(restore); i++)
		if (restore[i].input.len)
			err = run(restore[i].argv, restore[i].input, arena, why);
	return err;
}
