/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_look.h"

#include "base/utf8.h"

/* A string that is cut at an escaped NUL would be another one. */
static bool has_escaped_nul(struct cs_span s)
{
	return s.len > 0 && memmem(s.ptr, s.len, "\\u0000", 6) != NULL;
}

bool cs_json_is_text(struct cs_span text)
{
	struct cs_span s = text;
	uint32_t cp;

	while (s.len > 0) {
		size_t len = cs_utf8_next(s, &cp);

		if (len == 0 || cp == 0)
			return false;
		s = cs_span_of(s.ptr + len, s.len - len);
	}
	return !has_escaped_nul(text);
}

bool cs_json_is_shallow(struct cs_span text, unsigned most)
{
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '[') && ++depth > most)
			return false;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return true;
}
