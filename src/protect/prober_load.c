/* SPDX-License-Identifier: Apache-2.0 */
/* Rules into the scratch, and what their handles are there. */
#include <stdio.h>
#include <string.h>

#include "protect/prober_own.h"
#include "protect/program.h"
#include "protect/rules_span.h"

static enum cs_err run_nft(const char *const *argv, struct cs_span input,
			   struct cs_arena *arena, struct cs_span *out,
			   char why[CS_RULES_WHY])
{
	struct cs_program program = { .argv = argv, .input = input };

	return cs_program_must(&program, arena, out, why);
}

static enum cs_err load_script(struct cs_span script, struct cs_arena *arena,
			       char why[CS_RULES_WHY])
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	struct cs_span out;

	return run_nft(argv, script, arena, &out, why);
}

/* Without the elements of sets: they may be many, and no rule has its handle there. */
static enum cs_err read_listing(struct cs_arena *arena, struct cs_listing *out,
				char why[CS_RULES_WHY])
{
	static const char *const argv[] = { "nft", "-a", "-t", "list", "ruleset", NULL };
	struct cs_span text;
	size_t line;
	enum cs_err err = run_nft(argv, cs_span_of(NULL, 0), arena, &text, why);

	if (!err)
		err = cs_listing_read(text, arena, out, &line);
	if (err == CS_ERR_SYNTAX)
		(void)snprintf(why, CS_RULES_WHY,
			       "nft list ruleset: line %zu: no listing", line);
	return err == CS_ERR_SYNTAX ? CS_ERR_REFUSED : err;
}

static bool is_edge(struct cs_span hook)
{
	return cs_text_is(hook, "ingress") || cs_text_is(hook, "egress");
}

/* True when there are rules where packets enter or leave an interface. */
static bool has_edges(const struct cs_listing *l)
{
	for (size_t i = 0; i < l->n_chains; i++)
		if (is_edge(l->chains[i].hook))
			return true;
	return false;
}

/*
 * Rules at an interface come before prerouting. So that they are traced too, each
 * interface has a chain in front of them that marks what enters.
 */
static enum cs_err load_edges(struct cs_prober *p, char why[CS_RULES_WHY])
{
	size_t n, len, cap;
	const struct cs_scratch_port *ports = cs_scratch_ports(p->scratch, &n);
	char *script;
	FILE *f;

	cap = 256 + n * 400;
	script = cs_arena_alloc(&p->arena, cap);
	f = script ? fmemopen(script, cap, "w") : NULL;
	if (!f)
		return CS_ERR_NOMEM;
	(void)fprintf(f, "table netdev cs_trace {\n"); /* looked at by ferror() */
	for (size_t i = 0; i < n; i++)
		(void)fprintf(
			f,
			" chain edge%zu {\n  type filter hook ingress device \"%s\" "
			"priority -2147483648; policy accept;\n"
			"  meta l4proto udp @th,80,16 0x%x meta nftrace set 1\n"
			"  meta l4proto tcp @th,32,16 0x%x meta nftrace set 1\n"
			"  meta l4proto tcp @th,64,16 0x%x meta nftrace set 1\n }\n",
			i, ports[i].link->name, CS_TRACE_MARK, CS_TRACE_MARK,
			CS_TRACE_MARK);
	(void)fprintf(f, "}\n");
	len = (size_t)ftell(f);
	if (fclose(f))
		return CS_ERR_NOMEM;
	return load_script(cs_span_of(script, len), &p->arena, why);
}

enum cs_err cs_prober_load(struct cs_prober *prober, char why[CS_RULES_WHY])
{
	enum cs_err err = cs_rules_load(prober->rules, &prober->arena, why);

	if (!err)
		err = load_script(cs_span_str(cs_trace_rules), &prober->arena, why);
	if (!err)
		err = read_listing(&prober->arena, &prober->first, why);
	if (!err && has_edges(&prober->first)) {
		prober->edges = true;
		err = load_edges(prober, why);
	}
	prober->now.listing = prober->first;
	return err;
}

enum cs_err cs_prober_freshen(struct cs_prober *prober, bool scaled)
{
	(void)prober;
	(void)scaled;
	return CS_OK;
}

size_t cs_prober_chain(const struct cs_prober *prober, struct cs_span table,
		       struct cs_span chain)
{
	const struct cs_listing *l = &prober->first;

	for (size_t i = 0; i < l->n_chains; i++)
		if (cs_span_eq(l->chains[i].name, chain) &&
		    cs_span_eq(l->tables[l->chains[i].table].name, table))
			return i;
	return SIZE_MAX;
}

size_t cs_prober_rule(const struct cs_prober *prober, size_t chain, uint64_t handle,
		      bool *met)
{
	const struct cs_listing *l = &prober->first;

	*met = false;
	for (size_t i = 0; i < l->n_rules; i++)
		if (l->rules[i].handle == handle && l->rules[i].chain == chain)
			return i;
	return SIZE_MAX;
}
