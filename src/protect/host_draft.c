/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/host_own.h"
#include "protect/rules_grow.h"

static void *grow(struct cs_host_draft *d, void *items, size_t n, size_t *cap,
		  size_t size)
{
	void *larger = cs_rules_grow(d->arena, items, n, cap, size);

	if (!larger)
		d->err = CS_ERR_NOMEM;
	return larger;
}

/* The arena's memory is zero, and what was handed out is never taken back. */
#define ADD(d, list, count, room)                                                       \
	do {                                                                            \
		void *larger = grow((d), (d)->host->list, (d)->host->count, &(d)->room, \
				    sizeof(*(d)->host->list));                          \
		if (!larger)                                                            \
			return NULL;                                                    \
		(d)->host->list = larger;                                               \
		return &(d)->host->list[(d)->host->count++];                            \
	} while (0)

struct cs_host_link *cs_host_add_link(struct cs_host_draft *draft)
{
	ADD(draft, links, n_links, links_cap);
}

struct cs_host_address *cs_host_add_address(struct cs_host_draft *draft)
{
	ADD(draft, addresses, n_addresses, addresses_cap);
}

struct cs_host_route *cs_host_add_route(struct cs_host_draft *draft)
{
	ADD(draft, routes, n_routes, routes_cap);
}

struct cs_host_lookup *cs_host_add_lookup(struct cs_host_draft *draft)
{
	ADD(draft, lookups, n_lookups, lookups_cap);
}

struct cs_host_sysctl *cs_host_add_sysctl(struct cs_host_draft *draft)
{
	ADD(draft, sysctls, n_sysctls, sysctls_cap);
}
