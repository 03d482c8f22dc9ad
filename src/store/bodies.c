/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bodies.h"

#include <stdlib.h>

/*
 * A body lives in one of the four slots that its hash leads to. The table
 * doubles while it is half full; at its largest the newest takes the place of
 * another. 24 MiB remember a million distinct bodies of one segment.
 */
enum { WAYS = 4, SLOTS_MIN = 1 << 10, SLOTS_MAX = 1 << 20 };

struct cs_body_slot {
	struct cs_sip128 hash;
	int64_t id; /* 0: free */
};

static struct cs_body_slot *bucket(const struct cs_bodies *bodies, struct cs_sip128 hash)
{
	return bodies->slots + (hash.lo & (bodies->n_slots / WAYS - 1)) * WAYS;
}

void cs_bodies_soon(const struct cs_bodies *bodies, struct cs_sip128 hash)
{
	if (bodies->n_slots > 0)
		__builtin_prefetch(bucket(bodies, hash));
}

int64_t cs_bodies_find(const struct cs_bodies *bodies, struct cs_sip128 hash)
{
	if (bodies->n_slots == 0)
		return 0;

	const struct cs_body_slot *slot = bucket(bodies, hash);

	for (unsigned i = 0; i < WAYS; i++)
		if (slot[i].id && slot[i].hash.lo == hash.lo &&
		    slot[i].hash.hi == hash.hi)
			return slot[i].id;
	return 0;
}

static void place(struct cs_bodies *bodies, struct cs_sip128 hash, int64_t id)
{
	struct cs_body_slot *slot = bucket(bodies, hash);
	unsigned i = 0;

	while (i < WAYS && slot[i].id)
		i++;
	if (i == WAYS)
		i = hash.hi % WAYS;
	else
		bodies->used++;
	slot[i] = (struct cs_body_slot){ hash, id };
}

static void grow(struct cs_bodies *bodies)
{
	struct cs_bodies more = { .n_slots = bodies->n_slots ? 2 * bodies->n_slots
							     : SLOTS_MIN };

	more.slots = calloc(more.n_slots, sizeof(more.slots[0]));
	if (!more.slots)
		return;
	for (size_t i = 0; i < bodies->n_slots; i++)
		if (bodies->slots[i].id)
			place(&more, bodies->slots[i].hash, bodies->slots[i].id);
	free(bodies->slots);
	bodies->slots = more.slots;
	bodies->n_slots = more.n_slots;
	bodies->used = more.used;
}

void cs_bodies_add(struct cs_bodies *bodies, struct cs_sip128 hash, int64_t id)
{
	if (bodies->used >= bodies->n_slots / 2 && bodies->n_slots < SLOTS_MAX)
		grow(bodies);
	if (bodies->n_slots > 0)
		place(bodies, hash, id);
}

void cs_bodies_clear(struct cs_bodies *bodies)
{
	free(bodies->slots);
	bodies->slots = NULL;
	bodies->n_slots = bodies->used = 0;
}
