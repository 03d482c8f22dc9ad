/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/sight.h"

#include "coap/code.h"
#include "coap/option_rule.h"
#include "coap/signal.h"
#include "watch/hash.h"
#include "watch/obs.h"
#include "watch/sight_parts.h"

enum {
	BIG = 1152, /* bytes; RFC 7252 section 4.6: what a datagram should fit into */
	VERSION_1 = 0x40,
	VERSION_MASK = 0xc0,
	MID_AT = 2,
	SHAPE_MAX = 256, /* bytes that are hashed: no more tell requests apart */
};

static struct cs_span behind(struct cs_span s, size_t n)
{
	return n < s.len ? cs_span_of(s.ptr + n, s.len - n) : (struct cs_span){ 0 };
}

static uint32_t token_hash(struct cs_span token)
{
	return token.len > 0 ? cs_hash_end(cs_hash_bytes(0, token)) : 0;
}

uint32_t cs_sight_shape(struct cs_span bytes, size_t tail_at)
{
	struct cs_span rest = behind(bytes, tail_at);
	uint64_t head = bytes.len < 2 ? 0 : (uint64_t)bytes.ptr[0] << 8 | bytes.ptr[1];
	uint64_t h = cs_hash_word(head, rest.len);

	if (rest.len > SHAPE_MAX)
		rest.len = SHAPE_MAX;
	return cs_hash_end(cs_hash_bytes(h, rest));
}

static enum cs_sight_kind kind_of(uint8_t code)
{
	if (cs_code_is_request(code))
		return CS_SIGHT_REQUEST;
	if (cs_code_is_response(code))
		return CS_SIGHT_RESPONSE;
	return code == CS_CODE_EMPTY ? CS_SIGHT_EMPTY : CS_SIGHT_RESERVED;
}

static void keep(struct cs_sight *sight, struct cs_flaw flaw)
{
	if (sight->n_flaws < CS_SIGHT_FLAWS)
		sight->flaw[sight->n_flaws++] = flaw;
}

/* What the snap length cut off is missing, not malformed. */
static bool is_of_cut(enum cs_fault fault)
{
	return fault == CS_FAULT_SHORT || fault == CS_FAULT_TOKEN_CUT ||
	       fault == CS_FAULT_OPTION_CUT || fault == CS_FAULT_EXTENSION_CUT ||
	       fault == CS_FAULT_MARKER;
}

/* A size that does not match is no contradiction where the payload was cut. */
static void keep_oddities(struct cs_sight *sight, struct cs_span bytes, bool cut)
{
	struct cs_flaw flaws[CS_SIGHT_FLAWS];
	size_t n = cs_msg_inspect(bytes, &sight->msg, flaws, CS_SIGHT_FLAWS);

	for (size_t i = 0; i < n && i < CS_SIGHT_FLAWS; i++) {
		if (!cut || flaws[i].fault != CS_FAULT_BLOCK)
			keep(sight, flaws[i]);
	}
}

/* Where the captured bytes end before its Uri-Path may, nobody knows what is asked for. */
static void forget_target(struct cs_sight *sight)
{
	struct cs_opts w = cs_opts_over(sight->msg.tail);
	uint32_t last = 0;
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt))
		last = opt.number;
	if (last <= CS_OPT_URI_PATH && sight->path != CS_SIGHT_CORE)
		sight->path = 0;
}

static void read_decoded(struct cs_sight *sight, struct cs_span bytes, bool cut)
{
	uint8_t code = sight->msg.code;

	/* What a method does that nobody registered is not known. */
	if (cs_code_is_request(code) && cs_code_name(code) && code != CS_CODE_GET &&
	    code != CS_CODE_FETCH)
		sight->traits |= CS_SIGHT_WRITES;
	if (sight->msg.token.len > CS_TOKEN_MAX)
		sight->traits |= CS_SIGHT_EXTENDED_TOKEN;
	cs_sight_options(sight);
	keep_oddities(sight, bytes, cut);
}

/* Of two or three bytes the second is the code. */
static bool begins_likely(struct cs_span bytes)
{
	return bytes.len < 2 ||
	       (cs_code_name(bytes.ptr[1]) && cs_code_class(bytes.ptr[1]) != 7);
}

/* @stated is the length that UDP says, of which @bytes were captured. */
static void read_version_1(struct cs_sight *sight, struct cs_span bytes, uint32_t stated)
{
	bool cut = bytes.len < stated;
	struct cs_flaw flaw;
	bool decodes = cs_msg_decode(bytes, &sight->msg, &flaw) == CS_OK;

	sight->kind =
		flaw.fault == CS_FAULT_SHORT ? CS_SIGHT_BROKEN : kind_of(sight->msg.code);
	if (cut && is_of_cut(flaw.fault))
		flaw.fault = CS_FAULT_NONE;
	if (flaw.fault != CS_FAULT_NONE) {
		sight->traits |= CS_SIGHT_FORMAT_ERROR;
		keep(sight, flaw);
	} else {
		read_decoded(sight, bytes, cut || !decodes);
		if (!decodes)
			forget_target(sight);
	}
	if (flaw.fault == CS_FAULT_SHORT ? !begins_likely(bytes)
					 : !cs_sight_is_likely(&sight->msg, flaw))
		sight->traits |= CS_SIGHT_UNLIKELY;
	sight->token_hash = token_hash(sight->msg.token);
	if (sight->kind != CS_SIGHT_RESPONSE)
		sight->shape =
			cs_sight_shape(bytes, CS_MSG_HEADER + sight->msg.token.len);
	if (stated > BIG && sight->kind != CS_SIGHT_RESPONSE)
		sight->traits |= CS_SIGHT_BIG;
}

/*
 * CoAP of another version: the same bytes as version 1 are a message with a registered
 * code and nothing wrong. The copy bounds what is looked at.
 */
static bool reads_as_other_version(struct cs_sight *sight, struct cs_span bytes)
{
	uint8_t copy[BIG];
	struct cs_wr w = cs_wr_over(copy, sizeof(copy));
	struct cs_flaw flaw;
	struct cs_msg msg;
	unsigned n;

	if (bytes.len < CS_MSG_HEADER || bytes.len > sizeof(copy) ||
	    (bytes.ptr[0] & VERSION_MASK) == VERSION_1)
		return false;
	cs_wr_u8(&w, (uint8_t)((bytes.ptr[0] & ~VERSION_MASK) | VERSION_1));
	cs_wr_span(&w, behind(bytes, 1));
	if (cs_msg_decode(cs_wr_done(&w), &msg, &flaw) || !cs_code_name(msg.code) ||
	    cs_code_class(msg.code) == 7 || !cs_sight_is_registered(&msg, &n) ||
	    cs_msg_inspect(cs_wr_done(&w), &msg, &flaw, 1) > 0)
		return false;

	sight->msg = (struct cs_msg){ .version = bytes.ptr[0] >> 6,
				      .type = msg.type,
				      .code = msg.code,
				      .mid = msg.mid };
	return true;
}

static bool may_be_other_version(enum cs_alien alien)
{
	return alien == CS_ALIEN_NONE || alien == CS_ALIEN_UNKNOWN ||
	       alien == CS_ALIEN_RTP;
}

static void read_alien(struct cs_sight *sight, struct cs_span bytes, enum cs_alien alien)
{
	if (may_be_other_version(alien) && reads_as_other_version(sight, bytes)) {
		sight->kind = CS_SIGHT_VERSION;
		keep(sight, (struct cs_flaw){ .fault = CS_FAULT_VERSION });
		return;
	}
	sight->kind = CS_SIGHT_ALIEN;
	sight->alien = alien == CS_ALIEN_NONE ? CS_ALIEN_UNKNOWN : alien;
}

void cs_sight_read(const struct cs_packet *packet, struct cs_sight *sight)
{
	struct cs_span bytes = packet->payload;

	enum cs_alien alien = cs_alien_of(bytes);

	*sight = (struct cs_sight){ 0 };
	if (alien != CS_ALIEN_NONE || bytes.len == 0 ||
	    (bytes.ptr[0] & VERSION_MASK) != VERSION_1) {
		read_alien(sight, bytes, alien);
		return;
	}
	read_version_1(sight, bytes, packet->payload_len);
	sight->marks = cs_sight_marks(packet, &sight->msg);
}

void cs_sight_again(const struct cs_packet *packet, struct cs_sight *sight)
{
	const uint8_t *mid = packet->payload.ptr + MID_AT;

	sight->msg.mid = (uint16_t)(mid[0] << 8 | mid[1]);
	sight->token_hash = token_hash(sight->msg.token);
	sight->marks = cs_sight_marks(packet, &sight->msg);
}

/* SZX 7 (BERT) is legal over TCP (RFC 8323). */
static void keep_stream_oddities(struct cs_sight *sight, struct cs_span bytes)
{
	struct cs_flaw flaws[CS_SIGHT_FLAWS];
	size_t n = cs_msg_inspect(bytes, &sight->msg, flaws, CS_SIGHT_FLAWS);

	for (size_t i = 0; i < n && i < CS_SIGHT_FLAWS; i++) {
		if (flaws[i].fault != CS_FAULT_BLOCK)
			keep(sight, flaws[i]);
	}
}

void cs_sight_of_stream(const struct cs_msg *msg, const struct cs_flaw *flaw,
			struct cs_span bytes, struct cs_sight *sight)
{
	bool is_signal = cs_code_is_signal(msg->code);

	*sight = (struct cs_sight){ .msg = *msg,
				    .kind = is_signal ? CS_SIGHT_EMPTY
						      : kind_of(msg->code) };
	sight->token_hash = token_hash(msg->token);
	if (flaw->fault != CS_FAULT_NONE) {
		sight->traits |= CS_SIGHT_FORMAT_ERROR;
		keep(sight, *flaw);
		return;
	}
	/* A signal's options have numbers of their own (RFC 8323 section 5.2). */
	if (is_signal)
		return;
	read_decoded(sight, bytes, true);
	sight->n_flaws = 0;
	keep_stream_oddities(sight, bytes);
}
