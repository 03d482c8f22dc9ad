/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope report html: the page as one file. Where the store can be written to,
 * days that were not summed up yet are, first; else they are left out, and said.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/report_pick.h"
#include "report/owners.h"
#include "report/page.h"
#include "report/settle.h"

struct html {
	struct cs_report_job *job;
	struct cs_page_want want;
	struct cs_owners *owners;
	struct cs_out_file *file;
	bool may_settle;
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

/* The frame has opened the store for reading. */
static int open_for_settling(struct html *html)
{
	struct cs_report_job *job = html->job;

	html->may_settle = access(job->store_dir, W_OK) == 0;
	if (!html->may_settle)
		return -1;
	cs_store_close(job->store);
	job->store = NULL;
	return cs_report_open_store(job, CS_REPORT_STORE_WRITE);
}

static int open_output(struct html *html)
{
	const char *path = html->job->options.output_file;

	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO))
		return say(html, CS_EXIT_USAGE,
			   "a page is nothing for a terminal: want -o FILE");
	return cs_report_open_output(html->job, "output-file", path, &html->file);
}

static void say_settling(void *arg, int32_t day)
{
	struct html *html = arg;
	char text[CS_DAY_TEXT];

	cs_report_day_text(day, text);
	cs_log(&html->job->ctx->log, CS_DETAIL, "adding up %s", text);
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
	enum cs_err err = html->may_settle
				  ? cs_settle_all(html->job->store, say_settling, html)
				  : say_unsettled(html);

	if (err == CS_ERR_DAMAGED) {
		cs_log(&html->job->ctx->log, CS_WARN,
		       "%s: `coapscope report verify` "
		       "says more",
		       cs_store_why(html->job->store));
		err = CS_OK;
	}
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
	int status = cs_report_range(job, &html.want.first, &html.want.last);

	if (status < 0)
		status = read_owner(&html);
	if (status < 0)
		status = open_for_settling(&html);
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
