/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte stream as messages, one after the other: what is read of one is written again
 * and reads the same, and a message that is cut anywhere is never taken for another.
 */
#include "fuzz.h"

#include <string.h>

#include "coap/stream.h"

enum { WRITTEN_MAX = 1 << 16 };

static bool is_same(const struct cs_msg *a, const struct cs_msg *b)
{
	return a->code == b->code && cs_span_eq(a->token, b->token) &&
	       cs_span_eq(a->tail, b->tail) && cs_span_eq(a->payload, b->payload) &&
	       a->n_options == b->n_options;
}

static void check_written(const struct cs_msg *msg, size_t used)
{
	static uint8_t out[WRITTEN_MAX];
	struct cs_wr w = cs_wr_over(out, sizeof(out));
	struct cs_flaw flaw;
	struct cs_msg again;
	size_t n;

	cs_stream_write(&w, msg->code, msg->token, msg->tail);
	MUST(!w.err && w.pos <= used);
	MUST(cs_stream_next(cs_wr_done(&w), &again, &n, &flaw) == CS_STREAM_MESSAGE);
	MUST(n == w.pos && is_same(msg, &again));
}

static void check_cut(struct cs_span bytes, size_t used)
{
	struct cs_flaw flaw;
	struct cs_msg msg;
	size_t n, cut = bytes.ptr[used - 1] % used;
	struct cs_span front = cs_span_of(bytes.ptr, cut);

	MUST(cs_stream_next(front, &msg, &n, &flaw) == CS_STREAM_MORE);
	MUST(n == 0 || n == used);
	if (cs_stream_begun(front, &msg))
		MUST(msg.token.len + msg.tail.len <= cut && n == used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span bytes = cs_span_of(data, size < WRITTEN_MAX ? size : WRITTEN_MAX);

	for (;;) {
		struct cs_flaw flaw;
		struct cs_msg msg;
		size_t used;
		enum cs_stream_step step = cs_stream_next(bytes, &msg, &used, &flaw);

		if (step == CS_STREAM_LOST)
			MUST(flaw.fault == CS_FAULT_NONE || flaw.fault == CS_FAULT_TKL);
		else
			MUST((step == CS_STREAM_WRONG) == (flaw.fault != CS_FAULT_NONE));
		if (step == CS_STREAM_MORE)
			MUST(used == 0 || (used > bytes.len && used <= CS_STREAM_MAX));
		if (step == CS_STREAM_MORE || step == CS_STREAM_LOST)
			return 0;
		MUST(used >= 2 && used <= bytes.len && flaw.at <= used);
		check_cut(bytes, used);
		if (step == CS_STREAM_MESSAGE)
			check_written(&msg, used);
		bytes = cs_span_of(bytes.ptr + used, bytes.len - used);
	}
}
