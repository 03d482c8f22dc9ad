/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_build.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "protect/rules_grow.h"
#include "protect/rules_span.h"

const char *const cs_rule_tool_names[CS_RULE_TOOLS] = { "nft", "iptables", "ufw" };

enum { UNREAD_LINE = 256, UNREAD_MAX = 1000 /* lines; nobody reads more */ };

enum cs_err cs_rules_unread(struct cs_rules_build *build, const char *format, ...)
{
	struct cs_rules *out = build->out;
	char line[UNREAD_LINE];
	va_list args;
	const char **lines;

	if (out->n_unread == UNREAD_MAX)
		return CS_OK;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args); /* may be cut */
	va_end(args);
	if (out->n_unread == UNREAD_MAX - 1)
		(void)snprintf(line, sizeof(line), "more is left out than is told");
	lines = cs_rules_grow(build->arena, (void *)(uintptr_t)out->unread, out->n_unread,
			      &build->cap_unread, sizeof(*lines));
	if (!lines)
		return CS_ERR_NOMEM;
	out->unread = lines;
	lines[out->n_unread] = cs_rules_text(build->arena, cs_span_str(line));
	return lines[out->n_unread++] ? CS_OK : CS_ERR_NOMEM;
}

static enum cs_err add_rule(struct cs_rules_build *build, const struct cs_rule *rule)
{
	struct cs_rules *out = build->out;

	out->rules = cs_rules_grow(build->arena, out->rules, out->n, &build->cap,
				   sizeof(*out->rules));
	if (!out->rules || !rule->text)
		return CS_ERR_NOMEM;
	out->rules[out->n] = *rule;
	out->rules[out->n++].raw = rule->text;
	return CS_OK;
}

static enum cs_err add_chain(struct cs_rules_build *build,
			     const struct cs_rules_chain *chain)
{
	struct cs_rules *out = build->out;

	out->chains = cs_rules_grow(build->arena, out->chains, out->n_chains,
				    &build->cap_chains, sizeof(*out->chains));
	if (!out->chains || !chain->hook)
		return CS_ERR_NOMEM;
	out->chains[out->n_chains++] = *chain;
	return CS_OK;
}

/* "policy drop" as a rule at the end of its chain, and the chain itself. */
static enum cs_err add_base(struct cs_rules_build *build, struct cs_rule rule,
			    struct cs_rules_chain *chain)
{
	enum cs_err err;

	chain->table = rule.table;
	chain->name = rule.chain;
	rule.handle = 0;
	rule.place = SIZE_MAX;
	rule.text = chain->drops ? "policy drop" : "policy accept";
	err = add_rule(build, &rule);
	return err ? err : add_chain(build, chain);
}

static enum cs_err listing_rule(struct cs_rules_build *build,
				const struct cs_listing_rule *from, struct cs_rule rule)
{
	rule.handle = from->handle;
	rule.text = cs_rules_text(build->arena, from->text);
	build->out->rates |= cs_rules_rated(from->text);
	return add_rule(build, &rule);
}

/* The rules of one chain; *@next is the first of them in @l and is moved behind them. */
static enum cs_err listing_chain(struct cs_rules_build *build, const struct cs_listing *l,
				 size_t at, const char *table, size_t *next)
{
	const struct cs_listing_chain *from = &l->chains[at];
	struct cs_rule rule = { .tool = CS_RULE_NFT,
				.table = table,
				.chain = cs_arena_text(build->arena, from->name) };
	enum cs_err err = rule.chain ? CS_OK : CS_ERR_NOMEM;

	rule.ours = strcmp(table, "inet coapscope") == 0;
	for (; !err && *next < l->n_rules && l->rules[*next].chain == at; ++*next) {
		if (l->rules[*next].xt)
			continue; /* it is not loaded: the next takes its place */
		err = listing_rule(build, &l->rules[*next], rule);
		rule.place++;
	}
	if (err || from->hook.len == 0)
		return err;
	return add_base(
		build, rule,
		&(struct cs_rules_chain){ .hook = cs_arena_text(build->arena, from->hook),
					  .priority = from->priority,
					  .drops = cs_text_is(from->policy, "drop"),
					  .dormant = l->tables[from->table].dormant });
}

/* What is copied into the script so far. */
struct script {
	uint8_t *bytes;
	size_t len;
};

static void copy(struct script *s, const uint8_t *from, const uint8_t *to)
{
	if (to > from)
		memcpy(s->bytes + s->len, from, (size_t)(to - from));
	s->len += to > from ? (size_t)(to - from) : 0;
}

static void copy_span(struct script *s, struct cs_span text)
{
	if (text.len > 0)
		copy(s, text.ptr, text.ptr + text.len);
}

/*
 * A table with an owner ends with the program that loads it: the flag stays behind. nft
 * prints it on a line of its own, "flags dormant,owner".
 */
static void copy_head(struct script *s, struct cs_span table, const uint8_t **from)
{
	struct cs_span rest = table, line;

	(void)cs_text_line(&rest, &line); /* the table's own */
	while (cs_text_line(&rest, &line) && !cs_text_has(line, "{")) {
		if (!cs_text_starts(line, "\tflags ") || !cs_text_has(line, "owner"))
			continue;
		copy(s, *from, line.ptr);
		if (cs_text_has(line, "dormant"))
			copy(s, (const uint8_t *)"\tflags dormant\n",
			     (const uint8_t *)"\tflags dormant\n" + 15);
		*from = rest.ptr ? rest.ptr : table.ptr + table.len;
	}
}

/* One table without what cannot be loaded again. */
static enum cs_err script_table(struct cs_rules_build *build, const struct cs_listing *l,
				size_t at, struct script *s)
{
	const struct cs_listing_table *table = &l->tables[at];
	const uint8_t *from = table->whole.ptr;
	enum cs_err err = CS_OK;

	copy_head(s, table->whole, &from);
	for (size_t i = 0; table->xt && !err && i < l->n_rules; i++) {
		const struct cs_listing_rule *rule = &l->rules[i];

		if (!rule->xt || l->chains[rule->chain].table != at)
			continue;
		copy(s, from, rule->whole.ptr);
		from = rule->whole.ptr + rule->whole.len;
		err = cs_rules_unread(build,
				      "table %.*s: chain %.*s: handle %" PRIu64
				      ": left out, as nft cannot load it again: %.*s",
				      (int)table->name.len, (const char *)table->name.ptr,
				      (int)l->chains[rule->chain].name.len,
				      (const char *)l->chains[rule->chain].name.ptr,
				      rule->handle, (int)rule->text.len,
				      (const char *)rule->text.ptr);
	}
	copy(s, from, table->whole.ptr + table->whole.len);
	return err;
}

static enum cs_err listing_script(struct cs_rules_build *build,
				  const struct cs_listing *l, const bool *not_these)
{
	struct script s = { 0 };
	size_t most = 1;
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < l->n_tables; i++)
		most += l->tables[i].whole.len + 1;
	s.bytes = cs_arena_alloc(build->arena, most);
	if (!s.bytes)
		return CS_ERR_NOMEM;
	for (size_t i = 0; !err && i < l->n_tables; i++)
		if (!not_these || !not_these[i])
			err = script_table(build, l, i, &s);
	build->out->nft = cs_span_of(s.bytes, s.len);
	return err;
}

enum cs_err cs_rules_add_listing(struct cs_rules_build *build, const struct cs_listing *l,
				 const bool *not_these)
{
	const char *table = NULL;
	size_t next = 0, named = SIZE_MAX;
	const size_t rules = build->out->n, chains = build->out->n_chains;
	struct cs_listing *kept = cs_arena_alloc(build->arena, sizeof(*kept));
	enum cs_err err = kept ? listing_script(build, l, not_these) : CS_ERR_NOMEM;

	if (!err)
		*kept = *l;
	build->out->parsed = kept;

	for (size_t i = 0; !err && i < l->n_chains; i++) {
		size_t of = l->chains[i].table;

		if (not_these && not_these[of]) {
			next += l->chains[i].n_rules;
			continue;
		}
		if (named != of)
			table = cs_arena_text(build->arena, l->tables[of].name);
		named = of;
		err = table ? listing_chain(build, l, i, table, &next) : CS_ERR_NOMEM;
	}
	return err ? err : cs_rules_say_untried(build, rules, chains);
}

static const struct {
	const char *name, *hook;
} builtin[] = {
	{ "PREROUTING", "prerouting" }, { "INPUT", "input" },
	{ "FORWARD", "forward" },       { "POSTROUTING", "postrouting" },
	{ "OUTPUT", "output" },
};

static const char *hook_of(struct cs_span chain)
{
	for (size_t i = 0; i < CS_LEN(builtin); i++)
		if (cs_text_is(chain, builtin[i].name))
			return builtin[i].hook;
	return NULL;
}

static int32_t priority_of(struct cs_span table, const char *hook)
{
	int32_t priority = 0;

	if (cs_text_is(table, "nat"))
		return strcmp(hook, "prerouting") == 0 || strcmp(hook, "output") == 0
			       ? -100
			       : 100;
	return cs_listing_priority(table, false, &priority) ? priority : 0;
}

/* The rules of one chain, after @rule: its table, its family. */
static enum cs_err save_chain(struct cs_rules_build *build, const struct cs_save *save,
			      size_t at, struct cs_rule rule)
{
	const struct cs_save_chain *from = &save->chains[at];
	struct cs_rules_chain base = { .hook = hook_of(from->name),
				       .drops = cs_text_is(from->policy, "DROP") };
	enum cs_err err;

	rule.chain = cs_arena_text(build->arena, from->name);
	err = rule.chain ? CS_OK : CS_ERR_NOMEM;
	for (size_t i = from->first; !err && i != SIZE_MAX; i = save->rules[i].next) {
		const struct cs_save_rule *r = &save->rules[i];

		rule.place = r->place;
		rule.handle = r->place + 1;
		rule.text = cs_rules_text(build->arena, r->text);
		build->out->rates |= cs_rules_rated(r->text);
		err = add_rule(build, &rule);
	}
	if (err || !base.hook)
		return err;
	base.priority = priority_of(save->tables[from->table].name, base.hook);
	return add_base(build, rule, &base);
}

static bool is_wanted(const struct cs_save *save, size_t table,
		      const struct cs_rules_wanted *w)
{
	return save->tables[table].v6 == w->v6 && !(w->not_these && w->not_these[table]);
}

static struct cs_span *restored_by(struct cs_rules *out, const struct cs_rules_wanted *w)
{
	if (w->as_it_is)
		return w->v6 ? &out->legacy6 : &out->legacy4;
	return w->v6 ? &out->xtables6 : &out->xtables4;
}

/* The text of the wanted tables behind what is there already. */
static enum cs_err save_script(struct cs_rules_build *build, const struct cs_save *save,
			       const struct cs_rules_wanted *w)
{
	struct cs_span *out = restored_by(build->out, w);
	struct script s = { 0 };
	size_t most = out->len + 1;

	for (size_t i = 0; i < save->n_tables; i++)
		most += save->tables[i].whole.len;
	s.bytes = cs_arena_alloc(build->arena, most);
	if (!s.bytes)
		return CS_ERR_NOMEM;
	copy_span(&s, *out);
	for (size_t i = 0; i < save->n_tables; i++) {
		if (is_wanted(save, i, w))
			copy_span(&s, save->tables[i].whole);
	}
	*out = cs_span_of(s.bytes, s.len);
	return CS_OK;
}

enum cs_err cs_rules_add_save(struct cs_rules_build *build, const struct cs_save *save,
			      const struct cs_rules_wanted *wanted)
{
	const size_t rules = build->out->n, chains = build->out->n_chains;
	enum cs_err err = save_script(build, save, wanted);

	for (size_t i = 0; !err && i < save->n_chains; i++) {
		struct cs_span table = save->tables[save->chains[i].table].name;
		struct cs_rule rule = { .tool = CS_RULE_IPTABLES,
					.legacy = wanted->legacy,
					.unseen = wanted->as_it_is };
		char name[64];

		if (!is_wanted(save, save->chains[i].table, wanted))
			continue;
		(void)snprintf(name, sizeof(name), "%s %.*s", wanted->v6 ? "ip6" : "ip",
			       (int)table.len, (const char *)table.ptr);
		rule.table = cs_arena_text(build->arena, cs_span_str(name));
		err = rule.table ? save_chain(build, save, i, rule) : CS_ERR_NOMEM;
	}
	return err ? err : cs_rules_say_untried(build, rules, chains);
}
