/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/value.h"

#include <strings.h>

#include "base/addr.h"
#include "base/num.h"

bool cs_value_maybe_u64(struct cs_span text, void *to)
{
	struct cs_maybe_u64 *maybe = to;

	maybe->given = cs_num_u64(text, 0, UINT64_MAX, &maybe->value);
	return maybe->given;
}

static uint64_t unit_of(uint8_t suffix)
{
	switch (suffix) {
	case 'k':
	case 'K':
		return 1000;
	case 'm':
	case 'M':
		return 1000000;
	case 'g':
	case 'G':
		return 1000000000;
	default:
		return 1;
	}
}

bool cs_value_bandwidth(struct cs_span text, void *to)
{
	static const uint64_t most = UINT64_C(1000000000000000);
	uint64_t unit = text.len ? unit_of(text.ptr[text.len - 1]) : 1;
	uint64_t n;

	if (unit > 1)
		text.len--;
	if (!cs_num_u64(text, 1, most / unit, &n))
		return false;
	*(uint64_t *)to = n * unit;
	return true;
}

/* Takes what stands before the next @mark, and the mark; false at the end. */
static bool cut(struct cs_span *rest, char mark, struct cs_span *piece)
{
	const uint8_t *at;

	if (!rest->ptr)
		return false;
	at = rest->len ? memchr(rest->ptr, mark, rest->len) : NULL;
	*piece = *rest;
	if (!at) {
		*rest = (struct cs_span){ 0 };
		return true;
	}
	piece->len = (size_t)(at - rest->ptr);
	*rest = cs_span_of(at + 1, rest->len - piece->len - 1);
	return true;
}

bool cs_value_port_range(struct cs_span text, void *to)
{
	struct cs_port_range *range = to;
	struct cs_span low, high;
	uint64_t first, last;

	if (!cut(&text, '-', &low) || !cs_num_u64(low, 1, 65535, &first))
		return false;
	high = text.ptr ? text : low;
	if (!cs_num_u64(high, first, 65535, &last))
		return false;
	*range = (struct cs_port_range){ (uint16_t)first, (uint16_t)last };
	return true;
}

static void add_ports(struct cs_port_set *set, const struct cs_port_range *range)
{
	for (unsigned port = range->first; port <= range->last; port++) {
		if (cs_port_set_has(set, (uint16_t)port))
			continue;
		set->bits[port / 64] |= UINT64_C(1) << port % 64;
		set->n++;
	}
}

bool cs_value_ports(struct cs_span text, void *to)
{
	struct cs_port_set *set = to;
	struct cs_port_range range;
	struct cs_span piece;

	if (text.len == 0)
		return false;
	if (set)
		*set = (struct cs_port_set){ .n = 0 };
	while (cut(&text, ',', &piece)) {
		if (!cs_value_port_range(piece, &range))
			return false;
		if (set)
			add_ports(set, &range);
	}
	return true;
}

static bool is_word(struct cs_span text, const char *word)
{
	return text.len == strlen(word) &&
	       strncasecmp((const char *)text.ptr, word, text.len) == 0;
}

bool cs_value_bool(struct cs_span text, void *to)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < CS_LEN(yes); i++) {
		if (!is_word(text, yes[i]) && !is_word(text, no[i]))
			continue;
		*(bool *)to = is_word(text, yes[i]);
		return true;
	}
	return false;
}

bool cs_value_bytes(struct cs_span text, void *to)
{
	static const char units[] = "KMG";
	unsigned shift = 0;
	uint64_t n;

	for (unsigned i = 0; i < 3 && text.len > 0; i++)
		if ((text.ptr[text.len - 1] & ~0x20) == units[i])
			shift = 10 * (i + 1);
	text.len -= shift > 0;
	if (!cs_num_u64(text, 1, UINT64_C(1) << 46 >> shift, &n) ||
	    n << shift < UINT64_C(1) << 20)
		return false;
	if (to)
		*(uint64_t *)to = n << shift;
	return true;
}

bool cs_value_prefix(struct cs_span text, void *to)
{
	struct cs_prefix prefix;

	if (cs_prefix_read(text, &prefix))
		return false;
	if (to)
		*(struct cs_prefix *)to = prefix;
	return true;
}
