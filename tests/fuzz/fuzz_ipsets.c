/* SPDX-License-Identifier: Apache-2.0 */
/* ipset's sets: what is kept, left out or made again is lines of what was there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protect/ipsets.h"
#include "protect/rules_span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All of @made is of @sets, but for lines that begin with "flush ". */
static void check(struct cs_span made, struct cs_span sets)
{
	for (struct cs_span line, rest, known; cs_text_line(&made, &line);) {
		bool found = cs_text_starts(line, "flush ");

		rest = sets;
		while (!found && cs_text_line(&rest, &known))
			found = cs_span_eq(line, known);
		if (!found)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span sets = cs_span_of(data, size), out, again;
	struct cs_arena arena = { 0 };

	if (size > 4096)
		return 0;
	if (cs_ipsets_stay(sets, &arena, &out) || cs_ipsets_stay(out, &arena, &again) ||
	    !cs_span_eq(out, again))
		abort();
	if (cs_ipsets_empty(sets, &arena, &out))
		abort();
	check(out, sets);
	if (cs_ipsets_again(sets, &sets, 1, &arena, &out))
		abort();
	check(out, sets);
	for (size_t line = 1; line < 4; line++) {
		struct cs_span name = cs_ipsets_at(sets, line);

		if (cs_ipsets_without(sets, name, &arena, &out))
			abort();
		check(out, sets);
	}
	cs_arena_clear(&arena);
	return 0;
}
