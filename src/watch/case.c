/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/case.h"

#include "watch/sight.h"

enum {
	US_PER_S = 1000000,
	FULL_BITS = 128,
	OF_USE_S = 30,     /* from one request to the next, of what could be of use */
	SLOW_S = 5,        /* from one request to the next: of no use to an attacker */
	STEADY_ROUNDS = 4, /* times that a client reads each of its resources, at least */
	SWEEP_SHARE = 4,   /* a smaller part of all requests is a sweep's, */
	FIRST_RUNS = 25,   /* unless the first destinations got so many, 6 each */
	RELATED = 4,       /* requests for each answer to us, at most, of a relation */
	A_TEST = 5,        /* requests: no test of an amplifier has more */
	FEW = 4,           /* requests of which one Message ID says nothing */
	SHARED = 5, /* all but one in so many votes, to be the Message ID of a prefix */
	MARKED_SHARE = 4, /* a smaller part of all discoveries bears a mark by chance */
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
static uint32_t faults_of(const struct cs_case *c)
{
	uint32_t all = cs_case_count_range(c, CS_OBS_FAULT + CS_FAULT_SHORT,
					   CS_OBS_FAULT + CS_FAULT_COUNT - 1);
	uint32_t notes = cs_case_count(c, CS_OBS_FAULT + CS_FAULT_BLOCK_EMPTY);
	uint32_t version = cs_case_count(c, CS_OBS_VERSION);
	uint32_t m2 = cs_case_count(c, CS_OBS_FAULT + CS_FAULT_VERSION);

	/* Another version may have been noted under either name. */
	all = cs_sat32(cs_case_less(all, cs_sat32(notes, m2)),
		       m2 > version ? m2 : version);
	return cs_sat32(all, cs_case_count(c, CS_OBS_BIG));
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

/* A run, with its share of the repetitions that are requests: see again_of(). */
static uint32_t run_with(const struct cs_source *s, size_t i, uint32_t again)
{
	uint64_t run = s->pair[i].run_most;

	if (s->requests > 0)
		run += run * again / s->requests;
	return run > UINT32_MAX ? UINT32_MAX : (uint32_t)run;
}

/* The longest run to one host. */
static uint32_t busiest_of(const struct cs_source *s, uint32_t again)
{
	uint32_t most = 0;

	for (size_t i = 0; i < s->n_pairs; i++)
		if (run_with(s, i, again) > most)
			most = run_with(s, i, again);
	return most;
}

/*
 * The longest run to one host; or, where several hosts are used at once, what those
 * with enough requests each got together: unless they are only those that a sweep over
 * a whole network happened to meet more often.
 */
static uint32_t run_of(const struct cs_source *s, const struct cs_threshold *t,
		       uint32_t again)
{
	uint32_t most = busiest_of(s, again), together = 0;

	for (size_t i = 0; i < s->n_pairs; i++) {
		uint32_t run = run_with(s, i, again);

		if (run >= t->reflection_pair)
			together = cs_sat32(together, run);
	}
	if (together < s->requests / SWEEP_SHARE && !is_all_over(s))
		return most;
	return most > together ? most : together;
}

/* One Message ID for all that it asks, or that nearly all of its prefix ask with: a tool's. */
static bool has_one_mid(const struct cs_source *s)
{
	bool one = !s->mids_differ;

	if (s->bits < FULL_BITS)
		one = (uint64_t)s->run_now * SHARED >=
		      (uint64_t)s->addresses * (SHARED - 1);
	return one && s->requests > FEW;
}

/* It is among those of its prefix that share theirs. */
static bool shares_mid(const struct cs_source *s, const struct cs_source *prefix)
{
	return prefix && has_one_mid(prefix) && !s->mids_differ && s->mid == prefix->mid;
}

/*
 * A flood with one Message ID looks like a retransmission now and then, where its ports
 * and addresses come round again.
 */
static uint32_t proof_of(const struct cs_case *c)
{
	uint32_t sure = cs_sat32(cs_case_count_range(c, CS_OBS_ACKED, CS_OBS_ECHOED),
				 cs_case_count(c, CS_OBS_CONNECTED));

	if (c->one_mid)
		return sure;
	return cs_sat32(sure, cs_case_count(c, CS_OBS_RETRIED));
}

static uint32_t unproved_of(const struct cs_case *c)
{
	const struct cs_source *s = c->source;

	return has_one_mid(s) && c->proof == 0 && !cs_source_is_tcp(s) ? s->requests
								       : s->unproved;
}

static uint64_t span_of(const struct cs_source *s)
{
	if (s->last_us <= s->first_us)
		return 0;
	return ((uint64_t)s->last_us - (uint64_t)s->first_us) / US_PER_S;
}

/*
 * Requests that nobody answered, and that a client may have sent all the same: with tokens,
 * and either from one port, counted on, or slowly.
 */
static bool may_be_sent(const struct cs_case *c)
{
	const struct cs_source *s = c->source;

	return s->tokens_differ && s->no_token == 0 &&
	       ((s->mids_rise && !s->ports_differ) ||
		(uint64_t)c->left * SLOW_S <= c->span_s);
}

/*
 * A listed peer, whether its requests were answered or not: unless far more comes in its
 * name than it is known for, and as no client asks.
 */
static bool is_peer(const struct cs_case *c)
{
	if (c->peer > 0 && c->peer >= c->left)
		return true;
	return c->source->is_peer &&
	       (c->left < c->threshold->reflection || may_be_sent(c));
}

static void count_ours(struct cs_case *c)
{
	const struct cs_source *s = c->source;

	c->own = cs_case_count_range(c, CS_OBS_OWN_ANSWER, CS_OBS_OWN_NOTIFICATION);
	c->refused = cs_case_count(c, CS_OBS_OWN_REFUSED);
	c->peer = cs_case_count(c, CS_OBS_PEER);
	c->left = cs_case_less(s->requests, c->peer);

	uint32_t group = cs_case_count(c, CS_OBS_GROUP);

	c->left = cs_case_less(c->left, group);
}

/*
 * To have asked a stranger something once makes him none of ours; and who looked for others at
 * home may have come to do more.
 */
static void find_relation(struct cs_case *c)
{
	const struct cs_source *s = c->source;
	bool writes = cs_case_count_range(c, CS_OBS_WRITE, CS_OBS_PROXY) > 0;
	bool home = cs_case_count(c, CS_OBS_GROUP) > 0 && cs_addr_is_neighbours(&s->ip);

	/* A device that registered with us answers where it asked from. */
	if (s->unproved > 0 && (c->left / RELATED > c->own || (c->own == 1 && writes)))
		c->own = 0;
	c->familiar = c->own > 0 || (c->refused > 0 && c->left == 0) || is_peer(c) ||
		      (home && (c->left == 0 ||
				(!writes && cs_case_count(c, CS_OBS_ANSWERED_404) == 0)));
}

/*
 * What looks like retransmissions, but is none, where all addresses of a prefix share one
 * Message ID. (Of a source, that is seen as it comes.)
 */
static uint32_t again_of(const struct cs_case *c)
{
	return c->is_prefix && has_one_mid(c->source) ? c->source->paced : 0;
}

static void count_runs(struct cs_case *c)
{
	uint32_t again = again_of(c);

	c->unproved = cs_sat32(unproved_of(c), again);
	c->busiest = busiest_of(c->source, again);
	c->run = run_of(c->source, c->threshold, again);
}

/* As cs_source_count(): of two rows of one kind the first counts. */
static void count_kinds(struct cs_case *c)
{
	const struct cs_source *s = c->source;

	for (size_t i = s->n_obs; i-- > 0;)
		if (s->obs[i].kind < CS_OBS_KINDS)
			c->count[s->obs[i].kind] = s->obs[i].count;
}

void cs_case_of(const struct cs_source *source, const struct cs_source *prefix,
		bool alone, const struct cs_threshold *threshold, struct cs_case *out)
{
	*out = (struct cs_case){ .source = source,
				 .prefix = prefix,
				 .threshold = threshold,
				 .alone = alone,
				 .is_prefix = source->bits < FULL_BITS };
	count_kinds(out);
	out->span_s = span_of(source);
	count_ours(out);
	out->targets = targets_of(source);
	out->beyond = cs_case_less(out->targets, asked_for_core(source));
	find_relation(out);
	out->one_mid = has_one_mid(source) || shares_mid(source, prefix);
	out->proof = proof_of(out);
	count_runs(out);
	out->refusals = cs_case_count_range(out, CS_OBS_RESETS, CS_OBS_UNREACHABLE);
	out->faults = faults_of(out);
	out->sound = cs_case_less(out->left, out->faults);
	out->chance = cs_case_count(out, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN);
	out->backscatter =
		cs_case_count_range(out, CS_OBS_BACKSCATTER, CS_OBS_BACKSCATTER_ICMP);
}

/* Of many random Message IDs one is a tool's by chance. */
bool cs_case_is_marked(const struct cs_case *c)
{
	uint32_t marks = cs_case_count_range(c, CS_OBS_MARK_ZMAP, CS_OBS_MARK_PLAIN);
	uint32_t amplifier = cs_case_count(c, CS_OBS_MARK_AMPLIFIER);

	return cs_case_count(c, CS_OBS_MARK_BANNER) > 0 ||
	       (amplifier > 0 && amplifier >= marks / MARKED_SHARE);
}

/*
 * What somebody who forges senders is after, or how he does it: answers of several times
 * the bytes that hurt, or where none is seen the list of resources; a port that games or
 * the web use.
 */
static bool is_of_use(const struct cs_case *c)
{
	const struct cs_source *s = c->source;
	uint64_t answered = cs_case_count(c, CS_OBS_ANSWERED);
	bool big = cs_answers_hurt(c->threshold, answered, s->bytes_out, s->bytes_in);

	if (answered == 0)
		big = cs_case_count(c, CS_OBS_DISCOVERY) > s->requests / 2;
	return !s->is_peer && (big || s->port_known);
}

/*
 * Each address of a prefix is a client of its own: with a port of its own, for what is there,
 * and for nothing that a forger would ask for.
 */
static bool are_many_clients(const struct cs_case *c)
{
	const struct cs_source *s = c->source;

	return c->is_prefix && s->addresses > 0 && s->ports_differ && !is_of_use(c) &&
	       cs_case_count(c, CS_OBS_ANSWERED_404) <= s->requests / 2;
}

bool cs_case_is_client(const struct cs_case *c)
{
	const struct cs_source *s = c->source;
	uint64_t requests = s->requests;
	bool pings = cs_case_count(c, CS_OBS_PING) == s->requests;

	if (c->refusals > 0 || has_one_mid(s))
		return false;
	/* A Reset of four bytes is of no use to anybody, and a ping has no token. */
	if (pings)
		return requests <= c->span_s;
	if (!s->tokens_differ || s->no_token > 0)
		return false;
	if (are_many_clients(c))
		requests /= s->addresses;
	/* Our answers may take another way than the one that is watched. */
	if (s->is_peer)
		return may_be_sent(c);
	if (cs_case_count(c, CS_OBS_ANSWERED) == 0)
		return s->mids_rise && requests > A_TEST &&
		       requests * SLOW_S <= c->span_s;
	if (is_of_use(c) && requests * OF_USE_S > c->span_s)
		return false;
	/* Many clients behind one address have a port each, and count for themselves. */
	if (s->mids_rise || s->ports_differ)
		return requests <= c->span_s;
	return requests * SLOW_S <= c->span_s;
}

/* What it reads is there; where no answer is seen, on one host, and nothing speaks against it. */
static bool is_served(const struct cs_case *c)
{
	uint64_t answered = cs_case_count(c, CS_OBS_ANSWERED);

	if (answered > 0)
		return 2 * answered >= c->source->requests;
	return c->source->n_pairs <= 1 && cs_case_count(c, CS_OBS_CLOSED) == 0;
}

/*
 * Comes to each host for each resource again and again: who goes from host to host and reads
 * what is there once does not. Of more hosts than are followed the first speak for the others.
 */
static bool goes_round(const struct cs_case *c)
{
	const struct cs_source *s = c->source;
	uint32_t each = STEADY_ROUNDS * c->targets;

	for (size_t i = 0; s->pairs_lost > 0 && i < CS_SOURCE_FIRST; i++)
		if (s->pair[i].run_most < each)
			return false;
	return s->requests >= (uint64_t)each * (s->n_pairs ? s->n_pairs : 1);
}

bool cs_case_is_steady(const struct cs_case *c)
{
	return (c->proof > 0 || cs_case_is_client(c)) && c->refusals == 0 &&
	       c->source->no_token == 0 &&
	       cs_case_count_range(c, CS_OBS_READ, CS_OBS_SENSITIVE) > 0 &&
	       cs_case_count(c, CS_OBS_ANSWERED_404) == 0 && is_served(c) &&
	       goes_round(c);
}
