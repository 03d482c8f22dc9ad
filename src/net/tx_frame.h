/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx_frame: the whole Ethernet frame of a probe, built once, and the patch
 * that makes it the frame of one target: address, ports, Message ID, token and
 * both checksums, from sums over all that stays the same. Pure; the packet
 * sender puts the frames on the wire.
 */
#pragma once

#include "net/tx.h"

enum {
	CS_TX_MESSAGE_MAX = 1200, /* bytes of CoAP: fits every MTU of IPv6 */
	CS_TX_FRAME_MAX = 14 + 40 + 8 + CS_TX_MESSAGE_MAX,
};

struct cs_tx_frame {
	uint8_t bytes[CS_TX_FRAME_MAX]; /* with zeros where the patch goes */
	uint16_t len;
	bool v4;
	uint16_t udp_at; /* offset of the UDP header */
	uint16_t mid_at; /* offsets in the frame */
	uint16_t token_at;
	uint8_t token_len;
	uint16_t ip_sum;  /* of the IPv4 header without destination */
	uint16_t udp_sum; /* of pseudo header and datagram, without the patch */
};

/*
 * Builds the frame of @probe by @way.
 * CS_ERR_RANGE  the message is longer than CS_TX_MESSAGE_MAX, or what is to be
 *               patched does not lie inside it at even offsets
 */
CS_MUST_USE enum cs_err cs_tx_frame_build(struct cs_tx_frame *frame,
					  const struct cs_tx_template *probe,
					  const struct cs_tx_way *way);

/*
 * Makes @bytes, a copy of frame->bytes that may have been patched before, the
 * frame of @probe from @source_port. The probe's family is the frame's.
 */
void cs_tx_frame_patch(const struct cs_tx_frame *frame, uint8_t *bytes,
		       uint16_t source_port, const struct cs_tx_probe *probe);
