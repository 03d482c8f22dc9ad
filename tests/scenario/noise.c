/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in any capture beside: scanners, other ports, ARP, frames that do not read.
 * Only the scanners touch a CoAP port, so only they have a label.
 */
#include "base/wr.h"
#include "story.h"

static void scanner(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = scene_device(s, cs_addr_is_v4(&who.end.ip),
					(enum serves)rng_below(&s->rng, 3));
	struct mesg m = plain_probe(rng_chance(&s->rng, 50) ? 0x7d70 : rng_u16(&s->rng));

	ask(s, &who, d, scene_moment(s), &m);
	label(s, &who, "B", false, who.answered ? WORRY_NOTE : WORRY_NONE);
}

static void dns(struct scene *s)
{
	static const char bytes[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
				    "example\x03"
				    "com\x00\x00\x01\x00\x01";
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4), resolver = scene_actor(s, v4);

	resolver.end.port = 53;
	int64_t at = scene_moment(s);
	tape_udp(&s->tape, at, &us.end, &resolver.end, cs_span_of(bytes, sizeof(bytes)));
	tape_udp(&s->tape, at + 20000, &resolver.end, &us.end,
		 cs_span_of(bytes, sizeof(bytes)));
}

/* NTP, syslog, HTTPS: other ports, either way. */
static void other_ports(struct scene *s)
{
	static const uint16_t ports[] = { 123, 514, 443, 1900, 5353, 47808 };
	bool v4 = scene_family(s);
	struct actor a = scene_actor(s, v4), us = own_client(s, v4);
	uint8_t bytes[200];

	rng_bytes(&s->rng, bytes, sizeof(bytes));
	us.end.port = RNG_PICK(&s->rng, ports);
	uint32_t len = rng_between(&s->rng, 1, 200);
	tape_udp(&s->tape, scene_moment(s), &a.end, &us.end, cs_span_of(bytes, len));
	us.end.port = 443;
	tape_tcp(&s->tape, scene_moment(s), &a.end, &us.end, 7, 0, TAPE_SYN,
		 cs_span_of(bytes, 0));
}

static void arp(struct scene *s)
{
	uint8_t frame[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6,
		0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0, 0, 0, 1
	};

	tape_frame(&s->tape, scene_moment(s), cs_span_of(frame, sizeof(frame)));
}

/* IP packets that end early, lie about their length, or are nothing. */
static void broken(struct scene *s)
{
	uint32_t cut = rng_between(&s->rng, 1, 19);
	uint8_t bytes[64];

	rng_bytes(&s->rng, bytes, sizeof(bytes));
	switch (rng_below(&s->rng, 3)) {
	case 0: /* an IPv4 header cut off */
		bytes[0] = 0x45;
		tape_ip(&s->tape, scene_moment(s), cs_span_of(bytes, cut));
		break;
	case 1: /* an IPv4 header shorter than any */
		bytes[0] = 0x43;
		tape_ip(&s->tape, scene_moment(s), cs_span_of(bytes, 40));
		break;
	default: /* a frame of no known type */
		bytes[12] = 0x99;
		tape_frame(&s->tape, scene_moment(s), cs_span_of(bytes, 60));
	}
}

void noise(struct scene *s)
{
	static void (*const kinds[])(struct scene *) = { scanner, scanner,     scanner,
							 dns,     other_ports, arp,
							 broken };
	uint32_t n = rng_between(&s->rng, 0, 12);

	s->story = "noise";
	for (; n > 0; n--)
		RNG_PICK(&s->rng, kinds)(s);
}
