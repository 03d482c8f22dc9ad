/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_words.h"

#include "protect/rules_span.h"

/* Parts @value at the first @c; false where there is none. */
static bool part(struct cs_span value, char c, struct cs_span *lo, struct cs_span *hi)
{
	const uint8_t *at = value.len ? memchr(value.ptr, c, value.len) : NULL;

	if (!at)
		return false;
	*lo = cs_span_of(value.ptr, (size_t)(at - value.ptr));
	*hi = cs_text_after(value, lo->len + 1);
	return true;
}

static enum cs_words_is is(bool yes)
{
	return yes ? CS_WORDS_YES : CS_WORDS_NO;
}

enum cs_words_is cs_words_port(struct cs_span value, const struct cs_words_ask *ask)
{
	struct cs_span lo = value, hi = value;
	uint64_t first, last;

	if (!part(value, '-', &lo, &hi) && part(value, ':', &lo, &hi)) {
		lo = lo.len ? lo : cs_span_str("0"); /* iptables: ":1024", "1024:" */
		hi = hi.len ? hi : cs_span_str("65535");
	}
	if (!cs_num_u64(lo, 0, UINT16_MAX, &first) ||
	    !cs_num_u64(hi, 0, UINT16_MAX, &last))
		return CS_WORDS_MAYBE; /* a service's name */
	return is((first <= ask->port && ask->port <= last) ||
		  (first <= ask->other_port && ask->other_port <= last));
}

/* "255.255.0.0" to 16; false for a mask with holes. */
static bool mask_bits(struct cs_span text, uint8_t *bits)
{
	struct cs_addr mask;
	uint32_t low;

	if (!cs_addr_read(text, &mask) || !cs_addr_is_v4(&mask))
		return false;
	low = cs_addr_low32(&mask);
	*bits = 96;
	for (; low & 0x80000000u; low <<= 1)
		++*bits;
	return low == 0;
}

enum cs_words_is cs_words_prefix(const struct cs_prefix *prefix,
				 const struct cs_addr *address)
{
	/* ::/0 is all of IPv6 here, not IPv4 in its mapped form. */
	return is(cs_addr_is_v4(address) ==
			  (prefix->bits >= 96 && cs_addr_is_v4(&prefix->addr)) &&
		  cs_prefix_has(prefix, address));
}

enum cs_words_is cs_words_address(struct cs_span value, const struct cs_addr *address)
{
	struct cs_span lo, hi;
	struct cs_prefix prefix;
	struct cs_range range;
	enum cs_err err;

	if (part(value, '-', &lo, &hi) && cs_addr_read(lo, &range.lo) &&
	    cs_addr_read(hi, &range.hi))
		return is(cs_range_has(&range, address));
	err = cs_prefix_read(value, &prefix);
	if (err && err != CS_ERR_RANGE) {
		if (!part(value, '/', &lo, &hi) || !cs_addr_read(lo, &prefix.addr) ||
		    !mask_bits(hi, &prefix.bits))
			return CS_WORDS_MAYBE;
	}
	return cs_words_prefix(&prefix, address);
}

enum cs_words_is cs_words_protocol(struct cs_span value, bool tcp)
{
	if (cs_text_is(value, "all") || cs_text_is(value, "0"))
		return CS_WORDS_YES;
	return is(cs_text_is(value, tcp ? "tcp" : "udp") ||
		  cs_text_is(value, tcp ? "6" : "17"));
}

enum cs_words_is cs_words_interface(struct cs_span value, const char *name)
{
	bool begins = value.len && (value.ptr[value.len - 1] == '*' ||
				    value.ptr[value.len - 1] == '+');

	if (!name)
		/* Nobody who asks from outside comes in there. */
		return cs_text_is(value, "lo") ? CS_WORDS_NO : CS_WORDS_YES;
	if (begins)
		return is(strlen(name) >= value.len - 1 &&
			  memcmp(name, value.ptr, value.len - 1) == 0);
	return is(cs_text_is(value, name));
}

enum cs_words_is cs_words_states(struct cs_span value)
{
	struct cs_span state;

	do {
		if (!part(value, ',', &state, &value)) {
			state = value;
			value = cs_span_of(NULL, 0);
		}
		if (cs_text_is(state, "new") || cs_text_is(state, "NEW") ||
		    cs_text_is(state, "established") || cs_text_is(state, "ESTABLISHED"))
			return CS_WORDS_YES;
	} while (value.len);
	return CS_WORDS_NO;
}
