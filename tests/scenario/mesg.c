/* SPDX-License-Identifier: Apache-2.0 */
#include "mesg.h"

#include <stdio.h>
#include <stdlib.h>

#include "coap/block.h"

struct mesg mesg_new(enum cs_type type, uint8_t code, uint16_t mid)
{
	return (struct mesg){ .type = type, .code = code, .mid = mid };
}

void mesg_token(struct mesg *m, const void *token, size_t len)
{
	memcpy(m->token, token, len);
	m->tkl = (uint8_t)len;
}

void mesg_token_u16(struct mesg *m, uint16_t token)
{
	const uint8_t bytes[2] = { (uint8_t)(token >> 8), (uint8_t)token };

	mesg_token(m, bytes, sizeof(bytes));
}

void mesg_opt(struct mesg *m, uint16_t number, const void *value, size_t len)
{
	size_t at = m->n;

	if (m->n == MESG_OPTS || len > sizeof(m->text) - m->used) {
		fprintf(stderr, "scenario: a message of too many options\n");
		exit(1);
	}
	if (len)
		memcpy(m->text + m->used, value, len);
	for (; at > 0 && m->opt[at - 1].number > number; at--)
		m->opt[at] = m->opt[at - 1];
	m->opt[at].number = number;
	m->opt[at].at = m->used;
	m->opt[at].len = (uint16_t)len;
	m->used = (uint16_t)(m->used + len);
	m->n++;
}

void mesg_opt_text(struct mesg *m, uint16_t number, const char *value)
{
	mesg_opt(m, number, value, strlen(value));
}

void mesg_opt_uint(struct mesg *m, uint16_t number, uint32_t value)
{
	uint8_t bytes[4];

	mesg_opt(m, number, bytes, cs_opt_uint_write(value, bytes));
}

void mesg_block(struct mesg *m, uint16_t number, uint32_t num, bool more, uint8_t szx)
{
	struct cs_block block = { .num = num, .more = more, .szx = szx };
	uint8_t bytes[4];

	mesg_opt(m, number, bytes, cs_block_write(&block, bytes));
}

void mesg_path(struct mesg *m, const char *path)
{
	const char *at = path;

	m->path = path;
	while (*at == '/' && at[1] && at[1] != '?') {
		size_t len = strcspn(++at, "/?");

		mesg_opt(m, OPT_URI_PATH, at, len);
		at += len;
	}
	at = strchr(path, '?');
	if (at)
		mesg_opt_text(m, OPT_URI_QUERY, at + 1);
}

bool mesg_has(const struct mesg *m, uint16_t number)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->opt[i].number == number)
			return true;
	return false;
}

static void write_rest(const struct mesg *m, struct cs_wr *w)
{
	uint32_t previous = 0;

	for (size_t i = 0; i < m->n; i++) {
		cs_opt_write(w, previous, m->opt[i].number,
			     cs_span_of(m->text + m->opt[i].at, m->opt[i].len));
		previous = m->opt[i].number;
	}
	cs_msg_payload(w, m->payload);
}

static struct cs_span done(const struct cs_wr *w)
{
	if (w->err) {
		fprintf(stderr, "scenario: a message too long\n");
		exit(1);
	}
	return cs_wr_done(w);
}

struct cs_span mesg_bytes(const struct mesg *m)
{
	static uint8_t room[MESG_BYTES];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	cs_msg_header(&w, m->type, m->code, m->mid, cs_span_of(m->token, m->tkl));
	write_rest(m, &w);
	return done(&w);
}

struct cs_span mesg_stream(const struct mesg *m)
{
	static uint8_t room[MESG_BYTES], rest[MESG_BYTES];
	struct cs_wr r = cs_wr_over(rest, sizeof(rest));
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	write_rest(m, &r);
	if (r.pos < 13) {
		cs_wr_u8(&w, (uint8_t)(r.pos << 4 | m->tkl));
	} else if (r.pos < 269) {
		cs_wr_u8(&w, (uint8_t)(13 << 4 | m->tkl));
		cs_wr_u8(&w, (uint8_t)(r.pos - 13));
	} else {
		cs_wr_u8(&w, (uint8_t)(14 << 4 | m->tkl));
		cs_wr_u16(&w, (uint16_t)(r.pos - 269));
	}
	cs_wr_u8(&w, m->code);
	cs_wr_bytes(&w, m->token, m->tkl);
	cs_wr_span(&w, done(&r));
	return done(&w);
}
