/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *why)
{
	fprintf(stderr, "scenario: %s\n", why);
	exit(1);
}

static struct cs_addr v4_of(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return cs_addr_v4(a << 24 | b << 16 | c << 8 | d);
}

/*
 * Draws stand in statements of their own, here and everywhere: C leaves open in which
 * order the arguments of a call are evaluated, and captures must not.
 */
static struct cs_addr v4_in(struct rng *r, uint32_t a, uint32_t b)
{
	uint32_t c = rng_below(r, 256);

	return v4_of(a, b, c, rng_between(r, 1, 254));
}

static struct cs_addr v6_of(uint64_t high, uint64_t low)
{
	struct cs_addr a;

	for (size_t i = 0; i < 8; i++) {
		a.b[i] = (uint8_t)(high >> (56 - 8 * i));
		a.b[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	return a;
}

static void draw_local(struct scene *s)
{
	struct rng *r = &s->rng;
	struct cs_addr a;

	switch (rng_below(r, 4)) {
	case 0:
		a = v4_of(192, 168, rng_below(r, 256), 0);
		break;
	case 1:
		a = v4_in(r, 10, 77);
		break;
	case 2:
		a = v4_of(203, 0, 113, 0);
		break;
	default:
		a = v4_in(r, rng_between(r, 80, 95), 201);
	}
	a.b[15] = 0;
	s->local4 = (struct cs_prefix){ .addr = a, .bits = 120 };
	uint64_t high = rng_chance(r, 70) ? UINT64_C(0x20010db800000000)
					  : UINT64_C(0xfd00000000000000);
	high |= rng_u64(r) & 0xffffffff;
	s->local6 = (struct cs_prefix){ .addr = v6_of(high, 0), .bits = 64 };
	s->nets[s->n_nets++] = cs_addr_low32(&a) >> 8;
	s->nets[s->n_nets++] = high;
}

static void draw_link(struct scene *s)
{
	static const uint16_t mtus[] = { 1500, 1500, 1500, 1492, 1280, 576 };
	struct tape *t = &s->tape;

	t->rng = &s->rng;
	t->link = rng_chance(&s->rng, 40)
			  ? TAPE_ETHERNET
			  : (enum tape_link)rng_below(&s->rng, TAPE_LINKS);
	t->mtu = RNG_PICK(&s->rng, mtus);
	t->snaplen = rng_chance(&s->rng, 50) ? 262144 : 65535;
	t->nanoseconds = rng_chance(&s->rng, 10);
	t->swapped = rng_chance(&s->rng, 8);
}

void scene_open(struct scene *s, uint64_t seed, bool inbound_only)
{
	memset(s, 0, sizeof(*s));
	s->rng.state = seed;
	(void)rng_u64(&s->rng);
	s->inbound_only = inbound_only;
	s->says_local = !inbound_only;
	draw_local(s);
	draw_link(s);
	s->has_v6 = rng_chance(&s->rng, 60);
	s->start_us = (INT64_C(1704067200) + rng_below(&s->rng, 80000000)) * SECOND;
	s->start_us += rng_below(&s->rng, SECOND);
	s->span_us = (int64_t)rng_between(&s->rng, 600, 7200) * SECOND;
}

void scene_close(struct scene *s)
{
	tape_clear(&s->tape);
}

int64_t scene_moment(struct scene *s)
{
	return s->start_us + (int64_t)(rng_u64(&s->rng) % (uint64_t)(s->span_us / 2));
}

bool scene_family(struct scene *s)
{
	return !s->has_v6 || rng_chance(&s->rng, 70);
}

static uint64_t net_key(const struct cs_addr *a)
{
	return cs_addr_is_v4(a) ? cs_addr_low32(a) >> 8 : cs_addr_high64(a);
}

static bool take_net(struct scene *s, const struct cs_addr *a)
{
	uint64_t key = net_key(a);

	for (size_t i = 0; i < s->n_nets; i++)
		if (s->nets[i] == key)
			return false;
	if (s->n_nets == SCENE_NETS)
		die("too many networks in one scene");
	s->nets[s->n_nets++] = key;
	return true;
}

static struct cs_addr draw_v4(struct rng *r)
{
	uint32_t second;

	switch (rng_below(r, 8)) {
	case 0:
		return v4_of(198, 51, 100, rng_between(r, 1, 254));
	case 1:
		return v4_in(r, 198, 18);
	case 2:
		return v4_in(r, 100, rng_between(r, 64, 127));
	default:
		second = rng_below(r, 256);
		return v4_in(r, rng_between(r, 11, 79), second);
	}
}

struct cs_addr scene_stranger(struct scene *s, bool v4)
{
	for (;;) {
		uint64_t high = UINT64_C(0x2a00000000000000) | rng_u64(&s->rng) >> 8;
		struct cs_addr a =
			v4 ? draw_v4(&s->rng) : v6_of(high, rng_u64(&s->rng) | 1);

		if (take_net(s, &a))
			return a;
	}
}

struct cs_prefix scene_net_of(const struct cs_addr *of)
{
	struct cs_prefix p = { .addr = *of, .bits = cs_addr_is_v4(of) ? 120 : 64 };

	memset(p.addr.b + p.bits / 8, 0, sizeof(p.addr.b) - p.bits / 8);
	return p;
}

struct cs_addr scene_neighbour(const struct cs_addr *of, uint32_t n)
{
	struct cs_prefix net = scene_net_of(of);

	/* In a /64 they are not beside each other, but anywhere. */
	if (!cs_addr_is_v4(of))
		return cs_addr_plus(net.addr, (n + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1);
	return cs_addr_plus(net.addr, 1 + n % 254);
}

struct actor scene_actor(struct scene *s, bool v4)
{
	static const uint8_t begins[] = { 64, 64, 128, 255 };
	struct actor a = { .end = { .ip = scene_stranger(s, v4) } };
	uint8_t ttl = RNG_PICK(&s->rng, begins);

	a.end.port = rng_port(&s->rng);
	a.end.ttl = (uint8_t)(ttl - rng_between(&s->rng, 5, 25));
	a.end.no_checksum = rng_chance(&s->rng, 2);
	a.end.with_options = rng_chance(&s->rng, 2);
	a.mid = rng_u16(&s->rng);
	rng_bytes(&s->rng, a.token, sizeof(a.token));
	a.tkl = (uint8_t)rng_between(&s->rng, 1, 8);
	return a;
}

void scene_peer(struct scene *s, const struct cs_addr *ip, bool whole_net)
{
	struct cs_prefix one = { .addr = *ip, .bits = 128 };

	if (s->n_peers == SCENE_PEERS)
		die("too many peers in one scene");
	s->peers[s->n_peers++] = whole_net ? scene_net_of(ip) : one;
}

static struct cs_addr local_address(struct scene *s, bool v4)
{
	if (v4)
		return cs_addr_plus(s->local4.addr, rng_between(&s->rng, 1, 254));
	return cs_addr_plus(s->local6.addr, rng_chance(&s->rng, 50)
						    ? rng_between(&s->rng, 1, 999)
						    : rng_u64(&s->rng) | 1);
}

struct cs_addr scene_empty(struct scene *s, bool v4)
{
	for (;;) {
		struct cs_addr a = local_address(s, v4);
		size_t i = 0;

		while (i < s->n_devices && cs_addr_cmp(&s->devices[i].end.ip, &a) != 0)
			i++;
		if (i == s->n_devices)
			return a;
	}
}

/* Sizes from a line to a page; /.well-known/core small or large, seldom between. */
static void draw_nature(struct scene *s, struct device *d)
{
	static const enum writes kinds[] = { WRITES_DONE,      WRITES_DONE,
					     WRITES_REFUSED,   WRITES_REFUSED,
					     WRITES_EMPTY_ACK, WRITES_RESET,
					     WRITES_SILENT };
	struct rng *r = &s->rng;

	d->stack = (enum stack)rng_below(r, STACKS);
	d->writes = RNG_PICK(r, kinds);
	d->list_size = (uint16_t)(rng_chance(r, 25) ? rng_between(r, 4, 20)
						    : rng_between(r, 110, 1400));
	d->value_size = (uint16_t)rng_between(r, 2, 24);
	d->big_size = (uint16_t)rng_between(r, 900, 6000);
	d->has = (uint32_t)rng_u64(r);
	d->szx = (uint8_t)(rng_chance(r, 60) ? 6 : rng_between(r, 2, 5));
	d->separate = rng_chance(r, 20);
	d->observes = rng_chance(r, 70);
	d->open_proxy = rng_chance(r, 15);
	d->mid = rng_u16(r);
	d->latency_us = rng_between(r, 500, 150000);
}

struct device *scene_own_device(struct scene *s, bool v4, enum serves serves)
{
	struct device *d = &s->devices[s->n_devices];

	if (s->n_devices == SCENE_DEVICES)
		die("too many devices in one scene");
	*d = (struct device){ .end = { .port = 5683, .ttl = 64 }, .serves = serves };
	d->end.ip = scene_empty(s, v4);
	draw_nature(s, d);
	s->n_devices++;
	return d;
}

struct device *scene_device(struct scene *s, bool v4, enum serves serves)
{
	size_t from = s->n_devices ? rng_below(&s->rng, (uint32_t)s->n_devices) : 0;

	for (size_t i = 0; i < s->n_devices && rng_chance(&s->rng, 60); i++) {
		struct device *d = &s->devices[(from + i) % s->n_devices];

		if (cs_addr_is_v4(&d->end.ip) == v4 && d->serves == serves &&
		    !d->dead_from_us)
			return d;
	}
	return scene_own_device(s, v4, serves);
}

struct device scene_server(struct scene *s, bool v4)
{
	struct device d = { .end = { .ip = scene_stranger(s, v4), .port = 5683 } };

	d.end.ttl = (uint8_t)rng_between(&s->rng, 40, 60);
	draw_nature(s, &d);
	return d;
}

static struct label *new_label(struct scene *s, const char *classes, bool victim,
			       enum worry worry)
{
	struct label *l = &s->labels[s->n_labels++];

	if (s->n_labels > SCENE_LABELS)
		die("too many sources in one scene");
	*l = (struct label){ .victim = victim ? YES : NO,
			     .worry = worry,
			     .story = s->story };
	snprintf(l->classes, sizeof(l->classes), "%s", classes);
	return l;
}

struct label *label(struct scene *s, const struct actor *who, const char *classes,
		    bool victim, enum worry worry)
{
	struct label *l = new_label(s, classes, victim, worry);

	cs_addr_text(&who->end.ip, l->source);
	l->answered = who->answered ? YES : NO;
	return l;
}

struct label *label_net(struct scene *s, const struct actor *all, const char *classes,
			bool victim, enum worry worry)
{
	struct label *l = new_label(s, classes, victim, worry);
	struct cs_prefix net = scene_net_of(&all->end.ip);

	cs_prefix_text(&net, l->source);
	l->answered = all->answered ? YES : NO;
	return l;
}
