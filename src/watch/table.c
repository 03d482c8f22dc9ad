/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/mman.h>

#include "net/large_pages.h"
#include "watch/table_parts.h"

enum {
	BYTES_A_SOURCE =
		44, /* when the table is full; the index is as large as that needs */
	WHOLE_PART = 256,        /* at least 1/256 of the budget for whole sources */
	SORT_PART = 32,          /* kept free for cs_table_each() */
	EPOCH_BEFORE_DAYS = 365, /* times may go back so far and still be packed */
};

static const int64_t US_PER_DAY = INT64_C(86400) * 1000000;

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Index, pages, what is kept free, and the pages' own rows, one behind the other. */
static void lay_out(struct cs_table *t, size_t budget)
{
	size_t index, pages, row = sizeof(uint32_t) + sizeof(uint8_t);

	t->buckets = (uint32_t)(budget / BYTES_A_SOURCE / CS_TABLE_BUCKET);
	index = round_up((size_t)t->buckets * CS_TABLE_BUCKET * sizeof(uint32_t),
			 CS_POOL_PAGE);
	t->sort_room = round_up(budget / SORT_PART, sizeof(uint64_t));
	pages = (budget - index - t->sort_room - 2 * row - sizeof(uint64_t)) /
		(CS_POOL_PAGE + row);
	while ((pages + 1) * CS_POOL_PAGE_UNITS > UINT64_C(1) << t->unit_bits)
		t->unit_bits++;
	t->n_pages = (uint32_t)pages;
	t->rows_at = index + pages * CS_POOL_PAGE + t->sort_room;
	t->mapped = t->rows_at + (pages + 1) * row;
	t->pool_at = index;
}

enum cs_err cs_table_open(size_t budget, const struct cs_sipkey *key,
			  struct cs_table **out)
{
	struct cs_table *t;

	if (budget < CS_TABLE_BUDGET_MIN || budget > CS_TABLE_BUDGET_MAX)
		return CS_ERR_RANGE;
	t = calloc(1, sizeof(*t));
	if (!t)
		return CS_ERR_NOMEM;
	lay_out(t, budget);
	t->mapping = mmap(NULL, t->mapped, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (t->mapping == MAP_FAILED) {
		free(t);
		return CS_ERR_NOMEM;
	}
	cs_prefer_large_pages(t->mapping, t->mapped);
	uint32_t *rows = (uint32_t *)(void *)(t->mapping + t->rows_at);

	t->index = (uint32_t *)(void *)t->mapping;
	cs_pool_init(&t->pool, t->mapping + t->pool_at, t->n_pages, rows,
		     (uint8_t *)(rows + t->n_pages + 1));
	cs_table_set_classes(&t->pool);
	t->key = *key;
	t->whole_least = budget / WHOLE_PART / sizeof(struct cs_source);
	*out = t;
	return CS_OK;
}

void cs_table_close(struct cs_table *table)
{
	if (!table)
		return;
	(void)munmap(table->mapping, table->mapped); /* it was mapped so */
	free(table);
}

static struct cs_source *whole_at(struct cs_table *t, uint32_t place, uint32_t home,
				  uint32_t *unit)
{
	*unit = cs_pool_add(&t->pool, CS_TABLE_WHOLE);
	*cs_table_stay_of(t, *unit) =
		(struct cs_table_stay){ .place = place, .home = home };
	return cs_table_whole(t, *unit);
}

static struct cs_source *take_new(struct cs_table *t, const struct cs_addr *ip,
				  uint64_t hash, int64_t wall_us)
{
	uint32_t place = cs_table_make_place(t, hash), unit;
	struct cs_source *s = whole_at(t, place, CS_TABLE_HOMELESS, &unit);

	memset(s, 0, sizeof(*s));
	s->ip = *ip;
	s->bits = 128;
	s->first_us = s->last_us = wall_us;
	cs_table_enter(t, place, hash, unit);
	return s;
}

static struct cs_source *take_packed(struct cs_table *t, uint32_t place)
{
	uint32_t home = cs_table_unit(t, place), unit;
	struct cs_source *s = whole_at(t, place, home, &unit);

	cs_pack_read(&t->pack, cs_pool_at(&t->pool, home), s);
	cs_pack_set_out(cs_pool_at(&t->pool, home));
	cs_table_set_unit(t, place, unit);
	return s;
}

static void notice_time(struct cs_table *t, int64_t wall_us)
{
	if (!t->begun) {
		t->begun = true;
		t->now_us = wall_us;
		t->pack.epoch_us = wall_us - EPOCH_BEFORE_DAYS * US_PER_DAY;
	}
	if (wall_us > t->now_us)
		t->now_us = wall_us;
}

struct cs_source *cs_table_take(struct cs_table *table, const struct cs_addr *ip,
				int64_t wall_us, bool *is_new)
{
	return cs_table_take_hashed(table, ip, cs_table_hash(table, ip), 0, wall_us,
				    is_new);
}

struct cs_source *cs_table_take_hashed(struct cs_table *table, const struct cs_addr *ip,
				       uint64_t hash, uint32_t place, int64_t wall_us,
				       bool *is_new)
{
	uint32_t unit;

	notice_time(table, wall_us);
	table->sorted = 0;
	*is_new = !cs_table_stands(table, ip, hash, place) &&
		  !cs_table_place(table, ip, hash, &place);
	if (*is_new)
		return take_new(table, ip, hash, wall_us);
	unit = cs_table_unit(table, place);
	if (cs_table_is_whole(table, unit))
		return cs_table_whole(table, unit);
	return take_packed(table, place);
}

void cs_table_put(struct cs_table *table, struct cs_source *source)
{
	(void)source; /* it is where it belongs, and may be packed now */
	if (table->pool.free < CS_TABLE_SPARE_PAGES)
		cs_table_make_room(table);
}

/* A copy of the source in a slot. */
void cs_table_copy(const struct cs_table *t, uint32_t unit, struct cs_source *out)
{
	if (cs_table_is_whole(t, unit)) {
		*out = *cs_table_whole(t, unit);
		return;
	}
	memset(out, 0, sizeof(*out));
	cs_pack_read(&t->pack, cs_pool_at(&t->pool, unit), out);
}

bool cs_table_find(struct cs_table *table, const struct cs_addr *ip,
		   struct cs_source *out)
{
	uint32_t place;

	if (!cs_table_place(table, ip, cs_table_hash(table, ip), &place))
		return false;
	cs_table_copy(table, cs_table_unit(table, place), out);
	return true;
}

void cs_table_drop(struct cs_table *table, const struct cs_addr *ip)
{
	uint32_t place;

	if (cs_table_place(table, ip, cs_table_hash(table, ip), &place))
		cs_table_forget(table, place);
}

struct cs_table_counts cs_table_counted(const struct cs_table *table)
{
	const struct cs_pool *pool = &table->pool;

	return (struct cs_table_counts){
		.sources = table->sources,
		.whole = pool->class[CS_TABLE_WHOLE].n,
		.evicted = table->evicted,
		.bytes = table->mapped - (size_t)pool->free * CS_POOL_PAGE,
	};
}
