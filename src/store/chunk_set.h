/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunk_set: a set of chunk numbers as sorted ranges. Small for any scan,
 * whatever the count: its chunks close almost in order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cs_chunk_range {
	uint64_t first, last; /* both belong to it */
};

struct cs_chunk_set {
	struct cs_chunk_range *r; /* ascending, never touching; owned */
	size_t n, cap;
	uint64_t count; /* of numbers in the set */
};

bool cs_chunk_set_has(const struct cs_chunk_set *set, uint64_t x);

/*
 * Makes sure that the next @n additions or removals need no memory.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_chunk_set_reserve(struct cs_chunk_set *set, size_t n);

/* Room must have been reserved. One that is there already, or not, is fine. */
void cs_chunk_set_add(struct cs_chunk_set *set, uint64_t x);
void cs_chunk_set_remove(struct cs_chunk_set *set, uint64_t x);

void cs_chunk_set_clear(struct cs_chunk_set *set);
