/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/samples.h"

#include "base/fetch.h"
#include "net/large_pages.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
	UNIT = 8,        /* records begin at multiples of it */
	DEAD = 0xff,     /* .kind of a record that was raised */
	BYTES_HEAD = 64, /* of the budget for each mark */
	WAYS = 8,        /* marks in one cache line */
	UNIT_BITS = 26,  /* of a ring: half a gigabyte */
	AT_BITS = 46,
	RANK_BITS = 2,
	TAG_BITS = 16,
};

/* Where in a ring: the lap, and below it the unit; later ones are greater. */
#define LAP     (UINT64_C(1) << UNIT_BITS)
#define AT_MASK ((UINT64_C(1) << AT_BITS) - 1)

/* As it lies in a ring; the bytes follow. */
struct record {
	uint64_t hash;   /* whose it is */
	uint64_t before; /* where the one before it in its chain is, or was */
	int64_t wall_us;
	uint32_t order; /* of all that were kept */
	uint16_t len;
	uint8_t kind;
	bool tcp;
};

/*
 * Records one behind the other. The oldest are written over and nobody is told: who
 * has their place sees by the lap that they are gone.
 */
struct ring {
	uint64_t *units;
	uint32_t cap;
	uint64_t head; /* where the next comes */
};

/* Where the latest record of a source and rank is. */
struct mark {
	uint64_t at : AT_BITS;
	uint64_t rank : RANK_BITS;
	uint64_t tag : TAG_BITS; /* of the source's hash */
};

struct cs_samples {
	struct mark (*index)[WAYS];
	uint64_t mask;
	struct ring ring[CS_SAMPLE_RANKS];
	uint32_t kept;
	size_t mapped;
};

static struct record *record_at(const struct ring *ring, uint64_t at)
{
	return (struct record *)(void *)&ring->units[at % LAP];
}

/* Of the lap before, what is behind the head is still there. */
static bool is_there(const struct ring *ring, uint64_t at)
{
	return ((ring->head - at) & AT_MASK) <= LAP;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

enum cs_err cs_samples_open(size_t budget, struct cs_samples **out)
{
	struct cs_samples *s;
	uint64_t *units;
	size_t sets = 1, each;
	void *room;

	if (budget < CS_SAMPLES_BUDGET_MIN)
		return CS_ERR_RANGE;
	s = calloc(1, sizeof(*s));
	if (!s)
		return CS_ERR_NOMEM;
	while (sets * WAYS * BYTES_HEAD < budget)
		sets *= 2;
	room = mmap(NULL, budget, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED) {
		free(s);
		return CS_ERR_NOMEM;
	}
	cs_prefer_large_pages(room, budget);
	s->mapped = budget;
	s->mask = sets - 1;
	s->index = room;
	units = (uint64_t *)(void *)(s->index + sets);
	each = (budget - sets * sizeof(s->index[0])) / UNIT / CS_SAMPLE_RANKS;
	for (unsigned i = 0; i < CS_SAMPLE_RANKS; i++)
		s->ring[i] = (struct ring){ .units = units + i * each,
					    .cap = (uint32_t)smaller(each, LAP - 1),
					    .head = 2 * LAP };
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

static uint16_t tag_of(uint64_t hash)
{
	return (uint16_t)(hash >> (64 - TAG_BITS));
}

static struct mark *set_of(const struct cs_samples *s, uint64_t hash)
{
	return s->index[hash & s->mask];
}

static bool is_used(const struct cs_samples *s, const struct mark *mark)
{
	return is_there(&s->ring[mark->rank], mark->at);
}

static bool is_of(const struct mark *mark, uint64_t hash, enum cs_sample_rank rank)
{
	return mark->tag == tag_of(hash) && mark->rank == (unsigned)rank;
}

/* Which of two marks matters less: what is older of the lower rank. */
static bool is_less(const struct mark *a, const struct mark *b)
{
	return a->rank < b->rank || (a->rank == b->rank && a->at < b->at);
}

/* The mark of @hash and @rank, as far as the tag tells; or NULL. */
static struct mark *mark_of(const struct cs_samples *s, uint64_t hash,
			    enum cs_sample_rank rank)
{
	struct mark *set = set_of(s, hash);

	for (unsigned i = 0; i < WAYS; i++)
		if (is_of(&set[i], hash, rank))
			return &set[i];
	return NULL;
}

/* One that may become the mark of somebody else of @rank; or NULL. */
static struct mark *mark_to_take(const struct cs_samples *s, uint64_t hash,
				 enum cs_sample_rank rank)
{
	struct mark *set = set_of(s, hash), *found = NULL;

	for (unsigned i = 0; i < WAYS; i++) {
		if (!is_used(s, &set[i]))
			return &set[i];
		if (set[i].rank <= (unsigned)rank && (!found || is_less(&set[i], found)))
			found = &set[i];
	}
	return found;
}

/* The first from @at on that is @hash's and in use; NULL: there is none any more. */
static struct record *next_of(const struct ring *ring, uint64_t at, uint64_t hash)
{
	while (is_there(ring, at)) {
		struct record *record = record_at(ring, at);

		if (record->hash == hash && record->kind != DEAD)
			return record;
		at = record->before;
	}
	return NULL;
}

/* The latest of @hash and @rank, or NULL. */
static struct record *first_of(const struct cs_samples *s, uint64_t hash,
			       enum cs_sample_rank rank)
{
	const struct mark *mark = mark_of(s, hash, rank);

	return mark ? next_of(&s->ring[rank], mark->at, hash) : NULL;
}

/* Room in one piece; where it is. */
static uint64_t make_room(struct ring *ring, size_t len)
{
	uint32_t need = (uint32_t)((sizeof(struct record) + len + UNIT - 1) / UNIT);
	uint64_t at;

	if (ring->cap - ring->head % LAP < need)
		ring->head += LAP - ring->head % LAP;
	at = ring->head;
	ring->head += need;
	return at;
}

static void append(struct cs_samples *s, enum cs_sample_rank rank, struct record head,
		   const uint8_t *bytes)
{
	struct ring *ring = &s->ring[rank];
	struct mark *mark = mark_of(s, head.hash, rank);
	struct record *record;
	uint64_t at;

	head.before = mark ? mark->at : ring->head - 2 * LAP;
	if (!mark)
		mark = mark_to_take(s, head.hash, rank);
	if (!mark)
		return;
	head.order = s->kept++;
	at = make_room(ring, head.len);
	record = record_at(ring, at);
	*record = head;
	if (head.len > 0)
		memcpy(record + 1, bytes, head.len);
	*mark = (struct mark){ .at = at & AT_MASK,
			       .rank = (unsigned)rank & ((1 << RANK_BITS) - 1),
			       .tag = tag_of(head.hash) };
}

void cs_samples_expect(const struct cs_samples *samples, uint64_t hash)
{
	cs_fetch(set_of(samples, hash));
}

static bool has_kind(const struct cs_samples *s, uint64_t hash, uint8_t kind)
{
	const struct mark *set = set_of(s, hash);

	for (unsigned i = 0; i < WAYS; i++) {
		const struct ring *ring = &s->ring[set[i].rank];
		const struct record *at;

		if (set[i].tag != tag_of(hash))
			continue;
		for (at = next_of(ring, set[i].at, hash); at;
		     at = next_of(ring, at->before, hash))
			if (at->kind == kind)
				return true;
	}
	return false;
}

void cs_samples_keep_first(struct cs_samples *samples, uint64_t hash,
			   enum cs_sample_rank rank, const struct cs_sample *sample)
{
	const struct record head = {
		.hash = hash,
		.wall_us = sample->wall_us,
		.len = (uint16_t)smaller(sample->bytes.len, CS_SAMPLE_MAX),
		.kind = sample->kind,
		.tcp = sample->tcp,
	};

	append(samples, rank, head, sample->bytes.ptr);
}

void cs_samples_keep(struct cs_samples *samples, uint64_t hash, enum cs_sample_rank rank,
		     const struct cs_sample *sample)
{
	if (!has_kind(samples, hash, sample->kind))
		cs_samples_keep_first(samples, hash, rank, sample);
}

static bool is_older(const struct record *a, const struct record *b)
{
	return (int32_t)(a->order - b->order) < 0;
}

/* The oldest of those of a lesser rank; or NULL. */
static struct record *oldest_below(const struct cs_samples *s, uint64_t hash,
				   enum cs_sample_rank rank)
{
	struct record *found = NULL;

	for (unsigned i = 0; i < (unsigned)rank; i++) {
		struct record *at = first_of(s, hash, (enum cs_sample_rank)i);

		for (; at; at = next_of(&s->ring[i], at->before, hash))
			if (!found || is_older(at, found))
				found = at;
	}
	return found;
}

void cs_samples_raise(struct cs_samples *samples, uint64_t hash, enum cs_sample_rank rank)
{
	struct record *old;

	while ((old = oldest_below(samples, hash, rank)) != NULL) {
		append(samples, rank, *old, (const uint8_t *)(old + 1));
		old->kind = DEAD;
	}
}

/* Takes the latest of those that stand @at in their chains; NULL: there is none. */
static const struct record *take_latest(const struct cs_samples *s, uint64_t hash,
					const struct record *at[CS_SAMPLE_RANKS])
{
	const struct record *found = NULL;
	unsigned rank = 0;

	for (unsigned i = 0; i < CS_SAMPLE_RANKS; i++)
		if (at[i] && (!found || is_older(found, at[i]))) {
			found = at[i];
			rank = i;
		}
	if (found)
		at[rank] = next_of(&s->ring[rank], found->before, hash);
	return found;
}

size_t cs_samples_find(const struct cs_samples *samples, uint64_t hash,
		       struct cs_sample *out, size_t cap)
{
	const struct record *at[CS_SAMPLE_RANKS], *record;
	size_t n = 0;

	for (unsigned i = 0; i < CS_SAMPLE_RANKS; i++)
		at[i] = first_of(samples, hash, (enum cs_sample_rank)i);
	while (n < cap && (record = take_latest(samples, hash, at)) != NULL)
		out[n++] = (struct cs_sample){
			.kind = record->kind,
			.tcp = record->tcp,
			.wall_us = record->wall_us,
			.bytes = { (const uint8_t *)(record + 1), record->len },
		};
	for (size_t i = 0; i < n / 2; i++) {
		struct cs_sample later = out[i];

		out[i] = out[n - 1 - i];
		out[n - 1 - i] = later;
	}
	return n;
}
