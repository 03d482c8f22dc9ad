/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/report_pick.h"

int cs_report_range(struct cs_report_job *job, int32_t *first, int32_t *last)
{
	const struct cs_report_options *o = &job->options;
	int status = -1;

	*first = INT32_MIN;
	*last = INT32_MAX;
	if (o->from)
		status = cs_report_day(job, o->from, first);
	if (status < 0 && o->to)
		status = cs_report_day(job, o->to, last);
	if (status >= 0 || *first <= *last)
		return status;
	cs_log(&job->ctx->log, CS_ERROR,
	       "--from is after --to: want the earlier day first");
	return CS_EXIT_USAGE;
}

enum cs_err cs_report_say_range(struct cs_report_job *job, int32_t first, int32_t last)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	char from[CS_DAY_TEXT], to[CS_DAY_TEXT];
	size_t n = 0, within = 0;
	enum cs_err err = cs_store_days(job->store, &arena, &days, &n);

	for (size_t i = 0; !err && i < n; i++)
		within += days[i].day >= first && days[i].day <= last;
	if (n > 0 && within == 0) {
		cs_report_day_text(days[0].day, from);
		cs_report_day_text(days[n - 1].day, to);
		cs_log(&job->ctx->log, CS_WARN,
		       "no data between --from and --to: the store has %s to %s", from,
		       to);
	}
	cs_arena_clear(&arena);
	return err;
}

/* An overlap matters to those who split a day, not here. */
static void note_overlap(void *arg, const char *line)
{
	const struct cs_report_job *job = arg;

	cs_log(&job->ctx->log, CS_DETAIL, "%s", line);
}

/*
 * The owners file that counts. One that files or the environment name, for those
 * verbs that split a day, is no order to leave everything else out.
 */
static const char *owners_file(const struct cs_report_options *o)
{
	struct cs_origin origin =
		cs_args_origin(&o->common, offsetof(struct cs_report_options, owners));

	return o->owner || origin.from == CS_FROM_FLAG ? o->owners : NULL;
}

int cs_report_owner(struct cs_report_job *job, struct cs_owners **owners, uint32_t *owner)
{
	const struct cs_report_options *o = &job->options;
	const char *path = owners_file(o);
	char why[CS_OWNERS_WHY];
	size_t i = 0;
	enum cs_err err;

	if (!path != !o->owner) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "want --owners FILE and --owner NAME together");
		return CS_EXIT_USAGE;
	}
	if (!path)
		return -1;
	err = cs_owners_read(path, note_overlap, job, owners, why);
	if (err) {
		cs_log(&job->ctx->log, CS_ERROR, "%s", why);
		return cs_exit_of(err);
	}
	if (cs_owners_find(*owners, cs_span_str(o->owner), &i)) {
		*owner = (uint32_t)i;
		return -1;
	}
	cs_log(&job->ctx->log, CS_ERROR,
	       "--owner %.60s: want the name of a section of %s", o->owner, path);
	return CS_EXIT_USAGE;
}
