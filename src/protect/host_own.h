/* SPDX-License-Identifier: Apache-2.0 */
/* host_own: the readers of a host from inside, for host_*.c alone. */
#pragma once

#include "protect/host.h"

enum { CS_HOST_V4_BITS_BEFORE = 96 /* of the mapped prefix */ };

/* A host that grows while it is read; the counts are the host's own. */
struct cs_host_draft {
	struct cs_arena *arena;
	struct cs_host *host;
	size_t links_cap, addresses_cap, routes_cap, lookups_cap, sysctls_cap;
	enum cs_err err; /* the first failure */
};

/* Each gives the new, zeroed entry; NULL when memory is out, and @draft->err says so. */
struct cs_host_link *cs_host_add_link(struct cs_host_draft *draft);
struct cs_host_address *cs_host_add_address(struct cs_host_draft *draft);
struct cs_host_route *cs_host_add_route(struct cs_host_draft *draft);
struct cs_host_lookup *cs_host_add_lookup(struct cs_host_draft *draft);
struct cs_host_sysctl *cs_host_add_sysctl(struct cs_host_draft *draft);

/* Reads the sysctls that decide about packets, of the links that are in the draft. */
CS_MUST_USE enum cs_err cs_host_read_sysctls(struct cs_host_draft *draft);
