/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block options (RFC 7959 section 2.2), and the state of a body that is put
 * together from the blocks of one Block2 transfer. Pure; the caller owns the
 * body's bytes and bounds them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"
#include "coap/msg.h"

struct cs_block {
	uint32_t num; /* 0..1048575 */
	bool more;    /* another block follows */
	uint8_t szx;  /* 0..6: size is 16 << szx bytes */
};

/* The size of a block in bytes, 16..1024. */
static inline uint32_t cs_block_size(uint8_t szx)
{
	return UINT32_C(16) << szx;
}

/*
 * Reads a Block value of 0 to 3 bytes; the empty value is NUM 0, M 0, SZX 0.
 * CS_ERR_RANGE     longer than three bytes
 * CS_ERR_RESERVED  SZX is 7 (allowed over TCP only, RFC 8323 section 6)
 */
CS_MUST_USE enum cs_err cs_block_read(struct cs_span value, struct cs_block *out);

/*
 * Writes the value as an option's bytes, never of zero length (RFC 7959 allows
 * the empty value for 0/0/16, and there are devices that die of it); returns
 * its length, 1..3.
 */
size_t cs_block_write(const struct cs_block *block, uint8_t bytes[4]);

/* Why a body stopped growing. */
enum cs_body_state {
	CS_BODY_MORE,     /* ask for body->next */
	CS_BODY_COMPLETE, /* the last block has come */
	CS_BODY_REPEATED, /* an old block again: nothing changed, keep waiting */
	CS_BODY_BROKEN,   /* NUM jumped, size changed upward, or a payload that
	                      is not of the size that the Block2 option says */
	CS_BODY_CHANGED,  /* the ETag differs: another representation */
	CS_BODY_REFUSED,  /* the answer is not 2.05 or carries no Block2 */
	CS_BODY_LIMIT,    /* more would follow than max_blocks or max_len allow */
};

/* One Block2 transfer, client side. Start zeroed, then cs_body_first(). */
struct cs_body {
	struct cs_block next; /* what to ask for while CS_BODY_MORE */
	uint32_t blocks;      /* taken so far */
	uint32_t len;         /* bytes taken so far */
	uint32_t max_blocks, max_len;
	uint8_t etag[8];  /* of the first block */
	uint8_t etag_len; /* 0: none was given */
};

/*
 * Takes the first answer. On CS_BODY_MORE, CS_BODY_COMPLETE and CS_BODY_LIMIT
 * the first body->len bytes of its payload are the body's first bytes: the
 * caller appends them (all of it, unless it is longer than @max_len).
 * CS_BODY_COMPLETE also when it has no Block2 option at all. Another code than
 * 2.05 is CS_BODY_REFUSED.
 */
enum cs_body_state cs_body_first(struct cs_body *body, const struct cs_msg *msg,
				 uint32_t max_blocks, uint32_t max_len);

/*
 * Takes a later answer. On CS_BODY_MORE, CS_BODY_COMPLETE and CS_BODY_LIMIT the
 * caller appends *@bytes (borrowed from the datagram) to the body; otherwise
 * *@bytes is empty. A server may answer with smaller blocks than asked for
 * (RFC 7959 section 2.4): the next question then follows it. To be called only
 * after CS_BODY_MORE or CS_BODY_REPEATED.
 */
enum cs_body_state cs_body_next(struct cs_body *body, const struct cs_msg *msg,
				struct cs_span *bytes);
