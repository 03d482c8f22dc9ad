/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope report prune: old days go. */
#include <inttypes.h>

#include "cmd/report_job.h"
#include "store/watch_store.h"

static double mebibytes(uint64_t bytes)
{
	return (double)bytes / (1024 * 1024);
}

static void say_done(const struct cs_report_job *job, int32_t first,
		     const struct cs_store_pruned *removed)
{
	char stays[CS_DAY_TEXT], from[CS_DAY_TEXT], to[CS_DAY_TEXT], range[64] = "";

	cs_report_day_text(first, stays);
	cs_report_day_text(removed->first, from);
	cs_report_day_text(removed->last, to);
	if (removed->days > 0)
		(void)snprintf(range, sizeof(range), " (%s to %s)", from, to);
	cs_log(&job->ctx->log, CS_NOTE,
	       "%" PRIu64 " days before %s%s %s: %" PRIu64 " segments, %.1f MiB",
	       removed->days, stays, range,
	       job->options.dry_run ? "would be removed" : "removed", removed->segments,
	       mebibytes(removed->bytes));
}

static int prune(struct cs_report_job *job, int32_t first)
{
	struct cs_store_pruned removed;
	enum cs_err err = job->options.dry_run
				  ? cs_store_prune_look(job->store, first, &removed)
				  : cs_store_prune(job->store, first, &removed);

	if (err)
		return cs_report_store_failed(job, err);
	say_done(job, first, &removed);
	return CS_EXIT_OK;
}

/* --- a store that only watches have written to: it has no catalogue, and gets none --- */

static bool has_watch(const char *dir)
{
	const struct cs_watch_find no_day = { .first = 1, .last = 0 };
	char why[CS_WATCH_STORE_WHY];
	uint64_t unreadable;

	return cs_watch_store_find(dir, &no_day, &unreadable, why) == CS_OK;
}

static int remove_watched(struct cs_report_job *job, int32_t first)
{
	struct cs_watch_store *watched = NULL;
	enum cs_err err = cs_watch_store_open(job->store_dir, 0, &watched);
	uint64_t days;

	if (!err)
		err = cs_watch_store_prune(watched, first, &days);
	if (err)
		cs_log(&job->ctx->log, CS_ERROR, "%s",
		       watched ? cs_watch_store_why(watched) : cs_strerror(err));
	cs_watch_store_close(watched);
	return err ? CS_EXIT_FAILED : -1;
}

static int prune_watched(struct cs_report_job *job, int32_t first)
{
	struct cs_store_pruned found;
	enum cs_err err = cs_store_prune_look(job->store, first, &found);
	int status = -1;

	if (err)
		return cs_report_store_failed(job, err);
	if (!job->options.dry_run)
		status = remove_watched(job, first);
	if (status >= 0)
		return status;
	say_done(job, first, &found);
	return CS_EXIT_OK;
}

/* Who only looks need not be able to write it. */
static int open_store(struct cs_report_job *job, bool *only_watched)
{
	int status = cs_report_open_store(job, CS_REPORT_STORE_NONE);

	if (status >= 0)
		return status;
	*only_watched =
		has_watch(job->store_dir) &&
		cs_store_open_read(job->store_dir, &job->store) == CS_ERR_NOT_FOUND;
	if (*only_watched) {
		job->store_is_read = job->options.dry_run;
		return -1;
	}
	cs_store_close(job->store);
	job->store = NULL;
	return cs_report_open_store(job, job->options.dry_run ? CS_REPORT_STORE_READ
							      : CS_REPORT_STORE_WRITE);
}

int cs_report_prune(struct cs_report_job *job)
{
	uint64_t keep = job->options.keep_days;
	bool only_watched = false;
	int32_t first;
	int status;

	if (keep == 0) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "prune removes for good: want --keep DAYS, as 400d");
		return CS_EXIT_USAGE;
	}
	first = (int32_t)(cs_day_number(cs_clock_wall(job->ctx->clock)) + 1 -
			  (int64_t)keep);
	status = open_store(job, &only_watched);
	if (status < 0)
		status = cs_report_enter_jail(job, NULL, NULL);
	if (status >= 0)
		return status;
	return only_watched ? prune_watched(job, first) : prune(job, first);
}
