/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listeners: the sockets of this network namespace that take what comes from
 * anybody, and whose they are: by netlink (sock_diag) and /proc.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"

/* Who listens on a port of this host. */
struct cs_listener {
	struct cs_addr address; /* unspecified (0.0.0.0 or ::): all */
	bool tcp;
	bool only_v6; /* of an IPv6 socket: takes no IPv4 */
	uint16_t port;
	uint32_t link;    /* index of the interface that it is bound to; 0: to none */
	char process[16]; /* command name, any bytes; empty: not told to us */
	int pid;          /* 0: not told to us */
};

/*
 * All listening TCP sockets and all UDP sockets that are not connected. Processes that
 * are not ours are told to root alone. CS_ERR_IO, with errno, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_listeners_read(struct cs_arena *arena,
					  struct cs_listener **out, size_t *n);

/*
 * The multicast groups that sockets here have joined on any interface: what comes for another
 * one nobody takes. Where the kernel does not tell: none. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_groups_read(struct cs_arena *arena, struct cs_addr **out,
				       size_t *n);

/* A line of /proc/net/igmp (@v4) or igmp6; false: it names no group. */
CS_MUST_USE bool cs_groups_line(struct cs_span line, bool v4, struct cs_addr *out);

/*
 * The one that takes what comes for @to by the interface @link: bound to it before bound
 * to all. For a multicast group one that is bound to the group or to all. NULL: none.
 */
const struct cs_listener *cs_listeners_find(const struct cs_listener *listeners, size_t n,
					    const struct cs_addr *to, uint32_t link,
					    bool tcp, uint16_t port);
