/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope report html: the page as one file. Where the store can be written to,
 * days that were not summed up yet are, first; else they are left out, and said.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/report_pick.h"
#include "cmd/report_settle.h"
#include "report/owners.h"
#include "report/page.h"

struct html {
	struct cs_report_job *job;
	struct cs_page_want want;
	struct cs_owners *owners;
	struct cs_out_file *file;
};

static int say(const struct html *html, int status, const char *what)
{
	cs_log(&html->job->ctx->log, CS_ERROR, "%s", what);
	return status;
}

static int read_owner(struct html *html)
{
	int status = cs_report_owner(html->job, &html->owners, &html->want.owner);

	html->want.owners = html->owners;
	return status;
}

static int open_output(struct html *html)
{
	const char *path = html->job->options.output_file;

	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO))
		return say(html, CS_EXIT_USAGE,
			   "a page is nothing for a terminal: want -o FILE");
	return cs_report_open_output(html->job, "output-file", path, &html->file);
}

/* Days that the page cannot show, since nobody has added them up. */
static enum cs_err say_unsettled(const struct html *html)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n = 0, left = 0;
	enum cs_err err = cs_store_days(html->job->store, &arena, &days, &n);

	for (size_t i = 0; !err && i < n; i++)
		left += days[i].summary_stamp == 0;
	if (left > 0)
		cs_log(&html->job->ctx->log, CS_WARN,
		       "%zu of %zu days are left out: they are not added up yet, and %s "
		       "cannot be written to by this user",
		       left, n, html->job->store_dir);
	cs_arena_clear(&arena);
	return err;
}

static int settle(struct html *html)
{
	enum cs_err err = CS_OK;

	if (html->job->store_is_read)
		err = say_unsettled(html);
	else
		cs_report_settle(html->job);
	if (!err)
		err = cs_report_say_range(html->job, html->want.first, html->want.last);
	return err ? cs_report_store_failed(html->job, err) : -1;
}

static int write_page(struct html *html)
{
	FILE *to = cs_out_file_stream(html->file);
	enum cs_err err;

	html->want.now_us = cs_clock_wall(html->job->ctx->clock);
	err = cs_page_write_file(html->job->store, &html->want, to);
	if (err && !ferror(to))
		return cs_report_store_failed(html->job, err);
	return cs_report_commit(html->job, &html->file);
}

int cs_report_html(struct cs_report_job *job)
{
	struct html html = { .job = job };
	int status = cs_report_open_to_settle(job);

	if (status < 0)
		status = cs_report_range(job, &html.want.first, &html.want.last);
	if (status < 0)
		status = read_owner(&html);
	if (status < 0)
		status = open_output(&html);
	if (status < 0)
		status = cs_report_enter_jail(job, html.file, NULL);
	if (status < 0)
		status = settle(&html);
	if (status < 0)
		status = write_page(&html);
	cs_out_file_abort(html.file);
	cs_owners_free(html.owners);
	return status < 0 ? CS_EXIT_OK : status;
}
