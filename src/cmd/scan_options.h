/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of `coapscope scan` as data. What they mean for the network is
 * cmd_scan.c's and scan's business.
 */
#pragma once

#include "cmd/args.h"
#include "cmd/enrich_options.h"
#include "cmd/value.h"
#include "scan/record.h"
#include "scan/setup.h"

/* -1 when not asked for: table on a terminal, else jsonl. */
enum cs_scan_format { CS_SCAN_CSV, CS_SCAN_JSONL, CS_SCAN_TABLE };

/* The wide fields first, so that none is padded. */
struct cs_scan_options {
	struct cs_common common;         /* its operands are the TARGETs */
	const char *targets_file;        /* NULL; "-" is standard input */
	const char *target_ports_text;   /* as it was given */
	struct cs_port_set target_ports; /* set by cs_scan_options_settle() */
	struct cs_arg_list exclude;
	struct cs_arg_list exclude_files;
	uint64_t max_targets; /* pairs of address and port; 0: no bound */
	struct cs_maybe_u64 seed;
	uint64_t shards, shard; /* shard < shards */

	uint64_t rate_pps;      /* 0: unpaced */
	uint64_t bandwidth_bps; /* 0: rate_pps holds; else it does instead */
	uint64_t probes;        /* per address and port */
	uint64_t cooldown_s;
	uint64_t max_runtime_s; /* 0: no bound */
	uint64_t max_results;   /* 0: no bound */
	uint64_t token_len;     /* bytes */

	const char *interface; /* NULL: as the routes say */
	struct cs_arg_list source_ips;
	const char *output_file;         /* "-": standard output */
	const char *store;               /* NULL: the default, or none: see no_store */
	const char *resume;              /* an id, "last", or NULL */
	const char *metadata_file;       /* or NULL */
	const char *status_updates_file; /* or NULL */
	const char *user;                /* NULL: stay who we are */

	struct cs_enrich_options enrich;

	int sender;        /* enum cs_sender */
	int output_format; /* enum cs_scan_format or -1 */
	int csv_columns;   /* enum cs_csv_columns */
	struct cs_port_range source_ports;
	bool follow; /* second stage: blocks, confirmations */
	bool all_codes, split_ipv6;
	bool enriched; /* whether to; set by cs_scan_options_settle() */
	bool no_store; /* set by cs_scan_options_settle() */
	bool dry_run;
	bool require_jail;
};

extern const struct cs_arg_set cs_scan_args;

/*
 * Checks what options say of each other and settles it: of --rate and
 * --bandwidth the one with the higher precedence stays (the other's field is
 * then of no effect), no_store is set.
 *
 * CS_ERR_USAGE  they contradict each other: @why says which and what to do
 */
CS_MUST_USE enum cs_err cs_scan_options_settle(struct cs_scan_options *options,
					       char why[CS_ARG_WHY]);
