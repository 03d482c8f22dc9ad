/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of `coapscope resources` as data. What they mean for the network
 * is cmd_resources.c's and resources' business.
 */
#pragma once

#include "cmd/args.h"
#include "cmd/value.h"

/* -1 when not asked for: table on a terminal, else jsonl. */
enum cs_resources_format { CS_RESOURCES_TABLE, CS_RESOURCES_JSONL, CS_RESOURCES_LINKS };

struct cs_resources_options {
	struct cs_common common;         /* its operands are the TARGETs */
	const char *targets_file;        /* NULL; "-" is standard input */
	const char *target_ports_text;   /* as it was given: ports or 5683 */
	struct cs_port_set target_ports; /* set by cs_resources_options_settle() */
	const char *filter;              /* NAME=VALUE, or NULL */
	uint64_t block_size;             /* bytes, 16 to 1024; 0: the device chooses */
	uint64_t rate_pps;               /* requests; 0: unpaced */
	uint64_t timeout_s;              /* until a device is given up */
	uint64_t retries;                /* of one request */
	uint64_t concurrency;            /* devices at a time */
	const char *interface;           /* NULL: as the routes say */
	struct cs_arg_list source_ips;
	struct cs_port_range source_ports;
	const char *output_file; /* "-": standard output */
	int output_format;       /* enum cs_resources_format or -1 */
	const char *user;        /* NULL: stay who we are */
	bool require_jail;
};

extern const struct cs_arg_set cs_resources_args;

/* As cs_scan_options_settle(). CS_ERR_USAGE, with @why. */
CS_MUST_USE enum cs_err cs_resources_options_settle(struct cs_resources_options *options,
						    char why[CS_ARG_WHY]);
