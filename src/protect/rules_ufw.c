/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_ufw.h"

#include <stdio.h>

#include "protect/rules_span.h"

/* The tuple that an iptables line of ufw's files was made of. */
struct line {
	const char *chain; /* of user_chains */
	size_t place;      /* in it */
	const struct cs_ufw_tuple *tuple;
	const char *words;
};

struct lines {
	struct line *at;
	size_t n;
};

static const char *const user_chains[] = {
	"ufw-user-input",  "ufw-user-output",  "ufw-user-forward",
	"ufw6-user-input", "ufw6-user-output", "ufw6-user-forward",
};

static const char *user_chain(struct cs_span name)
{
	for (size_t i = 0; i < CS_LEN(user_chains); i++)
		if (cs_text_is(name, user_chains[i]))
			return user_chains[i];
	return NULL;
}

bool cs_rules_has_ufw(const struct cs_rules *rules, bool v6)
{
	return cs_text_has(v6 ? rules->xtables6 : rules->xtables4,
			   v6 ? "\n:ufw6-user-input " : "\n:ufw-user-input ");
}

/* "-A ufw-user-input ..." */
static const char *chain_of(struct cs_span line)
{
	struct cs_span verb, name;

	if (!cs_text_word(&line, &verb) || !cs_text_word(&line, &name) ||
	    !cs_text_is(verb, "-A"))
		return NULL;
	return user_chain(name);
}

/* The place of the next line in its chain: one behind the last that is there. */
static size_t next_place(const struct lines *lines, const char *chain)
{
	for (size_t i = lines->n; i-- > 0;)
		if (lines->at[i].chain == chain)
			return lines->at[i].place + 1;
	return 0;
}

/*
 * The lines of one file, each with the tuple above it: @tuples is where those of its
 * family begin, and they are met in the same order.
 */
static enum cs_err read_lines(struct cs_span text, const struct cs_ufw_tuple *tuple,
			      const struct cs_ufw_tuple *end, struct cs_arena *arena,
			      struct lines *out)
{
	const struct cs_ufw_tuple *now = NULL;
	const char *words = NULL;

	for (struct cs_span line; cs_text_line(&text, &line);) {
		const char *chain = chain_of(line);

		if (tuple < end && line.ptr == tuple->line.ptr) {
			now = tuple++;
			words = cs_ufw_words(now, arena);
			if (!words)
				return CS_ERR_NOMEM;
		} else if (cs_text_starts(line, "### ")) {
			now = NULL; /* ufw passes over that tuple; or their end */
		}
		if (!chain)
			continue;
		out->at[out->n] =
			(struct line){ chain, next_place(out, chain), now, words };
		out->n++;
	}
	return CS_OK;
}

static size_t count_lines(struct cs_span text)
{
	size_t n = 0;

	for (struct cs_span line; cs_text_line(&text, &line);)
		n += chain_of(line) != NULL;
	return n;
}

/* Each chain in force must have as many rules as the files have lines for it. */
static bool agrees(const struct cs_rules *rules, const struct lines *lines,
		   const char *chain)
{
	size_t in_force = 0, written = next_place(lines, chain);

	for (size_t i = 0; i < rules->n; i++)
		in_force += rules->rules[i].tool == CS_RULE_IPTABLES &&
			    strcmp(rules->rules[i].chain, chain) == 0;
	return in_force == written;
}

static enum cs_err name_chain(struct cs_rules_build *build, const struct lines *lines,
			      const char *chain)
{
	const struct line **by_place =
		cs_arena_array(build->arena, lines->n + 1, sizeof(*by_place));
	struct cs_rules *rules = build->out;
	size_t n = next_place(lines, chain);

	if (!by_place)
		return CS_ERR_NOMEM;
	for (size_t k = 0; k < lines->n; k++)
		if (lines->at[k].chain == chain)
			by_place[lines->at[k].place] = &lines->at[k];
	for (size_t i = 0; i < rules->n; i++) {
		struct cs_rule *rule = &rules->rules[i];
		const struct line *line;

		if (rule->tool != CS_RULE_IPTABLES || strcmp(rule->chain, chain) != 0)
			continue;
		line = rule->place < n ? by_place[rule->place] : NULL;
		if (!line || !line->tuple)
			continue;
		rule->tool = CS_RULE_UFW;
		rule->handle = line->tuple->number;
		rule->text = line->words;
	}
	return CS_OK;
}

static const struct {
	const char *chain; /* without "ufw" or "ufw6" */
	const char *builtin;
	const char *who; /* what `ufw status verbose` calls it */
} defaults[] = {
	{ "-input", "INPUT", "incoming" },
	{ "-output", "OUTPUT", "outgoing" },
	{ "-forward", "FORWARD", "routed" },
};

/* What a rule at the end of ufw's ways does, as the default policy that it stands for. */
static const char *default_verb(const struct cs_rule *rule)
{
	struct cs_span text = cs_span_str(rule->text);

	if (cs_text_ends(text, "drop") || cs_text_ends(text, "-j DROP"))
		return "deny";
	if (cs_text_has(text, "-j REJECT"))
		return "reject";
	return cs_text_ends(text, "accept") || cs_text_ends(text, "-j ACCEPT") ? "allow"
									       : NULL;
}

static bool is_default(const struct cs_rule *rule, bool v6, const char *suffix,
		       const char *builtin)
{
	static const char *const ways[] = { "-reject", "-track", "-skip-to-policy" };
	char name[64];

	if (strcmp(rule->table, v6 ? "ip6 filter" : "ip filter") != 0)
		return false;
	if (rule->place == SIZE_MAX)
		return strcmp(rule->chain, builtin) == 0;
	for (size_t i = 0; i < CS_LEN(ways); i++) {
		(void)snprintf(name, sizeof(name), "%s%s%s", v6 ? "ufw6" : "ufw", ways[i],
			       suffix);
		if (strcmp(rule->chain, name) == 0)
			return true;
	}
	return false;
}

/* "Default: deny (incoming)", which has no number. */
static enum cs_err name_defaults(struct cs_rules_build *build, bool v6)
{
	struct cs_rules *rules = build->out;
	char words[64];

	for (size_t i = 0; i < rules->n; i++) {
		struct cs_rule *rule = &rules->rules[i];
		const char *verb =
			rule->tool == CS_RULE_IPTABLES ? default_verb(rule) : NULL;

		for (size_t k = 0; verb && k < CS_LEN(defaults); k++) {
			if (!is_default(rule, v6, defaults[k].chain, defaults[k].builtin))
				continue;
			(void)snprintf(words, sizeof(words), "Default: %s (%s)", verb,
				       defaults[k].who);
			rule->text = cs_arena_text(build->arena, cs_span_str(words));
			if (!rule->text)
				return CS_ERR_NOMEM;
			rule->tool = CS_RULE_UFW;
			rule->handle = 0;
		}
	}
	return CS_OK;
}

static enum cs_err name_all(struct cs_rules_build *build, const struct lines *lines)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < CS_LEN(user_chains); i++) {
		bool v6 = cs_text_starts(cs_span_str(user_chains[i]), "ufw6");

		if (!cs_rules_has_ufw(build->out, v6))
			continue;
		if (agrees(build->out, lines, user_chains[i]))
			err = name_chain(build, lines, user_chains[i]);
		else
			err = cs_rules_unread(
				build,
				"chain %s: its rules are not those of ufw's "
				"files (ufw reload?): ufw's numbers are "
				"not known",
				user_chains[i]);
	}
	return err;
}

enum cs_err cs_rules_name_ufw(struct cs_rules_build *build, struct cs_span user,
			      struct cs_span user6)
{
	struct cs_ufw_tuples tuples;
	struct lines lines = { 0 };
	const struct cs_ufw_tuple *six;
	enum cs_err err = cs_ufw_tuples_read(user, user6, build->arena, &tuples);

	lines.at =
		cs_arena_array(build->arena, count_lines(user) + count_lines(user6) + 1,
			       sizeof(*lines.at));
	if (err || !lines.at)
		return CS_ERR_NOMEM;
	for (six = tuples.at; six < tuples.at + tuples.n && !six->v6;)
		six++;
	err = read_lines(user, tuples.at, six, build->arena, &lines);
	if (!err)
		err = read_lines(user6, six, tuples.at + tuples.n, build->arena, &lines);
	if (!err)
		err = name_all(build, &lines);
	for (int v6 = 0; !err && v6 < 2; v6++)
		if (cs_rules_has_ufw(build->out, v6))
			err = name_defaults(build, v6);
	return err;
}
