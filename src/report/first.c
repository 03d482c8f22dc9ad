/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of the first ones seen so far, the last of them on top. */
#include "report/first.h"

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t was = *a;

	*a = *b;
	*b = was;
}

/* Moves the item at @at down until none below it comes later. */
static void sink(uint32_t *heap, size_t n, size_t at, cs_first_order_fn *order,
		 const void *arg)
{
	for (;;) {
		size_t last = at, left = 2 * at + 1;

		for (size_t i = left; i < left + 2 && i < n; i++)
			if (order(arg, heap[i], heap[last]) > 0)
				last = i;
		if (last == at)
			return;
		swap(&heap[at], &heap[last]);
		at = last;
	}
}

size_t cs_first(uint32_t *items, size_t n, size_t most, cs_first_order_fn *order,
		const void *arg)
{
	size_t k = n < most ? n : most;

	if (k == 0)
		return 0;
	for (size_t i = k; i-- > 0;)
		sink(items, k, i, order, arg);
	for (size_t i = k; i < n; i++)
		if (order(arg, items[i], items[0]) < 0) {
			swap(&items[i], &items[0]);
			sink(items, k, 0, order, arg);
		}
	for (size_t left = k; left-- > 1;) {
		swap(&items[0], &items[left]);
		sink(items, left, 0, order, arg);
	}
	return k;
}
