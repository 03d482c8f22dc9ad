/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: CoAP over TCP (RFC 8323 section 3.2): messages with a length instead of a
 * type and Message ID, one after the other in a byte stream. Pure. "Not all of it has
 * come" and "this is wrong" are different answers.
 */
#pragma once

#include "coap/msg.h"

enum { CS_STREAM_MAX = 1 << 20 /* bytes of one message: more is refused */ };

enum cs_stream_step {
	CS_STREAM_MESSAGE, /* @msg is one; @used bytes were its */
	CS_STREAM_MORE,    /* a message begins and goes on behind @bytes; nothing used */
	CS_STREAM_WRONG,   /* its options are malformed: @flaw; @used skips it */
	CS_STREAM_LOST, /* no way to go on: token length reserved, or longer than the bound */
};

/*
 * Takes one message from the front of @bytes. In @msg type is CS_CON and mid 0: TCP
 * has neither. .version is 1. The signalling codes 7.xx are legal here.
 */
enum cs_stream_step cs_stream_next(struct cs_span bytes, struct cs_msg *msg, size_t *used,
				   struct cs_flaw *flaw);

/* Appends one message's bytes: header of the shortest form, options and payload as @rest. */
void cs_stream_write(struct cs_wr *w, uint8_t code, struct cs_span token,
		     struct cs_span rest);

/* "CSM", "Ping" ... of 7.xx, or NULL. Static storage. */
const char *cs_signal_name(uint8_t code);
