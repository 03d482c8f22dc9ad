/* SPDX-License-Identifier: Apache-2.0 */
/* ufw's files and saves, three times each (cut at bytes 0xff): what goes in comes out again. */
#include <stdint.h>
#include <stdlib.h>

#include "protect/rules_span.h"
#include "protect/ufw_back.h"
#include "protect/ufw_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cs_span next(struct cs_span *rest)
{
	const uint8_t *at = rest->len ? memchr(rest->ptr, 0xff, rest->len) : NULL;
	struct cs_span part =
		at ? cs_span_of(rest->ptr, (size_t)(at - rest->ptr)) : *rest;

	*rest = cs_text_after(*rest, at ? part.len + 1 : part.len);
	return part;
}

/* A block can be put into whatever has none, and is found there again. */
static void in_and_out(struct cs_span file, struct cs_arena *arena)
{
	const struct cs_policy policy = cs_policy_preset;
	struct cs_span none = { 0 }, block, with, back;

	if (cs_ufw_block_of(file).len > 0 ||
	    cs_ufw_block(&policy, false, CS_UFW_WHOLE, arena, &block) ||
	    cs_ufw_block_put(file, block, arena, &with))
		return;
	if (!cs_span_eq(cs_ufw_block_of(with), block) ||
	    cs_ufw_block_put(with, none, arena, &back) || !cs_span_eq(back, file))
		abort();
}

static void saves(const struct cs_ufw_three *three, struct cs_arena *arena)
{
	struct cs_span script, without;

	if (cs_ufw_back_script(three, arena, &script) ||
	    cs_ufw_save_without_ours(three->now, arena, &without))
		abort();
	if (cs_ufw_save_has_ours(without) || !cs_ufw_saves_equal(three->now, three->now))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span rest = cs_span_of(data, size);
	struct cs_arena arena = { 0 };
	struct cs_ufw_three three;
	struct cs_span out;

	three.before = next(&rest);
	three.left = next(&rest);
	three.now = next(&rest);
	in_and_out(three.now, &arena);
	saves(&three, &arena);
	if (cs_ufw_back_file(CS_UFW_FILE_USER, &three, &arena, &out))
		abort();
	if (cs_ufw_back_file(CS_UFW_FILE_BEFORE, &three, &arena, &out) == CS_OK &&
	    three.left.len == 0 && !cs_span_eq(out, three.before))
		abort();
	cs_arena_clear(&arena);
	return 0;
}
