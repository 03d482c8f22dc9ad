/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/write_message.h"

#include "base/clock.h"
#include "base/num.h"
#include "out/term.h"
#include "watch/message.h"

enum { ROW = 16 /* bytes of a line of hex */ };

static void put_end(FILE *to, const struct cs_addr *ip, uint16_t port)
{
	char text[CS_ADDR_TEXT];

	cs_addr_text(ip, text);
	(void)fprintf(to, cs_addr_is_v4(ip) ? "%s:%u" : "[%s]:%u", text, port);
}

static enum cs_term_style style_of(const struct cs_post_message *m)
{
	if (m->traits & CS_SIGHT_FORMAT_ERROR || m->kind == CS_SIGHT_VERSION)
		return CS_TERM_RED;
	if (m->kind == CS_SIGHT_ALIEN)
		return CS_TERM_DIM;
	return m->n_flaws > 0 ? CS_TERM_YELLOW : CS_TERM_PLAIN;
}

/* What is known of it from what came before, and how it travelled. */
static void put_context(FILE *to, const struct cs_post_message *m)
{
	if (m->again)
		(void)fputs(", repeated", to);
	if (m->matched && m->wall_us >= m->request_us)
		(void)fprintf(to, ", answers %u bytes after %.3f ms", m->request_len,
			      (double)(m->wall_us - m->request_us) / 1000.0);
	if (m->to_group)
		(void)fputs(", to a group", to);
	if (m->hop_limit)
		(void)fprintf(to, ", ttl %u", m->hop_limit);
	if (m->kind != CS_SIGHT_ALIEN)
		(void)fprintf(to, ", %u byte%s", m->len, cs_plural(m->len));
	if (m->bytes.len < m->len)
		(void)fprintf(to, " (%zu captured)", m->bytes.len);
}

static void put_row(FILE *to, size_t at, struct cs_span row)
{
	char pair[sizeof("ff")];

	(void)fprintf(to, "\t%04zx  ", at);
	for (size_t i = 0; i < ROW; i++) {
		if (i < row.len)
			cs_hex_text(cs_span_of(row.ptr + i, 1), pair);
		(void)fprintf(to, "%s%s", i < row.len ? pair : "  ", i % 2 ? " " : "");
	}
	(void)fputc(' ', to);
	/* A column a byte: what is not printable is a dot, the hex says it. */
	for (size_t i = 0; i < row.len; i++)
		(void)fputc(row.ptr[i] >= 0x20 && row.ptr[i] < 0x7f ? row.ptr[i] : '.',
			    to);
	(void)fputc('\n', to);
}

static void put_hex(FILE *to, struct cs_span bytes)
{
	for (size_t at = 0; at < bytes.len; at += ROW) {
		size_t n = bytes.len - at < ROW ? bytes.len - at : ROW;

		put_row(to, at, cs_span_of(bytes.ptr + at, n));
	}
}

void cs_write_message(FILE *to, const struct cs_post_message *message,
		      const struct cs_message_look *look)
{
	enum cs_term_style style = style_of(message);
	bool colour = look->colour && style != CS_TERM_PLAIN;
	char time[CS_TIME_TEXT];
	uint8_t line[CS_MESSAGE_LINE];
	size_t len = cs_message_line(message, line, sizeof(line));

	cs_time_text(message->wall_us, time);
	(void)fprintf(to, "%s ", time);
	put_end(to, &message->from, message->from_port);
	(void)fputs(" > ", to);
	put_end(to, &message->to, message->to_port);
	(void)fputs(": ", to);
	cs_term_style(to, colour, style);
	cs_term_text(to, cs_span_of(line, len));
	cs_term_style(to, colour, CS_TERM_PLAIN);
	put_context(to, message);
	(void)fputc('\n', to);
	if (look->hex)
		put_hex(to, message->bytes);
}
