/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope report prune: old days go. */
#include <inttypes.h>

#include "cmd/report_job.h"

static double mebibytes(uint64_t bytes)
{
	return (double)bytes / (1024 * 1024);
}

int cs_report_prune(struct cs_report_job *job)
{
	const struct cs_log *log = &job->ctx->log;
	uint64_t keep = job->options.keep_days;
	struct cs_store_pruned removed;
	char text[CS_DAY_TEXT];
	int32_t first;
	int status;

	if (keep == 0) {
		cs_log(log, CS_ERROR,
		       "prune removes for good: want --keep DAYS, as 400d");
		return CS_EXIT_USAGE;
	}
	first = (int32_t)(cs_day_number(cs_clock_wall(job->ctx->clock)) + 1 -
			  (int64_t)keep);
	status = cs_report_enter_jail(job, NULL, NULL);
	if (status >= 0)
		return status;

	enum cs_err err = cs_store_prune(job->store, first, &removed);

	if (err)
		return cs_report_store_failed(job, err);
	cs_report_day_text(first, text);
	cs_log(log, CS_NOTE,
	       "%" PRIu64 " days before %s removed: %" PRIu64 " segments, %.1f MiB",
	       removed.days, text, removed.segments, mebibytes(removed.bytes));
	return CS_EXIT_OK;
}
