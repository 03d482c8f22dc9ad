/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes to the guard: a request over its socket, and a line of a file of verdicts. */
#include "fuzz.h"

#include "protect/guard_verdict.h"
#include "protect/guard_wire.h"

/* Whatever was asked: what it does holds to its limits. */
static void check_decision(const struct cs_guard_request *r)
{
	static const struct cs_guard_limits limits = { 1, 1, 600 };
	struct cs_prefix all[] = { { .bits = 0 } };
	struct cs_guard_spared nobody = { 0 }, everybody = { all, NULL, 1, 0 };
	struct cs_arena arena = { 0 };
	struct cs_guard guard;
	enum cs_guard_answer answer;
	uint32_t seconds = 0;

	if (cs_guard_open(&guard, &limits, &arena))
		return;
	answer = cs_guard_decide(&guard, r, &everybody, 0, &seconds);
	MUST(answer > CS_GUARD_STANDS && guard.n == 0);
	answer = cs_guard_decide(&guard, r, &nobody, 0, &seconds);
	if (answer == CS_GUARD_BLOCKED) {
		MUST(seconds >= CS_GUARD_LEAST_S && seconds <= limits.seconds);
		MUST(r->prefix.bits >= (cs_addr_is_v4(&r->prefix.addr) ? 120 : 64));
		MUST(r->reason == CS_GUARD_VICTIM || r->prefix.bits == 128);
		MUST(r->because.worry >= CS_GUARD_ACT);
	}
	MUST(guard.n == (answer == CS_GUARD_BLOCKED));
	cs_arena_clear(&arena);
}

static void check_request(const struct cs_guard_request *r)
{
	char text[CS_GUARD_TEXT];

	cs_guard_text(&r->because, text);
	MUST(strlen(text) < CS_GUARD_TEXT);
	check_decision(r);
}

static void check_wire(struct cs_span bytes)
{
	struct cs_guard_request r;
	uint8_t again[CS_GUARD_WIRE];
	struct cs_wr w = cs_wr_over(again, sizeof(again));

	if (cs_guard_wire_read(bytes, &r))
		return;
	cs_guard_wire_write(&w, &r);
	MUST(!w.err && cs_span_eq(cs_wr_done(&w), bytes));
	check_request(&r);
}

static void check_line(struct cs_span bytes)
{
	struct cs_guard_verdict v;
	struct cs_guard_request r, back;
	char why[CS_GUARD_WHY];
	uint8_t wire[CS_GUARD_WIRE];
	struct cs_wr w = cs_wr_over(wire, sizeof(wire));

	if (cs_guard_verdict_read(bytes, &v, why) ||
	    cs_guard_judge(&v, 600, &r) != CS_GUARD_BLOCKED)
		return;
	MUST(r.reason == CS_GUARD_VICTIM || (v.proved > 0 && v.unproved == 0));
	MUST(r.reason == CS_GUARD_VICTIM || !v.victim);
	cs_guard_wire_write(&w, &r);
	MUST(!cs_guard_wire_read(cs_wr_done(&w), &back));
	check_request(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_wire(cs_span_of(data, size));
	check_line(cs_span_of(data, size));
	return 0;
}
