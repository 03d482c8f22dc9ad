/* SPDX-License-Identifier: Apache-2.0 */
/*
 * radix: sorting of many small things by a number, in time that grows with
 * how many they are. Knows nothing of what the numbers mean.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cs_radix_item {
	uint64_t key;
	uint32_t i; /* the caller's */
};

/*
 * Sorts @items by key, ascending; equal keys stay in their order. Takes as
 * much memory again while it works. CS_ERR_NOMEM: nothing was moved.
 */
CS_MUST_USE enum cs_err cs_radix_sort(struct cs_radix_item *items, size_t n);
