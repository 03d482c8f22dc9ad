/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the reverse tree: which address or prefix they are of (RFC 1035, RFC 3596). */
#include <strings.h>

#include "watch/pasted_own.h"

enum { OCTETS = 4, NIBBLES = 32, TEXT = 64 };

static bool takes_off(struct cs_span *text, const char *tail)
{
	size_t n = strlen(tail);

	if (text->len <= n ||
	    strncasecmp((const char *)text->ptr + text->len - n, tail, n) != 0)
		return false;
	text->len -= n;
	return true;
}

/* Takes the last label off. */
static struct cs_span last_label(struct cs_span *text)
{
	size_t at = text->len;
	struct cs_span label;

	while (at > 0 && text->ptr[at - 1] != '.')
		at--;
	label = cs_span_of(text->ptr + at, text->len - at);
	text->len = at > 0 ? at - 1 : 0;
	return label;
}

/*
 * Puts the labels behind each other, last first, with "0" for those that lack. False: there
 * are too many, or one is too long.
 */
static bool turn(struct cs_span text, size_t labels, size_t longest, size_t group,
		 char mark, char out[TEXT], size_t *given)
{
	size_t n = 0;

	*given = 0;
	for (size_t i = 0; i < labels; i++) {
		bool more = text.len > 0;
		struct cs_span label = more ? last_label(&text) : cs_span_str("0");

		if (label.len == 0 || label.len > longest)
			return false;
		if (i > 0 && i % group == 0)
			out[n++] = mark;
		memcpy(out + n, label.ptr, label.len);
		n += label.len;
		*given += more;
	}
	out[n] = '\0';
	return text.len == 0;
}

bool cs_pasted_arpa(struct cs_span text, struct cs_prefix *out)
{
	struct cs_addr addr;
	char turned[TEXT];
	size_t given;

	if (text.len > 0 && text.ptr[text.len - 1] == '.')
		text.len--;
	if (takes_off(&text, ".in-addr.arpa")) {
		if (!turn(text, OCTETS, 3, 1, '.', turned, &given) ||
		    !cs_addr_read(cs_span_str(turned), &addr))
			return false;
		*out = (struct cs_prefix){ addr, (uint8_t)(96 + 8 * given) };
		return true;
	}
	if (!takes_off(&text, ".ip6.arpa") ||
	    !turn(text, NIBBLES, 1, 4, ':', turned, &given) ||
	    !cs_addr_read(cs_span_str(turned), &addr))
		return false;
	*out = (struct cs_prefix){ addr, (uint8_t)(4 * given) };
	return true;
}
