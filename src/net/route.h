/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: what the kernel would do with a packet, asked by netlink (libmnl)
 * before the first one is sent. Only reads; the one exception is asking the
 * kernel to resolve a gateway's hardware address, which it does by ARP or
 * neighbour discovery.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"

enum cs_way_kind {
	CS_WAY_NONE,      /* no route, or one that rejects */
	CS_WAY_LOOPBACK,  /* to ourselves */
	CS_WAY_ON_LINK,   /* the target's own hardware address is needed */
	CS_WAY_GATEWAY,   /* an Ethernet gateway */
	CS_WAY_POINT,     /* tunnels, PPP: an interface without Ethernet */
	CS_WAY_BROADCAST, /* a broadcast or multicast route: never sent to */
};

struct cs_way {
	/*
	 * Every target in it goes this way. It may span addresses that are no
	 * targets, and those may go elsewhere.
	 */
	struct cs_range range;
	enum cs_way_kind kind;
	uint32_t ifindex;
	char interface[16];
	struct cs_addr gateway; /* zero bytes unless CS_WAY_GATEWAY */
	struct cs_addr source;  /* what the kernel would send from */
	uint8_t source_mac[6];
};

/*
 * Splits @ranges (ascending, disjoint) by the host's routes: @ways, ascending,
 * covers all of them; neighbours that go the same way are joined. @interface
 * (or NULL) restricts to one. All live in @arena. The kernel is asked once for
 * each stretch between two routes' ends that a target lies in; of a route with
 * several next hops the answer is the first target's.
 * CS_ERR_IO         netlink failed
 * CS_ERR_NOT_FOUND  no such interface
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_route_split(const struct cs_range *ranges, size_t n,
				       const char *interface, struct cs_arena *arena,
				       struct cs_way **ways, size_t *n_ways);

/*
 * The gateway's hardware address: from the neighbour table, else the kernel is
 * asked to find it, for up to @timeout_ms.
 * CS_ERR_NOT_FOUND  it does not answer
 * CS_ERR_DENIED     it is not in the table and we may not have it resolved
 * CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_route_neighbour(const struct cs_way *way, int timeout_ms,
					   uint8_t mac[6]);

/*
 * The host's own prefixes ("local" as a target), as ranges of at most a /16
 * for IPv4 and a /112 for IPv6, no loopback, no link-local; and its directed
 * broadcast addresses. @interface (or NULL) restricts to one. In no order;
 * ranges may repeat.
 * CS_ERR_IO, CS_ERR_NOT_FOUND (no such interface), CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_route_local(const char *interface, struct cs_arena *arena,
				       struct cs_range **ranges, size_t *n);
CS_MUST_USE enum cs_err cs_route_broadcasts(struct cs_arena *arena,
					    struct cs_range **ranges, size_t *n);
