/* SPDX-License-Identifier: Apache-2.0 */
/* rules_span: the small moves over text that all readers of rules share. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"
#include "base/rd.h"

static inline bool cs_text_is(struct cs_span s, const char *text)
{
	return cs_span_eq(s, cs_span_str(text));
}

static inline bool cs_text_starts(struct cs_span s, const char *with)
{
	size_t n = strlen(with);

	return s.ptr && s.len >= n && memcmp(s.ptr, with, n) == 0;
}

static inline bool cs_text_ends(struct cs_span s, const char *with)
{
	size_t n = strlen(with);

	return s.ptr && s.len >= n && memcmp(s.ptr + s.len - n, with, n) == 0;
}

static inline bool cs_text_has(struct cs_span s, const char *part)
{
	return s.len && s.ptr && memmem(s.ptr, s.len, part, strlen(part)) != NULL;
}

static inline struct cs_span cs_text_after(struct cs_span s, size_t n)
{
	return n < s.len ? cs_span_of(s.ptr + n, s.len - n) : cs_span_of(NULL, 0);
}

/* What follows the first @part of @s; empty: it is not in it, or nothing follows. */
static inline struct cs_span cs_text_behind(struct cs_span s, const char *part)
{
	size_t n = strlen(part);
	const uint8_t *at = s.len && s.ptr ? memmem(s.ptr, s.len, part, n) : NULL;

	return at ? cs_text_after(s, (size_t)(at - s.ptr) + n) : cs_span_of(NULL, 0);
}

static inline bool cs_text_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline struct cs_span cs_text_trim(struct cs_span s)
{
	while (s.len && cs_text_blank(s.ptr[0]))
		s = cs_text_after(s, 1);
	while (s.len && cs_text_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* Takes the next line off @rest, without its end. False when nothing is left. */
static inline bool cs_text_line(struct cs_span *rest, struct cs_span *line)
{
	const uint8_t *end;

	if (!rest->ptr || rest->len == 0)
		return false;
	end = memchr(rest->ptr, '\n', rest->len);
	*line = end ? cs_span_of(rest->ptr, (size_t)(end - rest->ptr)) : *rest;
	*rest = cs_text_after(*rest, end ? line->len + 1 : line->len);
	return true;
}

/* Takes the next word (up to a blank) off @rest. False when none is left. */
static inline bool cs_text_word(struct cs_span *rest, struct cs_span *word)
{
	struct cs_span s = cs_text_trim(*rest);
	size_t n = 0;

	while (n < s.len && !cs_text_blank(s.ptr[n]))
		n++;
	*word = cs_span_of(s.ptr, n);
	*rest = cs_text_after(s, n);
	return n > 0;
}

/* Cuts " # handle N" off the end of @line; false (and 0) where there is none. */
static inline bool cs_text_handle(struct cs_span *line, uint64_t *handle)
{
	static const char mark[] = " # handle ";
	const size_t n = sizeof(mark) - 1;
	size_t digits = 0;

	*handle = 0;
	while (digits < line->len && line->ptr[line->len - 1 - digits] >= '0' &&
	       line->ptr[line->len - 1 - digits] <= '9')
		digits++;
	if (digits == 0 || line->len < digits + n ||
	    memcmp(line->ptr + line->len - digits - n, mark, n) != 0 ||
	    !cs_num_u64(cs_text_after(*line, line->len - digits), 0, UINT64_MAX, handle))
		return false;
	line->len -= digits + n;
	return true;
}
