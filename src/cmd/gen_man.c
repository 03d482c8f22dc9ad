/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build tool, not installed: copies a man page's source, putting what the
 * tables say in the place of these lines:
 *
 *   @OPTIONS scan@   the option rows of that command
 *   @VERBS report@   the verbs of that command
 *   @OPTIONS@        the rows that all commands have
 *   @COMMANDS@       the commands
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/help.h"

static const struct cs_arg_set *set_named(const char *name)
{
	const struct cs_ctx ctx = { .commands = cs_commands,
				    .n_commands = cs_n_commands };
	const struct cs_cmd *cmd = cs_cmd_find(&ctx, name);

	if (!cmd) {
		fprintf(stderr, "gen-man: no command '%s'\n", name);
		exit(1);
	}
	return cmd->args;
}

static void copy_line(const char *line)
{
	char name[32];

	if (strcmp(line, "@COMMANDS@\n") == 0)
		cs_help_scdoc_commands(cs_commands, cs_n_commands, stdout);
	else if (strcmp(line, "@OPTIONS@\n") == 0)
		cs_help_scdoc(NULL, stdout);
	else if (sscanf(line, "@OPTIONS %31[a-z]@", name) == 1)
		cs_help_scdoc(set_named(name), stdout);
	else if (sscanf(line, "@VERBS %31[a-z]@", name) == 1)
		cs_help_scdoc_verbs(set_named(name), stdout);
	else
		(void)fputs(line, stdout); /* looked at once, at the end */
}

int main(int argc, char **argv)
{
	FILE *page = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[4096];

	if (!page) {
		fprintf(stderr, "usage: gen-man PAGE.scd\n");
		return 2;
	}
	while (fgets(line, sizeof(line), page))
		copy_line(line);
	return ferror(page) || fclose(page) || fflush(stdout) || ferror(stdout);
}
