/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/exchange.h"

#include <string.h>

#include "coap/code.h"

#define SECOND INT64_C(1000000000)

const struct cs_exchange_limits cs_exchange_defaults = {
	.ack_timeout_ns = 2 * SECOND,
	.ack_spread_ns = SECOND,
	.max_retransmit = 4,
	.give_up_ns = 93 * SECOND,
};

enum { MID_AT = 2 };

void cs_exchange_start(struct cs_exchange *x, const struct cs_exchange_limits *limits,
		       const struct cs_endpoint *peer, uint16_t mid,
		       const uint8_t token[CS_TOKEN_MAX], uint32_t random)
{
	/* In 1/1024: the product stays inside 64 bits for any spread up to days. */
	int64_t share = random >> 22;

	x->limits = *limits;
	x->peer = *peer;
	x->mid = mid;
	memcpy(x->token, token, sizeof(x->token));
	x->copies = 0;
	x->acked = false;
	x->wait_ns = limits->ack_timeout_ns + limits->ack_spread_ns * share / 1023;
	x->again_ns = 0;
	x->end_ns = INT64_MAX;
}

enum cs_exchange_step cs_exchange_step(const struct cs_exchange *x, int64_t now_ns,
				       int64_t *wake_ns)
{
	bool more = !x->acked && x->copies <= x->limits.max_retransmit;

	if (x->copies == 0)
		return CS_EXCHANGE_SEND;
	if (now_ns >= x->end_ns)
		return CS_EXCHANGE_OVER;
	if (more && now_ns >= x->again_ns)
		return CS_EXCHANGE_SEND;
	*wake_ns = more && x->again_ns < x->end_ns ? x->again_ns : x->end_ns;
	return CS_EXCHANGE_WAIT;
}

void cs_exchange_sent(struct cs_exchange *x, int64_t now_ns)
{
	if (x->copies == 0)
		x->end_ns = now_ns + x->limits.give_up_ns;
	else
		x->wait_ns *= 2;
	x->again_ns = now_ns + x->wait_ns;
	x->copies++;
}

static void reply(struct cs_exchange_in *in, enum cs_type type, uint16_t mid)
{
	struct cs_wr w = cs_wr_over(in->reply, sizeof(in->reply));

	cs_msg_header(&w, type, CS_CODE_EMPTY, mid, (struct cs_span){ 0 });
	in->replies = true;
}

static bool token_is_ours(const struct cs_exchange *x, const struct cs_msg *msg)
{
	return cs_span_eq(msg->token, cs_span_of(x->token, sizeof(x->token)));
}

/* The message cannot be read: but which one it is, its header may still say. */
static void take_malformed(const struct cs_exchange *x, struct cs_span datagram,
			   struct cs_exchange_in *in)
{
	struct cs_rd rd = cs_rd_over(datagram.ptr, datagram.len);
	unsigned type = cs_rd_u8(&rd) >> 4 & 3;

	(void)cs_rd_u8(&rd); /* code */

	uint16_t mid = cs_rd_u16(&rd);

	if (rd.err || in->flaw.fault == CS_FAULT_VERSION)
		return; /* section 3: silently ignored */
	if (type == CS_ACK && mid == x->mid)
		in->kind = CS_EXCHANGE_MALFORMED;
	else if (type == CS_CON)
		reply(in, CS_RST, mid);
}

static void take_ack(struct cs_exchange *x, struct cs_exchange_in *in)
{
	if (in->msg.mid != x->mid)
		return;
	if (in->msg.code == CS_CODE_EMPTY) {
		x->acked = true;
		in->kind = CS_EXCHANGE_ACKED;
	} else if (cs_code_is_response(in->msg.code) && token_is_ours(x, &in->msg)) {
		in->kind = CS_EXCHANGE_RESPONSE;
	}
}

/* CON and NON. A response that comes before the ACK stands for it, too. */
static void take_separate(struct cs_exchange *x, struct cs_exchange_in *in)
{
	bool confirmable = in->msg.type == CS_CON;
	uint16_t mid = in->msg.mid;

	if (confirmable && x->has_confirmed && mid == x->confirmed) {
		reply(in, CS_ACK, mid);
		return;
	}
	if (!cs_code_is_response(in->msg.code) || !token_is_ours(x, &in->msg)) {
		if (confirmable)
			reply(in, CS_RST, mid);
		return;
	}
	in->kind = CS_EXCHANGE_RESPONSE;
	if (!confirmable)
		return;
	x->has_confirmed = true;
	x->confirmed = mid;
	reply(in, CS_ACK, mid);
}

void cs_exchange_input(struct cs_exchange *x, const struct cs_endpoint *peer,
		       struct cs_span datagram, struct cs_exchange_in *in)
{
	*in = (struct cs_exchange_in){ .kind = CS_EXCHANGE_FOREIGN };
	if (!cs_endpoint_eq(peer, &x->peer))
		return;
	if (cs_msg_decode(datagram, &in->msg, &in->flaw)) {
		take_malformed(x, datagram, in);
		return;
	}
	switch (in->msg.type) {
	case CS_ACK:
		take_ack(x, in);
		break;
	case CS_RST:
		if (in->msg.mid == x->mid)
			in->kind = CS_EXCHANGE_RESET;
		break;
	case CS_CON:
	case CS_NON:
		take_separate(x, in);
		break;
	}
}
