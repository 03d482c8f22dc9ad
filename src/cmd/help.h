/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help: the option table as text for people: --help in a terminal, and the
 * OPTIONS part of a man page in scdoc's syntax.
 */
#pragma once

#include "cmd/args.h"
#include "cmd/cmd.h"

/* `coapscope help`: what it is, the commands, where to read on. */
void cs_help_overview(const struct cs_ctx *ctx, FILE *to);

/*
 * `coapscope COMMAND --help`, filled to ctx->columns; with @verb what concerns
 * that alone, without (NULL) what all verbs have, and which there are.
 */
void cs_help_command(const struct cs_ctx *ctx, const struct cs_arg_set *set,
		     const struct cs_arg_verb *verb, FILE *to);

/* The rows as scdoc text; @set NULL gives those that all commands have. */
void cs_help_scdoc(const struct cs_arg_set *set, FILE *to);

/* The verbs of a command with their operands, likewise. */
void cs_help_scdoc_verbs(const struct cs_arg_set *set, FILE *to);

/* The commands, one a line with what it does, as scdoc text. */
void cs_help_scdoc_commands(const struct cs_cmd *commands, size_t n, FILE *to);
