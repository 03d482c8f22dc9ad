/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/complete.h"

struct completion_options {
	struct cs_common common;
};

const struct cs_arg_set cs_completion_args = {
	.command = "completion",
	.size = sizeof(struct completion_options),
	.operands = "bash|zsh|fish",
	.min_operands = 1,
	.max_operands = 1,
	.intro = "Prints the completion script for a shell.",
	.examples = "  coapscope completion bash > /etc/bash_completion.d/coapscope\n"
		    "  coapscope completion fish > "
		    "~/.config/fish/completions/coapscope.fish\n",
};

static const struct {
	const char *name;
	void (*print)(const struct cs_ctx *ctx, FILE *to);
} shells[] = {
	{ "bash", cs_complete_bash },
	{ "zsh", cs_complete_zsh },
	{ "fish", cs_complete_fish },
};

static int print_for(const struct cs_ctx *ctx, const char *shell)
{
	for (size_t i = 0; i < CS_LEN(shells); i++) {
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].print(ctx, ctx->out);
			return CS_EXIT_OK;
		}
	}
	cs_log(&ctx->log, CS_ERROR, "'%s': want bash, zsh or fish", shell);
	return CS_EXIT_USAGE;
}

int cs_cmd_completion(struct cs_ctx *ctx, int argc, char **argv)
{
	struct completion_options o;
	int exit = cs_args_read(ctx, &cs_completion_args, argc, argv, &o);

	if (exit < 0)
		exit = print_for(ctx, o.common.operands.item[0]);
	cs_args_clear(&o.common);
	return exit;
}
