/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wr.h"
#include "story.h"

enum { HANDSHAKE = 22, CIPHER_SPEC = 20, DATA = 23 };

static void hello_body(struct cs_wr *w, struct rng *r, size_t cookie)
{
	uint8_t random[32];

	rng_bytes(r, random, sizeof(random));
	cs_wr_u16(w, 0xfefd);
	cs_wr_bytes(w, random, 32);
	cs_wr_u8(w, 0);
	cs_wr_u8(w, (uint8_t)cookie);
	cs_wr_bytes(w, random, cookie);
	cs_wr_u16(w, 4);
	cs_wr_u16(w, 0xc0a8); /* PSK with AES 128 CCM 8 */
	cs_wr_u16(w, 0xc0ae);
	cs_wr_u16(w, 0x0100);
	cs_wr_u16(w, 0);
}

static uint8_t body_of(struct cs_wr *w, struct rng *r, enum dtls_step step)
{
	uint8_t bytes[64];

	rng_bytes(r, bytes, sizeof(bytes));
	switch (step) {
	case DTLS_HELLO:
	case DTLS_HELLO_COOKIE:
		hello_body(w, r, step == DTLS_HELLO ? 0 : 20);
		return 1;
	case DTLS_VERIFY:
		cs_wr_u16(w, 0xfeff);
		cs_wr_u8(w, 20);
		cs_wr_bytes(w, bytes, 20);
		return 3;
	case DTLS_SERVER_HELLO:
		cs_wr_u16(w, 0xfefd);
		cs_wr_bytes(w, bytes, 32);
		cs_wr_u8(w, 0);
		cs_wr_u16(w, 0xc0a8);
		cs_wr_u8(w, 0);
		return 2;
	case DTLS_KEY_EXCHANGE:
		cs_wr_u16(w, 4);
		cs_wr_bytes(w, "me-1", 4);
		return 16;
	case DTLS_FINISHED:
	case DTLS_DATA:
		break;
	}
	cs_wr_bytes(w, bytes, rng_between(r, 24, 60));
	return 20;
}

struct cs_span dtls_record(struct rng *r, enum dtls_step step)
{
	static uint8_t room[256];
	uint8_t body[128];
	struct cs_wr b = cs_wr_over(body, sizeof(body)),
		     w = cs_wr_over(room, sizeof(room));
	uint8_t type = body_of(&b, r, step);
	bool secret = step == DTLS_FINISHED || step == DTLS_DATA;

	cs_wr_u8(&w, step == DTLS_DATA ? DATA : HANDSHAKE);
	cs_wr_u16(&w, 0xfefd);
	cs_wr_u16(&w, secret);
	cs_wr_u16(&w, 0);
	cs_wr_u32(&w, rng_below(r, 1000));
	cs_wr_u16(&w, (uint16_t)(b.pos + (secret ? 0 : 12)));
	if (!secret) {
		cs_wr_u8(&w, type);
		cs_wr_u8(&w, 0);
		cs_wr_u16(&w, (uint16_t)b.pos);
		cs_wr_u16(&w, 0);
		cs_wr_u8(&w, 0);
		cs_wr_u16(&w, 0);
		cs_wr_u8(&w, 0);
		cs_wr_u16(&w, (uint16_t)b.pos);
	}
	cs_wr_span(&w, cs_wr_done(&b));
	return cs_wr_done(&w);
}

void dtls_session(struct scene *s, const struct end *client, const struct end *server,
		  uint32_t n, int64_t at)
{
	static const struct {
		enum dtls_step step;
		bool from_client;
	} steps[] = {
		{ DTLS_HELLO, true },        { DTLS_VERIFY, false },
		{ DTLS_HELLO_COOKIE, true }, { DTLS_SERVER_HELLO, false },
		{ DTLS_KEY_EXCHANGE, true }, { DTLS_FINISHED, true },
		{ DTLS_FINISHED, false },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) + 2 * n; i++) {
		bool data = i >= sizeof(steps) / sizeof(steps[0]);
		bool up = data ? i % 2 : steps[i].from_client;
		struct cs_span bytes =
			dtls_record(&s->rng, data ? DTLS_DATA : steps[i].step);

		tape_udp(&s->tape, at, up ? client : server, up ? server : client, bytes);
		at += data ? rng_gap(&s->rng, 5 * SECOND) : 40000;
	}
}
