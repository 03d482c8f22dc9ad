/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/report_job.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/networked.h"

static int find_store(struct cs_report_job *job)
{
	const char *dir = job->options.store;

	if (!dir && !cs_default_store(job->ctx, job->store_dir))
		return -1;
	if (dir && strlen(dir) < sizeof(job->store_dir)) {
		memcpy(job->store_dir, dir, strlen(dir) + 1);
		return -1;
	}
	cs_log(&job->ctx->log, CS_ERROR, "no place for a store: want --store DIR");
	return CS_EXIT_USAGE;
}

int cs_report_no_store(const struct cs_report_job *job)
{
	cs_log(&job->ctx->log, CS_ERROR,
	       "no store in %s: `coapscope scan --store DIR` or `coapscope report import "
	       "--store DIR` makes one",
	       job->store_dir);
	return CS_EXIT_USAGE;
}

/* In its jail root has no more rights than others: it must own what it reads. */
static bool is_of_another_user(const struct cs_report_job *job, const char *why,
			       uid_t *owner)
{
	struct stat st;

	if (!strstr(why, strerror(EACCES)) || stat(job->store_dir, &st) != 0)
		return false;
	*owner = st.st_uid;
	return st.st_uid != geteuid();
}

int cs_report_store_failed(const struct cs_report_job *job, enum cs_err err)
{
	const char *why = job->store ? cs_store_why(job->store) : "";
	uid_t owner;

	if (!*why)
		why = cs_strerror(err);
	if (is_of_another_user(job, why, &owner))
		cs_log(&job->ctx->log, CS_ERROR,
		       "%s: the store is user %u's: want sudo -u '#%u' coapscope ...",
		       why, owner, owner);
	else
		cs_log(&job->ctx->log, CS_ERROR, "%s", why);
	/* Whatever is wrong with the store's files, it is not the command line. */
	return CS_EXIT_FAILED;
}

int cs_report_open_store(struct cs_report_job *job, enum cs_report_store how)
{
	enum cs_err err = CS_OK;
	int status = find_store(job);

	if (status >= 0)
		return status;
	if (how == CS_REPORT_STORE_MAKE && cs_make_folders(job->store_dir)) {
		cs_log(&job->ctx->log, CS_ERROR, "--store %s: %s", job->store_dir,
		       strerror(errno));
		return CS_EXIT_FAILED;
	}
	job->store_is_read = how == CS_REPORT_STORE_READ;
	/* A look first: opening for writing would make one. */
	if (how == CS_REPORT_STORE_READ || how == CS_REPORT_STORE_WRITE)
		err = cs_store_open_read(job->store_dir, &job->store);
	if (err == CS_ERR_NOT_FOUND)
		return cs_report_no_store(job);
	if (how == CS_REPORT_STORE_WRITE && !err) {
		cs_store_close(job->store);
		job->store = NULL;
	}
	if (!err && !job->store && how != CS_REPORT_STORE_NONE)
		err = cs_store_open(job->store_dir, &job->store);
	return err ? cs_report_store_failed(job, err) : -1;
}

void cs_report_day_text(int32_t day, char out[CS_DAY_TEXT])
{
	cs_day_text(day * CS_US_PER_DAY, out);
}

/* The last day that has rows; *@day stays as it is where there is none. */
static int last_day(struct cs_report_job *job, int32_t *day)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n = 0;
	enum cs_err err = cs_store_days(job->store, &arena, &days, &n);

	while (!err && n > 0 && days[n - 1].rows == 0)
		n--;
	if (!err && n > 0)
		*day = days[n - 1].day;
	cs_arena_clear(&arena);
	return err ? cs_report_store_failed(job, err) : -1;
}

int cs_report_day(struct cs_report_job *job, const char *text, int32_t *day)
{
	*day = (int32_t)cs_day_number(cs_clock_wall(job->ctx->clock));
	if (strcmp(text, "last") == 0)
		return last_day(job, day);
	if (strcmp(text, "yesterday") == 0) {
		--*day;
	} else if (strcmp(text, "today") != 0 && !cs_day_read(cs_span_str(text), day)) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "'%.60s': want a day as 2026-11-21, today, yesterday or last",
		       text);
		return CS_EXIT_USAGE;
	}
	return -1;
}

void cs_report_no_data(const struct cs_report_job *job, int32_t day)
{
	char text[CS_DAY_TEXT];

	cs_report_day_text(day, text);
	cs_log(&job->ctx->log, CS_NOTE, "the store %s has no data of %s", job->store_dir,
	       text);
}

int cs_report_open_output(struct cs_report_job *job, const char *option, const char *path,
			  struct cs_out_file **out)
{
	if (!cs_out_file_open(path, out))
		return -1;
	cs_log(&job->ctx->log, CS_ERROR, "--%s %s: %s", option, path, strerror(errno));
	return CS_EXIT_FAILED;
}

int cs_report_commit(struct cs_report_job *job, struct cs_out_file **out)
{
	struct cs_out_file *file = *out;

	*out = NULL;
	if (!file || !cs_out_file_commit(file))
		return -1;
	cs_log(&job->ctx->log, CS_ERROR, "writing the report: %s", strerror(errno));
	return CS_EXIT_FAILED;
}

int cs_report_enter_jail(const struct cs_report_job *job, const struct cs_out_file *file,
			 const char *folder)
{
	const struct cs_jail_want want = { .store = job->store ? job->store_dir : NULL,
					   .read_only = job->store_is_read,
					   .folder = folder,
					   .files = { file },
					   .offline = true };

	return cs_enter_jail(job->ctx, &want);
}
