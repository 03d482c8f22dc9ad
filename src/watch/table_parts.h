/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_parts: what the files of watch/table.h share. An index of 32-bit entries leads
 * to the slots of a pool. A source has one of two places in it:
 *
 * - packed (watch/pack.h), in the smallest class of slots that holds it;
 * - whole: a struct cs_source to work on. Where memory is plenty all are, and nothing is
 *   ever packed. One that was packed before keeps its slot there as its home: so one
 *   that does not outgrow it goes back without anything being moved.
 *
 * An entry is the upper bits of a tag and the slot. Each source has two buckets of
 * entries that it may stand in, one cache line each.
 */
#pragma once

#include "watch/pack.h"
#include "watch/pool.h"
#include "watch/table.h"

enum {
	CS_TABLE_BUCKET = 16, /* entries */
	CS_TABLE_WHOLE = 0,   /* class of the pool; the others are packed */
	CS_TABLE_SPARE_PAGES = CS_POOL_CLASSES, /* so that each class can begin a page */

	/* .home of a whole source: */
	CS_TABLE_HOMELESS = 0, /* it was never packed; or the unit */
};
#define CS_TABLE_REFUSED UINT32_MAX /* it cannot be packed */

/* Stands behind the whole sources of a page, one for each. */
struct cs_table_stay {
	uint32_t place; /* in the index */
	uint32_t home;
};

enum {
	CS_TABLE_WHOLE_UNITS = sizeof(struct cs_source) / CS_POOL_UNIT,
	CS_TABLE_WHOLES = CS_POOL_PAGE / (sizeof(struct cs_source) +
					  sizeof(struct cs_table_stay)), /* a page */
};

struct cs_table {
	struct cs_sipkey key;
	uint32_t *index;
	uint32_t buckets;
	uint32_t unit_bits; /* of an entry: the slot; above them the tag */
	struct cs_pool pool;
	struct cs_pack pack;
	bool begun;                    /* pack.epoch_us is set */
	uint64_t whole_least;          /* so many stay whole however short memory is */
	uint32_t hand_page, hand_slot; /* where the search for who is packed goes on */
	uint32_t chosen;             /* who is packed next, most likely; 0: nobody yet */
	uint32_t out_page, out_slot; /* ... for who is evicted */
	int threshold;               /* who is worth no more than that is evicted */
	uint64_t sources, evicted;
	size_t sorted; /* rows that table_each.c left sorted; 0: none that still hold */
	int64_t now_us;
	uint8_t *mapping;
	size_t mapped, pool_at, rows_at; /* bytes */
	size_t sort_room;                /* bytes behind the last page */
	uint32_t n_pages;
};

static inline struct cs_source *cs_table_whole(const struct cs_table *t, uint32_t unit)
{
	return (struct cs_source *)(void *)cs_pool_at(&t->pool, unit);
}

static inline bool cs_table_is_whole(const struct cs_table *t, uint32_t unit)
{
	return cs_pool_class_of(&t->pool, unit) == CS_TABLE_WHOLE;
}

struct cs_table_stay *cs_table_stay_of(const struct cs_table *t, uint32_t unit);

static inline uint32_t cs_table_unit(const struct cs_table *t, uint32_t place)
{
	return t->index[place] & (uint32_t)((UINT64_C(1) << t->unit_bits) - 1);
}

static inline void cs_table_set_unit(struct cs_table *t, uint32_t place, uint32_t unit)
{
	t->index[place] =
		(t->index[place] & ~(uint32_t)((UINT64_C(1) << t->unit_bits) - 1)) | unit;
}

/* The address of the source in a slot. */
struct cs_addr cs_table_ip(const struct cs_table *t, uint32_t unit);

uint64_t cs_table_hash(const struct cs_table *t, const struct cs_addr *ip);

/* Where @ip stands in the index; false: nowhere. */
CS_MUST_USE bool cs_table_place(const struct cs_table *t, const struct cs_addr *ip,
				uint64_t hash, uint32_t *place);

/* Whether it stands at @place, as it did a little earlier. */
bool cs_table_stands(const struct cs_table *t, const struct cs_addr *ip, uint64_t hash,
		     uint32_t place);

/* A free place for @hash; who is worth least in its two buckets may be forgotten. */
uint32_t cs_table_make_place(struct cs_table *t, uint64_t hash);

/* A new source stands there. */
void cs_table_enter(struct cs_table *t, uint32_t place, uint64_t hash, uint32_t unit);

/* Forgets the source at @place. */
void cs_table_forget(struct cs_table *t, uint32_t place);

/* Frees a slot; another may move there, and who points to it learns it. */
void cs_table_free_slot(struct cs_table *t, uint32_t unit);

/* 0..15: how much there is to lose: a step for each doubling of packets. */
unsigned cs_table_weight(const struct cs_source *source);

/* How much it is worth to keep the source in a slot: its weight, less when long quiet. */
int cs_table_worth(const struct cs_table *t, uint32_t unit);

void cs_table_set_classes(struct cs_pool *pool);

/* Packs and forgets until a whole source and a slot of any class can be had. */
void cs_table_make_room(struct cs_table *t);

/* A copy of the source in a slot. */
void cs_table_copy(const struct cs_table *t, uint32_t unit, struct cs_source *out);

/* A packed source that is out as a whole one: what is in the slot is old. */
static inline bool cs_table_is_out(const struct cs_table *t, uint32_t unit)
{
	return !cs_table_is_whole(t, unit) && cs_pack_is_out(cs_pool_at(&t->pool, unit));
}
