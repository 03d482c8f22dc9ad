/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: the questions that are put to a device, as bytes, and the reading of
 * what comes back. One file a question. Pure; sending, waiting and matching
 * are others' business.
 */
#pragma once

#include "base/wr.h"
#include "coap/block.h"
#include "coap/msg.h"

enum {
	CS_PROBE_MAX = 64,   /* bytes of any request here */
	CS_PROBE_MID_AT = 2, /* offset of the Message ID */
	CS_PROBE_TOKEN_AT = 4,
};

/*
 * Writes CON GET /.well-known/core with @mid and @token. With an empty token
 * these are the exact 21 bytes that Shadowserver, ZMap and nmap send, so that
 * sizes compare.
 */
void cs_probe_well_known(struct cs_wr *w, uint16_t mid, struct cs_span token);

/* The same question for one block of the answer (RFC 7959 section 2.4). */
void cs_probe_well_known_block(struct cs_wr *w, uint16_t mid, struct cs_span token,
			       const struct cs_block *block);

/* An Empty ACK for @mid: four bytes. */
void cs_probe_ack(struct cs_wr *w, uint16_t mid);

/* What a datagram is, as an answer to a question of ours. */
enum cs_reply_kind {
	CS_REPLY_RESPONSE,  /* carries a response code */
	CS_REPLY_EMPTY_ACK, /* received; the response comes separately */
	CS_REPLY_RESET,
	CS_REPLY_REQUEST,   /* a request or ping of the device's own, or our echo */
	CS_REPLY_STRANGE,   /* decodes, but its code is of a reserved class */
	CS_REPLY_MALFORMED, /* a format error, or not CoAP at all */
};

struct cs_reply {
	enum cs_reply_kind kind;
	struct cs_msg msg;   /* as far as it was decoded */
	struct cs_flaw flaw; /* format error, else the first oddity, or none */
	bool has_mid;        /* at least four bytes */
	uint16_t mid;
};

/* Reads one datagram; spans of @reply are borrowed from it. */
void cs_reply_read(struct cs_span datagram, struct cs_reply *reply);
