/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/host.h"

#include <linux/rtnetlink.h>

static bool is_main(const struct cs_host_route *r)
{
	return r->table == RT_TABLE_MAIN || r->table == RT_TABLE_DEFAULT ||
	       r->table == RT_TABLE_UNSPEC;
}

/*
 * The tables that everybody is asked about come first: which of the others is asked
 * depends on marks and the like, of which a packet on the wire has none.
 */
static bool is_better(const struct cs_host_route *a, const struct cs_host_route *than)
{
	if (!than || is_main(a) != is_main(than))
		return !than || is_main(a);
	if (a->to.bits != than->to.bits)
		return a->to.bits > than->to.bits;
	return a->metric < than->metric;
}

/* By a link that is down no packet comes; the kernel has no route by it either. */
static bool is_usable(const struct cs_host *host, const struct cs_host_route *r)
{
	const struct cs_host_link *link = cs_host_link(host, r->link);

	return r->link == 0 || (link && link->up);
}

const struct cs_host_link *cs_host_way(const struct cs_host *host,
				       const struct cs_addr *source)
{
	const struct cs_host_route *best = NULL;
	const struct cs_host_link *link;

	for (size_t i = 0; i < host->n_routes; i++) {
		const struct cs_host_route *r = &host->routes[i];

		if (cs_addr_is_v4(source) == cs_addr_is_v4(&r->to.addr) &&
		    cs_prefix_has(&r->to, source) && is_usable(host, r) &&
		    is_better(r, best))
			best = r;
	}
	link = best ? cs_host_link(host, best->link) : NULL;
	return link && !link->loopback ? link : NULL;
}
