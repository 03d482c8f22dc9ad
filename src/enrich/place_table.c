/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges are sorted, cut into disjoint pieces, and found by binary search. */
#include "enrich/place_table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/siphash.h"

enum { FIRST_RANGES = 1024, FIRST_PLACES = 64, FIRST_SLOTS = 256, N_TEXTS = 6 };

enum { TOP_SHIFT = 16, TOPS = 1 << 16 };

struct cs_place_range {
	struct cs_addr lo, hi;
	uint32_t place; /* number + 1 */
	uint32_t order; /* of adding */
};

/* --- places, each kept once --- */

static void texts_of(const struct cs_place *place, struct cs_span out[N_TEXTS])
{
	out[0] = place->geo;
	out[1] = place->as_name;
	out[2] = place->region;
	out[3] = place->city;
	out[4] = place->sector;
	out[5] = place->owner;
}

static bool same_place(const struct cs_place *a, const struct cs_place *b)
{
	return a->asn == b->asn && a->naics == b->naics && cs_span_eq(a->geo, b->geo) &&
	       cs_span_eq(a->as_name, b->as_name) && cs_span_eq(a->region, b->region) &&
	       cs_span_eq(a->city, b->city) && cs_span_eq(a->sector, b->sector) &&
	       cs_span_eq(a->owner, b->owner);
}

/* Keyed by where the table happens to lie: enough against a contrived file. */
static uint64_t hash_of(const struct cs_place_table *table, const struct cs_place *place)
{
	const struct cs_sipkey key = { (uintptr_t)table, (uintptr_t)table->slots };
	uint64_t hash = (uint64_t)place->asn << 32 | place->naics;
	struct cs_span texts[N_TEXTS];

	texts_of(place, texts);
	for (size_t i = 0; i < N_TEXTS; i++)
		if (texts[i].len > 0)
			hash = (hash ^ i) * UINT64_C(0x9e3779b97f4a7c15) ^
			       cs_siphash(&key, texts[i].ptr, texts[i].len);
	return cs_siphash_u64(&key, hash);
}

/* Where @place stands in the slots, or the free one where it would. */
static uint32_t *slot_of(struct cs_place_table *table, const struct cs_place *place)
{
	uint32_t mask = table->n_slots - 1, i = (uint32_t)hash_of(table, place) & mask;

	while (table->slots[i] && !same_place(&table->places[table->slots[i] - 1], place))
		i = (i + 1) & mask;
	return &table->slots[i];
}

/* Keeps the slots at most half full. */
static enum cs_err grow_slots(struct cs_place_table *table)
{
	uint32_t n = table->n_slots ? 2 * table->n_slots : FIRST_SLOTS;
	uint32_t *slots;

	if (table->n_slots / 2 > table->n_places)
		return CS_OK;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return CS_ERR_NOMEM;
	free(table->slots);
	table->slots = slots;
	table->n_slots = n;
	for (uint32_t i = 0; i < table->n_places; i++)
		*slot_of(table, &table->places[i]) = i + 1;
	return CS_OK;
}

static enum cs_err keep_text(struct cs_arena *arena, struct cs_span *text)
{
	if (text->len == 0)
		return CS_OK;

	void *copy = cs_arena_alloc(arena, text->len);

	if (!copy)
		return CS_ERR_NOMEM;
	memcpy(copy, text->ptr, text->len);
	text->ptr = copy;
	return CS_OK;
}

static enum cs_err new_place(struct cs_place_table *table, const struct cs_place *place)
{
	struct cs_arena *arena = &table->arena;
	struct cs_place copy = *place;

	if (table->n_places == table->cap_places) {
		uint32_t cap = table->cap_places ? 2 * table->cap_places : FIRST_PLACES;
		struct cs_place *more =
			realloc(table->places, (size_t)cap * sizeof(*more));

		if (!more)
			return CS_ERR_NOMEM;
		table->places = more;
		table->cap_places = cap;
	}
	if (keep_text(arena, &copy.geo) || keep_text(arena, &copy.as_name) ||
	    keep_text(arena, &copy.region) || keep_text(arena, &copy.city) ||
	    keep_text(arena, &copy.sector) || keep_text(arena, &copy.owner))
		return CS_ERR_NOMEM;
	table->places[table->n_places++] = copy;
	return CS_OK;
}

/* *@number: of the place, from 1. */
static enum cs_err intern(struct cs_place_table *table, const struct cs_place *place,
			  uint32_t *number)
{
	if (table->last_place &&
	    same_place(&table->places[table->last_place - 1], place)) {
		*number = table->last_place;
		return CS_OK;
	}

	enum cs_err err = grow_slots(table);

	if (err)
		return err;

	uint32_t *slot = slot_of(table, place);

	if (!*slot) {
		err = new_place(table, place);
		if (err)
			return err;
		*slot = table->n_places;
	}
	*number = table->last_place = *slot;
	return CS_OK;
}

/* --- ranges as they come --- */

/* Outer ranges before inner ones; of equal ones the first added comes last. */
static int by_place_order(const void *a, const void *b)
{
	const struct cs_place_range *x = a, *y = b;
	int order = cs_addr_cmp(&x->lo, &y->lo);

	if (!order)
		order = cs_addr_cmp(&y->hi, &x->hi);
	return order ? order : (x->order < y->order) - (x->order > y->order);
}

enum cs_err cs_place_table_add(struct cs_place_table *table, const struct cs_range *range,
			       const struct cs_place *place)
{
	struct cs_place_ranges *to = cs_addr_is_v4(&range->lo) ? &table->v4 : &table->v6;
	struct cs_place_range one = { .lo = range->lo,
				      .hi = range->hi,
				      .order = (uint32_t)to->n };
	enum cs_err err = intern(table, place, &one.place);

	if (err)
		return err;
	if (to->n >= UINT32_MAX - 1)
		return CS_ERR_FULL;
	if (to->n == to->cap) {
		size_t cap = to->cap ? 2 * to->cap : FIRST_RANGES;
		struct cs_place_range *more = realloc(to->at, cap * sizeof(*more));

		if (!more)
			return CS_ERR_NOMEM;
		to->at = more;
		to->cap = cap;
	}
	to->sorted = to->n == 0 ||
		     (to->sorted && by_place_order(&to->at[to->n - 1], &one) < 0);
	to->at[to->n++] = one;
	return CS_OK;
}

/* --- pieces --- */

/* Cuts sorted ranges into pieces, from left to right. */
struct cutting {
	struct cs_place_table *table;
	const struct cs_place_range **open; /* those begun, the innermost last */
	size_t n_open;
	struct cs_addr at; /* up to here it is cut */
	bool over;         /* ... which is the end of the address space */
	bool v4;
};

static void put_piece(struct cutting *c, uint32_t place)
{
	struct cs_place_table *t = c->table;
	uint32_t before =
		c->v4 ? t->v4_pieces[t->n_v4 - 1].place : t->v6_pieces[t->n_v6 - 1].place;

	if (before == place)
		return; /* its neighbour goes on */
	if (c->v4)
		t->v4_pieces[t->n_v4++] =
			(struct cs_place_v4){ cs_addr_low32(&c->at), place };
	else
		t->v6_pieces[t->n_v6++] =
			(struct cs_place_v6){ cs_addr_high64(&c->at),
					      cs_addr_low64(&c->at), place };
}

/* Moves to behind @last, which may be the last address there is. */
static void go_behind(struct cutting *c, const struct cs_addr *last)
{
	c->at = cs_addr_plus(*last, 1);
	c->over = c->v4 ? !cs_addr_is_v4(&c->at) : cs_addr_cmp(&c->at, last) < 0;
}

/* Cuts up to @end, not with it; NULL: to where the last open range ends. */
static void cut_until(struct cutting *c, const struct cs_addr *end)
{
	while (c->n_open > 0 && !c->over && (!end || cs_addr_cmp(&c->at, end) < 0)) {
		const struct cs_place_range *inner = c->open[c->n_open - 1];

		assert(inner); /* all below n_open are set */
		if (cs_addr_cmp(&inner->hi, &c->at) < 0) {
			c->n_open--;
			continue;
		}
		put_piece(c, inner->place);
		if (end && cs_addr_cmp(&inner->hi, end) >= 0) {
			c->at = *end;
			return;
		}
		go_behind(c, &inner->hi);
	}
	if (c->over || (end && cs_addr_cmp(&c->at, end) >= 0))
		return;
	put_piece(c, 0);
	if (end)
		c->at = *end;
}

static enum cs_err cut(struct cs_place_table *table, struct cs_place_ranges *ranges,
		       bool v4)
{
	struct cutting c = { .table = table, .v4 = v4 };

	if (ranges->n == 0)
		return CS_OK;
	if (!ranges->sorted)
		qsort(ranges->at, ranges->n, sizeof(*ranges->at), by_place_order);
	c.open = calloc(ranges->n, sizeof(const struct cs_place_range *));
	if (!c.open)
		return CS_ERR_NOMEM;
	if (v4)
		c.at = cs_addr_v4(0);
	for (size_t i = 0; i < ranges->n; i++) {
		cut_until(&c, &ranges->at[i].lo);
		c.open[c.n_open++] = &ranges->at[i];
	}
	cut_until(&c, NULL);
	free(c.open);
	return CS_OK;
}

/* n ranges make at most 2n pieces, and the first, in which nothing is known. */
static enum cs_err make_room(struct cs_place_table *table)
{
	table->v4_pieces = calloc(2 * table->v4.n + 2, sizeof(*table->v4_pieces));
	table->v6_pieces = calloc(2 * table->v6.n + 2, sizeof(*table->v6_pieces));
	table->v4_top = calloc(TOPS + 1, sizeof(*table->v4_top));
	if (!table->v4_pieces || !table->v6_pieces || !table->v4_top)
		return CS_ERR_NOMEM;
	table->n_v4 = table->n_v6 = 1;
	return CS_OK;
}

static void make_top(struct cs_place_table *table)
{
	size_t piece = 0;

	for (size_t top = 0; top < TOPS; top++) {
		while (piece + 1 < table->n_v4 &&
		       table->v4_pieces[piece + 1].from <= top << TOP_SHIFT)
			piece++;
		table->v4_top[top] = (uint32_t)piece;
	}
	table->v4_top[TOPS] = (uint32_t)table->n_v4 - 1;
}

/* Gives back what was not needed; keeping it is no failure. */
static void *shrink(void *at, size_t size)
{
	void *less = realloc(at, size);

	/* cppcheck-suppress memleak ; it is what @at was */
	return less ? less : at;
}

enum cs_err cs_place_table_settle(struct cs_place_table *table)
{
	enum cs_err err = make_room(table);

	if (!err)
		err = cut(table, &table->v4, true);
	if (!err)
		err = cut(table, &table->v6, false);
	free(table->v4.at);
	free(table->v6.at);
	free(table->slots);
	table->v4 = table->v6 = (struct cs_place_ranges){ 0 };
	table->slots = NULL;
	if (err)
		return err;
	make_top(table);
	table->v4_pieces =
		shrink(table->v4_pieces, table->n_v4 * sizeof(*table->v4_pieces));
	table->v6_pieces =
		shrink(table->v6_pieces, table->n_v6 * sizeof(*table->v6_pieces));
	return CS_OK;
}

/* --- look-up: the last piece that does not begin behind the address --- */

static uint32_t find_v4(const struct cs_place_table *t, uint32_t ip)
{
	const uint32_t *top = &t->v4_top[ip >> TOP_SHIFT];
	const struct cs_place_v4 *at = &t->v4_pieces[top[0]];

	for (size_t n = top[1] - top[0] + 1; n > 1;) {
		size_t half = n / 2;

		at = at[half].from <= ip ? at + half : at;
		n -= half;
	}
	return at->place;
}

static uint32_t find_v6(const struct cs_place_table *t, uint64_t high, uint64_t low)
{
	const struct cs_place_v6 *at = t->v6_pieces;

	for (size_t n = t->n_v6; n > 1;) {
		size_t half = n / 2;
		const struct cs_place_v6 *mid = at + half;

		if (mid->high < high || (mid->high == high && mid->low <= low))
			at = mid;
		n -= half;
	}
	return at->place;
}

const struct cs_place *cs_place_table_find(const struct cs_place_table *table,
					   const struct cs_addr *ip)
{
	uint32_t place = cs_addr_is_v4(ip)
				 ? find_v4(table, cs_addr_low32(ip))
				 : find_v6(table, cs_addr_high64(ip), cs_addr_low64(ip));

	return place ? &table->places[place - 1] : NULL;
}

void cs_place_table_clear(struct cs_place_table *table)
{
	free(table->places);
	free(table->slots);
	free(table->v4.at);
	free(table->v6.at);
	free(table->v4_pieces);
	free(table->v4_top);
	free(table->v6_pieces);
	cs_arena_clear(&table->arena);
	*table = (struct cs_place_table){ 0 };
}
