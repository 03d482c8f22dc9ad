/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd: what a sub-command is, what it is handed, and how it ends. The commands
 * themselves stand in cmd_<name>.c, their options in <name>_options.{h,c}, and
 * the table of all of them in commands.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

/*
 * Exit status, the same for every sub-command and documented in coapscope(1).
 * Scripts branch on these, so a number is never reused.
 */
enum cs_exit {
	CS_EXIT_OK = 0,
	CS_EXIT_FINDINGS = 1, /* there is something; only where the page says so */
	CS_EXIT_USAGE = 2,
	CS_EXIT_REFUSED = 3, /* nothing may be sent there */
	CS_EXIT_FAILED = 4,  /* the machine let us down; stderr says how */
};

/*
 * The status for an error: refused for CS_ERR_REFUSED, failed for the SYSTEM
 * block, usage for what the operator or a file of the operator's got wrong.
 */
int cs_exit_of(enum cs_err err);

/* What a command may ask for. */
enum cs_need {
	CS_NEED_NET = 1 << 0, /* sockets */
	CS_NEED_STORE_RD = 1 << 1,
	CS_NEED_STORE_WR = 1 << 2,
	CS_NEED_ADMIN = 1 << 3, /* CAP_NET_ADMIN */
};

enum cs_color { CS_COLOR_AUTO, CS_COLOR_ALWAYS, CS_COLOR_NEVER };

struct cs_cmd;
struct cs_arg_set;

/* The streams are here so a test can hand in a memory stream. All borrowed. */
struct cs_ctx {
	FILE *in;          /* what "-" means as an input file */
	FILE *out;         /* results: stable, parseable */
	FILE *err;         /* people: progress, warnings */
	struct cs_log log; /* to err; the level follows -q and -v */
	const struct cs_clock *clock;
	const char *(*env)(const char *name); /* as getenv() */
	char *const *environment;             /* all of it, NULL at the end; or NULL */
	const char *system_config;            /* read when it exists; NULL: none */
	unsigned columns;                     /* how wide text for people may be */
	enum cs_color color;                  /* as --color says */
	const struct cs_cmd *commands;
	size_t n_commands;
};

struct cs_cmd {
	const char *name;
	const char *summary; /* one line, imperative, no full stop */
	unsigned needs;      /* enum cs_need */
	const struct cs_arg_set *args;
	/* argv[0] is the command's own name; returns an enum cs_exit. */
	int (*run)(struct cs_ctx *ctx, int argc, char **argv);
};

/* The whole command line surface, in the order `coapscope help` prints it. */
extern const struct cs_cmd cs_commands[];
extern const size_t cs_n_commands;

/* The command of that name, or NULL. */
const struct cs_cmd *cs_cmd_find(const struct cs_ctx *ctx, const char *name);

/*
 * Runs the program: picks the command from argv[1] and gives its exit status.
 * ctx->out is flushed; when that failed, now or before, it is said on ctx->err
 * and the status is CS_EXIT_FAILED.
 */
int cs_cmd_main(struct cs_ctx *ctx, int argc, char **argv);

/*
 * True when text for what is behind @fd (-1: nothing) is to be coloured: as
 * --color says, and by default for a terminal where NO_COLOR is not set to
 * anything but nothing.
 */
bool cs_cmd_colored(const struct cs_ctx *ctx, int fd);
