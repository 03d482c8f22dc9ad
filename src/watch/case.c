/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/case.h"

#include "base/sat.h"
#include "watch/sight.h"

enum {
	US_PER_S = 1000000,
	FULL_BITS = 128,
	SLOW_S = 5,        /* from one request to the next: of no use to an attacker */
	STEADY_ROUNDS = 4, /* times that a client reads each of its resources, at least */
	SWEEP_SHARE = 4,   /* a smaller part of all requests is a sweep's, */
	FIRST_RUNS = 25,   /* unless the first destinations got so many, 6 each */
	FEW = 4,           /* requests of which one Message ID says nothing */
	MARKED_SHARE = 4,  /* a smaller part of all discoveries bears a mark by chance */
};

static uint32_t targets_of(const struct cs_source *s)
{
	return (uint32_t)s->n_paths + s->paths_lost;
}

static bool asked_for_core(const struct cs_source *s)
{
	for (size_t i = 0; i < s->n_paths; i++) {
		if (s->path[i] == CS_SIGHT_CORE)
			return true;
	}
	return false;
}

/* M17 is legal: a note. What was too long or of another version is no better. */
static uint32_t faults_of(const struct cs_source *s)
{
	uint32_t all = cs_source_count_range(s, CS_OBS_FAULT + CS_FAULT_SHORT,
					     CS_OBS_FAULT + CS_FAULT_COUNT - 1);
	uint32_t notes = cs_source_count(s, CS_OBS_FAULT + CS_FAULT_BLOCK_EMPTY);
	uint32_t version = cs_source_count(s, CS_OBS_VERSION);
	uint32_t m2 = cs_source_count(s, CS_OBS_FAULT + CS_FAULT_VERSION);

	/* Another version may have been noted under either name. */
	all = cs_sat32(cs_case_less(all, cs_sat32(notes, m2)),
		       m2 > version ? m2 : version);
	return cs_sat32(all, cs_source_count(s, CS_OBS_BIG));
}

/*
 * More destinations than are followed, and all of them are asked again and again: the
 * first ones, which are no choice of the busy, speak for the others. A sweep that comes
 * to each of its hosts four times by chance gives them so many once in forty.
 */
static bool is_all_over(const struct cs_source *s)
{
	uint32_t runs = 0;

	if (s->pairs_lost == 0)
		return false;
	for (size_t i = 0; i < CS_SOURCE_FIRST && i < s->n_pairs; i++)
		runs = cs_sat32(runs, s->pair[i].run_most);
	return runs >= FIRST_RUNS;
}

/*
 * The longest run to one host; or, where several hosts are used at once, what those
 * with enough requests each got together: unless they are only those that a sweep over
 * a whole network happened to meet more often.
 */
static uint32_t run_of(const struct cs_source *s, const struct cs_threshold *t)
{
	uint32_t most = 0, together = 0;

	for (size_t i = 0; i < s->n_pairs; i++) {
		uint32_t run = s->pair[i].run_most;

		if (run > most)
			most = run;
		if (run >= t->reflection_pair)
			together = cs_sat32(together, run);
	}
	if (together < s->requests / SWEEP_SHARE && !is_all_over(s))
		return most;
	return most > together ? most : together;
}

/* One Message ID for all that it asks, or that its whole prefix asks: a tool's. */
static bool has_one_mid(const struct cs_source *s)
{
	return s && !s->mids_differ && s->requests > FEW;
}

/*
 * A flood with one Message ID looks like a retransmission now and then, where its ports
 * and addresses come round again.
 */
static uint32_t proof_of(const struct cs_case *c)
{
	uint32_t sure =
		cs_sat32(cs_source_count_range(c->source, CS_OBS_ACKED, CS_OBS_ECHOED),
			 cs_case_count(c, CS_OBS_CONNECTED));

	if (has_one_mid(c->source) || has_one_mid(c->prefix))
		return sure;
	return cs_sat32(sure, cs_case_count(c, CS_OBS_RETRIED));
}

static uint32_t unproved_of(const struct cs_case *c)
{
	return has_one_mid(c->source) && c->proof == 0 ? c->source->requests
						       : c->source->unproved;
}

static uint64_t span_of(const struct cs_source *s)
{
	if (s->last_us <= s->first_us)
		return 0;
	return ((uint64_t)s->last_us - (uint64_t)s->first_us) / US_PER_S;
}

/* Addresses that no router brings in from outside. */
static bool is_neighbour(const struct cs_addr *ip)
{
	uint32_t v4 = cs_addr_low32(ip);

	if (cs_addr_is_v4(ip))
		return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8 ||
		       v4 >> 16 == 0xa9fe;
	return (ip->b[0] & 0xfe) == 0xfc ||
	       (ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80);
}

/*
 * A listed peer, whether its requests were answered or not: unless far more comes in its
 * name than it is known for, and that all alike.
 */
static bool is_peer(const struct cs_case *c)
{
	const struct cs_source *s = c->source;

	if (c->peer > 0 && c->peer >= c->left)
		return true;
	return s->is_peer && (c->left < c->threshold->reflection ||
			      (s->tokens_differ && s->no_token == 0));
}

static void count_ours(struct cs_case *c)
{
	const struct cs_source *s = c->source;

	c->own = cs_source_count_range(s, CS_OBS_OWN_ANSWER, CS_OBS_OWN_NOTIFICATION);
	c->peer = cs_source_count(s, CS_OBS_PEER);
	c->left = cs_case_less(s->requests, c->peer);

	uint32_t group = cs_source_count(s, CS_OBS_GROUP);

	c->left = cs_case_less(c->left, group);
	c->familiar = c->own > 0 || is_peer(c) || (group > 0 && is_neighbour(&s->ip));
}

void cs_case_of(const struct cs_source *source, const struct cs_source *prefix,
		bool alone, const struct cs_threshold *threshold, struct cs_case *out)
{
	*out = (struct cs_case){ .source = source,
				 .prefix = prefix,
				 .threshold = threshold,
				 .alone = alone,
				 .is_prefix = source->bits < FULL_BITS };
	count_ours(out);
	out->proof = proof_of(out);
	out->unproved = unproved_of(out);
	out->refusals = cs_source_count_range(source, CS_OBS_RESETS, CS_OBS_UNREACHABLE);
	out->run = run_of(source, threshold);
	out->targets = targets_of(source);
	out->beyond = cs_case_less(out->targets, asked_for_core(source));
	out->faults = faults_of(source);
	out->sound = cs_case_less(out->left, out->faults);
	out->chance = cs_source_count(source, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN);
	out->backscatter = cs_source_count_range(source, CS_OBS_BACKSCATTER,
						 CS_OBS_BACKSCATTER_ICMP);
	out->span_s = span_of(source);
}

/* Of many random Message IDs one is a tool's by chance. */
bool cs_case_is_marked(const struct cs_case *c)
{
	uint32_t marks =
		cs_source_count_range(c->source, CS_OBS_MARK_ZMAP, CS_OBS_MARK_PLAIN);
	uint32_t amplifier = cs_case_count(c, CS_OBS_MARK_AMPLIFIER);

	return cs_case_count(c, CS_OBS_MARK_BANNER) > 0 ||
	       (amplifier > 0 && amplifier >= marks / MARKED_SHARE);
}

bool cs_case_is_client(const struct cs_case *c)
{
	const struct cs_source *s = c->source;
	uint64_t requests = s->requests;

	if (!s->tokens_differ || s->no_token > 0 || c->refusals > 0 ||
	    (!s->is_peer && cs_case_count(c, CS_OBS_ANSWERED) == 0))
		return false;
	if (c->is_prefix && s->addresses > 0)
		requests /= s->addresses;
	if (s->mids_rise)
		return requests <= c->span_s;
	return s->ports_differ && requests * SLOW_S <= c->span_s;
}

bool cs_case_is_steady(const struct cs_case *c)
{
	return c->proof > 0 && c->refusals == 0 && c->source->no_token == 0 &&
	       cs_case_count(c, CS_OBS_READ) > 0 &&
	       cs_case_count(c, CS_OBS_ANSWERED_404) == 0 &&
	       c->source->requests >= STEADY_ROUNDS * c->targets;
}
