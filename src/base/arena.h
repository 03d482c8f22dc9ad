/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory for work with one lifetime (a plan, a report), freed whole.
 * There is no way to free a single piece. A zeroed arena is empty and ready.
 */
#pragma once

#include <stddef.h>

#include "base/rd.h"

struct cs_arena_block;

struct cs_arena {
	struct cs_arena_block *newest; /* owned */
	size_t total;                  /* bytes taken from malloc */
};

/*
 * Returns @size zeroed bytes aligned for any type, or NULL when memory is out.
 * They live until cs_arena_clear().
 */
CS_MUST_USE void *cs_arena_alloc(struct cs_arena *arena, size_t size);

/* As cs_arena_alloc() for @n items of @size; NULL also on overflow of n*size. */
CS_MUST_USE void *cs_arena_array(struct cs_arena *arena, size_t n, size_t size);

/* A NUL-terminated copy of @text in the arena, or NULL when memory is out. */
CS_MUST_USE char *cs_arena_text(struct cs_arena *arena, struct cs_span text);

/* Frees everything; the arena is empty and ready again. */
void cs_arena_clear(struct cs_arena *arena);
