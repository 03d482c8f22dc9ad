/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ranges: arrays of address ranges and the set operations on them, each one
 * pass over sorted input. Knows nothing of targets, excludes or what may be
 * sent to: that is scope's business.
 */
#pragma once

#include <stddef.h>

#include "base/addr.h"

/* Zeroed is empty. */
struct cs_ranges {
	struct cs_range *at; /* owned */
	size_t n, cap;
};

/* Appends @range. CS_ERR_NOMEM. */
CS_MUST_USE enum cs_err cs_ranges_add(struct cs_ranges *to, const struct cs_range *range);
CS_MUST_USE enum cs_err cs_ranges_add_all(struct cs_ranges *to,
					  const struct cs_range *ranges, size_t n);
void cs_ranges_clear(struct cs_ranges *ranges);

/* Ascending by first address. Sorted input costs one look. CS_ERR_NOMEM. */
CS_MUST_USE enum cs_err cs_ranges_sort(struct cs_ranges *ranges);

/*
 * Joins what overlaps or touches, so that the sorted @ranges become disjoint.
 * The families stay apart: the last IPv4 address has no successor.
 */
void cs_ranges_join(struct cs_ranges *ranges);

/*
 * Appends what is in @r and not in @cut, which is ascending and disjoint.
 * *@from, 0 at first, is where to look in @cut; from call to call the ranges
 * must ascend by their first address. CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_ranges_add_less(struct cs_ranges *to, struct cs_range r,
					   const struct cs_ranges *cut, size_t *from);

/*
 * Appends to @out, in order, what is in @a and not in @b. Both are ascending
 * and disjoint. CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_ranges_subtract(const struct cs_ranges *a,
					   const struct cs_ranges *b,
					   struct cs_ranges *out);
