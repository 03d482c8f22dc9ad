/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/table.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "net/large_pages.h"

enum {
	NOBODY = 0,     /* in the index: nothing here; slots are counted from 1 */
	CANDIDATES = 16 /* looked at for who makes room */
};

struct cs_table {
	struct cs_sipkey key;
	uint32_t *index;
	uint32_t mask;
	struct cs_source *slots;
	uint32_t n, cap;
	uint32_t hand; /* where the search for who makes room goes on */
	uint64_t evicted;
	size_t mapped;
	int64_t now_us;
};

static uint32_t home_of(const struct cs_table *t, const struct cs_addr *ip)
{
	return (uint32_t)cs_siphash(&t->key, ip->b, sizeof(ip->b)) & t->mask;
}

/* Where @ip stands in the index, or the empty place where it would. */
static uint32_t place_of(const struct cs_table *t, const struct cs_addr *ip)
{
	uint32_t at = home_of(t, ip);

	while (t->index[at] != NOBODY &&
	       cs_addr_cmp(&t->slots[t->index[at] - 1].ip, ip) != 0)
		at = (at + 1) & t->mask;
	return at;
}

enum cs_err cs_table_open(size_t budget, const struct cs_sipkey *key,
			  struct cs_table **out)
{
	size_t places = 1024, cap;
	struct cs_table *t;

	if (budget < CS_TABLE_BUDGET_MIN)
		return CS_ERR_RANGE;
	while (places * sizeof(struct cs_source) < budget * 2)
		places *= 2;
	cap = (budget - places * sizeof(uint32_t)) / sizeof(struct cs_source);
	t = calloc(1, sizeof(*t));
	if (!t)
		return CS_ERR_NOMEM;
	t->mapped = places * sizeof(uint32_t) + cap * sizeof(struct cs_source);
	t->index = mmap(NULL, t->mapped, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (t->index == MAP_FAILED) {
		free(t);
		return CS_ERR_NOMEM;
	}
	t->slots = (struct cs_source *)(void *)(t->index + places);
	t->key = *key;
	t->mask = (uint32_t)places - 1;
	t->cap = (uint32_t)cap;
	*out = t;
	return CS_OK;
}

void cs_table_close(struct cs_table *table)
{
	if (!table)
		return;
	(void)munmap(table->index, table->mapped); /* it was mapped so */
	free(table);
}

/* Closes the gap at @at, so that all that stand behind are found again. */
static void unlink_place(struct cs_table *t, uint32_t at)
{
	uint32_t next = at;

	for (;;) {
		t->index[at] = NOBODY;
		for (;;) {
			next = (next + 1) & t->mask;
			if (t->index[next] == NOBODY)
				return;
			uint32_t home = home_of(t, &t->slots[t->index[next] - 1].ip);

			if (((next - home) & t->mask) >= ((next - at) & t->mask))
				break;
		}
		t->index[at] = t->index[next];
		at = next;
	}
}

/* The last source moves to where the forgotten one was. */
static void forget(struct cs_table *t, uint32_t slot)
{
	uint32_t last = t->n - 1;

	unlink_place(t, place_of(t, &t->slots[slot].ip));
	if (slot != last) {
		t->index[place_of(t, &t->slots[last].ip)] = slot + 1;
		t->slots[slot] = t->slots[last];
	}
	t->n--;
}

static uint64_t worth(const struct cs_table *t, const struct cs_source *s)
{
	uint64_t worth = s->packets;
	int64_t age_s = (t->now_us - s->last_us) / 1000000;

	if (cs_source_count(s, CS_OBS_WRITE) || cs_source_count(s, CS_OBS_ANSWERED))
		worth += 1000;
	return worth * 1000000 / (uint64_t)(age_s > 0 ? age_s + 1 : 1);
}

/* Not one after another: those that came at one time are of one kind. */
static uint32_t next_candidate(struct cs_table *t)
{
	t->hand = t->hand * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)t->hand * t->n >> 32);
}

static void make_room(struct cs_table *t)
{
	uint32_t worst = next_candidate(t);

	for (int i = 1; i < CANDIDATES; i++) {
		uint32_t other = next_candidate(t);

		if (worth(t, &t->slots[other]) < worth(t, &t->slots[worst]))
			worst = other;
	}
	forget(t, worst);
	t->evicted++;
}

struct cs_source *cs_table_take(struct cs_table *table, const struct cs_addr *ip,
				int64_t wall_us, bool *is_new)
{
	uint32_t at = place_of(table, ip);
	struct cs_source *s;

	if (wall_us > table->now_us)
		table->now_us = wall_us;
	*is_new = table->index[at] == NOBODY;
	if (!*is_new)
		return &table->slots[table->index[at] - 1];
	if (table->n == table->cap) {
		make_room(table);
		at = place_of(table, ip);
	}
	s = &table->slots[table->n++];
	*s = (struct cs_source){
		.ip = *ip, .bits = 128, .first_us = wall_us, .last_us = wall_us
	};
	table->index[at] = table->n;
	return s;
}

void cs_table_put(struct cs_table *table, struct cs_source *source)
{
	(void)table;
	(void)source;
}

bool cs_table_find(struct cs_table *table, const struct cs_addr *ip,
		   struct cs_source *out)
{
	uint32_t slot = table->index[place_of(table, ip)];

	if (slot == NOBODY)
		return false;
	*out = table->slots[slot - 1];
	return true;
}

void cs_table_drop(struct cs_table *table, const struct cs_addr *ip)
{
	uint32_t slot = table->index[place_of(table, ip)];

	if (slot != NOBODY)
		forget(table, slot - 1);
}

void cs_table_expect(const struct cs_table *table, const struct cs_addr *ip)
{
	__builtin_prefetch(&table->index[home_of(table, ip)]);
}

static int by_address(const void *a, const void *b)
{
	const struct cs_source *const *x = a, *const *y = b;

	return cs_addr_cmp(&(*x)->ip, &(*y)->ip);
}

enum cs_err cs_table_each(struct cs_table *table, cs_table_each_fn *each, void *arg)
{
	const struct cs_source **order;

	if (table->n == 0)
		return CS_OK;
	order = malloc(table->n * sizeof(const struct cs_source *));
	if (!order)
		return CS_ERR_NOMEM;
	for (uint32_t i = 0; i < table->n; i++)
		order[i] = &table->slots[i];
	qsort(order, table->n, sizeof(const struct cs_source *), by_address);
	for (uint32_t i = 0; i < table->n; i++)
		if (!each(arg, order[i]))
			break;
	free(order);
	return CS_OK;
}

struct cs_table_counts cs_table_counted(const struct cs_table *table)
{
	return (struct cs_table_counts){
		.sources = table->n,
		.whole = table->n,
		.evicted = table->evicted,
		.bytes = table->n * sizeof(struct cs_source),
	};
}
