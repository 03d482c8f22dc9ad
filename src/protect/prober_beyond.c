/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All who are beyond the interfaces: who asked, and gets answers, ICMP errors and RSTs; the
 * neighbours, who resolve addresses; and the hosts that requests are sent on to,
 * which answer as a CoAP server would.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/wr.h"
#include "protect/prober_own.h"
#include "wire/ethernet.h"
#include "wire/packet.h"

enum {
	FRAME_MAX = 2048,   /* longer ones are none of ours */
	ACK_CONTENT = 0x45, /* 2.05 */
	VERSION_ACK = 0x60,
	BEYOND_SEQ = 0x5000,
	SETTLE_MAX =
		10000, /* turns; so many there are only when packets go round in circles */
};

/* An answer rather than a request: an acknowledgement with 2.05. */
static bool is_answer(struct cs_span payload)
{
	return payload.len >= 4 && (payload.ptr[0] & 0xf0) == VERSION_ACK &&
	       payload.ptr[1] == ACK_CONTENT;
}

static bool is_request(struct cs_span payload)
{
	return payload.len >= 4 && (payload.ptr[0] & 0xf0) == 0x40 && payload.ptr[1] == 1;
}

/* The first shot of that port (and of UDP message id) which is still open. */
static struct cs_prober_shot *find(struct cs_prober_burst *b, uint16_t port, int mid)
{
	for (size_t i = 0; i < b->n; i++) {
		struct cs_prober_shot *s = &b->shots[i];

		if (s->port == port && (mid < 0 || s->mid == mid) && !s->answered &&
		    !s->failed)
			return s;
	}
	return NULL;
}

/* Of a connection that is kept only what was said last can be answered. */
static struct cs_prober_shot *find_tcp(struct cs_prober_burst *b, uint16_t port)
{
	struct cs_prober_shot *last = b->n ? &b->shots[b->n - 1] : NULL;

	if (b->ask->flow == CS_FLOW_NEW)
		return find(b, port, -1);
	return last && last->port == port && !last->answered && !last->failed ? last
									      : NULL;
}

static void count_answer(struct cs_prober_burst *b, struct cs_prober_shot *shot,
			 size_t bytes)
{
	if (!b->flood && !shot)
		return;
	if (shot)
		shot->answered = true;
	b->told->answered++;
	b->told->bytes_out += bytes;
}

static void count_error(struct cs_prober_burst *b, struct cs_prober_shot *shot)
{
	if (!shot)
		return;
	shot->failed = true;
	b->told->errors++;
}

/*
 * A connection is with whom was asked: what NAT made to come from elsewhere is not of it.
 * A datagram from elsewhere has left the host all the same, and its bytes with it.
 */
static bool is_from_asked(const struct cs_prober_burst *b, const struct cs_packet *p)
{
	return p->from_port == b->ask->port && cs_addr_cmp(&p->from, &b->ask->to) == 0;
}

static void take_segment(struct cs_prober_burst *b, const struct cs_packet *p)
{
	struct cs_prober_shot *shot = find_tcp(b, p->to_port);

	if (p->flags & CS_TCP_RST) {
		count_error(b, shot);
	} else if (p->flags & CS_TCP_ACK) {
		b->ack = p->seq + ((p->flags & CS_TCP_SYN) ? 1 : 0);
		b->seq = p->ack;
		count_answer(b, shot, 0);
	}
}

/* True when the packet has come back to who asked. */
static bool take_answer(struct cs_prober_burst *b, const struct cs_packet *p)
{
	/* What a redirection makes of a group's answer: nobody takes it from such a source. */
	if (p->kind == CS_PACKET_UDP && cs_addr_is_group(&p->from))
		return is_answer(p->payload);
	if (p->kind == CS_PACKET_UDP && is_answer(p->payload)) {
		int mid = p->payload.ptr[2] << 8 | p->payload.ptr[3];

		count_answer(b, find(b, p->to_port, mid), p->payload_len);
		return true;
	}
	if (p->kind == CS_PACKET_ICMP &&
	    cs_addr_cmp(&p->quote.from, &b->ask->from) == 0) {
		count_error(b, find(b, p->quote.from_port, -1));
		return true;
	}
	if (p->kind != CS_PACKET_TCP || cs_addr_cmp(&p->to, &b->ask->from) != 0)
		return false;
	if (is_from_asked(b, p))
		take_segment(b, p);
	return true;
}

static void note_forward(struct cs_prober_burst *b, const struct cs_packet *p)
{
	b->told->forwarded = true;
	b->told->forward_to = p->to;
	b->told->forward_port = p->to_port;
}

/* The frame @to @from turned round, from the host that it was sent to. */
static struct cs_prober_packet reply_to(const struct cs_scratch_port *port,
					const struct cs_packet *p)
{
	struct cs_prober_packet r = { .from = p->to,
				      .to = p->from,
				      .from_port = p->to_port,
				      .to_port = p->from_port,
				      .hop_limit = 64 };

	memcpy(r.from_mac, port->outer_mac, 6);
	memcpy(r.to_mac, port->inner_mac, 6);
	return r;
}

static void send_reply(const struct cs_scratch_port *port,
		       const struct cs_prober_packet *reply)
{
	uint8_t frame[CS_PROBER_FRAME];
	size_t len = cs_prober_frame(reply, frame);

	/* A full queue cannot be: windows are small. Else it is seen as no answer. */
	(void)!send(port->fd, frame, len, 0);
}

static void answer_udp(struct cs_prober_burst *b, const struct cs_scratch_port *port,
		       const struct cs_packet *p)
{
	struct cs_prober_packet r = reply_to(port, p);
	uint8_t bytes[CS_PROBER_PAYLOAD_MAX];
	size_t len = b->ask->answer;

	if (len < 4)
		len = 4;
	if (len > sizeof(bytes))
		len = sizeof(bytes);
	memset(bytes, 'x', len);
	bytes[0] = VERSION_ACK;
	bytes[1] = ACK_CONTENT;
	bytes[2] = p->payload.ptr[2];
	bytes[3] = p->payload.ptr[3];
	if (len > 4)
		bytes[4] = 0xff; /* payload marker */
	r.payload = cs_span_of(bytes, len);
	send_reply(port, &r);
}

/*
 * As a server does that keeps no state: each segment says all that is needed. It is
 * traced as the last that was sent, which is answered before the next is sent.
 */
static void answer_tcp(const struct cs_prober_burst *b,
		       const struct cs_scratch_port *port, const struct cs_packet *p)
{
	struct cs_prober_packet r = reply_to(port, p);
	bool syn = p->flags & CS_TCP_SYN;

	if ((p->flags & CS_TCP_RST) || (!syn && p->payload_len == 0))
		return;
	r.tcp = true;
	r.untold = b->packet.untold;
	r.seq = syn ? BEYOND_SEQ : p->ack;
	r.ack = p->seq + p->payload_len + (syn ? 1 : 0);
	r.flags = syn ? CS_TCP_SYN | CS_TCP_ACK : CS_TCP_ACK;
	send_reply(port, &r);
}

static void take_frame(struct cs_prober_burst *b, const struct cs_scratch_port *port,
		       struct cs_span bytes)
{
	struct cs_packet_reader reader = { .link = CS_LINK_ETHERNET };
	uint8_t out[CS_PROBER_FRAME];
	struct cs_packet p;
	size_t len;

	if (cs_prober_resolve(bytes, port->outer_mac, out, &len)) {
		(void)!send(port->fd, out, len, 0); /* as in send_reply() */
		return;
	}
	cs_packet_read(&reader, bytes, (uint32_t)bytes.len, 0, &p);
	if (take_answer(b, &p)) /* by whatever interface the routes send it */
		return;
	if (p.kind == CS_PACKET_UDP && !b->ask->tcp && is_request(p.payload)) {
		note_forward(b, &p);
		answer_udp(b, port, &p);
	} else if (p.kind == CS_PACKET_TCP && b->ask->tcp) {
		note_forward(b, &p);
		answer_tcp(b, port, &p);
	}
}

/* Takes all frames that came out of one port; how many. */
static size_t drain(struct cs_prober_burst *b, const struct cs_scratch_port *port)
{
	uint8_t bytes[FRAME_MAX];
	size_t n = 0;

	for (;;) {
		ssize_t len = recv(port->fd, bytes, sizeof(bytes), MSG_TRUNC);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return n;
		n++;
		if ((size_t)len <= sizeof(bytes))
			take_frame(b, port, cs_span_of(bytes, (size_t)len));
	}
}

enum cs_err cs_prober_settle(struct cs_prober_burst *burst)
{
	struct cs_scratch *scratch = burst->prober->scratch;
	size_t n, moved = 1;
	const struct cs_scratch_port *ports = cs_scratch_ports(scratch, &n);

	for (int turn = 0; moved > 0 && turn < SETTLE_MAX; turn++) {
		enum cs_err err = cs_scratch_settle(scratch);

		if (err)
			return err;
		moved = cs_scratch_serve(scratch, burst->ask->answer);
		for (size_t i = 0; i < n; i++)
			moved += drain(burst, &ports[i]);
	}
	return CS_OK;
}
