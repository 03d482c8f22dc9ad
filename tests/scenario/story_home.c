/* SPDX-License-Identifier: Apache-2.0 */
/* Class H: discovery by multicast, at home. */
#include "story.h"

static struct end group(bool v4)
{
	static const uint8_t all_coap[16] = { 0xff, 0x02, [15] = 0xfd };
	struct end to = { .ip = cs_addr_v4(0xe00001bb), .port = 5683 };

	if (!v4)
		memcpy(to.ip.b, all_coap, 16);
	return to;
}

static struct cs_addr link_local(struct rng *r)
{
	struct cs_addr a = { .b = { 0xfe, 0x80 } };

	rng_bytes(r, a.b + 8, 8);
	return a;
}

static void answer(struct scene *s, struct device *d, struct actor *who,
		   const struct mesg *asked, int64_t at)
{
	struct mesg m = mesg_new(CS_NON, CS_CODE_CONTENT, ++d->mid);

	mesg_token(&m, asked->token, asked->tkl);
	mesg_opt_uint(&m, OPT_FORMAT, 40);
	m.payload = filler(true, rng_between(&s->rng, 20, 300));
	tape_udp(&s->tape, at + (int64_t)rng_below(&s->rng, 5 * SECOND), &d->end,
		 &who->end, mesg_bytes(&m));
	who->bytes_out += m.payload.len;
	who->answered = true;
}

/* Asks the group some times, with minutes between; a few devices answer in leisure. */
static void discover(struct scene *s, struct actor *who, struct device *devices,
		     uint32_t n_devices)
{
	struct end to = group(cs_addr_is_v4(&who->end.ip));
	int64_t at = scene_moment(s);

	who->end.ttl = to.ip.b[0] == 0xff ? 255 : 1;
	for (uint32_t n = rng_between(&s->rng, 1, 6); n > 0; n--) {
		struct mesg m = polite(who, CS_NON, CS_CODE_GET, "/.well-known/core");

		say(s, who, &to, at, mesg_bytes(&m));
		for (uint32_t i = 0; i < n_devices; i++)
			answer(s, &devices[i], who, &m, at);
		at += 120 * SECOND;
	}
}

/* Under link-local addresses, which --local does not name. */
static void by_link_local(struct scene *s)
{
	struct actor who = scene_actor(s, false);
	struct device devices[6];
	uint32_t n = rng_between(&s->rng, 1, 6);

	who.end.ip = link_local(&s->rng);
	for (uint32_t i = 0; i < n; i++) {
		devices[i] = scene_server(s, false);
		devices[i].end.ip = link_local(&s->rng);
		devices[i].end.ttl = 64;
	}
	discover(s, &who, devices, n);
	/* Its devices are no hosts of --local: "answered" by us may be yes or no. */
	label(s, &who, "H,B", false, WORRY_NONE)->answered = EITHER;
	s->labels[s->n_labels - 1].because = "multicast at home, unlisted";
	for (uint32_t i = 0; i < n; i++) {
		struct actor one = { .end = devices[i].end };

		/* An answer to a request that is in the capture. */
		label(s, &one, "H", false, WORRY_NONE)->answered = EITHER;
	}
}

/* A listed peer in the next network asks the group; our devices answer. */
static void by_a_peer(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor who = scene_actor(s, v4);
	struct device devices[5];
	uint32_t n = rng_between(&s->rng, 1, 5);

	scene_peer(s, &who.end.ip, true);
	for (uint32_t i = 0; i < n; i++)
		devices[i] = *scene_own_device(s, v4, SERVES_COAP);
	discover(s, &who, devices, n);
	label(s, &who, "H", false, WORRY_NONE);
}

/* Our own host asks the group, and somebody answers from another network. */
static void by_us(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4);
	struct device devices[5];
	uint32_t n = rng_between(&s->rng, 1, 5);

	for (uint32_t i = 0; i < n; i++) {
		devices[i] = scene_server(s, v4);
		struct actor one = { .end = devices[i].end };
		label(s, &one, "H", false, WORRY_NONE);
	}
	discover(s, &us, devices, n);
}

const struct story stories_home[] = {
	{ "multicast-link-local", "H", 2, false, by_link_local },
	{ "multicast-peer", "H", 1, false, by_a_peer },
	{ "multicast-own", "H", 1, false, by_us },
	{ 0 },
};
