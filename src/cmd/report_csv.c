/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope report csv, report jsonl: a day's rows as they are given to others. */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "cmd/report_job.h"
#include "report/split.h"

enum { NOTES_SHOWN = 20 /* overlaps of owners that are said without -v */ };

/* What writing the rows needs. */
struct rows {
	struct cs_report_job *job;
	const struct cs_record_format *format;
	const char *ending;
	int32_t day;
	struct cs_owners *owners; /* NULL: none were named */
	unsigned notes;           /* on them, so far */
	struct cs_record_out out;
	struct cs_out_file *file; /* one output, or */
	struct cs_split *split;   /* files in a folder */
	bool tells_scan;          /* and since when: JSON */
	char scan[CS_SCAN_ID_TEXT];
	struct cs_record_seen seen;
	uint64_t written;
};

/* --- what the options say --- */

static int say(const struct rows *rows, int status, const char *what)
{
	cs_log(&rows->job->ctx->log, CS_ERROR, "%s", what);
	return status;
}

static enum cs_from from(const struct rows *rows, size_t option)
{
	return cs_args_origin(&rows->job->options.common, option).from;
}

/* Options that count for nothing without a folder are a mistake. */
static int check(const struct rows *rows)
{
	const struct cs_report_options *o = &rows->job->options;
	enum cs_from file = from(rows, offsetof(struct cs_report_options, output_file));
	enum cs_from owners = from(rows, offsetof(struct cs_report_options, owners));

	if (o->out_dir && file > CS_FROM_DEFAULT)
		return say(rows, CS_EXIT_USAGE,
			   "--out-dir and --output-file: want one of them");
	/* In a file or the environment it waits for an --out-dir. */
	if (!o->out_dir && owners == CS_FROM_FLAG)
		return say(rows, CS_EXIT_USAGE,
			   "--owners makes a file for each: want --out-dir DIR too");
	if (!o->out_dir && o->split_ipv6)
		return say(rows, CS_EXIT_USAGE,
			   "--split-ipv6 makes two files: want --out-dir DIR too");
	return -1;
}

/* A cs_owners_note_fn; @arg is the struct rows. */
static void note_overlap(void *arg, const char *line)
{
	struct rows *rows = arg;

	cs_log(&rows->job->ctx->log, ++rows->notes <= NOTES_SHOWN ? CS_WARN : CS_DETAIL,
	       "%s", line);
}

static int read_owners(struct rows *rows)
{
	const char *path = rows->job->options.owners;
	char why[CS_OWNERS_WHY];
	enum cs_err err;

	if (!path || !rows->job->options.out_dir)
		return -1;
	err = cs_owners_read(path, note_overlap, rows, &rows->owners, why);
	if (err)
		return say(rows, cs_exit_of(err), why);
	if (rows->notes > NOTES_SHOWN)
		cs_log(&rows->job->ctx->log, CS_WARN, "%s: %u more such lines with -v",
		       path, rows->notes - NOTES_SHOWN);
	return -1;
}

static int open_folder(struct rows *rows)
{
	const struct cs_report_options *o = &rows->job->options;
	const struct cs_split_want want = { .folder = o->out_dir,
					    .day = rows->day,
					    .format = rows->format,
					    .ending = rows->ending,
					    .owners = rows->owners,
					    .ipv6_apart = o->split_ipv6 };
	char why[CS_SPLIT_WHY];

	if (cs_make_folders(o->out_dir)) {
		cs_log(&rows->job->ctx->log, CS_ERROR, "--out-dir %s: %s", o->out_dir,
		       strerror(errno));
		return CS_EXIT_FAILED;
	}
	if (!cs_split_open(&want, &rows->out, &rows->split, why))
		return -1;
	return say(rows, CS_EXIT_FAILED, why);
}

static int open_output(struct rows *rows)
{
	const struct cs_report_options *o = &rows->job->options;
	int status;

	rows->out.every_code = o->all_codes;
	if (!cs_csv_columns_read(cs_span_str(o->csv_columns), &rows->out.columns))
		return CS_EXIT_USAGE; /* not reached: the table has checked it */
	if (o->out_dir)
		return open_folder(rows);
	status = cs_report_open_output(rows->job, "output-file", o->output_file,
				       &rows->file);
	if (status < 0)
		rows->out.to = cs_out_file_stream(rows->file);
	return status;
}

/* --- the rows --- */

/* What is known of the row beside it. A cache that is damaged is no reason to stop. */
static void look_up(struct rows *rows, const struct cs_result *row)
{
	struct cs_store *store = rows->job->store;
	const uint8_t *scan = cs_store_row_scan(store);
	struct cs_store_seen seen = { .ip = row->ip, .port = row->port };

	rows->out.scan = scan ? rows->scan : NULL;
	if (scan)
		cs_hex_text(cs_span_of(scan, CS_SCAN_ID), rows->scan);
	if (cs_store_seen_find(store, &seen))
		seen.first_us = seen.last_us = 0;
	rows->seen = (struct cs_record_seen){ seen.first_us, seen.last_us };
}

/* A cs_store_row_fn; @arg is the struct rows. */
static enum cs_err take_row(void *arg, const struct cs_result *row,
			    const struct cs_enriched *enriched)
{
	struct rows *rows = arg;

	if (rows->tells_scan)
		look_up(rows, row);
	if (rows->split)
		return cs_split_row(rows->split, row, enriched);
	rows->written += cs_record_row(rows->format, &rows->out, row, enriched);
	return ferror_unlocked(rows->out.to) ? CS_ERR_IO : CS_OK;
}

static int end_folder(struct rows *rows)
{
	const struct cs_split_counts counts = cs_split_counted(rows->split);
	struct cs_split *split = rows->split;
	char why[CS_SPLIT_WHY];

	rows->split = NULL;
	if (cs_split_commit(split, why))
		return say(rows, CS_EXIT_FAILED, why);
	rows->written = counts.rows;
	cs_log(&rows->job->ctx->log, CS_DETAIL, "%llu rows in %zu files",
	       (unsigned long long)counts.rows, counts.files);
	if (counts.nobodys)
		cs_log(&rows->job->ctx->log, CS_NOTE, "%llu rows are of no owner",
		       (unsigned long long)counts.nobodys);
	return -1;
}

static int write_rows(struct rows *rows)
{
	struct cs_report_job *job = rows->job;
	bool output_failed;
	enum cs_err err;
	int status;

	if (rows->file)
		cs_record_begin(rows->format, &rows->out);
	err = cs_store_day_each(job->store, rows->day, take_row, rows);
	output_failed = rows->file && ferror(rows->out.to);
	/* What the output's failure was, its end says. */
	if (err && !output_failed && !cs_split_has_failed(rows->split))
		return cs_report_store_failed(job, err);
	status = rows->file ? cs_report_commit(job, &rows->file) : end_folder(rows);
	if (status < 0 && rows->written == 0)
		cs_report_no_data(job, rows->day);
	return status;
}

static int report_rows(struct cs_report_job *job, struct rows *rows)
{
	int status = check(rows);

	if (status < 0)
		status = cs_report_day(job, job->options.day, &rows->day);
	if (status < 0)
		status = read_owners(rows);
	if (status < 0)
		status = open_output(rows);
	if (status < 0)
		status = cs_report_enter_jail(job, rows->file, job->options.out_dir);
	if (status < 0)
		status = write_rows(rows);
	cs_out_file_abort(rows->file);
	cs_split_abort(rows->split);
	cs_owners_free(rows->owners);
	return status < 0 ? CS_EXIT_OK : status;
}

int cs_report_csv(struct cs_report_job *job)
{
	struct rows rows = { .job = job, .format = &cs_record_csv, .ending = ".csv" };

	return report_rows(job, &rows);
}

int cs_report_jsonl(struct cs_report_job *job)
{
	struct rows rows = { .job = job,
			     .format = &cs_record_jsonl,
			     .ending = ".jsonl",
			     .tells_scan = true };

	rows.out.seen = &rows.seen;
	return report_rows(job, &rows);
}
