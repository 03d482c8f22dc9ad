/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: what people are told on standard error, one line each:
 * "coapscope scan: warning: ...". Library layers (base coap wire probe) do not
 * log, they return. Results never go through here.
 */
#pragma once

#include <stdio.h>

#include "base/err.h"

enum cs_level {
	CS_ERROR,  /* the command fails because of it */
	CS_WARN,   /* the result is not what one may think */
	CS_NOTE,   /* said unless --quiet */
	CS_DETAIL, /* said with -v */
	CS_DEBUG,  /* said with -vv */
};

struct cs_log {
	FILE *to;            /* borrowed; NULL says nothing */
	const char *command; /* "scan"; "" before it is known */
	enum cs_level most;  /* the last level that is said */
};

/*
 * Writes one line. @fmt has no final newline and no full stop. A line that
 * carries bytes from strangers must have passed cs_term_text() first; what has not (file
 * names, another program's words) is shown without control characters, as question marks.
 */
void cs_log(const struct cs_log *log, enum cs_level level, const char *fmt, ...)
	CS_PRINTF(3, 4);
