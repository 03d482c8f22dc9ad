/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alien: what a datagram on a CoAP port is when it is not CoAP: told by its first
 * bytes, strictly enough that random bytes are CS_ALIEN_UNKNOWN. Pure.
 */
#pragma once

#include "base/rd.h"

enum cs_alien {
	CS_ALIEN_NONE,    /* nothing of these: it may be CoAP */
	CS_ALIEN_UNKNOWN, /* neither CoAP nor anything known */
	CS_ALIEN_EMPTY,   /* no bytes at all */
	CS_ALIEN_ZEROS,   /* nothing but zero bytes */
	CS_ALIEN_TEXT,    /* nothing but printable text (an HTTP request, ...) */
	CS_ALIEN_DTLS,
	CS_ALIEN_STUN,
	CS_ALIEN_QUIC,
	CS_ALIEN_DNS,
	CS_ALIEN_SIP,
	CS_ALIEN_SSDP,
	CS_ALIEN_NTP,
	CS_ALIEN_SNMP,
	CS_ALIEN_RTP,
	CS_ALIENS,
};

/* "dtls", "zeros", "unknown": the keys of `not_coap`. Static storage. */
const char *cs_alien_name(enum cs_alien alien);

/*
 * What @datagram is. CS_ALIEN_NONE where it begins as a version 1 CoAP message would
 * and is not unmistakably something else (a DTLS record, STUN with its cookie): then
 * it is for cs_msg_decode() to say. Another version than 1 that is nothing known is
 * CS_ALIEN_UNKNOWN, too: whether the rest parses as CoAP is watch/sight.h's business.
 */
enum cs_alien cs_alien_of(struct cs_span datagram);
