/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations as tables: who sends what to whom when, and what is then known of whom. */
#pragma once

#include "test.h"

#include "base/wr.h"
#include "coap/code.h"
#include "coap/msg.h"
#include "watch/track.h"

/* Endpoints: DEV is ours wherever something is asked of it. */
enum host { DEV, DEV2, SRC, SRC2, OUT, GROUP, HOSTS };

static const struct endpoint {
	uint32_t ip;
	uint16_t port;
} endpoints[HOSTS] = {
	[DEV] = { 0xc0000201, 5683 },  [DEV2] = { 0xc0000202, 5683 },
	[SRC] = { 0xc6336407, 40000 }, [SRC2] = { 0xcb007109, 41000 },
	[OUT] = { 0xcb007164, 5683 },  [GROUP] = { 0xe00001bb, 5683 },
};

/* What stands behind the token. */
enum body {
	NOTHING,
	CORE,      /* Uri-Path .well-known, core */
	LIGHT,     /* Uri-Path light */
	WATCH,     /* Observe 0, Uri-Path light */
	SECOND,    /* Uri-Path light, Block2 1/-/64 */
	ECHO,      /* Uri-Path light, Echo abcd */
	PROXIED,   /* Proxy-Uri coap://h/ */
	TEXT,      /* a payload of 5 bytes */
	LONG,      /* a payload of 100 bytes */
	NOTICE,    /* Observe 5, a payload of 5 bytes */
	FIRST,     /* Block2 0/more/64, a payload of 64 bytes */
	CHALLENGE, /* Echo abcd */
	BAD,       /* an option that runs past the end */
	DOUBLE,    /* one option that breaks two rules: a Uri-Host of 300 bytes */
	SECURE,    /* no CoAP, whatever stands before: a DTLS record */
};

struct row {
	int64_t ms;
	enum host from, to;
	uint8_t type, code;
	uint16_t mid;
	uint8_t token; /* 0: none; else one byte */
	enum body body;
	uint16_t from_port, to_port; /* 0: the endpoint's own */
};

#define GET  CS_CODE_GET
#define PUT  CS_CODE_PUT
#define C205 CS_CODE(2, 5)
#define C204 CS_CODE(2, 4)
#define C404 CS_CODE(4, 4)
#define C401 CS_CODE(4, 1)

static void write_body(struct cs_wr *w, enum body body)
{
	static const uint8_t zeros[100];

	switch (body) {
	case NOTHING:
		break;
	case CORE:
		cs_wr_span(w, SPAN("\xbb.well-known\x04"
				   "core"));
		break;
	case LIGHT:
		cs_wr_span(w, SPAN("\xb5light"));
		break;
	case WATCH:
		cs_wr_span(w, SPAN("\x60\x55light"));
		break;
	case SECOND:
		cs_wr_span(w, SPAN("\xb5light\xc1\x12"));
		break;
	case ECHO:
		cs_wr_span(w, SPAN("\xb5light\xd4\xe4"
				   "abcd"));
		break;
	case PROXIED:
		cs_wr_span(w, SPAN("\xd9\x16"
				   "coap://h/"));
		break;
	case TEXT:
		cs_wr_span(w, SPAN("\xff"
				   "hello"));
		break;
	case LONG:
		cs_wr_u8(w, 0xff);
		cs_wr_bytes(w, zeros, 100);
		break;
	case NOTICE:
		cs_wr_span(w, SPAN("\x61\x05\xff"
				   "hello"));
		break;
	case FIRST:
		cs_wr_span(w, SPAN("\xd1\x0a\x0a\xff"));
		cs_wr_bytes(w, zeros, 64);
		break;
	case CHALLENGE:
		cs_wr_span(w, SPAN("\xd4\xef"
				   "abcd"));
		break;
	case BAD:
		cs_wr_span(w, SPAN("\xb5li"));
		break;
	case DOUBLE:
		cs_wr_span(w, SPAN("\x3e\0\x1f"));
		for (unsigned i = 0; i < 3; i++)
			cs_wr_bytes(w, zeros, 100);
		break;
	case SECURE:
		w->pos = 0;
		cs_wr_span(w, SPAN("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x01\x01"));
		break;
	}
}

static struct cs_track *track_new(bool with_local,
				  void (*message)(void *arg,
						  const struct cs_track_message *message),
				  void *arg)
{
	static const uint16_t ports[] = { 5683 }, secure[] = { 5684 };
	struct cs_prefix local = { .addr = cs_addr_v4(0xc0000200), .bits = 120 };
	struct cs_prefix peer = { .addr = cs_addr_v4(0xcb007109), .bits = 128 };
	struct cs_track_want want = {
		.memory = 16 << 20,
		.key = { 1, 2 },
		.ports = ports,
		.n_ports = 1,
		.secure_ports = secure,
		.n_secure_ports = 1,
		.local = &local,
		.n_local = with_local,
		.peer = &peer,
		.n_peer = 1,
		.threshold = { .reflection = 20,
			       .reflection_gap_s = 600,
			       .reflection_pair = 5,
			       .reflection_targets = 3,
			       .refusals = 20,
			       .prefix_addresses = 10,
			       .enumeration = 3,
			       .reflectors = 10,
			       .amplified = 3,
			       .list_age_days = 90 },
		.message = message,
		.arg = arg,
	};
	struct cs_track *track;

	assert_int_equal(cs_track_open(&want, &track), CS_OK);
	return track;
}

enum { START_S = 1700000000, DATAGRAM_MAX = 512 };

static int64_t wall_of(int64_t ms)
{
	return (int64_t)START_S * 1000000 + ms * 1000;
}

static size_t write_row(const struct row *row, uint8_t bytes[DATAGRAM_MAX])
{
	struct cs_wr w = cs_wr_over(bytes, DATAGRAM_MAX);

	cs_msg_header(&w, (enum cs_type)row->type, row->code, row->mid,
		      cs_span_of(&row->token, row->token ? 1 : 0));
	write_body(&w, row->body);
	return w.pos;
}

static struct cs_packet packet_between(enum host from, uint16_t from_port, enum host to,
				       uint16_t to_port)
{
	return (struct cs_packet){
		.kind = CS_PACKET_UDP,
		.from = cs_addr_v4(endpoints[from].ip),
		.to = cs_addr_v4(endpoints[to].ip),
		.from_port = from_port ? from_port : endpoints[from].port,
		.to_port = to_port ? to_port : endpoints[to].port,
		.protocol = 17,
		.hop_limit = 60,
		.to_group = to == GROUP,
	};
}

static void send_row(struct cs_track *track, const struct row *row)
{
	uint8_t bytes[DATAGRAM_MAX];
	size_t len = write_row(row, bytes);
	struct cs_packet packet =
		packet_between(row->from, row->from_port, row->to, row->to_port);

	packet.payload = cs_span_of(bytes, len);
	packet.payload_len = (uint32_t)len;
	cs_track_packet(track, wall_of(row->ms), &packet);
}

/* Looks for one source among those that are handed out. */
struct wanted {
	struct cs_addr ip;
	uint8_t bits;
	bool found;
	struct cs_source source;
	size_t n_samples;
};

static bool keep_wanted(void *arg, const struct cs_source *source,
			const struct cs_source *prefix, const struct cs_sample *samples,
			size_t n_samples)
{
	struct wanted *wanted = arg;

	(void)prefix;
	(void)samples;
	if (source->bits != wanted->bits || cs_addr_cmp(&source->ip, &wanted->ip) != 0)
		return true;
	wanted->found = true;
	wanted->source = *source;
	wanted->n_samples = n_samples;
	return false;
}

/* False: no line. */
static bool known(struct cs_track *track, enum host host, struct cs_source *out)
{
	struct wanted wanted = { .ip = cs_addr_v4(endpoints[host].ip), .bits = 128 };

	assert_int_equal(cs_track_each(track, keep_wanted, &wanted), CS_OK);
	*out = wanted.source;
	return wanted.found;
}
