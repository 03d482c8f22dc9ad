/* SPDX-License-Identifier: Apache-2.0 */
/* Class G: answers to requests that we never sent: somebody forged our address. */
#include "story.h"

/* What reflectors say: few kinds, as all heard the same request. */
static struct mesg unasked(struct scene *s, const struct mesg *forged)
{
	static const uint8_t codes[] = { CS_CODE_CONTENT, CS_CODE_CONTENT, CS_CODE(4, 4),
					 CS_CODE(4, 1) };
	uint32_t kind = rng_below(&s->rng, 10);
	uint8_t code = RNG_PICK(&s->rng, codes);
	struct mesg m = mesg_new(CS_ACK, code, forged->mid);
	if (kind == 0)
		return mesg_new(CS_RST, CS_CODE_EMPTY, forged->mid);
	if (kind == 1)
		return mesg_new(CS_ACK, CS_CODE_EMPTY, forged->mid);
	if (kind == 2)
		m.type = CS_NON;
	if (kind == 3)
		m.type = CS_CON;
	mesg_token(&m, forged->token, forged->tkl);
	if (m.code == CS_CODE_CONTENT) {
		mesg_opt_uint(&m, OPT_FORMAT, 40);
		if (rng_chance(&s->rng, 20))
			mesg_block(&m, OPT_BLOCK2, 0, true, 6);
		m.payload = filler(true, rng_between(&s->rng, 20, 1024));
	}
	return m;
}

static void one_reflector(struct scene *s, const struct end *us,
			  const struct mesg *forged, bool by_icmp, enum worry worry,
			  int64_t at)
{
	struct actor who = scene_actor(s, cs_addr_is_v4(&us->ip));

	who.end.port = 5683;
	for (uint32_t n = rng_between(&s->rng, 1, 8); n > 0; n--) {
		if (by_icmp) {
			tape_icmp(&s->tape, at, &who.end.ip, TAPE_PORT_CLOSED, us,
				  &who.end, mesg_bytes(forged));
		} else {
			struct mesg m = unasked(s, forged);
			struct cs_span bytes = mesg_bytes(&m);

			say(s, &who, us, at, bytes);
			if (rng_chance(&s->rng, 50))
				tape_icmp(&s->tape, at + 400, &us->ip, TAPE_PORT_CLOSED,
					  &who.end, us, bytes);
		}
		at += rng_gap(&s->rng, 3 * SECOND);
	}
	label(s, &who, "G", false, worry);
}

static void reflectors(struct scene *s, uint32_t n, enum worry worry)
{
	bool v4 = scene_family(s);
	struct end us = { .ip = scene_empty(s, v4), .ttl = 60 };
	struct mesg forged = plain_probe(rng_u16(&s->rng));
	uint8_t token[4];
	int64_t at = scene_moment(s);
	us.port = rng_port(&s->rng);
	if (rng_chance(&s->rng, 30))
		us.port = rng_chance(&s->rng, 50) ? 80 : 443;
	rng_bytes(&s->rng, token, sizeof(token));
	if (rng_chance(&s->rng, 50))
		mesg_token(&forged, token, sizeof(token));
	for (; n > 0; n--) {
		one_reflector(s, &us, &forged, rng_chance(&s->rng, 15), worry, at);
		at += rng_gap(&s->rng, 500000);
	}
}

static void few(struct scene *s)
{
	reflectors(s, rng_between(&s->rng, 1, 8), WORRY_NOTE);
}

/* Ten and more: we are being attacked (verdicts.md). */
static void many(struct scene *s)
{
	reflectors(s, rng_between(&s->rng, 10, 40), WORRY_ACT);
}

/* A router says that hosts are not there which we never asked. */
static void routers(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor who = scene_actor(s, v4);
	struct end us = { .ip = scene_empty(s, v4), .ttl = 60 };
	int64_t at = scene_moment(s);

	us.port = rng_port(&s->rng);
	for (uint32_t n = rng_between(&s->rng, 1, 6); n > 0; n--) {
		struct end there = { .ip = scene_stranger(s, v4), .port = 5683 };
		struct mesg m = plain_probe(0x1234);

		tape_icmp(&s->tape, at, &who.end.ip, TAPE_HOST_GONE, &us, &there,
			  mesg_bytes(&m));
		at += rng_gap(&s->rng, 3 * SECOND);
	}
	label(s, &who, "G", false, WORRY_NOTE);
}

const struct story stories_backscatter[] = {
	{ "backscatter", "G", 5, false, few },
	{ "backscatter-many", "G", 2, false, many },
	{ "backscatter-router", "G", 1, false, routers },
	{ 0 },
};
