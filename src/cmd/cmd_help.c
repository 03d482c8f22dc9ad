/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/help.h"

struct help_options {
	struct cs_common common;
};

const struct cs_arg_set cs_help_args = {
	.command = "help",
	.size = sizeof(struct help_options),
	.operands = "[COMMAND]",
	.max_operands = 1,
	.intro = "Shows what there is, or the options of a command.",
};

static int help_on(const struct cs_ctx *ctx, const char *name)
{
	const struct cs_cmd *cmd = cs_cmd_find(ctx, name);

	if (!cmd) {
		cs_log(&ctx->log, CS_ERROR, "no command '%s': see coapscope help", name);
		return CS_EXIT_USAGE;
	}
	cs_help_command(ctx, cmd->args, ctx->out);
	return CS_EXIT_OK;
}

int cs_cmd_help(struct cs_ctx *ctx, int argc, char **argv)
{
	struct help_options o;
	int exit = cs_args_read(ctx, &cs_help_args, argc, argv, &o);

	if (exit < 0 && o.common.operands.n == 1) {
		exit = help_on(ctx, o.common.operands.item[0]);
	} else if (exit < 0) {
		cs_help_overview(ctx, ctx->out);
		exit = CS_EXIT_OK;
	}
	cs_args_clear(&o.common);
	return exit;
}
