/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/live_line.h"

#include <stdarg.h>
#include <unistd.h>

enum { DRAW_EVERY_MS = 200 };

static const char clear_line[] = "\r\033[K";

struct cs_live_line cs_live_line(struct cs_ctx *ctx)
{
	return (struct cs_live_line){
		.ctx = ctx,
		.shown = isatty(fileno(ctx->err)) && ctx->log.most >= CS_NOTE,
	};
}

bool cs_live_is_due(struct cs_live_line *line)
{
	int64_t now;

	if (!line->shown)
		return false;
	now = cs_clock_mono(line->ctx->clock);
	if (line->drawn && now - line->drawn < DRAW_EVERY_MS * CS_NS_PER_MS)
		return false;
	line->drawn = now;
	return true;
}

void cs_live_draw(struct cs_live_line *line, const char *fmt, ...)
{
	va_list args;

	if (!line->shown)
		return;
	fputs(clear_line, line->ctx->err);
	va_start(args, fmt);
	vfprintf(line->ctx->err, fmt, args);
	va_end(args);
	(void)fflush(line->ctx->err); /* people only */
	line->there = true;
}

void cs_live_clear(struct cs_live_line *line)
{
	if (!line->there)
		return;
	fputs(clear_line, line->ctx->err);
	line->there = false;
}
