/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ipsets.h"

#include "protect/draft.h"
#include "protect/rules_span.h"
#include "protect/rules_xtables.h"

bool cs_ipsets_named(struct cs_span rules)
{
	return cs_text_has(rules, "--match-set ") || cs_text_has(rules, "-j SET ");
}

/* "add NAME ...": its verb, its set, and what follows. False for an empty line. */
static bool take_name(struct cs_span line, struct cs_span *verb, struct cs_span *name)
{
	return cs_text_word(&line, verb) && cs_text_word(&line, name);
}

/* ---- parts of an entry ---- */

struct cs_span cs_ipsets_part(struct cs_span list, size_t nth)
{
	for (;;) {
		const uint8_t *comma = list.len ? memchr(list.ptr, ',', list.len) : NULL;
		size_t len = comma ? (size_t)(comma - list.ptr) : list.len;

		if (nth-- == 0)
			return cs_span_of(list.ptr, len);
		list = cs_text_after(list, len + 1);
	}
}

size_t cs_ipsets_port_part(struct cs_span type)
{
	struct cs_span parts = cs_text_behind(type, ":"), one;

	for (size_t i = 0; (one = cs_ipsets_part(parts, i)).len; i++)
		if (cs_text_is(one, "port"))
			return i;
	return SIZE_MAX;
}

/* ---- the moment is kept ---- */

/*
 * The seconds that an entry has left, so that 0, which is for ever, can stand in their
 * place. A comment is one word in quotes. Empty: it has none.
 */
static struct cs_span time_left(struct cs_span line)
{
	struct cs_span rest = line, word, last = { 0 };

	if (!cs_text_starts(line, "add "))
		return cs_span_of(NULL, 0);
	for (size_t i = 0; cs_save_word(&rest, &word); i++) {
		if (i > 3 && cs_text_is(last, "timeout"))
			return word;
		last = word;
	}
	return cs_span_of(NULL, 0);
}

enum cs_err cs_ipsets_stay(struct cs_span saved, struct cs_arena *arena,
			   struct cs_span *out)
{
	struct cs_draft text;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	for (struct cs_span line; cs_text_line(&saved, &line);) {
		struct cs_span left = time_left(line);
		size_t before = left.len ? (size_t)(left.ptr - line.ptr) : line.len;

		cs_draft_put(to, cs_span_of(line.ptr, before));
		if (left.len) {
			(void)fputc('0', to); /* the draft's end looks for errors */
			cs_draft_put(to, cs_text_after(line, before + left.len));
		}
		(void)fputc('\n', to);
	}
	return cs_draft_close(&text, arena, out);
}

/* ---- some of the lines ---- */

enum cs_err cs_ipsets_empty(struct cs_span sets, struct cs_arena *arena,
			    struct cs_span *out)
{
	struct cs_draft text;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	for (struct cs_span line; cs_text_line(&sets, &line);) {
		if (!cs_text_starts(line, "create "))
			continue;
		cs_draft_line(to, line);
	}
	return cs_draft_close(&text, arena, out);
}

struct cs_span cs_ipsets_at(struct cs_span sets, size_t number)
{
	struct cs_span line = { 0 }, verb, name;

	while (number > 0 && cs_text_line(&sets, &line))
		number--;
	return number == 0 && take_name(line, &verb, &name) ? name : cs_span_of(NULL, 0);
}

enum cs_err cs_ipsets_without(struct cs_span sets, struct cs_span without,
			      struct cs_arena *arena, struct cs_span *out)
{
	struct cs_draft text;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	for (struct cs_span line, verb, name; cs_text_line(&sets, &line);) {
		if (take_name(line, &verb, &name) && cs_span_eq(name, without))
			continue;
		cs_draft_line(to, line);
	}
	return cs_draft_close(&text, arena, out);
}

/* ---- what packets change ---- */

/* True when a rule puts what it matches into that set, or takes it out. */
static bool is_changed(struct cs_span name, struct cs_span rules)
{
	static const char *const verbs[] = { "--add-set ", "--del-set " };

	for (size_t i = 0; i < CS_LEN(verbs); i++) {
		struct cs_span behind = rules, word;

		while ((behind = cs_text_behind(behind, verbs[i])).len > 0)
			if (cs_text_word(&behind, &word) && cs_span_eq(word, name))
				return true;
	}
	return false;
}

/*
 * What one entry of a list is told goes to its members; and entries may be asked how much
 * they counted.
 */
static bool all_change(struct cs_span sets, const struct cs_span *rules, size_t n)
{
	bool changed = false;

	for (size_t i = 0; i < n; i++) {
		if (cs_text_has(rules[i], " --packets-") ||
		    cs_text_has(rules[i], " --bytes-"))
			return true;
		changed |= cs_text_has(rules[i], "--add-set ") ||
			   cs_text_has(rules[i], "--del-set ");
	}
	return changed && cs_text_has(sets, " list:set ");
}

static bool is_wanted(struct cs_span name, const struct cs_span *rules, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_changed(name, rules[i]))
			return true;
	return false;
}

enum cs_err cs_ipsets_again(struct cs_span sets, const struct cs_span *rules, size_t n,
			    struct cs_arena *arena, struct cs_span *out)
{
	bool all = all_change(sets, rules, n), wanted = all;
	struct cs_draft text;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	/* The lines of a set stand together. */
	for (struct cs_span line, verb, name; cs_text_line(&sets, &line);) {
		if (!take_name(line, &verb, &name))
			continue;
		if (cs_text_is(verb, "create")) {
			wanted = all || is_wanted(name, rules, n);
			if (wanted)
				(void)fprintf(to, "flush %.*s\n", (int)name.len,
					      (const char *)name.ptr);
		} else if (wanted) {
			cs_draft_line(to, line);
		}
	}
	return cs_draft_close(&text, arena, out);
}
