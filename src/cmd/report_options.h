/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of `coapscope report` as data: one struct for all of its verbs,
 * in which each verb has a part of its own. What they mean is the business of
 * report_<verb>.c.
 */
#pragma once

#include "cmd/args.h"
#include "cmd/enrich_options.h"
#include "cmd/value.h"

/*
 * The verbs, in the order of the table in report_options.c. An option's row says
 * which take it: .verbs = CS_REPORT_OF(CSV) | CS_REPORT_OF(JSONL).
 */
enum cs_report_verb {
	CS_REPORT_CSV,
	CS_REPORT_JSONL,
	CS_REPORT_DIFF,
	CS_REPORT_STATS,
	CS_REPORT_IMPORT,
	CS_REPORT_PRUNE,
	CS_REPORT_VERIFY,
	CS_REPORT_ENRICH,
	CS_REPORT_HTML,
	CS_REPORT_VERBS,
};
#define CS_REPORT_OF(verb) (1u << CS_REPORT_##verb)

struct cs_report_options {
	struct cs_common common; /* its operands are those behind the verb */
	const char *store;       /* NULL: the default one */
	const char *day;         /* "2026-11-21", "today", "yesterday" or "last" */

	/* csv and jsonl; some of them others' too */
	const char *out_dir;     /* NULL: to output_file */
	const char *output_file; /* "-": standard output */
	const char *owners;      /* NULL: one report for all */
	const char *csv_columns;
	bool all_codes;
	bool split_ipv6;

	/* html */
	const char *from, *to; /* days; NULL: all that there are */
	const char *owner;     /* NULL: everybody's */

	uint64_t keep_days; /* prune; 0: not given */
	bool sample;        /* import */
	bool repair;        /* verify */
	bool dry_run;       /* prune */

	int output_format; /* diff, stats, verify: index of the words; -1: by the output */

	/* enrich */
	struct cs_enrich_options enrich;
	bool all_days;
	bool fresh;
};

extern const struct cs_arg_set cs_report_args;
