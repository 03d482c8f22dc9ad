/* SPDX-License-Identifier: Apache-2.0 */
/* Where in the index a source stands, and how it leaves. */
#include "base/addr_hash.h"
#include "base/fetch.h"
#include "watch/table_parts.h"

enum {
	US_PER_MIN = 60 * 1000000,
	CALM_MIN = 15, /* no longer active after that */
	OLD_MIN = 4 * 60,
	DAY_MIN = 24 * 60,
	WEIGHT_MAX = 15,
	LINE = 64, /* bytes that memory is fetched by */
};

uint64_t cs_table_hash(const struct cs_table *t, const struct cs_addr *ip)
{
	return cs_addr_hash(&t->key, ip);
}

/* The first entry of one of the two buckets of a hash. */
static uint32_t bucket_of(const struct cs_table *t, uint64_t hash, unsigned which)
{
	uint64_t half = which == 0 ? hash >> 32 : hash & UINT32_MAX;

	return (uint32_t)(half * t->buckets >> 32) * CS_TABLE_BUCKET;
}

/* The lowest bits of the hash have hardly a part in which bucket it is. */
static uint32_t tag_of(const struct cs_table *t, uint64_t hash)
{
	return (uint32_t)((hash & UINT32_MAX) << t->unit_bits);
}

struct cs_table_stay *cs_table_stay_of(const struct cs_table *t, uint32_t unit)
{
	uint32_t page = unit / CS_POOL_PAGE_UNITS * CS_POOL_PAGE_UNITS;
	uint8_t *stays =
		cs_pool_at(&t->pool, page) + CS_TABLE_WHOLES * sizeof(struct cs_source);

	return (struct cs_table_stay *)(void *)stays +
	       unit % CS_POOL_PAGE_UNITS / CS_TABLE_WHOLE_UNITS;
}

struct cs_addr cs_table_ip(const struct cs_table *t, uint32_t unit)
{
	return cs_table_is_whole(t, unit) ? cs_table_whole(t, unit)->ip
					  : cs_pack_ip(cs_pool_at(&t->pool, unit));
}

static bool is_of(const struct cs_table *t, uint32_t unit, const struct cs_addr *ip)
{
	if (cs_table_is_whole(t, unit))
		return cs_addr_cmp(&cs_table_whole(t, unit)->ip, ip) == 0;
	return cs_pack_is(cs_pool_at(&t->pool, unit), ip);
}

static bool has_tag(const struct cs_table *t, uint32_t at, uint32_t tag)
{
	return (t->index[at] ^ tag) >> t->unit_bits == 0 && t->index[at];
}

static bool stands_at(const struct cs_table *t, uint32_t at, uint32_t tag,
		      const struct cs_addr *ip)
{
	return has_tag(t, at, tag) && is_of(t, cs_table_unit(t, at), ip);
}

bool cs_table_stands(const struct cs_table *t, const struct cs_addr *ip, uint64_t hash,
		     uint32_t place)
{
	return stands_at(t, place, tag_of(t, hash), ip);
}

bool cs_table_place(const struct cs_table *t, const struct cs_addr *ip, uint64_t hash,
		    uint32_t *place)
{
	uint32_t tag = tag_of(t, hash);

	for (unsigned which = 0; which < 2; which++) {
		uint32_t at = bucket_of(t, hash, which);

		for (uint32_t end = at + CS_TABLE_BUCKET; at < end; at++)
			if (stands_at(t, at, tag, ip)) {
				*place = at;
				return true;
			}
	}
	return false;
}

/*
 * The bytes of a slot were moved to @unit: who points there learns it. That is the
 * index, or for a source that is out as a whole one its home.
 */
static void slot_moved(struct cs_table *t, uint32_t from, uint32_t unit)
{
	struct cs_addr ip = cs_table_ip(t, unit);
	uint32_t place;

	if (cs_table_is_whole(t, unit)) {
		*cs_table_stay_of(t, unit) = *cs_table_stay_of(t, from);
		cs_table_set_unit(t, cs_table_stay_of(t, unit)->place, unit);
		return;
	}
	if (cs_table_is_out(t, unit)) {
		if (cs_table_place(t, &ip, cs_table_hash(t, &ip), &place))
			cs_table_stay_of(t, cs_table_unit(t, place))->home = unit;
		return;
	}
	uint64_t hash = cs_table_hash(t, &ip);

	for (unsigned which = 0; which < 2; which++) {
		uint32_t at = bucket_of(t, hash, which);

		for (uint32_t end = at + CS_TABLE_BUCKET; at < end; at++)
			if (t->index[at] && cs_table_unit(t, at) == from) {
				cs_table_set_unit(t, at, unit);
				return;
			}
	}
}

void cs_table_free_slot(struct cs_table *t, uint32_t unit)
{
	uint32_t moved = cs_pool_remove(&t->pool, unit);

	if (moved)
		slot_moved(t, moved, unit);
}

void cs_table_forget(struct cs_table *t, uint32_t place)
{
	uint32_t unit = cs_table_unit(t, place), home = CS_TABLE_HOMELESS;

	t->sorted = 0;
	if (cs_table_is_whole(t, unit))
		home = cs_table_stay_of(t, unit)->home;
	t->index[place] = 0;
	cs_table_free_slot(t, unit);
	if (home != CS_TABLE_HOMELESS && home != CS_TABLE_REFUSED)
		cs_table_free_slot(t, home);
	t->sources--;
}

unsigned cs_table_weight(const struct cs_source *s)
{
	unsigned weight = s->packets ? 32u - (unsigned)__builtin_clz(s->packets) : 0;

	if (cs_source_count_range(s, CS_OBS_WRITE, CS_OBS_PROXY))
		weight++;
	if (cs_source_count(s, CS_OBS_ANSWERED))
		weight++;
	return weight < WEIGHT_MAX ? weight : WEIGHT_MAX;
}

int cs_table_worth(const struct cs_table *t, uint32_t unit)
{
	const uint8_t *bytes = cs_pool_at(&t->pool, unit);
	bool whole = cs_table_is_whole(t, unit);
	int64_t last_us =
		whole ? cs_table_whole(t, unit)->last_us : cs_pack_last(&t->pack, bytes);
	unsigned weight =
		whole ? cs_table_weight(cs_table_whole(t, unit)) : cs_pack_weight(bytes);
	int64_t quiet_min = (t->now_us - last_us) / US_PER_MIN;

	return (int)weight - 2 * (quiet_min >= CALM_MIN) - 2 * (quiet_min >= OLD_MIN) -
	       2 * (quiet_min >= DAY_MIN);
}

/* How many entries of a bucket are free, and the first of them. */
static unsigned free_in(const struct cs_table *t, uint32_t bucket, uint32_t *first)
{
	unsigned n = 0;

	for (uint32_t at = bucket + CS_TABLE_BUCKET; at-- > bucket;)
		if (t->index[at] == 0) {
			*first = at;
			n++;
		}
	return n;
}

static uint32_t least_of(const struct cs_table *t, uint32_t bucket, uint32_t least)
{
	for (uint32_t at = bucket; at < bucket + CS_TABLE_BUCKET; at++)
		if (cs_table_worth(t, cs_table_unit(t, at)) <
		    cs_table_worth(t, cs_table_unit(t, least)))
			least = at;
	return least;
}

uint32_t cs_table_make_place(struct cs_table *t, uint64_t hash)
{
	uint32_t a = bucket_of(t, hash, 0), b = bucket_of(t, hash, 1);
	uint32_t place_a, place_b;
	unsigned free_a = free_in(t, a, &place_a);

	if (free_a >= CS_TABLE_BUCKET / 4)
		return place_a;
	unsigned free_b = free_in(t, b, &place_b);

	if (free_b > free_a)
		return place_b;
	if (free_a > 0)
		return place_a;
	place_a = least_of(t, b, least_of(t, a, a));
	cs_table_forget(t, place_a);
	t->evicted++;
	return place_a;
}

void cs_table_enter(struct cs_table *t, uint32_t place, uint64_t hash, uint32_t unit)
{
	t->index[place] = tag_of(t, hash) | unit;
	t->sources++;
}

void cs_table_expect(const struct cs_table *table, uint64_t hash)
{
	cs_fetch(&table->index[bucket_of(table, hash, 0)]);
	cs_fetch(&table->index[bucket_of(table, hash, 1)]);
}

/* The lines of a source that nearly every packet touches. */
static void fetch(const struct cs_table *t, uint32_t unit)
{
	const uint8_t *bytes = cs_pool_at(&t->pool, unit);

	cs_fetch(bytes);
	cs_fetch(bytes + LINE);
	if (!cs_table_is_whole(t, unit))
		return;
	cs_fetch(bytes + offsetof(struct cs_source, pair));
	cs_fetch(bytes + offsetof(struct cs_source, obs));
	cs_fetch(bytes + offsetof(struct cs_source, obs) + LINE);
}

/* The first entry of a bucket that has the tag; 0: none has. */
static uint32_t seen_in(const struct cs_table *t, uint32_t at, uint32_t tag)
{
	for (uint32_t end = at + CS_TABLE_BUCKET; at < end; at++)
		if (has_tag(t, at, tag))
			return at;
	return 0;
}

/* The first that has the tag is it, but for one time in some thousand. */
uint32_t cs_table_approach(const struct cs_table *table, uint64_t hash)
{
	uint32_t tag = tag_of(table, hash);
	uint32_t place = seen_in(table, bucket_of(table, hash, 0), tag);

	if (!place)
		place = seen_in(table, bucket_of(table, hash, 1), tag);
	if (place)
		fetch(table, cs_table_unit(table, place));
	return place;
}
