/* SPDX-License-Identifier: Apache-2.0 */
/* Least significant byte first; a byte that all keys share costs no pass. */
#include "report/radix.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 8, VALUES = 256 };

struct histogram {
	size_t n[DIGITS][VALUES];
};

static unsigned digit(uint64_t key, unsigned d)
{
	return (unsigned)(key >> (8 * d)) & 0xff;
}

static void count(struct histogram *h, const struct cs_radix_item *items, size_t n)
{
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < n; i++)
		for (unsigned d = 0; d < DIGITS; d++)
			h->n[d][digit(items[i].key, d)]++;
}

/* Turns the counts of one digit into where each value's items begin. */
static void starts(size_t counts[VALUES])
{
	size_t at = 0;

	for (unsigned v = 0; v < VALUES; v++) {
		size_t here = counts[v];

		counts[v] = at;
		at += here;
	}
}

static void scatter(const struct cs_radix_item *from, struct cs_radix_item *to, size_t n,
		    unsigned d, size_t at[VALUES])
{
	for (size_t i = 0; i < n; i++)
		to[at[digit(from[i].key, d)]++] = from[i];
}

enum cs_err cs_radix_sort(struct cs_radix_item *items, size_t n)
{
	struct cs_radix_item *other, *from = items;
	struct histogram h;

	if (n < 2)
		return CS_OK;
	other = malloc(n * sizeof(*other));
	if (!other)
		return CS_ERR_NOMEM;
	count(&h, items, n);
	for (unsigned d = 0; d < DIGITS; d++) {
		struct cs_radix_item *to = from == items ? other : items;

		if (h.n[d][digit(items[0].key, d)] == n)
			continue;
		starts(h.n[d]);
		scatter(from, to, n, d, h.n[d]);
		from = to;
	}
	if (from != items)
		memcpy(items, from, n * sizeof(*items));
	free(other);
	return CS_OK;
}
