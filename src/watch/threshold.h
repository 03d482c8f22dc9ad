/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threshold: the numbers that verdicts turn on, in one table: name in the
 * configuration, default, bounds, and where the number comes from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"

/* Bytes of an answer that harms nobody, however small the request (RFC 9175 section 2.6). */
enum { CS_ANSWER_SAFE = 136 };

struct cs_threshold {
	uint32_t reflection;       /* requests of one pair in a run: C1 (5, 20 or 100) */
	uint32_t reflection_gap_s; /* a longer gap ends a run */
	uint32_t reflection_pair;  /* a destination counts from so many requests on */
	uint32_t reflection_targets; /* at most so many different targets */
	uint32_t refusals;           /* requests from which on refusals prove forgery */
	uint32_t prefix_addresses;   /* requesting addresses that make a prefix a case */
	uint32_t enumeration;        /* different paths beyond the well-known one: E */
	uint32_t reflectors;         /* sources of backscatter: we are being attacked */
	uint32_t amplified;          /* bytes out over bytes in: act now */
	uint32_t list_age_days;      /* a scanner list older than that is worth less */
};

/*
 * Whether @n answers of @out bytes in all, to requests of @in, are worth having for who
 * forges senders.
 */
static inline bool cs_answers_hurt(const struct cs_threshold *t, uint64_t n, uint64_t out,
				   uint64_t in)
{
	return out > CS_ANSWER_SAFE * n && out >= t->amplified * in;
}

extern const struct cs_threshold cs_threshold_defaults;

struct cs_threshold_rule {
	const char *name; /* "reflection": --threshold reflection=100 */
	size_t at;        /* offset in struct cs_threshold */
	uint32_t preset, min, max;
	const char *what;   /* one line */
	const char *source; /* "AmpPot (100), Hopscotch (5); arXiv 2302.04614" */
};

extern const struct cs_threshold_rule cs_threshold_rules[];
extern const size_t cs_n_threshold_rules;

/* Reads "NAME=NUMBER" into @out. CS_ERR_NOT_FOUND, CS_ERR_SYNTAX, CS_ERR_RANGE */
CS_MUST_USE enum cs_err cs_threshold_read(struct cs_span text, struct cs_threshold *out);
