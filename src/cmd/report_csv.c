/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope report csv, report jsonl: a day's rows as they are given to others. */
#include <errno.h>
#include <string.h>

#include "cmd/report_job.h"
#include "scan/record.h"

struct rows {
	struct cs_out_file *file;
	const struct cs_record_format *format;
	struct cs_record_out out;
	uint64_t written;
};

/* A cs_store_row_fn; @arg is the struct rows. */
static enum cs_err take_row(void *arg, const struct cs_result *row,
			    const struct cs_enriched *enriched)
{
	struct rows *rows = arg;

	rows->written += cs_record_row(rows->format, &rows->out, row, enriched);
	return ferror(rows->out.to) ? CS_ERR_IO : CS_OK;
}

static int write_rows(struct cs_report_job *job, struct rows *rows, int32_t day)
{
	enum cs_err err;

	cs_record_begin(rows->format, &rows->out);
	err = cs_store_day_each(job->store, day, take_row, rows);
	cs_record_end(rows->format, &rows->out);
	if (err && !ferror(rows->out.to))
		return cs_report_store_failed(job, err);
	if (rows->written == 0)
		cs_report_no_data(job, day);
	return cs_report_commit(job, &rows->file);
}

static int report_rows(struct cs_report_job *job, const struct cs_record_format *format)
{
	const struct cs_report_options *o = &job->options;
	struct rows rows = { .format = format };
	int32_t day = 0;
	int status = cs_report_day(job, o->day, &day);

	if (status < 0)
		status = cs_report_open_output(job, "output-file", o->output_file,
					       &rows.file);
	if (status >= 0)
		return status;
	rows.out.to = cs_out_file_stream(rows.file);
	rows.out.every_code = o->all_codes;
	if (!cs_csv_columns_read(cs_span_str(o->csv_columns), &rows.out.columns))
		status = CS_EXIT_USAGE; /* not reached: the table has checked it */
	if (status < 0)
		status = cs_report_enter_jail(job, rows.file, NULL);
	if (status < 0)
		status = write_rows(job, &rows, day);
	cs_out_file_abort(rows.file);
	return status < 0 ? CS_EXIT_OK : status;
}

int cs_report_csv(struct cs_report_job *job)
{
	return report_rows(job, &cs_record_csv);
}

int cs_report_jsonl(struct cs_report_job *job)
{
	return report_rows(job, &cs_record_jsonl);
}
