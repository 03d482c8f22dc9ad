/* SPDX-License-Identifier: Apache-2.0 */
/*
 * args: a command's options as a table, and how their values come together.
 * The one table drives parsing, --help, the man page, shell completion, the
 * environment, the configuration file and --print-config. Values are stored
 * into the command's own struct, which begins with a struct cs_common.
 *
 * A value is taken from, the later winning: default, /etc/coapscope/
 * coapscope.conf, --config FILE, environment, command line. Each value that is
 * given is checked, also when a later one wins.
 *
 * Knows nothing of what a command does; rules between options are the
 * command's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/rd.h"

struct cs_ctx;

enum cs_arg_type {
	CS_ARG_FLAG,   /* bool; --no-NAME takes it back */
	CS_ARG_COUNT,  /* unsigned: how often it was given */
	CS_ARG_U64,    /* uint64_t in min..max */
	CS_ARG_TEXT,   /* const char *, NULL when unset */
	CS_ARG_LIST,   /* struct cs_arg_list: may be given several times */
	CS_ARG_WORD,   /* int: the index in words; -1 when unset */
	CS_ARG_PARSED, /* what .read makes of it */
};

enum cs_arg_traits {
	/* --no-NAME: sets a TEXT to NULL, empties a LIST; what comes later adds. */
	CS_ARG_NO = 1 << 0,
	CS_ARG_ADDS = 1 << 1,     /* LIST: every source adds, none replaces */
	CS_ARG_SPLIT = 1 << 2,    /* LIST: a value is split at commas and blanks */
	CS_ARG_CLI_ONLY = 1 << 3, /* neither environment nor file */
	CS_ARG_IS_FILE = 1 << 4,  /* completed as a file name */
	CS_ARG_IS_DIR = 1 << 5,   /* completed as a folder */
};

/*
 * Reads @text into @to. For TEXT and LIST rows it only checks, and @to is NULL.
 * False when it is not what the row wants; *@to is then of no matter.
 */
typedef bool cs_arg_read(struct cs_span text, void *to);

struct cs_arg {
	const char *name;    /* long name without dashes; never "no-..." */
	const char *alias;   /* second long name, or NULL */
	char letter;         /* short name, or 0 */
	const char *metavar; /* "FILE"; NULL for FLAG and COUNT */
	enum cs_arg_type type;
	unsigned traits;          /* enum cs_arg_traits */
	const char *preset;       /* default as text, or NULL: unset */
	const char *bare;         /* TEXT: what the option alone means; a value then
				     follows a "=" and nothing else. NULL: it has one */
	size_t at;                /* offsetof() in the command's struct */
	uint64_t min, max;        /* U64 */
	const char *const *words; /* WORD: ends with NULL */
	cs_arg_read *read;        /* PARSED; optional check for TEXT and LIST */
	const char *want;         /* what is right, for messages; NULL: by type */
	unsigned verbs;           /* bit i: the set's verb i takes it; 0: all do */
	const char *group;        /* heading; rows of one group stand together */
	const char *help;         /* sentences; the default is added by itself */
};

struct cs_arg_list {
	const char **item; /* in the common arena */
	size_t n;
};

/* Where a value came from; the order is the precedence. */
enum cs_from {
	CS_FROM_NOWHERE,
	CS_FROM_DEFAULT,
	CS_FROM_SYSTEM_FILE,
	CS_FROM_FILE,
	CS_FROM_ENV,
	CS_FROM_FLAG,
};

struct cs_origin {
	enum cs_from from;
	const char *name; /* file, variable, or option as written; NULL else */
	unsigned line;    /* of the file, from 1 */
};

struct cs_arg_held;

/*
 * What every command's struct begins with. Everything below it that is text
 * lives in the arena.
 */
struct cs_common {
	struct cs_arena arena;
	struct cs_arg_held *held; /* one a row: text and origin */
	const struct cs_arg_set *set;
	const struct cs_arg_verb *verb; /* of the set's; NULL: it has none */
	bool help, quiet, print_config;
	unsigned verbose;
	int color; /* enum cs_color */
	const char *config;
	struct cs_arg_list operands;
};

/* A command within a command, as csv in `report csv`: its first operand. */
struct cs_arg_verb {
	const char *name;
	const char *summary;  /* one line, imperative, no full stop */
	const char *operands; /* this and the rest as in struct cs_arg_set */
	size_t min_operands, max_operands;
	const char *intro;
	const char *examples;
};

/* A command's command line as data. */
struct cs_arg_set {
	const char *command; /* "scan" */
	const struct cs_arg *rows;
	size_t n_rows;
	size_t size;          /* of the command's struct */
	const char *operands; /* "[TARGET...]"; NULL: none are taken */
	size_t min_operands, max_operands;
	const char *intro;    /* help: paragraphs; lines are filled */
	const char *examples; /* help: printed as it stands; NULL: none */
	/* At most 32, or NULL: none. Where there are some, each has its operands. */
	const struct cs_arg_verb *verbs;
	size_t n_verbs;
};

/* The options that every command has; their offsets are in struct cs_common. */
extern const struct cs_arg cs_common_args[];
extern const size_t cs_n_common_args;

static inline size_t cs_arg_count(const struct cs_arg_set *set)
{
	return set->n_rows + cs_n_common_args;
}

/* Row @i: the command's own first, then the common ones. */
static inline const struct cs_arg *cs_arg_row(const struct cs_arg_set *set, size_t i)
{
	return i < set->n_rows ? &set->rows[i] : &cs_common_args[i - set->n_rows];
}

/* Whether @verb takes @row; NULL stands for what all verbs take. */
static inline bool cs_arg_is_of(const struct cs_arg_set *set,
				const struct cs_arg_verb *verb, const struct cs_arg *row)
{
	return row->verbs == 0 || (verb && row->verbs >> (verb - set->verbs) & 1);
}

/* The verb of that name, or NULL. */
const struct cs_arg_verb *cs_args_verb(const struct cs_arg_set *set, const char *name);

/*
 * Reads the whole of a command line into @options (a struct that begins with
 * struct cs_common; its content is overwritten), with what the files and the
 * environment add. Sets ctx->log's level and ctx->color. An option that another
 * verb owns is an error on the command line; files and environment serve all.
 *
 * Returns -1 when the command is to go on. Otherwise the exit status: --help
 * or --print-config has been answered, or an error has been said on ctx->err.
 * cs_args_clear() is due in every case.
 */
CS_MUST_USE int cs_args_read(struct cs_ctx *ctx, const struct cs_arg_set *set, int argc,
			     char **argv, void *options);

/* Frees what the values hold. A zeroed struct is fine. */
void cs_args_clear(struct cs_common *common);

/*
 * Where the value at @at (an offsetof() in the command's struct) came from.
 * CS_FROM_NOWHERE when it is unset; a list gives its last item's origin.
 */
struct cs_origin cs_args_origin(const struct cs_common *common, size_t at);

/* Likewise of item @nth of the list at @at. */
struct cs_origin cs_args_item_origin(const struct cs_common *common, size_t at,
				     size_t nth);

/*
 * Of two values that exclude each other: true when the one at @by came from nearer the
 * operator than the one at @at, which is then of no force.
 */
bool cs_args_outranked(const struct cs_common *common, size_t at, size_t by);

/*
 * True when --no-NAME holds for the text at @at (NULL is also "unset"), or was
 * given for the list at @at before what is in it now.
 */
bool cs_args_taken_back(const struct cs_common *common, size_t at);

/* --- what the readers of one source use; the rest of cmd has no need to --- */

enum { CS_ARG_WHY = 512 };

/* One row's values as text. */
struct cs_arg_held {
	struct cs_arg_value {
		const char *text; /* NULL: taken back by --no-NAME */
		struct cs_origin origin;
	} * values; /* one; several for a LIST */
	size_t n, cap;
};

/* Zeroes @options and sets every default. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_args_start(const struct cs_arg_set *set, void *options);

/*
 * The row of that long name or alias, or NULL. "no-NAME" gives the row of NAME
 * where that can be taken back, and sets *@taken_back.
 */
const struct cs_arg *cs_args_find(const struct cs_arg_set *set, const char *name,
				  bool *taken_back);

/* The known name most like @name, "" when none is near. Static storage. */
const char *cs_args_nearest(const struct cs_arg_set *set, const char *name);

/*
 * Stores one value. @text is NULL for a FLAG or COUNT without a value. The
 * origin's name must live as long as the options.
 *
 * CS_ERR_USAGE  not what the row wants; @why says where, what and what is right
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_args_store(const struct cs_arg *row, bool taken_back,
				      const char *text, struct cs_origin origin,
				      void *options, char why[CS_ARG_WHY]);

/* The environment variable of a row: COAPSCOPE_SCAN_TARGET_PORT. */
enum { CS_ARG_ENV = 96 };
void cs_args_env_name(const struct cs_arg_set *set, const char *name,
		      char out[CS_ARG_ENV]);

/* The names of the set's verbs that @which has as bits: "csv, jsonl or html". */
enum { CS_ARG_VERBS = 160 };
void cs_args_verb_names(const struct cs_arg_set *set, unsigned which,
			char out[CS_ARG_VERBS]);

/* What a row wants, in words: "a number from 1 to 16". */
enum { CS_ARG_WANT = 160 };
void cs_args_want(const struct cs_arg *row, char out[CS_ARG_WANT]);
