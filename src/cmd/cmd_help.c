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
	.operands = "[COMMAND [VERB]]",
	.max_operands = 2,
	.intro = "Shows what there is, or the options of a command.",
};

static int help_on(const struct cs_ctx *ctx, const char *name, const char *verb_name)
{
	const struct cs_cmd *cmd = cs_cmd_find(ctx, name);
	const struct cs_arg_verb *verb = NULL;

	if (!cmd) {
		cs_log(&ctx->log, CS_ERROR, "no command '%s': see coapscope help", name);
		return CS_EXIT_USAGE;
	}
	if (verb_name)
		verb = cs_args_verb(cmd->args, verb_name);
	if (verb_name && !verb) {
		cs_log(&ctx->log, CS_ERROR, "no %s '%s': see coapscope help %s", name,
		       verb_name, name);
		return CS_EXIT_USAGE;
	}
	cs_help_command(ctx, cmd->args, verb, ctx->out);
	return CS_EXIT_OK;
}

int cs_cmd_help(struct cs_ctx *ctx, int argc, char **argv)
{
	struct help_options o;
	int exit = cs_args_read(ctx, &cs_help_args, argc, argv, &o);

	const struct cs_arg_list *names = &o.common.operands;

	if (exit < 0 && names->n > 0) {
		exit = help_on(ctx, names->item[0], names->n > 1 ? names->item[1] : NULL);
	} else if (exit < 0) {
		cs_help_overview(ctx, ctx->out);
		exit = CS_EXIT_OK;
	}
	cs_args_clear(&o.common);
	return exit;
}
