/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"

#include <ctype.h>

enum {
	HELP_AT = 30,     /* column where an option's help begins */
	LEAST_WIDTH = 50, /* narrower terminals wrap by themselves */
	MOST_WIDTH = 100, /* longer lines are hard to read */
	SYNOPSIS = 160,
};

static size_t width_of(const struct cs_ctx *ctx)
{
	if (ctx->columns < LEAST_WIDTH)
		return ctx->columns ? LEAST_WIDTH : 80;
	return ctx->columns > MOST_WIDTH ? MOST_WIDTH : ctx->columns;
}

/*
 * Prints what must not be broken behind what stands on the line, or on the next
 * one. The cursor stands at @at; returns where it stands then.
 */
static size_t place(FILE *to, const char *text, size_t len, size_t at, size_t indent,
		    size_t width)
{
	if (at > indent && at + 1 + len > width) {
		fputc('\n', to);
		at = 0;
	}
	if (at < indent)
		at += (size_t)fprintf(to, "%*s", (int)(indent - at), "");
	else if (at > indent)
		at += (size_t)fprintf(to, " ");
	return at + (size_t)fprintf(to, "%.*s", (int)len, text);
}

/* Fills words into lines that begin at column @indent; a newline begins one. */
static size_t fill(FILE *to, const char *text, size_t at, size_t indent, size_t width)
{
	while (*text) {
		size_t len = strcspn(text, " \n");

		if (len > 0)
			at = place(to, text, len, at, indent, width);
		text += len;
		if (*text == '\n') {
			fputc('\n', to);
			at = 0;
		}
		text += *text != '\0';
	}
	return at;
}

/* A flag that is on by default is shown as what turns it off. */
static bool shown_as_no(const struct cs_arg *row)
{
	return row->type == CS_ARG_FLAG && row->preset &&
	       strcmp(row->preset, "true") == 0;
}

static void synopsis(const struct cs_arg *row, char out[SYNOPSIS])
{
	const char letter[] = { '-', row->letter, ',', ' ', '\0' };
	const char *before = row->bare ? "[=" : " ";
	int n = snprintf(out, SYNOPSIS, "%s--%s%s%s%s%s", row->letter ? letter : "    ",
			 shown_as_no(row) ? "no-" : "", row->name,
			 row->metavar ? before : "", row->metavar ? row->metavar : "",
			 row->bare ? "]" : "");

	if (row->traits & CS_ARG_NO)
		(void)snprintf(out + n, SYNOPSIS - (size_t)n, ", --no-%s", row->name);
}

static void print_row(const struct cs_arg *row, size_t width, FILE *to)
{
	char words[SYNOPSIS];
	size_t at;

	synopsis(row, words);
	at = (size_t)fprintf(to, "  %s", words);
	if (at + 2 > HELP_AT) {
		fputc('\n', to);
		at = 0;
	}
	at = fill(to, row->help, at, HELP_AT, width);
	if (row->preset && row->type != CS_ARG_FLAG) {
		int len = snprintf(words, sizeof(words), "[default: %s]", row->preset);

		(void)place(to, words, (size_t)len, at, HELP_AT, width);
	}
	fputc('\n', to);
}

static void print_rows(const struct cs_arg_set *set, const struct cs_arg_verb *verb,
		       size_t width, FILE *to)
{
	const char *group = "";

	for (size_t i = 0; i < cs_arg_count(set); i++) {
		const struct cs_arg *row = cs_arg_row(set, i);

		if (!cs_arg_is_of(set, verb, row))
			continue;
		if (strcmp(group, row->group) != 0)
			fprintf(to, "\n%s:\n", row->group);
		group = row->group;
		print_row(row, width, to);
	}
}

static void print_verbs(const struct cs_arg_set *set, size_t width, FILE *to)
{
	enum { SUMMARY_AT = 12 };

	fputs("\nVerbs:\n", to);
	for (size_t i = 0; i < set->n_verbs; i++) {
		size_t at = (size_t)fprintf(to, "  %s", set->verbs[i].name);

		(void)fill(to, set->verbs[i].summary, at, SUMMARY_AT, width);
		fputc('\n', to);
	}
	fprintf(to,
		"\n`coapscope %s VERB --help` shows what a verb takes beside "
		"these.\n",
		set->command);
}

static void print_usage(const struct cs_arg_set *set, const struct cs_arg_verb *verb,
			FILE *to)
{
	const char *operands = verb ? verb->operands : set->operands;
	const char *name = verb ? verb->name : set->n_verbs ? "VERB" : NULL;

	if (!verb && set->n_verbs)
		operands = "[ARGUMENT...]";
	fprintf(to, "Usage: coapscope %s%s%s [OPTION...]%s%s\n", set->command,
		name ? " " : "", name ? name : "", operands ? " " : "",
		operands ? operands : "");
}

void cs_help_command(const struct cs_ctx *ctx, const struct cs_arg_set *set,
		     const struct cs_arg_verb *verb, FILE *to)
{
	const char *intro = verb ? verb->intro : set->intro;
	const char *examples = verb ? verb->examples : set->examples;
	size_t width = width_of(ctx);

	print_usage(set, verb, to);
	if (intro) {
		fputc('\n', to);
		(void)fill(to, intro, 0, 0, width);
		fputc('\n', to);
	}
	if (!verb && set->n_verbs)
		print_verbs(set, width, to);
	print_rows(set, verb, width, to);
	if (examples)
		fprintf(to, "\nExamples:\n%s", examples);
	/* A command without options of its own has no page of its own. */
	fprintf(to, "\nSee coapscope%s%s(1).\n", set->n_rows ? "-" : "",
		set->n_rows ? set->command : "");
}

void cs_help_overview(const struct cs_ctx *ctx, FILE *to)
{
	fputs("coapscope finds CoAP devices in networks that are yours, shows how "
	      "exposed\n"
	      "they are, and helps to close what should not be open.\n\n"
	      "Usage: coapscope COMMAND [OPTION...] [ARGUMENT...]\n\n"
	      "Commands:\n",
	      to);
	for (size_t i = 0; i < ctx->n_commands; i++)
		fprintf(to, "  %-12s%s\n", ctx->commands[i].name,
			ctx->commands[i].summary);
	fputs("\n`coapscope help COMMAND` or `coapscope COMMAND --help` shows a "
	      "command's "
	      "options,\n`coapscope --version` the version. The manual: coapscope(1).\n",
	      to);
}

/* Text as scdoc shows it unchanged. */
static void scdoc_text(const char *text, FILE *to)
{
	for (; *text; text++) {
		if (strchr("\\*_#`[]|+", *text))
			fputc('\\', to);
		fputc(*text == '\n' ? ' ' : *text, to);
	}
}

static void scdoc_name(const char *dashes, const char *name, FILE *to)
{
	fprintf(to, "*%s", dashes);
	scdoc_text(name, to);
	fputc('*', to);
}

static void scdoc_row(const struct cs_arg_set *set, const struct cs_arg *row, FILE *to)
{
	char verbs[CS_ARG_VERBS];

	const char letter[] = { row->letter, '\0' };

	if (row->letter) {
		scdoc_name("-", letter, to);
		fputs(", ", to);
	}
	scdoc_name(shown_as_no(row) ? "--no-" : "--", row->name, to);
	if (row->metavar) {
		fputs(row->bare ? "[=_" : " _", to);
		scdoc_text(row->metavar, to);
		fputs(row->bare ? "_]" : "_", to);
	}
	if (row->traits & CS_ARG_NO) {
		fputs(", ", to);
		scdoc_name("--no-", row->name, to);
	}
	fputs("\n\t", to);
	scdoc_text(row->help, to);
	if (row->preset && row->type != CS_ARG_FLAG) {
		fputs(" Default: ", to);
		scdoc_text(row->preset, to);
		fputs(".", to);
	}
	if (row->alias) {
		fputs(" Also called ", to);
		scdoc_name("--", row->alias, to);
		fputs(".", to);
	}
	if (row->verbs) {
		cs_args_verb_names(set, row->verbs, verbs);
		fprintf(to, " For %s.", verbs);
	}
	fputs("\n\n", to);
}

void cs_help_scdoc(const struct cs_arg_set *set, FILE *to)
{
	static const struct cs_arg_set only_common = { .n_rows = 0 };
	const char *group = "";

	if (!set)
		set = &only_common;
	for (size_t i = 0; i < cs_arg_count(set); i++) {
		const struct cs_arg *row = cs_arg_row(set, i);

		if (set != &only_common && strcmp(group, row->group) != 0)
			fprintf(to, "## %s\n\n", row->group);
		group = row->group;
		scdoc_row(set, row, to);
	}
}

void cs_help_scdoc_verbs(const struct cs_arg_set *set, FILE *to)
{
	for (size_t i = 0; i < set->n_verbs; i++) {
		const struct cs_arg_verb *verb = &set->verbs[i];

		scdoc_name("", verb->name, to);
		if (verb->operands) {
			fputc(' ', to);
			scdoc_text(verb->operands, to);
		}
		fputs("\n\t", to);
		fputc(toupper((unsigned char)*verb->summary), to);
		scdoc_text(verb->summary + 1, to);
		fputs(".\n\n", to);
	}
}

void cs_help_scdoc_commands(const struct cs_cmd *commands, size_t n, FILE *to)
{
	for (size_t i = 0; i < n; i++) {
		scdoc_name("", commands[i].name, to);
		fputs("\n\t", to);
		fputc(toupper((unsigned char)*commands[i].summary), to);
		scdoc_text(commands[i].summary + 1, to);
		fputs(".\n\n", to);
	}
}
