/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dtls_record: DTLS records as an onlooker sees them (RFC 6347, RFC 9147, RFC 9146):
 * type, version, and of an unencrypted handshake what it shows in clear: which message,
 * server name, PSK identity and its hint, connection id. Pure.
 *
 * One record is all that is looked at: of a message in several parts only what stands in
 * this one. Which key exchange was chosen is known to the two only; an identity or hint
 * is taken for one where it and all that follows it have the form that they must have.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"

enum { CS_DTLS_IDENTITY_MAX = 128 /* bytes (RFC 4279 section 5.3): more is none */ };

struct cs_dtls_record {
	uint8_t type;      /* 20 change cipher spec, 21 alert, 22 handshake, 23 data,
	                     24 heartbeat, 25 CID, 26 ACK; 0: a DTLS 1.3 unified header */
	uint16_t version;  /* 0xfeff 1.0, 0xfefd 1.2 and 1.3; 0 for a unified header */
	uint16_t epoch;    /* its two low bits for a unified header */
	uint64_t sequence; /* 48 bits; not known for a unified header (encrypted): 0 */
	struct cs_span fragment;
	/* Type 22 in epoch 0: */
	bool handshake;
	uint8_t message; /* the first in it: 1 client hello, 2 server hello, 3 verify ... */
	uint16_t hello; /* the newest version that a hello offers, or chooses; or 0 */
	struct cs_span server_name;  /* client hello; or empty */
	struct cs_span psk_identity; /* client key exchange, or hello of 1.3; or empty */
	struct cs_span psk_hint;     /* server key exchange; or empty */
	bool has_cid;                /* connection id offered, chosen or used */
	/*
	 * The one that the other is to use; used: the shortest that makes this the
	 * datagram's last.
	 */
	struct cs_span cid;
};

/*
 * Takes the next record off @rd. False at the end, with rd->err CS_OK, and on what is
 * no record: CS_ERR_SHORT, CS_ERR_RESERVED (not a DTLS type or version). Then @out is
 * untouched.
 */
CS_MUST_USE bool cs_dtls_next(struct cs_rd *rd, struct cs_dtls_record *out);

/* "1.0", "1.2", "1.3"; NULL for another number, as 0. Static storage. */
const char *cs_dtls_version(uint16_t version);

/* "handshake client hello", "application data": for people. Static storage. */
const char *cs_dtls_text(const struct cs_dtls_record *record);
