/* SPDX-License-Identifier: Apache-2.0 */
/* Class F: messages that break the rules, by chance or on purpose. */
#include <string.h>

#include "broken.h"
#include "story.h"

static uint16_t mid_of(struct cs_span bytes)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);

	(void)cs_rd_u16(&rd); /* version to code */
	return cs_rd_u16(&rd);
}

/*
 * What devices do about a malformed message (facts/coap.md, section 3): Reset, silence,
 * or an answer with an error code.
 */
static void react(struct scene *s, struct actor *who, struct device *d, int64_t at,
		  struct cs_span bytes)
{
	uint16_t mid = mid_of(bytes);
	struct mesg m = mesg_new(CS_RST, CS_CODE_EMPTY, mid);

	knock(s, who, d, at, bytes);
	if (d->serves != SERVES_COAP || (d->dead_from_us && at >= d->dead_from_us) ||
	    d->stack == STACK_SMALL)
		return;
	if (d->stack == STACK_CALIFORNIUM) {
		m = mesg_new(CS_ACK, CS_CODE(4, 0), mid);
		m.payload = cs_span_of("Invalid message", 15);
		who->answered = true;
	}
	who->bytes_out += mesg_bytes(&m).len;
	tape_udp(&s->tape, at + d->latency_us, &d->end, &who->end, mesg_bytes(&m));
}

static unsigned some_fault(struct rng *r)
{
	unsigned m;

	do {
		m = rng_between(r, BROKEN_FIRST, BROKEN_LAST);
	} while (m == 17 || m == 2);
	return m;
}

static struct cs_span a_broken_one(struct rng *r)
{
	static uint8_t room[BROKEN_ROOM];
	unsigned m = some_fault(r);

	return cs_span_of(room, broken_write(r, m, room));
}

static struct device *some_device(struct scene *s, const struct actor *who)
{
	static const enum serves kinds[] = { SERVES_COAP, SERVES_COAP, SERVES_SILENT,
					     SERVES_CLOSED };

	return scene_device(s, cs_addr_is_v4(&who->end.ip), RNG_PICK(&s->rng, kinds));
}

/* A scanner of whose probes one is broken: F, with whoever it is kept. */
static void by_a_scanner(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	uint32_t n = rng_between(&s->rng, 0, 15), which = rng_below(&s->rng, n + 1);
	int64_t at = scene_moment(s);

	for (uint32_t i = 0; i <= n; i++) {
		struct mesg m = plain_probe(rng_u16(&s->rng));

		struct device *d = some_device(s, &who);

		if (i == which)
			react(s, &who, d, at, a_broken_one(&s->rng));
		else
			ask(s, &who, d, at, &m);
		at += rng_gap(&s->rng, 400000);
	}
	label(s, &who, "F", false, WORRY_NONE);
}

static void flip(struct rng *r, uint8_t *bytes, size_t len)
{
	for (uint32_t n = rng_between(r, 1, 4); n > 0; n--)
		bytes[rng_below(r, (uint32_t)len)] ^= (uint8_t)(1u << rng_below(r, 8));
	/* The version stays: that is another story. */
	bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40);
}

/* All faults in turn, good requests with bits turned over, and writes among them. */
static void by_a_fuzzer(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = some_device(s, &who);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 5, 120); n > 0; n--) {
		uint8_t room[BROKEN_ROOM];
		struct mesg m = polite_get(&who, n % 3 ? "/time" : "/.well-known/core");
		struct cs_span bytes = mesg_bytes(&m);
		size_t len = bytes.len;

		memcpy(room, bytes.ptr, len);
		if (n % 2) {
			bytes = a_broken_one(&s->rng);
			memcpy(room, bytes.ptr, len = bytes.len);
		} else {
			flip(&s->rng, room, len);
		}
		who.end.port = n % 10 ? who.end.port : rng_port(&s->rng);
		react(s, &who, d, at, cs_span_of(room, len));
		at += rng_gap(&s->rng, 200000);
	}
	label(s, &who, "F", false, WORRY_NOTE)->answered = EITHER;
}

/* Only faults that decode: M5, M13 to M16, M18 to M21. */
static void odd_values(struct scene *s)
{
	static const unsigned kinds[] = { 5, 13, 14, 15, 16, 18, 19, 20, 21 };
	struct actor who = scene_actor(s, scene_family(s));
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 4); n > 0; n--) {
		uint8_t room[BROKEN_ROOM];
		unsigned kind = RNG_PICK(&s->rng, kinds);
		size_t len = broken_write(&s->rng, kind, room);

		react(s, &who, some_device(s, &who), at, cs_span_of(room, len));
		at += rng_gap(&s->rng, SECOND);
	}
	label(s, &who, "F", false, WORRY_NONE);
}

static void other_version(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 6); n > 0; n--) {
		uint8_t room[BROKEN_ROOM];
		size_t len = broken_version(&s->rng, room);
		struct device *d = some_device(s, &who);

		/* RFC 7252 section 3: silently ignored. */
		knock(s, &who, d, at, cs_span_of(room, len));
		at += rng_gap(&s->rng, SECOND);
	}
	label(s, &who, "F", false, WORRY_NONE);
}

static void too_big(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 4); n > 0; n--) {
		uint8_t room[BROKEN_ROOM];
		size_t len = broken_big(&s->rng, room);

		react(s, &who, some_device(s, &who), at, cs_span_of(room, len));
		at += rng_gap(&s->rng, SECOND);
	}
	label(s, &who, "F", false, WORRY_NONE);
}

/* A listed peer polls; the device dies of what a stranger said in between. */
static void device_dies(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor who = scene_actor(s, v4), peer = scene_actor(s, v4);
	struct device *d = scene_own_device(s, v4, SERVES_COAP);
	uint32_t before = rng_between(&s->rng, 4, 12), after = rng_between(&s->rng, 4, 8);
	int64_t at = scene_moment(s);

	scene_peer(s, &peer.end.ip, false);
	d->separate = false;
	d->stack = STACK_SMALL;
	d->has |= 1;
	for (uint32_t i = 0; i < before + after; i++) {
		struct mesg m = polite_get(&peer, "/time");

		if (i == before) {
			react(s, &who, d, at - 20 * SECOND, a_broken_one(&s->rng));
			d->dead_from_us = at - 20 * SECOND;
		}
		ask_politely(s, &peer, d, at, &m, i < before ? 0 : 3);
		at += 60 * SECOND;
	}
	label(s, &who, "F", false, WORRY_ACT);
	label(s, &peer, "H", false, WORRY_NONE);
}

/* One malformed message of a peer with good traffic: H with a note. */
static void by_a_peer(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = scene_own_device(s, cs_addr_is_v4(&who.end.ip), SERVES_COAP);
	uint32_t n = rng_between(&s->rng, 8, 40), which = rng_between(&s->rng, 3, 6);
	int64_t at = scene_moment(s);

	scene_peer(s, &who.end.ip, false);
	d->has |= 2;
	for (uint32_t i = 0; i < n; i++) {
		struct mesg m = polite_get(&who, "/sensors/temp");

		ask_politely(s, &who, d, at, &m, rng_chance(&s->rng, 10));
		if (i == which)
			react(s, &who, d, at + 3 * SECOND, a_broken_one(&s->rng));
		at += 30 * SECOND;
	}
	label(s, &who, "H", false, WORRY_NONE);
}

/* A zero-length Block2 is legal (M17): a note, no more. */
static void empty_block(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	uint8_t room[BROKEN_ROOM];
	size_t len = broken_write(&s->rng, 17, room);

	struct device *d = some_device(s, &who);
	knock(s, &who, d, scene_moment(s), cs_span_of(room, len));
	label(s, &who, "B,C2", false, WORRY_NONE)->because = "one read";
}

const struct story stories_broken[] = {
	{ "scanner-breaks", "F", 6, false, by_a_scanner },
	{ "fuzzer", "F", 4, false, by_a_fuzzer },
	{ "odd-values", "F", 5, false, odd_values },
	{ "other-version", "F", 3, false, other_version },
	{ "too-big", "F", 2, false, too_big },
	{ "device-dies", "F", 2, false, device_dies },
	{ "peer-breaks", "H", 2, false, by_a_peer },
	{ "empty-block", "B", 1, false, empty_block },
	{ 0 },
};
