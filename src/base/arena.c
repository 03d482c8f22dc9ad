/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MIN = 16 * 1024 /* bytes; one malloc for many small pieces */ };

struct cs_arena_block {
	struct cs_arena_block *older;
	size_t used; /* bytes of room taken */
	size_t cap;  /* bytes of room */
	alignas(max_align_t) unsigned char room[];
};

static size_t round_up(size_t n)
{
	const size_t mask = alignof(max_align_t) - 1;

	return (n + mask) & ~mask;
}

static struct cs_arena_block *block_new(struct cs_arena *arena, size_t need)
{
	size_t cap = need > BLOCK_MIN ? need : BLOCK_MIN;
	struct cs_arena_block *block = calloc(1, sizeof(*block) + cap);

	if (!block)
		return NULL;
	block->cap = cap;
	block->older = arena->newest;
	arena->newest = block;
	arena->total += sizeof(*block) + cap;
	return block;
}

void *cs_arena_alloc(struct cs_arena *arena, size_t size)
{
	struct cs_arena_block *block = arena->newest;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = round_up(size);
	if (!block || size > block->cap - block->used)
		block = block_new(arena, size);
	if (!block)
		return NULL;

	void *piece = block->room + block->used;

	block->used += size;
	return piece;
}

void *cs_arena_array(struct cs_arena *arena, size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / size)
		return NULL;
	return cs_arena_alloc(arena, n * size);
}

char *cs_arena_text(struct cs_arena *arena, struct cs_span text)
{
	char *copy = cs_arena_alloc(arena, text.len + 1);

	if (copy && text.len > 0)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

void cs_arena_clear(struct cs_arena *arena)
{
	while (arena->newest) {
		struct cs_arena_block *block = arena->newest;

		arena->newest = block->older;
		free(block);
	}
	arena->total = 0;
}
