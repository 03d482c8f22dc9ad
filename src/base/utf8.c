/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* The leads of one length, and what the byte after them may be at least and at most. */
static const struct lead {
	uint8_t first, last;
	uint8_t len;
	uint8_t lo, hi;
} leads[] = {
	/* RFC 3629 section 4, line by line. */
	{ 0x00, 0x7f, 1, 0, 0 },       { 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf }, { 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static const struct lead *lead_of(uint8_t byte)
{
	for (size_t i = 0; i < CS_LEN(leads); i++)
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	return NULL;
}

/* Not the first byte of a character. */
static bool is_inside(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t cs_utf8_next(struct cs_span rest, uint32_t *cp)
{
	const struct lead *lead = lead_of(rest.ptr[0]);

	if (!lead || lead->len > rest.len)
		return 0;
	if (lead->len == 1) {
		*cp = rest.ptr[0];
		return 1;
	}
	if (rest.ptr[1] < lead->lo || rest.ptr[1] > lead->hi)
		return 0;

	/* A lead of n bytes carries 7 - n bits of the number, the others 6 each. */
	uint32_t value = rest.ptr[0] & (0x7fu >> lead->len);

	for (size_t i = 1; i < lead->len; i++) {
		if (!is_inside(rest.ptr[i]))
			return 0;
		value = value << 6 | (rest.ptr[i] & 0x3fu);
	}
	*cp = value;
	return lead->len;
}

size_t cs_utf8_cut(struct cs_span text, size_t most)
{
	size_t len = text.len < most ? text.len : most;

	for (int i = 0; i < 3 && len > 0 && len < text.len && is_inside(text.ptr[len]);
	     i++)
		len--;
	return len;
}
