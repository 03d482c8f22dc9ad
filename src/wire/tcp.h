/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP segments (RFC 9293 section 3.1) inside an IP packet: ports, numbers, flags and
 * payload. Pure. Options are passed over; tcp_stream.h puts segments in order.
 */
#pragma once

#include <stdint.h>

#include "base/rd.h"

enum cs_tcp_flag { CS_TCP_FIN = 1, CS_TCP_SYN = 2, CS_TCP_RST = 4, CS_TCP_ACK = 16 };

struct cs_tcp {
	uint16_t from_port, to_port;
	uint32_t seq, ack;
	uint8_t flags;          /* enum cs_tcp_flag, and the others as they stood */
	struct cs_span payload; /* borrowed */
	size_t payload_len;     /* bytes on the wire; more than payload.len if cut */
};

/*
 * Reads one segment: @bytes, of @wire_len. Of the options nothing need be there. @out
 * is untouched on error.
 * CS_ERR_SHORT  the fixed header is not whole, or the stated one passes @wire_len
 * CS_ERR_RANGE  a header of less than 20 bytes
 */
CS_MUST_USE enum cs_err cs_tcp_read(struct cs_span bytes, size_t wire_len,
				    struct cs_tcp *out);
