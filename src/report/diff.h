/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff: two days beside each other. Gone is said only of what a closed chunk of the
 * later day asked and that was silent; what was not asked is not_probed.
 */
#pragma once

#include "probe/reading.h"
#include "store/store.h"

enum cs_change {
	CS_CHANGE_NEW,
	CS_CHANGE_GONE,
	CS_CHANGE_CHANGED, /* response, stack or severity */
	CS_CHANGE_MOVED,   /* gone here, the same answer new in the same prefix */
	CS_CHANGE_NOT_PROBED,
	CS_CHANGES,
};

const char *cs_change_name(enum cs_change change);

enum cs_change_part { /* of CHANGED: which */
		      CS_PART_RESPONSE = 1 << 0,
		      CS_PART_STACK = 1 << 1,
		      CS_PART_SEVERITY = 1 << 2,
};

struct cs_diff_row {
	enum cs_change change;
	unsigned parts; /* enum cs_change_part */
	/* Borrowed for the call; before is NULL for new, after for gone and not_probed. */
	const struct cs_result *before, *after;
	const struct cs_enriched *enriched_before, *enriched_after; /* or NULL */
	struct cs_addr from;       /* moved: where it was */
	int64_t first_us, last_us; /* seen; 0 unknown */
};

typedef enum cs_err cs_diff_fn(void *arg, const struct cs_diff_row *row);

/*
 * Calls @each for every difference, by address and port (moved at its new
 * place). Only 2.05 answers and reports' rows count as services. Memory grows with what is
 * new and gone, not with the days.
 */
CS_MUST_USE enum cs_err cs_diff(struct cs_store *store, int32_t before, int32_t after,
				cs_diff_fn *each, void *arg);
