/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case: the figures of one source that several classes ask for, worked out once: for
 * judge's own files.
 */
#pragma once

#include "base/sat.h"
#include "watch/judge.h"

struct cs_case {
	const struct cs_source *source;
	const struct cs_source *prefix; /* or NULL */
	const struct cs_threshold *threshold;
	bool alone;                   /* asked for what nobody else asked for */
	bool is_prefix;               /* .source is a prefix's */
	uint32_t count[CS_OBS_KINDS]; /* observations of each kind */

	uint32_t
		own; /* answers and notifications to our own requests, if these are a relation */
	uint32_t refused; /* our own requests that it refused */
	uint32_t peer;    /* ordinary exchanges of a listed peer */
	uint32_t left;    /* requests that neither these nor multicast explain */
	uint32_t sound;   /* of them, not malformed */
	bool one_mid; /* all that it, or its whole prefix, asks has one Message ID: a tool's */
	uint32_t proof;    /* that it hears us */
	uint32_t unproved; /* requests on flows without such a sign */
	uint32_t refusals; /* of our answers */
	uint32_t busiest;  /* requests in the longest run to one host */
	uint32_t run;      /* requests in its name that count for a reflection */
	uint32_t targets;  /* different ones */
	uint32_t beyond;   /* of them, beyond the well-known one */
	uint32_t faults;   /* malformed messages, M17 left out, and other versions */
	uint32_t chance;   /* datagrams that are nothing known */
	uint32_t backscatter;
	uint64_t span_s; /* from first to last */
	/*
	 * Our own hosts talk to it, a peer whose exchanges are most, or at home it looks
	 * for others and does no harm.
	 */
	bool familiar;
};

void cs_case_of(const struct cs_source *source, const struct cs_source *prefix,
		bool alone, const struct cs_threshold *threshold, struct cs_case *out);

/*
 * Whether what it asks looks like a client's own work, without proof of it: a new token
 * each time, Message IDs in order or a port each, at a pace that nobody attacks with.
 */
bool cs_case_is_client(const struct cs_case *c);

/*
 * Hears us, or works like a client, and reads the same few things again and again, all of
 * which are there.
 */
bool cs_case_is_steady(const struct cs_case *c);

/* Whether requests in this name are (probably) forged: C1. */
bool cs_case_is_reflection(const struct cs_case *c);

/* Whether it bears the mark of a tool for reflection, by more than chance. */
bool cs_case_is_marked(const struct cs_case *c);

/* How sure the class is, percent: docs/guide/verdicts.md says how it adds up. */
uint8_t cs_case_confidence(const struct cs_case *c, const struct cs_finding *finding);

/* Which observations made @finding, those that weigh most first. */
void cs_case_because(const struct cs_case *c, struct cs_finding *finding);

/* Count of observations of one kind. */
static inline uint32_t cs_case_count(const struct cs_case *c, enum cs_obs kind)
{
	return c->count[kind];
}

/* Of any of first..last. */
static inline uint32_t cs_case_count_range(const struct cs_case *c, enum cs_obs first,
					   enum cs_obs last)
{
	uint32_t count = 0;

	for (unsigned kind = first; kind <= (unsigned)last; kind++)
		count = cs_sat32(count, c->count[kind]);
	return count;
}

/* a - b, never below 0. */
static inline uint32_t cs_case_less(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}
