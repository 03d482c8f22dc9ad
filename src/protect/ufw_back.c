/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_back.h"

#include "protect/draft.h"
#include "protect/rules_span.h"
#include "protect/ufw_block.h"
#include "protect/ufw_plan.h"

#define TUPLE "### tuple ###"
#define RULES "### RULES ###"

/* --- files --- */

static bool is_ours(struct cs_span line)
{
	struct cs_ufw_tuple t;

	return cs_ufw_tuple_read(line, false, &t) == CS_OK && cs_ufw_tuple_is_ours(&t);
}

/*
 * Takes the next piece off @rest: a tuple with the empty line in front of it and its
 * iptables lines, or any other line. False at the end.
 */
static bool next_piece(struct cs_span *rest, struct cs_span *piece, bool *ours)
{
	struct cs_span at = *rest, line, after;
	bool tuple;

	if (!cs_text_line(&at, &line))
		return false;
	after = at;
	tuple = line.len > 0 ? cs_text_starts(line, TUPLE)
			     : cs_text_line(&after, &line) && cs_text_starts(line, TUPLE);
	*ours = tuple && is_ours(line);
	if (tuple) {
		for (at = after;
		     cs_text_line(&after, &line) && cs_text_starts(line, "-A ");)
			at = after;
	}
	*piece = cs_span_of(rest->ptr, rest->len - at.len);
	*rest = at;
	return true;
}

static void put_ours(FILE *to, struct cs_span file)
{
	struct cs_span piece;

	for (bool ours; next_piece(&file, &piece, &ours);)
		if (ours)
			cs_draft_put(to, piece);
}

static bool has_ours(struct cs_span file)
{
	struct cs_span piece;

	for (bool ours; next_piece(&file, &piece, &ours);)
		if (ours)
			return true;
	return false;
}

/* @now with the rules of ours that @before had in place of those that it has. */
static enum cs_err swap_rules(struct cs_span before, struct cs_span now,
			      struct cs_arena *arena, struct cs_span *out)
{
	bool put = false, at_ours = has_ours(now);
	struct cs_draft text;
	struct cs_span piece;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	for (bool ours; next_piece(&now, &piece, &ours);) {
		bool here = at_ours ? ours : cs_text_starts(piece, RULES);

		if (!ours)
			cs_draft_put(to, piece);
		if (here && !put)
			put_ours(to, before);
		put |= here;
	}
	return cs_draft_close(&text, arena, out);
}

enum cs_err cs_ufw_back_file(enum cs_ufw_file kind, const struct cs_ufw_three *three,
			     struct cs_arena *arena, struct cs_span *out)
{
	if (three->left.len == 0 || cs_span_eq(three->now, three->left)) {
		*out = three->before;
		return CS_OK;
	}
	if (kind == CS_UFW_FILE_USER)
		return swap_rules(three->before, three->now, arena, out);
	return cs_ufw_block_put(three->now, cs_ufw_block_of(three->before), arena, out);
}

/* --- what is in force --- */

/* A walk over the lines of one table of a save. */
struct walk {
	struct cs_span rest;
	bool in;
};

static bool next_line(struct walk *w, const char *table, struct cs_span *line)
{
	while (cs_text_line(&w->rest, line)) {
		if (cs_text_starts(*line, "*"))
			w->in = cs_text_is(cs_text_after(*line, 1), table);
		else if (w->in && line->len > 0 && line->ptr[0] != '#')
			return true;
	}
	return false;
}

/* ":NAME POLICY [0:0]" or "-A NAME ...". */
static struct cs_span chain_of(struct cs_span line)
{
	struct cs_span rest = cs_text_after(line, line.ptr[0] == ':' ? 1 : 3), name;

	return cs_text_word(&rest, &name) ? name : cs_span_of(NULL, 0);
}

/* The next rule of a chain. */
static bool next_rule(struct walk *w, const char *table, struct cs_span chain,
		      struct cs_span *line)
{
	while (next_line(w, table, line))
		if (cs_text_starts(*line, "-A ") && cs_span_eq(chain_of(*line), chain))
			return true;
	return false;
}

static bool next_chain(struct walk *w, const char *table, struct cs_span *chain)
{
	struct cs_span line;

	while (next_line(w, table, &line)) {
		if (line.ptr[0] == ':') {
			*chain = chain_of(line);
			return true;
		}
	}
	return false;
}

static bool has_chain(struct cs_span save, const char *table, struct cs_span chain)
{
	struct walk w = { .rest = save };

	for (struct cs_span name; next_chain(&w, table, &name);)
		if (cs_span_eq(name, chain))
			return true;
	return false;
}

static bool same_chain(struct cs_span a, struct cs_span b, const char *table,
		       struct cs_span chain)
{
	struct walk x = { .rest = a }, y = { .rest = b };

	for (;;) {
		struct cs_span one, other;
		bool more = next_rule(&x, table, chain, &one);

		if (more != next_rule(&y, table, chain, &other))
			return false;
		if (!more)
			return has_chain(a, table, chain) == has_chain(b, table, chain);
		if (!cs_span_eq(one, other))
			return false;
	}
}

/* ufw gives its rules for a profile that name as a comment. */
static bool is_our_rule(struct cs_span line)
{
	return cs_text_has(line, "dapp_" CS_UFW_PROFILE);
}

static bool is_our_chain(struct cs_span chain)
{
	return cs_text_starts(chain, "coapscope-");
}

static bool is_our_jump(struct cs_span line)
{
	return cs_text_starts(line, "-A ") && !is_our_chain(chain_of(line)) &&
	       cs_text_has(line, " -j coapscope-");
}

static void put_rules(FILE *to, struct cs_span save, const char *table,
		      struct cs_span chain, bool ours_alone)
{
	struct walk w = { .rest = save };

	for (struct cs_span line; next_rule(&w, table, chain, &line);)
		if (!ours_alone || is_our_rule(line))
			cs_draft_line(to, line);
}

/* As swap_rules() does with a file: what somebody else changed in the chain stays. */
static void put_swapped(FILE *to, const struct cs_ufw_three *saves, struct cs_span chain)
{
	struct walk look = { .rest = saves->now }, w = look;
	bool at_ours = false, put = false;
	struct cs_span line;

	while (next_rule(&look, "filter", chain, &line))
		at_ours |= is_our_rule(line);
	if (!at_ours)
		put_rules(to, saves->before, "filter", chain, true);
	while (next_rule(&w, "filter", chain, &line)) {
		if (is_our_rule(line) && !put) {
			put_rules(to, saves->before, "filter", chain, true);
			put = true;
		}
		if (!is_our_rule(line))
			cs_draft_line(to, line);
	}
}

/* A chain of ufw's that is there before and now, and not the same. */
static bool is_to_change(const struct cs_ufw_three *saves, struct cs_span chain)
{
	return cs_text_starts(chain, "ufw") &&
	       has_chain(saves->before, "filter", chain) &&
	       !same_chain(saves->before, saves->now, "filter", chain);
}

static void put_filter(FILE *to, const struct cs_ufw_three *saves)
{
	struct walk names = { .rest = saves->now }, again = names;
	struct cs_span chain;

	fputs("*filter\n", to);
	while (next_chain(&names, "filter", &chain))
		if (is_to_change(saves, chain))
			fprintf(to, ":%.*s - [0:0]\n", (int)chain.len,
				(const char *)chain.ptr);
	while (next_chain(&again, "filter", &chain)) {
		if (!is_to_change(saves, chain))
			continue;
		if (saves->left.len == 0 ||
		    same_chain(saves->left, saves->now, "filter", chain))
			put_rules(to, saves->before, "filter", chain, false);
		else
			put_swapped(to, saves, chain);
	}
	fputs("COMMIT\n", to);
}

/* Each jump into our chains, as it is or as the rule that takes it out. */
static void put_jumps(FILE *to, struct cs_span save, char what)
{
	struct walk w = { .rest = save };

	for (struct cs_span line; next_line(&w, "mangle", &line);) {
		if (!is_our_jump(line))
			continue;
		fprintf(to, "-%c", what);
		cs_draft_line(to, cs_text_after(line, 2));
	}
}

static void put_our_chains(FILE *to, struct cs_span save, struct cs_span not_in,
			   const char *fmt)
{
	struct walk w = { .rest = save };

	for (struct cs_span chain; next_chain(&w, "mangle", &chain);) {
		if (!is_our_chain(chain) || has_chain(not_in, "mangle", chain))
			continue;
		fputs(fmt, to);
		cs_draft_put(to, chain);
		fputs(fmt[0] == ':' ? " - [0:0]\n" : "\n", to);
	}
}

static void put_our_rules(FILE *to, struct cs_span save)
{
	struct walk w = { .rest = save };

	for (struct cs_span line; next_line(&w, "mangle", &line);)
		if (cs_text_starts(line, "-A ") && is_our_chain(chain_of(line)))
			cs_draft_line(to, line);
}

static void put_mangle(FILE *to, const struct cs_ufw_three *saves)
{
	struct cs_span none = { 0 };

	fputs("*mangle\n", to);
	put_our_chains(to, saves->before, none, ":");
	put_jumps(to, saves->now, 'D');
	put_our_chains(to, saves->now, saves->before, "-F ");
	put_our_chains(to, saves->now, saves->before, "-X ");
	put_our_rules(to, saves->before);
	put_jumps(to, saves->before, 'A');
	fputs("COMMIT\n", to);
}

/* Chains and rules of ours in mangle, in their order. */
static bool next_of_ours(struct walk *w, struct cs_span *line)
{
	while (next_line(w, "mangle", line)) {
		bool chain = line->ptr[0] == ':' || cs_text_starts(*line, "-A ");

		if (chain && (is_our_chain(chain_of(*line)) || is_our_jump(*line)))
			return true;
	}
	return false;
}

static bool same_mangle(struct cs_span a, struct cs_span b)
{
	struct walk x = { .rest = a }, y = { .rest = b };

	for (;;) {
		struct cs_span one, other;
		bool more = next_of_ours(&x, &one);

		if (more != next_of_ours(&y, &other))
			return false;
		if (!more)
			return true;
		/* Of a chain's declaration the counters do not count. */
		if (one.ptr[0] == ':' ? !cs_span_eq(chain_of(one), chain_of(other))
				      : !cs_span_eq(one, other))
			return false;
	}
}

static bool same_filter(const struct cs_ufw_three *saves)
{
	struct walk names = { .rest = saves->now };

	for (struct cs_span chain; next_chain(&names, "filter", &chain);)
		if (is_to_change(saves, chain))
			return false;
	return true;
}

enum cs_err cs_ufw_back_script(const struct cs_ufw_three *saves, struct cs_arena *arena,
			       struct cs_span *out)
{
	bool filter = same_filter(saves), mangle = same_mangle(saves->before, saves->now);
	struct cs_draft text;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	if (!filter)
		put_filter(to, saves);
	if (!mangle)
		put_mangle(to, saves);
	return cs_draft_close(&text, arena, out);
}

static bool same_ufw(struct cs_span a, struct cs_span b)
{
	struct walk names = { .rest = a };

	for (struct cs_span chain; next_chain(&names, "filter", &chain);)
		if (cs_text_starts(chain, "ufw") && !same_chain(a, b, "filter", chain))
			return false;
	return true;
}

bool cs_ufw_saves_equal(struct cs_span a, struct cs_span b)
{
	return same_ufw(a, b) && same_ufw(b, a) && same_mangle(a, b);
}

bool cs_ufw_user_rules_equal(struct cs_span a, struct cs_span b)
{
	static const char *const chains[] = {
		"ufw-user-input",  "ufw-user-output",  "ufw-user-forward",
		"ufw6-user-input", "ufw6-user-output", "ufw6-user-forward",
	};

	for (size_t i = 0; i < CS_LEN(chains); i++)
		if (!same_chain(a, b, "filter", cs_span_str(chains[i])))
			return false;
	return true;
}

bool cs_ufw_ours_equal(struct cs_span a, struct cs_span b)
{
	return cs_ufw_user_rules_equal(a, b) && same_mangle(a, b);
}

bool cs_ufw_save_has_ours(struct cs_span save)
{
	struct walk w = { .rest = save };
	struct cs_span line;

	return next_of_ours(&w, &line);
}

enum cs_err cs_ufw_save_of_ours(struct cs_span save, struct cs_arena *arena,
				struct cs_span *out)
{
	struct walk w = { .rest = save };
	struct cs_draft text;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	fputs("*mangle\n", to);
	for (struct cs_span line; next_of_ours(&w, &line);)
		cs_draft_line(to, line);
	fputs("COMMIT\n", to);
	return cs_draft_close(&text, arena, out);
}

enum cs_err cs_ufw_save_without_ours(struct cs_span save, struct cs_arena *arena,
				     struct cs_span *out)
{
	struct cs_draft text;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	for (struct cs_span line; cs_text_line(&save, &line);) {
		bool chain = cs_text_starts(line, ":") || cs_text_starts(line, "-A ");

		if (!(chain && (is_our_chain(chain_of(line)) || is_our_jump(line) ||
				is_our_rule(line))))
			cs_draft_line(to, line);
	}
	return cs_draft_close(&text, arena, out);
}
