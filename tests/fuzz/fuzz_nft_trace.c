/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever nft may print: what a line says lies inside it, in order, and what is no trace
 * is refused.
 */
#include "fuzz.h"
#include "protect/trace.h"

static bool inside(struct cs_span part, struct cs_span whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static void one_line(struct cs_span line)
{
	struct cs_trace_step step, again;

	if (cs_trace_line(line, &step))
		return;
	MUST(step.table.len >= 3 && inside(step.table, line));
	MUST(step.chain.len >= 1 && inside(step.chain, line));
	MUST(step.chain.ptr > step.table.ptr);
	if (step.text.len > 0) {
		MUST(inside(step.text, line));
		MUST(step.text.ptr > step.chain.ptr);
	}
	MUST(step.kind == CS_TRACE_RULE || step.handle == 0);
	/* Blanks at the end mean nothing. */
	while (line.len > 0 && line.ptr[line.len - 1] == ' ')
		line.len--;
	MUST(!cs_trace_line(line, &again));
	MUST(again.verdict == step.verdict && again.handle == step.handle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t at = 0, n; at < size; at += n + 1) {
		for (n = 0; at + n < size && data[at + n] != '\n'; n++)
			;
		one_line(cs_span_of(data + at, n));
	}
	return 0;
}
