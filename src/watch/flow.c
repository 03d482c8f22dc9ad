/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/flow.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/fetch.h"
#include "net/large_pages.h"

enum {
	WAYS = 4,        /* places a flow may have */
	WEIGHT_S = 3600, /* by how much younger a flow with proof or observation counts */
	US_PER_S = 1000000,
	US_PER_GAP = US_PER_S / 8,
	GAP_LEAST = 5,    /* of the first repetition: 0.6 s, a third of ACK_TIMEOUT */
	GAP_MOST = 240,   /* 30 s */
	SPAN_S = 45,      /* MAX_TRANSMIT_SPAN: no client repeats after that */
	FIRST_LEAST = 13, /* ACK_TIMEOUT, a little less: 1.6 s */
	FIRST_MOST = 36,  /* ... times ACK_RANDOM_FACTOR, with 3 s for it: 4.5 s */
	MID_STEP = 16,    /* between two requests of a client that counts its messages */
};

/* Four heads in one cache line, then what belongs to them. */
struct set {
	struct cs_flow_head head[WAYS];
	struct cs_asked asked[WAYS][CS_FLOW_SLOTS];
};
_Static_assert(sizeof(struct set) == 256, "whole cache lines");

struct cs_flows {
	struct set *set;
	uint64_t mask;
};

enum cs_err cs_flows_open(size_t bytes, struct cs_flows **out)
{
	struct cs_flows *flows = calloc(1, sizeof(*flows));
	size_t n = 1;

	if (!flows)
		return CS_ERR_NOMEM;
	while (n * 2 * sizeof(struct set) <= bytes)
		n *= 2;
	flows->set = mmap(NULL, n * sizeof(struct set), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (flows->set == MAP_FAILED) {
		free(flows);
		return CS_ERR_NOMEM;
	}
	cs_prefer_large_pages(flows->set, n * sizeof(struct set));
	flows->mask = n - 1;
	*out = flows;
	return CS_OK;
}

void cs_flows_close(struct cs_flows *flows)
{
	if (!flows)
		return;
	(void)munmap(flows->set, (flows->mask + 1) * sizeof(struct set)); /* as mapped */
	free(flows);
}

static uint32_t tag_of(struct cs_flow_key key)
{
	uint32_t tag = (uint32_t)(key.hash >> 32);

	return tag ? tag : 1;
}

static struct cs_flow flow_at(struct set *set, unsigned way, bool up)
{
	return (struct cs_flow){ &set->head[way], set->asked[way], up };
}

void cs_flows_expect(const struct cs_flows *flows, struct cs_flow_key key)
{
	cs_fetch(flows->set[key.hash & flows->mask].head);
}

/* The larger the later it may be given up. */
static int64_t worth(const struct cs_flow_head *head, uint32_t now_s)
{
	int64_t age_s = (int32_t)(now_s - head->last_s);
	bool kept = head->flags & (CS_FLOW_PROVED | CS_FLOW_OWN | CS_FLOW_OBSERVED);

	return (kept ? WEIGHT_S : 0) - age_s;
}

/* The one that is known, or whose place a new one has: ways are filled from the first on. */
static unsigned way_of(const struct set *set, uint32_t tag, uint32_t now_s)
{
	int64_t least = INT64_MAX;
	unsigned way = 0;

	for (unsigned i = 0; i < WAYS; i++) {
		const struct cs_flow_head *head = &set->head[i];

		if (head->tag == tag || head->tag == 0)
			return i;

		int64_t its = worth(head, now_s);

		if (its < least) {
			least = its;
			way = i;
		}
	}
	return way;
}

/* By the latest time there, as none is known: no more than a guess where it is new. */
void cs_flows_approach(const struct cs_flows *flows, struct cs_flow_key key)
{
	const struct set *set = &flows->set[key.hash & flows->mask];
	const uint8_t *asked;

	asked = (const uint8_t *)
			set->asked[way_of(set, tag_of(key), set->head[0].last_s)];
	cs_fetch(asked);
	cs_fetch(asked + sizeof(set->asked[0]) - 1);
}

struct cs_flow cs_flows_find(struct cs_flows *flows, struct cs_flow_key key)
{
	struct set *set = &flows->set[key.hash & flows->mask];
	uint32_t tag = tag_of(key);

	for (unsigned i = 0; i < WAYS; i++)
		if (set->head[i].tag == tag)
			return flow_at(set, i, key.up);
	return (struct cs_flow){ .up = key.up };
}

struct cs_flow cs_flows_make(struct cs_flows *flows, struct cs_flow_key key,
			     int64_t wall_us)
{
	struct set *set = &flows->set[key.hash & flows->mask];
	uint32_t tag = tag_of(key), now_s = (uint32_t)(wall_us / US_PER_S);
	unsigned way = way_of(set, tag, now_s);

	if (set->head[way].tag == tag) {
		set->head[way].last_s = now_s;
		return flow_at(set, way, key.up);
	}
	set->head[way] = (struct cs_flow_head){ .tag = tag, .last_s = now_s };
	memset(set->asked[way], 0, sizeof(set->asked[way]));
	return flow_at(set, way, key.up);
}

static bool goes(const struct cs_asked *asked, bool up)
{
	return asked->tries > 0 && (bool)(asked->flags & CS_ASKED_UP) == up;
}

struct cs_asked *cs_flow_by_mid(const struct cs_flow *flow, bool up, uint16_t mid,
				int64_t wall_us)
{
	for (unsigned i = 0; flow->head && i < CS_FLOW_SLOTS; i++) {
		struct cs_asked *asked = &flow->asked[i];

		if (goes(asked, up) && !(asked->flags & CS_ASKED_TOLD) &&
		    asked->mid == mid && cs_asked_waits(asked, wall_us))
			return asked;
	}
	return NULL;
}

const struct cs_asked *cs_flow_before(const struct cs_flow *flow, bool up, uint16_t mid)
{
	const struct cs_asked *found = NULL;
	uint16_t least = MID_STEP + 1;

	for (unsigned i = 0; flow->head && i < CS_FLOW_SLOTS; i++) {
		const struct cs_asked *asked = &flow->asked[i];
		uint16_t step = (uint16_t)(mid - asked->mid);

		if (goes(asked, up) && !(asked->flags & CS_ASKED_TOLD) && step > 0 &&
		    step < least) {
			found = asked;
			least = step;
		}
	}
	return found;
}

struct cs_asked *cs_flow_by_token(const struct cs_flow *flow, bool up, uint32_t token,
				  int64_t wall_us)
{
	struct cs_asked *found = NULL;

	for (unsigned i = 0; flow->head && i < CS_FLOW_SLOTS; i++) {
		struct cs_asked *asked = &flow->asked[i];

		if (!goes(asked, up) || (asked->flags & CS_ASKED_TOLD) ||
		    asked->token != token)
			continue;
		if (!(asked->flags & CS_ASKED_OBSERVES) &&
		    !cs_asked_waits(asked, wall_us))
			continue;
		if (!found || (found->flags & CS_ASKED_ANSWERED))
			found = asked;
	}
	return found;
}

struct cs_asked *cs_flow_by_answer(const struct cs_flow *flow, bool up, uint16_t mid,
				   int64_t wall_us)
{
	for (unsigned i = 0; flow->head && i < CS_FLOW_SLOTS; i++) {
		struct cs_asked *asked = &flow->asked[i];
		bool told = asked->flags & CS_ASKED_TOLD;
		bool waits = cs_asked_waits(asked, wall_us) ||
			     (asked->flags & CS_ASKED_OBSERVES);

		if (waits && told && goes(asked, up) && asked->mid == mid)
			return asked;
		if (waits && !told && goes(asked, !up) && asked->answer_mid == mid &&
		    (asked->flags & CS_ASKED_ANSWERED))
			return asked;
	}
	return NULL;
}

/* How readily a slot is given up: what is over, what was told, what was answered. */
static int spent(const struct cs_asked *asked, bool up, uint32_t token, int64_t wall_us)
{
	bool observes = asked->flags & CS_ASKED_OBSERVES;
	bool answered = asked->flags & (CS_ASKED_ANSWERED | CS_ASKED_TOLD);

	if (asked->tries == 0)
		return 5;
	if (asked->token == token && goes(asked, up) && (observes || answered))
		return 4;
	if (observes)
		return 0;
	if (!cs_asked_waits(asked, wall_us))
		return 3;
	return answered ? 2 : 1;
}

struct cs_asked *cs_flow_slot(const struct cs_flow *flow, bool up, uint32_t token,
			      int64_t wall_us)
{
	struct cs_asked *found = &flow->asked[0];
	int best = spent(found, up, token, wall_us);

	for (unsigned i = 1; i < CS_FLOW_SLOTS; i++) {
		struct cs_asked *asked = &flow->asked[i];
		int its = spent(asked, up, token, wall_us);

		if (its > best ||
		    (its == best &&
		     cs_asked_age_us(asked, wall_us) > cs_asked_age_us(found, wall_us))) {
			found = asked;
			best = its;
		}
	}
	memset(found, 0, sizeof(*found));
	found->sent = (uint64_t)wall_us & UINT64_C(0xffffffffffff);
	found->tries = 1;
	found->token = token;
	found->flags = up ? CS_ASKED_UP : 0;
	return found;
}

/* The second sending sets the pace, each later wait is twice the one before. */
static bool in_time(struct cs_asked *asked, int64_t age_us)
{
	int64_t due_us;

	if (asked->tries > CS_MAX_RETRANSMIT || age_us < 0)
		return false;
	if (asked->tries == 1) {
		if (age_us < GAP_LEAST * US_PER_GAP || age_us > GAP_MOST * US_PER_GAP)
			return false;
		asked->gap = (uint8_t)(age_us / US_PER_GAP);
		return true;
	}
	due_us = (int64_t)asked->gap * US_PER_GAP * ((1 << asked->tries) - 1);
	return age_us > due_us * 3 / 4 && age_us < due_us * 3 / 2 + US_PER_S;
}

bool cs_asked_is_retried(const struct cs_asked *asked)
{
	if (asked->flags & (CS_ASKED_STRAY | CS_ASKED_HAMMERED | CS_ASKED_RETRIED))
		return false;
	if (asked->gap < FIRST_LEAST || asked->gap > FIRST_MOST)
		return false;
	return asked->tries >= (asked->flags & CS_ASKED_LATE ? 3 : 2) &&
	       asked->tries <= CS_MAX_RETRANSMIT;
}

enum cs_repeat cs_asked_again(struct cs_asked *asked, int64_t wall_us)
{
	if (!(asked->flags & CS_ASKED_HAMMERED)) {
		if (in_time(asked, cs_asked_age_us(asked, wall_us))) {
			if (asked->flags & CS_ASKED_ANSWERED)
				asked->flags |= CS_ASKED_LATE;
			asked->tries++;
			return CS_REPEAT_LATER;
		}
		if (!(asked->flags & CS_ASKED_STRAY) &&
		    cs_asked_age_us(asked, wall_us) <= SPAN_S * US_PER_S) {
			asked->flags |= CS_ASKED_STRAY;
			return CS_REPEAT_STRAY;
		}
	}
	asked->flags |= CS_ASKED_HAMMERED;
	asked->sent = (uint64_t)wall_us & UINT64_C(0xffffffffffff);
	return CS_REPEAT_HAMMER;
}
