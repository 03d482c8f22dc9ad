/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ini: the lines of an INI file one after the other, for files that hold lists
 * of any length (owners, keys), with the number of each line. Pure: works in
 * the caller's text, allocates nothing, and bounds neither lines nor names.
 *
 * The same language as the configuration's (cmd/config.h): [SECTION], KEY = VALUE
 * or KEY: VALUE, an indented line under a key goes on with its value, lines that
 * begin with # or ; are comments, and so is what stands behind a blank and ; in a
 * value. Ends of lines may be LF or CR LF, a byte order mark is passed over.
 */
#pragma once

#include "base/rd.h"

struct cs_ini {
	struct cs_span rest;
	unsigned line;   /* number of the last one taken, from 1 */
	bool under_key;  /* an indented line would go on with a value */
	const char *why; /* of CS_INI_WRONG: what would be right */
};

enum cs_ini_kind {
	CS_INI_SECTION, /* name */
	CS_INI_KEY,     /* name and the first line of its value */
	CS_INI_MORE,    /* the next line of the value; the name is empty */
	CS_INI_WRONG,   /* none of these: .why and .line say */
};

/* Spans are borrowed from the text, without blanks around them; may be empty. */
struct cs_ini_item {
	enum cs_ini_kind kind;
	struct cs_span name, value;
};

struct cs_ini cs_ini_over(struct cs_span text);

/* Takes the next item. False at the end; CS_INI_WRONG does not end the walk. */
CS_MUST_USE bool cs_ini_next(struct cs_ini *ini, struct cs_ini_item *item);

/*
 * Takes the next word of a list off @list: words stand between commas and
 * blanks. False when there is none left.
 */
CS_MUST_USE bool cs_ini_word(struct cs_span *list, struct cs_span *word);
