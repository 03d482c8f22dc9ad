/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope report verify: whether a store holds together. Without --repair it is
 * only read. The store is opened here, as one that is damaged may not open.
 */
#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cmd/report_job.h"
#include "out/json.h"
#include "out/term.h"

enum { TABLE, CSV, JSONL }; /* the words of -O; the fourth is json */

struct verifying {
	struct cs_report_job *job;
	struct cs_out_file *file; /* owned */
	bool table;
	uint64_t found, repaired, lost;
};

/* --- findings --- */

static void write_line(FILE *to, const struct cs_store_finding *f)
{
	cs_term_text(to, cs_span_str(f->file));
	fputs(": ", to);
	cs_term_text(to, cs_span_str(f->what));
	fputc('\n', to);
}

static void write_object(FILE *to, const struct cs_store_finding *f)
{
	struct cs_json j = cs_json_to(to);

	cs_json_object(&j);
	cs_json_key(&j, "schema");
	cs_json_word(&j, "coapscope.verify/1");
	cs_json_key(&j, "file");
	cs_json_string(&j, cs_span_str(f->file));
	cs_json_key(&j, "what");
	cs_json_string(&j, cs_span_str(f->what));
	cs_json_key(&j, "repaired");
	cs_json_bool(&j, f->repaired);
	cs_json_key(&j, "lost");
	cs_json_bool(&j, f->lost);
	cs_json_object_end(&j);
	cs_json_line(&j);
}

static void take(void *arg, const struct cs_store_finding *f)
{
	struct verifying *v = arg;
	FILE *to = cs_out_file_stream(v->file);

	if (f->note) {
		cs_log(&v->job->ctx->log, CS_DETAIL, "%s: %s", f->file, f->what);
		return;
	}
	v->found++;
	v->repaired += f->repaired;
	v->lost += f->lost;
	if (v->table)
		write_line(to, f);
	else
		write_object(to, f);
}

/* --- the store --- */

/* Whether there are folders of days, so that it was a store. */
static bool has_days(const char *path)
{
	DIR *dir = opendir(path);
	bool any = false;
	int32_t day;

	for (struct dirent *e; dir && !any && (e = readdir(dir)) != NULL;)
		any = cs_day_read(cs_span_str(e->d_name), &day);
	if (dir)
		(void)closedir(dir); /* only read from */
	return any;
}

/* What checking finds out better is no reason to stop here. */
static bool can_go_on(const struct cs_report_job *job, enum cs_err err)
{
	if (!job->store)
		return false;
	if (err == CS_ERR_NOT_FOUND)
		return has_days(job->store_dir);
	return !err || err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN;
}

static int open_store(struct cs_report_job *job)
{
	int status = cs_report_open_store(job, CS_REPORT_STORE_NONE);
	enum cs_err err;

	if (status >= 0)
		return status;
	/* A look first: opening for writing would make one. */
	err = cs_store_open_read(job->store_dir, &job->store);
	job->store_is_read = !job->options.repair;
	if (can_go_on(job, err) && job->options.repair) {
		cs_store_close(job->store);
		err = cs_store_open(job->store_dir, &job->store);
	}
	if (can_go_on(job, err))
		return -1;
	return err == CS_ERR_NOT_FOUND ? cs_report_no_store(job)
				       : cs_report_store_failed(job, err);
}

static int open_output(struct verifying *v)
{
	struct cs_report_job *job = v->job;
	int form = job->options.output_format;
	int status = cs_report_open_output(job, "output-file", job->options.output_file,
					   &v->file);

	if (status < 0)
		v->table = form < 0 ? isatty(cs_out_file_fd(v->file)) : form == TABLE;
	return status;
}

static int check_form(struct cs_report_job *job)
{
	if (job->options.output_format != CSV)
		return -1;
	cs_log(&job->ctx->log, CS_ERROR, "--output-format csv: want table or jsonl");
	return CS_EXIT_USAGE;
}

static int check(struct verifying *v)
{
	struct cs_report_job *job = v->job;
	struct cs_store_checked checked;
	enum cs_err err =
		cs_store_verify(job->store, job->options.repair, take, v, &checked);
	int status;

	if (err)
		return cs_report_store_failed(job, err);
	status = cs_report_commit(job, &v->file);
	if (status >= 0)
		return status;
	cs_log(&job->ctx->log, CS_NOTE,
	       "%" PRIu64 " days, %" PRIu64 " segments, %" PRIu64 " rows: %" PRIu64
	       " found, %" PRIu64 " repaired, %" PRIu64 " with loss",
	       checked.days, checked.segments, checked.rows, v->found, v->repaired,
	       v->lost);
	if (v->found > v->repaired && !job->options.repair)
		cs_log(&job->ctx->log, CS_NOTE,
		       "`coapscope report verify --repair` repairs what can be repaired");
	return v->found > v->repaired || v->lost > 0 ? CS_EXIT_FAILED : CS_EXIT_OK;
}

int cs_report_verify(struct cs_report_job *job)
{
	struct verifying v = { .job = job };
	int status = check_form(job);

	if (status < 0)
		status = open_store(job);
	if (status < 0)
		status = open_output(&v);
	if (status < 0)
		status = cs_report_enter_jail(job, v.file, NULL);
	if (status < 0)
		status = check(&v);
	cs_out_file_abort(v.file);
	return status;
}
