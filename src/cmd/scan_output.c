/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/paths.h"
#include "out/term.h"
#include "scan/progress.h"

static const struct cs_record_format *pick_format(const struct cs_scan_options *o, int fd)
{
	switch (o->output_format) {
	case CS_SCAN_CSV:
		return &cs_record_csv;
	case CS_SCAN_JSONL:
		return &cs_record_jsonl;
	case CS_SCAN_TABLE:
		return &cs_record_table;
	default:
		return isatty(fd) ? &cs_record_table : &cs_record_jsonl;
	}
}

static int cannot_open(const struct cs_ctx *ctx, const char *option, const char *name)
{
	cs_log(&ctx->log, CS_ERROR, "--%s %s: %s", option, name, strerror(errno));
	return CS_EXIT_FAILED;
}

/*
 * Where --split-ipv6 writes: what Shadowserver would call it, or the name with
 * "-ipv6" before its ending. False when that is too long.
 */
static bool ipv6_name(const char *file, char out[CS_PATH_MAX])
{
	static const char type[] = "scan_coap";
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	const char *at = strstr(base, type), *dot = strrchr(base, '.');
	const char *rest = at                  ? at + strlen(type)
			   : dot && dot > base ? dot
					       : base + strlen(base);
	const char *end = at ? at : rest;
	int n = snprintf(out, CS_PATH_MAX, "%.*s%s%s", (int)(end - file), file,
			 at ? "scan6_coap" : "-ipv6", rest);

	return n < CS_PATH_MAX;
}

static int open_ipv6(struct cs_ctx *ctx, const struct cs_scan_options *o,
		     struct cs_scan_output *output)
{
	char name[CS_PATH_MAX];

	if (!o->split_ipv6)
		return -1;
	if (cs_out_file_folder(output->file) < 0) {
		cs_log(&ctx->log, CS_ERROR,
		       "--split-ipv6: %s is no regular file: a second one beside it "
		       "cannot be",
		       o->output_file);
		return CS_EXIT_USAGE;
	}
	errno = ENAMETOOLONG;
	if (!ipv6_name(o->output_file, name))
		return cannot_open(ctx, "output-file", o->output_file);
	if (cs_out_file_open(name, &output->ipv6))
		return cannot_open(ctx, "output-file", name);
	return -1;
}

static int open_files(struct cs_ctx *ctx, const struct cs_scan_options *o,
		      struct cs_scan_output *output)
{
	if (cs_out_file_open(o->output_file, &output->file))
		return cannot_open(ctx, "output-file", o->output_file);
	if (o->metadata_file && cs_out_file_open(o->metadata_file, &output->metadata))
		return cannot_open(ctx, "metadata-file", o->metadata_file);
	if (o->status_updates_file) {
		output->status = fopen(o->status_updates_file, "we");
		if (!output->status)
			return cannot_open(ctx, "status-updates-file",
					   o->status_updates_file);
		cs_status_header(output->status);
	}
	return open_ipv6(ctx, o, output);
}

int cs_scan_output_open(struct cs_ctx *ctx, const struct cs_scan_options *options,
			const char *id, bool ipv6, struct cs_scan_output *output)
{
	*output = (struct cs_scan_output){ .ctx = ctx,
					   .screen = PTHREAD_MUTEX_INITIALIZER };

	int status = open_files(ctx, options, output);

	if (status >= 0) {
		cs_scan_output_abort(output);
		return status;
	}

	int fd = cs_out_file_fd(output->file);

	output->format = pick_format(options, fd);
	output->out = (struct cs_record_out){
		.to = cs_out_file_stream(output->file),
		.scan = id,
		.every_code = options->all_codes,
		.columns = (enum cs_csv_columns)options->csv_columns,
		.width = isatty(fd) ? ctx->columns : 0,
		.colour = cs_cmd_colored(ctx, fd),
		.ipv6 = ipv6,
		.enriched = options->enriched,
	};
	output->progress = isatty(fileno(ctx->err)) && ctx->log.most >= CS_NOTE;
	output->one_screen = output->progress && isatty(fd);
	cs_record_begin(output->format, &output->out);
	if (output->ipv6) {
		output->out_ipv6 = output->out;
		output->out_ipv6.to = cs_out_file_stream(output->ipv6);
		cs_record_begin(output->format, &output->out_ipv6);
	}
	return -1;
}

/* Rows of a group are about to appear, or have: no progress line among them. */
static void rows_coming(struct cs_scan_output *output, bool coming)
{
	(void)pthread_mutex_lock(&output->screen); /* cannot fail: a plain mutex */
	if (coming && output->shown) {
		fputs("\r\033[K", output->ctx->err);
		(void)fflush(output->ctx->err); /* people only */
		output->shown = false;
	}
	output->rows_coming = coming;
	(void)pthread_mutex_unlock(&output->screen);
}

static enum cs_err write_row(struct cs_scan_output *output, const struct cs_result *row,
			     const struct cs_enriched *enriched)
{
	if (output->one_screen && !output->rows_coming)
		rows_coming(output, true);

	const struct cs_record_out *out = output->ipv6 && !cs_addr_is_v4(&row->ip)
						  ? &output->out_ipv6
						  : &output->out;

	output->left_out += !cs_record_row(output->format, out, row, enriched);
	return ferror(out->to) ? CS_ERR_IO : CS_OK;
}

/* Rows that waited for their enrichment. */
static enum cs_err write_group(struct cs_scan_output *output)
{
	struct cs_row_group *group = output->group;
	enum cs_err err = CS_OK;

	if (!group || group->n == 0)
		return CS_OK;
	err = cs_row_group_enrich(group, output->enricher);
	for (size_t i = 0; i < group->n && !err; i++)
		err = write_row(output, &group->rows[i], &group->out[i]);
	cs_row_group_clear(group);
	return err;
}

/* A row may be a while in the making: what is there is passed on at group ends. */
static enum cs_err end_group(struct cs_scan_output *output)
{
	enum cs_err err = write_group(output);

	if (!err)
		err = cs_out_file_flush(output->file);
	if (output->one_screen)
		rows_coming(output, false);
	return err;
}

enum cs_err cs_scan_output_row(void *arg, const struct cs_result *row)
{
	struct cs_scan_output *output = arg;
	enum cs_err err;

	if (!row)
		return end_group(output);
	if (!output->enricher)
		return write_row(output, row, NULL);
	err = cs_row_group_add(output->group, row);
	if (!err && cs_row_group_full(output->group))
		err = write_group(output);
	return err;
}

static void draw(struct cs_scan_output *output, const struct cs_progress *progress)
{
	FILE *to = output->ctx->err;

	(void)pthread_mutex_lock(&output->screen);
	if (!output->rows_coming) {
		fputs("\r\033[K", to);
		cs_progress_line(progress, to);
		(void)fflush(to); /* people only */
		output->shown = true;
	}
	(void)pthread_mutex_unlock(&output->screen);
}

void cs_scan_output_progress(void *arg, const struct cs_progress *progress)
{
	struct cs_scan_output *output = arg;

	if (output->status) {
		cs_status_line(progress, output->status);
		if (fflush(output->status)) {
			cs_log(&output->ctx->log, CS_WARN, "status updates end: %s",
			       strerror(errno));
			(void)fclose(output->status); /* broken already */
			output->status = NULL;
		}
	}
	if (output->progress)
		draw(output, progress);
}

void cs_scan_output_settle(struct cs_scan_output *output)
{
	if (output->shown)
		fputs("\r\033[K", output->ctx->err);
	output->shown = false;
}

/* Puts one file into place and forgets it. */
static bool commit(const struct cs_scan_output *output, struct cs_out_file **file,
		   const char *what)
{
	struct cs_out_file *ended = *file;

	*file = NULL;
	if (!ended || !cs_out_file_commit(ended))
		return true;
	cs_log(&output->ctx->log, CS_ERROR, "writing the %s: %s", what, strerror(errno));
	return false;
}

enum cs_err cs_scan_output_enrich(struct cs_scan_output *output,
				  struct cs_enricher *enricher)
{
	output->group = calloc(1, sizeof(*output->group));
	if (!output->group)
		return CS_ERR_NOMEM;
	output->enricher = enricher;
	return CS_OK;
}

static void drop_group(struct cs_scan_output *output)
{
	cs_row_group_clear(output->group);
	free(output->group);
	output->group = NULL;
	output->enricher = NULL;
}

bool cs_scan_output_commit(struct cs_scan_output *output)
{
	FILE *status = output->status;

	cs_record_end(output->format, &output->out);
	if (output->ipv6)
		cs_record_end(output->format, &output->out_ipv6);
	output->status = NULL;
	drop_group(output);

	bool results = commit(output, &output->file, "results");
	bool ipv6 = commit(output, &output->ipv6, "IPv6 results");
	bool metadata = commit(output, &output->metadata, "metadata");

	if (!status || fclose(status) == 0)
		return results && ipv6 && metadata;
	cs_log(&output->ctx->log, CS_ERROR, "writing status updates: %s",
	       strerror(errno));
	return false;
}

void cs_scan_output_abort(struct cs_scan_output *output)
{
	drop_group(output);
	cs_out_file_abort(output->file);
	cs_out_file_abort(output->ipv6);
	cs_out_file_abort(output->metadata);
	if (output->status)
		(void)fclose(output->status); /* given up anyway */
	output->file = output->ipv6 = output->metadata = NULL;
	output->status = NULL;
}
