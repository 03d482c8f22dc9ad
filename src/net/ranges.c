/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ranges.h"

#include <stdlib.h>

#include "net/large_pages.h"

enum { FIRST_ROOM = 16 };

static enum cs_err make_room(struct cs_ranges *to, size_t n)
{
	size_t cap = to->cap ? to->cap : FIRST_ROOM;

	if (n <= to->cap - to->n)
		return CS_OK;
	while (cap - to->n < n) {
		if (cap > SIZE_MAX / sizeof(*to->at) / 2)
			return CS_ERR_NOMEM;
		cap *= 2;
	}

	struct cs_range *grown = realloc(to->at, cap * sizeof(*grown));

	if (!grown)
		return CS_ERR_NOMEM;
	cs_prefer_large_pages(grown, cap * sizeof(*grown));
	to->at = grown;
	to->cap = cap;
	return CS_OK;
}

enum cs_err cs_ranges_add(struct cs_ranges *to, const struct cs_range *range)
{
	return cs_ranges_add_all(to, range, 1);
}

enum cs_err cs_ranges_add_all(struct cs_ranges *to, const struct cs_range *ranges,
			      size_t n)
{
	enum cs_err err = make_room(to, n);

	if (err || n == 0)
		return err;
	memcpy(to->at + to->n, ranges, n * sizeof(*ranges));
	to->n += n;
	return CS_OK;
}

void cs_ranges_clear(struct cs_ranges *ranges)
{
	free(ranges->at);
	*ranges = (struct cs_ranges){ 0 };
}

static bool starts_after(const struct cs_range *a, const struct cs_range *b)
{
	return cs_addr_cmp(&a->lo, &b->lo) > 0;
}

/* The end of the ascending run that begins at @from. */
static size_t run_end(const struct cs_range *r, size_t from, size_t n)
{
	if (from == n)
		return n;
	for (from++; from < n && !starts_after(&r[from - 1], &r[from]); from++)
		;
	return from;
}

/* Merges each run with the one behind it; returns how many runs are left. */
static size_t merge_runs(const struct cs_range *from, struct cs_range *to, size_t n)
{
	size_t runs = 0;

	for (size_t begin = 0, end; begin < n; begin = end, runs++) {
		size_t a = begin, a_end = run_end(from, begin, n), b = a_end;

		end = run_end(from, b, n);
		while (a < a_end && b < end)
			*to++ = starts_after(&from[a], &from[b]) ? from[b++] : from[a++];
		while (a < a_end)
			*to++ = from[a++];
		while (b < end)
			*to++ = from[b++];
	}
	return runs;
}

/* A natural merge sort: what comes nearly sorted is sorted in a few passes. */
enum cs_err cs_ranges_sort(struct cs_ranges *ranges)
{
	if (run_end(ranges->at, 0, ranges->n) == ranges->n)
		return CS_OK;

	struct cs_range *other = malloc(ranges->cap * sizeof(*other));

	if (!other)
		return CS_ERR_NOMEM;
	cs_prefer_large_pages(other, ranges->cap * sizeof(*other));

	for (size_t runs = 2; runs > 1;) {
		struct cs_range *sorted = other;

		runs = merge_runs(ranges->at, sorted, ranges->n);
		other = ranges->at;
		ranges->at = sorted;
	}
	free(other);
	return CS_OK;
}

/* Whether @b, which does not start before @a, overlaps or touches it. */
static bool meets(const struct cs_range *a, const struct cs_range *b)
{
	struct cs_addr after = cs_addr_plus(a->hi, 1);

	if (cs_addr_cmp(&b->lo, &a->hi) <= 0)
		return true;
	return cs_addr_cmp(&b->lo, &after) == 0 &&
	       cs_addr_is_v4(&a->hi) == cs_addr_is_v4(&b->lo);
}

void cs_ranges_join(struct cs_ranges *ranges)
{
	struct cs_range *at = ranges->at;
	size_t last = 0;

	if (ranges->n == 0)
		return;
	for (size_t i = 1; i < ranges->n; i++) {
		if (!meets(&at[last], &at[i]))
			at[++last] = at[i];
		else if (cs_addr_cmp(&at[i].hi, &at[last].hi) > 0)
			at[last].hi = at[i].hi;
	}
	ranges->n = last + 1;
}

/* The address before @a, which is not the first of the space. */
static struct cs_addr before(struct cs_addr a)
{
	for (size_t i = sizeof(a.b); i-- > 0 && a.b[i]-- == 0;)
		;
	return a;
}

enum cs_err cs_ranges_add_less(struct cs_ranges *to, struct cs_range r,
			       const struct cs_ranges *cut, size_t *from)
{
	while (*from < cut->n && cs_addr_cmp(&cut->at[*from].hi, &r.lo) < 0)
		(*from)++;

	for (size_t i = *from; i < cut->n; i++) {
		const struct cs_range *c = &cut->at[i];

		if (cs_addr_cmp(&c->lo, &r.hi) > 0)
			break;
		if (cs_addr_cmp(&c->lo, &r.lo) > 0) {
			struct cs_range piece = { r.lo, before(c->lo) };
			enum cs_err err = cs_ranges_add(to, &piece);

			if (err)
				return err;
		}
		if (cs_addr_cmp(&c->hi, &r.hi) >= 0)
			return CS_OK;
		r.lo = cs_addr_plus(c->hi, 1);
	}
	return cs_ranges_add(to, &r);
}

enum cs_err cs_ranges_subtract(const struct cs_ranges *a, const struct cs_ranges *b,
			       struct cs_ranges *out)
{
	enum cs_err err = make_room(out, a->n);
	size_t next = 0;

	for (size_t i = 0; i < a->n && !err; i++)
		err = cs_ranges_add_less(out, a->at[i], b, &next);
	return err;
}
