/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP over TCP (RFC 8323): connections, and the messages in their streams. */
#include "coap/code.h"
#include "coap/signal.h"
#include "coap/stream.h"
#include "watch/track_parts.h"

static bool has(const struct cs_turn *turn, enum cs_flow_flag flag, bool up)
{
	return turn->flow.head->flags & cs_flow_side(flag, up);
}

/* The client opens: from here on it is known who that is. */
static void opened(struct cs_turn *turn)
{
	bool again = has(turn, CS_FLOW_ALIEN, turn->flow.up);

	turn->flow.head->flags |= cs_flow_side(CS_FLOW_ALIEN, turn->flow.up);
	if (!again && !turn->from_ours)
		cs_turn_note(turn, CS_OBS_TCP);
}

/* The low half of the number that only who gets the SYN-ACK can acknowledge. */
static void accepted(struct cs_turn *turn)
{
	bool again = has(turn, CS_FLOW_DATA, turn->flow.up);

	turn->flow.head->flags |= cs_flow_side(CS_FLOW_DATA, turn->flow.up);
	turn->flow.head->proof = (uint16_t)(turn->packet->seq + 1);
	if (!again && has(turn, CS_FLOW_ALIEN, !turn->flow.up) && turn->to_ours &&
	    !turn->from_ours)
		cs_turn_note(turn, CS_OBS_OWN_ANSWER);
}

static void acknowledged(struct cs_turn *turn)
{
	struct cs_flow_head *head = turn->flow.head;

	if (!has(turn, CS_FLOW_DATA, !turn->flow.up) || (head->flags & CS_FLOW_PROVED) ||
	    head->proof != (uint16_t)turn->packet->ack || turn->from_ours)
		return;
	cs_turn_prove(turn, CS_OBS_CONNECTED);
	head->flags |= CS_FLOW_PROVED;
}

/* SYN, SYN-ACK, the ACK to that, or a Reset. The source is taken. */
static void handshake(struct cs_turn *turn)
{
	uint8_t flags = turn->packet->flags & (CS_TCP_SYN | CS_TCP_ACK | CS_TCP_RST);

	if (flags == CS_TCP_SYN)
		opened(turn);
	else if (flags == (CS_TCP_SYN | CS_TCP_ACK))
		accepted(turn);
	else if (flags & CS_TCP_RST && turn->from_coap &&
		 !has(turn, CS_FLOW_DATA, turn->flow.up))
		cs_turn_note(turn, CS_OBS_CLOSED);
	else if (flags == CS_TCP_ACK)
		acknowledged(turn);
}

/* The source is the side that opened, or where that was not seen the CoAP port's peer. */
static bool is_client(const struct cs_turn *turn)
{
	if (has(turn, CS_FLOW_ALIEN, turn->flow.up))
		return true;
	if (has(turn, CS_FLOW_ALIEN, !turn->flow.up))
		return false;
	return turn->to_coap;
}

static void take_source(struct cs_turn *turn)
{
	bool client = is_client(turn);

	if (turn->from_ours && turn->to_ours)
		return;
	if (turn->from_ours || (!turn->to_ours && !client))
		cs_turn_to(turn);
	else
		cs_turn_from(turn);
}

/* A signal, or what cannot be told, that breaks the rules. */
static void take_broken(struct cs_turn *turn)
{
	cs_turn_from(turn);
	cs_turn_flaws(turn);
}

/* @bytes are what was captured of a message of @len bytes. */
static void take_message(struct cs_turn *turn, const struct cs_msg *msg,
			 const struct cs_flaw *flaw, struct cs_span bytes, size_t len)
{
	struct cs_track *track = turn->track;
	struct cs_turn one = *turn;
	struct cs_sight sight;

	cs_sight_of_stream(msg, flaw, bytes, &sight);
	cs_counts_stream(&track->counts, &sight);
	one.tcp = one.message.tcp = true;
	one.sight = one.message.sight = &sight;
	one.bytes = one.message.bytes = bytes;
	one.len = one.message.len = (uint32_t)len;
	if (sight.kind == CS_SIGHT_REQUEST)
		cs_turn_request(&one);
	else if (sight.kind == CS_SIGHT_RESPONSE)
		cs_turn_response(&one);
	else if ((sight.traits & CS_SIGHT_FORMAT_ERROR) && !turn->from_ours)
		take_broken(&one);
	cs_turn_put(&one);
	if (track->want.message)
		track->want.message(track->want.arg, &one.message);
	/* Whom the message made ours is so for what follows it. */
	turn->to_ours = one.to_ours;
	turn->message.way = one.message.way;
}

/* It is no CoAP, and there is no way to go on. */
static void give_up(struct cs_turn *turn, struct cs_tcp_stream *stream)
{
	stream->lost = true;
	turn->tcp = true;
	if (!turn->from_ours && is_client(turn)) {
		enum cs_alien alien = cs_alien_of(turn->packet->payload);

		cs_turn_from(turn);
		cs_turn_note(turn,
			     CS_OBS_ALIEN +
				     (alien == CS_ALIEN_NONE ? CS_ALIEN_UNKNOWN : alien));
		cs_turn_put(turn);
	}
}

/*
 * A stream whose begin was not captured: its first bytes may be of the middle of a message.
 * Then the next segment is tried; most begin with a message.
 */
static bool begins_elsewhere(struct cs_tcp_stream *stream, enum cs_stream_step step,
			     struct cs_msg *msg)
{
	if (stream->aligned || (step == CS_STREAM_MORE &&
				!cs_stream_begun(cs_tcp_stream_bytes(stream), msg)))
		return false;
	stream->aligned = step != CS_STREAM_LOST && cs_code_name(msg->code) != NULL;
	if (!stream->aligned)
		*stream = (struct cs_tcp_stream){ 0 };
	return !stream->aligned;
}

/*
 * Every connection begins with a CSM; a client of before RFC 8323 with a request. "GET"
 * has a 2.05.
 */
static bool begins_well(const struct cs_tcp_stream *stream, const struct cs_msg *msg)
{
	struct cs_span bytes = cs_tcp_stream_bytes(stream);

	/* A TLS handshake's begin (RFC 8446 section 5.1) reads as a PUT. */
	if (bytes.len >= 2 && bytes.ptr[0] == 0x16 && bytes.ptr[1] == 0x03)
		return false;
	return cs_signal_name(msg->code) || cs_alien_of(bytes) != CS_ALIEN_TEXT;
}

static void read_stream(struct cs_turn *turn, struct cs_tcp_stream *stream)
{
	bool first = !has(turn, CS_FLOW_ANSWERED, turn->flow.up);
	struct cs_flaw flaw;
	struct cs_msg msg;
	size_t used = 0;

	while (!stream->lost) {
		struct cs_span bytes = cs_tcp_stream_bytes(stream);
		enum cs_stream_step step = cs_stream_next(bytes, &msg, &used, &flaw);

		if (begins_elsewhere(stream, step, &msg))
			return;
		if (step == CS_STREAM_MORE && cs_tcp_stream_is_stuck(stream) &&
		    used > bytes.len && cs_stream_begun(bytes, &msg)) {
			flaw.fault = CS_FAULT_NONE;
			take_message(turn, &msg, &flaw, bytes, used);
			cs_tcp_stream_use(stream, used);
			continue;
		}
		if (step == CS_STREAM_MORE)
			return;
		if (first && (step == CS_STREAM_LOST || !begins_well(stream, &msg))) {
			give_up(turn, stream);
			return;
		}
		if (step == CS_STREAM_LOST) {
			stream->lost = true;
			if (flaw.fault)
				take_message(turn, &msg, &flaw, bytes, bytes.len);
			return;
		}
		if (step == CS_STREAM_MESSAGE)
			flaw.fault = CS_FAULT_NONE;
		first = false;
		turn->flow.head->flags |= cs_flow_side(CS_FLOW_ANSWERED, turn->flow.up);
		take_message(turn, &msg, &flaw, cs_span_of(bytes.ptr, used), used);
		cs_tcp_stream_use(stream, used);
	}
}

/*
 * Whose handshake ends here sends data next, and in whatever order that is captured, this is where
 * both directions begin. Not at the SYN: one alone, as of a flood, is not worth the room.
 */
static void expect_data(struct cs_turn *turn, uint64_t hash)
{
	const struct cs_packet *packet = turn->packet;
	struct cs_streams *streams = turn->track->streams;
	bool up = turn->flow.up;

	if ((packet->flags & (CS_TCP_SYN | CS_TCP_ACK | CS_TCP_RST)) != CS_TCP_ACK ||
	    !has(turn, CS_FLOW_DATA, !up) ||
	    turn->flow.head->proof != (uint16_t)packet->ack)
		return;
	cs_tcp_stream_expect(cs_streams_get(streams, hash, up), packet->seq);
	cs_tcp_stream_expect(cs_streams_get(streams, hash, !up), packet->ack);
}

void cs_turn_segment(struct cs_turn *turn)
{
	const struct cs_packet *packet = turn->packet;
	struct cs_flow_key key = cs_turn_key(turn);
	struct cs_tcp_stream *stream;

	turn->flow = cs_flows_make(turn->track->flows, key, turn->wall_us);
	if ((packet->flags & (CS_TCP_SYN | CS_TCP_ACK)) == CS_TCP_SYN)
		turn->flow.head->flags &=
			(uint16_t)~cs_flow_side(CS_FLOW_ALIEN, !turn->flow.up);
	take_source(turn);
	handshake(turn);
	cs_turn_put(turn);
	if (packet->flags & CS_TCP_RST)
		cs_streams_drop(turn->track->streams, key.hash);
	if (packet->payload_len == 0) {
		expect_data(turn, key.hash);
		return;
	}
	stream = cs_streams_get(turn->track->streams, key.hash, turn->flow.up);
	cs_tcp_stream_take(stream, packet->seq, packet->flags, packet->payload,
			   packet->payload_len);
	read_stream(turn, stream);
}
