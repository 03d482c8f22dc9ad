/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_xtables.h"

#include "protect/rules_grow.h"
#include "protect/rules_span.h"

enum { TABLES, CHAINS, RULES, KINDS };

/* What the tool's comment said of the next table. */
enum family { FAMILY_UNSAID, FAMILY_4, FAMILY_6 };

struct reading {
	struct cs_arena *arena;
	struct cs_save *out;
	size_t caps[KINDS];
	struct cs_span rest, line;
	const uint8_t *end;
	size_t number;
	enum family family;
};

bool cs_save_is(struct cs_span text)
{
	struct cs_span line;

	while (cs_text_line(&text, &line)) {
		line = cs_text_trim(line);
		if (line.len && line.ptr[0] != '#')
			return line.ptr[0] == '*';
	}
	return false;
}

bool cs_save_word(struct cs_span *rest, struct cs_span *word)
{
	struct cs_span s = cs_text_trim(*rest);
	uint8_t quote = 0;
	size_t n = 0;

	for (; n < s.len; n++) {
		uint8_t c = s.ptr[n];

		if (c == '\\' && n + 1 < s.len)
			n++;
		else if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (cs_text_blank(c))
			break;
	}
	*word = cs_span_of(s.ptr, n);
	*rest = cs_text_after(s, n);
	return n > 0;
}

static bool next_line(struct reading *r)
{
	if (!cs_text_line(&r->rest, &r->line))
		return false;
	r->number++;
	return true;
}

static enum cs_err add_table(struct reading *r, struct cs_span name)
{
	struct cs_save *s = r->out;

	s->tables = cs_rules_grow(r->arena, s->tables, s->n_tables, &r->caps[TABLES],
				  sizeof(*s->tables));
	if (!s->tables)
		return CS_ERR_NOMEM;
	s->tables[s->n_tables++] =
		(struct cs_save_table){ .name = name, .whole = cs_span_of(name.ptr, 0) };
	return CS_OK;
}

static enum cs_err add_chain(struct reading *r, struct cs_span name,
			     struct cs_span policy)
{
	struct cs_save *s = r->out;

	s->chains = cs_rules_grow(r->arena, s->chains, s->n_chains, &r->caps[CHAINS],
				  sizeof(*s->chains));
	if (!s->chains)
		return CS_ERR_NOMEM;
	s->chains[s->n_chains++] = (struct cs_save_chain){ .table = s->n_tables - 1,
							   .name = name,
							   .policy = policy };
	return CS_OK;
}

/* The chain of that name in the open table, SIZE_MAX: not declared. */
static size_t chain_named(const struct reading *r, struct cs_span name)
{
	const struct cs_save *s = r->out;

	for (size_t i = s->n_chains; i-- > 0;)
		if (s->chains[i].table == s->n_tables - 1 &&
		    cs_span_eq(s->chains[i].name, name))
			return i;
	return SIZE_MAX;
}

/* In front of all others of its chain, as -I puts it. */
static void put_first(struct cs_save *s, struct cs_save_rule *added)
{
	for (size_t i = 0; i + 1 < s->n_rules; i++)
		if (s->rules[i].chain == added->chain)
			s->rules[i].place++;
	added->place = 0;
}

/*
 * "-A CHAIN ..." or, in files that people write, "-I CHAIN ...". A chain that nobody declared is one of
 * the kernel's own: its policy is not touched.
 */
static enum cs_err read_rule(struct reading *r, struct cs_span text)
{
	struct cs_save *s = r->out;
	struct cs_span rest = text, verb, name;
	size_t chain;

	if (!cs_save_word(&rest, &verb) || !cs_save_word(&rest, &name))
		return CS_ERR_SYNTAX;
	if (!cs_text_is(verb, "-A") && !cs_text_is(verb, "-I"))
		return cs_text_starts(verb, "-") ? CS_OK : CS_ERR_SYNTAX;
	chain = chain_named(r, name);
	if (chain == SIZE_MAX) {
		if (add_chain(r, name, cs_span_of(NULL, 0)))
			return CS_ERR_NOMEM;
		chain = s->n_chains - 1;
	}
	s->rules = cs_rules_grow(r->arena, s->rules, s->n_rules, &r->caps[RULES],
				 sizeof(*s->rules));
	if (!s->rules)
		return CS_ERR_NOMEM;
	s->rules[s->n_rules] = (struct cs_save_rule){
		.chain = chain, .text = text, .place = s->chains[chain].n_rules++
	};
	s->n_rules++;
	if (cs_text_is(verb, "-I"))
		put_first(s, &s->rules[s->n_rules - 1]);
	return CS_OK;
}

/* ":INPUT DROP [0:0]" */
static enum cs_err read_chain(struct reading *r, struct cs_span line)
{
	struct cs_span rest = cs_text_after(line, 1), name, policy;

	if (!cs_text_word(&rest, &name) || !cs_text_word(&rest, &policy))
		return CS_ERR_SYNTAX;
	if (chain_named(r, name) != SIZE_MAX)
		return CS_OK;
	return add_chain(r, name, policy);
}

/* Words that only IPv6 rules have. */
static bool speaks_v6(struct cs_span whole)
{
	static const char *const words[] = { ":ufw6-",    "ipv6-icmp", "icmp6", "::",
					     " rt --rt-", " -m hl ",   " eui64" };

	for (size_t i = 0; i < CS_LEN(words); i++)
		if (cs_text_has(whole, words[i]))
			return true;
	return false;
}

static bool table_v6(const struct reading *r, const struct cs_save_table *table)
{
	const struct cs_save *s = r->out;

	if (r->family != FAMILY_UNSAID)
		return r->family == FAMILY_6;
	for (size_t i = 0; i + 1 < s->n_tables; i++)
		if (cs_span_eq(s->tables[i].name, table->name))
			return true;
	return speaks_v6(table->whole);
}

static enum cs_err read_line(struct reading *r, struct cs_span line)
{
	if (line.len == 0 || line.ptr[0] == '#')
		return CS_OK;
	if (line.ptr[0] == ':')
		return read_chain(r, line);
	if (line.ptr[0] == '[') { /* iptables-save -c: "[packets:bytes] -A ..." */
		struct cs_span counters;

		(void)cs_text_word(&line, &counters); /* there is one */
		line = cs_text_trim(line);
	}
	return read_rule(r, line);
}

static enum cs_err read_table(struct reading *r, struct cs_span line)
{
	const uint8_t *from = r->line.ptr;
	enum cs_err err = CS_ERR_SYNTAX;

	if (line.ptr[0] == '*' && line.len > 1)
		err = add_table(r, cs_text_after(line, 1));
	while (!err && next_line(r)) {
		struct cs_save_table *table = &r->out->tables[r->out->n_tables - 1];

		line = cs_text_trim(r->line);
		if (!cs_text_is(line, "COMMIT")) {
			err = read_line(r, line);
			continue;
		}

		const uint8_t *end = r->rest.len ? r->rest.ptr : r->end;

		table->whole = cs_span_of(from, (size_t)(end - from));
		table->v6 = table_v6(r, table);
		return CS_OK;
	}
	return err ? err : CS_ERR_SYNTAX; /* never committed: nothing of it is in force */
}

/* "# Generated by ip6tables-save v1.8.9 (nf_tables) on ..." */
static void read_comment(struct reading *r, struct cs_span line)
{
	if (cs_text_starts(line, "# Generated by ip6tables"))
		r->family = FAMILY_6;
	else if (cs_text_starts(line, "# Generated by iptables"))
		r->family = FAMILY_4;
}

enum cs_err cs_save_read(struct cs_span text, struct cs_arena *arena, struct cs_save *out,
			 size_t *line)
{
	struct reading r = {
		.arena = arena, .out = out, .rest = text, .end = text.ptr + text.len
	};
	enum cs_err err = CS_OK;

	*out = (struct cs_save){ 0 };
	while (!err && next_line(&r)) {
		struct cs_span bare = cs_text_trim(r.line);

		if (bare.len && bare.ptr[0] == '#')
			read_comment(&r, bare);
		else if (bare.len)
			err = read_table(&r, bare);
	}
	*line = r.number;
	return err;
}
