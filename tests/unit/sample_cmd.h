/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command with one option of every kind, and a context that catches what it
 * says. For the tests of cmd and the fuzz target of its configuration.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/value.h"

struct sample {
	struct cs_common common;
	uint64_t rate;
	uint64_t limit;
	bool dry, follow;
	unsigned level;
	int format;
	const char *file;
	const char *store;
	struct cs_arg_list exclude;
	struct cs_arg_list sources;
	struct cs_maybe_u64 seed;
	const char *ports;
	const char *where;
};

#define SAMPLE_AT(field) offsetof(struct sample, field)

static const char *const sample_formats[] = { "csv", "jsonl", "table", NULL };

static const struct cs_arg sample_rows[] = {
	{ .name = "rate",
	  .letter = 'r',
	  .metavar = "PPS",
	  .type = CS_ARG_U64,
	  .preset = "1000",
	  .at = SAMPLE_AT(rate),
	  .max = 100000000,
	  .want = "0 (unpaced) or 1 to 100000000 packets per second",
	  .group = "Pace",
	  .help = "Packets a second." },
	{ .name = "limit",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .at = SAMPLE_AT(limit),
	  .min = 1,
	  .max = 16,
	  .group = "Pace",
	  .help = "A number with both bounds." },
	{ .name = "dry-run",
	  .letter = 'd',
	  .type = CS_ARG_FLAG,
	  .at = SAMPLE_AT(dry),
	  .group = "Pace",
	  .help = "Send nothing." },
	{ .name = "follow",
	  .type = CS_ARG_FLAG,
	  .preset = "true",
	  .at = SAMPLE_AT(follow),
	  .group = "Pace",
	  .help = "Only probes." },
	{ .name = "level",
	  .letter = 'l',
	  .type = CS_ARG_COUNT,
	  .at = SAMPLE_AT(level),
	  .group = "Pace",
	  .help = "More of it." },
	{ .name = "output-format",
	  .letter = 'O',
	  .metavar = "FORMAT",
	  .type = CS_ARG_WORD,
	  .at = SAMPLE_AT(format),
	  .words = sample_formats,
	  .group = "Output",
	  .help = "How it looks." },
	{ .name = "targets-file",
	  .alias = "allowlist-file",
	  .letter = 'f',
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = SAMPLE_AT(file),
	  .group = "Output",
	  .help = "A file name whose help is long enough that it has to go on in a "
		  "second "
		  "line of the table, at least where the terminal is narrow." },
	{ .name = "store",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_NO | CS_ARG_IS_DIR,
	  .preset = "/var/lib/sample",
	  .at = SAMPLE_AT(store),
	  .group = "Output",
	  .help = "A text that can be taken back." },
	{ .name = "exclude",
	  .metavar = "ADDRESS",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_ADDS | CS_ARG_SPLIT,
	  .at = SAMPLE_AT(exclude),
	  .group = "Output",
	  .help = "A list to which every source adds." },
	{ .name = "source",
	  .letter = 'S',
	  .metavar = "NAME",
	  .type = CS_ARG_LIST,
	  .at = SAMPLE_AT(sources),
	  .group = "Output",
	  .help = "A list that the nearest source replaces." },
	{ .name = "seed",
	  .letter = 'e',
	  .metavar = "N",
	  .type = CS_ARG_PARSED,
	  .at = SAMPLE_AT(seed),
	  .read = cs_value_maybe_u64,
	  .want = "a number",
	  .group = "Output",
	  .help = "A number that may be missing." },
	{ .name = "ports",
	  .metavar = "PORTS",
	  .type = CS_ARG_TEXT,
	  .preset = "5683",
	  .at = SAMPLE_AT(ports),
	  .read = cs_value_ports,
	  .want = "ports",
	  .group = "Output",
	  .help = "A text that is checked." },
	{ .name = "where",
	  .metavar = "PLACE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_NO,
	  .bare = "here",
	  .at = SAMPLE_AT(where),
	  .group = "Output",
	  .help = "A text that may be missing." },
};

static const struct cs_arg_set sample_set = {
	.command = "sample",
	.rows = sample_rows,
	.n_rows = CS_LEN(sample_rows),
	.size = sizeof(struct sample),
	.operands = "[TARGET...]",
	.max_operands = 3,
	.intro = "Does what samples do.\n\nAnd more.",
	.examples = "  coapscope sample 192.0.2.1\n",
};

static const struct cs_cmd sample_commands[] = {
	{ "sample", "show one of each", 0, &sample_set, NULL },
};

/* NAME=VALUE strings, ended by NULL; what the context's env() looks through. */
static const char *const *sample_env;

static inline const char *sample_getenv(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; sample_env && sample_env[i]; i++) {
		if (strncmp(sample_env[i], name, len) == 0 && sample_env[i][len] == '=')
			return sample_env[i] + len + 1;
	}
	return NULL;
}

/* Catches standard output and error. */
struct caught {
	char *out, *err;
	size_t out_len, err_len;
};

static inline struct cs_ctx sample_ctx(struct caught *caught)
{
	struct cs_ctx ctx = { .env = sample_getenv,
			      .columns = 80,
			      .commands = sample_commands,
			      .n_commands = CS_LEN(sample_commands) };

	ctx.out = open_memstream(&caught->out, &caught->out_len);
	ctx.err = open_memstream(&caught->err, &caught->err_len);
	if (!ctx.out || !ctx.err)
		abort();
	ctx.log = (struct cs_log){ .to = ctx.err, .command = "", .most = CS_NOTE };
	return ctx;
}

/* Closes the streams: only now out and err hold everything. */
static inline void sample_end(struct cs_ctx *ctx)
{
	(void)fclose(ctx->out); /* memory */
	(void)fclose(ctx->err);
}

static inline void caught_free(struct caught *caught)
{
	free(caught->out);
	free(caught->err);
}
