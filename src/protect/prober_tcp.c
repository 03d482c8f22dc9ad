/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts over TCP: connections that are begun and ended, or one that is kept. The
 * upper half of a marked connection's sequence numbers is CS_TRACE_MARK; those of its
 * segments that are not marked have a window of their own.
 */
#include "protect/prober_own.h"
#include "wire/tcp.h"

enum { TCP_PUSH = 8 };

/* An empty CoAP message over TCP (RFC 8323 section 3.2): 7.02 Ping. */
static const uint8_t ping[] = { 0x00, 0xe2 };

static const struct cs_span nothing;

static uint32_t first_seq(bool marked)
{
	return marked ? (uint32_t)CS_TRACE_MARK << 16 | 0x100 : 0x10000000;
}

static enum cs_err send_segment(struct cs_prober_burst *b, uint8_t flags, bool marked,
				struct cs_span payload)
{
	b->packet.tcp = true;
	b->packet.seq = b->seq;
	b->packet.ack = (flags & CS_TCP_ACK) ? b->ack : 0;
	b->packet.flags = flags;
	b->packet.untold = !marked;
	b->packet.payload = payload;
	if (marked && b->seq >> 16 == CS_TRACE_MARK)
		b->marks++;
	return cs_prober_send(b);
}

/* Begins a connection from @port; cs_prober_settle() shows what comes of it. */
static enum cs_err begin(struct cs_prober_burst *b, uint16_t port, bool marked)
{
	(void)cs_prober_take_shot(b, port, marked);
	b->seq = first_seq(marked);
	b->packet.from_port = port;
	return send_segment(b, CS_TCP_SYN, true, nothing);
}

static enum cs_err end(struct cs_prober_burst *b, const struct cs_prober_shot *shot)
{
	if (!shot->answered)
		return CS_OK;
	b->seq = first_seq(shot->marked) + 1;
	b->packet.from_port = shot->port;
	return send_segment(b, CS_TCP_RST, false, nothing);
}

/* Ends all that was begun and answered: nothing of it may be left for the next question. */
static enum cs_err end_all(struct cs_prober_burst *b)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < b->n; i++)
		err = end(b, &b->shots[i]);
	return err;
}

enum cs_err cs_prober_end_tcp(struct cs_prober_burst *burst)
{
	enum cs_err err = end(burst, &burst->shots[burst->n - 1]);

	return err ? err : cs_prober_settle(burst);
}

static enum cs_err burst_new(struct cs_prober_burst *b)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < b->wanted; i++) {
		uint16_t port;

		err = cs_prober_port(b, &port);
		if (!err)
			err = begin(b, port, i == 0 || i == b->wanted - 1);
	}
	if (!err)
		err = cs_prober_settle(b);
	return err ? err : end_all(b);
}

/*
 * Says something, and waits for its acknowledgement. Without one the next says the same
 * again, as TCP does; where no connection came about, it asks for one again.
 */
static enum cs_err say(struct cs_prober_burst *b, uint16_t port, bool connected,
		       bool marked)
{
	enum cs_err err;

	(void)cs_prober_take_shot(b, port, marked);
	if (connected)
		err = send_segment(b, CS_TCP_ACK | TCP_PUSH, marked,
				   cs_span_of(ping, sizeof(ping)));
	else
		err = send_segment(b, CS_TCP_SYN, marked, nothing);
	return err ? err : cs_prober_settle(b);
}

static enum cs_err burst_established(struct cs_prober_burst *b)
{
	uint16_t port;
	enum cs_err err = cs_prober_port(b, &port);
	bool connected = false;

	if (!err)
		err = begin(b, port, true);
	if (!err)
		err = cs_prober_settle(b);
	if (!err && b->shots[0].answered) {
		connected = true;
		err = send_segment(b, CS_TCP_ACK, false, nothing);
	}
	/* What came before the flow was there counts for nothing. */
	cs_prober_forget_shots(b);
	for (size_t i = 0; !err && i < b->wanted; i++) {
		if (!connected)
			b->seq = first_seq(true);
		err = say(b, port, connected, i == 0 || i == b->wanted - 1);
	}
	if (!err && connected)
		err = send_segment(b, CS_TCP_RST, false, nothing);
	return err;
}

enum cs_err cs_prober_burst_tcp(struct cs_prober_burst *burst)
{
	enum cs_err err;

	if (burst->ask->flow == CS_FLOW_ESTABLISHED)
		err = burst_established(burst);
	else
		err = burst_new(burst);
	/* What was ended is to be over before the next question. */
	return err ? err : cs_prober_settle(burst);
}

enum cs_err cs_prober_one_more_tcp(struct cs_prober_burst *burst)
{
	uint16_t port;
	enum cs_err err = cs_prober_port(burst, &port);

	if (!err)
		err = begin(burst, port, true);
	return err ? err : cs_prober_settle(burst);
}
