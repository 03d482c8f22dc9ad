/* SPDX-License-Identifier: Apache-2.0 */
/* Whole messages: decode, inspect, and encode what was decoded. */
#include "fuzz.h"

#include "coap/msg.h"

enum { ROOM = 1 << 17, MAX_FLAWS = 16 };

static bool lies_in(struct cs_span part, const uint8_t *data, size_t size)
{
	return part.len == 0 ||
	       (part.ptr >= data && part.len <= size - (size_t)(part.ptr - data));
}

static struct cs_wr encode(const struct cs_msg *msg, uint8_t room[ROOM])
{
	struct cs_wr to = cs_wr_over(room, ROOM);
	struct cs_opts w = cs_opts_over(msg->tail);
	uint32_t previous = 0;
	struct cs_opt opt;

	cs_msg_header(&to, msg->type, msg->code, msg->mid, msg->token);
	while (cs_opts_next(&w, &opt)) {
		cs_opt_write(&to, previous, opt.number, opt.value);
		previous = opt.number;
	}
	cs_msg_payload(&to, msg->payload);
	return to;
}

static void check_encoding(const struct cs_msg *msg, const uint8_t *data, size_t size)
{
	static uint8_t room[ROOM];
	struct cs_wr again = encode(msg, room);
	struct cs_flaw flaw;
	struct cs_msg same;

	/* Shorter where the original was not minimal, else the same bytes. */
	MUST(!again.err && again.pos <= size);
	MUST(again.pos < size || memcmp(room, data, size) == 0);
	MUST(cs_msg_decode(cs_wr_done(&again), &same, &flaw) == CS_OK);
	MUST(same.type == msg->type && same.code == msg->code && same.mid == msg->mid);
	MUST(cs_span_eq(same.token, msg->token));
	MUST(cs_span_eq(same.payload, msg->payload));
	MUST(same.n_options == msg->n_options);
}

static void check_inspection(const struct cs_msg *msg, const uint8_t *data, size_t size)
{
	struct cs_flaw flaws[MAX_FLAWS];
	size_t n = cs_msg_inspect(cs_span_of(data, size), msg, flaws, MAX_FLAWS);

	for (size_t i = 0; i < n && i < MAX_FLAWS; i++) {
		MUST(!cs_fault_is_format_error(flaws[i].fault));
		MUST(flaws[i].at < size);
		MUST(i == 0 || flaws[i].at >= flaws[i - 1].at);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_msg msg;
	struct cs_flaw flaw;
	enum cs_err err = cs_msg_decode(cs_span_of(data, size), &msg, &flaw);

	MUST((err == CS_OK) == (flaw.fault == CS_FAULT_NONE));
	MUST((err == CS_OK) != cs_fault_is_format_error(flaw.fault));
	MUST(flaw.at <= size);
	MUST(lies_in(msg.token, data, size) && lies_in(msg.tail, data, size));
	MUST(lies_in(msg.payload, data, size));
	if (err || size > ROOM / 2)
		return 0;

	check_encoding(&msg, data, size);
	check_inspection(&msg, data, size);
	return 0;
}
