/* SPDX-License-Identifier: Apache-2.0 */
#include "store/chunk_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The first range that ends at @x or later; set->n if none. */
static size_t find(const struct cs_chunk_set *set, uint64_t x)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->r[mid].last < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool cs_chunk_set_has(const struct cs_chunk_set *set, uint64_t x)
{
	size_t i = find(set, x);

	return i < set->n && set->r[i].first <= x;
}

enum cs_err cs_chunk_set_reserve(struct cs_chunk_set *set, size_t n)
{
	size_t cap = set->cap ? set->cap : 16;

	if (n <= set->cap - set->n)
		return CS_OK;
	while (cap < set->n + n)
		cap *= 2;

	void *more = reallocarray(set->r, cap, sizeof(set->r[0]));

	if (!more)
		return CS_ERR_NOMEM;
	set->r = more;
	set->cap = cap;
	return CS_OK;
}

static void insert(struct cs_chunk_set *set, size_t at, struct cs_chunk_range range)
{
	assert(set->n < set->cap);
	memmove(set->r + at + 1, set->r + at, (set->n - at) * sizeof(set->r[0]));
	set->r[at] = range;
	set->n++;
}

static void erase(struct cs_chunk_set *set, size_t at)
{
	set->n--;
	memmove(set->r + at, set->r + at + 1, (set->n - at) * sizeof(set->r[0]));
}

void cs_chunk_set_add(struct cs_chunk_set *set, uint64_t x)
{
	size_t i = find(set, x);

	if (i < set->n && set->r[i].first <= x)
		return;

	bool left = i > 0 && set->r[i - 1].last + 1 == x;
	bool right = i < set->n && set->r[i].first - 1 == x;

	set->count++;
	if (left && right) {
		set->r[i - 1].last = set->r[i].last;
		erase(set, i);
	} else if (left) {
		set->r[i - 1].last = x;
	} else if (right) {
		set->r[i].first = x;
	} else {
		insert(set, i, (struct cs_chunk_range){ x, x });
	}
}

void cs_chunk_set_remove(struct cs_chunk_set *set, uint64_t x)
{
	size_t i = find(set, x);

	if (i == set->n || set->r[i].first > x)
		return;

	struct cs_chunk_range *r = &set->r[i];

	set->count--;
	if (r->first == r->last) {
		erase(set, i);
	} else if (r->first == x) {
		r->first++;
	} else if (r->last == x) {
		r->last--;
	} else {
		struct cs_chunk_range tail = { x + 1, r->last };

		r->last = x - 1;
		insert(set, i + 1, tail);
	}
}

void cs_chunk_set_clear(struct cs_chunk_set *set)
{
	free(set->r);
	*set = (struct cs_chunk_set){ 0 };
}
