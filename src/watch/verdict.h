/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict: one source's case as a whole, as every output has it: what was seen, what it
 * is, who it is, what is to be done. All borrowed.
 */
#pragma once

#include "probe/enriched.h"
#include "watch/judge.h"

struct cs_verdict {
	const struct cs_source *source; /* a prefix's where bits < 128 */
	const struct cs_finding *finding;
	const struct cs_answer *answer;
	const struct cs_actor *actor; /* NULL: nobody known */
	const struct cs_place *place; /* NULL: not enriched */
	const struct cs_sample *samples;
	size_t n_samples;
};

/* How many times the bytes the most generous answer had: hundredths; 0 without one. */
uint64_t cs_verdict_ratio(const struct cs_verdict *verdict);

/* The worse first: worry, then class, bytes out, packets, address. */
int cs_verdict_cmp(const struct cs_verdict *a, const struct cs_verdict *b);
