/* SPDX-License-Identifier: Apache-2.0 */
/* What a line of JSON must be, and a string of it back to bytes. */
#pragma once

#include "base/num.h"
#include "base/utf8.h"
#include "fuzz.h"

/* One line of UTF-8 without anything that a terminal would act on. */
static inline void must_be_one_clean_line(struct cs_span text)
{
	for (size_t at = 0, n; at + 1 < text.len; at += n) {
		uint32_t cp = 0;

		n = cs_utf8_next(cs_span_of(text.ptr + at, text.len - at), &cp);
		MUST(n > 0 && cp >= 0x20 && !(cp >= 0x7f && cp <= 0x9f));
		MUST(cp != 0x2028 && cp != 0x2029 && cp != 0x202e);
	}
	MUST(text.ptr[text.len - 1] == '\n');
}

/* By the one rule of out/json.h; @out has room for what the text is long. */
static inline size_t undo(const char *value, uint8_t *out)
{
	size_t n = 0;

	for (; *value; n++) {
		if (*value != '\\') {
			out[n] = (uint8_t)*value++;
			continue;
		}
		MUST(value[1] == 'x' &&
		     cs_hex_read(cs_span_of(value + 2, 2), &out[n], 1));
		value += 4;
	}
	return n;
}
