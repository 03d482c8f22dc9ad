/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/slurp.h"

/* The text as inih asks for it: line by line, so that lines are counted. */
struct lines {
	struct cs_span rest;
	unsigned at;       /* number of the current line, from 1 */
	bool under_key;    /* inih would take an indented line as going on */
	bool goes_on;      /* the current line does */
	const char *wrong; /* why reading stopped */
};

struct loading {
	struct cs_ctx *ctx;
	const struct cs_arg_set *set;
	void *options;
	const char *name;
	enum cs_from from;
	struct lines lines;
	char ignored[64]; /* the unknown section that was last warned of */
	enum cs_err err;
	unsigned err_line;
	char *why;
};

/* Follows inih's own reading of blanks, comments, sections and going on. */
static void classify(struct lines *l, const char *line)
{
	const char *start = line + strspn(line, " \t\r\n\v\f");

	l->goes_on = false;
	if (*start == '\0' || *start == ';' || *start == '#')
		return;
	if (l->under_key && start > line)
		l->goes_on = true;
	else if (*start == '[')
		l->under_key = false;
}

static char *next_line(char *out, int room, void *arg)
{
	struct lines *l = arg;
	const uint8_t *end;
	size_t len;

	if (l->rest.len == 0 || l->wrong)
		return NULL;
	l->at++;
	end = memchr(l->rest.ptr, '\n', l->rest.len);
	len = end ? (size_t)(end - l->rest.ptr) : l->rest.len;
	if (len > CS_CONFIG_LINE || len + 2 > (size_t)room)
		l->wrong = "the line is too long: want at most 197 bytes";
	else if (memchr(l->rest.ptr, '\0', len))
		l->wrong = "a NUL byte: want text";
	if (l->wrong)
		return NULL;
	memcpy(out, l->rest.ptr, len);
	out[len] = '\0';
	l->rest.ptr += len + (end != NULL);
	l->rest.len -= len + (end != NULL);
	classify(l, out);
	return out;
}

/* The first thing that is wrong is what is said. Gives inih's error. */
static int wrong(struct loading *load, const char *fmt, ...) CS_PRINTF(2, 3);

static int wrong(struct loading *load, const char *fmt, ...)
{
	char what[CS_ARG_WHY];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	(void)snprintf(load->why, CS_ARG_WHY, "%.200s:%u: %.280s", load->name,
		       load->lines.at, what);
	load->err = CS_ERR_USAGE;
	load->err_line = load->lines.at;
	return 0;
}

/* Bytes of the file that are shown: nothing that a terminal would obey. */
static const char *shown(const char *text, char out[64])
{
	size_t n = 0;

	for (; *text && n < 60; text++)
		out[n++] = *text >= 0x20 && *text < 0x7f ? *text : '?';
	out[n] = '\0';
	return out;
}

static const struct cs_arg_set *set_of(struct loading *load, const char *section)
{
	const struct cs_cmd *cmd;

	if (strcmp(section, load->set->command) == 0)
		return load->set;
	cmd = cs_cmd_find(load->ctx, section);
	return cmd ? cmd->args : NULL;
}

static int unknown_section(struct loading *load, const char *section)
{
	char text[64];

	if (!*section)
		return wrong(load, "a key before any section: want [COMMAND] above it");
	shown(section, text);
	if (strcmp(text, load->ignored) != 0)
		cs_log(&load->ctx->log, CS_WARN,
		       "%s:%u: no command '%s', section ignored", load->name,
		       load->lines.at, text);
	memcpy(load->ignored, text, sizeof(text));
	return 1;
}

static int unknown_key(struct loading *load, const struct cs_arg_set *set,
		       const char *key)
{
	const char *near = cs_args_nearest(set, key);
	char text[64];

	if (*near)
		return wrong(load, "unknown key '%s' in [%s]: did you mean %s?",
			     shown(key, text), set->command, near);
	return wrong(load, "unknown key '%s' in [%s]: see coapscope %s --help",
		     shown(key, text), set->command, set->command);
}

/* inih's handler: 0 stands for an error, 1 for none. */
static int on_key(void *arg, const char *section, const char *key, const char *value)
{
	struct loading *load = arg;
	const struct cs_arg_set *set = set_of(load, section);
	const struct cs_arg *row;
	struct cs_origin origin = { load->from, load->name, load->lines.at };
	bool taken_back;

	load->lines.under_key = true;
	if (load->err)
		return 0;
	if (!set)
		return unknown_section(load, section);
	row = cs_args_find(set, key, &taken_back);
	if (!row)
		return unknown_key(load, set, key);
	if (row->traits & CS_ARG_CLI_ONLY)
		return wrong(load, "'%s' is for the command line alone", row->name);
	if (load->lines.goes_on && row->type != CS_ARG_LIST)
		return wrong(load,
			     "an indented line goes on with '%s', which has one value",
			     row->name);
	if (set != load->set)
		return 1;
	load->err =
		cs_args_store(row, taken_back, value, origin, load->options, load->why);
	load->err_line = load->lines.at;
	return load->err == CS_OK;
}

static enum cs_err parse(struct loading *load, struct cs_span text)
{
	int line;

	load->lines.rest = text;
	line = ini_parse_stream(next_line, &load->lines, on_key, load);
	if (load->lines.wrong && !load->err)
		(void)wrong(load, "%s", load->lines.wrong);
	if (line > 0 && (!load->err || (unsigned)line < load->err_line)) {
		load->lines.at = (unsigned)line;
		(void)wrong(load, "want [COMMAND], KEY = VALUE or a comment");
	}
	return load->err;
}

enum cs_err cs_config_read_text(struct cs_ctx *ctx, struct cs_span text, const char *name,
				enum cs_from from, const struct cs_arg_set *set,
				void *options, char why[CS_ARG_WHY])
{
	struct cs_common *common = options;
	struct loading load = {
		.ctx = ctx, .set = set, .options = options, .from = from, .why = why
	};

	load.name = cs_arena_text(&common->arena, cs_span_str(name));
	return load.name ? parse(&load, text) : CS_ERR_NOMEM;
}

static enum cs_err cannot(const char *path, char why[CS_ARG_WHY])
{
	enum cs_err err = cs_err_of_file(errno);

	(void)snprintf(why, CS_ARG_WHY, "%.300s: %s", path, strerror(errno));
	return err == CS_ERR_NOT_FOUND ? CS_ERR_USAGE : err;
}

enum cs_err cs_config_read_file(struct cs_ctx *ctx, const char *path, enum cs_from from,
				const struct cs_arg_set *set, void *options,
				char why[CS_ARG_WHY])
{
	FILE *file = fopen(path, "re");
	char *bytes = malloc(CS_CONFIG_MAX + 1);
	enum cs_err err = CS_ERR_NOMEM;
	size_t len;

	if (!file && errno == ENOENT && from == CS_FROM_SYSTEM_FILE) {
		err = CS_OK;
	} else if (!file) {
		err = cannot(path, why);
	} else if (bytes) {
		errno = EFBIG; /* unless reading says otherwise */
		len = fread(bytes, 1, CS_CONFIG_MAX + 1, file);
		if (ferror(file) || len > CS_CONFIG_MAX)
			err = cannot(path, why);
		else
			err = cs_config_read_text(ctx, cs_span_of(bytes, len), path, from,
						  set, options, why);
	}
	free(bytes);
	if (file)
		(void)fclose(file); /* only read from */
	return err;
}

static void print_origin(const struct cs_origin *origin, FILE *to)
{
	switch (origin->from) {
	case CS_FROM_SYSTEM_FILE:
	case CS_FROM_FILE:
		fprintf(to, " ; %s:%u\n", origin->name, origin->line);
		return;
	case CS_FROM_ENV:
		fprintf(to, " ; environment %s\n", origin->name);
		return;
	case CS_FROM_FLAG:
		fprintf(to, " ; flag %s\n", origin->name);
		return;
	case CS_FROM_DEFAULT:
	case CS_FROM_NOWHERE:
		fputs(" ; default\n", to);
		return;
	}
}

static void print_value(const struct cs_arg *row, const struct cs_arg_value *value,
			FILE *to)
{
	if (value->text)
		fprintf(to, "%s = %s", row->name, value->text);
	else
		fprintf(to, "no-%s = true", row->name);
	print_origin(&value->origin, to);
}

void cs_config_print(const struct cs_arg_set *set, const struct cs_common *common,
		     FILE *to)
{
	fprintf(to, "[%s]\n", set->command);
	for (size_t i = 0; i < cs_arg_count(set); i++) {
		const struct cs_arg *row = cs_arg_row(set, i);
		const struct cs_arg_held *held = &common->held[i];

		if (row->traits & CS_ARG_CLI_ONLY ||
		    (common->verb && !cs_arg_is_of(set, common->verb, row)))
			continue;
		for (size_t j = 0; j < held->n; j++)
			print_value(row, &held->values[j], to);
		if (held->n > 0)
			continue;
		if (row->type == CS_ARG_FLAG)
			fprintf(to, "%s = false ; default\n", row->name);
		else if (row->type == CS_ARG_COUNT)
			fprintf(to, "%s = 0 ; default\n", row->name);
		else
			fprintf(to, "; %s is not set\n", row->name);
	}
}
