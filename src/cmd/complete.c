/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/complete.h"

#include "cmd/args.h"

/* A flag that is on by default is offered as what turns it off. */
static bool offered_as_no(const struct cs_arg *row)
{
	return row->type == CS_ARG_FLAG && row->preset &&
	       strcmp(row->preset, "true") == 0;
}

static const char *no_prefix(const struct cs_arg *row)
{
	return offered_as_no(row) ? "no-" : "";
}

/* The first sentence of the help is the hint. Quoted for the inside of '...'. */
static void hint(const char *text, const char *escaped, FILE *to)
{
	for (; *text; text++) {
		if (*text == '.' && (text[1] == ' ' || text[1] == '\0'))
			return;
		if (*text == '\'') {
			fputs("\xe2\x80\x99", to); /* no quote to get wrong */
			continue;
		}
		if (strchr(escaped, *text))
			fputc('\\', to);
		fputc(*text, to);
	}
}

/* --- bash --- */

static void bash_names(const struct cs_arg_set *set, const struct cs_arg_verb *verb,
		       FILE *to)
{
	for (size_t i = 0; i < cs_arg_count(set); i++) {
		const struct cs_arg *row = cs_arg_row(set, i);

		if (!cs_arg_is_of(set, verb, row))
			continue;
		fprintf(to, " --%s%s", no_prefix(row), row->name);
		if (row->alias)
			fprintf(to, " --%s", row->alias);
		if (row->traits & CS_ARG_NO)
			fprintf(to, " --no-%s", row->name);
	}
}

/* One "pattern) action ;;" for an option with a value. */
static void bash_value(const struct cs_arg *row, FILE *to)
{
	fputs("\t\t", to);
	if (row->letter)
		fprintf(to, "-%c|", row->letter);
	if (row->alias)
		fprintf(to, "--%s|", row->alias);
	fprintf(to, "--%s) ", row->name);
	if (row->type == CS_ARG_WORD) {
		fputs("COMPREPLY=($(compgen -W '", to);
		for (size_t i = 0; row->words[i]; i++)
			fprintf(to, "%s%s", i ? " " : "", row->words[i]);
		fputs("' -- \"$cur\"))", to);
	} else if (row->traits & CS_ARG_IS_FILE) {
		fputs("mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")", to);
	} else if (row->traits & CS_ARG_IS_DIR) {
		fputs("mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")", to);
	} else {
		fputs(":", to);
	}
	fputs("; return ;;\n", to);
}

/* The verb stands behind the command; its options are known from there on. */
static void bash_verbs(const struct cs_arg_set *set, FILE *to)
{
	fputs("\t\tif ((COMP_CWORD == 2)) && [[ $cur != -* ]]; then\n"
	      "\t\t\tCOMPREPLY=($(compgen -W '",
	      to);
	for (size_t i = 0; i < set->n_verbs; i++)
		fprintf(to, "%s%s", i ? " " : "", set->verbs[i].name);
	fputs("' -- \"$cur\"))\n\t\t\treturn\n\t\tfi\n"
	      "\t\tcase ${COMP_WORDS[2]} in\n",
	      to);
	for (size_t i = 0; i < set->n_verbs; i++) {
		fprintf(to, "\t\t%s) words='", set->verbs[i].name);
		bash_names(set, &set->verbs[i], to);
		fputs("' ;;\n", to);
	}
	fputs("\t\tesac\n", to);
}

static void bash_command(const struct cs_cmd *cmd, FILE *to)
{
	const struct cs_arg_set *set = cmd->args;

	fprintf(to, "\t%s)\n\t\tcase $prev in\n", cmd->name);
	for (size_t i = 0; i < cs_arg_count(set); i++) {
		if (cs_arg_row(set, i)->metavar && !cs_arg_row(set, i)->bare)
			bash_value(cs_arg_row(set, i), to);
	}
	fputs("\t\tesac\n\t\twords='", to);
	bash_names(set, NULL, to);
	fputs("'\n", to);
	if (set->n_verbs)
		bash_verbs(set, to);
	fputs("\t\t;;\n", to);
}

static void command_names(const struct cs_ctx *ctx, FILE *to)
{
	for (size_t i = 0; i < ctx->n_commands; i++)
		fprintf(to, "%s%s", i ? " " : "", ctx->commands[i].name);
}

void cs_complete_bash(const struct cs_ctx *ctx, FILE *to)
{
	fputs("# bash completion for coapscope; made by `coapscope completion bash`\n"
	      "_coapscope()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal words=''\n"
	      "\tCOMPREPLY=()\n"
	      "\tif ((COMP_CWORD == 1)) || [[ $prev == help && $COMP_CWORD == 2 ]]; "
	      "then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      to);
	command_names(ctx, to);
	fputs(" --help --version' -- \"$cur\"))\n\t\treturn\n\tfi\n"
	      "\tcase ${COMP_WORDS[1]} in\n",
	      to);
	for (size_t i = 0; i < ctx->n_commands; i++)
		bash_command(&ctx->commands[i], to);
	fputs("\tesac\n"
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "\tfi\n}\n"
	      "complete -F _coapscope coapscope\n",
	      to);
}

/* --- zsh --- */

static void zsh_action(const struct cs_arg *row, FILE *to)
{
	if (!row->metavar)
		return;
	fprintf(to, "%s:%s:", row->bare ? ":" : "", row->metavar);
	if (row->traits & CS_ARG_IS_FILE)
		fputs("_files", to);
	else if (row->traits & CS_ARG_IS_DIR)
		fputs("_files -/", to);
	for (size_t i = 0; row->type == CS_ARG_WORD && row->words[i]; i++)
		fprintf(to, "%s%s%s", i ? " " : "(", row->words[i],
			row->words[i + 1] ? "" : ")");
}

static void zsh_form(const struct cs_arg *row, const char *dashes, const char *name,
		     FILE *to)
{
	bool again = row->type == CS_ARG_LIST || row->type == CS_ARG_COUNT;

	fprintf(to, "\t\t\t'%s%s%s%s[", again ? "*" : "", dashes, name,
		row->bare ? "=-" : "");
	hint(row->help, "[]:\\", to);
	fputc(']', to);
	zsh_action(row, to);
	fputs("' \\\n", to);
}

static void zsh_row(const struct cs_arg *row, FILE *to)
{
	const char letter[] = { row->letter, '\0' };

	if (row->letter)
		zsh_form(row, "-", letter, to);
	zsh_form(row, offered_as_no(row) ? "--no-" : "--", row->name, to);
	if (row->alias)
		zsh_form(row, "--", row->alias, to);
	if (row->traits & CS_ARG_NO)
		fprintf(to, "\t\t\t'--no-%s' \\\n", row->name);
}

static void zsh_arguments(const struct cs_arg_set *set, const struct cs_arg_verb *verb,
			  FILE *to)
{
	fputs("\t\t_arguments -s -S \\\n", to);
	for (size_t i = 0; i < cs_arg_count(set); i++) {
		if (cs_arg_is_of(set, verb, cs_arg_row(set, i)))
			zsh_row(cs_arg_row(set, i), to);
	}
	fputs("\t\t\t'*:argument:_files'\n", to);
}

static void zsh_verbs(const struct cs_arg_set *set, FILE *to)
{
	fputs("\t\tif (( CURRENT == 2 )); then\n\t\t\tlocal -a verbs=(\n", to);
	for (size_t i = 0; i < set->n_verbs; i++) {
		fprintf(to, "\t\t\t\t'%s:", set->verbs[i].name);
		hint(set->verbs[i].summary, ":\\", to);
		fputs("'\n", to);
	}
	fputs("\t\t\t)\n\t\t\t_describe verb verbs\n\t\t\treturn\n\t\tfi\n"
	      "\t\tlocal verb=$words[2]\n"
	      "\t\tshift words\n\t\t(( CURRENT-- ))\n"
	      "\t\tcase $verb in\n",
	      to);
	for (size_t i = 0; i < set->n_verbs; i++) {
		fprintf(to, "\t\t%s)\n", set->verbs[i].name);
		zsh_arguments(set, &set->verbs[i], to);
		fputs("\t\t;;\n", to);
	}
	fputs("\t\tesac\n", to);
}

void cs_complete_zsh(const struct cs_ctx *ctx, FILE *to)
{
	fputs("#compdef coapscope\n"
	      "# zsh completion for coapscope; made by `coapscope completion zsh`\n"
	      "_coapscope() {\n"
	      "\tif (( CURRENT == 2 )) || [[ $CURRENT == 3 && $words[2] == help ]]; "
	      "then\n"
	      "\t\tlocal -a commands=(\n",
	      to);
	for (size_t i = 0; i < ctx->n_commands; i++) {
		fprintf(to, "\t\t\t'%s:", ctx->commands[i].name);
		hint(ctx->commands[i].summary, ":\\", to);
		fputs("'\n", to);
	}
	fputs("\t\t)\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	      "\tlocal command=$words[2]\n"
	      "\tshift words\n\t(( CURRENT-- ))\n"
	      "\tcase $command in\n",
	      to);
	for (size_t i = 0; i < ctx->n_commands; i++) {
		const struct cs_arg_set *set = ctx->commands[i].args;

		fprintf(to, "\t%s)\n", ctx->commands[i].name);
		if (set->n_verbs)
			zsh_verbs(set, to);
		else
			zsh_arguments(set, NULL, to);
		fputs("\t\t;;\n", to);
	}
	fputs("\tesac\n}\n"
	      "if [[ $funcstack[1] == _coapscope ]]; then\n"
	      "\t_coapscope \"$@\"\nelse\n\tcompdef _coapscope coapscope\nfi\n",
	      to);
}

/* --- fish --- */

/* Where an option may stand: behind its command, and one of its verbs. */
static void fish_place(const char *command, const struct cs_arg_set *set,
		       const struct cs_arg *row, FILE *to)
{
	fprintf(to, "complete -c coapscope -n '__fish_seen_subcommand_from %s", command);
	if (row->verbs)
		fputs("; and __fish_seen_subcommand_from", to);
	for (size_t i = 0; i < set->n_verbs; i++) {
		if (row->verbs >> i & 1)
			fprintf(to, " %s", set->verbs[i].name);
	}
	fputc('\'', to);
}

static void fish_verbs(const char *command, const struct cs_arg_set *set, FILE *to)
{
	for (size_t i = 0; i < set->n_verbs; i++) {
		fprintf(to,
			"complete -c coapscope -n '__fish_seen_subcommand_from %s; and "
			"not __fish_seen_subcommand_from",
			command);
		for (size_t j = 0; j < set->n_verbs; j++)
			fprintf(to, " %s", set->verbs[j].name);
		fprintf(to, "' -a %s -d '", set->verbs[i].name);
		hint(set->verbs[i].summary, "\\", to);
		fputs("'\n", to);
	}
}

static void fish_row(const char *command, const struct cs_arg_set *set,
		     const struct cs_arg *row, FILE *to)
{
	fish_place(command, set, row, to);
	if (row->letter)
		fprintf(to, " -s %c", row->letter);
	fprintf(to, " -l %s%s", no_prefix(row), row->name);
	if (row->alias)
		fprintf(to, " -l %s", row->alias);
	if (row->metavar && !row->bare)
		fputs(row->traits & (CS_ARG_IS_FILE | CS_ARG_IS_DIR) ? " -r -F" : " -x",
		      to);
	for (size_t i = 0; row->type == CS_ARG_WORD && row->words[i]; i++)
		fprintf(to, "%s%s%s", i ? " " : " -a '", row->words[i],
			row->words[i + 1] ? "" : "'");
	fputs(" -d '", to);
	hint(row->help, "\\", to);
	fputs("'\n", to);
	if (row->traits & CS_ARG_NO) {
		fish_place(command, set, row, to);
		fprintf(to, " -l no-%s\n", row->name);
	}
}

void cs_complete_fish(const struct cs_ctx *ctx, FILE *to)
{
	fputs("# fish completion for coapscope; made by `coapscope completion fish`\n"
	      "complete -c coapscope -f\n",
	      to);
	for (size_t i = 0; i < ctx->n_commands; i++) {
		const struct cs_cmd *cmd = &ctx->commands[i];

		fprintf(to, "complete -c coapscope -n __fish_use_subcommand -a %s -d '",
			cmd->name);
		hint(cmd->summary, "\\", to);
		fputs("'\n", to);
		fish_verbs(cmd->name, cmd->args, to);
		for (size_t j = 0; j < cs_arg_count(cmd->args); j++)
			fish_row(cmd->name, cmd->args, cs_arg_row(cmd->args, j), to);
	}
}
