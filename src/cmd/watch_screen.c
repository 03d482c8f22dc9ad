/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/num.h"
#include "out/term.h"
#include "watch/write_table.h"

enum {
	LINES = 24,    /* of a terminal that does not say */
	OWN_LINES = 4, /* two heads, a warning or nothing, and where the cursor stands */
	HELD_MOST = 1 << 16, /* bytes of warnings: the older ones are given up */
	LINE = 256,
};

struct cs_watch_screen {
	struct cs_ctx *ctx;
	int fd;
	FILE *to;
	bool colour, drawn;
	FILE *err;  /* where the log went before; NULL: still does */
	FILE *held; /* what it said since then, into .text */
	char *text;
	size_t len;
};

enum cs_err cs_watch_screen_open(struct cs_ctx *ctx, int fd, FILE *to, bool colour,
				 struct cs_watch_screen **out)
{
	struct cs_watch_screen *s = calloc(1, sizeof(*s));

	if (!s)
		return CS_ERR_NOMEM;
	*s = (struct cs_watch_screen){ .ctx = ctx, .fd = fd, .to = to, .colour = colour };
	s->held = open_memstream(&s->text, &s->len);
	if (s->held) {
		*out = s;
		return CS_OK;
	}
	free(s);
	return CS_ERR_NOMEM;
}

/* How many lines the terminal has. */
static size_t lines_of(const struct cs_watch_screen *s)
{
	struct winsize size;

	if (ioctl(s->fd, TIOCGWINSZ, &size) || size.ws_row <= OWN_LINES)
		return LINES;
	return size.ws_row;
}

/* Scrolls up what stands there, and holds back what would be written across it. */
static void begin(struct cs_watch_screen *s)
{
	for (size_t n = lines_of(s); n > 0; n--)
		(void)fputc('\n', s->to);
	s->drawn = true;
	s->err = s->ctx->log.to;
	if (s->err)
		s->ctx->log.to = s->held;
}

/* What was said last; empty: nothing was. */
static struct cs_span last_held(struct cs_watch_screen *s)
{
	struct cs_span line;

	(void)fflush(s->held);
	if (s->len > HELD_MOST)
		rewind(s->held);
	line = cs_span_of(s->text, s->len > 0 ? s->len - 1 : 0); /* without its end */
	for (size_t i = line.len; i > 0; i--)
		if (line.ptr[i - 1] == '\n')
			return cs_span_of(line.ptr + i, line.len - i);
	return line;
}

static void write_heads(struct cs_watch_screen *s, FILE *to, size_t width,
			const struct cs_post_counts *counts, int64_t now_us)
{
	char line[LINE], time[CS_TIME_TEXT];
	int n;

	cs_time_text(now_us, time);
	time[sizeof("2026-11-21T20:00:00") - 1] = '\0';
	n = snprintf(line, sizeof(line), "coapscope watch - %s UTC - Ctrl-C ends it",
		     time + CS_DAY_TEXT);
	(void)cs_term_text_fit(to, cs_span_of(line, (size_t)n), width);
	n = snprintf(line, sizeof(line), "%llu packets, %llu of CoAP, %llu source%s",
		     (unsigned long long)counts->frames,
		     (unsigned long long)counts->track.coap,
		     (unsigned long long)counts->track.sources,
		     cs_plural(counts->track.sources));
	if (counts->kernel_dropped > 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n,
			      ", %llu lost by the kernel",
			      (unsigned long long)counts->kernel_dropped);
	if (counts->track.evicted > 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, ", %llu evicted",
			      (unsigned long long)counts->track.evicted);
	(void)fputc('\n', to);
	(void)cs_term_text_fit(to, cs_span_of(line, (size_t)n), width);
	(void)fputc('\n', to);
	(void)cs_term_text_fit(to, last_held(s), width);
	(void)fputc('\n', to);
}

static enum cs_err write_all(struct cs_watch_screen *s, FILE *to, struct cs_board *board,
			     const struct cs_post_counts *counts, int64_t now_us)
{
	struct cs_verdict_look look = { .width = cs_term_width(s->fd),
					.lines = lines_of(s) - OWN_LINES,
					.now_us = now_us,
					.colour = s->colour };
	size_t n;
	const struct cs_verdict *worst = cs_board_worst(board, &n, &look.left_out);

	write_heads(s, to, look.width, counts, now_us);
	return cs_write_table(to, worst, n, &look);
}

/* From the top left corner, each line to its end, and nothing below: no flicker. */
static void put_lines(FILE *to, const char *text, size_t len)
{
	(void)fputs("\033[H", to);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			(void)fputs(i + 1 == len ? "\033[J" : "\033[K", to);
		(void)fputc(text[i], to);
	}
}

enum cs_err cs_watch_screen_draw(struct cs_watch_screen *screen, struct cs_board *board,
				 const struct cs_post_counts *counts, int64_t now_us)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	enum cs_err err = CS_ERR_NOMEM;

	if (memory) {
		err = write_all(screen, memory, board, counts, now_us);
		if (fclose(memory) != 0 && !err)
			err = CS_ERR_NOMEM;
	}
	if (!err && !screen->drawn)
		begin(screen);
	if (!err)
		put_lines(screen->to, text, len);
	free(text);
	return err;
}

void cs_watch_screen_clear(struct cs_watch_screen *screen)
{
	if (screen->drawn)
		(void)fputs("\033[H\033[J", screen->to);
}

void cs_watch_screen_close(struct cs_watch_screen *screen)
{
	if (!screen)
		return;
	(void)fclose(screen->held); /* in memory: it cannot fail now */
	if (screen->err) {
		screen->ctx->log.to = screen->err;
		(void)fwrite(screen->text, 1, screen->len, screen->err);
	}
	free(screen->text);
	free(screen);
}
