/* SPDX-License-Identifier: Apache-2.0 */
/* report_pick: which rows: --from and --to, --owners and --owner. */
#pragma once

#include "cmd/report_job.h"
#include "report/owners.h"

/*
 * The days of --from and --to, INT32_MIN and INT32_MAX where they are not given.
 * Like all that returns int in report_job.h.
 */
CS_MUST_USE int cs_report_range(struct cs_report_job *job, int32_t *first, int32_t *last);

/* Says as a warning that no day that the store has is in the range. */
CS_MUST_USE enum cs_err cs_report_say_range(struct cs_report_job *job, int32_t first,
					    int32_t last);

/*
 * Reads --owners and finds --owner in it; *@owners stays NULL where neither is
 * given. One without the other is an error. The caller frees *@owners.
 */
CS_MUST_USE int cs_report_owner(struct cs_report_job *job, struct cs_owners **owners,
				uint32_t *owner);
