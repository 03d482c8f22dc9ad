/* SPDX-License-Identifier: Apache-2.0 */
#include "out/csv.h"

#include <string.h>

#include "base/utf8.h"

enum { UINT_DIGITS = sizeof("18446744073709551615") - 1 };

static void put(struct cs_csv *c, const void *bytes, size_t n)
{
	(void)fwrite_unlocked(bytes, 1, n, c->to); /* errors stay in the stream */
}

/* A call for each comma and quote would take more time than the rest of the row. */
static void put_char(struct cs_csv *c, char byte)
{
	(void)putc_unlocked(byte, c->to); /* likewise */
}

static void cell_begin(struct cs_csv *c)
{
	if (c->comma)
		put_char(c, ',');
	c->comma = true;
}

void cs_csv_row_end(struct cs_csv *c)
{
	put_char(c, '\n');
	c->comma = false;
}

static bool is_control(uint8_t byte)
{
	return byte < 0x20 || byte == 0x7f;
}

/* What a byte asks for, wherever it stands. */
enum asks {
	QUOTES = 1, /* of the cell that it is in */
	CARE = 2,   /* of put_text(): it may not stand for itself, or not once */
};

#define TWICE(x) x, x
#define OF_8(x)  TWICE(TWICE(TWICE(x)))
#define OF_32(x) TWICE(TWICE(OF_8(x)))

/* All bytes are plain but these: 0 is what nearly every byte of a row has. */
static const uint8_t asks[256] = {
	OF_32(QUOTES | CARE), /* control bytes */
	[' '] = QUOTES,
	['"'] = QUOTES | CARE,
	[','] = QUOTES,
	['\\'] = CARE,
	['|'] = CARE,
	[0x7f] = QUOTES | CARE,
	TWICE(TWICE(OF_32(CARE))), /* not ASCII */
};

static bool needs_quotes(struct cs_span text)
{
	uint8_t all = 0;

	for (size_t i = 0; i < text.len; i++)
		all |= asks[text.ptr[i]];
	return all & QUOTES;
}

/* Inside quotes, a quote is written twice (RFC 4180 section 2, rule 7). */
static void put_quoted(struct cs_csv *c, struct cs_span text)
{
	put_char(c, '"');
	while (text.len > 0) {
		const uint8_t *quote = memchr(text.ptr, '"', text.len);
		size_t n = quote ? (size_t)(quote - text.ptr) + 1 : text.len;

		put(c, text.ptr, n);
		if (quote)
			put_char(c, '"');
		text = cs_span_of(text.ptr + n, text.len - n);
	}
	put_char(c, '"');
}

void cs_csv_name(struct cs_csv *c, const char *name)
{
	cell_begin(c);
	put_quoted(c, cs_span_str(name));
}

void cs_csv_cell(struct cs_csv *c, struct cs_span text)
{
	cell_begin(c);
	if (needs_quotes(text))
		put_quoted(c, text);
	else if (text.len)
		put(c, text.ptr, text.len);
}

/* Writes the digits of @value so that they end at @end; returns where they begin. */
static char *digits(uint64_t value, char *end)
{
	do
		*--end = (char)('0' + value % 10);
	while (value /= 10);
	return end;
}

void cs_csv_uint(struct cs_csv *c, uint64_t value)
{
	char text[UINT_DIGITS];
	char *end = text + sizeof(text);
	char *from = digits(value, end);

	cell_begin(c);
	put(c, from, (size_t)(end - from));
}

void cs_csv_hundredths(struct cs_csv *c, uint64_t hundredths)
{
	char text[UINT_DIGITS + sizeof(".00") - 1];
	char *end = text + sizeof(text);

	*--end = (char)('0' + hundredths % 10);
	*--end = (char)('0' + hundredths / 10 % 10);
	*--end = '.';

	char *from = digits(hundredths / 100, end);

	cell_begin(c);
	put(c, from, (size_t)(text + sizeof(text) - from));
}

static bool begins_formula(uint8_t byte)
{
	return byte == '=' || byte == '+' || byte == '-' || byte == '@';
}

/* How many of the bytes from @at on stand for themselves, whatever is around them. */
static size_t plain_run(struct cs_span bytes, size_t at)
{
	size_t from = at;

	while (at + 8 <= bytes.len &&
	       !((asks[bytes.ptr[at]] | asks[bytes.ptr[at + 1]] |
		  asks[bytes.ptr[at + 2]] | asks[bytes.ptr[at + 3]] |
		  asks[bytes.ptr[at + 4]] | asks[bytes.ptr[at + 5]] |
		  asks[bytes.ptr[at + 6]] | asks[bytes.ptr[at + 7]]) &
		 CARE))
		at += 8;
	while (at < bytes.len && !(asks[bytes.ptr[at]] & CARE))
		at++;
	return at - from;
}

/* Whether the character stands for itself; @n is its length, at least 1. */
static bool stands(struct cs_span rest, bool folds, size_t *n)
{
	uint8_t b = rest.ptr[0];
	uint32_t cp = 0;

	*n = 1;
	if (b < 0x80)
		return !is_control(b) && b != '\\' && !(folds && b == '|');

	size_t len = cs_utf8_next(rest, &cp);

	if (len == 0)
		return false;
	*n = len;
	return cp > 0x9f; /* not a C1 control character */
}

/* Writes the \xNN of each of the @n bytes, or the | that LF is folded to. */
static void put_escaped(struct cs_csv *c, const uint8_t *bytes, size_t n, bool folds)
{
	static const char hex[] = "0123456789abcdef";

	if (folds && bytes[0] == '\n') {
		put_char(c, '|');
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const char text[] = { '\\', 'x', hex[bytes[i] >> 4], hex[bytes[i] & 15] };

		put(c, text, sizeof(text));
	}
}

/* What is escaped needs no quotes; blanks, commas and quotes that stand do. */
static bool text_needs_quotes(struct cs_span bytes)
{
	return bytes.len > 0 &&
	       (memchr(bytes.ptr, ',', bytes.len) || memchr(bytes.ptr, ' ', bytes.len) ||
		memchr(bytes.ptr, '"', bytes.len));
}

static void put_text(struct cs_csv *c, struct cs_span bytes, bool folds)
{
	size_t run = 0; /* where the bytes begin that are not written yet */
	size_t at = 0;

	if (bytes.len > 0 && begins_formula(bytes.ptr[0])) {
		put_escaped(c, bytes.ptr, 1, folds);
		run = at = 1;
	}
	while ((at += plain_run(bytes, at)) < bytes.len) {
		struct cs_span rest = cs_span_of(bytes.ptr + at, bytes.len - at);
		size_t n = 1;

		if (rest.ptr[0] == '"') { /* ends the run, and begins the next */
			put(c, bytes.ptr + run, at + 1 - run);
			run = at;
		} else if (!stands(rest, folds, &n)) {
			put(c, bytes.ptr + run, at - run);
			put_escaped(c, rest.ptr, n, folds);
			run = at + n;
		}
		at += n;
	}
	if (run < bytes.len)
		put(c, bytes.ptr + run, bytes.len - run);
}

static void put_field(struct cs_csv *c, struct cs_span bytes, bool folds)
{
	bool quoted = text_needs_quotes(bytes);

	cell_begin(c);
	if (quoted)
		put_char(c, '"');
	put_text(c, bytes, folds);
	if (quoted)
		put_char(c, '"');
}

void cs_csv_field(struct cs_csv *c, struct cs_span bytes)
{
	put_field(c, bytes, false);
}

void cs_csv_response(struct cs_csv *c, struct cs_span bytes)
{
	put_field(c, bytes, true);
}
