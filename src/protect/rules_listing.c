/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_listing.h"

#include "protect/rules_grow.h"
#include "protect/rules_span.h"

enum kind { TABLES, CHAINS, RULES, BLOCKS, KINDS };

struct reading {
	struct cs_arena *arena;
	struct cs_listing *out;
	size_t caps[KINDS];
	struct cs_span rest, line; /* what is left; the line read last, without its end */
	const uint8_t *end;        /* of the text */
	size_t number;             /* of the line, from 1 */
	bool handles;              /* the text has them */
};

static bool next_line(struct reading *r)
{
	if (!cs_text_line(&r->rest, &r->line))
		return false;
	r->number++;
	return true;
}

/* From @from to the end of the line that was read last, with its line end. */
static struct cs_span up_to_here(const struct reading *r, const uint8_t *from)
{
	const uint8_t *end = r->rest.len ? r->rest.ptr : r->end;

	return cs_span_of(from, (size_t)(end - from));
}

/*
 * Opens what a line "@indent KIND NAME { # handle N" opens: @head is "KIND NAME". A
 * comment of nft's after the brace does not hide it.
 */
static bool opens(struct cs_span line, struct cs_span *head, uint64_t *handle)
{
	(void)cs_text_handle(&line, handle); /* a text without handles is fine */
	line = cs_text_trim(line);
	if (!cs_text_ends(line, " {"))
		return false;
	*head = cs_span_of(line.ptr, line.len - 2);
	return true;
}

static struct cs_listing_table *table_of(struct reading *r)
{
	return &r->out->tables[r->out->n_tables - 1];
}

static enum cs_err add_table(struct reading *r, struct cs_span name, uint64_t handle,
			     const uint8_t *from)
{
	struct cs_listing *l = r->out;

	l->tables = cs_rules_grow(r->arena, l->tables, l->n_tables, &r->caps[TABLES],
				  sizeof(*l->tables));
	if (!l->tables)
		return CS_ERR_NOMEM;
	l->tables[l->n_tables++] =
		(struct cs_listing_table){ .name = name,
					   .whole = cs_span_of(from, 0),
					   .handle = handle,
					   .counted = true };
	if (handle)
		r->handles = true;
	return CS_OK;
}

static enum cs_err add_chain(struct reading *r, struct cs_span name)
{
	struct cs_listing *l = r->out;

	l->chains = cs_rules_grow(r->arena, l->chains, l->n_chains, &r->caps[CHAINS],
				  sizeof(*l->chains));
	if (!l->chains)
		return CS_ERR_NOMEM;
	l->chains[l->n_chains++] =
		(struct cs_listing_chain){ .table = l->n_tables - 1, .name = name };
	return CS_OK;
}

bool cs_listing_is_xt(struct cs_span rule)
{
	bool quoted = false;

	if (!cs_text_has(rule, "xt match ") && !cs_text_has(rule, "xt target "))
		return false;
	for (size_t i = 0; i < rule.len; i++) {
		struct cs_span here = cs_text_after(rule, i);

		quoted ^= rule.ptr[i] == '"';
		if (!quoted && (i == 0 || cs_text_blank(rule.ptr[i - 1])) &&
		    (cs_text_starts(here, "xt match ") ||
		     cs_text_starts(here, "xt target ")))
			return true;
	}
	return false;
}

static enum cs_err add_rule(struct reading *r, struct cs_span text, uint64_t handle,
			    struct cs_span whole)
{
	struct cs_listing *l = r->out;
	struct cs_listing_chain *chain = &l->chains[l->n_chains - 1];
	bool xt = cs_listing_is_xt(text);

	l->rules = cs_rules_grow(r->arena, l->rules, l->n_rules, &r->caps[RULES],
				 sizeof(*l->rules));
	if (!l->rules)
		return CS_ERR_NOMEM;
	l->rules[l->n_rules++] = (struct cs_listing_rule){ .chain = l->n_chains - 1,
							   .text = text,
							   .whole = whole,
							   .handle = handle,
							   .place = chain->n_rules++,
							   .xt = xt };
	table_of(r)->xt |= xt;
	table_of(r)->counted &= cs_text_has(text, "counter packets ");
	return CS_OK;
}

/* What is open where a rule's text was read to. */
struct open {
	size_t depth; /* braces */
	bool quoted;
};

/* Reads one more line of it. True when its newline ends the rule: nothing is open. */
static bool closes(struct open *open, struct cs_span line)
{
	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.ptr[i];

		open->quoted ^= c == '"';
		if (!open->quoted && c == '{')
			open->depth++;
		if (!open->quoted && c == '}' && open->depth)
			open->depth--;
	}
	return open->depth == 0 && !open->quoted;
}

/*
 * A rule begins on this line; in a text with handles it ends with the line that has one.
 * That holds also where iptables put quotes into a comment, which nft prints as they are.
 */
static enum cs_err read_rule(struct reading *r)
{
	const uint8_t *from = r->line.ptr;
	struct open open = { 0 };

	for (;;) {
		struct cs_span whole = up_to_here(r, from);
		bool closed = closes(&open, r->line);
		struct cs_span text = cs_text_trim(whole);
		uint64_t handle;
		bool told = cs_text_handle(&text, &handle);

		if (told || (!r->handles && closed))
			return add_rule(r, cs_text_trim(text), handle, whole);
		if (!next_line(r) || cs_text_is(r->line, "\t}") ||
		    cs_text_is(r->line, "}"))
			return CS_ERR_SYNTAX;
	}
}

/* The words between "@from " and the next ";" or " priority". */
static struct cs_span field(struct cs_span line, const char *from, const char *to)
{
	const uint8_t *at = memmem(line.ptr, line.len, from, strlen(from));
	const uint8_t *end;

	if (!at)
		return cs_span_of(NULL, 0);
	line = cs_text_after(line, (size_t)(at - line.ptr) + strlen(from));
	end = line.len ? memmem(line.ptr, line.len, to, strlen(to)) : NULL;
	return end ? cs_span_of(line.ptr, (size_t)(end - line.ptr)) : cs_span_of(NULL, 0);
}

/* "type filter hook ingress device "eth0" priority filter; policy drop;" */
static enum cs_err read_base(struct reading *r, struct cs_listing_chain *chain)
{
	struct cs_span hook = field(r->line, " hook ", " priority ");
	bool bridge = cs_text_starts(table_of(r)->name, "bridge ");

	if (!cs_text_word(&hook, &chain->hook) ||
	    !cs_listing_priority(field(r->line, " priority ", ";"), bridge,
				 &chain->priority))
		return CS_ERR_SYNTAX;
	chain->policy = field(r->line, " policy ", ";");
	return CS_OK;
}

static bool is_chain_comment(struct cs_span line)
{
	return cs_text_starts(line, "\t\tcomment \"") && cs_text_ends(line, "\"");
}

static enum cs_err read_chain(struct reading *r, struct cs_span name)
{
	enum cs_err err = add_chain(r, name);
	size_t at = r->out->n_chains - 1;

	while (!err && next_line(r)) {
		struct cs_listing_chain *chain = &r->out->chains[at];

		if (cs_text_is(r->line, "\t}"))
			return CS_OK;
		if (cs_text_starts(r->line, "\t\ttype ") && chain->n_rules == 0 &&
		    cs_text_has(r->line, " hook "))
			err = read_base(r, chain);
		else if (cs_text_trim(r->line).len == 0 ||
			 (chain->n_rules == 0 && is_chain_comment(r->line)))
			continue;
		else
			err = read_rule(r);
	}
	return err ? err : CS_ERR_SYNTAX; /* it never closed */
}

static enum cs_err read_block(struct reading *r, struct cs_span head)
{
	struct cs_listing *l = r->out;
	struct cs_listing_block block = { .table = l->n_tables - 1 };
	const uint8_t *from = r->rest.ptr;

	if (head.len == 0)
		return CS_ERR_SYNTAX;
	(void)cs_text_word(&head, &block.kind); /* there is one */
	for (struct cs_span word; cs_text_word(&head, &word);)
		block.name = word; /* the last one: "ct helper NAME" */
	while (next_line(r)) {
		if (!cs_text_is(r->line, "\t}"))
			continue;
		block.body = cs_span_of(from, (size_t)(r->line.ptr - from));
		l->blocks = cs_rules_grow(r->arena, l->blocks, l->n_blocks,
					  &r->caps[BLOCKS], sizeof(*l->blocks));
		if (!l->blocks)
			return CS_ERR_NOMEM;
		l->blocks[l->n_blocks++] = block;
		table_of(r)->n_blocks++;
		return CS_OK;
	}
	return CS_ERR_SYNTAX;
}

static enum cs_err read_item(struct reading *r)
{
	struct cs_span head;
	uint64_t handle;

	if (cs_text_starts(r->line, "\tflags ") && cs_text_has(r->line, "dormant"))
		table_of(r)->dormant = true;
	if (!cs_text_starts(r->line, "\t") || cs_text_starts(r->line, "\tcomment \"") ||
	    !opens(r->line, &head, &handle))
		return CS_OK; /* flags, a comment, an empty line */
	if (cs_text_starts(head, "chain "))
		return read_chain(r, cs_text_after(head, sizeof("chain")));
	return read_block(r, head);
}

static enum cs_err read_table(struct reading *r)
{
	const uint8_t *from = r->line.ptr;
	struct cs_span head;
	uint64_t handle;
	enum cs_err err;

	if (!cs_text_starts(r->line, "table ") || !opens(r->line, &head, &handle))
		return CS_ERR_SYNTAX;
	err = add_table(r, cs_text_after(head, sizeof("table")), handle, from);
	while (!err && next_line(r)) {
		if (cs_text_is(r->line, "}")) {
			table_of(r)->whole = up_to_here(r, from);
			return CS_OK;
		}
		err = read_item(r);
	}
	return err ? err : CS_ERR_SYNTAX;
}

enum cs_err cs_listing_read(struct cs_span text, struct cs_arena *arena,
			    struct cs_listing *out, size_t *line)
{
	struct reading r = {
		.arena = arena, .out = out, .rest = text, .end = text.ptr + text.len
	};
	enum cs_err err = CS_OK;

	*out = (struct cs_listing){ 0 };
	while (!err && next_line(&r)) {
		struct cs_span bare = cs_text_trim(r.line);

		if (bare.len && bare.ptr[0] != '#')
			err = read_table(&r);
	}
	*line = r.number;
	return err;
}
