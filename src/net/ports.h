/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ports: the K bound UDP source ports of a scan, one socket a port and family.
 * Bound sockets keep the host from answering devices with ICMP errors, and
 * with the udp sender they carry the packets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum { CS_PORTS_MAX = 256 };

struct cs_ports_want {
	uint16_t first, last; /* 0, 0: an aligned block of n free ports is found */
	uint16_t n;           /* power of two, 1..CS_PORTS_MAX, when first is 0 */
	bool v4, v6;          /* families to bind; at least one */
	struct cs_addr source_v4, source_v6; /* all zero bytes: any address */
	const char *interface;               /* SO_BINDTODEVICE, or NULL */
	bool deaf;          /* a filter drops all input: another receiver listens */
	int receive_buffer; /* bytes; SO_RCVBUFFORCE, else SO_RCVBUF; 0: leave it */
	uint32_t pick;      /* random number that chooses where the search starts */
};

struct cs_ports {
	uint16_t first, n;       /* ports first .. first + n - 1 */
	int fd_v4[CS_PORTS_MAX]; /* -1 where the family is not bound */
	int fd_v6[CS_PORTS_MAX];
	int receive_buffer; /* bytes granted, in the terms of what was asked */
	bool deaf;
};

/*
 * Binds the sockets (non-blocking, close-on-exec, IPV6_V6ONLY; kernel
 * timestamps unless deaf). On error nothing stays open, errno is kept and
 * @taken is the port that could not be had (0: none in particular).
 * CS_ERR_BUSY    a named port is taken, or no free block was found
 * CS_ERR_DENIED  port below 1024 or interface without the right to it
 * CS_ERR_RANGE   last is below first, or more than CS_PORTS_MAX ports
 * CS_ERR_IO      any other reason (descriptors, source address not ours)
 */
CS_MUST_USE enum cs_err cs_ports_open(const struct cs_ports_want *want,
				      struct cs_ports *ports, uint16_t *taken);
void cs_ports_close(struct cs_ports *ports);

/* The socket of port first + @index in @a's family; -1 when it is not bound. */
static inline int cs_ports_fd(const struct cs_ports *ports, unsigned index,
			      const struct cs_addr *a)
{
	return cs_addr_is_v4(a) ? ports->fd_v4[index] : ports->fd_v6[index];
}
