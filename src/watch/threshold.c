/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/threshold.h"

#include <string.h>

#include "base/num.h"

#define ROW(field, preset, min, max, what, source)                                    \
	{                                                                             \
#field, offsetof(struct cs_threshold, field), preset, min, max, what, \
			source                                                        \
	}

enum {
	REFLECTION = 20,
	REFLECTION_GAP_S = 600,
	REFLECTION_PAIR = 5,
	REFLECTION_TARGETS = 3,
	REFUSALS = 20,
	PREFIX_ADDRESSES = 10,
	ENUMERATION = 3,
	REFLECTORS = 10,
	AMPLIFIED = 3,
	LIST_AGE_DAYS = 90,
	COUNT_MAX = 1000000,
	DAY_S = 86400,
	TARGETS_MAX = 10, /* as many as a source tells apart: CS_SOURCE_PATHS */
};

const struct cs_threshold cs_threshold_defaults = {
	.reflection = REFLECTION,
	.reflection_gap_s = REFLECTION_GAP_S,
	.reflection_pair = REFLECTION_PAIR,
	.reflection_targets = REFLECTION_TARGETS,
	.refusals = REFUSALS,
	.prefix_addresses = PREFIX_ADDRESSES,
	.enumeration = ENUMERATION,
	.reflectors = REFLECTORS,
	.amplified = AMPLIFIED,
	.list_age_days = LIST_AGE_DAYS,
};

/* clang-format off */
const struct cs_threshold_rule cs_threshold_rules[] = {
	ROW(reflection, REFLECTION, 2, COUNT_MAX,
	    "requests to one host in a run that make a reflection (5, 20 or 100)",
	    "Hopscotch 5, AmpPot 100 (arXiv 2302.04614); attacks here bring thousands (NETSCOUT 2019)"),
	ROW(reflection_gap_s, REFLECTION_GAP_S, 1, DAY_S,
	    "seconds without a request that end a run",
	    "AmpPot (arXiv 2302.04614)"),
	ROW(reflection_pair, REFLECTION_PAIR, 1, COUNT_MAX,
	    "requests from which on a host counts among several that are used together",
	    "a scan asks a host once or twice; Hopscotch 5"),
	ROW(reflection_targets, REFLECTION_TARGETS, 1, TARGETS_MAX,
	    "different resources at most: more is enumeration",
	    "an attack asks for the largest answer it found"),
	ROW(refusals, REFUSALS, 1, COUNT_MAX,
	    "requests from which on refused answers prove a forged address",
	    "the kernels under nmap, zmap and masscan refuse answers, too"),
	ROW(prefix_addresses, PREFIX_ADDRESSES, 2, COUNT_MAX,
	    "requesting addresses that make a prefix a case of its own",
	    "carpet attacks go round a whole /24"),
	ROW(enumeration, ENUMERATION, 1, TARGETS_MAX,
	    "different resources beyond /.well-known/core that make an enumeration",
	    "a client knows what it wants"),
	ROW(reflectors, REFLECTORS, 2, COUNT_MAX,
	    "hosts whose unasked answers mean that we are being attacked",
	    "one stray answer is chance"),
	ROW(amplified, AMPLIFIED, 1, COUNT_MAX,
	    "times the bytes of the question from which on an answer is of use to an attacker",
	    "RFC 9175 section 2.4"),
	ROW(list_age_days, LIST_AGE_DAYS, 1, COUNT_MAX,
	    "days after which a list of scanners is worth less",
	    "scanners live in rented ranges that move on"),
};
/* clang-format on */

const size_t cs_n_threshold_rules = CS_LEN(cs_threshold_rules);

static const struct cs_threshold_rule *find(struct cs_span name)
{
	for (size_t i = 0; i < cs_n_threshold_rules; i++) {
		if (cs_span_eq(name, cs_span_str(cs_threshold_rules[i].name)))
			return &cs_threshold_rules[i];
	}
	return NULL;
}

enum cs_err cs_threshold_read(struct cs_span text, struct cs_threshold *out)
{
	const uint8_t *equals = text.len ? memchr(text.ptr, '=', text.len) : NULL;

	if (!equals)
		return CS_ERR_SYNTAX;

	size_t len = (size_t)(equals - text.ptr);
	struct cs_span number = cs_span_of(equals + 1, text.len - len - 1);
	const struct cs_threshold_rule *rule = find(cs_span_of(text.ptr, len));
	uint64_t value;

	if (!rule)
		return CS_ERR_NOT_FOUND;
	if (!cs_num_u64(number, 0, UINT64_MAX, &value))
		return CS_ERR_SYNTAX;
	if (value < rule->min || value > rule->max)
		return CS_ERR_RANGE;

	uint32_t field = (uint32_t)value;

	memcpy((uint8_t *)out + rule->at, &field, sizeof(field));
	return CS_OK;
}
