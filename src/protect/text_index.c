/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/text_index.h"

#include "base/siphash.h"

enum { FIRST_ROOM = 16 };

/* Where @text is, or would be. At least a quarter of the slots is free. */
static struct cs_text_slot *slot_of(const struct cs_text_index *index,
				    struct cs_span text)
{
	/* No secret: who makes texts for it slows down the reading of them alone. */
	static const struct cs_sipkey key = { 0x636f617073636f70, 0x652e7465787473 };
	size_t at = (size_t)cs_siphash(&key, text.ptr, text.len) & (index->room - 1);

	while (index->slots[at].taken && !cs_span_eq(index->slots[at].text, text))
		at = (at + 1) & (index->room - 1);
	return &index->slots[at];
}

static bool grow(struct cs_text_index *index)
{
	struct cs_text_index larger = { .arena = index->arena,
					.room = index->room ? 2 * index->room
							    : FIRST_ROOM,
					.n = index->n };

	larger.slots = cs_arena_array(index->arena, larger.room, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < index->room; i++)
		if (index->slots[i].taken)
			*slot_of(&larger, index->slots[i].text) = index->slots[i];
	*index = larger;
	return true;
}

bool cs_text_index_find(const struct cs_text_index *index, struct cs_span text,
			size_t *number)
{
	const struct cs_text_slot *slot = index->room ? slot_of(index, text) : NULL;

	if (!slot || !slot->taken)
		return false;
	*number = slot->number;
	return true;
}

bool cs_text_index_add(struct cs_text_index *index, struct cs_span text, size_t number)
{
	if (4 * (index->n + 1) > 3 * index->room && !grow(index))
		return false;
	*slot_of(index, text) = (struct cs_text_slot){ text, number, true };
	index->n++;
	return true;
}
