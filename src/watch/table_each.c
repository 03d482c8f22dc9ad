/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All sources by address, in what memory is left behind the last page: as many of the
 * lowest addresses as fit are picked out and sorted, then the next, until all were had.
 */
#include "base/fetch.h"
#include "watch/table_parts.h"

enum {
	FEW = 16,  /* are sorted by insertion */
	AHEAD = 8, /* rows before it is its turn a source is asked for */
	LINE = 64,
};

struct row {
	uint64_t key; /* in the order of addresses; equal ones are compared whole */
	uint32_t unit;
};

struct rows {
	const struct cs_table *t;
	struct row *row;
	size_t n, cap;
	bool some;            /* .last is set: */
	struct cs_addr last;  /* all up to here were had */
	bool bounded;         /* .bound is set: */
	struct cs_addr bound; /* all from here on are left out */
	uint64_t chance;
};

/*
 * IPv4 has the 48 lowest bits, and what little else begins with 16 zero bits one key;
 * of all others the first 64 bits are the key.
 */
static uint64_t key_of(const struct cs_addr *ip)
{
	const uint64_t odd = (UINT64_C(1) << 48) - 1;
	uint64_t high = cs_addr_high64(ip), low = cs_addr_low64(ip);

	if (high == 0)
		return low < odd ? low : odd;
	return high > odd ? high : odd;
}

static bool is_less(const struct cs_table *t, const struct row *a, const struct row *b)
{
	if (a->key != b->key)
		return a->key < b->key;

	struct cs_addr x = cs_table_ip(t, a->unit), y = cs_table_ip(t, b->unit);

	return cs_addr_cmp(&x, &y) < 0;
}

static void swap(struct row *a, struct row *b)
{
	struct row c = *a;

	*a = *b;
	*b = c;
}

/* Rows that are less than one of them come before it; where it then is. */
static size_t part(struct rows *r, size_t from, size_t to)
{
	size_t cut = from;

	r->chance = r->chance * UINT64_C(6364136223846793005) + 1442695040888963407;
	swap(&r->row[from + (r->chance >> 33) % (to - from)], &r->row[to - 1]);
	for (size_t i = from; i < to - 1; i++)
		if (is_less(r->t, &r->row[i], &r->row[to - 1]))
			swap(&r->row[i], &r->row[cut++]);
	swap(&r->row[cut], &r->row[to - 1]);
	return cut;
}

static void sort_few(struct rows *r, size_t from, size_t to)
{
	for (size_t i = from + 1; i < to; i++)
		for (size_t at = i;
		     at > from && is_less(r->t, &r->row[at], &r->row[at - 1]); at--)
			swap(&r->row[at], &r->row[at - 1]);
}

/* The smaller side by itself, so that the depth is bounded. */
static void sort(struct rows *r, size_t from, size_t to)
{
	while (to - from > FEW) {
		size_t cut = part(r, from, to);

		if (cut - from < to - cut) {
			sort(r, from, cut);
			from = cut + 1;
		} else {
			sort(r, cut + 1, to);
			to = cut;
		}
	}
	sort_few(r, from, to);
}

/* Keeps the lower half. */
static void cut_half(struct rows *r)
{
	size_t from = 0, to = r->n, half = r->n / 2;

	while (to - from > 1) {
		size_t cut = part(r, from, to);

		if (cut == half)
			break;
		if (cut < half)
			from = cut + 1;
		else
			to = cut;
	}
	r->bounded = true;
	r->bound = cs_table_ip(r->t, r->row[half].unit);
	r->n = half;
}

/* What of a slot is in turn. */
static void gather_slot(struct rows *r, uint32_t unit)
{
	struct cs_addr ip;

	if (cs_table_is_out(r->t, unit))
		return;
	ip = cs_table_ip(r->t, unit);
	if ((r->some && cs_addr_cmp(&ip, &r->last) <= 0) ||
	    (r->bounded && cs_addr_cmp(&ip, &r->bound) >= 0))
		return;
	if (r->n == r->cap)
		cut_half(r);
	if (!r->bounded || cs_addr_cmp(&ip, &r->bound) < 0)
		r->row[r->n++] = (struct row){ key_of(&ip), unit };
}

static void gather(struct rows *r)
{
	const struct cs_pool *pool = &r->t->pool;

	r->n = 0;
	r->bounded = false;
	for (uint32_t page = 1; page <= pool->begun; page++) {
		if (pool->class_of[page] == CS_POOL_NO_CLASS)
			continue;
		uint32_t units = pool->class[pool->class_of[page]].units;
		uint32_t in_page = cs_pool_in_page(pool, page);

		for (uint32_t i = 0; i < in_page; i++)
			gather_slot(r, page * CS_POOL_PAGE_UNITS + i * units);
	}
}

/* Pages that were never in use lie before what is kept free. */
static struct rows rows_over(struct cs_table *t)
{
	size_t unused = (size_t)(t->pool.pages - t->pool.begun) * CS_POOL_PAGE;
	uint8_t *at = t->pool.base + ((size_t)t->pool.begun + 1) * CS_POOL_PAGE;

	return (struct rows){ .t = t,
			      .row = (struct row *)(void *)at,
			      .cap = (unused + t->sort_room) / sizeof(struct row),
			      .chance = t->key.k0 };
}

static void expect(const struct rows *r, size_t i)
{
	const uint8_t *bytes;

	if (i >= r->n)
		return;
	bytes = cs_pool_at(&r->t->pool, r->row[i].unit);
	cs_fetch(bytes);
	cs_fetch(bytes + LINE);
	if (!cs_table_is_whole(r->t, r->row[i].unit))
		return;
	for (size_t at = 2 * LINE; at < sizeof(struct cs_source); at += LINE)
		cs_fetch(bytes + at);
}

/* False: that was enough. */
static bool hand_out(const struct rows *r, cs_table_each_fn *each, void *arg)
{
	struct cs_source copy;

	for (size_t i = 0; i < r->n; i++) {
		uint32_t unit = r->row[i].unit;
		const struct cs_source *source = cs_table_whole(r->t, unit);

		expect(r, i + AHEAD);
		if (!cs_table_is_whole(r->t, unit)) {
			cs_table_copy(r->t, unit, &copy);
			source = &copy;
		}
		if (!each(arg, source))
			return false;
	}
	return true;
}

/* The rows stay where they are until a page is begun: a second walk finds them sorted. */
enum cs_err cs_table_each(struct cs_table *table, cs_table_each_fn *each, void *arg)
{
	struct rows r = rows_over(table);

	r.n = table->sorted;
	do {
		if (!table->sorted) {
			gather(&r);
			sort(&r, 0, r.n);
		}
		table->sorted = !r.some && !r.bounded ? r.n : 0;
		if (!hand_out(&r, each, arg))
			return CS_OK;
		if (r.n > 0)
			r.last = cs_table_ip(table, r.row[r.n - 1].unit);
		r.some = true;
	} while (r.bounded);
	return CS_OK;
}
