/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_input: from the options of `scan` to its plan: reads targets and
 * excludes wherever they stand, resolves names, and says what is wrong.
 */
#pragma once

#include "cmd/cmd.h"
#include "cmd/scan_options.h"
#include "scan/plan.h"

/* More public addresses than this need an --exclude-file of the operator's own. */
enum { CS_SCAN_PUBLIC_MAX = 65536 };

/*
 * Makes the plan of a new scan and readies it. Returns -1 when it is there,
 * else the exit status; the reason has then been said.
 */
CS_MUST_USE int cs_scan_plan_new(struct cs_ctx *ctx,
				 const struct cs_scan_options *options,
				 struct cs_plan *plan);

/* Whether an address of a stored plan is excluded by now, and the first of them. */
struct cs_scan_excluded {
	bool is;
	struct cs_addr first;
};

/*
 * The excludes of today (the file that is always read, --exclude, --exclude-file)
 * hold for a stored plan, too. They cannot be taken out of it, as its order and
 * its chunks would be others. Returns -1, or the exit status when they cannot
 * be read.
 */
CS_MUST_USE int cs_scan_check_excludes(struct cs_ctx *ctx,
				       const struct cs_scan_options *options,
				       const struct cs_plan *plan,
				       struct cs_scan_excluded *out);

/* Packets a second that --rate or --bandwidth ask for. */
uint64_t cs_scan_rate(const struct cs_scan_options *options);
