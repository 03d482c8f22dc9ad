/* SPDX-License-Identifier: Apache-2.0 */
#include "out/term.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/num.h"

enum {
	ESCAPE_MAX = 4, /* \xNN */
	DOTS = 3,
	WIDTH_DEFAULT = 80,
	WIDTH_MAX = 10000, /* of COLUMNS: more is a mistake */
};

/* How one byte is written; returns its columns, 1..ESCAPE_MAX. */
static size_t escape(uint8_t byte, char out[ESCAPE_MAX])
{
	static const char hex[] = "0123456789abcdef";

	out[0] = (char)byte;
	if (byte >= 0x20 && byte < 0x7f && byte != '\\')
		return 1;
	out[0] = '\\';
	out[1] = '\\';
	if (byte == '\\')
		return 2;
	out[1] = 'x';
	out[2] = hex[byte >> 4];
	out[3] = hex[byte & 15];
	return ESCAPE_MAX;
}

/* The columns that all of @bytes takes, or more than @width if it is too wide. */
static size_t columns(struct cs_span bytes, size_t width)
{
	size_t n = 0;
	char text[ESCAPE_MAX];

	for (size_t i = 0; i < bytes.len && n <= width; i++)
		n += escape(bytes.ptr[i], text);
	return n;
}

void cs_term_text(FILE *to, struct cs_span bytes)
{
	char text[ESCAPE_MAX];

	for (size_t i = 0; i < bytes.len; i++)
		(void)fwrite_unlocked(text, 1, escape(bytes.ptr[i], text), to);
}

/* Where fitted text goes: a stream, or memory that has the room. */
struct target {
	FILE *to;
	char *out;
};

static void put(struct target *t, const char *text, size_t n)
{
	if (t->to)
		(void)fwrite_unlocked(text, 1, n, t->to);
	for (size_t i = 0; t->out && i < n; i++)
		*t->out++ = text[i];
}

static size_t fit(struct target *t, struct cs_span bytes, size_t width)
{
	bool whole = columns(bytes, width) <= width;
	size_t dots = whole ? 0 : width < DOTS ? width : DOTS;
	size_t used = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		char text[ESCAPE_MAX];
		size_t n = escape(bytes.ptr[i], text);

		if (n > width - dots - used)
			break;
		put(t, text, n);
		used += n;
	}
	put(t, "...", dots);
	return used + dots;
}

size_t cs_term_text_fit(FILE *to, struct cs_span bytes, size_t width)
{
	struct target t = { .to = to };

	return fit(&t, bytes, width);
}

char *cs_term_text_in(char *out, size_t cap, struct cs_span bytes)
{
	struct target t = { .out = out };

	out[fit(&t, bytes, cap - 1)] = '\0';
	return out;
}

bool cs_term_when_read(struct cs_span text, enum cs_term_when *out)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (size_t i = 0; i < CS_LEN(names); i++) {
		if (!cs_span_eq(text, cs_span_str(names[i])))
			continue;
		*out = (enum cs_term_when)i;
		return true;
	}
	return false;
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0];
}

bool cs_term_colour(enum cs_term_when when, int fd)
{
	const char *term = getenv("TERM");

	if (when != CS_TERM_AUTO)
		return when == CS_TERM_ALWAYS;
	return isatty(fd) && !is_set("NO_COLOR") && term &&
	       !cs_span_eq(cs_span_str(term), cs_span_str("dumb"));
}

size_t cs_term_width(int fd)
{
	struct winsize size = { 0 };
	const char *text = getenv("COLUMNS");
	uint64_t n;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	if (text && cs_num_u64(cs_span_str(text), 1, WIDTH_MAX, &n))
		return (size_t)n;
	return WIDTH_DEFAULT;
}

void cs_term_style(FILE *to, bool colour, enum cs_term_style style)
{
	static const char *const codes[] = {
		[CS_TERM_PLAIN] = "\x1b[0m",  [CS_TERM_BOLD] = "\x1b[1m",
		[CS_TERM_DIM] = "\x1b[2m",    [CS_TERM_RED] = "\x1b[31m",
		[CS_TERM_GREEN] = "\x1b[32m", [CS_TERM_YELLOW] = "\x1b[33m",
	};

	if (colour)
		(void)fputs(codes[style], to);
}
