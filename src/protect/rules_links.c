/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_file.h"

#include <ctype.h>

#include "protect/rules_grow.h"
#include "protect/rules_span.h"

enum { LINKS_MAX = 256 /* more than that are no interfaces */ };

struct found {
	struct cs_arena *arena;
	const char **names;
	size_t n, cap;
};

static bool is_word(int c)
{
	return isalnum(c) || strchr("-_.@", c);
}

/* The next name or other single character; quotes are taken off. */
static struct cs_span next_token(struct cs_span *rest)
{
	struct cs_span s = *rest;
	size_t n = 0;

	while (s.len && cs_text_blank(s.ptr[0]))
		s = cs_text_after(s, 1);
	if (s.len && s.ptr[0] == '"') {
		const uint8_t *end = memchr(s.ptr + 1, '"', s.len - 1);

		n = end ? (size_t)(end - s.ptr) - 1 : s.len - 1;
		*rest = cs_text_after(s, n + 2);
		return cs_span_of(s.ptr + 1, n);
	}
	while (n < s.len && s.ptr[n] && is_word(s.ptr[n]))
		n++;
	if (n == 0 && s.len)
		n = 1;
	*rest = cs_text_after(s, n);
	return cs_span_of(s.ptr, n);
}

static enum cs_err add(struct found *f, struct cs_span name)
{
	if (name.len == 0 || name.len > 15 || isdigit(name.ptr[0]) ||
	    !is_word(name.ptr[0]))
		return CS_OK;
	for (size_t i = 0; i < f->n; i++)
		if (cs_text_is(name, f->names[i]))
			return CS_OK;
	if (f->n == LINKS_MAX)
		return CS_OK;
	f->names = cs_rules_grow(f->arena, (void *)(uintptr_t)f->names, f->n, &f->cap,
				 sizeof(*f->names));
	if (!f->names)
		return CS_ERR_NOMEM;
	f->names[f->n] = cs_arena_text(f->arena, name);
	return f->names[f->n++] ? CS_OK : CS_ERR_NOMEM;
}

/* One name, or those in braces, taken off @rest; "!=", "=" and "{" stand before them. */
static enum cs_err add_names(struct found *f, struct cs_span *rest)
{
	bool braces = false;
	enum cs_err err = CS_OK;

	while (!err && rest->len) {
		struct cs_span token = next_token(rest);

		if (token.len == 0 || cs_text_is(token, "}") || cs_text_is(token, ";"))
			return CS_OK;
		if (cs_text_is(token, "{"))
			braces = true;
		if (!is_word(token.ptr[0]))
			continue;
		err = add(f, token);
		if (!braces)
			return err;
	}
	return err;
}

/*
 * iif and oif are kept as numbers, and chains and flowtables hang on devices: those have
 * to be there. Of a `define` nobody knows what it is for, and one interface more does no harm.
 */
static bool names_follow(struct cs_span word)
{
	static const char *const words[] = { "iif", "oif", "device", "devices" };

	for (size_t i = 0; i < CS_LEN(words); i++)
		if (cs_text_is(word, words[i]))
			return true;
	return false;
}

enum cs_err cs_rules_links(struct cs_span text, struct cs_arena *arena,
			   const char *const **out, size_t *n)
{
	struct found f = { .arena = arena };
	enum cs_err err = CS_OK;

	while (!err && text.len) {
		struct cs_span token = next_token(&text);

		if (cs_text_is(token, "define")) {
			(void)next_token(&text); /* its name */
			err = add_names(&f, &text);
		} else if (names_follow(token)) {
			err = add_names(&f, &text);
		}
	}
	*out = f.names;
	*n = f.n;
	return err;
}
