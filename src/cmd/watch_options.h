/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `coapscope watch` as data. */
#pragma once

#include "cmd/decode_options.h"

/* -O; -1 when nobody said. */
enum cs_watch_format { CS_WATCH_TABLE, CS_WATCH_JSONL, CS_WATCH_TEXT };

struct cs_watch_options {
	struct cs_common common;
	struct cs_decode_options decode;
	struct cs_arg_list interfaces, files;
	bool any_alone; /* settled: others were named beside any, and are left out */
	uint64_t snaplen, buffer; /* bytes */
	bool promiscuous;
	int format;              /* enum cs_watch_format */
	const char *output_file; /* NULL: standard output */
	bool messages, hex;
	uint64_t count; /* messages; 0: no limit */
	uint64_t rows;  /* of a table; 0: no limit */
	const char *eve, *summary, *metrics;
	const char *pcap_out;
	uint64_t pcap_size, pcap_files;
	const char *store;
	uint64_t keep_days;
	bool anonymise;
	uint64_t interval_ms, duration_s;
	const char *protect; /* the guard's socket; NULL: nothing is handed over */
};

extern const struct cs_arg_set cs_watch_args;

/* The rules between options. CS_ERR_USAGE, with @why. */
CS_MUST_USE enum cs_err cs_watch_options_settle(struct cs_watch_options *options,
						char why[CS_ARG_WHY]);
