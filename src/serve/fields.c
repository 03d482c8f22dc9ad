/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/fields.h"

#include <stdio.h>

#include "base/num.h"

static enum cs_err wrong(const char *what, char why[CS_FIELDS_WHY])
{
	(void)snprintf(why, CS_FIELDS_WHY, "%s", what);
	return CS_ERR_SYNTAX;
}

/* Into the arena: it only gets shorter. */
static enum cs_err decode(struct cs_span text, struct cs_arena *arena,
			  struct cs_span *out, char why[CS_FIELDS_WHY])
{
	uint8_t *to = cs_arena_alloc(arena, text.len + 1);
	size_t n = 0;

	if (!to)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c == '%') {
			if (text.len - i < 3 ||
			    !cs_hex_read(cs_span_of(text.ptr + i + 1, 2), &c, 1))
				return wrong("a % in the address without two hex digits",
					     why);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		if (c == '\0')
			return wrong("a NUL in the address", why);
		to[n++] = c;
	}
	*out = cs_span_of(to, n);
	return CS_OK;
}

static enum cs_err take(struct cs_span part, struct cs_arena *arena,
			struct cs_fields *out, char why[CS_FIELDS_WHY])
{
	const uint8_t *equals = part.len ? memchr(part.ptr, '=', part.len) : NULL;
	size_t len = equals ? (size_t)(equals - part.ptr) : part.len;
	struct cs_span name, value = { 0 };
	enum cs_err err;

	if (part.len == 0)
		return CS_OK;
	if (out->n == CS_FIELDS)
		return wrong("too many fields in the address: want at most 32", why);
	err = decode(cs_span_of(part.ptr, len), arena, &name, why);
	if (!err && equals)
		err = decode(cs_span_of(equals + 1, part.len - len - 1), arena, &value,
			     why);
	for (size_t i = 0; !err && i < out->n; i++)
		if (cs_span_eq(out->at[i].name, name))
			err = wrong("a field stands twice in the address", why);
	if (err)
		return err;
	out->at[out->n].name = name;
	out->at[out->n++].value = value;
	return CS_OK;
}

enum cs_err cs_fields_read(struct cs_span query, struct cs_arena *arena,
			   struct cs_fields *out, char why[CS_FIELDS_WHY])
{
	enum cs_err err = CS_OK;

	out->n = 0;
	while (!err && query.len > 0) {
		const uint8_t *end = memchr(query.ptr, '&', query.len);
		size_t len = end ? (size_t)(end - query.ptr) : query.len;

		err = take(cs_span_of(query.ptr, len), arena, out, why);
		len += end != NULL;
		query = cs_span_of(query.ptr + len, query.len - len);
	}
	return err;
}

struct cs_span cs_fields_get(const struct cs_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->n; i++)
		if (cs_span_eq(fields->at[i].name, cs_span_str(name)))
			return fields->at[i].value;
	return (struct cs_span){ 0 };
}
