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
	       c == '{' || c == '}' || c == ';';
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

/* What an offset says, in sixteens, and as od writes it, in eights. */
static bool says(struct cs_span digits, size_t want)
{
	size_t hex = 0, octal = 0;

	for (size_t i = 0; i < digits.len; i++) {
		uint8_t c = digits.ptr[i];

		hex = 16 * hex + (size_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
		octal = 8 * octal + (size_t)(c & 7);
	}
	return hex == want || (digits.len == 7 && octal == want);
}

struct dump {
	bool begun;   /* a line before had an offset */
	bool offset;  /* this one has */
	size_t taken; /* bytes of the lines before */
};

/* "0000  " of tshark, "000000 " and "0000000 " of od: what they say is to be true. */
static bool is_counted(const struct dump *dump, struct cs_span line, size_t at, size_t n)
{
	size_t blanks = 0;

	if (n < 4 || n > 8 || n == 5 || !says(cs_span_of(line.ptr + at, n), dump->taken))
		return false;
	while (at + n + blanks < line.len && is_blank(line.ptr[at + n + blanks]))
		blanks++;
	if (at + n + blanks == line.len) /* the last line, which has no bytes */
		return dump->begun;
	return blanks == (n == 4 ? 2 : 1) && n < 8 && hex_run(line, at + n + blanks) == 2;
}

/*
 * Where the bytes begin behind an offset: "0x0010:" of tcpdump, "00000010:" of xxd,
 * "00000010  " of hexdump -C, and those that are counted.
 */
static size_t behind_offset(struct cs_span line, struct dump *dump)
{
	size_t at = 0, mark, n;

	while (at < line.len && is_blank(line.ptr[at]))
		at++;
	mark = mark_at(line, at);
	n = hex_run(line, at + mark);
	dump->offset = (mark && n >= 4 && at + mark + n < line.len &&
			line.ptr[at + mark + n] == ':') ||
		       (n == 8 && at + n < line.len && line.ptr[at + n] == ':') ||
		       (n == 8 && at + n + 2 < line.len && line.ptr[at + n] == ' ' &&
			line.ptr[at + n + 1] == ' ' && is_hex(line.ptr[at + n + 2])) ||
		       (!mark && is_counted(dump, line, at, n));
	dump->begun = dump->begun || dump->offset;
	return dump->offset ? at + mark + n + (at + mark + n < line.len) : at;
}

/* Before the digits of a string in Python. */
static size_t behind_prefix(struct cs_span line, size_t at)
{
	return at + 1 < line.len && line.ptr[at] == 'b' &&
			       (line.ptr[at + 1] == '\'' || line.ptr[at + 1] == '"')
		       ? at + 2
		       : at;
}

/* In a dump the text at the end begins behind two blanks, or three, or with a "|". */
static bool is_text(struct cs_span line, size_t at, size_t taken)
{
	size_t blanks = 0;

	if (line.ptr[at] == '|')
		return true;
	while (at + blanks < line.len && line.ptr[at + blanks] == ' ')
		blanks++;
	return taken > 0 && blanks >= (taken % 8 == 0 ? 3 : 2);
}

enum { LINE_BYTES = 16 };

static enum cs_err read_line(struct cs_span line, struct dump *dump, struct cs_wr *out,
			     size_t *bad)
{
	size_t at = behind_prefix(line, behind_offset(line, dump)), taken = 0;

	while (at < line.len) {
		uint8_t byte;

		if (dump->offset && (taken == LINE_BYTES || is_text(line, at, taken)))
			return CS_OK;
		at += mark_at(line, at);
		if (is_between(line.ptr[at])) {
			at++;
			continue;
		}
		*bad = at;
		if (line.len - at < 2 ||
		    !cs_hex_read(cs_span_of(line.ptr + at, 2), &byte, 1))
			return dump->offset && taken > 0 ? CS_OK : CS_ERR_SYNTAX;
		cs_wr_u8(out, byte);
		taken++;
		dump->taken++;
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
	struct dump dump = { 0 };
	size_t from = 0;

	while (from < text.len) {
		const uint8_t *end = memchr(text.ptr + from, '\n', text.len - from);
		size_t len = end ? (size_t)(end - text.ptr) - from : text.len - from;
		struct cs_span line = cs_span_of(text.ptr + from, len);
		size_t bad = 0;

		if (!is_heading(line) && read_line(line, &dump, out, &bad)) {
			*at = from + bad;
			return CS_ERR_SYNTAX;
		}
		from += len + 1;
	}
	*at = 0;
	return out->pos > 0 ? CS_OK : CS_ERR_SYNTAX;
}
