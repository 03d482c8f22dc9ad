/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/msg.h"

#include "coap/code.h"

/* Token lengths in the first byte's low nibble (RFC 8974 section 2.1). */
enum {
	TKL_1_BYTE = 13,
	TKL_2_BYTES = 14,
	TKL_RESERVED = 15,
	TKL_1_BASE = 13,
	TKL_2_BASE = 269,
	TKL_LONGEST = TKL_2_BASE + 65535,
	VERSION = 1,
	PAYLOAD_MARKER = 0xff,
};

static enum cs_err broken(struct cs_flaw *flaw, enum cs_err err, enum cs_fault fault,
			  size_t at)
{
	*flaw = (struct cs_flaw){ .fault = fault, .at = at };
	return err;
}

static bool tkl_is_reserved(unsigned tkl)
{
	return (tkl > CS_TOKEN_MAX && tkl < TKL_1_BYTE) || tkl == TKL_RESERVED;
}

static struct cs_span take_token(struct cs_rd *rd, unsigned tkl)
{
	size_t len = tkl;

	if (tkl == TKL_1_BYTE)
		len = (size_t)TKL_1_BASE + cs_rd_u8(rd);
	else if (tkl == TKL_2_BYTES)
		len = (size_t)TKL_2_BASE + cs_rd_u16(rd);
	return cs_rd_take(rd, len);
}

/* Walks all options once, so that nobody later meets a broken one. */
static enum cs_err take_options(struct cs_rd *rd, struct cs_msg *msg,
				struct cs_flaw *flaw)
{
	size_t start = rd->pos;
	struct cs_opt opt;

	msg->tail = cs_rd_take(rd, cs_rd_left(rd));

	struct cs_opts w = cs_opts_over(msg->tail);

	while (cs_opts_next(&w, &opt))
		msg->n_options++;

	enum cs_err err = cs_opts_end(&w, &msg->payload);

	return err ? broken(flaw, err, w.fault, start + w.at) : CS_OK;
}

enum cs_err cs_msg_decode(struct cs_span datagram, struct cs_msg *msg,
			  struct cs_flaw *flaw)
{
	struct cs_rd rd = cs_rd_over(datagram.ptr, datagram.len);

	*msg = (struct cs_msg){ 0 };
	*flaw = (struct cs_flaw){ 0 };
	if (datagram.len < CS_MSG_HEADER)
		return broken(flaw, CS_ERR_SHORT, CS_FAULT_SHORT, datagram.len);

	uint8_t first = cs_rd_u8(&rd);
	unsigned tkl = first & 0x0f;

	msg->version = first >> 6;
	if (msg->version != VERSION)
		return broken(flaw, CS_ERR_RESERVED, CS_FAULT_VERSION, 0);

	msg->type = (enum cs_type)(first >> 4 & 3);
	msg->code = cs_rd_u8(&rd);
	msg->mid = cs_rd_u16(&rd);
	if (tkl_is_reserved(tkl))
		return broken(flaw, CS_ERR_RESERVED, CS_FAULT_TKL, 0);

	/* Section 4.1: an Empty message is four bytes and has no token. */
	if (msg->code == CS_CODE_EMPTY && tkl > 0)
		return broken(flaw, CS_ERR_TRAILING, CS_FAULT_EMPTY, 0);
	if (msg->code == CS_CODE_EMPTY && cs_rd_left(&rd) > 0)
		return broken(flaw, CS_ERR_TRAILING, CS_FAULT_EMPTY, CS_MSG_HEADER);

	msg->token = take_token(&rd, tkl);
	if (rd.err)
		return broken(flaw, CS_ERR_SHORT, CS_FAULT_TOKEN_CUT, CS_MSG_HEADER);
	return take_options(&rd, msg, flaw);
}

bool cs_msg_option(const struct cs_msg *msg, uint32_t number, struct cs_opt *opt)
{
	struct cs_opts w = cs_opts_over(msg->tail);
	struct cs_opt each;

	/* Options ascend, so there is nothing to find past the number. */
	while (cs_opts_next(&w, &each) && each.number <= number) {
		if (each.number == number) {
			*opt = each;
			return true;
		}
	}
	return false;
}

void cs_msg_header(struct cs_wr *w, enum cs_type type, uint8_t code, uint16_t mid,
		   struct cs_span token)
{
	unsigned tkl = (unsigned)token.len;

	if (token.len > TKL_LONGEST) {
		w->err = CS_ERR_FULL;
		return;
	}
	if (token.len >= TKL_2_BASE)
		tkl = TKL_2_BYTES;
	else if (token.len > CS_TOKEN_MAX)
		tkl = TKL_1_BYTE;

	cs_wr_u8(w, (uint8_t)(VERSION << 6 | (unsigned)type << 4 | tkl));
	cs_wr_u8(w, code);
	cs_wr_u16(w, mid);
	if (tkl == TKL_2_BYTES)
		cs_wr_u16(w, (uint16_t)(token.len - TKL_2_BASE));
	else if (tkl == TKL_1_BYTE)
		cs_wr_u8(w, (uint8_t)(token.len - TKL_1_BASE));
	cs_wr_span(w, token);
}

void cs_msg_payload(struct cs_wr *w, struct cs_span payload)
{
	if (payload.len == 0)
		return;
	cs_wr_u8(w, PAYLOAD_MARKER);
	cs_wr_span(w, payload);
}

const char *cs_type_name(enum cs_type type)
{
	static const char *const names[] = {
		[CS_CON] = "CON", [CS_NON] = "NON", [CS_ACK] = "ACK", [CS_RST] = "RST"
	};

	return names[(unsigned)type & 3];
}
