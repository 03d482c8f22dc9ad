/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDP (RFC 768) inside an IP packet: ports, payload, and whether the checksum
 * holds. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/ip.h"

struct cs_udp {
	uint16_t from_port, to_port;
	uint16_t checksum;      /* as it stood; 0: none was made */
	struct cs_span whole;   /* header and payload; borrowed */
	struct cs_span payload; /* borrowed */
	size_t payload_len;     /* bytes on the wire; more than payload.len if cut */
};

/*
 * Reads the payload of an unfragmented (or joined) packet whose protocol is
 * UDP. Bytes after the length that the header states are left out. @out is
 * untouched on error.
 * CS_ERR_SHORT  it ends inside the header or the stated length
 * CS_ERR_RANGE  the stated length is below 8
 */
CS_MUST_USE enum cs_err cs_udp_read(struct cs_span bytes, struct cs_udp *out);

/* Likewise of a datagram of which only the first bytes are there: @bytes, of @wire_len. */
CS_MUST_USE enum cs_err cs_udp_read_cut(struct cs_span bytes, size_t wire_len,
					struct cs_udp *out);

/*
 * Whether the checksum holds. With IPv4 none (0) will do; with IPv6 it is
 * wrong (RFC 8200 section 8.1).
 */
bool cs_udp_intact(const struct cs_udp *udp, const struct cs_ip *ip);
