/* SPDX-License-Identifier: Apache-2.0 */
/* first: the first few of many in an order, without sorting them all. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* <0: @a stands before @b. Never 0 for two different items. */
typedef int cs_first_order_fn(const void *arg, uint32_t a, uint32_t b);

/* Moves the first @most of @items in order to its front. Returns how many. */
size_t cs_first(uint32_t *items, size_t n, size_t most, cs_first_order_fn *order,
		const void *arg);
