/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope report diff: what changed between two days.
 *
 * The store is written to where that is permitted: since when a service has
 * been there is known of days that are added up.
 */
#include <unistd.h>

#include "cmd/report_settle.h"
#include "report/diff_write.h"

struct days {
	int32_t before, after;
};

/* The two last days with data. */
static int last_two(struct cs_report_job *job, struct days *days)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *all;
	size_t n = 0, found = 0;
	enum cs_err err = cs_store_days(job->store, &arena, &all, &n);

	while (!err && n-- > 0 && found < 2) {
		if (all[n].segments == 0)
			continue;
		if (found++ == 0)
			days->after = all[n].day;
		else
			days->before = all[n].day;
	}
	cs_arena_clear(&arena);
	if (err)
		return cs_report_store_failed(job, err);
	if (found == 2)
		return -1;
	cs_log(&job->ctx->log, CS_ERROR,
	       "the store %s has data of %s: two days are wanted to be told apart",
	       job->store_dir, found ? "one day" : "no day");
	return CS_EXIT_USAGE;
}

static int read_days(struct cs_report_job *job, struct days *days)
{
	const struct cs_arg_list *operands = &job->options.common.operands;
	int status;

	if (operands->n == 0)
		return last_two(job, days);
	if (operands->n == 1) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "one day alone: want two, or none for the two last ones");
		return CS_EXIT_USAGE;
	}
	status = cs_report_day(job, operands->item[0], &days->before);
	if (status < 0)
		status = cs_report_day(job, operands->item[1], &days->after);
	if (status >= 0 || days->before < days->after)
		return status;
	cs_log(&job->ctx->log, CS_ERROR,
	       "%s and %s: want the earlier day first, and two of them",
	       operands->item[0], operands->item[1]);
	return CS_EXIT_USAGE;
}

static struct cs_diff_out output(struct cs_report_job *job, struct cs_out_file *file)
{
	int fd = cs_out_file_fd(file), form = job->options.output_format;
	bool terminal = isatty(fd);

	if (form < 0)
		form = terminal ? CS_DIFF_TABLE : CS_DIFF_JSONL;
	return (struct cs_diff_out){
		.to = cs_out_file_stream(file),
		.form = (enum cs_diff_form)form,
		.width = terminal ? job->ctx->columns : 0,
		.colour = cs_cmd_colored(job->ctx, fd),
		.quiet = job->options.common.quiet,
	};
}

/* Of a day that is not there nothing can be told: not that all is gone or new. */
static int no_data(struct cs_report_job *job, int32_t day)
{
	char text[CS_DAY_TEXT];

	cs_report_day_text(day, text);
	cs_log(&job->ctx->log, CS_ERROR,
	       "the store %s has no data of %s: want two days that have some",
	       job->store_dir, text);
	return CS_EXIT_USAGE;
}

static int look_for_days(struct cs_report_job *job, const struct days *days)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *all;
	size_t n = 0;
	bool before = false, after = false;
	enum cs_err err = cs_store_days(job->store, &arena, &all, &n);

	for (size_t i = 0; !err && i < n; i++) {
		before |= all[i].day == days->before;
		after |= all[i].day == days->after;
	}
	cs_arena_clear(&arena);
	if (err)
		return cs_report_store_failed(job, err);
	if (before && after)
		return -1;
	return no_data(job, before ? days->after : days->before);
}

static int write_diff(struct cs_report_job *job, const struct days *days,
		      struct cs_out_file **file)
{
	struct cs_diff_out out = output(job, *file);
	char text[CS_DIFF_SUMMARY];
	enum cs_err err = cs_diff_out_begin(&out);
	int status;

	if (!err)
		err = cs_diff(job->store, days->before, days->after, cs_diff_out_row,
			      &out);
	if (!err)
		err = cs_diff_out_finish(&out, days->before, days->after);
	cs_diff_out_end(&out);
	if (err && !ferror(out.to))
		return cs_report_store_failed(job, err);
	status = cs_report_commit(job, file);
	if (status >= 0)
		return status;
	if (out.form != CS_DIFF_TABLE)
		cs_log(&job->ctx->log, CS_NOTE, "%s",
		       cs_diff_out_summary(&out, days->before, days->after, text));
	return out.counts[CS_CHANGE_NEW] > 0 ? CS_EXIT_FINDINGS : CS_EXIT_OK;
}

static int check_form(struct cs_report_job *job)
{
	if (job->options.output_format <= CS_DIFF_JSONL)
		return -1;
	cs_log(&job->ctx->log, CS_ERROR,
	       "--output-format json: want table, csv or jsonl: an object a line");
	return CS_EXIT_USAGE;
}

int cs_report_diff(struct cs_report_job *job)
{
	struct cs_out_file *file = NULL;
	struct days days = { 0, 0 };
	int status = check_form(job);

	if (status < 0)
		status = cs_report_open_to_settle(job);
	if (status < 0)
		status = read_days(job, &days);
	if (status < 0)
		status = look_for_days(job, &days);
	if (status < 0)
		status = cs_report_open_output(job, "output-file",
					       job->options.output_file, &file);
	if (status < 0)
		status = cs_report_enter_jail(job, file, NULL);
	if (status < 0) {
		cs_report_settle(job);
		status = write_diff(job, &days, &file);
	}
	cs_out_file_abort(file);
	return status;
}
