/* SPDX-License-Identifier: Apache-2.0 */
/* Entries: what is read can be written and read again to the same, and has a script. */
#include <stdint.h>
#include <stdlib.h>

#include "protect/entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t zero(void *arg)
{
	(void)arg;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cs_clock clock = { zero, zero, NULL };
	struct cs_arena arena = { 0 };
	struct cs_entries entries, again;
	char why[CS_STATE_WHY];
	struct cs_span text, script;

	if (cs_entries_parse(cs_span_of(data, size), "boot", &clock, &arena, &entries,
			     why) == CS_OK) {
		if (cs_entries_text(&entries, "boot", &clock, &arena, &text) ||
		    cs_entries_parse(text, "boot", &clock, &arena, &again, why) ||
		    again.n != entries.n || cs_entries_script(&entries, &arena, &script))
			abort();
		for (size_t i = 0; i < again.n; i++)
			if (again.at[i].deny != entries.at[i].deny ||
			    again.at[i].prefix.bits != entries.at[i].prefix.bits)
				abort();
	}
	cs_arena_clear(&arena);
	return 0;
}
