/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that answers a Block2 transfer as it likes. Each eight bytes of the
 * input are one answer: flags, a Block2 value, the payload's length, an ETag.
 */
#include "fuzz.h"

#include "coap/block.h"
#include "coap/code.h"
#include "coap/option_rule.h"

enum {
	STEP = 8,
	MAX_BLOCKS = 12,
	MAX_LEN = 3000,
	PAYLOAD = 2048,
	ROOM = PAYLOAD + 64,
};

enum { IS_ERROR = 1, HAS_BLOCK = 2, HAS_ETAG = 4, BLOCK_LEN_SHIFT = 4 };

static struct cs_msg answer(const uint8_t *step, uint8_t room[ROOM])
{
	static const uint8_t payload[PAYLOAD];
	struct cs_wr w = cs_wr_over(room, ROOM);
	uint8_t code = step[0] & IS_ERROR ? CS_CODE(4, 4) : CS_CODE_CONTENT;
	size_t payload_len = (size_t)step[5] << 8 | step[6];
	uint32_t previous = 0;
	struct cs_msg msg;
	struct cs_flaw flaw;

	cs_msg_header(&w, CS_ACK, code, 1, cs_span_of(NULL, 0));
	if (step[0] & HAS_ETAG) {
		cs_opt_write(&w, previous, CS_OPT_ETAG, cs_span_of(step + 7, 1));
		previous = CS_OPT_ETAG;
	}
	if (step[0] & HAS_BLOCK)
		cs_opt_write(&w, previous, CS_OPT_BLOCK2,
			     cs_span_of(step + 1, step[0] >> BLOCK_LEN_SHIFT & 3));
	cs_msg_payload(&w, cs_span_of(payload, payload_len % PAYLOAD));
	MUST(!w.err && cs_msg_decode(cs_wr_done(&w), &msg, &flaw) == CS_OK);
	return msg;
}

static void check_value(struct cs_span value)
{
	struct cs_block block, same;
	uint8_t bytes[4];

	if (cs_block_read(value, &block))
		return;

	size_t len = cs_block_write(&block, bytes);

	MUST(len >= 1 && (len <= value.len || value.len == 0));
	MUST(cs_block_read(cs_span_of(bytes, len), &same) == CS_OK);
	MUST(same.num == block.num && same.more == block.more && same.szx == block.szx);
}

static void check_body(const struct cs_body *body, enum cs_body_state state)
{
	MUST(body->len <= MAX_LEN && body->blocks <= MAX_BLOCKS);
	if (state == CS_BODY_MORE || state == CS_BODY_REPEATED) {
		MUST(body->next.num * cs_block_size(body->next.szx) == body->len);
		MUST(body->blocks < MAX_BLOCKS && body->len < MAX_LEN);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum cs_body_state state = CS_BODY_MORE;
	struct cs_body body = { 0 };
	uint8_t room[ROOM];

	check_value(cs_span_of(data, size < 4 ? size : 4));
	for (size_t i = 0; i + STEP <= size; i += STEP) {
		struct cs_msg msg = answer(data + i, room);
		struct cs_body before = body;
		struct cs_span bytes = { 0 };

		if (i == 0) {
			state = cs_body_first(&body, &msg, MAX_BLOCKS, MAX_LEN);
			bytes.len = body.len;
		} else {
			state = cs_body_next(&body, &msg, &bytes);
		}
		check_body(&body, state);
		MUST(body.len - before.len == bytes.len && bytes.len <= msg.payload.len);
		MUST(i == 0 || body.next.szx <= before.next.szx);
		if (state != CS_BODY_MORE && state != CS_BODY_REPEATED)
			break;
	}
	return 0;
}
