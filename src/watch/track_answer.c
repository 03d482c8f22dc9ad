/* SPDX-License-Identifier: Apache-2.0 */
/* Responses, and what comes without having been asked for. */
#include "base/sat.h"
#include "coap/code.h"
#include "watch/track_parts.h"

enum { CODE_CONTINUE = CS_CODE(2, 31) };

/* The request that a response belongs to, and how it is known. */
struct match {
	struct cs_asked *asked; /* NULL: not remembered, or none */
	bool known;             /* the receiver did ask the sender something */
	bool by_group;          /* ... by asking a group */
	bool elsewhere;         /* ... by asking another port of the sender's */
	bool again;             /* the answer was seen before */
};

static struct cs_asked *request_of(const struct cs_flow *flow, bool up,
				   const struct cs_turn *turn)
{
	const struct cs_sight *sight = turn->sight;
	struct cs_asked *asked = NULL;

	if (sight->msg.type == CS_ACK && !turn->tcp)
		asked = cs_flow_by_mid(flow, up, sight->msg.mid, turn->wall_us);
	return asked ? asked
		     : cs_flow_by_token(flow, up, sight->token_hash, turn->wall_us);
}

static struct cs_asked *group_request_of(const struct cs_turn *turn)
{
	struct cs_flow_key key =
		cs_flow_key(turn->to_hash, turn->packet->to_port, CS_FLOW_ANY, 0);
	struct cs_flow flow = cs_flows_find(turn->track->flows, key);

	return cs_flow_by_token(&flow, key.up, turn->sight->token_hash, turn->wall_us);
}

/*
 * No client takes an answer that does not come from where it asked (RFC 7252 section 5.3.2);
 * but hosts send them, and address translation makes them: it is what was asked for.
 */
static struct cs_asked *request_elsewhere(const struct cs_turn *turn)
{
	const struct cs_track_want *want = &turn->track->want;
	const struct cs_packet *packet = turn->packet;
	struct cs_asked *asked = NULL;

	for (size_t i = 0; !asked && turn->sight->token_hash && i < want->n_ports; i++) {
		struct cs_flow_key key = cs_flow_key(turn->to_hash, packet->to_port,
						     turn->from_hash, want->ports[i]);
		struct cs_flow flow;

		if (want->ports[i] == packet->from_port)
			continue;
		flow = cs_flows_find(turn->track->flows, key);
		asked = cs_flow_by_token(&flow, key.up, turn->sight->token_hash,
					 turn->wall_us);
	}
	return asked;
}

static struct match match_of(struct cs_turn *turn)
{
	struct match match = { 0 };
	bool up = !turn->flow.up; /* which way the request went */
	uint16_t mid = turn->sight->msg.mid;

	match.asked = request_of(&turn->flow, up, turn);
	match.known = match.asked ||
		      (turn->flow.head &&
		       (turn->flow.head->flags & cs_flow_side(CS_FLOW_ASKED, up)));
	if (!match.known && !turn->tcp) {
		match.asked = request_elsewhere(turn);
		match.known = match.elsewhere = match.asked != NULL;
	}
	match.again = match.asked && (match.asked->flags & CS_ASKED_ANSWERED) &&
		      match.asked->answer_mid == mid && !turn->tcp;
	if (!match.known) {
		match.asked = group_request_of(turn);
		match.known = match.by_group = match.asked != NULL;
	}
	return match;
}

/* A message without a request waits for its ACK or Reset. */
static void told(struct cs_turn *turn, bool *again)
{
	const struct cs_msg *msg = &turn->sight->msg;
	struct cs_asked *before;

	before = turn->tcp ? NULL
			   : cs_flow_by_answer(&turn->flow, turn->flow.up, msg->mid,
					       turn->wall_us);
	*again = before != NULL;
	if (before)
		return;
	turn->flow = cs_flows_make(turn->track->flows, cs_turn_key(turn), turn->wall_us);
	before = cs_flow_slot(&turn->flow, turn->flow.up, turn->sight->token_hash,
			      turn->wall_us);
	before->flags |= CS_ASKED_TOLD;
	if (msg->type == CS_CON)
		before->flags |= CS_ASKED_ANSWER_CON;
	before->mid = msg->mid;
}

/* The most generous exchange: by how many times the bytes, then by bytes. */
static void see_amplification(struct cs_turn *turn, struct cs_asked *asked)
{
	struct cs_source *source = turn->source;
	uint64_t in = asked->in ? asked->in : 1;
	uint64_t most_in = source->most_in ? source->most_in : 1;

	if (asked->out * most_in > source->most_out * in ||
	    (asked->out * most_in == source->most_out * in &&
	     asked->out > source->most_out)) {
		source->most_out = asked->out;
		source->most_in = asked->in;
	}
	if (asked->out < turn->track->want.threshold.amplified * in ||
	    (asked->flags & CS_ASKED_AMPLIFIED))
		return;
	asked->flags |= CS_ASKED_AMPLIFIED;
	cs_turn_note(turn, CS_OBS_AMPLIFIED);
}

static void note_code(struct cs_turn *turn)
{
	uint8_t code = turn->sight->msg.code;

	cs_turn_note(turn, CS_OBS_ANSWERED);
	if (cs_code_class(code) >= 4)
		cs_turn_note(turn, CS_OBS_ANSWERED_ERROR);
	if (code == CS_CODE(4, 4))
		cs_turn_note(turn, CS_OBS_ANSWERED_404);
}

/* What an answer of ours means for what was asked. */
static void note_answer(struct cs_turn *turn, const struct cs_asked *asked)
{
	uint8_t code = turn->sight->msg.code;
	bool done = cs_code_class(code) == 2;
	bool first = !(asked->flags & CS_ASKED_ANSWERED);

	if (asked->flags & CS_ASKED_WRITES) {
		if (first && (asked->flags & CS_ASKED_ACKED))
			cs_turn_unnote(turn, CS_OBS_WRITE_ACKED, 1);
		if (done)
			cs_turn_note(turn, CS_OBS_WRITE_DONE);
	}
	if ((asked->flags & CS_ASKED_OBSERVES) && done)
		cs_turn_note(turn, first ? CS_OBS_OBSERVE_GRANTED : CS_OBS_NOTIFIED);
	if ((asked->flags & CS_ASKED_PROXIES) && code == CS_CODE_CONTENT)
		cs_turn_note(turn, CS_OBS_PROXIED);
	if (first && (asked->flags & CS_ASKED_ORDINARY) &&
	    !(turn->flow.head && (turn->flow.head->flags & CS_FLOW_REFUSED)))
		cs_turn_note(turn, CS_OBS_PEER);
}

/* Repeated in its time, and not to the end: it heard the answer. */
static void see_retried(struct cs_turn *turn, struct cs_asked *asked)
{
	if (!cs_asked_is_retried(asked))
		return;
	asked->flags |= CS_ASKED_RETRIED;
	cs_turn_prove(turn, CS_OBS_RETRIED);
}

/* What is to be asked for next, or sent: the block after this one. */
static uint16_t next_block(const struct cs_sight *sight)
{
	if (sight->msg.code == CODE_CONTINUE)
		return cs_turn_body_block(sight, 1);
	return cs_turn_block(sight, 1);
}

/* A value of ours whose return will prove that the source heard it. */
static void offer_proof(struct cs_turn *turn)
{
	struct cs_flow_head *head = turn->flow.head;

	if (turn->sight->traits & CS_SIGHT_ECHO) {
		head->flags = (uint16_t)((head->flags & ~CS_FLOW_BLOCK) | CS_FLOW_ECHO);
		head->proof = cs_turn_echo(turn->sight);
	} else if (turn->sight->traits & CS_SIGHT_MORE ||
		   turn->sight->msg.code == CODE_CONTINUE) {
		head->flags = (uint16_t)((head->flags & ~CS_FLOW_ECHO) | CS_FLOW_BLOCK);
		head->proof = next_block(turn->sight);
	}
}

/* What stays on the request after an answer, whoever asked. */
static void settle(struct cs_turn *turn, struct cs_asked *asked)
{
	const struct cs_sight *sight = turn->sight;
	bool goes_on = sight->traits & CS_SIGHT_NOTIFIES;

	asked->answer_mid = sight->msg.mid;
	asked->flags &= (uint16_t)~CS_ASKED_ANSWER_CON;
	asked->flags |= CS_ASKED_ANSWERED;
	if (sight->msg.type == CS_CON)
		asked->flags |= CS_ASKED_ANSWER_CON;
	if (!goes_on || cs_code_class(sight->msg.code) != 2)
		asked->flags &= (uint16_t)~CS_ASKED_OBSERVES;
	if (turn->flow.head && goes_on && (asked->flags & CS_ASKED_OBSERVES))
		turn->flow.head->flags |= CS_FLOW_OBSERVED;
}

/* Bytes of later notifications count until it is proved that they are wanted. */
static void answered(struct cs_turn *turn, const struct match *match)
{
	struct cs_asked *asked = match->asked;
	struct cs_flow_head *head = turn->flow.head;
	bool wanted = head && (head->flags & CS_FLOW_PROVED) &&
		      (asked->flags & CS_ASKED_ANSWERED);

	if (!wanted)
		asked->out = cs_sat32(asked->out, turn->len);
	see_amplification(turn, asked);
	if (!match->again) {
		note_code(turn);
		note_answer(turn, asked);
	}
	see_retried(turn, asked);
}

/* Our host answers the source, which is the receiver. */
static void respond_out(struct cs_turn *turn, struct match *match)
{
	cs_devices_heard(turn->track->devices, turn->from_hash, turn->wall_us);
	if (!turn->to_ours)
		cs_turn_to(turn);
	if (match->asked) {
		if (turn->source)
			answered(turn, match);
		return;
	}
	if (!match->known)
		told(turn, &match->again);
	if (match->again)
		return;
	if (!turn->source && turn->from_coap && !turn->to_ours &&
	    turn->track->want.n_local > 0)
		cs_turn_meet(turn);
	note_code(turn);
	if (turn->sight->traits & CS_SIGHT_NOTIFIES)
		cs_turn_note(turn, CS_OBS_NOTIFIED);
}

static uint16_t cut16(uint32_t n)
{
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

/* Nobody asked, as far as was seen. */
static void unasked(struct cs_turn *turn, bool *again)
{
	struct cs_flow_head *head;

	told(turn, again);
	head = turn->flow.head;
	if (*again)
		return;
	if (head->flags & CS_FLOW_OWN) {
		cs_turn_note(turn, CS_OBS_OWN_NOTIFICATION);
	} else if (turn->from_coap) {
		cs_turn_note(turn, CS_OBS_BACKSCATTER);
		head->told = cut16((uint32_t)head->told + 1);
	}
}

/* The source, which is the sender, answers us. */
static void respond_in(struct cs_turn *turn, struct match *match)
{
	const struct cs_asked *asked = match->asked;
	bool later = asked && !match->by_group && (asked->flags & CS_ASKED_OBSERVES) &&
		     (asked->flags & CS_ASKED_ANSWERED) &&
		     (turn->sight->traits & CS_SIGHT_NOTIFIES);
	bool error = cs_code_class(turn->sight->msg.code) >= 4;

	cs_turn_from(turn);
	if (turn->sight->traits & CS_SIGHT_UNLIKELY)
		cs_turn_note(turn, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN);
	else
		cs_turn_flaws(turn);
	if (!match->known)
		unasked(turn, &match->again);
	else if (!match->again)
		cs_turn_note(turn, error   ? CS_OBS_OWN_REFUSED
				   : later ? CS_OBS_OWN_NOTIFICATION
					   : CS_OBS_OWN_ANSWER);
	/* Our CON is acknowledged with its answer in it. */
	if (asked && !match->by_group && !match->elsewhere &&
	    turn->sight->msg.type == CS_ACK)
		cs_turn_hears(turn);
}

static void say(struct cs_turn *turn, const struct match *match)
{
	turn->message.again = match->again;
	if (!match->asked)
		return;
	turn->message.matched = true;
	turn->message.request_us =
		turn->wall_us - cs_asked_age_us(match->asked, turn->wall_us);
	turn->message.request_len = match->asked->in;
}

/*
 * Both the asker of a group and who answered may be strangers: without --local, or at
 * home under link-local addresses, which --local seldom names.
 */
static void respond_between(struct cs_turn *turn, struct match *match)
{
	bool anybody = turn->track->want.n_local == 0;

	if (match->known)
		respond_out(turn, match);
	if (match->by_group || (anybody && !match->known)) {
		cs_turn_put(turn);
		respond_in(turn, match);
	}
}

void cs_turn_response(struct cs_turn *turn)
{
	struct match match;

	turn->flow = cs_flows_find(turn->track->flows, cs_turn_key(turn));
	match = match_of(turn);
	if (turn->from_ours)
		respond_out(turn, &match);
	else if (turn->to_ours)
		respond_in(turn, &match);
	else
		respond_between(turn, &match);
	say(turn, &match);
	if (match.asked)
		settle(turn, match.asked);
	if (!turn->flow.head)
		return;
	turn->flow.head->flags |= cs_flow_side(CS_FLOW_ANSWERED, turn->flow.up);
	offer_proof(turn);
}
