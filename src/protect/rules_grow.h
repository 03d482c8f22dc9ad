/* SPDX-License-Identifier: Apache-2.0 */
/* rules_grow: arrays in an arena that grow while a text is read. */
#pragma once

#include <string.h>

#include "base/arena.h"

/*
 * @items with room for one more than @n, the same or a larger copy; *@cap is its
 * room. NULL when memory is out.
 */
static inline void *cs_rules_grow(struct cs_arena *arena, void *items, size_t n,
				  size_t *cap, size_t size)
{
	void *larger;

	if (n < *cap)
		return items;
	*cap = *cap ? 2 * *cap : 16;
	larger = cs_arena_array(arena, *cap, size);
	if (larger && n)
		memcpy(larger, items, n * size);
	return larger;
}
