/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/samples.h"

#include "base/addr_hash.h"
#include "base/fetch.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
	UNIT = 8,        /* records begin at multiples of it */
	DEAD = 0xff,     /* .kind of a record that was raised: it is in no chain */
	BYTES_HEAD = 64, /* of the budget for each place in the index */
	NO_END = -1,
};

/* As it lies in a ring; the bytes follow. */
struct record {
	uint32_t next; /* of its chain: counted in units from 1; 0: the last */
	uint16_t len;
	uint8_t kind;
	uint8_t rank : 7;
	bool tcp : 1;
	int64_t wall_us;
	struct cs_addr ip;
};

/* Records one behind the other, the oldest at tail; offsets in units. */
struct ring {
	uint32_t at, cap; /* of all units */
	uint32_t head, tail;
	int64_t end; /* where the lap before ended, while some of it is there */
	uint32_t n;
};

struct cs_samples {
	struct cs_sipkey key;
	uint32_t *index;
	uint32_t mask;
	uint64_t *units;
	struct ring ring[CS_SAMPLE_RANKS];
	uint64_t lost;
	size_t mapped;
};

static struct record *record_at(const struct cs_samples *s, uint32_t unit)
{
	return (struct record *)(void *)&s->units[unit];
}

static uint32_t units_of(size_t len)
{
	return (uint32_t)((sizeof(struct record) + len + UNIT - 1) / UNIT);
}

static uint32_t *chain_of(const struct cs_samples *s, const struct cs_addr *ip)
{
	return &s->index[(uint32_t)cs_addr_hash(&s->key, ip) & s->mask];
}

enum cs_err cs_samples_open(size_t budget, const struct cs_sipkey *key,
			    struct cs_samples **out)
{
	size_t places = 256;
	struct cs_samples *s;
	uint32_t each;

	if (budget < CS_SAMPLES_BUDGET_MIN)
		return CS_ERR_RANGE;
	s = calloc(1, sizeof(*s));
	if (!s)
		return CS_ERR_NOMEM;
	while (places * BYTES_HEAD < budget && places < (size_t)1 << 30)
		places *= 2;
	s->index = mmap(NULL, budget, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->index == MAP_FAILED) {
		free(s);
		return CS_ERR_NOMEM;
	}
	s->mapped = budget;
	s->key = *key;
	s->mask = (uint32_t)places - 1;
	s->units = (uint64_t *)(void *)(s->index + places);
	each = (uint32_t)((budget - places * sizeof(uint32_t)) / UNIT / CS_SAMPLE_RANKS);
	for (uint32_t i = 0; i < CS_SAMPLE_RANKS; i++)
		s->ring[i] = (struct ring){ .at = i * each, .cap = each, .end = NO_END };
	*out = s;
	return CS_OK;
}

void cs_samples_close(struct cs_samples *samples)
{
	if (!samples)
		return;
	(void)munmap(samples->index, samples->mapped); /* it was mapped so */
	free(samples);
}

static void unchain(struct cs_samples *s, uint32_t unit)
{
	struct record *gone = record_at(s, unit);
	uint32_t *link = chain_of(s, &gone->ip);

	while (*link != unit + 1)
		link = &record_at(s, *link - 1)->next;
	*link = gone->next;
}

/* Forgets the oldest. */
static void drop(struct cs_samples *s, struct ring *ring)
{
	uint32_t unit = ring->at + ring->tail;

	if (record_at(s, unit)->kind != DEAD) {
		unchain(s, unit);
		s->lost++;
	}
	ring->tail += units_of(record_at(s, unit)->len);
	ring->n--;
	if (ring->tail == ring->end) {
		ring->tail = 0;
		ring->end = NO_END;
	}
}

/* Makes @need units free in one piece; where they begin. */
static uint32_t make_room(struct cs_samples *s, struct ring *ring, uint32_t need)
{
	if (need > ring->cap - ring->head) {
		while (ring->n > 0 && ring->tail >= ring->head)
			drop(s, ring);
		ring->end = ring->head;
		ring->head = 0;
	}
	while (ring->n > 0 && ring->tail >= ring->head && ring->tail < ring->head + need)
		drop(s, ring);
	if (ring->n == 0) {
		ring->head = ring->tail = 0;
		ring->end = NO_END;
	}
	ring->head += need;
	ring->n++;
	return ring->at + ring->head - need;
}

static void append(struct cs_samples *s, uint32_t *chain, const struct record *head,
		   const uint8_t *bytes)
{
	uint32_t unit = make_room(s, &s->ring[head->rank], units_of(head->len));
	struct record *record = record_at(s, unit);

	*record = *head;
	record->next = *chain;
	if (head->len > 0)
		memcpy(record + 1, bytes, head->len);
	*chain = unit + 1;
}

/* The next of @ip's from @unit (counted from 1) on, or 0. */
static uint32_t next_of(const struct cs_samples *s, uint32_t unit,
			const struct cs_addr *ip)
{
	while (unit && cs_addr_cmp(&record_at(s, unit - 1)->ip, ip) != 0)
		unit = record_at(s, unit - 1)->next;
	return unit;
}

void cs_samples_expect(const struct cs_samples *samples, uint64_t hash)
{
	cs_fetch(&samples->index[(uint32_t)hash & samples->mask]);
}

void cs_samples_approach(const struct cs_samples *samples, uint64_t hash)
{
	uint32_t first = samples->index[(uint32_t)hash & samples->mask];

	if (first)
		cs_fetch(record_at(samples, first - 1));
}

void cs_samples_keep(struct cs_samples *samples, const struct cs_addr *ip,
		     enum cs_sample_rank rank, const struct cs_sample *sample)
{
	size_t len =
		sample->bytes.len < CS_SAMPLE_MAX ? sample->bytes.len : CS_SAMPLE_MAX;
	struct record head = { .len = (uint16_t)len,
			       .kind = sample->kind,
			       .rank = rank & 0x7f,
			       .tcp = sample->tcp,
			       .wall_us = sample->wall_us,
			       .ip = *ip };
	uint32_t *chain = chain_of(samples, ip);
	uint32_t at = next_of(samples, *chain, ip);

	for (; at; at = next_of(samples, record_at(samples, at - 1)->next, ip))
		if (record_at(samples, at - 1)->kind == sample->kind)
			return;
	append(samples, chain, &head, sample->bytes.ptr);
}

/* The first of those of @ip that are kept in chain order from the end; 0: none. */
static uint32_t oldest_below(const struct cs_samples *s, const struct cs_addr *ip,
			     enum cs_sample_rank rank)
{
	uint32_t found = 0;

	for (uint32_t at = next_of(s, *chain_of(s, ip), ip); at;
	     at = next_of(s, record_at(s, at - 1)->next, ip))
		if (record_at(s, at - 1)->rank < (uint8_t)rank)
			found = at;
	return found;
}

void cs_samples_raise(struct cs_samples *samples, const struct cs_addr *ip,
		      enum cs_sample_rank rank)
{
	uint32_t at;

	while ((at = oldest_below(samples, ip, rank)) != 0) {
		struct record *old = record_at(samples, at - 1), head = *old;

		unchain(samples, at - 1);
		old->kind = DEAD;
		head.rank = rank & 0x7f;
		append(samples, chain_of(samples, ip), &head, (const uint8_t *)(old + 1));
	}
}

size_t cs_samples_find(const struct cs_samples *samples, const struct cs_addr *ip,
		       struct cs_sample *out, size_t cap)
{
	size_t n = 0;

	for (uint32_t at = next_of(samples, *chain_of(samples, ip), ip); at && n < cap;
	     at = next_of(samples, record_at(samples, at - 1)->next, ip)) {
		const struct record *record = record_at(samples, at - 1);

		out[n++] = (struct cs_sample){
			.kind = record->kind,
			.tcp = record->tcp,
			.wall_us = record->wall_us,
			.bytes = { (const uint8_t *)(record + 1), record->len },
		};
	}
	for (size_t i = 0; i < n / 2; i++) {
		struct cs_sample later = out[i];

		out[i] = out[n - 1 - i];
		out[n - 1 - i] = later;
	}
	return n;
}

uint64_t cs_samples_lost(const struct cs_samples *samples)
{
	return samples->lost;
}
