/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host: what of a machine decides, beside its rules, what becomes of a packet:
 * interfaces by name and index, addresses, routes, and the sysctls that matter.
 * Read from this machine by netlink and /proc/sys, or assumed for another one's
 * rules. Everything lives in the arena that the reader was given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

struct cs_rules;

struct cs_host_link {
	uint32_t index; /* the same in the scratch, so that `iif` means the same */
	char name[16];
	char kind[16]; /* "bridge", "veth" ...; empty: a real one, which has none */
	bool up;
	bool loopback;
	bool ethernet; /* else a tunnel or PPP: no hardware addresses */
	uint8_t mac[6];
	uint32_t master; /* index of the bridge that it is a port of; 0: none */
	uint32_t group;  /* that rules may name it by (iifgroup); 0: as all are made */
};

struct cs_host_address {
	struct cs_addr address;
	uint8_t len; /* of its network, 0 to 128 (IPv4: 96 + n as in struct cs_prefix) */
	uint32_t link;
};

enum { CS_HOST_HOPS = 3 };

struct cs_host_route {
	struct cs_prefix to;         /* default: ::/0, of IPv4 ::ffff:0:0/96 */
	struct cs_addr gateway;      /* zero bytes: on the link */
	uint32_t link;               /* 0: unreachable, blackhole, prohibit */
	uint32_t more[CS_HOST_HOPS]; /* of several next hops the others' links; 0: none */
	uint32_t table;              /* RT_TABLE_MAIN and others, not local */
	uint32_t metric;
	/* The kernel's own message, where it told more than this; empty: made up. */
	struct cs_span told;
};

/* Which table is asked for which packet, as `ip rule` has it: the kernel's message. */
struct cs_host_lookup {
	struct cs_span told; /* RTM_NEWRULE, header and all */
};

/* A value below /proc/sys/net, as "ipv4/ip_forward" and "1". */
struct cs_host_sysctl {
	const char *name;
	const char *value;
};

struct cs_host {
	struct cs_host_link *links;
	size_t n_links;
	struct cs_host_address *addresses; /* not 127/8, ::1, link-local IPv6 */
	size_t n_addresses;
	struct cs_host_route *routes;
	size_t n_routes;
	struct cs_host_lookup *lookups; /* by priority; none: as in a fresh machine */
	size_t n_lookups;
	struct cs_host_sysctl *sysctls;
	size_t n_sysctls;
	bool assumed; /* nothing of it was read from a machine */
};

/*
 * This machine's, of the network namespace that we are in.
 * CS_ERR_IO with errno, CS_ERR_NOMEM
 * CS_ERR_FULL  more than 65,536 routes
 */
CS_MUST_USE enum cs_err cs_host_read(struct cs_arena *arena, struct cs_host *out);

/*
 * A likely machine for rules of another one: an outer interface with a public address
 * of each family and the default route, an inner one for every prefix of @locals (for
 * none: 192.168.1.0/24 and a ULA), and every other interface that the rules name,
 * with a network of its own. The names are those that the rules use: the outer one is the
 * one that they masquerade on or call wan, eth0, en*, ppp*; else eth0.
 * Forwarding is on where the rules have a forward chain with a rule in it.
 */
CS_MUST_USE enum cs_err cs_host_assume(const struct cs_rules *rules,
				       const struct cs_prefix *locals, size_t n_locals,
				       struct cs_arena *arena, struct cs_host *out);

/* The link with that index or name; NULL: none. */
const struct cs_host_link *cs_host_link(const struct cs_host *host, uint32_t index);
const struct cs_host_link *cs_host_link_named(const struct cs_host *host,
					      const char *name);

/*
 * By which link a packet from @source enters, as the routes of @host say (rp_filter's
 * view): longest prefix, then metric. NULL: by none.
 */
const struct cs_host_link *cs_host_way(const struct cs_host *host,
				       const struct cs_addr *source);

/* True for one of the machine's own addresses. */
bool cs_host_is_own(const struct cs_host *host, const struct cs_addr *a);
