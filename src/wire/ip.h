/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 and IPv6 headers (RFC 791, RFC 8200) with options and extension
 * headers: from whom, to whom, and what they carry. Pure. Fragments are told,
 * not joined: fragment.h does that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rd.h"

enum {
	CS_IPPROTO_ICMP = 1,
	CS_IPPROTO_TCP = 6,
	CS_IPPROTO_UDP = 17,
	CS_IPPROTO_ICMPV6 = 58,
};

struct cs_ip {
	struct cs_addr from, to;
	uint8_t hop_limit;
	/*
	 * What the payload is. Of a fragment it is what the fragmentable part
	 * begins with, which for IPv6 may be an extension header.
	 */
	uint8_t protocol;
	bool checksum_ok;       /* IPv4 header's; always true for IPv6 */
	bool is_fragment;       /* a part only; the next three count then */
	bool more;              /* parts follow this one */
	uint32_t offset;        /* bytes of the payload before this part */
	uint32_t id;            /* which datagram it is a part of */
	struct cs_span payload; /* without padding; borrowed */
	size_t payload_len;     /* bytes on the wire; more than payload.len if cut */
};

/*
 * Reads one packet. Bytes after the length that it states (padding) are left
 * out. @out is untouched on error.
 * CS_ERR_SHORT     the packet or a header runs past the end
 * CS_ERR_RESERVED  the version is neither 4 nor 6, or an IPv4-mapped address
 *                  stands in an IPv6 header: it would pass for the IPv4 one
 * CS_ERR_RANGE     an IPv4 length smaller than the header, or more than 8
 *                  IPv6 extension headers
 */
CS_MUST_USE enum cs_err cs_ip_read(struct cs_span packet, struct cs_ip *out);

/*
 * Likewise of a packet of which only the first bytes are there: @packet, of @wire_len (no
 * less than packet.len). Headers must be whole; the payload is what is there of it.
 * checksum_ok is not looked at, and true. On error @out holds what was read until then.
 */
CS_MUST_USE enum cs_err cs_ip_read_cut(struct cs_span packet, size_t wire_len,
				       struct cs_ip *out);

/*
 * Walks the IPv6 extension headers that out->payload begins with, as its
 * protocol says, to what they stand before. For a datagram that has been
 * joined from parts. Errors as cs_ip_read(); a fragment header inside is
 * CS_ERR_RESERVED.
 */
CS_MUST_USE enum cs_err cs_ip_walk(struct cs_ip *out);
