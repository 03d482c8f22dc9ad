/* SPDX-License-Identifier: Apache-2.0 */
/* Class C2: somebody measures what an answer would weigh. */
#include <stdio.h>

#include "story.h"

static enum worry test_worry(const struct actor *who)
{
	return who->answered ? WORRY_NOTE : WORRY_NONE;
}

static struct device *tested(struct scene *s, const struct actor *who)
{
	bool v4 = cs_addr_is_v4(&who->end.ip);
	enum serves serves = rng_chance(&s->rng, 60) ? SERVES_COAP : SERVES_SILENT;
	struct device *d = scene_own_device(s, v4, serves);

	d->separate = false;
	return d;
}

/* Message IDs of tools that were collected (facts/sensor.md, probe fingerprints). */
static void known_marks(struct scene *s)
{
	static const uint16_t mids[] = { 0x7257, 0x4b70, 0x6570, 0x0101, 0x5477 };
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = tested(s, &who);
	uint16_t mid = RNG_PICK(&s->rng, mids);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 5); n > 0; n--) {
		struct mesg m = plain_probe(mid);

		ask(s, &who, d, at, &m);
		at += rng_gap(&s->rng, SECOND);
	}
	label(s, &who, "C2", false, test_worry(&who));
}

/* Californium's banner request: 13 bytes that bring 458. */
static void banner(struct scene *s)
{
	static const uint8_t bytes[] = { 0x44, 0x01, 0x0f, 0x3c, 0xd1, 0x97, 0x96,
					 0xc1, 0xc1, 0x3c, 0xff, 0x00, 0x00 };
	struct actor who = scene_actor(s, scene_family(s));
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 5); n > 0; n--) {
		struct device *d = tested(s, &who);
		struct mesg m = mesg_new(CS_CON, CS_CODE_GET, 0x0f3c);

		mesg_token(&m, bytes + 4, 4);
		mesg_path(&m, "/");
		mesg_opt_uint(&m, OPT_FORMAT, 60);
		m.payload = cs_span_of(bytes + 11, 2);
		ask(s, &who, d, at, &m);
		at += rng_gap(&s->rng, SECOND);
	}
	label(s, &who, "C2", false, test_worry(&who));
}

static void largest_block(struct scene *s)
{
	static const char *const paths[] = { "/.well-known/core", "/big", "/store/log" };
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = tested(s, &who);
	const char *path = RNG_PICK(&s->rng, paths);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 5); n > 0; n--) {
		struct mesg m = polite_get(&who, path);

		mesg_block(&m, OPT_BLOCK2, 0, false, 6);
		ask(s, &who, d, at, &m);
		at += rng_gap(&s->rng, SECOND);
	}
	label(s, &who, "C2", false, test_worry(&who));
}

/*
 * A few requests, and an hour later the attack on the very same resource, which nobody
 * else asked for (verdicts.md): so every test has one of its own.
 */
static void then_attack(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct actor victim = scene_actor(s, cs_addr_is_v4(&who.end.ip));
	struct device *d = tested(s, &who);
	int64_t at = scene_moment(s);
	char path[32];

	snprintf(path, sizeof(path), "/big/%x", (unsigned)rng_u16(&s->rng));
	d->has |= 0xfff;
	for (uint32_t n = rng_between(&s->rng, 1, 5); n > 0; n--) {
		struct mesg m = mesg_new(CS_CON, CS_CODE_GET, rng_u16(&s->rng));

		mesg_path(&m, path);
		ask(s, &who, d, at, &m);
		at += rng_gap(&s->rng, SECOND);
	}
	label(s, &who, "C2", false, test_worry(&who));
	at += (int64_t)rng_between(&s->rng, 60, 4000) * SECOND;
	victim.end.port = 443;
	for (uint32_t n = rng_between(&s->rng, 60, 400); n > 0; n--) {
		struct mesg m = mesg_new(CS_CON, CS_CODE_GET, 0x5477);

		mesg_path(&m, path);
		ask(s, &victim, d, at, &m);
		at += rng_gap(&s->rng, 10000);
	}
	label(s, &victim, "C1", true, victim.answered ? WORRY_ACT_NOW : WORRY_NOTE);
}

/* Discovery first, then a flood on discovery: whoever came first is B (verdicts.md). */
static void discovery_then_attack(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct actor victim = scene_actor(s, cs_addr_is_v4(&who.end.ip));
	struct device *d = tested(s, &who);
	int64_t at = scene_moment(s);
	struct mesg m = plain_probe(0x7d70);

	ask(s, &who, d, at, &m);
	label(s, &who, "B", false, test_worry(&who));
	at += (int64_t)rng_between(&s->rng, 60, 4000) * SECOND;
	victim.end.port = 80;
	for (uint32_t n = rng_between(&s->rng, 60, 400); n > 0; n--) {
		m = plain_probe(0x1234);
		ask(s, &victim, d, at, &m);
		at += rng_gap(&s->rng, 10000);
	}
	bool large = victim.bytes_out >= victim.bytes_in * 4;
	label(s, &victim, "C1", true, large ? WORRY_ACT_NOW : WORRY_NOTE);
}

const struct story stories_amplifier[] = {
	{ "amplifier-marks", "C2", 5, true, known_marks },
	{ "amplifier-banner", "C2", 3, true, banner },
	{ "largest-block", "C2", 4, true, largest_block },
	{ "test-then-attack", "C2", 4, true, then_attack },
	{ "discovery-then-attack", "B", 2, true, discovery_then_attack },
	{ 0 },
};
