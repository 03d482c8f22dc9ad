/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of one Block2 transfer (RFC 7959 section 2.4). Positions
 * are compared in bytes, never in block numbers: a server may change to smaller
 * blocks in the middle, and then the numbers count something else.
 */
#include <string.h>

#include "coap/block.h"
#include "coap/code.h"
#include "coap/option_rule.h"

enum { NUM_MAX = 0xfffff, ETAG_MAX = 8 };

/* RFC 7252 section 5.4.3: an elective option of illegal length is as if absent. */
static struct cs_span etag_of(const struct cs_msg *msg)
{
	struct cs_opt opt;

	if (cs_msg_option(msg, CS_OPT_ETAG, &opt) && opt.value.len <= ETAG_MAX)
		return opt.value;
	return (struct cs_span){ 0 };
}

static bool etag_is_kept(const struct cs_body *body, const struct cs_msg *msg)
{
	return cs_span_eq(etag_of(msg), cs_span_of(body->etag, body->etag_len));
}

static void keep_etag(struct cs_body *body, const struct cs_msg *msg)
{
	struct cs_span etag = etag_of(msg);

	if (etag.len > 0)
		memcpy(body->etag, etag.ptr, etag.len);
	body->etag_len = (uint8_t)etag.len;
}

/* Whether the payload can be the block that @block says it is. */
static bool size_fits(const struct cs_block *block, size_t len)
{
	size_t size = cs_block_size(block->szx);

	return block->more ? len == size : len <= size;
}

static uint32_t position(const struct cs_block *block)
{
	return block->num * cs_block_size(block->szx);
}

/* Counts one block and as many of its bytes as are allowed. */
static struct cs_span take(struct cs_body *body, struct cs_span payload)
{
	size_t room = body->max_len - body->len;

	if (payload.len > room)
		payload.len = room;
	body->len += (uint32_t)payload.len;
	body->blocks++;
	return payload;
}

/* What follows once all of a block was taken, or not all of it. */
static enum cs_body_state go_on(struct cs_body *body, const struct cs_block *block,
				bool whole)
{
	if (!whole)
		return CS_BODY_LIMIT;
	if (!block->more)
		return CS_BODY_COMPLETE;
	if (body->blocks >= body->max_blocks || body->len >= body->max_len ||
	    block->num >= NUM_MAX)
		return CS_BODY_LIMIT;

	body->next = (struct cs_block){ .num = block->num + 1, .szx = block->szx };
	return CS_BODY_MORE;
}

enum cs_body_state cs_body_first(struct cs_body *body, const struct cs_msg *msg,
				 uint32_t max_blocks, uint32_t max_len)
{
	struct cs_block block = { 0 };
	struct cs_opt opt;

	*body = (struct cs_body){ .max_blocks = max_blocks, .max_len = max_len };
	if (msg->code != CS_CODE_CONTENT)
		return CS_BODY_REFUSED;

	if (cs_msg_option(msg, CS_OPT_BLOCK2, &opt) &&
	    (cs_block_read(opt.value, &block) || block.num != 0 ||
	     !size_fits(&block, msg->payload.len)))
		return CS_BODY_BROKEN;

	keep_etag(body, msg);

	bool whole = take(body, msg->payload).len == msg->payload.len;

	return go_on(body, &block, whole);
}

/*
 * Where @block stands to what is expected: CS_BODY_MORE when it is the next
 * one. Sizes only ever shrink, so an old block again is not smaller than those
 * that are expected now; one that is has the wrong number.
 */
static enum cs_body_state place(const struct cs_body *body, const struct cs_block *block)
{
	uint32_t at = position(block);

	if (at < body->len && block->szx >= body->next.szx)
		return CS_BODY_REPEATED;
	if (at != body->len || block->szx > body->next.szx)
		return CS_BODY_BROKEN;
	return CS_BODY_MORE;
}

enum cs_body_state cs_body_next(struct cs_body *body, const struct cs_msg *msg,
				struct cs_span *bytes)
{
	struct cs_block block;
	struct cs_opt opt;

	*bytes = (struct cs_span){ 0 };
	if (msg->code != CS_CODE_CONTENT || !cs_msg_option(msg, CS_OPT_BLOCK2, &opt))
		return CS_BODY_REFUSED;
	if (!etag_is_kept(body, msg))
		return CS_BODY_CHANGED;
	if (cs_block_read(opt.value, &block))
		return CS_BODY_BROKEN;

	enum cs_body_state state = place(body, &block);

	if (state != CS_BODY_MORE)
		return state;
	if (!size_fits(&block, msg->payload.len))
		return CS_BODY_BROKEN;

	*bytes = take(body, msg->payload);
	return go_on(body, &block, bytes->len == msg->payload.len);
}
