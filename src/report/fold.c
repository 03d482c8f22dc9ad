/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fold.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool cs_fold_eq(struct cs_span a, struct cs_span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	return true;
}

bool cs_fold_contains(struct cs_span text, struct cs_span needle)
{
	if (needle.len == 0)
		return true;
	for (size_t at = 0; text.len >= needle.len && at <= text.len - needle.len; at++) {
		size_t i = 0;

		while (i < needle.len && lower(text.ptr[at + i]) == needle.ptr[i])
			i++;
		if (i == needle.len)
			return true;
	}
	return false;
}

bool cs_fold_has_tag(struct cs_span text, struct cs_span asked)
{
	for (;;) {
		const uint8_t *end = text.len ? memchr(text.ptr, ';', text.len) : NULL;
		size_t len = end ? (size_t)(end - text.ptr) : text.len;

		if (cs_span_eq(cs_span_of(text.ptr, len), asked))
			return true;
		if (!end)
			return false;
		text = cs_span_of(end + 1, text.len - len - 1);
	}
}
