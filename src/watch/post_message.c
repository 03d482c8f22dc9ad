/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: what is said of one datagram, and its bytes. */
#include "watch/post_own.h"

enum { IS_TCP = 1, IS_SECURE = 2, IS_AGAIN = 4, IS_MATCHED = 8, IS_TO_GROUP = 16 };

static uint8_t flags_of(const struct cs_track_message *m)
{
	return (uint8_t)((m->tcp ? IS_TCP : 0) | (m->secure ? IS_SECURE : 0) |
			 (m->again ? IS_AGAIN : 0) | (m->matched ? IS_MATCHED : 0) |
			 (m->packet->to_group ? IS_TO_GROUP : 0));
}

static void where_write(struct cs_wr *w, const struct cs_track_message *m)
{
	const struct cs_packet *p = m->packet;

	cs_wr_u64(w, (uint64_t)m->wall_us);
	cs_wr_bytes(w, p->from.b, sizeof(p->from.b));
	cs_wr_bytes(w, p->to.b, sizeof(p->to.b));
	cs_wr_u16(w, p->from_port);
	cs_wr_u16(w, p->to_port);
	cs_wr_u8(w, p->hop_limit);
	cs_wr_u32(w, (uint32_t)m->way);
	cs_wr_u8(w, flags_of(m));
	cs_wr_u64(w, (uint64_t)m->request_us);
	cs_wr_u32(w, m->request_len);
	cs_wr_u32(w, m->len);
}

static void where_read(struct cs_rd *rd, struct cs_post_message *m)
{
	uint8_t flags;

	m->wall_us = (int64_t)cs_rd_u64(rd);
	cs_rd_copy(rd, m->from.b, sizeof(m->from.b));
	cs_rd_copy(rd, m->to.b, sizeof(m->to.b));
	m->from_port = cs_rd_u16(rd);
	m->to_port = cs_rd_u16(rd);
	m->hop_limit = cs_rd_u8(rd);
	m->way = (enum cs_track_way)cs_post_number(rd, CS_WAY_UNKNOWN);
	flags = cs_rd_u8(rd);
	m->tcp = flags & IS_TCP;
	m->secure = flags & IS_SECURE;
	m->again = flags & IS_AGAIN;
	m->matched = flags & IS_MATCHED;
	m->to_group = flags & IS_TO_GROUP;
	m->request_us = (int64_t)cs_rd_u64(rd);
	m->request_len = cs_rd_u32(rd);
	m->len = cs_rd_u32(rd);
}

static void flaws_write(struct cs_wr *w, const struct cs_sight *s)
{
	uint32_t n = s->n_flaws < CS_SIGHT_FLAWS ? s->n_flaws : CS_SIGHT_FLAWS;

	cs_wr_u32(w, n);
	for (uint32_t i = 0; i < n; i++) {
		cs_wr_u32(w, (uint32_t)s->flaw[i].fault);
		cs_wr_u32(w, (uint32_t)s->flaw[i].at);
	}
}

static void flaws_read(struct cs_rd *rd, struct cs_post_message *m)
{
	m->n_flaws = (uint8_t)cs_post_number(rd, CS_SIGHT_FLAWS);
	for (size_t i = 0; i < m->n_flaws; i++) {
		m->flaw[i].fault = (enum cs_fault)cs_post_number(rd, CS_FAULT_COUNT - 1);
		m->flaw[i].at = cs_rd_u32(rd);
	}
}

/*
 * The options that are whole, each with its number in full; how long they are is first.
 * At most OPTIONS: what a thousand empty ones say, so many do.
 */
enum { OPTIONS = 256 };

static void options_write(struct cs_wr *w, struct cs_span tail)
{
	struct cs_opts walk = cs_opts_over(tail);
	size_t at = w->pos;
	struct cs_opt opt;

	cs_wr_u32(w, 0);
	for (unsigned n = 0; n < OPTIONS && cs_opts_next(&walk, &opt); n++) {
		cs_wr_u16(w, (uint16_t)opt.number);
		cs_wr_u16(w, (uint16_t)opt.value.len);
		cs_wr_span(w, opt.value);
	}
	if (w->err)
		return;

	struct cs_wr head = cs_wr_over(w->base + at, sizeof(uint32_t));

	cs_wr_u32(&head, (uint32_t)(w->pos - at - sizeof(uint32_t)));
}

static struct cs_span options_read(struct cs_rd *rd)
{
	struct cs_span all = cs_post_span_read(rd);
	struct cs_rd walk = cs_rd_over(all.ptr, all.len);

	while (cs_rd_left(&walk) > 0) {
		(void)cs_rd_u16(&walk); /* any number is one */
		(void)cs_rd_take(&walk, cs_rd_u16(&walk));
	}
	if (walk.err)
		cs_rd_fail(rd, walk.err);
	return walk.err ? cs_span_of(NULL, 0) : all;
}

void cs_post_message_write(struct cs_wr *w, const struct cs_track_message *message)
{
	const struct cs_sight *s = message->sight;
	size_t at = cs_post_begin(w, CS_POST_MESSAGE);

	where_write(w, message);
	cs_wr_u32(w, (uint32_t)s->kind);
	cs_wr_u32(w, (uint32_t)s->alien);
	cs_wr_u32(w, s->traits);
	flaws_write(w, s);
	cs_wr_u8(w, (uint8_t)s->msg.type);
	cs_wr_u8(w, s->msg.code);
	cs_wr_u8(w, s->msg.version);
	cs_wr_u16(w, s->msg.mid);
	cs_post_span_write(w, s->msg.token);
	options_write(w, s->msg.tail);
	cs_post_span_write(w, s->msg.payload);
	cs_post_span_write(w, message->bytes);
	cs_post_end(w, at);
}

enum cs_err cs_post_message_read(struct cs_rd *body, struct cs_post_message *out)
{
	*out = (struct cs_post_message){ 0 };
	where_read(body, out);
	out->kind = (enum cs_sight_kind)cs_post_number(body, CS_SIGHT_ALIEN);
	out->alien = (enum cs_alien)cs_post_number(body, CS_ALIENS - 1);
	out->traits = cs_rd_u32(body);
	flaws_read(body, out);
	out->type = cs_rd_u8(body);
	out->code = cs_rd_u8(body);
	out->version = cs_rd_u8(body);
	out->mid = cs_rd_u16(body);
	out->token = cs_post_span_read(body);
	out->options = options_read(body);
	out->payload = cs_post_span_read(body);
	out->bytes = cs_post_span_read(body);
	if (out->payload.len > 0)
		out->payload_len =
			(uint32_t)(out->payload.len + out->len - out->bytes.len);
	if (out->type > CS_RST || out->version > 3)
		cs_rd_fail(body, CS_ERR_RANGE);
	return cs_post_done(body);
}
