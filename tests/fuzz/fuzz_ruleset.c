/* SPDX-License-Identifier: Apache-2.0 */
/* Listings of any form: nothing differs from itself, nor less one way than the other. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "protect/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t differ(struct cs_span a, struct cs_span b, struct cs_arena *arena)
{
	char *text = NULL;
	size_t len, n;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		abort();
	n = cs_ruleset_difference(a, b, "", 8, arena, to);
	fclose(to);
	free(text);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_arena arena = { 0 };
	struct cs_span half = cs_span_of(data, size / 2), text, table;

	if (cs_ruleset_settle(cs_span_of(data, size), &arena, &text))
		abort();
	assert(differ(text, text, &arena) == 0);
	(void)differ(text, half, &arena);
	assert((differ(text, half, &arena) == 0) == (differ(half, text, &arena) == 0));
	table = cs_ruleset_table(text, "inet coapscope");
	assert(table.len <= text.len);
	cs_arena_clear(&arena);
	return 0;
}
