/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/code.h"
#include "probe/probe.h"

/* The first oddity that is more than a note (M17 is legal). */
static struct cs_flaw first_oddity(struct cs_span datagram, const struct cs_msg *msg)
{
	struct cs_flaw flaws[8];
	size_t n = cs_msg_inspect(datagram, msg, flaws, CS_LEN(flaws));

	for (size_t i = 0; i < n && i < CS_LEN(flaws); i++)
		if (flaws[i].fault != CS_FAULT_BLOCK_EMPTY)
			return flaws[i];
	return (struct cs_flaw){ 0 };
}

static enum cs_reply_kind kind_of(const struct cs_msg *msg)
{
	if (msg->type == CS_RST)
		return CS_REPLY_RESET;
	if (msg->code == CS_CODE_EMPTY)
		return msg->type == CS_ACK ? CS_REPLY_EMPTY_ACK : CS_REPLY_REQUEST;
	if (cs_code_is_response(msg->code))
		return CS_REPLY_RESPONSE;
	return cs_code_is_request(msg->code) ? CS_REPLY_REQUEST : CS_REPLY_STRANGE;
}

void cs_reply_read(struct cs_span datagram, struct cs_reply *reply)
{
	struct cs_rd rd = cs_rd_over(datagram.ptr, datagram.len);

	*reply = (struct cs_reply){ .kind = CS_REPLY_MALFORMED };
	(void)cs_rd_take(&rd, CS_PROBE_MID_AT);
	reply->mid = cs_rd_u16(&rd);
	reply->has_mid = !rd.err;

	if (cs_msg_decode(datagram, &reply->msg, &reply->flaw))
		return;
	reply->kind = kind_of(&reply->msg);
	reply->flaw = first_oddity(datagram, &reply->msg);
}
