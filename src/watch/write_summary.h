/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_summary: what a whole capture was, in one JSON line, coapscope.capture/1. Write
 * errors are left in the stream.
 */
#pragma once

#include "out/json.h"
#include "watch/post.h"

void cs_write_summary(FILE *to, const struct cs_post_counts *counts);

/* The same counters as members of an object that is open (EVE's stats). */
void cs_write_summary_in(struct cs_json *j, const struct cs_post_counts *counts);

/* One plain counter, for outputs that want to name each: see cs_counters. */
struct cs_counter {
	const char *name;
	const char *help; /* one sentence */
	bool gauge;       /* may go down */
	uint64_t (*of)(const struct cs_post_counts *counts);
};
extern const struct cs_counter cs_counters[];
extern const size_t cs_n_counters;
