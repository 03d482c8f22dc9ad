/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rx: the one interface behind which both receivers stand. A receiver hands
 * out whole UDP datagrams that came to one of the scan's source ports, and
 * counts what the kernel had to drop.
 */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "net/ports.h"

struct cs_datagram {
	struct cs_addr from;
	uint16_t from_port, to_port;
	int64_t wall_us;        /* when the kernel had it; 0: it did not say */
	struct cs_span payload; /* valid during the call only; up to 65,507 bytes */
};

/* Counters since the start; read from any thread at any time. */
struct cs_rx_stats {
	uint64_t datagrams;
	uint64_t dropped; /* by the kernel, for want of room (udp: or bad checksum) */
	/* Of packets to us: wrong checksums, lengths that do not fit (packet only). */
	uint64_t bad_checksum;
	uint64_t fragments; /* that never made a datagram */
	double fill;        /* the fullest buffer's share in use at last look, 0..1 */
};

typedef void cs_rx_fn(void *arg, const struct cs_datagram *datagram);

struct cs_rx;

struct cs_rx_ops {
	const char *name;
	/*
	 * Waits up to @timeout_ms for input and hands out all that is there,
	 * at most some thousands at a call. Returns how many.
	 */
	unsigned (*poll)(struct cs_rx *rx, int timeout_ms, cs_rx_fn *each, void *arg);
	void (*stats)(const struct cs_rx *rx, struct cs_rx_stats *out);
	void (*close)(struct cs_rx *rx);
};

struct cs_rx {
	const struct cs_rx_ops *ops;
};

static inline unsigned cs_rx_poll(struct cs_rx *rx, int timeout_ms, cs_rx_fn *each,
				  void *arg)
{
	return rx->ops->poll(rx, timeout_ms, each, arg);
}

static inline void cs_rx_stats(const struct cs_rx *rx, struct cs_rx_stats *out)
{
	rx->ops->stats(rx, out);
}

static inline void cs_rx_close(struct cs_rx *rx)
{
	if (rx)
		rx->ops->close(rx);
}

/* recvmmsg() on the bound sockets by epoll. The ports must outlive it. */
CS_MUST_USE enum cs_err cs_rx_udp_open(const struct cs_ports *ports, struct cs_rx **out);

/*
 * A TPACKET_V3 ring on each of the @n >= 1 interfaces of @ifindexes with a
 * kernel filter: UDP to the ports' range, and later fragments (joined within
 * bounds); IPv4 and IPv6. In front of the host's firewall. @ring_bytes of
 * memory in all, at least 2 MiB an interface. Needs CAP_NET_RAW.
 * CS_ERR_DENIED, CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_rx_packet_open(const struct cs_ports *ports,
					  const uint32_t *ifindexes, unsigned n,
					  size_t ring_bytes, struct cs_rx **out);
