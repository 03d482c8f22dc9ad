/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/utf8.h"

enum {
	ESCAPE_TEXT =
		sizeof("\\\\xff") + 3, /* with room for any number snprintf allows */
	HEX_CHUNK = 512,               /* bytes turned to hex at a time */
	MAX_DECIMALS = 9,
};

static void put(struct cs_json *j, const void *bytes, size_t n)
{
	(void)fwrite_unlocked(bytes, 1, n, j->to); /* errors stay in the stream */
}

/* Everything that is a value begins here. */
static void value_begin(struct cs_json *j)
{
	if (j->comma)
		put(j, ",", 1);
	j->comma = true;
}

static void open_with(struct cs_json *j, const char *bracket)
{
	value_begin(j);
	put(j, bracket, 1);
	j->comma = false;
}

static void close_with(struct cs_json *j, const char *bracket)
{
	put(j, bracket, 1);
	j->comma = true;
}

void cs_json_object(struct cs_json *j)
{
	open_with(j, "{");
}

void cs_json_object_end(struct cs_json *j)
{
	close_with(j, "}");
}

void cs_json_array(struct cs_json *j)
{
	open_with(j, "[");
}

void cs_json_array_end(struct cs_json *j)
{
	close_with(j, "]");
}

void cs_json_line(struct cs_json *j)
{
	close_with(j, "\n");
	j->comma = false;
}

void cs_json_key(struct cs_json *j, const char *name)
{
	value_begin(j);
	put(j, "\"", 1);
	put(j, name, strlen(name));
	put(j, "\":", 2);
	j->comma = false;
}

static void literal(struct cs_json *j, const char *text)
{
	value_begin(j);
	put(j, text, strlen(text));
}

void cs_json_null(struct cs_json *j)
{
	literal(j, "null");
}

void cs_json_bool(struct cs_json *j, bool value)
{
	literal(j, value ? "true" : "false");
}

void cs_json_uint(struct cs_json *j, uint64_t value)
{
	char text[sizeof("18446744073709551615")];
	size_t at = sizeof(text);

	do
		text[--at] = (char)('0' + value % 10);
	while (value /= 10);
	value_begin(j);
	put(j, text + at, sizeof(text) - at);
}

void cs_json_int(struct cs_json *j, int64_t value)
{
	if (value >= 0) {
		cs_json_uint(j, (uint64_t)value);
		return;
	}
	value_begin(j);
	put(j, "-", 1);
	j->comma = false;
	cs_json_uint(j, UINT64_C(0) - (uint64_t)value);
}

void cs_json_fixed(struct cs_json *j, uint64_t value, unsigned decimals)
{
	char fraction[1 + MAX_DECIMALS] = { '.' };

	assert(decimals >= 1 && decimals <= MAX_DECIMALS);
	for (unsigned i = decimals; i > 0; i--, value /= 10)
		fraction[i] = (char)('0' + value % 10);
	cs_json_uint(j, value);
	put(j, fraction, 1 + decimals);
}

/* Characters that a parser gives back but an eye or a terminal would mistake. */
static bool is_unseen(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x061c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff;
}

static bool is_markup(uint32_t cp)
{
	return cp == '<' || cp == '>' || cp == '&';
}

/* How one character or byte is written; "" is as it stands. Returns its length. */
static size_t escape(struct cs_span rest, bool html, char out[ESCAPE_TEXT])
{
	uint32_t cp = 0;
	size_t n = cs_utf8_next(rest, &cp);

	if (n == 0 || cp == 0 || cp == '\\') {
		(void)snprintf(out, ESCAPE_TEXT, "\\\\x%02x", (unsigned)rest.ptr[0]);
		return 1;
	}
	if (cp == '"')
		(void)snprintf(out, ESCAPE_TEXT, "\\\"");
	else if (is_unseen(cp) || (html && is_markup(cp)))
		(void)snprintf(out, ESCAPE_TEXT, "\\u%04x", (unsigned)cp & 0xffff);
	else
		out[0] = '\0';
	return n;
}

static bool is_plain(uint8_t byte, bool html)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\' &&
	       !(html && is_markup(byte));
}

void cs_json_string_begin(struct cs_json *j)
{
	value_begin(j);
	put(j, "\"", 1);
}

void cs_json_string_part(struct cs_json *j, struct cs_span bytes)
{
	size_t run = 0; /* where the bytes begin that are not written yet */
	size_t at = 0;

	while (at < bytes.len) {
		char text[ESCAPE_TEXT];

		if (is_plain(bytes.ptr[at], j->html)) {
			at++;
			continue;
		}

		size_t n =
			escape(cs_span_of(bytes.ptr + at, bytes.len - at), j->html, text);

		if (text[0]) {
			put(j, bytes.ptr + run, at - run);
			put(j, text, strlen(text));
			run = at + n;
		}
		at += n;
	}
	if (run < bytes.len)
		put(j, bytes.ptr + run, bytes.len - run);
}

void cs_json_string_end(struct cs_json *j)
{
	put(j, "\"", 1);
}

void cs_json_string(struct cs_json *j, struct cs_span bytes)
{
	cs_json_string_begin(j);
	cs_json_string_part(j, bytes);
	cs_json_string_end(j);
}

void cs_json_word(struct cs_json *j, const char *text)
{
	if (text)
		cs_json_string(j, cs_span_str(text));
	else
		cs_json_null(j);
}

void cs_json_hex(struct cs_json *j, struct cs_span bytes)
{
	char text[2 * HEX_CHUNK + 1];

	cs_json_string_begin(j);
	for (size_t at = 0; at < bytes.len; at += HEX_CHUNK) {
		size_t n = bytes.len - at < HEX_CHUNK ? bytes.len - at : HEX_CHUNK;

		cs_hex_text(cs_span_of(bytes.ptr + at, n), text);
		put(j, text, 2 * n);
	}
	cs_json_string_end(j);
}

void cs_json_time(struct cs_json *j, int64_t wall_us)
{
	char text[CS_TIME_TEXT];

	cs_time_text(wall_us, text);
	cs_json_word(j, text);
}

/* --- a key and its value --- */

void cs_json_put_bool(struct cs_json *j, const char *key, bool value)
{
	cs_json_key(j, key);
	cs_json_bool(j, value);
}

void cs_json_put_uint(struct cs_json *j, const char *key, uint64_t value)
{
	cs_json_key(j, key);
	cs_json_uint(j, value);
}

void cs_json_put_word(struct cs_json *j, const char *key, const char *text)
{
	cs_json_key(j, key);
	cs_json_word(j, text);
}

void cs_json_put_time(struct cs_json *j, const char *key, int64_t wall_us)
{
	cs_json_key(j, key);
	cs_json_time(j, wall_us);
}

void cs_json_put_text(struct cs_json *j, const char *key, struct cs_span bytes)
{
	cs_json_key(j, key);
	if (bytes.len > 0)
		cs_json_string(j, bytes);
	else
		cs_json_null(j);
}

void cs_json_put_uint_if(struct cs_json *j, const char *key, bool known, uint64_t value)
{
	cs_json_key(j, key);
	if (known)
		cs_json_uint(j, value);
	else
		cs_json_null(j);
}

void cs_json_put_time_if(struct cs_json *j, const char *key, bool known, int64_t wall_us)
{
	cs_json_key(j, key);
	if (known)
		cs_json_time(j, wall_us);
	else
		cs_json_null(j);
}
