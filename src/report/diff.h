/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff: two days beside each other. A service is a 2.05 answer or a report's row.
 *
 * new         a service now; on the earlier day it was none
 * gone        a service then; a closed chunk of the later day asked it, and
 *             nothing answered. Not gone is one that answers with another code
 *             now: its response changed
 * not_probed  a service then, of which the later day knows nothing
 * moved       gone here and new there with the same answer (of 16 bytes and more)
 *             from the same port and the same stack, within an IPv4 /24 or an IPv6 /64:
 *             in order of address, each once
 * changed     response: another body or code; what changes by itself (Message ID,
 *             ETag, Max-Age) is not looked at, and a body that was cut counts
 *             as equal as far as it goes. Stack and severity only where both days
 *             were judged
 */
#pragma once

#include "probe/reading.h"
#include "report/model.h"

enum cs_change {
	CS_CHANGE_NEW,
	CS_CHANGE_GONE,
	CS_CHANGE_CHANGED, /* response, stack or severity */
	CS_CHANGE_MOVED,   /* gone here, the same answer new in the same prefix */
	CS_CHANGE_NOT_PROBED,
	CS_CHANGES,
};

/* "new", "gone", "changed", "moved", "not_probed". */
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
	struct cs_addr from; /* moved: where it was */
	/* Seen; 0 unknown. Moved: first at the old place, last at the new one. */
	int64_t first_us, last_us;
};

typedef enum cs_err cs_diff_fn(void *arg, const struct cs_diff_row *row);

/*
 * Calls @each for every difference, by address and port (moved at its new
 * place). Both days are in memory meanwhile, as models are. CS_ERR_NOT_FOUND: a
 * day without data; and what the store gives.
 */
CS_MUST_USE enum cs_err cs_diff(struct cs_store *store, int32_t before, int32_t after,
				cs_diff_fn *each, void *arg);

/* The same of models that were loaded with every code; @seen: look up since when. */
CS_MUST_USE enum cs_err cs_diff_models(struct cs_store *store,
				       const struct cs_model *before,
				       const struct cs_model *after, bool seen,
				       cs_diff_fn *each, void *arg);
