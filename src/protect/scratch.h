/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch: a network namespace of our own that looks like the host (or like
 * another one) to its packet filter: interfaces with the same names, indexes, addresses,
 * routes and sysctls, and nothing behind them but us. What enters and leaves each
 * interface is Ethernet frames on a packet socket at the other end of a veth pair, which
 * lives in a second namespace; no packet of it can reach a real interface. Without root
 * both are made in a user namespace.
 *
 * ICMP errors are not rationed in it (net.ipv4.icmp_ratelimit and its kin are 0), and
 * every neighbour that a packet may come from is resolved already, so that an answer is
 * never lost to address resolution.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "protect/host.h"

enum { CS_SCRATCH_WHY = 256, CS_SCRATCH_LISTENERS = 256, CS_SCRATCH_HELD = 256 };

/* The other end of one of the host's interfaces. */
struct cs_scratch_port {
	const struct cs_host_link *link;
	/* In the scratch; link->index, unless a new namespace is born with that one taken. */
	uint32_t index;
	int fd; /* AF_PACKET, SOCK_RAW, non-blocking, large buffers; owned by the scratch */
	uint8_t inner_mac[6]; /* of the interface itself */
	uint8_t outer_mac[6]; /* of everybody beyond it: the gateway, the neighbours */
};

struct cs_scratch;

/*
 * Makes it. Afterwards this process (it must have one thread) is in the scratch's
 * namespace: programs that it starts and sockets that it opens are there, and it runs on one
 * processor only, on which packets keep their order. As root cs_scratch_close() brings it back;
 * without root there is no way back, and the process ends after it.
 * @host must live as long.
 * CS_ERR_DENIED  neither root nor user namespaces; @why says so and how to allow it
 * CS_ERR_IO, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_scratch_open(const struct cs_host *host,
					struct cs_scratch **out,
					char why[CS_SCRATCH_WHY]);
void cs_scratch_close(struct cs_scratch *scratch);

/*
 * Takes a socket whose end would be waited for: it is closed with the scratch, when
 * others are. At once where CS_SCRATCH_HELD are held.
 */
void cs_scratch_hold(struct cs_scratch *scratch, int fd);

const struct cs_scratch_port *cs_scratch_ports(const struct cs_scratch *scratch,
					       size_t *n);
const struct cs_scratch_port *cs_scratch_port(const struct cs_scratch *scratch,
					      uint32_t link);

/*
 * Lets the host's side listen on a port, on all addresses of both families (and for UDP in the
 * multicast groups 224.0.1.187, ff02::fd, ff05::fd on every interface). CS_ERR_FULL, CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_scratch_listen(struct cs_scratch *scratch, bool tcp,
					  uint16_t port);

/*
 * Answers what has come to the listeners: a UDP datagram by one from the address that it
 * was sent to (or for a group the interface's own) with @answer bytes that begin with the
 * request's own version, token length turned to ACK, 2.05 and its message
 * id, so that a trace can know it; TCP connections are taken, kept, and what is said on
 * them is read. Never waits. Returns how many it answered.
 */
size_t cs_scratch_serve(struct cs_scratch *scratch, size_t answer);

/*
 * Returns when all that was sent into the ports, or by sockets in the scratch, has been
 * through: what comes of it is at the listeners, and at the ports. Who finds nothing
 * there then need not wait for it. One turn: what cs_scratch_serve() sends afterwards
 * wants another. CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_scratch_settle(struct cs_scratch *scratch);

/* Forgets all tracked connections, as a fresh machine has none. CS_ERR_IO */
CS_MUST_USE enum cs_err cs_scratch_forget(struct cs_scratch *scratch);
