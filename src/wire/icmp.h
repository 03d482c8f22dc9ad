/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICMP and ICMPv6 errors (RFC 792, RFC 4443, with the extensions of RFC 4884): what
 * could not be delivered, and as much as they quote of it. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rd.h"

/* A quoted UDP datagram or TCP segment: the one that did not arrive. */
struct cs_quote {
	uint8_t type, code; /* of the ICMP(v6) error */
	bool port_closed;   /* 3/3, or 1/4 of ICMPv6 */
	struct cs_addr from, to;
	uint16_t from_port, to_port;
	uint8_t protocol;
	struct cs_span payload; /* of UDP, as much as is quoted; borrowed */
};

/*
 * Reads an ICMP (or, with @v6, ICMPv6) message. False when it is no error, or when it
 * quotes too little of a UDP datagram or TCP segment to name its ports; @out is
 * untouched then.
 */
CS_MUST_USE bool cs_icmp_quote(struct cs_span bytes, bool v6, struct cs_quote *out);
