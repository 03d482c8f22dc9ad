/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over options: order, bounds, and a list that is written again. */
#include "fuzz.h"

#include "coap/option.h"

enum { ROOM = 1 << 17 };

/* The list of @tail up to the payload, each option in its shortest form. */
static struct cs_wr write_again(struct cs_span tail, uint8_t room[ROOM])
{
	struct cs_opts w = cs_opts_over(tail);
	struct cs_wr to = cs_wr_over(room, ROOM);
	uint32_t previous = 0;
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt)) {
		cs_opt_write(&to, previous, opt.number, opt.value);
		previous = opt.number;
	}
	return to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[ROOM];
	struct cs_opts w = cs_opts_over(cs_span_of(data, size));
	struct cs_span payload;
	struct cs_opt opt;
	uint32_t last = 0;
	size_t last_at = 0;

	while (cs_opts_next(&w, &opt)) {
		MUST(opt.number >= last && opt.number <= 65535);
		MUST(opt.value.len < size);
		MUST(w.at >= last_at && w.at < w.rd.pos);
		last = opt.number;
		last_at = w.at;
	}

	enum cs_err err = cs_opts_end(&w, &payload);

	MUST((err == CS_OK) == (w.fault == CS_FAULT_NONE));
	MUST(err != CS_OK || w.rd.pos == size);
	if (size > ROOM / 2)
		return 0;

	struct cs_wr again = write_again(cs_span_of(data, size), room);
	struct cs_opts second = cs_opts_over(cs_wr_done(&again));

	MUST(!again.err && again.pos <= size);
	w = cs_opts_over(cs_span_of(data, size));
	while (cs_opts_next(&w, &opt)) {
		struct cs_opt same;

		MUST(cs_opts_next(&second, &same));
		MUST(same.number == opt.number && cs_span_eq(same.value, opt.value));
	}
	MUST(!cs_opts_next(&second, &opt) && !second.fault);
	return 0;
}
