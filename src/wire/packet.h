/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: from a captured frame to who sent what to whom: link header, IP with
 * its options and extension headers, fragments joined, then UDP, TCP or the
 * datagram that an ICMP error quotes. Pure: the memory of fragments and the time
 * are passed in. What the payload means is the caller's business.
 *
 * A frame may be cut by the snap length: what is there is read, and .payload_len
 * says how long the payload was.
 */
#pragma once

#include "wire/fragment.h"
#include "wire/ip.h"

/* How frames begin. */
enum cs_link {
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
CS_MUST_USE bool cs_link_of(int dlt, enum cs_link *out);
const char *cs_link_name(enum cs_link link); /* "Ethernet"; static storage */

enum cs_packet_kind {
	CS_PACKET_UDP,
	CS_PACKET_TCP,
	CS_PACKET_ICMP,     /* an error that quotes UDP (or TCP): see .quote */
	CS_PACKET_FRAGMENT, /* a part of a datagram; nothing more is known yet */
	CS_PACKET_OTHER,  /* another protocol, ICMP that quotes nothing of use, not IP */
	CS_PACKET_BROKEN, /* does not read: .err says why */
};

enum cs_tcp_flag { CS_TCP_FIN = 1, CS_TCP_SYN = 2, CS_TCP_RST = 4, CS_TCP_ACK = 16 };

/* All spans are borrowed from the frame, or from the room of the fragments. */
struct cs_packet {
	enum cs_packet_kind kind;
	enum cs_err err; /* CS_PACKET_BROKEN */
	struct cs_addr from, to;
	uint16_t from_port, to_port; /* UDP, TCP */
	uint8_t protocol;            /* IP's */
	uint8_t hop_limit;
	uint16_t ip_id;    /* IPv4; 0 for IPv6 */
	bool joined;       /* from fragments */
	bool checksum_bad; /* UDP's, where the whole of it is there */
	bool to_group;     /* sent to an IP multicast group or to broadcast */
	struct cs_span payload;
	uint32_t payload_len; /* bytes as UDP's or IP's length says; >= payload.len */

	/* TCP */
	uint32_t seq, ack;
	uint8_t flags; /* enum cs_tcp_flag */

	/* ICMP: who sent the datagram that did not arrive, and what is left of it. */
	struct {
		uint8_t type, code; /* of the ICMP(v6) error */
		bool port_closed;   /* 3/3, or 1/4 of ICMPv6 */
		struct cs_addr from, to;
		uint16_t from_port, to_port;
		uint8_t protocol;
		struct cs_span payload; /* as much as the error quotes */
	} quote;
};

struct cs_packet_reader {
	enum cs_link link;
	struct cs_frags *frags; /* borrowed; NULL: fragments are not joined */
	uint64_t fragments;     /* parts taken so far */
};

/*
 * Reads one frame: @frame is what was captured of @wire_len bytes. @now_ns is for
 * fragments: any clock's (a file's own times will do). Always sets *@out.
 */
void cs_packet_read(struct cs_packet_reader *reader, struct cs_span frame,
		    uint32_t wire_len, int64_t now_ns, struct cs_packet *out);
