/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/source.h"

#include "base/sat.h"

enum {
	MID_STEP = 256, /* a Message ID that rises by at most that is the next one */
	US_PER_MS = 1000,
};

/* From @from_us to @to_us; 0 where time went back. */
static uint32_t ms_between(int64_t from_us, int64_t to_us)
{
	uint64_t ms;

	if (to_us <= from_us)
		return 0;
	ms = ((uint64_t)to_us - (uint64_t)from_us) / US_PER_MS;
	return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static size_t row_of(const struct cs_source *source, enum cs_obs kind)
{
	for (size_t i = 0; i < source->n_obs; i++)
		if (source->obs[i].kind == (uint8_t)kind)
			return i;
	return source->n_obs;
}

const struct cs_source_obs *cs_source_find(const struct cs_source *source,
					   enum cs_obs kind)
{
	size_t row = row_of(source, kind);

	return row < source->n_obs ? &source->obs[row] : NULL;
}

uint32_t cs_source_count(const struct cs_source *source, enum cs_obs kind)
{
	const struct cs_source_obs *obs = cs_source_find(source, kind);

	return obs ? obs->count : 0;
}

uint32_t cs_source_count_range(const struct cs_source *source, enum cs_obs first,
			       enum cs_obs last)
{
	uint32_t count = 0;

	for (size_t i = 0; i < source->n_obs; i++)
		if (source->obs[i].kind >= (uint8_t)first &&
		    source->obs[i].kind <= (uint8_t)last)
			count = cs_sat32(count, source->obs[i].count);
	return count;
}

bool cs_source_is_tcp(const struct cs_source *source)
{
	return cs_source_count(source, CS_OBS_TCP) > 0 && !source->mids_differ &&
	       source->mid == 0;
}

/* Of these there are many, and a few of them say as much as all. */
static bool is_detail(uint8_t kind)
{
	return kind >= CS_OBS_ALIEN;
}

/* The rarest detail is forgotten, the latest of several; n_obs where there is none. */
static size_t dispensable(const struct cs_source *source)
{
	size_t found = source->n_obs;

	for (size_t i = source->n_obs; i-- > 0;)
		if (is_detail(source->obs[i].kind) &&
		    (found == source->n_obs ||
		     source->obs[i].count < source->obs[found].count))
			found = i;
	return found;
}

/* A new row at the end, or NULL. */
static struct cs_source_obs *row_add(struct cs_source *source, enum cs_obs kind,
				     uint32_t first_ms)
{
	if (source->n_obs == CS_SOURCE_OBS) {
		size_t old = dispensable(source);

		source->obs_lost = cs_sat8(source->obs_lost, 1);
		if (old == source->n_obs || is_detail((uint8_t)kind))
			return NULL;
		source->n_obs--;
		for (; old < source->n_obs; old++)
			source->obs[old] = source->obs[old + 1];
	}
	source->obs[source->n_obs] =
		(struct cs_source_obs){ .kind = (uint8_t)kind, .first_ms = first_ms };
	return &source->obs[source->n_obs++];
}

struct cs_source_obs *cs_source_note(struct cs_source *source, enum cs_obs kind,
				     int64_t wall_us)
{
	size_t row = row_of(source, kind);
	struct cs_source_obs *obs = &source->obs[row];

	if (row == source->n_obs)
		obs = row_add(source, kind, ms_between(source->first_us, wall_us));
	if (obs)
		obs->count = cs_sat32(obs->count, 1);
	return obs;
}

static void compare_mid(struct cs_source *source, uint16_t mid)
{
	uint16_t step = (uint16_t)(mid - source->mid);

	if (source->mids_differ && !source->mids_rise)
		return;
	if (step > 0)
		source->mids_differ = 1;
	if (step > MID_STEP)
		source->mids_rise = 0;
	source->mid = source->mids_rise ? mid : 0;
}

/* What is settled is forgotten, so that it need not be kept (watch/pack.h). */
void cs_source_compare(struct cs_source *source, const struct cs_source_marks *marks)
{
	if (source->requests == 0) {
		source->port = marks->port;
		source->mid = marks->mid;
		source->token = marks->token;
		source->payload = marks->payload;
		source->mids_rise = 1;
		source->payload_same = 1;
		return;
	}
	compare_mid(source, marks->mid);
	if (!source->ports_differ && marks->port != source->port) {
		source->ports_differ = 1;
		source->port = 0;
	}
	if (!source->tokens_differ && marks->token != source->token) {
		source->tokens_differ = 1;
		source->token = 0;
	}
	if (source->payload_same && marks->payload != source->payload) {
		source->payload_same = 0;
		source->payload = 0;
	}
}

/* How much a destination matters: nothing where it was never busy and is long quiet. */
static uint32_t weight_of(const struct cs_source_pair *pair, uint32_t now_ms,
			  uint32_t gap_ms)
{
	bool quiet = now_ms > pair->last_ms && now_ms - pair->last_ms > gap_ms;

	return quiet && pair->run_most < CS_SOURCE_BUSY ? 0 : pair->run_most;
}

/*
 * Whose place a new destination may have: not that of one of the first, so that they are
 * a sample that no later request had a say in. Among those asked once it is the latest: so
 * that a source that goes round many destinations is counted on the first of them,
 * where each would push out the other. Among busier ones it is the oldest.
 */
static struct cs_source_pair *lightest(struct cs_source *source, uint32_t now_ms,
				       uint32_t gap_ms, uint32_t *weight)
{
	struct cs_source_pair *found = &source->pair[CS_SOURCE_FIRST];

	*weight = weight_of(found, now_ms, gap_ms);
	for (size_t i = CS_SOURCE_FIRST + 1; i < source->n_pairs; i++) {
		struct cs_source_pair *pair = &source->pair[i];
		uint32_t its = weight_of(pair, now_ms, gap_ms);
		bool later = pair->last_ms >= found->last_ms;

		if (its < *weight || (its == *weight && later == (its == 1))) {
			found = pair;
			*weight = its;
		}
	}
	return found;
}

/* One time in @n, without a pattern that the order of requests could have. */
static bool one_in(const struct cs_source *source, uint32_t host, uint32_t n)
{
	uint64_t mixed =
		((uint64_t)source->requests << 32 | host) * UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return (mixed >> 32) % n == 0;
}

static struct cs_source_pair *pair_new(struct cs_source *source, uint32_t host,
				       uint32_t now_ms, uint32_t gap_ms)
{
	struct cs_source_pair *pair = &source->pair[source->n_pairs];

	if (source->n_pairs < CS_SOURCE_PAIRS) {
		source->n_pairs++;
	} else {
		uint32_t weight;

		source->pairs_lost = cs_sat8(source->pairs_lost, 1);
		pair = lightest(source, now_ms, gap_ms, &weight);
		if (weight > 0 && !one_in(source, host, cs_sat32(weight, 1)))
			return NULL;
	}
	*pair = (struct cs_source_pair){ .host = host, .last_ms = now_ms };
	return pair;
}

/* Later than now: the clock was set back, by nobody knows how much of a pause. */
static bool is_ahead(const struct cs_source_pair *pair, uint32_t now_ms, uint32_t gap_ms)
{
	return pair->last_ms > now_ms && pair->last_ms - now_ms > gap_ms;
}

/* A run ends where nobody of ours was asked for long. */
static void go_on(struct cs_source *source, uint32_t now_ms, uint32_t gap_ms)
{
	uint32_t latest_ms = 0;

	for (size_t i = 0; i < source->n_pairs; i++)
		if (source->pair[i].last_ms > latest_ms &&
		    !is_ahead(&source->pair[i], now_ms, gap_ms))
			latest_ms = source->pair[i].last_ms;
	if (now_ms > latest_ms && now_ms - latest_ms > gap_ms)
		source->run_now = source->run_seen = 0;
	if (source->run_now < UINT16_MAX)
		source->run_now++;
	if (source->run_now > source->run_most)
		source->run_most = source->run_now;
}

void cs_source_asked(struct cs_source *source, uint32_t host, int64_t wall_us,
		     int64_t gap_us)
{
	uint32_t now_ms = ms_between(source->first_us, wall_us);
	uint32_t gap_ms = ms_between(0, gap_us);
	struct cs_source_pair *pair = NULL;

	go_on(source, now_ms, gap_ms);
	for (size_t i = 0; i < source->n_pairs; i++)
		if (source->pair[i].host == host)
			pair = &source->pair[i];
	if (!pair)
		pair = pair_new(source, host, now_ms, gap_ms);
	if (!pair)
		return;
	if (is_ahead(pair, now_ms, gap_ms))
		pair->last_ms = now_ms;
	if (now_ms > pair->last_ms && now_ms - pair->last_ms > gap_ms)
		pair->run = 0;
	pair->run = cs_sat32(pair->run, 1);
	if (pair->run > pair->run_most)
		pair->run_most = pair->run;
	if (now_ms > pair->last_ms)
		pair->last_ms = now_ms;
}

enum { RUN_LOST = 1 << 15, RUN_MANY = 255 };

/* The target with that number, or one that has none, is among those of this run. */
static void seen_in_run(struct cs_source *source, size_t i)
{
	unsigned bit = i < CS_SOURCE_PATHS ? 1u << i : RUN_LOST;

	source->run_seen = (uint16_t)(source->run_seen | bit);
	if (source->run_now < source->run_most)
		return;
	source->run_targets = source->run_seen & RUN_LOST
				      ? RUN_MANY
				      : (uint8_t)__builtin_popcount(source->run_seen);
}

void cs_source_target(struct cs_source *source, uint32_t path)
{
	size_t i = 0;

	while (i < source->n_paths && source->path[i] != path)
		i++;
	if (i == CS_SOURCE_PATHS)
		source->paths_lost = cs_sat8(source->paths_lost, 1);
	else if (i == source->n_paths)
		source->path[source->n_paths++] = path;
	seen_in_run(source, i);
}
