/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/help.h"

int cs_exit_of(enum cs_err err)
{
	if (err == CS_ERR_REFUSED)
		return CS_EXIT_REFUSED;
	/* The blocks begin at -300, -200 and -100 and count upwards. */
	return err >= CS_ERR_NOMEM && err < CS_ERR_SHORT ? CS_EXIT_FAILED : CS_EXIT_USAGE;
}

const struct cs_cmd *cs_cmd_find(const struct cs_ctx *ctx, const char *name)
{
	for (size_t i = 0; i < ctx->n_commands; i++) {
		if (strcmp(ctx->commands[i].name, name) == 0)
			return &ctx->commands[i];
	}
	return NULL;
}

static bool is_any(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static int dispatch(struct cs_ctx *ctx, int argc, char **argv)
{
	const struct cs_cmd *cmd;

	if (argc < 2) {
		cs_help_overview(ctx, ctx->err);
		return CS_EXIT_USAGE;
	}
	if (is_any(argv[1], "--version", "-V")) {
		fprintf(ctx->out, "coapscope %s\n", CS_VERSION);
		return CS_EXIT_OK;
	}
	if (is_any(argv[1], "--help", "-h")) {
		cs_help_overview(ctx, ctx->out);
		return CS_EXIT_OK;
	}
	cmd = cs_cmd_find(ctx, argv[1]);
	if (cmd)
		return cmd->run(ctx, argc - 1, argv + 1);
	cs_log(&ctx->log, CS_ERROR, "no %s '%.60s': see coapscope help",
	       argv[1][0] == '-' ? "option" : "command", argv[1]);
	return CS_EXIT_USAGE;
}

int cs_cmd_main(struct cs_ctx *ctx, int argc, char **argv)
{
	int status = dispatch(ctx, argc, argv);
	bool failed = ferror(ctx->out) != 0;

	/* The last bytes may be those that do not fit. */
	errno = 0;
	if (fflush(ctx->out) != 0 || failed) {
		cs_log(&ctx->log, CS_ERROR, "standard output: %s",
		       errno ? strerror(errno) : "a write failed");
		return CS_EXIT_FAILED;
	}
	return status;
}

bool cs_cmd_colored(const struct cs_ctx *ctx, int fd)
{
	const char *no_color = ctx->env("NO_COLOR");

	if (ctx->color != CS_COLOR_AUTO)
		return ctx->color == CS_COLOR_ALWAYS;
	return !(no_color && *no_color) && fd >= 0 && isatty(fd);
}
