/* SPDX-License-Identifier: Apache-2.0 */
/* What each cmd_<name>.c gives to the table in commands.c. */
#pragma once

#include "cmd/args.h"
#include "cmd/cmd.h"

extern const struct cs_arg_set cs_completion_args, cs_explain_args, cs_help_args,
	cs_protect_args, cs_report_args, cs_resources_args, cs_scan_args, cs_serve_args,
	cs_watch_args;

int cs_cmd_completion(struct cs_ctx *ctx, int argc, char **argv);
int cs_cmd_explain(struct cs_ctx *ctx, int argc, char **argv);
int cs_cmd_help(struct cs_ctx *ctx, int argc, char **argv);
int cs_cmd_protect(struct cs_ctx *ctx, int argc, char **argv);
int cs_cmd_report(struct cs_ctx *ctx, int argc, char **argv);
int cs_cmd_resources(struct cs_ctx *ctx, int argc, char **argv);
int cs_cmd_scan(struct cs_ctx *ctx, int argc, char **argv);
int cs_cmd_serve(struct cs_ctx *ctx, int argc, char **argv);
int cs_cmd_watch(struct cs_ctx *ctx, int argc, char **argv);
