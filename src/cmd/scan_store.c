/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/as_user.h"
#include "cmd/scan_input.h"
#include "cmd/scan_job.h"
#include "report/settle.h"
#include "scan/metadata.h"

int cs_scan_say(const struct cs_scan_job *job, int status, const char *what)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s", what);
	return status;
}

int cs_scan_find_store(struct cs_scan_job *job)
{
	const char *dir = job->options.store;

	if (job->options.no_store)
		return -1;
	if (dir && strlen(dir) < sizeof(job->store_dir)) {
		memcpy(job->store_dir, dir, strlen(dir) + 1);
		return -1;
	}
	if (dir || cs_default_store(job->ctx, job->store_dir))
		return cs_scan_say(
			job, CS_EXIT_USAGE,
			"no place for a store: want --store DIR or --no-store");
	return -1;
}

int cs_scan_make_store(const struct cs_scan_job *job)
{
	if (job->options.no_store)
		return -1;
	return cs_make_store(job->ctx, job->store_dir, job->options.user);
}

int cs_scan_open_store(struct cs_scan_job *job)
{
	enum cs_err err;

	if (job->options.no_store)
		return -1;
	err = cs_store_open(job->store_dir, &job->store);
	if (!err)
		return -1;
	return cs_scan_say(job, CS_EXIT_FAILED,
			   job->store ? cs_store_why(job->store) : cs_strerror(err));
}

static void close_store(struct cs_scan_job *job)
{
	cs_store_close(job->store);
	job->store = NULL;
}

static int no_such_scan(const struct cs_scan_job *job)
{
	cs_log(&job->ctx->log, CS_ERROR, "--resume %s: the store %s has no such scan",
	       job->options.resume, job->store_dir);
	return CS_EXIT_USAGE;
}

/* A flipped bit in a range is a range still, but not the one that was to be asked. */
static bool key_holds(const struct cs_scan_job *job)
{
	uint8_t hash[CS_PLAN_HASH];

	cs_plan_key(job->row.plan, hash);
	return memcmp(hash, job->row.plan_hash, sizeof(hash)) == 0;
}

static int check_excluded(const struct cs_scan_job *job)
{
	char text[CS_ADDR_TEXT];

	if (!job->excluded.is)
		return -1;
	cs_addr_text(&job->excluded.first, text);
	cs_log(&job->ctx->log, CS_ERROR,
	       "--resume: %s is excluded by now, but this scan asks it: want a new scan",
	       text);
	return CS_EXIT_REFUSED;
}

static bool is_complete(const struct cs_scan *scan)
{
	for (uint64_t chunk = 0; chunk < scan->plan.chunks; chunk++)
		if (!cs_shard_is_closed(scan->shard, chunk))
			return false;
	return true;
}

int cs_scan_resume_plan(struct cs_scan_job *job)
{
	const char *which = job->options.resume;
	uint8_t id[CS_SCAN_ID];
	bool last = strcmp(which, "last") == 0;

	if (!last && !cs_hex_read(cs_span_str(which), id, sizeof(id))) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "--resume '%s': want a scan's id (32 hex digits) or 'last'",
		       which);
		return CS_EXIT_USAGE;
	}

	int status = access(job->store_dir, F_OK) ? no_such_scan(job)
						  : cs_scan_open_store(job);

	if (status >= 0)
		return status;

	enum cs_err err =
		cs_store_scan_find(job->store, last ? NULL : id, &job->arena, &job->row);

	if (err == CS_ERR_NOT_FOUND)
		return no_such_scan(job);
	if (err)
		return cs_scan_say(job, CS_EXIT_FAILED, cs_store_why(job->store));
	close_store(job); /* to be opened again in the jail */
	err = key_holds(job)
		      ? cs_plan_read(job->row.plan, job->row.shard, &job->scan.plan)
		      : CS_ERR_DAMAGED;
	if (err)
		return cs_scan_say(job, CS_EXIT_FAILED, "the stored plan is damaged");
	if (cs_args_origin(&job->options.common,
			   offsetof(struct cs_scan_options, rate_pps))
			    .from > CS_FROM_DEFAULT ||
	    job->options.bandwidth_bps)
		job->scan.plan.rate_pps = cs_scan_rate(&job->options);

	status = cs_scan_check_excludes(job->ctx, &job->options, &job->scan.plan,
					&job->excluded);

	/* What is done sends nothing: cs_scan_open_shard() looks whether it is. */
	if (status >= 0 || job->row.state == CS_SCAN_DONE)
		return status;
	return check_excluded(job);
}

int cs_scan_open_shard(struct cs_scan_job *job)
{
	struct cs_scan *scan = &job->scan;
	enum cs_err err = CS_OK;

	if (job->options.no_store)
		return -1;
	if (!job->options.resume) {
		job->row.shard = scan->plan.shard;
		job->row.shards = scan->plan.shards;
		job->row.n_chunks = scan->plan.chunks;
		job->row.started_us = cs_clock_wall(scan->clock);
		err = cs_plan_write(&scan->plan, &job->arena, &job->row.plan);
		if (!err)
			cs_plan_key(job->row.plan, job->row.plan_hash);
		if (!err)
			err = cs_store_scan_begin(job->store, &job->row);
	}
	if (!err)
		err = cs_shard_open(job->store, job->row.id, scan->plan.shard,
				    &scan->shard);
	if (err == CS_ERR_BUSY)
		return cs_scan_say(job, CS_EXIT_FAILED,
				   "this scan is being run by another process");
	if (err)
		return cs_scan_say(job, CS_EXIT_FAILED, cs_store_why(job->store));
	return is_complete(scan) ? -1 : check_excluded(job);
}

/*
 * This run asked nobody and only wrote the results of an ended scan once more:
 * what the store says of that scan stays.
 */
static bool is_copy(struct cs_scan_job *job)
{
	return job->options.resume && job->row.state == CS_SCAN_DONE &&
	       job->row.metadata.len > 0 &&
	       cs_counted(&job->scan.counters.probes_sent) == 0;
}

void cs_scan_write_metadata(struct cs_scan_job *job, FILE *to)
{
	const struct cs_metadata about = { .scan = job->id,
					   .sender = cs_setup_senders(&job->setup),
					   .started_us = job->row.started_us,
					   .ended_us = job->row.ended_us };

	cs_metadata_write(&job->scan, &about, to);
}

/* The scan's row in the catalogue, with its counters. */
static bool update_row(struct cs_scan_job *job)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);

	if (!memory)
		return false;
	cs_scan_write_metadata(job, memory);
	if (fclose(memory)) {
		free(text);
		return false;
	}
	job->row.metadata = cs_span_of(text, len);
	job->row.state = job->scan.chunks_open ? CS_SCAN_STOPPED : CS_SCAN_DONE;

	enum cs_err err = cs_store_scan_update(job->store, &job->row);

	free(text);
	job->row.metadata = (struct cs_span){ 0 };
	return !err;
}

int cs_scan_open_enriching(struct cs_scan_job *job)
{
	size_t geoip = offsetof(struct cs_scan_options, enrich.geoip);

	if (!job->options.enriched)
		return -1;
	return cs_enriching_open(job->ctx, &job->options.enrich,
				 cs_args_taken_back(&job->options.common, geoip),
				 &job->scan.signal_fd, &job->enriching);
}

/* All days that the scan can have rows of. */
static int enrich_days(struct cs_scan_job *job)
{
	int32_t last = (int32_t)cs_day_number(job->row.ended_us);
	struct cs_enriching_done done = { 0 };

	for (int32_t day = (int32_t)cs_day_number(job->row.started_us); day <= last;
	     day++) {
		enum cs_err err = cs_enriching_day(&job->enriching, day, job->row.id,
						   false, NULL, NULL, &done);

		if (err && err != CS_ERR_NOT_FOUND)
			return CS_EXIT_FAILED;
	}
	return CS_EXIT_OK;
}

/*
 * First and last seen, and what the days add up to. What fails here is made up
 * for by whoever reads them next, so the scan is none the worse.
 */
static void settle_days(struct cs_scan_job *job)
{
	int32_t last = (int32_t)cs_day_number(job->row.ended_us);

	for (int32_t day = (int32_t)cs_day_number(job->row.started_us); day <= last;
	     day++) {
		char text[CS_DAY_TEXT];

		if (!cs_settle_day(job->store, day))
			continue;
		cs_day_text(day * CS_US_PER_DAY, text);
		cs_log(&job->ctx->log, CS_WARN, "%s is stored, but not added up: %s",
		       text, cs_store_why(job->store));
		return;
	}
}

int cs_scan_end_store(struct cs_scan_job *job)
{
	struct cs_shard *shard = job->scan.shard;

	if (!shard)
		return CS_EXIT_OK;
	job->scan.shard = NULL;
	if (job->scan.end == CS_END_STORE_FAILED) {
		cs_shard_abandon(shard);
		return CS_EXIT_FAILED;
	}
	if (cs_shard_publish(shard) || (!is_copy(job) && !update_row(job)))
		return cs_scan_say(job, CS_EXIT_FAILED, cs_store_why(job->store));

	int status = job->enriching.enricher ? enrich_days(job) : CS_EXIT_OK;

	if (job->scan.end != CS_END_CUT) /* who sends two signals is in a hurry */
		settle_days(job);
	return status;
}
