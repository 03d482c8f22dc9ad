/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope report import: others' scan_coap reports into the store. All files
 * are opened before the jail closes; what is in them is read in it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cmd/live_line.h"
#include "cmd/report_settle.h"
#include "out/term.h"
#include "report/import.h"

enum { NOTES = 20 /* rows that are named without -v, a file */ };

struct importing {
	struct cs_report_job *job;
	struct cs_import_source **sources; /* one an operand; owned */
	size_t n;
	struct cs_import_want want;
	struct cs_live_line line;
	unsigned notes; /* of the file that is being read */
	uint64_t kept;
	int status; /* the worst so far */
};

static void note_row(void *arg, const char *line)
{
	struct importing *i = arg;
	const struct cs_log *log = &i->job->ctx->log;

	cs_live_clear(&i->line);
	cs_log(log, i->notes++ < NOTES ? CS_WARN : CS_DETAIL, "%s", line);
}

static void draw(void *arg, const char *name, uint64_t rows)
{
	struct importing *i = arg;
	const char *slash = strrchr(name, '/');
	char shown[41];

	if (!cs_live_is_due(&i->line))
		return;
	cs_term_text_in(shown, sizeof(shown), cs_span_str(slash ? slash + 1 : name));
	cs_live_draw(&i->line, "%s: %" PRIu64 " rows read", shown, rows);
}

static void worsen(struct importing *i, int status)
{
	if (status > i->status)
		i->status = status;
}

/* --- before the jail --- */

/*
 * One that cannot be opened is said, and keeps the others from nothing: the day's
 * mails come in by a script. Without any there is no store to be made.
 */
static int open_sources(struct importing *i)
{
	const struct cs_arg_list *paths = &i->job->options.common.operands;
	char why[CS_IMPORT_SOURCE_WHY];
	bool any = false;

	i->sources = calloc(paths->n, sizeof(struct cs_import_source *));
	if (!i->sources)
		return CS_EXIT_FAILED;
	for (; i->n < paths->n; i->n++) {
		enum cs_err err = cs_import_source_open(
			paths->item[i->n], i->job->ctx->in, &i->sources[i->n], why);

		if (err == CS_ERR_NOMEM)
			return CS_EXIT_FAILED;
		if (!err) {
			any = true;
			continue;
		}
		cs_log(&i->job->ctx->log, CS_ERROR, "%s", why);
		worsen(i, cs_exit_of(err));
	}
	return any ? -1 : i->status;
}

/* --- one text after the other --- */

static void say_days(const struct cs_import_counts *counts, char *out, size_t cap)
{
	char first[CS_DAY_TEXT], last[CS_DAY_TEXT];

	cs_report_day_text(counts->first_day, first);
	cs_report_day_text(counts->last_day, last);
	(void)snprintf(out, cap,
		       counts->first_day == counts->last_day ? " of %s" : " of %s to %s",
		       first, last);
}

/* "; 2 left out; 1 older of the same address, port and day", or nothing. */
static const char *say_lost(const struct cs_import_counts *counts, char *out, size_t cap)
{
	int n = 0;

	out[0] = '\0';
	if (counts->left_out > 0)
		n = snprintf(out, cap, "; %" PRIu64 " left out", counts->left_out);
	if (counts->duplicates > 0)
		(void)snprintf(out + n, cap - (size_t)n,
			       "; %" PRIu64 " older of the same address, port and day",
			       counts->duplicates);
	return out;
}

static void say_done(const struct importing *i, const char *name,
		     const struct cs_import_counts *counts)
{
	const struct cs_log *log = &i->job->ctx->log;
	char days[64] = "", lost[160];

	if (counts->kept > 0)
		say_days(counts, days, sizeof(days));
	if (i->notes > NOTES)
		cs_log(log, CS_WARN, "%s: %u more rows left out; -v names them", name,
		       i->notes - NOTES);
	if (counts->known)
		cs_log(log, CS_NOTE, "%s: %" PRIu64 " row%s%s, in the store already%s",
		       name, counts->kept, cs_plural(counts->kept), days,
		       counts->restored > 0
			       ? "; places and tags were gone and are put back"
			       : "");
	else
		cs_log(log, CS_NOTE, "%s: %" PRIu64 " row%s%s%s", name, counts->kept,
		       cs_plural(counts->kept), days,
		       say_lost(counts, lost, sizeof(lost)));
	if (counts->unknown > 0)
		cs_log(log, CS_DETAIL, "%s: %" PRIu64 " columns of no use here", name,
		       counts->unknown);
}

static void take_text(struct importing *i, const char *name,
		      const struct cs_import_bytes *bytes)
{
	char why[CS_IMPORT_WHY];
	struct cs_import_counts counts;
	enum cs_err err;

	i->notes = 0;
	err = cs_import(&i->want, name, bytes, &counts, why);
	cs_live_clear(&i->line);
	if (err) {
		cs_log(&i->job->ctx->log, CS_ERROR, "%s", why);
		worsen(i, cs_exit_of(err));
		return;
	}
	i->kept += counts.kept;
	say_done(i, name, &counts);
}

static void take_source(struct importing *i, struct cs_import_source *source)
{
	char why[CS_IMPORT_SOURCE_WHY];
	struct cs_import_bytes bytes;
	const char *name;
	bool any = false;

	for (;;) {
		enum cs_err err = cs_import_source_next(source, &name, &bytes, why);

		if (err == CS_ERR_NOT_FOUND)
			break;
		any = true;
		if (!err) {
			take_text(i, name, &bytes);
			continue;
		}
		cs_log(&i->job->ctx->log, CS_ERROR, "%s", why);
		worsen(i, cs_exit_of(err));
	}
	if (any)
		return;
	cs_log(&i->job->ctx->log, CS_ERROR, "%s: no .csv in this zip",
	       cs_import_source_path(source));
	worsen(i, CS_EXIT_USAGE);
}

int cs_report_import(struct cs_report_job *job)
{
	struct importing i = { .job = job, .line = cs_live_line(job->ctx) };
	int status = open_sources(&i);

	if (status < 0)
		status = cs_report_open_store(job, CS_REPORT_STORE_MAKE);
	if (status < 0)
		status = cs_report_enter_jail(job, NULL, NULL);
	i.want = (struct cs_import_want){ .store = job->store,
					  .sample = job->options.sample,
					  .now_us = cs_clock_wall(job->ctx->clock),
					  .note = note_row,
					  .progress = draw,
					  .arg = &i };
	for (size_t at = 0; status < 0 && at < i.n; at++)
		if (i.sources[at])
			take_source(&i, i.sources[at]);
	if (status < 0 && i.kept > 0)
		cs_report_settle(job);
	for (size_t at = 0; i.sources && at < i.n; at++)
		cs_import_source_close(i.sources[at]);
	free(i.sources);
	return status < 0 ? i.status : status;
}
