/* SPDX-License-Identifier: Apache-2.0 */
#include "net/special.h"

/* clang-format off */
#define V4(w, x, y, z, length) \
	{ .addr = { .b = { [10] = 0xff, 0xff, (w), (x), (y), (z) } }, .bits = 96 + (length) }

#define PAIR(group) (uint8_t)((group) >> 8), (uint8_t)((group)&0xff)

/* Groups 0 to 3 and the last one; the others are 0 in every row. */
#define V6(g0, g1, g2, g3, g7, length) \
	{ .addr = { .b = { PAIR(g0), PAIR(g1), PAIR(g2), PAIR(g3), [14] = PAIR(g7) } }, \
	  .bits = (length) }

/* never, inner */
#define PLAIN       false, false
#define INNER       false, true
#define NEVER       true, false
#define NEVER_INNER true, true

static const struct cs_special rows[] = {
	{ V6(0, 0, 0, 0, 0, 128), NEVER, "Unspecified Address", "RFC 4291" },
	{ V6(0, 0, 0, 0, 1, 128), PLAIN, "Loopback Address", "RFC 4291" },

	{ V4(0, 0, 0, 0, 8), NEVER, "This network", "RFC 791" },
	{ V4(0, 0, 0, 0, 32), NEVER_INNER, "This host on this network", "RFC 1122" },
	{ V4(10, 0, 0, 0, 8), PLAIN, "Private-Use", "RFC 1918" },
	{ V4(100, 64, 0, 0, 10), PLAIN, "Shared Address Space", "RFC 6598" },
	{ V4(127, 0, 0, 0, 8), PLAIN, "Loopback", "RFC 1122" },
	{ V4(169, 254, 0, 0, 16), PLAIN, "Link Local", "RFC 3927" },
	{ V4(172, 16, 0, 0, 12), PLAIN, "Private-Use", "RFC 1918" },
	{ V4(192, 0, 0, 0, 24), PLAIN, "IETF Protocol Assignments", "RFC 6890" },
	{ V4(192, 0, 0, 0, 29), INNER, "IPv4 Service Continuity Prefix", "RFC 7335" },
	{ V4(192, 0, 0, 8, 32), INNER, "IPv4 dummy address", "RFC 7600" },
	{ V4(192, 0, 0, 9, 32), INNER, "Port Control Protocol Anycast", "RFC 7723" },
	{ V4(192, 0, 0, 10, 32), INNER, "Traversal Using Relays around NAT Anycast", "RFC 8155" },
	{ V4(192, 0, 0, 170, 32), INNER, "NAT64/DNS64 Discovery", "RFC 8880" },
	{ V4(192, 0, 0, 171, 32), INNER, "NAT64/DNS64 Discovery", "RFC 8880" },
	{ V4(192, 0, 2, 0, 24), PLAIN, "Documentation (TEST-NET-1)", "RFC 5737" },
	{ V4(192, 31, 196, 0, 24), PLAIN, "AS112-v4", "RFC 7535" },
	{ V4(192, 52, 193, 0, 24), PLAIN, "AMT", "RFC 7450" },
	{ V4(192, 88, 99, 0, 24), PLAIN, "Deprecated (6to4 Relay Anycast)", "RFC 7526" },
	{ V4(192, 88, 99, 2, 32), INNER, "6a44-relay anycast address", "RFC 6751" },
	{ V4(192, 168, 0, 0, 16), PLAIN, "Private-Use", "RFC 1918" },
	{ V4(192, 175, 48, 0, 24), PLAIN, "Direct Delegation AS112 Service", "RFC 7534" },
	{ V4(198, 18, 0, 0, 15), PLAIN, "Benchmarking", "RFC 2544" },
	{ V4(198, 51, 100, 0, 24), PLAIN, "Documentation (TEST-NET-2)", "RFC 5737" },
	{ V4(203, 0, 113, 0, 24), PLAIN, "Documentation (TEST-NET-3)", "RFC 5737" },
	{ V4(224, 0, 0, 0, 4), NEVER, "Multicast", "RFC 5771" },
	{ V4(240, 0, 0, 0, 4), PLAIN, "Reserved", "RFC 1112" },
	{ V4(255, 255, 255, 255, 32), NEVER_INNER, "Limited Broadcast", "RFC 919" },

	{ V6(0x64, 0xff9b, 0, 0, 0, 96), PLAIN, "IPv4-IPv6 Translat.", "RFC 6052" },
	{ V6(0x64, 0xff9b, 1, 0, 0, 48), PLAIN, "IPv4-IPv6 Translat.", "RFC 8215" },
	{ V6(0x100, 0, 0, 0, 0, 64), PLAIN, "Discard-Only Address Block", "RFC 6666" },
	{ V6(0x100, 0, 0, 1, 0, 64), PLAIN, "Dummy IPv6 Prefix", "RFC 9780" },
	{ V6(0x2001, 0, 0, 0, 0, 23), PLAIN, "IETF Protocol Assignments", "RFC 2928" },
	{ V6(0x2001, 0, 0, 0, 0, 32), INNER, "TEREDO", "RFC 4380" },
	{ V6(0x2001, 1, 0, 0, 1, 128), INNER, "Port Control Protocol Anycast", "RFC 7723" },
	{ V6(0x2001, 1, 0, 0, 2, 128), INNER, "Traversal Using Relays around NAT Anycast", "RFC 8155" },
	{ V6(0x2001, 1, 0, 0, 3, 128), INNER, "DNS-SD Service Registration Protocol Anycast", "RFC 9665" },
	{ V6(0x2001, 2, 0, 0, 0, 48), INNER, "Benchmarking", "RFC 5180" },
	{ V6(0x2001, 3, 0, 0, 0, 32), INNER, "AMT", "RFC 7450" },
	{ V6(0x2001, 4, 0x112, 0, 0, 48), INNER, "AS112-v6", "RFC 7535" },
	{ V6(0x2001, 0x10, 0, 0, 0, 28), INNER, "Deprecated (previously ORCHID)", "RFC 4843" },
	{ V6(0x2001, 0x20, 0, 0, 0, 28), INNER, "ORCHIDv2", "RFC 7343" },
	{ V6(0x2001, 0x30, 0, 0, 0, 28), INNER, "Drone Remote ID Protocol Entity Tags (DETs) Prefix", "RFC 9374" },
	{ V6(0x2001, 0xdb8, 0, 0, 0, 32), PLAIN, "Documentation", "RFC 3849" },
	{ V6(0x2002, 0, 0, 0, 0, 16), PLAIN, "6to4", "RFC 3056" },
	{ V6(0x2620, 0x4f, 0x8000, 0, 0, 48), PLAIN, "Direct Delegation AS112 Service", "RFC 7534" },
	{ V6(0x3fff, 0, 0, 0, 0, 20), PLAIN, "Documentation", "RFC 9637" },
	{ V6(0x5f00, 0, 0, 0, 0, 16), PLAIN, "Segment Routing (SRv6) SIDs", "RFC 9602" },
	{ V6(0xfc00, 0, 0, 0, 0, 7), PLAIN, "Unique-Local", "RFC 4193" },
	{ V6(0xfe80, 0, 0, 0, 0, 10), PLAIN, "Link-Local Unicast", "RFC 4291" },
	{ V6(0xff00, 0, 0, 0, 0, 8), NEVER, "Multicast", "RFC 4291" },
};
/* clang-format on */

const struct cs_special *cs_special_rows(size_t *n)
{
	*n = CS_LEN(rows);
	return rows;
}

/* One past the last row that does not start behind @a. */
static size_t rows_up_to(const struct cs_addr *a)
{
	size_t from = 0, to = CS_LEN(rows);

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (cs_addr_cmp(&rows[mid].prefix.addr, a) <= 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* Going back, the first row that has @a is the narrowest; an outer row ends it. */
const struct cs_special *cs_special_of(const struct cs_addr *a)
{
	for (size_t i = rows_up_to(a); i-- > 0;) {
		if (cs_prefix_has(&rows[i].prefix, a))
			return &rows[i];
		if (!rows[i].inner)
			break;
	}
	return NULL;
}

static bool row_holds(const struct cs_special *row, const struct cs_range *r)
{
	struct cs_range all = cs_prefix_range(&row->prefix);

	return cs_range_has(&all, &r->lo) && cs_range_has(&all, &r->hi);
}

const struct cs_special *cs_special_around(const struct cs_range *r)
{
	for (size_t i = rows_up_to(&r->lo); i-- > 0;)
		if (!rows[i].inner)
			return row_holds(&rows[i], r) ? &rows[i] : NULL;
	return NULL;
}

bool cs_special_never(const struct cs_range *r)
{
	for (size_t i = rows_up_to(&r->lo); i-- > 0;) {
		if (rows[i].never && row_holds(&rows[i], r))
			return true;
		if (!rows[i].inner)
			break;
	}
	return false;
}
