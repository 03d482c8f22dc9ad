/* SPDX-License-Identifier: Apache-2.0 */
/* Rules into the scratch, and what their handles are there. */
#include <stdio.h>
#include <string.h>

#include "protect/draft.h"
#include "protect/ipsets.h"
#include "protect/prober_own.h"
#include "protect/program_socket.h"
#include "protect/rules_mirrored.h"
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

/* Likewise; what it deletes is not waited for. */
static enum cs_err replace(struct cs_prober *p, struct cs_span script)
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	const struct cs_program program = { .argv = argv, .input = script };
	struct cs_program_end end = { .status = 0 };
	int socket;
	enum cs_err err = cs_program_run_on(&program, &p->work, &end, &socket);

	if (socket >= 0)
		cs_scratch_hold(p->scratch, socket);
	return !err && end.status ? CS_ERR_REFUSED : err;
}

/* Without the elements of sets: they may be many, and no rule has its handle there. */
static enum cs_err read_listing(struct cs_arena *arena, struct cs_listing *out,
				char why[CS_RULES_WHY])
{
	static const char *const argv[] = { "nft", "-a", "-t", "list", "ruleset", NULL };
	struct cs_span text;
	size_t line = 0;
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
static enum cs_err load_edges(struct cs_prober *p, struct cs_arena *arena,
			      char why[CS_RULES_WHY])
{
	size_t n;
	const struct cs_scratch_port *ports = cs_scratch_ports(p->scratch, &n);
	struct cs_draft draft;
	struct cs_span script;
	FILE *f = cs_draft_open(&draft);
	enum cs_err err;

	if (!f)
		return CS_ERR_NOMEM;
	(void)fprintf(f, "table netdev cs_trace {\n"); /* the draft's end looks */
	for (size_t i = 0; i < n; i++)
		(void)fprintf(
			f,
			" chain edge%zu {\n  type filter hook ingress device \"%s\" "
			"priority -2147483648; policy accept;\n%s }\n",
			i, ports[i].link->name, cs_trace_marked);
	(void)fprintf(f, "}\n");
	err = cs_draft_close(&draft, arena, &script);
	return err ? err : load_script(script, arena, why);
}

enum cs_err cs_prober_load_trace(struct cs_prober *prober, char why[CS_RULES_WHY])
{
	return load_script(cs_span_str(cs_trace_rules), &prober->arena, why);
}

/* All of it as it is; the listing goes to @arena. */
static enum cs_err load_plain(struct cs_prober *p, struct cs_arena *arena,
			      struct cs_listing *listing, char why[CS_RULES_WHY])
{
	struct cs_rules rules = *p->rules;
	enum cs_err err = cs_rules_mirrored(rules.nft, p->host, &p->work, &rules.nft);

	if (err)
		(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(err));
	else
		err = cs_rules_load(&rules, &p->work, why);
	if (!err)
		err = load_script(cs_span_str(cs_trace_rules), &p->work, why);
	if (!err)
		err = read_listing(arena, listing, why);
	if (!err && has_edges(listing)) {
		p->edges = true;
		err = load_edges(p, &p->work, why);
	}
	cs_arena_clear(&p->work);
	return err;
}

static enum cs_err find_sets(struct cs_prober *p, char why[CS_RULES_WHY])
{
	const struct cs_span texts[] = { p->rules->xtables4, p->rules->xtables6,
					 p->rules->legacy4, p->rules->legacy6 };

	(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	return cs_ipsets_again(p->rules->ipset, texts, CS_LEN(texts), &p->arena,
			       &p->sets);
}

enum cs_err cs_prober_load(struct cs_prober *prober, char why[CS_RULES_WHY])
{
	enum cs_err err = load_plain(prober, &prober->arena, &prober->first, why);

	prober->now.listing = prober->first;
	if (!err)
		err = find_sets(prober, why);
	if (!err) {
		err = cs_prober_scale(prober);
		(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(err));
	}
	cs_prober_soil(prober, true, false);
	cs_prober_soil(prober, false, false);
	return err;
}

void cs_prober_soil(struct cs_prober *prober, bool v4, bool in_sets)
{
	prober->dirty = true;
	prober->dirty_rules |= !in_sets;
	prober->dirty_xt[v4 ? 0 : 1] = true;
}

enum cs_err cs_prober_unscale(struct cs_prober *prober)
{
	struct cs_prober_load *now = &prober->now;
	char why[CS_RULES_WHY];

	if (!prober->scaled.any)
		return CS_OK;
	cs_arena_clear(&now->arena);
	*now = (struct cs_prober_load){ 0 };
	cs_prober_soil(prober, true, false);
	cs_prober_soil(prober, false, false);
	return load_plain(prober, &now->arena, &now->listing, why);
}

/* ---- small rates ---- */

static const struct cs_span *xt_of(const struct cs_prober *p, unsigned family)
{
	return family ? &p->scaled.xtables6 : &p->scaled.xtables4;
}

/*
 * What iptables counts in has a name by which it would be found again: the tables go
 * first, in a transaction of their own.
 */
static enum cs_err delete_xt(struct cs_prober *p, struct cs_span text, const char *family,
			     char why[CS_RULES_WHY])
{
	struct cs_span rest = text, line;
	char script[1024];
	size_t at = 0;

	while (cs_text_line(&rest, &line)) {
		struct cs_span name = cs_text_after(line, 1);

		if (!cs_text_starts(line, "*") || sizeof(script) - at < name.len + 64)
			continue;
		at += (size_t)snprintf(script + at, sizeof(script) - at,
				       "table %s%.*s\ndelete table %s%.*s\n", family,
				       (int)name.len, (const char *)name.ptr, family,
				       (int)name.len, (const char *)name.ptr);
	}
	return load_script(cs_span_of(script, at), &p->work, why);
}

static enum cs_err load_xt(struct cs_prober *p, unsigned family, char why[CS_RULES_WHY])
{
	const char *const restore[] = { family ? "ip6tables-nft-restore"
					       : "iptables-nft-restore",
					NULL };
	struct cs_span text = *xt_of(p, family), out;
	enum cs_err err = delete_xt(p, text, family ? "ip6 " : "ip ", why);

	p->now.has_xt[family] = true;
	p->dirty_xt[family] = false;
	return err ? err : run_nft(restore, text, &p->work, &out, why);
}

/*
 * The family that is asked about, where its rates may have been met; and at first both, as
 * IPv6's tables hold on to lists that are IPv4's too until they have their own.
 */
static enum cs_err load_all_xt(struct cs_prober *p, unsigned family,
			       char why[CS_RULES_WHY])
{
	enum cs_err err = CS_OK;

	for (unsigned f = 2; !err && f-- > 0;)
		if (xt_of(p, f)->len &&
		    (!p->now.has_xt[f] || (f == family && p->dirty_xt[f])))
			err = load_xt(p, f, why);
	return err;
}

/*
 * The steps between two listings of the same rules, one load of nft's apart. Where iptables'
 * tables are loaded again beside them, tables change their order: there it is not worth it.
 */
static void learn_steps(struct cs_prober *p, const struct cs_listing *old)
{
	struct cs_prober_load *now = &p->now;
	const struct cs_listing *l = &now->listing;
	const struct cs_prober_scaled *s = &p->scaled;
	bool xt = s->xtables4.len || s->xtables6.len;

	if ((xt && s->nft.len) || (s->nft.len && old->n_rules != l->n_rules))
		return;
	now->steps = cs_arena_array(&now->arena, l->n_rules + 1, sizeof(*now->steps));
	/* A table that is deleted and made again has the same handles as before. */
	for (size_t i = 0; now->steps && s->nft.len && i < l->n_rules; i++)
		now->steps[i] = l->rules[i].handle - old->rules[i].handle;
}

static enum cs_err list_scaled(struct cs_prober *p, char why[CS_RULES_WHY])
{
	struct cs_prober_load *now = &p->now, old = *now;
	enum cs_err err;

	now->arena = (struct cs_arena){ 0 };
	now->steps = NULL;
	err = read_listing(&now->arena, &now->listing, why);
	if (!err && (!p->scaled.nft.len || (old.scaled && old.loads == 1)))
		learn_steps(p, &old.listing);
	cs_arena_clear(&old.arena);
	now->loads = 0;
	now->scaled = true;
	return err;
}

/* Only what is asked about: the other family's rates are not met. */
static enum cs_err load_scaled(struct cs_prober *p, unsigned family,
			       char why[CS_RULES_WHY])
{
	struct cs_prober_load *now = &p->now;
	bool replaced =
		p->scaled.nft.len && p->dirty && (p->dirty_rules || !cs_prober_empty(p));
	bool moved = replaced || xt_of(p, family)->len;
	enum cs_err err = CS_OK;

	if (replaced) {
		err = replace(p, p->scaled.nft);
		now->loads++;
	}
	if (!err)
		err = load_all_xt(p, family, why);
	if (!err && moved && !now->steps)
		err = list_scaled(p, why);
	cs_arena_clear(&p->work);
	if (!err)
		p->dirty = p->dirty_rules = false;
	return err;
}

/* Any packet may have changed them: no trace tells what a rule puts where. */
static enum cs_err load_sets(struct cs_prober *p)
{
	static const char *const argv[] = { "ipset", "-exist", "restore", NULL };
	char why[CS_RULES_WHY];
	struct cs_span out;
	enum cs_err err = CS_OK;

	if (p->sets.len)
		err = run_nft(argv, p->sets, &p->work, &out, why);
	cs_arena_clear(&p->work);
	return err;
}

enum cs_err cs_prober_freshen(struct cs_prober *prober, bool v4)
{
	struct cs_prober_scaled *s = &prober->scaled;
	unsigned family = v4 ? 0 : 1;
	char why[CS_RULES_WHY];
	bool needed = ((s->nft.len || s->refused) && prober->dirty) ||
		      (xt_of(prober, family)->len && prober->dirty_xt[family]);
	enum cs_err err = load_sets(prober);

	if (err || !s->any || !needed)
		return err;
	err = s->refused ? CS_ERR_REFUSED : load_scaled(prober, family, why);
	if (err != CS_ERR_REFUSED)
		return err;
	s->refused = true;
	err = cs_prober_unscale(prober);
	prober->dirty = prober->dirty_xt[0] = prober->dirty_xt[1] = false;
	return err;
}

static size_t find_chain(const struct cs_listing *l, struct cs_span table,
			 struct cs_span chain)
{
	for (size_t i = 0; i < l->n_chains; i++)
		if (cs_span_eq(l->chains[i].name, chain) &&
		    cs_span_eq(l->tables[l->chains[i].table].name, table))
			return i;
	return SIZE_MAX;
}

size_t cs_prober_chain(const struct cs_prober *prober, struct cs_span table,
		       struct cs_span chain)
{
	return find_chain(&prober->first, table, chain);
}

/* That chain's number in what is loaded now. */
static size_t chain_now(const struct cs_prober *p, size_t first)
{
	const struct cs_listing_chain *chain = &p->first.chains[first];

	return find_chain(&p->now.listing, p->first.tables[chain->table].name,
			  chain->name);
}

/* The first listing's rule at that place of the scaled chain, before which others were put. */
static size_t unscaled(const struct cs_prober *p, size_t chain, size_t now, size_t place,
		       size_t *met)
{
	const struct cs_listing *l = &p->first;
	bool more = p->now.listing.chains[now].n_rules > l->chains[chain].n_rules;
	size_t at = 0;

	for (size_t i = 0; i < l->n_rules; i++) {
		if (l->rules[i].chain != chain)
			continue;
		if (more && p->scaled.rated[i] && at++ == place) {
			*met = i;
			return SIZE_MAX;
		}
		if (at++ == place)
			return i;
	}
	return SIZE_MAX;
}

size_t cs_prober_rule(const struct cs_prober *prober, size_t chain, uint64_t handle,
		      size_t *met)
{
	const struct cs_listing *l = &prober->now.listing;
	size_t now = chain_now(prober, chain);

	*met = SIZE_MAX;
	for (size_t i = 0; i < l->n_rules; i++) {
		uint64_t moved =
			prober->now.steps ? prober->now.steps[i] * prober->now.loads : 0;

		if (l->rules[i].handle + moved == handle && l->rules[i].chain == now)
			return unscaled(prober, chain, now, l->rules[i].place, met);
	}
	return SIZE_MAX;
}
