/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope report stats: what days add up to.
 *
 * The store is written to where that is permitted: to add up days that are not.
 */
#include <unistd.h>

#include "cmd/report_pick.h"
#include "cmd/report_settle.h"
#include "report/stats_write.h"

enum { TABLE, CSV, JSONL }; /* the words of -O; the fourth, json, is jsonl */

struct statistics {
	struct cs_report_job *job;
	struct cs_stats_want want;
	struct cs_owners *owners; /* owned */
	struct cs_out_file *file; /* owned */
	int form;
};

/* One day unless --from or --to says that it is several. */
static int read_days(struct statistics *s)
{
	const struct cs_report_options *o = &s->job->options;
	enum cs_from day =
		cs_args_origin(&o->common, offsetof(struct cs_report_options, day)).from;
	int status;

	if (o->from || o->to) {
		if (day != CS_FROM_FLAG)
			return cs_report_range(s->job, &s->want.first, &s->want.last);
		cs_log(&s->job->ctx->log, CS_ERROR,
		       "--day is one day: want it, or --from and --to");
		return CS_EXIT_USAGE;
	}
	status = cs_report_day(s->job, o->day, &s->want.first);
	s->want.last = s->want.first;
	return status;
}

static int open_output(struct statistics *s)
{
	int status = cs_report_open_output(s->job, "output-file",
					   s->job->options.output_file, &s->file);

	if (status >= 0)
		return status;
	s->form = s->job->options.output_format;
	if (s->form < 0)
		s->form = isatty(cs_out_file_fd(s->file)) ? TABLE : JSONL;
	if (s->form == CSV) {
		s->want.each = cs_stats_csv_row;
		s->want.arg = cs_out_file_stream(s->file);
		cs_stats_csv_begin(s->want.arg);
	}
	return -1;
}

static enum cs_err put(const struct statistics *s, const struct cs_stats *stats)
{
	FILE *to = cs_out_file_stream(s->file);
	const char *owner = s->job->options.owner;
	int fd = cs_out_file_fd(s->file);

	if (s->form == TABLE)
		return cs_stats_write_table(stats, owner, to,
					    isatty(fd) ? s->job->ctx->columns : 0,
					    cs_cmd_colored(s->job->ctx, fd));
	if (s->form != CSV)
		cs_stats_write_json(stats, owner, to);
	return CS_OK;
}

static void say_no_data(const struct statistics *s)
{
	if (s->want.first == s->want.last)
		cs_report_no_data(s->job, s->want.last);
	else
		cs_log(&s->job->ctx->log, CS_NOTE,
		       "the store %s has no data of these days", s->job->store_dir);
}

static int write_stats(struct statistics *s)
{
	FILE *to = cs_out_file_stream(s->file);
	struct cs_stats stats;
	enum cs_err err = cs_stats_find(s->job->store, &s->want, &stats);

	if (!err && stats.n == 0)
		say_no_data(s);
	if (!err)
		err = put(s, &stats);
	cs_stats_clear(&stats);
	if (err && !ferror(to))
		return cs_report_store_failed(s->job, err);
	return cs_report_commit(s->job, &s->file);
}

int cs_report_stats(struct cs_report_job *job)
{
	struct statistics s = { .job = job };
	int status = cs_report_open_to_settle(job);

	if (status < 0)
		status = read_days(&s);
	if (status < 0)
		status = cs_report_owner(job, &s.owners, &s.want.owner);
	s.want.owners = s.owners;
	if (status < 0)
		status = open_output(&s);
	if (status < 0)
		status = cs_report_enter_jail(job, s.file, NULL);
	if (status < 0) {
		cs_report_settle(job);
		status = write_stats(&s);
	}
	cs_out_file_abort(s.file);
	cs_owners_free(s.owners);
	return status < 0 ? CS_EXIT_OK : status;
}
