/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: JSON text, written as it is made, no allocation. One object a line is
 * what the caller makes of it with cs_json_line(). Keys are this program's own
 * words; bytes from strangers go through cs_json_string() or cs_json_hex() and
 * nowhere else. Write errors are left in the stream: its owner looks once.
 *
 * The value of a string says every byte, in any strict parser's hands:
 * - well-formed UTF-8 is itself; control characters, DEL, C1 and the invisible
 *   ones that reorder or break lines (U+200B to 200F, 2028 to 202E, 2060 to
 *   206F, FEFF) are written as \uXXXX, which the parser undoes;
 * - a byte that is no UTF-8, the NUL and the backslash become, in the value,
 *   the four characters \xNN (lower-case hex; the backslash is \x5c).
 * So replacing each \xNN in the UTF-8 value by its byte gives the bytes back.
 * docs/decisions/encoding.md says why.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/rd.h"

/* On the stack, no cleanup. */
struct cs_json {
	FILE *to;   /* borrowed */
	bool comma; /* a value stands before the next one */
	bool html;  /* it will stand in a <script> of a page */
};

static inline struct cs_json cs_json_to(FILE *to)
{
	return (struct cs_json){ .to = to };
}

/*
 * As cs_json_to(), and nothing in it is HTML: <, > and & are \uXXXX too, which the
 * parser undoes. So it may stand in <script type="application/json">.
 */
static inline struct cs_json cs_json_to_html(FILE *to)
{
	return (struct cs_json){ .to = to, .html = true };
}

void cs_json_object(struct cs_json *j);
void cs_json_object_end(struct cs_json *j);
void cs_json_array(struct cs_json *j);
void cs_json_array_end(struct cs_json *j);

/* Ends the outermost value with a line feed; the next line may begin. */
void cs_json_line(struct cs_json *j);

/* @name is plain ASCII without quotes, backslashes or control characters. */
void cs_json_key(struct cs_json *j, const char *name);

void cs_json_null(struct cs_json *j);
void cs_json_bool(struct cs_json *j, bool value);
void cs_json_int(struct cs_json *j, int64_t value);
void cs_json_uint(struct cs_json *j, uint64_t value);

/* @value / 10^@decimals with all of its decimals (2457, 2 is 24.57); 1..9 of them. */
void cs_json_fixed(struct cs_json *j, uint64_t value, unsigned decimals);

/* Any bytes, as above. */
void cs_json_string(struct cs_json *j, struct cs_span bytes);

/* A string of this program's own: NUL-terminated, NULL is null. */
void cs_json_word(struct cs_json *j, const char *text);

/* One string from several runs of bytes: begin, any number of parts, end. */
void cs_json_string_begin(struct cs_json *j);
void cs_json_string_part(struct cs_json *j, struct cs_span bytes);
void cs_json_string_end(struct cs_json *j);

/* Lower-case hex; the empty run is "". */
void cs_json_hex(struct cs_json *j, struct cs_span bytes);

/* "2026-11-21T20:00:00.123456Z" from UTC microseconds. */
void cs_json_time(struct cs_json *j, int64_t wall_us);

/* A key and its value at once, as most lines of an object are. */
void cs_json_put_bool(struct cs_json *j, const char *key, bool value);
void cs_json_put_uint(struct cs_json *j, const char *key, uint64_t value);
void cs_json_put_word(struct cs_json *j, const char *key, const char *text);
void cs_json_put_time(struct cs_json *j, const char *key, int64_t wall_us);

/* Likewise, and null where it is empty or not known. */
void cs_json_put_text(struct cs_json *j, const char *key, struct cs_span bytes);
void cs_json_put_uint_if(struct cs_json *j, const char *key, bool known, uint64_t value);
void cs_json_put_time_if(struct cs_json *j, const char *key, bool known, int64_t wall_us);
