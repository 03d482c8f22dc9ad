/* SPDX-License-Identifier: Apache-2.0 */
/* The finished set: from an index to an address and back. */
#include "net/scope.h"

#include <assert.h>
#include <stdlib.h>

#include "net/large_pages.h"
#include "net/scope_private.h"
#include "net/special.h"

/*
 * Both ways a small table leads near the range, and a binary search over what
 * is left finds it. The table for indices has about as many slots as there
 * are ranges, so that most slots begin in the range they end in; the one for
 * IPv4 addresses goes by their first 16 bits.
 */
struct cs_scope {
	struct cs_ranges ranges; /* ascending, disjoint */
	uint64_t *first;         /* index of a range's first address; n + 1 */
	uint32_t *slots;         /* range of index slot << shift; n_slots + 1 */
	uint32_t *v4_slots;      /* first range that ends at or behind slot << 16 */
	uint64_t public_count;
	uint32_t shift;
	size_t v4_begin, v4_end; /* the ranges that are IPv4 */
};

enum {
	V4_SLOTS = 65536,
	V4_SLOTS_FROM = 64, /* ranges: below that a search is as fast */
};

static const uint64_t count_limit = UINT64_C(1) << 62;

static uint64_t width(const struct cs_range *r)
{
	uint64_t distance = cs_addr_distance(&r->lo, &r->hi);

	return distance < count_limit ? distance + 1 : count_limit;
}

/* Fills in where each range begins. CS_ERR_RANGE: too many addresses. */
static enum cs_err number(struct cs_scope *s)
{
	uint64_t total = 0;

	s->first = calloc(s->ranges.n + 1, sizeof(*s->first));
	if (!s->first)
		return CS_ERR_NOMEM;
	cs_prefer_large_pages(s->first, (s->ranges.n + 1) * sizeof(*s->first));
	for (size_t i = 0; i < s->ranges.n; i++) {
		s->first[i] = total;
		total += width(&s->ranges.at[i]);
		if (total >= count_limit)
			return CS_ERR_RANGE;
	}
	s->first[s->ranges.n] = total;
	return CS_OK;
}

static enum cs_err make_slots(struct cs_scope *s)
{
	uint64_t count = cs_scope_count(s);
	uint32_t range = 0;

	while (count >> s->shift > s->ranges.n)
		s->shift++;

	size_t n = (size_t)((count - 1) >> s->shift) + 1;

	s->slots = malloc((n + 1) * sizeof(*s->slots));
	if (!s->slots)
		return CS_ERR_NOMEM;
	cs_prefer_large_pages(s->slots, (n + 1) * sizeof(*s->slots));
	for (size_t i = 0; i < n; i++) {
		while (range + 1 < s->ranges.n &&
		       s->first[range + 1] <= (uint64_t)i << s->shift)
			range++;
		s->slots[i] = range;
	}
	s->slots[n] = (uint32_t)(s->ranges.n - 1);
	return CS_OK;
}

static enum cs_err make_v4_slots(struct cs_scope *s)
{
	size_t range = s->v4_begin;

	if (s->v4_end - s->v4_begin < V4_SLOTS_FROM)
		return CS_OK;
	s->v4_slots = malloc((V4_SLOTS + 1) * sizeof(*s->v4_slots));
	if (!s->v4_slots)
		return CS_ERR_NOMEM;
	for (uint32_t i = 0; i < V4_SLOTS; i++) {
		while (range < s->v4_end &&
		       cs_addr_low32(&s->ranges.at[range].hi) < i << 16)
			range++;
		s->v4_slots[i] = (uint32_t)range;
	}
	s->v4_slots[V4_SLOTS] = (uint32_t)s->v4_end;
	return CS_OK;
}

static void find_v4(struct cs_scope *s)
{
	while (s->v4_begin < s->ranges.n && !cs_addr_is_v4(&s->ranges.at[s->v4_begin].lo))
		s->v4_begin++;
	s->v4_end = s->v4_begin;
	while (s->v4_end < s->ranges.n && cs_addr_is_v4(&s->ranges.at[s->v4_end].lo))
		s->v4_end++;
}

/* The first range of [from, to) that ends at or behind @a; @to if none. */
static size_t first_ending(const struct cs_scope *s, const struct cs_addr *a, size_t from,
			   size_t to)
{
	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (cs_addr_cmp(&s->ranges.at[mid].hi, a) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* How many addresses of the set lie before @a. */
static uint64_t rank(const struct cs_scope *s, const struct cs_addr *a)
{
	size_t i = first_ending(s, a, 0, s->ranges.n);
	const struct cs_range *r = &s->ranges.at[i];

	if (i == s->ranges.n || cs_addr_cmp(a, &r->lo) <= 0)
		return s->first[i];
	return s->first[i] + cs_addr_distance(&r->lo, a);
}

static uint64_t count_public(const struct cs_scope *s)
{
	uint64_t special = 0;
	size_t n;
	const struct cs_special *rows = cs_special_rows(&n);

	for (size_t i = 0; i < n; i++) {
		struct cs_range r = cs_prefix_range(&rows[i].prefix);
		uint64_t index;

		if (rows[i].inner)
			continue;
		special += rank(s, &r.hi) - rank(s, &r.lo);
		special += cs_scope_find(s, &r.hi, &index);
	}
	return cs_scope_count(s) - special;
}

enum cs_err cs_scope_over(struct cs_ranges *ranges, struct cs_scope **out)
{
	struct cs_scope *s = calloc(1, sizeof(*s));
	enum cs_err err = CS_ERR_NOMEM;

	assert(ranges->n > 0);
	if (!s)
		goto failed;
	s->ranges = *ranges;
	*ranges = (struct cs_ranges){ 0 };
	if (s->ranges.n >= UINT32_MAX)
		goto failed;
	find_v4(s);
	err = number(s);
	if (!err)
		err = make_slots(s);
	if (!err)
		err = make_v4_slots(s);
	if (err)
		goto failed;
	s->public_count = count_public(s);
	*out = s;
	return CS_OK;

failed:
	cs_ranges_clear(ranges);
	cs_scope_free(s);
	return err;
}

void cs_scope_free(struct cs_scope *scope)
{
	if (!scope)
		return;
	cs_ranges_clear(&scope->ranges);
	free(scope->first);
	free(scope->slots);
	free(scope->v4_slots);
	free(scope);
}

uint64_t cs_scope_count(const struct cs_scope *scope)
{
	return scope->first[scope->ranges.n];
}

uint64_t cs_scope_public_count(const struct cs_scope *scope)
{
	return scope->public_count;
}

bool cs_scope_has_v4(const struct cs_scope *scope)
{
	return scope->v4_end > scope->v4_begin;
}

bool cs_scope_has_v6(const struct cs_scope *scope)
{
	return scope->v4_end - scope->v4_begin < scope->ranges.n;
}

struct cs_addr cs_scope_at(const struct cs_scope *scope, uint64_t index)
{
	const uint64_t *first = scope->first;

	assert(index < first[scope->ranges.n]);

	/* The last range that does not begin behind @index; few branches to miss. */
	size_t slot = (size_t)(index >> scope->shift);
	size_t from = scope->slots[slot], n = scope->slots[slot + 1] - from + 1;

	while (n > 1) {
		size_t half = n / 2;

		from += first[from + half] <= index ? half : 0;
		n -= half;
	}
	return cs_addr_plus(scope->ranges.at[from].lo, index - first[from]);
}

bool cs_scope_find(const struct cs_scope *scope, const struct cs_addr *a, uint64_t *index)
{
	size_t from = 0, to = scope->ranges.n;

	if (cs_addr_is_v4(a)) {
		from = scope->v4_begin;
		to = scope->v4_end;
		if (scope->v4_slots) {
			uint32_t slot = cs_addr_low32(a) >> 16;

			from = scope->v4_slots[slot];
			to = scope->v4_slots[slot + 1];
			to += to < scope->v4_end; /* it may begin in this slot */
		}
	}

	size_t i = first_ending(scope, a, from, to);

	if (i == to || cs_addr_cmp(&scope->ranges.at[i].lo, a) > 0)
		return false;
	*index = scope->first[i] + cs_addr_distance(&scope->ranges.at[i].lo, a);
	return true;
}

const struct cs_range *cs_scope_ranges(const struct cs_scope *scope, size_t *n)
{
	*n = scope->ranges.n;
	return scope->ranges.at;
}
