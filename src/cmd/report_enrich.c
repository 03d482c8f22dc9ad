/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope report enrich: adds or renews what is known of stored rows.
 *
 * Jail: as for the other verbs; with --ptr sockets to the resolvers may be opened.
 */
#include <inttypes.h>

#include "cmd/enriching.h"
#include "cmd/live_line.h"
#include "cmd/networked.h"
#include "cmd/report_job.h"
#include "report/settle.h"

struct enriching {
	struct cs_report_job *job;
	struct cs_enriching by;
	struct cs_store_day *days; /* of the catalogue */
	size_t n_days;
	struct cs_arena arena;

	int32_t day;     /* under way */
	uint64_t rows;   /* it has about so many */
	int64_t started; /* ns */
	struct cs_live_line line;
};

/* A cs_enriching_progress; @arg is the struct enriching. */
static void draw(void *arg, const struct cs_enriching_done *done)
{
	struct enriching *e = arg;
	char day[CS_DAY_TEXT], names[80] = "";

	if (!cs_live_is_due(&e->line))
		return;
	if (done->names > 0)
		(void)snprintf(names, sizeof(names),
			       ", %" PRIu64 " of %" PRIu64 " names asked for are known",
			       done->answered, done->names);
	cs_report_day_text(e->day, day);
	cs_live_draw(&e->line, "%s: %" PRIu64 " of %" PRIu64 " rows enriched%s", day,
		     done->rows, e->rows > done->rows ? e->rows : done->rows, names);
}

static void say_done(struct enriching *e, const struct cs_enriching_done *done)
{
	int64_t ns = cs_clock_mono(e->job->ctx->clock) - e->started;
	char day[CS_DAY_TEXT];

	cs_live_clear(&e->line);
	cs_report_day_text(e->day, day);
	cs_log(&e->job->ctx->log, CS_NOTE,
	       "%s: %" PRIu64 " rows enriched: %" PRIu64 " with a network, %" PRIu64
	       " with a country, %" PRIu64 " with a name; %.1f s",
	       day, done->rows, done->with_asn, done->with_geo, done->named,
	       (double)ns / (double)CS_NS_PER_S);
}

/* The day adds up to something else now. What fails here is made up for later. */
static void settle(const struct enriching *e)
{
	struct cs_report_job *job = e->job;
	char day[CS_DAY_TEXT];

	if (!cs_settle_day(job->store, e->day))
		return;
	cs_report_day_text(e->day, day);
	cs_log(&job->ctx->log, CS_WARN, "%s is enriched, but not added up: %s", day,
	       cs_store_why(job->store));
}

static int enrich_day(struct enriching *e, int32_t day, uint64_t rows)
{
	struct cs_enriching_done done = { 0 };

	e->day = day;
	e->rows = rows;
	e->started = cs_clock_mono(e->job->ctx->clock);

	enum cs_err err = cs_enriching_day(&e->by, day, NULL, e->job->options.fresh, draw,
					   e, &done);

	cs_live_clear(&e->line);
	if (err == CS_ERR_NOT_FOUND) {
		cs_report_no_data(e->job, day);
		return -1;
	}
	if (err)
		return CS_EXIT_FAILED;
	say_done(e, &done);
	settle(e);
	return -1;
}

static uint64_t rows_of(const struct enriching *e, int32_t day)
{
	for (size_t i = 0; i < e->n_days; i++)
		if (e->days[i].day == day)
			return e->days[i].rows;
	return 0;
}

static int enrich_all(struct enriching *e)
{
	struct cs_report_job *job = e->job;
	int32_t day = 0;
	int status = -1;

	enum cs_err err = cs_store_days(job->store, &e->arena, &e->days, &e->n_days);

	if (err)
		return cs_report_store_failed(job, err);
	if (!job->options.all_days) {
		status = cs_report_day(job, job->options.day, &day);
		return status < 0 ? enrich_day(e, day, rows_of(e, day)) : status;
	}
	if (e->n_days == 0)
		cs_log(&job->ctx->log, CS_NOTE, "the store %s has no data",
		       job->store_dir);
	for (size_t i = 0; i < e->n_days && status < 0; i++)
		status = enrich_day(e, e->days[i].day, e->days[i].rows);
	return status;
}

static int check_days(const struct cs_report_job *job)
{
	struct cs_origin day = cs_args_origin(&job->options.common,
					      offsetof(struct cs_report_options, day));

	if (!job->options.all_days || day.from != CS_FROM_FLAG)
		return -1;
	cs_log(&job->ctx->log, CS_ERROR,
	       "--day and --all-days contradict each other: want one of them");
	return CS_EXIT_USAGE;
}

static int open_all(struct enriching *e)
{
	struct cs_report_job *job = e->job;
	size_t geoip = offsetof(struct cs_report_options, enrich.geoip);
	int status = check_days(job);

	if (status < 0)
		status = cs_enriching_open(
			job->ctx, &job->options.enrich,
			cs_args_taken_back(&job->options.common, geoip), NULL, &e->by);
	if (status >= 0)
		return status;
	e->by.store = job->store;
	e->line = cs_live_line(job->ctx);

	const struct cs_jail_want jail = { .store = job->store_dir,
					   .offline = true,
					   .dns = e->by.ptr != NULL };

	return cs_enter_jail(job->ctx, &jail);
}

int cs_report_enrich(struct cs_report_job *job)
{
	struct enriching e = { .job = job };
	int status = open_all(&e);

	if (status < 0)
		status = enrich_all(&e);
	cs_enriching_say(&e.by);
	cs_enriching_close(&e.by);
	cs_arena_clear(&e.arena);
	return status < 0 ? CS_EXIT_OK : status;
}
