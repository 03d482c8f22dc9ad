/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_output: everything that a scan writes beside the store: its results, its
 * metadata, its status lines, and the progress line for people.
 */
#pragma once

#include <pthread.h>

#include "cmd/cmd.h"
#include "cmd/row_group.h"
#include "cmd/scan_options.h"
#include "out/file.h"
#include "scan/record.h"
#include "scan/scan.h"

struct cs_scan_output {
	struct cs_ctx *ctx;
	const struct cs_record_format *format;
	struct cs_record_out out;
	struct cs_out_file *file; /* results; owned */
	struct cs_out_file *ipv6; /* --split-ipv6: its rows; or NULL; owned */
	struct cs_record_out out_ipv6;
	struct cs_out_file *metadata; /* or NULL; owned */
	FILE *status;                 /* or NULL; owned; written in place */
	struct cs_enricher *enricher; /* or NULL: rows go out as they come; borrowed */
	struct cs_row_group *group;   /* with an enricher: rows on their way; owned */
	uint64_t left_out;            /* results that csv and table do not hold */
	bool progress;                /* a terminal to show progress on */
	bool one_screen;              /* results go to a terminal, too */
	/* The matcher draws progress, the writer rows: */
	pthread_mutex_t screen;
	bool shown;       /* a progress line stands there */
	bool rows_coming; /* from the first of a group until they are flushed */
};

/*
 * Opens what the options name. Returns -1, or the exit status when something
 * cannot be opened; the reason has then been said. To be ended with
 * cs_scan_output_commit() or cs_scan_output_abort().
 */
CS_MUST_USE int cs_scan_output_open(struct cs_ctx *ctx,
				    const struct cs_scan_options *options, const char *id,
				    bool ipv6, struct cs_scan_output *output);

/*
 * From now on rows are enriched, a group at a time, before they are written.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_scan_output_enrich(struct cs_scan_output *output,
					      struct cs_enricher *enricher);

/* For struct cs_scan: @arg is the struct cs_scan_output. */
enum cs_err cs_scan_output_row(void *arg, const struct cs_result *row);
void cs_scan_output_progress(void *arg, const struct cs_progress *progress);

/* Ends the line that is written over itself, if there is one. */
void cs_scan_output_settle(struct cs_scan_output *output);

/* Writes the end and puts the files into place. False: said, with the reason. */
CS_MUST_USE bool cs_scan_output_commit(struct cs_scan_output *output);
void cs_scan_output_abort(struct cs_scan_output *output);
