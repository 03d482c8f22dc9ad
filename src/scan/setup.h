/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup: from a plan to open sockets. Asks the host's routes which way each
 * address goes, decides which sender takes it, slows a udp scan down to what
 * the host's tables hold, and opens what needs a right while we have it. Only
 * cs_setup_open() opens anything or makes a packet leave (to a gateway, by the
 * kernel's own address resolution).
 */
#pragma once

#include "base/arena.h"
#include "net/route.h"
#include "scan/lane.h"

enum cs_sender { CS_SENDER_AUTO, CS_SENDER_UDP, CS_SENDER_PACKET };

struct cs_setup_want {
	enum cs_sender sender;
	const char *interface;               /* or NULL */
	struct cs_addr source_v4, source_v6; /* all zero bytes: as the route says */
	uint16_t port_first, port_last;      /* source ports; 0, 0: found */
	uint32_t pick;                       /* random */
};

/* One way that is used, for -v and --dry-run. */
struct cs_setup_way {
	struct cs_way way;
	uint64_t addresses;    /* of the scope that go this way */
	enum cs_sender sender; /* never auto */
	bool unused;           /* no route, or a broadcast: nothing is sent */
};

enum { CS_SETUP_WHY = 256 };

struct cs_setup {
	struct cs_setup_way *ways; /* in the arena given */
	size_t n;
	uint64_t unreachable;   /* addresses without a way */
	uint64_t udp_targets;   /* addresses and ports asked by udp */
	uint64_t rate_pps;      /* what the plan's rate comes down to; 0 unpaced */
	const char *slowed_by;  /* "connection tracking", "neighbour", or NULL */
	char why[CS_SETUP_WHY]; /* what went wrong, one line */
};

/*
 * Looks at the ways.
 * CS_ERR_NO_ROUTE  no address has a way
 * CS_ERR_USAGE     --sender packet where no Ethernet gateway is, or no such interface
 * CS_ERR_REFUSED   the host's tables have no room for even a slow scan
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_setup_look(const struct cs_setup_want *want,
				      const struct cs_plan *plan, struct cs_arena *arena,
				      struct cs_setup *setup);

/*
 * Brings setup->rate_pps down to what the host's tables hold for the part that
 * goes by udp; cs_setup_look() does it, and cs_setup_open() again when it falls
 * back. CS_ERR_REFUSED.
 */
CS_MUST_USE enum cs_err cs_setup_room(const struct cs_plan *plan, struct cs_setup *setup);

/*
 * Opens ports, senders and receivers into @lanes; with auto, packet falls back
 * to udp where it is not permitted or the gateway does not answer (and the
 * table of setup->ways then says so). @probe must outlive the lanes.
 * CS_ERR_BUSY      the source port is taken
 * CS_ERR_DENIED    the sender that was asked for is not permitted
 * CS_ERR_NO_ROUTE  the gateway does not answer
 * CS_ERR_REFUSED   as cs_setup_look(), after falling back
 * CS_ERR_USAGE     the source address is not ours, or too many gateways
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_setup_open(const struct cs_setup_want *want,
				      const struct cs_plan *plan,
				      const struct cs_tx_template *probe,
				      struct cs_setup *setup, struct cs_lanes *lanes);

/* "packet" or "udp", or "packet and udp". Static storage. */
const char *cs_setup_senders(const struct cs_setup *setup);
