/* SPDX-License-Identifier: Apache-2.0 */
/* Listings of any form: nothing differs from itself, nor less one way than the other. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "protect/ruleset.h"
#include "protect/script_long.h"

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

/* What is cut out is of the script, and comes back once for each set that has a place for it. */
static void cut_and_join(struct cs_span script, struct cs_arena *arena)
{
	struct cs_script_long parts;
	struct cs_span whole;
	size_t len = 0;
	enum cs_err err = cs_script_cut(script, arena, &parts);

	assert(!err);
	for (size_t i = 0; i < parts.n; i++) {
		struct cs_span list = parts.lists[i].list;

		assert(list.ptr >= script.ptr && list.len >= CS_SCRIPT_LONG);
		assert(list.ptr + list.len <= script.ptr + script.len);
		len += list.len + 1;
	}
	assert(parts.rest.len + len <= script.len + 1);
	err = cs_script_join(&parts, parts.rest, arena, &whole);
	assert(parts.n > 0 || (!err && cs_span_eq(whole, parts.rest)));
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
	cut_and_join(cs_span_of(data, size), &arena);
	cs_arena_clear(&arena);
	return 0;
}
