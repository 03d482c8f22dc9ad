/* SPDX-License-Identifier: Apache-2.0 */
/* How room is made: whole sources are packed, and then the lightest are forgotten. */
#include "base/fetch.h"
#include "watch/table_parts.h"

enum {
	LOOKED_AT = 4,   /* whole sources, for the one that was quiet longest */
	LOOKED_FOR = 64, /* ... while most cannot be packed */
	AHEAD = 8,       /* slots before the hand is there one is asked for */
	LINE = 64,       /* bytes that memory is fetched by */
	STEPS = 1024,    /* slots seen before more worth is given up */
	PATIENCE = 4096, /* evictions after which less is tried again */
	WORTH_MOST = 15,
};

/* Classes of slots, in bytes: class 0 is whole sources, the others are packed. */
static const uint16_t sizes[CS_POOL_CLASSES] = { sizeof(struct cs_source),
						 24,
						 28,
						 32,
						 36,
						 40,
						 44,
						 48,
						 52,
						 56,
						 60,
						 64,
						 72,
						 84,
						 104,
						 CS_PACK_MAX };

/* The smallest class that holds @len bytes. */
static unsigned class_for(size_t len)
{
	unsigned class = 1;

	if (len > 24)
		class += ((unsigned)len - 24 + CS_POOL_UNIT - 1) / CS_POOL_UNIT;
	if (class <= 11) /* up to here they rise by a unit */
		return class;
	for (class = 12; sizes[class] < len;)
		class ++;
	return class;
}

void cs_table_set_classes(struct cs_pool *pool)
{
	for (unsigned i = 0; i < CS_POOL_CLASSES; i++) {
		pool->class[i].units = sizes[i] / CS_POOL_UNIT;
		pool->class[i].per_page = CS_POOL_PAGE / sizes[i];
	}
	pool->class[CS_TABLE_WHOLE].per_page = CS_TABLE_WHOLES;
}

/* The next slot of the whole ones, from the last page to the first and round. */
static uint32_t next_whole(struct cs_table *t)
{
	struct cs_pool *pool = &t->pool;

	if (t->hand_slot == 0) {
		t->hand_page = pool->before[t->hand_page];
		if (!t->hand_page)
			t->hand_page = pool->class[CS_TABLE_WHOLE].last;
		t->hand_slot = cs_pool_in_page(pool, t->hand_page);
	}
	t->hand_slot--;

	uint32_t unit =
		t->hand_page * CS_POOL_PAGE_UNITS + t->hand_slot * CS_TABLE_WHOLE_UNITS;

	if (t->hand_slot >= AHEAD)
		cs_fetch(cs_table_whole(t, unit - AHEAD * CS_TABLE_WHOLE_UNITS));
	return unit;
}

/* The page of the hand may be another class's by now. */
static void hand_check(struct cs_table *t)
{
	struct cs_pool *pool = &t->pool;

	if (t->hand_page && pool->class_of[t->hand_page] == CS_TABLE_WHOLE &&
	    t->hand_slot <= cs_pool_in_page(pool, t->hand_page))
		return;
	t->hand_page = pool->class[CS_TABLE_WHOLE].last;
	t->hand_slot = pool->class[CS_TABLE_WHOLE].in_last;
}

/* Of some of those that can be packed the one that was quiet longest; 0: none. */
static uint32_t quiet_whole(struct cs_table *t)
{
	uint32_t found = 0, seen = 0;

	hand_check(t);
	for (unsigned i = 0; i < LOOKED_FOR && seen < LOOKED_AT; i++) {
		uint32_t unit = next_whole(t);

		if (cs_table_stay_of(t, unit)->home == CS_TABLE_REFUSED)
			continue;
		seen++;
		if (!found ||
		    cs_table_whole(t, unit)->last_us < cs_table_whole(t, found)->last_us)
			found = unit;
	}
	return found;
}

/* Into its home where that is of the right size, else into a slot that is. */
static void settle(struct cs_table *t, uint32_t unit, const uint8_t *bytes, size_t len)
{
	unsigned class = class_for(len);
	struct cs_table_stay stay = *cs_table_stay_of(t, unit);

	if (stay.home && cs_pool_class_of(&t->pool, stay.home) != class) {
		cs_table_free_slot(t, stay.home);
		stay.home = CS_TABLE_HOMELESS;
	}
	if (!stay.home)
		stay.home = cs_pool_add(&t->pool, class);
	memcpy(cs_pool_at(&t->pool, stay.home), bytes, len);
	cs_table_set_unit(t, stay.place, stay.home);
	cs_table_free_slot(t, unit);
}

/* Whether who was chosen is still there, or another whole source in his place. */
static bool can_be_packed(const struct cs_table *t, uint32_t unit)
{
	uint32_t slot = unit % CS_POOL_PAGE_UNITS / CS_TABLE_WHOLE_UNITS;

	return unit && cs_table_is_whole(t, unit) &&
	       slot < cs_pool_in_page(&t->pool, unit / CS_POOL_PAGE_UNITS) &&
	       cs_table_stay_of(t, unit)->home != CS_TABLE_REFUSED;
}

/* He was quiet for long, and his memory is cold: it is asked for when he is chosen. */
static void choose_next(struct cs_table *t)
{
	const uint8_t *bytes;

	t->chosen = quiet_whole(t);
	if (!t->chosen)
		return;
	bytes = cs_pool_at(&t->pool, t->chosen);
	for (size_t at = 0; at < sizeof(struct cs_source); at += LINE)
		cs_fetch(bytes + at);
	cs_fetch(cs_pool_at(&t->pool, cs_table_stay_of(t, t->chosen)->home));
	cs_fetch(&t->index[cs_table_stay_of(t, t->chosen)->place]);
}

/* Packs one whole source; false: of those looked at none can be. */
static bool pack_one(struct cs_table *t)
{
	uint8_t space[CS_PACK_SPACE];
	uint32_t unit = can_be_packed(t, t->chosen) ? t->chosen : quiet_whole(t);
	struct cs_table_stay *stay;
	size_t len;

	if (!unit)
		return false;
	choose_next(t);
	if (t->chosen == unit)
		t->chosen = 0;
	len = cs_pack_write(&t->pack, cs_table_whole(t, unit),
			    cs_table_weight(cs_table_whole(t, unit)), space);
	if (len > 0) {
		settle(t, unit, space, len);
		return true;
	}
	stay = cs_table_stay_of(t, unit);
	uint32_t home = stay->home;

	stay->home = CS_TABLE_REFUSED;
	if (home)
		cs_table_free_slot(t, home);
	return true;
}

/* The next slot of all, page by page; 0: this one is none. */
static uint32_t next_slot(struct cs_table *t)
{
	struct cs_pool *pool = &t->pool;

	while (t->out_page == 0 || t->out_page > pool->begun ||
	       pool->class_of[t->out_page] == CS_POOL_NO_CLASS ||
	       t->out_slot >= cs_pool_in_page(pool, t->out_page)) {
		t->out_page = t->out_page < pool->begun ? t->out_page + 1 : 1;
		t->out_slot = 0;
	}
	uint32_t units = pool->class[pool->class_of[t->out_page]].units;

	return t->out_page * CS_POOL_PAGE_UNITS + t->out_slot++ * units;
}

static void evict(struct cs_table *t, uint32_t unit)
{
	struct cs_addr ip = cs_table_ip(t, unit);
	uint32_t place;

	if (!cs_table_place(t, &ip, cs_table_hash(t, &ip), &place))
		return;
	cs_table_forget(t, place);
	t->out_slot--; /* another came to where it was */
	if (++t->evicted % PATIENCE == 0 && t->threshold > 0)
		t->threshold--;
}

/*
 * Forgets the next that is worth little. What little is follows from what there is: it
 * rises when nothing so light is met for long, and falls again with time.
 */
static void evict_one(struct cs_table *t)
{
	for (unsigned steps = 1;; steps++) {
		uint32_t unit = next_slot(t);

		if (!cs_table_is_out(t, unit) &&
		    cs_table_worth(t, unit) <= t->threshold) {
			evict(t, unit);
			return;
		}
		if (steps % STEPS == 0 && t->threshold < WORTH_MOST)
			t->threshold++;
	}
}

void cs_table_make_room(struct cs_table *t)
{
	const struct cs_pool_class *wholes = &t->pool.class[CS_TABLE_WHOLE];

	while (t->pool.free < CS_TABLE_SPARE_PAGES)
		if (t->pool.free == 0 || wholes->n <= t->whole_least || !pack_one(t))
			evict_one(t);
}
