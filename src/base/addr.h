/* SPDX-License-Identifier: Apache-2.0 */
/*
 * addr: IP addresses, prefixes and ranges as values. An IPv4 address is held
 * as the IPv4-mapped IPv6 address ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2),
 * so one type, one order and sixteen bytes serve both families. Knows nothing
 * of sockets except the conversion to and from their addresses.
 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/rd.h"

/* In network byte order; memcmp() order is address order. */
struct cs_addr {
	uint8_t b[16];
};

/* @bits counts from the left of the 16 bytes: an IPv4 /24 has 120. */
struct cs_prefix {
	struct cs_addr addr; /* host bits are zero */
	uint8_t bits;        /* 0..128; 96..128 for IPv4 */
};

/* Both ends belong to it; lo <= hi and both are of one family. */
struct cs_range {
	struct cs_addr lo, hi;
};

enum {
	CS_ADDR_TEXT = 46, /* longest address text and its NUL */
	CS_PREFIX_TEXT = CS_ADDR_TEXT + 4,
};

/* An IPv4 address from its number in host order. */
static inline struct cs_addr cs_addr_v4(uint32_t host_order)
{
	struct cs_addr a = { .b = { [10] = 0xff,
				    [11] = 0xff,
				    [12] = (uint8_t)(host_order >> 24),
				    [13] = (uint8_t)(host_order >> 16),
				    [14] = (uint8_t)(host_order >> 8),
				    [15] = (uint8_t)host_order } };
	return a;
}

static inline bool cs_addr_is_v4(const struct cs_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

static inline bool cs_addr_same_family(const struct cs_addr *a, const struct cs_addr *b)
{
	return cs_addr_is_v4(a) == cs_addr_is_v4(b);
}

/* The last 32 bits in host order: the whole of an IPv4 address. */
static inline uint32_t cs_addr_low32(const struct cs_addr *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 |
	       (uint32_t)a->b[14] << 8 | a->b[15];
}

/* The first and the last 64 bits as numbers. */
static inline uint64_t cs_addr_high64(const struct cs_addr *a)
{
	uint64_t word;

	memcpy(&word, a->b, sizeof(word));
	return be64toh(word);
}

static inline uint64_t cs_addr_low64(const struct cs_addr *a)
{
	uint64_t word;

	memcpy(&word, a->b + 8, sizeof(word));
	return be64toh(word);
}

/* True for the multicast groups: 224/4 and ff00::/8. */
static inline bool cs_addr_is_group(const struct cs_addr *a)
{
	return cs_addr_is_v4(a) ? a->b[12] >> 4 == 0xe : a->b[0] == 0xff;
}

/*
 * <0, 0 or >0 as memcmp(), but inline: sorting and searching live on it. So written, two
 * comparisons are left of it where it is only asked whether they are the same.
 */
static inline int cs_addr_cmp(const struct cs_addr *a, const struct cs_addr *b)
{
	uint64_t x = cs_addr_high64(a), y = cs_addr_high64(b);

	if (x != y)
		return x < y ? -1 : 1;
	x = cs_addr_low64(a);
	y = cs_addr_low64(b);
	if (x == y)
		return 0;
	return x < y ? -1 : 1;
}

/* True for 127/8 and ::1. */
static inline bool cs_addr_is_loopback(const struct cs_addr *a)
{
	static const struct cs_addr one = { .b = { [15] = 1 } };

	return cs_addr_is_v4(a) ? a->b[12] == 127 : cs_addr_cmp(a, &one) == 0;
}

/* True for fe80::/10. */
static inline bool cs_addr_is_link_local(const struct cs_addr *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* True for what no router brings in from outside: private, unique local, link-local. */
bool cs_addr_is_neighbours(const struct cs_addr *a);

/* <0, 0 or >0: by address, the wider first. */
static inline int cs_prefix_cmp(const struct cs_prefix *a, const struct cs_prefix *b)
{
	int order = cs_addr_cmp(&a->addr, &b->addr);

	return order ? order : a->bits - b->bits;
}

/*
 * The address @n after @a, taking the 128 bits as one number. Wraps at the
 * end of the space; callers stay inside a range.
 */
static inline struct cs_addr cs_addr_plus(struct cs_addr a, uint64_t n)
{
	uint64_t low = cs_addr_low64(&a) + n;
	uint64_t words[2] = { htobe64(cs_addr_high64(&a) + (low < n)), htobe64(low) };

	memcpy(a.b, words, sizeof(a.b));
	return a;
}

/* b - a when 0 <= b - a < UINT64_MAX, else UINT64_MAX. */
uint64_t cs_addr_distance(const struct cs_addr *a, const struct cs_addr *b);

/*
 * Strict text forms: four decimal numbers without leading zeros, or RFC 4291
 * IPv6 without brackets or zone. An IPv4-mapped IPv6 text gives the IPv4
 * address. False, with @out untouched, on anything else.
 */
CS_MUST_USE bool cs_addr_read(struct cs_span text, struct cs_addr *out);

/*
 * ADDRESS or ADDRESS/BITS (BITS in the text's own family).
 *
 * CS_ERR_SYNTAX  not of that form
 * CS_ERR_RANGE   host bits are set: @out is the prefix without them
 */
CS_MUST_USE enum cs_err cs_prefix_read(struct cs_span text, struct cs_prefix *out);

/* RFC 5952 text (dotted for IPv4), always terminated. */
void cs_addr_text(const struct cs_addr *a, char out[CS_ADDR_TEXT]);
void cs_prefix_text(const struct cs_prefix *p, char out[CS_PREFIX_TEXT]);

/* The same as a person writes it: a single address without its length. */
void cs_prefix_short(const struct cs_prefix *p, char out[CS_PREFIX_TEXT]);

/* Clears the host bits; true when any was set. */
bool cs_prefix_trim(struct cs_prefix *p);

bool cs_prefix_has(const struct cs_prefix *p, const struct cs_addr *a);
/* True when all of @p is in @of. */
static inline bool cs_prefix_within(const struct cs_prefix *p, const struct cs_prefix *of)
{
	return p->bits >= of->bits && cs_prefix_has(of, &p->addr);
}

/* True when they have an address in common: then one is within the other. */
static inline bool cs_prefix_overlap(const struct cs_prefix *a, const struct cs_prefix *b)
{
	return cs_prefix_within(a, b) || cs_prefix_within(b, a);
}

struct cs_range cs_prefix_range(const struct cs_prefix *p);

static inline bool cs_range_has(const struct cs_range *r, const struct cs_addr *a)
{
	return cs_addr_cmp(&r->lo, a) <= 0 && cs_addr_cmp(a, &r->hi) <= 0;
}

/*
 * A socket address of the address's own family (AF_INET for IPv4), and back.
 * @scope_id is the interface index for IPv6 link-local addresses, else 0.
 * cs_addr_from_sockaddr() gives false for other families.
 */
socklen_t cs_addr_to_sockaddr(const struct cs_addr *a, uint16_t port, uint32_t scope_id,
			      struct sockaddr_storage *out);
CS_MUST_USE bool cs_addr_from_sockaddr(const struct sockaddr_storage *sa,
				       struct cs_addr *a, uint16_t *port);
