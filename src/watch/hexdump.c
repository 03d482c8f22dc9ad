/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/hexdump.h"

#include "base/num.h"

static bool is_hex(uint8_t c)
{
	uint8_t low = c | 0x20;

	return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'f');
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* What may stand between bytes. */
static bool is_between(uint8_t c)
{
	return is_blank(c) || c == ':' || c == ',' || c == '-' || c == '"' || c == '\'' ||
	       c == '{' || c == '}';
}

static size_t hex_run(struct cs_span line, size_t at)
{
	size_t n = 0;

	while (at + n < line.len && is_hex(line.ptr[at + n]))
		n++;
	return n;
}

/* "0x" and "\x" before digits. */
static size_t mark_at(struct cs_span line, size_t at)
{
	if (at + 2 < line.len && (line.ptr[at] == '0' || line.ptr[at] == '\\') &&
	    (line.ptr[at + 1] | 0x20) == 'x' && is_hex(line.ptr[at + 2]))
		return 2;
	return 0;
}

/*
 * Where the bytes begin behind an offset: "0x0010:" of tcpdump, "00000010:" of xxd,
 * "00000010  " of hexdump -C. *@dump: there was one.
 */
static size_t behind_offset(struct cs_span line, bool *dump)
{
	size_t at = 0, mark, n;

	while (at < line.len && is_blank(line.ptr[at]))
		at++;
	mark = mark_at(line, at);
	n = hex_run(line, at + mark);
	*dump = (mark && n >= 4 && at + mark + n < line.len &&
		 line.ptr[at + mark + n] == ':') ||
		(n == 8 && at + n < line.len && line.ptr[at + n] == ':') ||
		(n == 8 && at + n + 2 < line.len && line.ptr[at + n] == ' ' &&
		 line.ptr[at + n + 1] == ' ' && is_hex(line.ptr[at + n + 2]));
	return *dump ? at + mark + n + 1 : 0;
}

/* In a dump the text at the end begins behind two blanks, or with a "|". */
static bool is_text(struct cs_span line, size_t at, size_t taken)
{
	if (line.ptr[at] == '|')
		return true;
	return taken > 0 && at + 1 < line.len && line.ptr[at] == ' ' &&
	       line.ptr[at + 1] == ' ' && taken % 8 != 0;
}

enum { LINE_BYTES = 16 };

static enum cs_err read_line(struct cs_span line, struct cs_wr *out, size_t *bad)
{
	bool dump;
	size_t at = behind_offset(line, &dump), taken = 0;

	while (at < line.len) {
		uint8_t byte;

		if (dump && (taken == LINE_BYTES || is_text(line, at, taken)))
			return CS_OK;
		at += mark_at(line, at);
		if (is_between(line.ptr[at])) {
			at++;
			continue;
		}
		*bad = at;
		if (line.len - at < 2 ||
		    !cs_hex_read(cs_span_of(line.ptr + at, 2), &byte, 1))
			return dump && taken > 0 ? CS_OK : CS_ERR_SYNTAX;
		cs_wr_u8(out, byte);
		taken++;
		at += 2;
	}
	return CS_OK;
}

/* The line of tcpdump above its bytes. */
static bool is_heading(struct cs_span line)
{
	for (size_t i = 0; i + 2 < line.len; i++)
		if (memcmp(line.ptr + i, " > ", 3) == 0)
			return true;
	return false;
}

enum cs_err cs_hexdump_read(struct cs_span text, struct cs_wr *out, size_t *at)
{
	size_t from = 0;

	while (from < text.len) {
		const uint8_t *end = memchr(text.ptr + from, '\n', text.len - from);
		size_t len = end ? (size_t)(end - text.ptr) - from : text.len - from;
		struct cs_span line = cs_span_of(text.ptr + from, len);
		size_t bad = 0;

		if (!is_heading(line) && read_line(line, out, &bad)) {
			*at = from + bad;
			return CS_ERR_SYNTAX;
		}
		from += len + 1;
	}
	*at = 0;
	return out->pos > 0 ? CS_OK : CS_ERR_SYNTAX;
}
