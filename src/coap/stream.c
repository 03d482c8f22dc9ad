/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/stream.h"

/* The two nibbles of the first byte: length of options and payload, token length. */
enum {
	EXT_1_BYTE = 13,
	EXT_2_BYTES = 14,
	EXT_4_BYTES = 15, /* of a length; of a token it is reserved */
	BASE_1 = 13,
	BASE_2 = 269,
	BASE_4 = 65805,
	TOKEN_LONGEST = BASE_2 + 65535,
	HEADER_MAX = 8, /* bytes: first, length, code, token length */
};

/* Where things of one message stand. */
struct frame {
	uint8_t code;
	size_t token_at, token_len; /* bytes */
	size_t rest_at;
	uint64_t total; /* bytes, header and token included */
};

static uint64_t take_len(struct cs_rd *rd, unsigned nibble)
{
	switch (nibble) {
	case EXT_1_BYTE:
		return BASE_1 + (uint64_t)cs_rd_u8(rd);
	case EXT_2_BYTES:
		return BASE_2 + (uint64_t)cs_rd_u16(rd);
	case EXT_4_BYTES:
		return BASE_4 + (uint64_t)cs_rd_u32(rd);
	default:
		return nibble;
	}
}

static bool tkl_is_reserved(unsigned tkl)
{
	return (tkl > CS_TOKEN_MAX && tkl < EXT_1_BYTE) || tkl > EXT_2_BYTES;
}

/*
 * CS_ERR_SHORT     the header goes on behind @bytes
 * CS_ERR_RESERVED  token length 9 to 12 or 15
 * CS_ERR_RANGE     longer than CS_STREAM_MAX
 */
static enum cs_err read_frame(struct cs_span bytes, struct frame *out)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);
	unsigned first = cs_rd_u8(&rd);
	unsigned tkl = first & 0x0f;

	if (!rd.err && tkl_is_reserved(tkl))
		return CS_ERR_RESERVED;

	uint64_t rest = take_len(&rd, first >> 4);

	if (rest > CS_STREAM_MAX)
		return CS_ERR_RANGE;
	out->code = cs_rd_u8(&rd);
	out->token_len = (size_t)take_len(&rd, tkl);
	if (rd.err)
		return rd.err;
	out->token_at = rd.pos;
	out->rest_at = rd.pos + out->token_len;
	out->total = out->rest_at + rest;
	return out->total > CS_STREAM_MAX ? CS_ERR_RANGE : CS_OK;
}

/* All of @msg that stands before the options. @bytes has the token. */
static struct cs_msg begin(struct cs_span bytes, const struct frame *frame)
{
	return (struct cs_msg){
		.version = 1,
		.type = CS_CON,
		.code = frame->code,
		.token = cs_span_of(bytes.ptr + frame->token_at, frame->token_len),
		.tail = cs_span_of(bytes.ptr + frame->rest_at,
				   bytes.len - frame->rest_at),
	};
}

/* Counts the options and finds the payload. */
static enum cs_err walk(struct cs_msg *msg, struct cs_flaw *flaw)
{
	struct cs_opts w = cs_opts_over(msg->tail);
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt))
		msg->n_options++;

	enum cs_err err = cs_opts_end(&w, &msg->payload);

	if (err)
		*flaw = (struct cs_flaw){ .fault = w.fault, .at = w.at };
	return err;
}

enum cs_stream_step cs_stream_next(struct cs_span bytes, struct cs_msg *msg, size_t *used,
				   struct cs_flaw *flaw)
{
	struct frame frame;
	enum cs_err err = read_frame(bytes, &frame);

	*msg = (struct cs_msg){ 0 };
	*flaw = (struct cs_flaw){ 0 };
	*used = 0;
	if (err == CS_ERR_RESERVED)
		flaw->fault = CS_FAULT_TKL;
	if (err)
		return err == CS_ERR_SHORT ? CS_STREAM_MORE : CS_STREAM_LOST;
	*used = (size_t)frame.total;
	if (frame.total > bytes.len)
		return CS_STREAM_MORE;

	*msg = begin(cs_span_of(bytes.ptr, (size_t)frame.total), &frame);
	if (walk(msg, flaw)) {
		flaw->at += frame.rest_at;
		return CS_STREAM_WRONG;
	}
	return CS_STREAM_MESSAGE;
}

bool cs_stream_begun(struct cs_span bytes, struct cs_msg *msg)
{
	struct frame frame;
	struct cs_flaw flaw;

	*msg = (struct cs_msg){ 0 };
	if (read_frame(bytes, &frame) || frame.rest_at > bytes.len)
		return false;
	*msg = begin(bytes, &frame);
	(void)walk(msg, &flaw); /* that the last option is cut is no news */
	return true;
}

static unsigned nibble_of(size_t len)
{
	if (len >= BASE_4)
		return EXT_4_BYTES;
	if (len >= BASE_2)
		return EXT_2_BYTES;
	return len >= BASE_1 ? EXT_1_BYTE : (unsigned)len;
}

static void write_len(struct cs_wr *w, size_t len)
{
	if (len >= BASE_4)
		cs_wr_u32(w, (uint32_t)(len - BASE_4));
	else if (len >= BASE_2)
		cs_wr_u16(w, (uint16_t)(len - BASE_2));
	else if (len >= BASE_1)
		cs_wr_u8(w, (uint8_t)(len - BASE_1));
}

void cs_stream_write(struct cs_wr *w, uint8_t code, struct cs_span token,
		     struct cs_span rest)
{
	/* RFC 8974 has no form for 9 to 12. */
	if ((token.len > CS_TOKEN_MAX && token.len < BASE_1) ||
	    token.len > TOKEN_LONGEST ||
	    rest.len > CS_STREAM_MAX - HEADER_MAX - token.len) {
		w->err = CS_ERR_FULL;
		return;
	}
	cs_wr_u8(w, (uint8_t)(nibble_of(rest.len) << 4 | nibble_of(token.len)));
	write_len(w, rest.len);
	cs_wr_u8(w, code);
	write_len(w, token.len);
	cs_wr_span(w, token);
	cs_wr_span(w, rest);
}
