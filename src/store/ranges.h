/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ranges: a set of numbers as sorted ranges. Small for the chunks of a scan,
 * which close almost in order, whatever their count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cs_ranges {
	struct cs_number_range {
		uint64_t first, last; /* both belong to it */
	} * r;                        /* ascending, never touching; owned */
	size_t n, cap;
	uint64_t count; /* of numbers in the set */
};

bool cs_ranges_has(const struct cs_ranges *set, uint64_t x);

/*
 * Makes sure that the next @n additions or removals need no memory.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ranges_reserve(struct cs_ranges *set, size_t n);

/* Room must have been reserved. One that is there already, or not, is fine. */
void cs_ranges_add(struct cs_ranges *set, uint64_t x);
void cs_ranges_remove(struct cs_ranges *set, uint64_t x);

void cs_ranges_clear(struct cs_ranges *set);
