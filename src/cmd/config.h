/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: options from an INI file. Section = command, key = long option; a
 * list has one line an item, or indented lines that go on with it; comments
 * begin with # or ; (; also behind a value, after a blank).
 *
 * A key that its command does not know is an error, in any command's section;
 * so is a wrong value in the section of the command that is run. A section
 * that is no command's is only warned of: it may be a newer version's.
 */
#pragma once

#include "cmd/args.h"
#include "cmd/cmd.h"

enum { CS_CONFIG_LINE = 197 /* longest line, bytes: inih's own bound */ };

/* Larger files are no configuration. */
enum { CS_CONFIG_MAX = 1 << 20 /* bytes */ };

/*
 * Stores what the file says for @set's command into @options. A missing file
 * is fine for CS_FROM_SYSTEM_FILE.
 *
 * CS_ERR_USAGE  the file is not there or a folder, or says what it must not
 * CS_ERR_IO     it cannot be read, or is larger than CS_CONFIG_MAX
 * CS_ERR_NOMEM
 * @why is set on the first two, with file and line.
 */
CS_MUST_USE enum cs_err cs_config_read_file(struct cs_ctx *ctx, const char *path,
					    enum cs_from from,
					    const struct cs_arg_set *set, void *options,
					    char why[CS_ARG_WHY]);

/* The same for text at hand; @name stands for the file in messages. */
CS_MUST_USE enum cs_err cs_config_read_text(struct cs_ctx *ctx, struct cs_span text,
					    const char *name, enum cs_from from,
					    const struct cs_arg_set *set, void *options,
					    char why[CS_ARG_WHY]);

/*
 * Prints what holds as INI, each value with its origin as a comment. What is
 * unset stands there as a comment only.
 */
void cs_config_print(const struct cs_arg_set *set, const struct cs_common *common,
		     FILE *to);
