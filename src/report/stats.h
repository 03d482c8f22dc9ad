/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats: what days add up to, from their summaries where these hold, else
 * counted anew: of a day that is not settled, and of one owner's rows. Groups
 * and keys are those of settle.h; "change" is known from summaries alone.
 */
#pragma once

#include "report/count.h"
#include "report/owners.h"
#include "store/store.h"

/* One day in short. */
struct cs_stats_day {
	int32_t day;
	uint64_t services, addresses, ipv6;
	bool has_changes;    /* against the day with data before it */
	uint64_t changes[5]; /* by enum cs_change */
};

struct cs_stats {
	struct cs_stats_day *days; /* ascending, those with data; in the arena */
	size_t n;
	struct cs_sums last;         /* all groups of the last day; most first */
	struct cs_span *enriched_by; /* of the last day: JSON texts; in the arena */
	size_t n_enriched_by;
	struct cs_arena arena;
};

struct cs_stats_want {
	int32_t first, last;
	const struct cs_owners *owners; /* with .owner: only that one's; or NULL */
	uint32_t owner;
	cs_store_sum_fn *each; /* is given all sums, day by day; or NULL */
	void *arg;
};

/*
 * Fills @stats, which is to be cleared in every case. No day with data: n is 0.
 * What the store and .each give; CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_stats_find(struct cs_store *store,
				      const struct cs_stats_want *want,
				      struct cs_stats *stats);
void cs_stats_clear(struct cs_stats *stats);
