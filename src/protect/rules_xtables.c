/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_xtables.h"

#include "protect/rules_grow.h"
#include "protect/rules_span.h"
#include "protect/text_index.h"

enum { TABLES, CHAINS, RULES, KINDS };

enum { NAMES_MAX = 16 /* of tables: the kernel knows five */ };

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
	struct cs_text_index named;      /* the chains of the open table */
	struct cs_span names[NAMES_MAX]; /* of the tables before it */
	size_t n_names;
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
	r->named = (struct cs_text_index){ .arena = r->arena };
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
	if (!s->chains || !cs_text_index_add(&r->named, name, s->n_chains))
		return CS_ERR_NOMEM;
	s->chains[s->n_chains++] = (struct cs_save_chain){ .table = s->n_tables - 1,
							   .name = name,
							   .policy = policy,
							   .first = SIZE_MAX };
	return CS_OK;
}

/* The chain of that name in the open table, SIZE_MAX: not declared. */
static size_t chain_named(const struct reading *r, struct cs_span name)
{
	size_t at;

	return cs_text_index_find(&r->named, name, &at) ? at : SIZE_MAX;
}

/*
 * Behind the others of its chain in the text; of those that -I puts in front the last
 * comes first.
 */
static void chain_up(struct cs_save *s, size_t added, bool in_front)
{
	struct cs_save_rule *rule = &s->rules[added];
	struct cs_save_chain *chain = &s->chains[rule->chain];

	if (chain->n_rules++ == 0)
		chain->first = added;
	else
		s->rules[chain->last].next = added;
	chain->last = added;
	rule->next = SIZE_MAX;
	rule->in_front = in_front;
	chain->n_front += in_front;
}

static void set_places(struct cs_save *s)
{
	for (size_t c = 0; c < s->n_chains; c++) {
		size_t front = s->chains[c].n_front, back = front;

		for (size_t i = s->chains[c].first; i != SIZE_MAX; i = s->rules[i].next)
			s->rules[i].place = s->rules[i].in_front ? --front : back++;
	}
}

/*
 * "-A CHAIN ..." or, in files that people write, "-I CHAIN ...". A chain that nobody
 * declared is one of the kernel's own: its policy is not touched.
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
	s->rules[s->n_rules] = (struct cs_save_rule){ .chain = chain, .text = text };
	chain_up(s, s->n_rules++, cs_text_is(verb, "-I"));
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

/* Notes the name; true when a table had it before. One too many is of no iptables. */
static bool was_named(struct reading *r, struct cs_span name)
{
	for (size_t i = 0; i < r->n_names; i++)
		if (cs_span_eq(r->names[i], name))
			return true;
	if (r->n_names < NAMES_MAX)
		r->names[r->n_names++] = name;
	return false;
}

static bool table_v6(struct reading *r, const struct cs_save_table *table)
{
	bool again = was_named(r, table->name);

	if (r->family != FAMILY_UNSAID)
		return r->family == FAMILY_6;
	return again || speaks_v6(table->whole);
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
	set_places(out);
	*line = r.number;
	return err;
}
