/* SPDX-License-Identifier: Apache-2.0 */
/*
 * term: text for people at a terminal. Bytes from strangers reach a terminal
 * through here and nowhere else: printable ASCII is itself, the backslash is
 * doubled, every other byte is \xNN; so no escape sequence, no look-alike
 * letter and no second line gets through. For programs there are out/json.h
 * and out/csv.h. Write errors are left in the stream.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/rd.h"

/* Writes all of @bytes. */
void cs_term_text(FILE *to, struct cs_span bytes);

/*
 * Writes as much of @bytes as fits in @width columns; where that is not all of
 * it, the last three (or fewer, if there are fewer) columns are dots. An
 * escape is never cut. Returns the columns used, at most @width.
 */
size_t cs_term_text_fit(FILE *to, struct cs_span bytes, size_t width);

/*
 * The same text as cs_term_text_fit() into @out, NUL-terminated, for a log
 * line: as much as fits in @cap - 1 columns. @cap is at least 1. Returns @out.
 */
char *cs_term_text_in(char *out, size_t cap, struct cs_span bytes);

/* --color. */
enum cs_term_when { CS_TERM_AUTO, CS_TERM_ALWAYS, CS_TERM_NEVER };

/* "auto", "always", "never". */
CS_MUST_USE bool cs_term_when_read(struct cs_span text, enum cs_term_when *out);

/*
 * Whether to colour what goes to @fd. Under auto: only for a terminal that is
 * not "dumb", and not when NO_COLOR is set to anything but nothing.
 */
bool cs_term_colour(enum cs_term_when when, int fd);

/*
 * The columns of the terminal at @fd; COLUMNS if the terminal does not say,
 * then 80. 0, no limit, when @fd is no terminal.
 */
size_t cs_term_width(int fd);

enum cs_term_style {
	CS_TERM_PLAIN,
	CS_TERM_BOLD,
	CS_TERM_DIM,
	CS_TERM_RED,
	CS_TERM_GREEN,
	CS_TERM_YELLOW,
};

/* Begins a style; CS_TERM_PLAIN ends it. Nothing is written unless @colour. */
void cs_term_style(FILE *to, bool colour, enum cs_term_style style);
