/* SPDX-License-Identifier: Apache-2.0 */
/* Empty ACKs and Resets. */
#include "watch/track_parts.h"

/* The request that was sent to the sender is acknowledged or refused. */
static void ends_request(struct cs_turn *turn, struct cs_asked *asked)
{
	bool reset = turn->sight->msg.type == CS_RST;

	turn->message.matched = true;
	turn->message.request_us = turn->wall_us - cs_asked_age_us(asked, turn->wall_us);
	turn->message.request_len = asked->in;
	turn->message.again = asked->flags & CS_ASKED_ACKED;
	asked->flags |= CS_ASKED_ACKED;
	cs_devices_heard(turn->track->devices, turn->from_hash, turn->wall_us);
	if (turn->to_ours && !turn->from_ours) {
		cs_turn_from(turn);
		cs_turn_flaws(turn);
		if (!turn->message.again)
			cs_turn_note(turn,
				     reset ? CS_OBS_OWN_REFUSED : CS_OBS_OWN_ANSWER);
		return;
	}
	if (turn->to_ours)
		return;
	cs_turn_to(turn);
	if (turn->message.again)
		return;
	if (reset)
		cs_turn_note(turn, CS_OBS_REFUSED);
	/* A Reset is what answers a ping. */
	if (reset && (asked->flags & CS_ASKED_PINGS) &&
	    (asked->flags & CS_ASKED_ORDINARY) &&
	    !(turn->flow.head->flags & CS_FLOW_REFUSED))
		cs_turn_note(turn, CS_OBS_PEER);
	else if (!reset && (asked->flags & CS_ASKED_WRITES))
		cs_turn_note(turn, CS_OBS_WRITE_ACKED);
}

/* Ours acknowledges what it was told: it had asked before the capture began. */
static void was_asked_for(struct cs_turn *turn)
{
	struct cs_flow_head *head = turn->flow.head;

	cs_turn_to(turn);
	if (turn->sight->msg.type == CS_RST || (head->flags & CS_FLOW_OWN))
		return;
	head->flags |= CS_FLOW_OWN;
	cs_turn_unnote(turn, CS_OBS_BACKSCATTER, head->told);
	for (; head->told > 0; head->told--)
		cs_turn_note(turn, CS_OBS_OWN_NOTIFICATION);
}

/* The source acknowledges or refuses what we told it. */
static void ends_answer(struct cs_turn *turn, const struct cs_asked *answer)
{
	cs_turn_from(turn);
	cs_turn_flaws(turn);
	if (turn->sight->msg.type == CS_RST) {
		turn->flow.head->flags |= CS_FLOW_REFUSED;
		cs_turn_note(turn, CS_OBS_RESETS);
	} else if (answer && (answer->flags & CS_ASKED_ANSWER_CON)) {
		cs_turn_prove(turn, CS_OBS_ACKED);
	}
}

/* Whom it goes to sent what is malformed, or no CoAP, before. */
static bool was_provoked(const struct cs_flow *flow)
{
	return flow->head &&
	       (flow->head->flags & (cs_flow_side(CS_FLOW_ASKED, !flow->up) |
				     cs_flow_side(CS_FLOW_ALIEN, !flow->up)));
}

/* Neither a request nor an answer is known that it could belong to. */
static void ends_nothing(struct cs_turn *turn)
{
	bool anybody = turn->track->want.n_local == 0;

	if (turn->from_ours || (anybody && was_provoked(&turn->flow))) {
		if (!turn->to_ours)
			cs_turn_to(turn);
		return;
	}
	if (!turn->to_ours && !anybody)
		return;
	cs_turn_from(turn);
	if (turn->sight->traits & CS_SIGHT_UNLIKELY)
		cs_turn_note(turn, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN);
	else
		cs_turn_flaws(turn);
	if (turn->from_coap)
		cs_turn_note(turn, CS_OBS_BACKSCATTER);
}

static void ends_told(struct cs_turn *turn, const struct cs_asked *answer)
{
	bool by_request = !(answer->flags & CS_ASKED_TOLD);

	if (turn->from_ours && turn->to_ours)
		return;
	if (turn->from_ours || (!turn->to_ours && !by_request))
		was_asked_for(turn);
	else
		ends_answer(turn, answer);
}

void cs_turn_empty(struct cs_turn *turn)
{
	uint16_t mid = turn->sight->msg.mid;
	const struct cs_flow *flow = &turn->flow;
	struct cs_asked *asked;

	turn->flow = cs_flows_find(turn->track->flows, cs_turn_key(turn));
	asked = cs_flow_by_mid(flow, !flow->up, mid, turn->wall_us);
	if (asked) {
		ends_request(turn, asked);
		return;
	}
	asked = cs_flow_by_answer(flow, !flow->up, mid, turn->wall_us);
	if (asked)
		ends_told(turn, asked);
	else if (turn->sight->msg.type == CS_RST && !turn->from_ours && flow->head &&
		 (flow->head->flags & cs_flow_side(CS_FLOW_ANSWERED, !flow->up)) &&
		 (flow->head->flags & cs_flow_side(CS_FLOW_ASKED, flow->up)))
		ends_answer(turn, NULL);
	else
		ends_nothing(turn);
}
