/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C1: requests in the name of somebody who did not send them, so that our answers hit
 * him. He is the victim, and is never blamed.
 */
#include "watch/case.h"

enum {
	SCAN_EACH = 2, /* requests an address: a scan that is spread over a network */
	ROUNDS = 10,   /* times that each target is asked for: no enumeration */
};

/* Some of what comes in its name is its own. */
static bool is_known(const struct cs_case *c)
{
	return c->own > 0 || c->peer > 0 || c->familiar;
}

/* Who writes wants something done, and hears what came of it: unless he refuses to. */
static uint32_t written(const struct cs_case *c)
{
	return c->refusals < c->threshold->reflection ? cs_case_count(c, CS_OBS_WRITE)
						      : 0;
}

/*
 * Refused answers prove it at a level of their own: --threshold reflection=100. What comes on flows
 * that somebody answers for is not forged.
 */
static bool reaches_level(const struct cs_case *c)
{
	const struct cs_threshold *t = c->threshold;
	uint32_t run = is_known(c) && c->left < c->run ? c->left : c->run;

	if (run > c->unproved)
		run = c->unproved;
	run = cs_case_less(run, written(c));
	return run >= t->reflection || (c->refusals > 0 && run >= t->refusals);
}

/* Several attacks on one victim, one after the other: each of them refused by it. */
static bool has_many_rounds(const struct cs_case *c)
{
	return c->refusals >= c->threshold->refusals && c->run / ROUNDS >= c->targets;
}

/*
 * What a known source asks for by right is among its targets. Attacks on one victim that
 * come hours apart have each their own: the longest run of requests counts.
 */
static bool has_few_targets(const struct cs_case *c)
{
	uint32_t few = c->threshold->reflection_targets;

	return is_known(c) || c->targets <= few ||
	       (!c->is_prefix && c->source->run_targets > 0 &&
		c->source->run_targets <= few) ||
	       has_many_rounds(c);
}

/* Most of what it sends is no malformed message: a fuzzer repeats itself, too. */
static bool is_sound(const struct cs_case *c)
{
	return c->faults <= c->source->requests / 2;
}

/*
 * A flood's worth of requests without tokens (clients have one) on flows that nobody
 * answers for.
 */
static bool is_bare(const struct cs_case *c)
{
	const struct cs_source *s = c->source;
	uint32_t proved = cs_case_less(s->requests, c->unproved);

	return cs_case_less(s->no_token, proved) >= c->threshold->reflection;
}

/* What was asked on flows that nobody answers for: only then something can be refused. */
static bool are_answered(const struct cs_case *c)
{
	uint32_t proved = cs_case_less(c->source->requests, c->unproved);

	return cs_case_less(cs_case_count(c, CS_OBS_ANSWERED), proved) >= c->unproved / 2;
}

/*
 * Whoever shows that he hears us is there himself. Where part of the flows under one
 * address show it (a client, and a flood in its name) the others are judged by what
 * comes back (the client's host refuses answers that it did not ask for), or by what
 * they lack.
 */
static bool is_proved(const struct cs_case *c)
{
	const struct cs_threshold *t = c->threshold;

	if (c->proof == 0)
		return false;
	return c->unproved < t->reflection ||
	       (c->refusals < c->proof && !is_bare(c) && are_answered(c));
}

static bool is_single(const struct cs_case *c)
{
	return reaches_level(c) && !is_proved(c) && !cs_case_is_client(c);
}

/*
 * The runs of many addresses were added up without regard to when they were. A packet or
 * two from each of them to a host is a scan that is spread over a network; but none hits
 * one host of ours from all over a network several times a second.
 */
static bool is_dense(const struct cs_case *c)
{
	const struct cs_source *s = c->source;
	uint32_t each = cs_case_less(s->addresses, s->flooded);
	uint64_t gap_s = c->run ? c->span_s / c->run : c->span_s;

	if (c->busiest <= (uint64_t)SCAN_EACH * each)
		return c->span_s < c->busiest;
	return gap_s <= c->threshold->reflection_gap_s;
}

/*
 * A prefix: many addresses that are flooded, or that reach the level together where none does
 * alone. The flows that somebody answers for are not counted.
 */
static bool is_carpet(const struct cs_case *c)
{
	const struct cs_source *s = c->source;
	const struct cs_threshold *t = c->threshold;
	bool together = cs_case_less(c->run, written(c)) >= t->reflection && is_dense(c);

	return s->addresses >= t->prefix_addresses &&
	       cs_case_less(c->unproved, written(c)) >= t->reflection &&
	       (together || s->flooded >= t->prefix_addresses) && !cs_case_is_client(c);
}

bool cs_case_is_reflection(const struct cs_case *c)
{
	if (!has_few_targets(c) || !is_sound(c))
		return false;
	return c->is_prefix ? is_carpet(c) : is_single(c);
}
