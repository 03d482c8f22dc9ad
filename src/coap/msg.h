/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoAP messages over UDP (RFC 7252 section 3, with the token lengths of
 * RFC 8974): bytes to fields and fields to bytes. Pure: no allocation, no I/O,
 * no clock. Says what is wrong with a message; what to do about it is the
 * caller's business.
 */
#pragma once

#include "base/rd.h"
#include "base/wr.h"
#include "coap/fault.h"
#include "coap/option.h"

enum cs_type { CS_CON = 0, CS_NON = 1, CS_ACK = 2, CS_RST = 3 };

enum {
	CS_MSG_HEADER = 4, /* bytes before the token */
	CS_TOKEN_MAX = 8,  /* of RFC 7252; RFC 8974 allows 65804 */
};

/* One decoded message; every span is borrowed from the datagram. */
struct cs_msg {
	uint8_t version; /* 0..3 */
	enum cs_type type;
	uint8_t code;
	uint16_t mid; /* Message ID */
	struct cs_span token;
	struct cs_span tail; /* options, marker and payload */
	struct cs_span payload;
	uint32_t n_options;
};

/*
 * Decodes @datagram. On CS_OK every field of @msg is set and the options can
 * be walked with cs_opts_over(msg->tail) without error. On error @flaw says
 * which rule was broken and where. Then @msg holds what could be read before
 * that: nothing with M1, the version with M2, the header with M3, M4 and M12,
 * and with a broken option also the token, the tail and how many options are
 * whole (cs_opts_over(msg->tail) yields just these). The rest is zero.
 *
 * CS_ERR_SHORT     M1, M4, M7, M8
 * CS_ERR_RESERVED  M2, M3, M6, M11
 * CS_ERR_RANGE     M9, M10
 * CS_ERR_TRAILING  M12
 */
CS_MUST_USE enum cs_err cs_msg_decode(struct cs_span datagram, struct cs_msg *msg,
				      struct cs_flaw *flaw);

/*
 * Looks for the oddities of a message that decoded (M5, M13 to M21) and writes
 * up to @max of them, the first of each kind, in the order of their offsets. Returns how
 * many kinds there are, which may be more than @max. @datagram is what @msg was decoded
 * from.
 */
size_t cs_msg_inspect(struct cs_span datagram, const struct cs_msg *msg,
		      struct cs_flaw *flaws, size_t max);

/* Finds the first option with @number; false when there is none. */
CS_MUST_USE bool cs_msg_option(const struct cs_msg *msg, uint32_t number,
			       struct cs_opt *opt);

/*
 * Writes header and token. Options follow with cs_opt_write(), in ascending
 * order, and the payload with cs_msg_payload(). A token of more than 8 bytes
 * is written with an extended length (RFC 8974 section 2.1).
 */
void cs_msg_header(struct cs_wr *w, enum cs_type type, uint8_t code, uint16_t mid,
		   struct cs_span token);

/* Writes the payload marker and @payload; nothing when it is empty. */
void cs_msg_payload(struct cs_wr *w, struct cs_span payload);

/* "CON", "NON", "ACK", "RST". Static storage. */
const char *cs_type_name(enum cs_type type);
