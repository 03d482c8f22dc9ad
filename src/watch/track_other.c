/* SPDX-License-Identifier: Apache-2.0 */
/* What is not CoAP, not of this version or too broken to say; and ICMP errors. */
#include "watch/track_parts.h"

enum { DTLS_DATA = 23, DTLS_CID = 25, UNIFIED_MASK = 0xe0, UNIFIED = 0x20 };

/* Whether it begins with application data: the handshake is over. */
static bool has_data(struct cs_span bytes)
{
	return bytes.len > 0 && (bytes.ptr[0] == DTLS_DATA || bytes.ptr[0] == DTLS_CID ||
				 (bytes.ptr[0] & UNIFIED_MASK) == UNIFIED);
}

static void see_dtls(struct cs_turn *turn)
{
	struct cs_flow_head *head = turn->flow.head;
	uint16_t there = cs_flow_side(CS_FLOW_DATA, turn->flow.up);
	uint16_t back = cs_flow_side(CS_FLOW_DATA, !turn->flow.up);

	if (turn->sight->kind != CS_SIGHT_ALIEN || turn->sight->alien != CS_ALIEN_DTLS ||
	    (head->flags & there) || !has_data(turn->bytes))
		return;
	head->flags |= there;
	if (head->flags & back)
		cs_turn_prove(turn, CS_OBS_CONNECTED);
}

static void note_other(struct cs_turn *turn)
{
	const struct cs_sight *sight = turn->sight;

	if (turn->flow.head->flags & CS_FLOW_OWN)
		cs_turn_note(turn, CS_OBS_OWN_ANSWER);
	if (sight->kind == CS_SIGHT_ALIEN)
		cs_turn_note(turn, CS_OBS_ALIEN + sight->alien);
	else if (sight->traits & CS_SIGHT_UNLIKELY)
		cs_turn_note(turn, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN);
	else if (sight->kind == CS_SIGHT_VERSION)
		cs_turn_note(turn, CS_OBS_VERSION);
	else
		cs_turn_flaws(turn);
}

void cs_turn_other(struct cs_turn *turn)
{
	const struct cs_packet *packet = turn->packet;
	struct cs_flow_head *head;
	uint16_t there, back;

	turn->flow = cs_flows_make(turn->track->flows, cs_turn_key(turn), turn->wall_us);
	head = turn->flow.head;
	there = cs_flow_side(CS_FLOW_ALIEN, turn->flow.up);
	back = cs_flow_side(CS_FLOW_ALIEN, !turn->flow.up);
	if (turn->from_ours && turn->to_ours)
		return;
	/* A server answers what ours began, in DTLS as a rule. */
	if ((head->flags & back) && !(head->flags & there) && turn->to_ours)
		head->flags |= CS_FLOW_OWN;
	/* A server's half of a conversation that the other side began is no source's. */
	if (turn->from_ours ||
	    (!turn->to_ours && !turn->to_coap && (head->flags & back))) {
		cs_turn_to(turn);
	} else {
		cs_turn_from(turn);
		note_other(turn);
		if (turn->to_ours && cs_sight_is_malformed(turn->sight))
			cs_devices_hurt(turn->track->devices, turn->to_hash,
					&packet->from, turn->wall_us);
	}
	head->flags |= there;
	see_dtls(turn);
}

/* An error from us, about what the source sent. */
static void closed_by_us(struct cs_turn *turn)
{
	const struct cs_quote *quote = &turn->packet->quote;

	cs_turn_take_known(turn, &quote->from, cs_track_hash(turn->track, &quote->from));
	cs_turn_note(turn, CS_OBS_CLOSED);
}

/* An error about what we answered: the source was not there, or did not want it. */
static void unwanted(struct cs_turn *turn)
{
	const struct cs_quote *quote = &turn->packet->quote;

	cs_turn_take_known(turn, &quote->to, cs_track_hash(turn->track, &quote->to));
	cs_turn_note(turn, CS_OBS_UNREACHABLE);
	if (turn->flow.head)
		turn->flow.head->flags |= CS_FLOW_REFUSED;
}

/* An error about what, as it says, we asked: the source is who reports it. */
static void reported(struct cs_turn *turn, bool we_asked)
{
	if (turn->from_ours)
		return;
	cs_turn_from(turn);
	cs_turn_note(turn, we_asked ? CS_OBS_OWN_REFUSED : CS_OBS_BACKSCATTER_ICMP);
}

void cs_turn_icmp(struct cs_turn *turn)
{
	const struct cs_quote *quote = &turn->packet->quote;
	struct cs_track *track = turn->track;
	bool anybody = track->want.n_local == 0;
	uint64_t sender = cs_track_hash(track, &quote->from);
	uint64_t receiver = cs_track_hash(track, &quote->to);
	bool sender_ours = cs_track_is_ours(track, &quote->from, sender);
	bool receiver_ours = cs_track_is_ours(track, &quote->to, receiver);
	uint16_t flags;
	bool asked, answered, began;

	turn->flow = cs_flows_find(track->flows, cs_flow_key(sender, quote->from_port,
							     receiver, quote->to_port));
	flags = turn->flow.head ? turn->flow.head->flags : 0;
	asked = flags & (cs_flow_side(CS_FLOW_ASKED, turn->flow.up) |
			 cs_flow_side(CS_FLOW_ALIEN, turn->flow.up));
	answered = flags & cs_flow_side(CS_FLOW_ANSWERED, turn->flow.up);
	/* Our half of a handshake is an answer, too. */
	began = (flags & cs_flow_side(CS_FLOW_ALIEN, !turn->flow.up)) &&
		turn->from_coap && !turn->to_coap;

	if (sender_ours && receiver_ours)
		return;
	if ((answered || began) && !receiver_ours)
		unwanted(turn);
	else if (!sender_ours && (receiver_ours || asked))
		closed_by_us(turn);
	else if (sender_ours && asked)
		reported(turn, true);
	else if (sender_ours && cs_track_port(track, quote->from_port))
		unwanted(turn);
	else if ((sender_ours || anybody) && cs_track_port(track, quote->to_port))
		reported(turn, false);
}
