/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prober_frames: the Ethernet frames that the prober sends, whole and with their
 * checksums: UDP datagrams and TCP segments of both families, and the answers to address
 * resolution of somebody who has every address. Pure. What comes in is read by wire/packet.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rd.h"

enum {
	CS_PROBER_FRAME = 1500, /* room for each frame that is made here */
	CS_PROBER_PAYLOAD_MAX = 1200,
};

struct cs_prober_packet {
	uint8_t from_mac[6], to_mac[6];
	struct cs_addr from, to; /* of one family */
	uint16_t from_port, to_port;
	uint8_t hop_limit;
	bool tcp;
	uint32_t seq, ack; /* TCP's */
	uint8_t flags;     /* enum cs_tcp_flag, and 8: push */
	bool untold;       /* TCP's: CS_TRACE_UNTOLD is its window */
	struct cs_span payload;
};

/* Writes the frame to @out; its length, 0 when the payload is longer than CS_PROBER_PAYLOAD_MAX. */
size_t cs_prober_frame(const struct cs_prober_packet *packet,
		       uint8_t out[CS_PROBER_FRAME]);

/*
 * True when @frame asks for somebody's hardware address (ARP, RFC 826; neighbour
 * solicitation, RFC 4861 section 4.3): @out and @len are the answer that it is @mac.
 */
CS_MUST_USE bool cs_prober_resolve(struct cs_span frame, const uint8_t mac[6],
				   uint8_t out[CS_PROBER_FRAME], size_t *len);

/* The group of all whose address ends as @own does (RFC 4291 section 2.7.1). */
struct cs_addr cs_prober_solicited(const struct cs_addr *own);

/*
 * Asks whose @own is, as a neighbour with the address @from does (RFC 4861 section 4.3):
 * the frame goes to @out.
 */
size_t cs_prober_solicit(const uint8_t mac[6], const struct cs_addr *from,
			 const struct cs_addr *own, uint8_t out[CS_PROBER_FRAME]);

/* True when @frame says whose @own is (section 4.4). */
bool cs_prober_advertises(struct cs_span frame, const struct cs_addr *own);

/* The hardware address of a multicast group (RFC 1112 section 6.4, RFC 2464 section 7). */
void cs_prober_group_mac(const struct cs_addr *group, uint8_t mac[6]);
