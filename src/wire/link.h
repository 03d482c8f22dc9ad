/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: how captured frames begin, by the kind that a capture names, down to the IP
 * packet inside. Pure. What the packet says is ip.h's business.
 */
#pragma once

#include <stdbool.h>

#include "base/rd.h"

enum cs_link_type {
	CS_LINK_ETHERNET, /* with any stack of VLAN tags up to 4 */
	CS_LINK_SLL,      /* Linux cooked 1 */
	CS_LINK_SLL2,     /* Linux cooked 2 */
	CS_LINK_RAW,      /* IPv4 or IPv6 by its version nibble */
	CS_LINK_RAW4,
	CS_LINK_RAW6,
	CS_LINK_NULL,      /* BSD loopback: a family in the capturing host's order */
	CS_LINK_LOOP,      /* OpenBSD's: in network order */
	CS_LINK_PPP,       /* with or without address and control bytes */
	CS_LINK_PPP_ETHER, /* PPPoE session */
	CS_LINKS,
};

/* The kind for a DLT_/LINKTYPE_ number (pcap-linktype(7)); false: not one of ours. */
CS_MUST_USE bool cs_link_of(int dlt, enum cs_link_type *out);
const char *cs_link_name(enum cs_link_type link); /* "Ethernet"; static storage */

/*
 * Takes the link's header off @frame: @packet is all that follows it, padding and
 * check sequence included. PPPoE inside Ethernet is taken off, too. @packet is
 * untouched on error.
 * CS_ERR_SHORT    it ends inside the header
 * CS_ERR_RANGE    more than four VLAN tags
 * CS_ERR_FOREIGN  something else than IP: ARP, LLDP ...
 */
CS_MUST_USE enum cs_err cs_link_strip(enum cs_link_type link, struct cs_span frame,
				      struct cs_span *packet);
