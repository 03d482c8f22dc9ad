/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `coapscope explain` as data. */
#pragma once

#include "cmd/decode_options.h"

/* -O; -1 when nobody said. */
enum cs_explain_format { CS_EXPLAIN_TEXT, CS_EXPLAIN_JSONL };

struct cs_explain_options {
	struct cs_common common;
	struct cs_decode_options decode;
	struct cs_arg_list files;
	const char *store;
	bool packet;
	uint64_t cases;
	int format; /* enum cs_explain_format */
};

extern const struct cs_arg_set cs_explain_args;

/* The rules between options. CS_ERR_USAGE, with @why. */
CS_MUST_USE enum cs_err cs_explain_options_settle(struct cs_explain_options *options,
						  char why[CS_ARG_WHY]);
