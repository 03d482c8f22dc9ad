/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins IP fragments to datagrams within hard bounds: so many at a time, so
 * long, and never past what an IP length can say. Overlapping parts end their
 * datagram (RFC 5722): they are how filters are fooled. Pure: the memory and
 * the time are passed in.
 */
#pragma once

#include <stdint.h>

#include "wire/ip.h"

enum {
	CS_FRAGS_SLOTS = 64,    /* datagrams in progress */
	CS_FRAGS_SIZE = 65536,  /* bytes of one, more than an IP length can say */
	CS_FRAGS_UNIT = 8,      /* bytes: offsets are multiples of it */
	CS_FRAGS_HOLD_S = 30,   /* from the first part to the last (RFC 791: 15) */
	CS_FRAGS_SOON_MS = 250, /* parts come one right after the other, as a rule */
	CS_FRAGS_ROOM = CS_FRAGS_SLOTS * CS_FRAGS_SIZE,
};

/* One datagram in progress. Treat as opaque. */
struct cs_frag {
	struct cs_addr from, to;
	uint32_t id;
	uint8_t protocol;  /* of the key: 0 for IPv6 */
	uint8_t begins;    /* protocol that the part at offset 0 names */
	uint8_t hop_limit; /* of that part */
	bool used, spoilt; /* spoilt: kept only to swallow what still comes */
	int64_t since_ns;  /* first part */
	uint32_t parts;    /* taken into it */
	uint32_t have;     /* bytes */
	uint32_t end;      /* highest byte seen */
	uint32_t total;    /* 0: the last part has not come */
	uint64_t filled[CS_FRAGS_SIZE / CS_FRAGS_UNIT / 64]; /* a bit a unit */
};

struct cs_frags {
	uint8_t *room;    /* CS_FRAGS_ROOM bytes, borrowed; touched as needed */
	uint64_t lost;    /* fragments that never made a datagram */
	int64_t begun_ns; /* no first part that waits came before; INT64_MAX: none waits */
	unsigned used;    /* slots */
	struct cs_frag slot[CS_FRAGS_SLOTS];
};

enum cs_frags_step {
	CS_FRAGS_WAIT,  /* taken; others are missing */
	CS_FRAGS_WHOLE, /* that was the last that was missing */
	CS_FRAGS_WRONG, /* refused, and counted as lost */
};

/* @room of CS_FRAGS_ROOM bytes must outlive @frags. */
void cs_frags_init(struct cs_frags *frags, void *room);

/*
 * Takes one packet with is_fragment set. On CS_FRAGS_WHOLE, @whole is the
 * joined datagram, extension headers walked; its payload lies in the room and
 * is valid until the next call. When all slots are in use the oldest is given
 * up. @now_ns is any clock's; should it go back, parts are held for longer.
 */
enum cs_frags_step cs_frags_take(struct cs_frags *frags, const struct cs_ip *part,
				 int64_t now_ns, struct cs_ip *whole);

/*
 * The begin of a datagram whose other parts did not come soon, in @begun as a packet that
 * was cut short (.payload_len is the most that it can have been): a capture that was
 * filtered by port has no others. It is given up with that. @since_ns: when it came.
 * INT64_MAX as @now_ns: all that are left. False: there is none; then @begun is untouched.
 */
CS_MUST_USE bool cs_frags_begun(struct cs_frags *frags, int64_t now_ns,
				struct cs_ip *begun, int64_t *since_ns);

/* The same of @part itself, where it is the first one and cannot be joined. */
CS_MUST_USE bool cs_frag_as_begun(const struct cs_ip *part, struct cs_ip *begun);

/* Gives up what has been held for longer than CS_FRAGS_HOLD_S. */
void cs_frags_expire(struct cs_frags *frags, int64_t now_ns);
