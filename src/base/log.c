/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>

#include "base/utf8.h"

enum { TEXT_MAX = 4096 /* bytes; what is longer is cut */ };

/*
 * File names and other programs' words may be anything: they are text here, but neither a
 * second line nor what a terminal obeys (C0, DEL, C1).
 */
static void put_plain(FILE *to, struct cs_span text)
{
	for (size_t i = 0, n; i < text.len; i += n ? n : 1) {
		uint32_t c = 0;

		n = cs_utf8_next(cs_span_of(text.ptr + i, text.len - i), &c);
		if (c >= ' ' && (c < 0x7f || c > 0x9f))
			fwrite(text.ptr + i, 1, n, to);
		else
			fputc('?', to);
	}
}

void cs_log(const struct cs_log *log, enum cs_level level, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	if (!log->to || level > log->most)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	flockfile(log->to);
	fprintf(log->to, "coapscope%s%s: %s", log->command[0] ? " " : "", log->command,
		level == CS_WARN ? "warning: " : "");
	put_plain(log->to, cs_span_str(text));
	fputc('\n', log->to);
	funlockfile(log->to);
}
