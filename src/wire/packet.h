/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: from a captured frame to who sent what to whom: link header, IP with
 * its options and extension headers, fragments joined, then UDP, TCP or the
 * datagram that an ICMP error quotes. Pure: the memory of fragments and the time
 * are passed in. What the payload means is the caller's business.
 *
 * A frame may be cut by the snap length: what is there is read, and .payload_len
 * says how long the payload was. No checksum is looked at here: cs_packet_is_damaged()
 * does it for who wants to know.
 */
#pragma once

#include "wire/fragment.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/link.h"
#include "wire/tcp.h"

enum cs_packet_kind {
	CS_PACKET_UDP,
	CS_PACKET_TCP,
	CS_PACKET_ICMP,     /* an error that quotes UDP (or TCP): see .quote */
	CS_PACKET_FRAGMENT, /* a part of a datagram; nothing more is known yet */
	CS_PACKET_OTHER,  /* another protocol, ICMP that quotes nothing of use, not IP */
	CS_PACKET_BROKEN, /* does not read: .err says why */
};

/* All spans are borrowed from the frame, or from the room of the fragments. */
struct cs_packet {
	enum cs_packet_kind kind;
	enum cs_err err;             /* CS_PACKET_BROKEN */
	struct cs_addr from, to;     /* zero where no IP header was read */
	uint16_t from_port, to_port; /* UDP, TCP */
	uint8_t protocol;            /* IP's */
	uint8_t hop_limit;
	uint16_t ip_id;     /* IPv4; 0 for IPv6 */
	bool joined;        /* from fragments */
	bool to_group;      /* sent to an IP multicast group or to 255.255.255.255 */
	uint16_t udp_sum;   /* UDP's checksum as it stood */
	struct cs_span udp; /* UDP: header and payload, for its checksum */
	struct cs_span payload;
	uint32_t payload_len; /* bytes as UDP's or IP's length says; >= payload.len */

	/* TCP */
	uint32_t seq, ack;
	uint8_t flags; /* enum cs_tcp_flag */

	/* ICMP: the datagram that did not arrive, and what is left of it. */
	struct cs_quote quote;
};

struct cs_packet_reader {
	enum cs_link_type link;
	struct cs_frags *frags; /* borrowed; NULL: fragments are not joined */
	uint64_t fragments;     /* parts taken so far */
};

/*
 * Reads one frame: @frame is what was captured of @wire_len bytes. @now_ns is for
 * fragments: any clock's (a file's own times will do). Always sets *@out; .quote
 * only with CS_PACKET_ICMP.
 */
void cs_packet_read(struct cs_packet_reader *reader, struct cs_span frame,
		    uint32_t wire_len, int64_t now_ns, struct cs_packet *out);

/*
 * Sets *@out to the begin of a datagram that is in parts of which the others did not come: as
 * one that the snap length cut. @since_ns is when it came. INT64_MAX as @now_ns: all that
 * are left. False: there is none; then *@out is untouched.
 */
CS_MUST_USE bool cs_packet_begun(struct cs_packet_reader *reader, int64_t now_ns,
				 struct cs_packet *out, int64_t *since_ns);

/*
 * Whether a UDP datagram's checksum shows that it is not as it was sent. False where
 * that cannot be told: without a checksum (IPv4), cut by the snap length, or with no
 * more than the pseudo header's sum, as a sending host captures what its network card
 * will finish. With IPv6 none (0) is wrong (RFC 8200 section 8.1).
 */
bool cs_packet_is_damaged(const struct cs_packet *packet);
