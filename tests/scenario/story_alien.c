/* SPDX-License-Identifier: Apache-2.0 */
/* Class I: what comes to a CoAP port and is no CoAP. */
#include <string.h>

#include "base/wr.h"
#include "story.h"

enum { ROOM = 1300 };

typedef size_t alien_fn(struct rng *r, uint8_t *out);

static size_t stun(struct rng *r, uint8_t *out)
{
	static const uint8_t head[8] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };

	memcpy(out, head, sizeof(head));
	rng_bytes(r, out + 8, 12);
	return 20;
}

/* QUIC version 1, Initial (RFC 9000 section 17.2.2), padded. */
static size_t quic(struct rng *r, uint8_t *out)
{
	static const uint8_t head[6] = { 0xc3, 0, 0, 0, 1, 8 };

	memcpy(out, head, sizeof(head));
	rng_bytes(r, out + 6, 1194);
	out[14] = 8;
	return 1200;
}

static size_t dns(struct rng *r, uint8_t *out)
{
	static const char rest[] = "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
				   "\x07"
				   "example\x03"
				   "com\x00\x00\x01\x00\x01";

	/* An identifier that does not look like CoAP's first byte. */
	out[0] = (uint8_t)rng_below(r, 0x40);
	out[1] = (uint8_t)rng_u16(r);
	memcpy(out + 2, rest, sizeof(rest) - 1);
	return sizeof(rest) + 1;
}

static size_t zeros(struct rng *r, uint8_t *out)
{
	size_t len = rng_between(r, 1, 64);

	memset(out, 0, len);
	return len;
}

static size_t http(struct rng *r, uint8_t *out)
{
	static const char *const texts[] = {
		"GET / HTTP/1.1\r\nHost: 198.51.100.7:5683\r\nUser-Agent: x\r\n\r\n",
		"POST /api HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
		"OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/UDP nm;branch=foo\r\n\r\n",
	};
	const char *text = RNG_PICK(r, texts);

	memcpy(out, text, strlen(text));
	return strlen(text);
}

/*
 * Random bytes, twenty and more, so that nothing reads by chance. Here none has CoAP's
 * version: with it F would be as good an answer for a single datagram.
 */
static size_t noise_bytes(struct rng *r, uint8_t *out)
{
	size_t len = rng_between(r, 20, 400);

	rng_bytes(r, out, len);
	if (out[0] >> 6 == 1)
		out[0] ^= 0xc0;
	/* And if it were a version of CoAP: a token length of 15 does not read. */
	out[0] |= 0x0f;
	return len;
}

static size_t dtls_hello(struct rng *r, uint8_t *out)
{
	struct cs_span bytes = dtls_record(r, DTLS_HELLO);

	memcpy(out, bytes.ptr, bytes.len);
	return bytes.len;
}

/* SNMP, NTP, SSDP: what scanners of many services send to any port. */
static size_t other_service(struct rng *r, uint8_t *out)
{
	static const uint8_t snmp[] = { 0x30, 0x26, 0x02, 0x01, 0x01, 0x04, 0x06, 'p',
					'u',  'b',  'l',  'i',  'c',  0xa0, 0x19, 0x02,
					0x04, 0x1f, 0x2e, 0x3d, 0x4c, 0x02, 0x01, 0x00,
					0x02, 0x01, 0x00, 0x30, 0x0b };
	static const char ssdp[] = "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
				   "MAN: \"ssdp:discover\"\r\nST: ssdp:all\r\n\r\n";

	switch (rng_below(r, 3)) {
	case 0:
		memcpy(out, snmp, sizeof(snmp));
		return sizeof(snmp);
	case 1:
		memset(out, 0, 48);
		out[0] = 0x1b;
		return 48;
	default:
		memcpy(out, ssdp, sizeof(ssdp) - 1);
		return sizeof(ssdp) - 1;
	}
}

static void send_some(struct scene *s, alien_fn *const *kinds, uint32_t n_kinds,
		      uint32_t most)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, most); n > 0; n--) {
		static const enum serves kinds_of_host[] = { SERVES_COAP, SERVES_SILENT,
							     SERVES_CLOSED };
		struct device *d = scene_device(s, v4, RNG_PICK(&s->rng, kinds_of_host));
		uint8_t room[ROOM];
		uint32_t kind = rng_below(&s->rng, n_kinds);
		size_t len = kinds[kind](&s->rng, room);
		knock(s, &who, d, at, cs_span_of(room, len));
		at += rng_gap(&s->rng, 2 * SECOND);
	}
	label(s, &who, "I", false, WORRY_NONE);
}

static void one_kind(struct scene *s)
{
	static alien_fn *const kinds[] = { stun, quic,          dns,       zeros,
					   http, other_service, dtls_hello };

	send_some(s, &kinds[rng_below(&s->rng, 7)], 1, 10);
}

static void many_kinds(struct scene *s)
{
	static alien_fn *const kinds[] = { stun, quic, dns, zeros, http, other_service };

	send_some(s, kinds, 6, 12);
}

static void random_bytes(struct scene *s)
{
	static alien_fn *const kinds[] = { noise_bytes };

	send_some(s, kinds, 1, 20);
}

/* DTLS of a stranger on 5684, and on 5683; perhaps our server wants its cookie. */
static void stranger_dtls(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 5); n > 0; n--) {
		struct end to = { .ip = scene_empty(s, cs_addr_is_v4(&who.end.ip)),
				  .ttl = 64 };

		to.port = rng_chance(&s->rng, 80) ? 5684 : 5683;
		say(s, &who, &to, at, dtls_record(&s->rng, DTLS_HELLO));
		if (rng_chance(&s->rng, 50))
			tape_udp(&s->tape, at + 2000, &to, &who.end,
				 dtls_record(&s->rng, DTLS_VERIFY));
		at += rng_gap(&s->rng, 5 * SECOND);
	}
	label(s, &who, "I", false, WORRY_NONE);
}

/* Something else first, then the list of resources: a scanner of services, B. */
static void many_services(struct scene *s)
{
	static alien_fn *const kinds[] = { stun, dns, http, other_service, dtls_hello };
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = scene_device(s, cs_addr_is_v4(&who.end.ip), SERVES_SILENT);
	struct mesg m = plain_probe(rng_u16(&s->rng));
	int64_t at = scene_moment(s);

	for (size_t i = 0; i < 5; i++) {
		uint8_t room[ROOM];
		size_t len = kinds[i](&s->rng, room);

		knock(s, &who, d, at, cs_span_of(room, len));
		at += rng_gap(&s->rng, SECOND);
	}
	ask(s, &who, d, at, &m);
	label(s, &who, "B", false, WORRY_NONE);
}

const struct story stories_alien[] = {
	{ "alien", "I", 6, false, one_kind },
	{ "aliens", "I", 3, false, many_kinds },
	{ "random-bytes", "I", 3, false, random_bytes },
	{ "stranger-dtls", "I", 4, false, stranger_dtls },
	{ "many-services", "B", 2, false, many_services },
	{ 0 },
};
