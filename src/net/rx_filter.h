/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rx_filter: the program that the kernel runs on each packet in front of the
 * packet receiver's ring, so that what is not ours costs next to nothing. It
 * only sorts out; nothing that it lets pass is thereby well-formed.
 */
#pragma once

#include <linux/filter.h>
#include <stdint.h>

enum { CS_RX_FILTER_LEN = 23 /* instructions */ };

/*
 * Writes the classic BPF program for a packet socket that sees packets from
 * their IP header on. It keeps what was sent to this host and is
 * - UDP over IPv4 or IPv6 to a port in @first..@last,
 * - a later fragment of UDP over IPv4, which has no ports,
 * - IPv6 with a fragment, hop-by-hop, routing or destination options header,
 *   as the ports may stand anywhere behind it.
 */
void cs_rx_filter(uint16_t first, uint16_t last,
		  struct sock_filter program[CS_RX_FILTER_LEN]);
