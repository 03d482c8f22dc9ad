/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet II frames with up to four VLAN tags (IEEE 802.1Q, 802.1ad): what
 * kind of packet they carry, and the packet. Pure. What lies inside is ip.h's
 * business.
 */
#pragma once

#include <stdint.h>

#include "base/rd.h"

enum {
	CS_ETHERTYPE_IPV4 = 0x0800,
	CS_ETHERTYPE_IPV6 = 0x86dd,
	CS_ETHERNET_ADDRESSES = 12, /* bytes before the type */
};

struct cs_frame {
	uint8_t to[6], from[6];
	/* Of the packet; below 0x0600 it is an IEEE 802.3 length: not IP. */
	uint16_t ethertype;
	uint8_t tags;           /* VLAN tags taken off, 0..4 */
	uint16_t vlan;          /* identifier of the inner tag; 0 without */
	struct cs_span payload; /* the packet and any padding; borrowed */
};

/*
 * Reads one frame without its check sequence. @out is untouched on error.
 * CS_ERR_SHORT  it ends inside the header
 * CS_ERR_RANGE  more than four VLAN tags
 */
CS_MUST_USE enum cs_err cs_ethernet_read(struct cs_span bytes, struct cs_frame *out);

/*
 * Takes off @rd the tags that frame->ethertype announces, and sets .tags, .vlan and
 * .ethertype. Errors as cs_ethernet_read().
 */
CS_MUST_USE enum cs_err cs_ethernet_tags(struct cs_rd *rd, struct cs_frame *frame);
