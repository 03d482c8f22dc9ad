/* SPDX-License-Identifier: Apache-2.0 */
/* ufw's rules: numbers go up without a gap, and every span lies in the text. */
#include <stdint.h>
#include <stdlib.h>

#include "protect/ufw_tuple.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct cs_span part, struct cs_span line)
{
	if (part.len > 0 &&
	    (part.ptr < line.ptr || part.ptr + part.len > line.ptr + line.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span text = cs_span_of(data, size);
	struct cs_arena arena = { 0 };
	struct cs_ufw_tuples all;
	uint32_t highest = 0;

	if (cs_ufw_tuples_read(text, text, &arena, &all))
		abort();
	for (size_t i = 0; i < all.n; i++) {
		const struct cs_ufw_tuple *t = &all.at[i];

		if (t->number == 0 || t->number > highest + 1)
			abort();
		if (t->number > highest)
			highest = t->number;
		within(t->comment, t->line);
		within(t->to_app, t->line);
		within(t->in, t->line);
		(void)cs_ufw_ports_have(t->to_port, 5683);
	}
	if (highest != all.count4 + all.count6)
		abort();
	cs_arena_clear(&arena);
	return 0;
}
