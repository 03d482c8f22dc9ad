/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: CoAP over TCP (RFC 8323 section 3.2, with the token lengths of RFC 8974):
 * messages with a length instead of a type and Message ID, one after the other in a
 * byte stream. Pure. "Not all of it has come" and "this is wrong" are different answers.
 */
#pragma once

#include "coap/msg.h"

enum { CS_STREAM_MAX = 1 << 20 /* bytes of one message: more is refused */ };

enum cs_stream_step {
	CS_STREAM_MESSAGE, /* @msg is one; @used bytes were its */
	CS_STREAM_MORE,  /* a message begins and goes on behind @bytes: nothing is taken,
	                      and @used is its length in all, or 0 when that has not come */
	CS_STREAM_WRONG, /* its options are malformed: @flaw; @used skips it */
	CS_STREAM_LOST, /* no way to go on: token length reserved (@flaw says so), or longer than the bound */
};

/*
 * Takes one message from the front of @bytes. In @msg type is CS_CON and mid 0: TCP
 * has neither. .version is 1. The signalling codes 7.xx are legal here. Offsets of
 * flaws count from the message's first byte. With CS_STREAM_WRONG @msg holds what
 * cs_msg_decode() would leave, with CS_STREAM_MORE and CS_STREAM_LOST it is zeroed.
 */
enum cs_stream_step cs_stream_next(struct cs_span bytes, struct cs_msg *msg, size_t *used,
				   struct cs_flaw *flaw);

/*
 * What is there of a message that cs_stream_next() says to go on behind @bytes, for who
 * cannot hold all of it: the options that are whole, and what has come of the payload.
 * False, with @msg zeroed, when not even the token is there.
 */
CS_MUST_USE bool cs_stream_begun(struct cs_span bytes, struct cs_msg *msg);

/*
 * Appends one message's bytes: header of the shortest form, token, and options and
 * payload as @rest. CS_ERR_FULL also for a token of 9 to 12 or more than 65804 bytes, and for a
 * message that is longer than cs_stream_next() takes.
 */
void cs_stream_write(struct cs_wr *w, uint8_t code, struct cs_span token,
		     struct cs_span rest);
