/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_job: what one run of `coapscope scan` holds, and what it does with the
 * store. Only cmd_scan.c and scan_store.c include this.
 */
#pragma once

#include "cmd/enriching.h"
#include "cmd/paths.h"
#include "cmd/scan_input.h"
#include "cmd/scan_output.h"
#include "scan/setup.h"

/* All that one run of the command holds. */
struct cs_scan_job {
	struct cs_ctx *ctx;
	struct cs_scan_options options;
	struct cs_scan scan;
	struct cs_setup_want want;
	struct cs_setup setup;
	struct cs_scan_output output;
	struct cs_enriching enriching; /* zeroed when it was not asked for */
	struct cs_arena arena;
	struct cs_store *store;
	struct cs_scan_row row; /* of the store */
	struct cs_scan_excluded excluded;
	char store_dir[CS_PATH_MAX];
	char id[CS_SCAN_ID_TEXT];
	uint8_t probe[CS_PROBE_MAX];
	struct cs_tx_template probe_template;
};

/* Says @what as an error and returns @status. */
int cs_scan_say(const struct cs_scan_job *job, int status, const char *what);

/* All that follow return -1 to go on, else the exit status: the reason is said. */

/* Which folder the store is. */
CS_MUST_USE int cs_scan_find_store(struct cs_scan_job *job);

/* Makes the folder while we may; it belongs to whom the jail makes us. */
CS_MUST_USE int cs_scan_make_store(const struct cs_scan_job *job);

CS_MUST_USE int cs_scan_open_store(struct cs_scan_job *job);

/* --resume: reads the plan of a scan that the store knows. */
CS_MUST_USE int cs_scan_resume_plan(struct cs_scan_job *job);

/*
 * --resume: takes --cooldown-time from the options into the plan that was read;
 * those that would change the question are refused.
 */
CS_MUST_USE int cs_scan_resume_options(struct cs_scan_job *job);

/* Enters the scan into the store, or takes up what is there of it. */
CS_MUST_USE int cs_scan_open_shard(struct cs_scan_job *job);

/* Opens what enrichment needs, while files and resolv.conf can be read. */
CS_MUST_USE int cs_scan_open_enriching(struct cs_scan_job *job);

/* The metadata of this run as one JSON line. */
void cs_scan_write_metadata(struct cs_scan_job *job, FILE *to);

/*
 * Publishes what was stored, enriches it where that was asked for and adds up
 * the days of it, but not when a second signal cut the scan; returns an exit
 * status, CS_EXIT_OK if all is well.
 */
CS_MUST_USE int cs_scan_end_store(struct cs_scan_job *job);
