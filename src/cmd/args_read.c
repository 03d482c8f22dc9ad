/* SPDX-License-Identifier: Apache-2.0 */
/* The sources one after the other: defaults, files, environment, command line. */
#include <getopt.h>
#include <stdlib.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/config.h"
#include "cmd/help.h"

/* How an option was called: getopt's value is 256 + 4 * row + one of these. */
enum called { BY_NAME, BY_ALIAS, BY_NO };

enum { FIRST_LONG = 256 };

/* The table in the form that getopt_long() wants. In the common arena. */
struct forms {
	struct option *longs;
	char *shorts;
};

static const char *joined(struct cs_arena *arena, const char *a, const char *b)
{
	size_t room = strlen(a) + strlen(b) + 1;
	char *text = cs_arena_alloc(arena, room);

	if (text)
		(void)snprintf(text, room, "%s%s", a, b);
	return text;
}

static bool takes_value(const struct cs_arg *row)
{
	return row->metavar != NULL;
}

static struct option long_form(const struct cs_arg *row, size_t i, enum called how,
			       const char *name)
{
	bool value = how != BY_NO && takes_value(row);
	int needs = row->bare ? optional_argument : required_argument;

	return (struct option){ .name = name,
				.has_arg = value ? needs : no_argument,
				.val = (int)(FIRST_LONG + 4 * i + how) };
}

static bool make_forms(const struct cs_arg_set *set, struct cs_arena *arena,
		       struct forms *forms)
{
	size_t n = cs_arg_count(set), at = 0;
	char *s;

	forms->longs = cs_arena_array(arena, 3 * n + 1, sizeof(*forms->longs));
	forms->shorts = s = cs_arena_array(arena, 2 * n + 2, 1);
	if (!forms->longs || !s)
		return false;
	*s++ = ':'; /* a missing value is told from an unknown option */
	for (size_t i = 0; i < n; i++) {
		const struct cs_arg *row = cs_arg_row(set, i);

		forms->longs[at++] = long_form(row, i, BY_NAME, row->name);
		if (row->alias)
			forms->longs[at++] = long_form(row, i, BY_ALIAS, row->alias);
		if (row->type == CS_ARG_FLAG || row->traits & CS_ARG_NO) {
			const char *no = joined(arena, "no-", row->name);

			if (!no)
				return false;
			forms->longs[at++] = long_form(row, i, BY_NO, no);
		}
		if (row->letter) {
			*s++ = row->letter;
			if (takes_value(row))
				*s++ = ':';
		}
	}
	return true;
}

struct reading {
	struct cs_ctx *ctx;
	const struct cs_arg_set *set;
	struct cs_common *common; /* the options struct */
	struct forms forms;
	int argc;
	char **argv;
	char why[CS_ARG_WHY];
};

static enum cs_err unknown(struct reading *r, const char *name)
{
	char bare[64];
	const char *near;

	(void)snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(name, "="), name);
	near = strncmp(bare, "--", 2) == 0 ? cs_args_nearest(r->set, bare + 2) : "";
	if (*near)
		(void)snprintf(r->why, sizeof(r->why),
			       "unknown option %s: did you mean --%s?", bare, near);
	else
		(void)snprintf(r->why, sizeof(r->why),
			       "unknown option %s: see coapscope %s --help", bare,
			       r->set->command);
	return CS_ERR_USAGE;
}

/* What getopt complains of: the option by letter (c < 256) or by its value. */
static const struct cs_arg *row_of(const struct cs_arg_set *set, int c)
{
	if (c >= FIRST_LONG)
		return cs_arg_row(set, (size_t)(c - FIRST_LONG) / 4);
	for (size_t i = 0; c > 0 && i < cs_arg_count(set); i++) {
		if (cs_arg_row(set, i)->letter == c)
			return cs_arg_row(set, i);
	}
	return NULL;
}

static enum cs_err complaint(struct reading *r, int c)
{
	const struct cs_arg *row = row_of(r->set, optopt);
	const char letter[] = { '-', (char)optopt, '\0' };
	char want[CS_ARG_WANT];

	if (!row)
		return unknown(r, optopt > 0 ? letter : r->argv[optind - 1]);
	if (c == ':') {
		cs_args_want(row, want);
		(void)snprintf(r->why, sizeof(r->why), "--%s has no value: want %s",
			       row->name, want);
	} else {
		(void)snprintf(r->why, sizeof(r->why), "--%s takes no value", row->name);
	}
	return CS_ERR_USAGE;
}

/*
 * getopt_long() takes any unambiguous beginning of a name. We do not: what is
 * unambiguous today means something else, or nothing, with the next option.
 */
static bool is_abbreviated(const struct reading *r, int at)
{
	bool apart = optarg && optarg == r->argv[optind - 1]; /* --name value */
	const char *word = r->argv[optind - (apart ? 2 : 1)];

	return strcspn(word + 2, "=") != strlen(r->forms.longs[at].name);
}

static enum cs_err seen(struct reading *r, int c, int long_at)
{
	const struct cs_arg *row = row_of(r->set, c);
	const char letter[] = { (char)c, '\0' };
	struct cs_origin origin = { .from = CS_FROM_FLAG };
	bool taken_back = c >= FIRST_LONG && (c - FIRST_LONG) % 4 == BY_NO;

	if (c >= FIRST_LONG && is_abbreviated(r, long_at)) {
		(void)snprintf(r->why, sizeof(r->why),
			       "options are not abbreviated: did you mean --%s?",
			       r->forms.longs[long_at].name);
		return CS_ERR_USAGE;
	}
	origin.name = c >= FIRST_LONG ? joined(&r->common->arena, "--",
					       r->forms.longs[long_at].name)
				      : joined(&r->common->arena, "-", letter);
	if (!origin.name)
		return CS_ERR_NOMEM;
	return cs_args_store(row, taken_back, optarg || taken_back ? optarg : row->bare,
			     origin, r->common, r->why);
}

/* Stores the options of argv; what is left over becomes the operands. */
static enum cs_err read_argv(struct reading *r)
{
	enum cs_err err = CS_OK;
	int c, at = 0;

	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while (!err && (c = getopt_long(r->argc, r->argv, r->forms.shorts, r->forms.longs,
					&at)) != -1)
		err = c == '?' || c == ':' ? complaint(r, c) : seen(r, c, at);
	return err;
}

/* The first operand, where the command has verbs. Help needs none. */
static enum cs_err read_verb(struct reading *r)
{
	const char *name = optind < r->argc ? r->argv[optind] : NULL;
	unsigned all = (unsigned)((UINT64_C(1) << r->set->n_verbs) - 1);
	char names[CS_ARG_VERBS];

	if (r->set->n_verbs == 0)
		return CS_OK;
	/* `report help csv` is what people type for `report csv --help`. */
	if (name && strcmp(name, "help") == 0) {
		r->common->help = true;
		name = optind + 1 < r->argc ? r->argv[optind + 1] : NULL;
	}
	r->common->verb = name ? cs_args_verb(r->set, name) : NULL;
	if (r->common->verb || (!name && (r->common->help || r->common->print_config)))
		return CS_OK;
	cs_args_verb_names(r->set, all, names);
	if (name)
		(void)snprintf(r->why, sizeof(r->why), "no %s '%.60s': want %s",
			       r->set->command, name, names);
	else
		(void)snprintf(r->why, sizeof(r->why),
			       "which %s? want %s; see coapscope %s --help",
			       r->set->command, names, r->set->command);
	return CS_ERR_USAGE;
}

/* An option of another verb's, though it is known, would count for nothing. */
static enum cs_err check_owners(struct reading *r)
{
	const struct cs_arg_verb *verb = r->common->verb;
	char names[CS_ARG_VERBS];

	for (size_t i = 0; verb && i < r->set->n_rows; i++) {
		const struct cs_arg *row = &r->set->rows[i];
		const struct cs_arg_held *held = &r->common->held[i];

		if (cs_arg_is_of(r->set, verb, row) || held->n == 0 ||
		    held->values[held->n - 1].origin.from != CS_FROM_FLAG)
			continue;
		cs_args_verb_names(r->set, row->verbs, names);
		(void)snprintf(r->why, sizeof(r->why),
			       "%s %s takes no --%s: it belongs to %s %s",
			       r->set->command, verb->name, row->name, r->set->command,
			       names);
		return CS_ERR_USAGE;
	}
	return CS_OK;
}

static enum cs_err check_operands(struct reading *r, char *const *at, size_t n)
{
	const struct cs_arg_verb *verb = r->common->verb;
	size_t least = verb ? verb->min_operands : r->set->min_operands;
	size_t most = verb ? verb->max_operands : r->set->max_operands;

	if (n > most)
		(void)snprintf(r->why, sizeof(r->why), "'%.100s': one argument too many",
			       at[most]);
	else if (n < least)
		(void)snprintf(r->why, sizeof(r->why),
			       "too few arguments: want %s; see coapscope %s%s%s --help",
			       verb ? verb->operands : r->set->operands, r->set->command,
			       verb ? " " : "", verb ? verb->name : "");
	return n > most || n < least ? CS_ERR_USAGE : CS_OK;
}

static enum cs_err read_operands(struct reading *r)
{
	struct cs_arg_list *to = &r->common->operands;
	int first = optind + (r->common->verb != NULL);
	size_t n = (size_t)(r->argc - first);
	enum cs_err err = check_operands(r, r->argv + first, n);

	if (err)
		return err;
	to->item = cs_arena_array(&r->common->arena, n + 1, sizeof(*to->item));
	if (!to->item)
		return CS_ERR_NOMEM;
	for (to->n = 0; to->n < n; to->n++)
		to->item[to->n] = r->argv[(size_t)first + to->n];
	return CS_OK;
}

static enum cs_err read_variable(struct reading *r, const struct cs_arg *row,
				 const char *prefix, const char *name)
{
	struct cs_arena *arena = &r->common->arena;
	struct cs_origin origin = { .from = CS_FROM_ENV };
	const char *key = name ? joined(arena, prefix, name) : "";
	char variable[CS_ARG_ENV];
	const char *text;

	if (!name)
		return CS_OK;
	if (!key)
		return CS_ERR_NOMEM;
	cs_args_env_name(r->set, key, variable);
	text = r->ctx->env(variable);
	if (!text || !*text)
		return CS_OK;
	origin.name = cs_arena_text(arena, cs_span_str(variable));
	if (!origin.name)
		return CS_ERR_NOMEM;
	return cs_args_store(row, *prefix != '\0', text, origin, r->common, r->why);
}

static enum cs_err read_env(struct reading *r)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < cs_arg_count(r->set); i++) {
		const struct cs_arg *row = cs_arg_row(r->set, i);

		if (row->traits & CS_ARG_CLI_ONLY)
			continue;
		err = read_variable(r, row, "", row->alias);
		if (!err)
			err = read_variable(r, row, "", row->name);
		if (!err && (row->type == CS_ARG_FLAG || row->traits & CS_ARG_NO))
			err = read_variable(r, row, "no-", row->name);
	}
	return err;
}

static bool is_variable_of(const struct cs_arg_set *set, const char *key,
			   const char *text, size_t len)
{
	char variable[CS_ARG_ENV];

	if (!key)
		return false;
	cs_args_env_name(set, key, variable);
	return strlen(variable) == len && memcmp(variable, text, len) == 0;
}

static bool is_known(struct reading *r, const char *text, size_t len)
{
	for (size_t i = 0; i < cs_arg_count(r->set); i++) {
		const struct cs_arg *row = cs_arg_row(r->set, i);
		const char *no = joined(&r->common->arena, "no-", row->name);

		if (row->traits & CS_ARG_CLI_ONLY)
			continue;
		if (is_variable_of(r->set, row->name, text, len) ||
		    is_variable_of(r->set, row->alias, text, len) ||
		    is_variable_of(r->set, no, text, len))
			return true;
	}
	return false;
}

/*
 * A mistyped COAPSCOPE_SCAN_EXCLUDE would go unseen. No error: the environment
 * is also filled by others (a container's manager names services in it).
 */
static void warn_of_strange_variables(struct reading *r)
{
	char prefix[CS_ARG_ENV];
	size_t len;

	cs_args_env_name(r->set, "", prefix);
	len = strlen(prefix);
	for (char *const *at = r->ctx->environment; at && *at; at++) {
		size_t name = strcspn(*at, "=");

		if (name > len && memcmp(*at, prefix, len) == 0 &&
		    !is_known(r, *at, name))
			cs_log(&r->ctx->log, CS_WARN,
			       "the environment's %.*s is no option's and counts for "
			       "nothing: see coapscope %s --help",
			       (int)name, *at, r->set->command);
	}
}

static enum cs_err read_files(struct reading *r, const char *named)
{
	enum cs_err err = CS_OK;

	if (r->ctx->system_config)
		err = cs_config_read_file(r->ctx, r->ctx->system_config,
					  CS_FROM_SYSTEM_FILE, r->set, r->common, r->why);
	if (!err && named)
		err = cs_config_read_file(r->ctx, named, CS_FROM_FILE, r->set, r->common,
					  r->why);
	return err;
}

/*
 * The command line goes first, for --help and --config, into a struct that is
 * then begun anew: what is lower in precedence has to be stored before it.
 */
static enum cs_err read_sources(struct reading *r)
{
	char *config = NULL;
	enum cs_err err = read_argv(r);

	if (!err)
		err = read_verb(r);
	if (err || r->common->help)
		return err;
	if (r->common->config && !(config = strdup(r->common->config)))
		return CS_ERR_NOMEM;
	cs_args_clear(r->common);
	err = cs_args_start(r->set, r->common);
	if (!err && !make_forms(r->set, &r->common->arena, &r->forms))
		err = CS_ERR_NOMEM;
	if (!err)
		err = read_files(r, config);
	if (!err)
		err = read_env(r);
	if (!err)
		warn_of_strange_variables(r);
	if (!err)
		err = read_argv(r);
	if (!err)
		err = read_verb(r);
	if (!err)
		err = check_owners(r);
	if (!err && !r->common->print_config)
		err = read_operands(r);
	free(config);
	return err;
}

static void apply_common(struct cs_ctx *ctx, const struct cs_common *common)
{
	unsigned level = CS_NOTE + common->verbose;

	if (common->quiet)
		level = CS_WARN;
	ctx->log.most = level > CS_DEBUG ? CS_DEBUG : (enum cs_level)level;
	ctx->color = (enum cs_color)common->color;
}

int cs_args_read(struct cs_ctx *ctx, const struct cs_arg_set *set, int argc, char **argv,
		 void *options)
{
	struct reading r = {
		.ctx = ctx, .set = set, .common = options, .argc = argc, .argv = argv
	};
	enum cs_err err = cs_args_start(set, options);

	ctx->log.command = set->command;
	if (!err && !make_forms(set, &r.common->arena, &r.forms))
		err = CS_ERR_NOMEM;
	if (!err)
		err = read_sources(&r);
	if (err) {
		cs_log(&ctx->log, CS_ERROR, "%s", *r.why ? r.why : cs_strerror(err));
		return err == CS_ERR_USAGE ? CS_EXIT_USAGE : CS_EXIT_FAILED;
	}
	apply_common(ctx, r.common);
	if (r.common->help) {
		cs_help_command(ctx, set, r.common->verb, ctx->out);
		return CS_EXIT_OK;
	}
	if (r.common->print_config) {
		cs_config_print(set, r.common, ctx->out);
		return CS_EXIT_OK;
	}
	return -1;
}
