/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ordinary.h"

#include <linux/rtnetlink.h>

#include "net/special.h"

/* clang-format off */
#define V4(w, x, y, z) { .b = { [10] = 0xff, 0xff, (w), (x), (y), (z) } }
#define V6(w, x, y, z) { .b = { (w), (x), (y), (z), [8] = 0x5a, 0x11, [15] = 0x4d } }

const struct cs_addr cs_ordinary[CS_ORDINARY] = {
	V4(91, 37, 142, 77), V4(73, 158, 24, 91), V4(177, 92, 61, 138),
	V4(124, 121, 36, 205), V4(41, 186, 73, 29), V4(203, 184, 51, 147),
	V4(5, 146, 199, 33), V4(154, 72, 118, 56),
	V6(0x2a, 0x02, 0x81, 0x0d), V6(0x26, 0x01, 0x02, 0x46), V6(0x28, 0x04, 0x14, 0xd4),
	V6(0x24, 0x08, 0x84, 0x17), V6(0x2c, 0x0f, 0xf2, 0x48), V6(0x20, 0x03, 0x00, 0xe7),
	V6(0x24, 0x00, 0x40, 0x51), V6(0x2a, 0x01, 0x0c, 0xb1),
};
/* clang-format on */

const struct cs_host_link *cs_ordinary_way(const struct cs_host *host, bool v4)
{
	const struct cs_host_link *way = NULL;

	for (size_t i = 0; i < CS_ORDINARY && !way; i++)
		if (cs_addr_is_v4(&cs_ordinary[i]) == v4)
			way = cs_host_way(host, &cs_ordinary[i]);
	return way;
}

static bool is_default(const struct cs_host_route *r, bool v4)
{
	return r->link != 0 && cs_addr_is_v4(&r->to.addr) == v4 &&
	       r->to.bits == (v4 ? 96 : 0);
}

static bool has_public(const struct cs_host *host, uint32_t link, bool v4)
{
	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct cs_host_address *own = &host->addresses[i];

		if (own->link == link && cs_addr_is_v4(&own->address) == v4 &&
		    !cs_special_of(&own->address))
			return true;
	}
	return false;
}

static size_t add_way(const struct cs_host *host, uint32_t index, size_t n, size_t max,
		      const struct cs_host_link **out)
{
	const struct cs_host_link *link = cs_host_link(host, index);

	for (size_t i = 0; i < n; i++)
		if (out[i] == link)
			return n;
	if (!link || !link->up || link->loopback || n == max)
		return n;
	out[n] = link;
	return n + 1;
}

size_t cs_ordinary_other_ways(const struct cs_host *host, bool v4, size_t max,
			      const struct cs_host_link **out)
{
	const struct cs_host_link *first = cs_ordinary_way(host, v4);
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < host->n_routes; i++) {
		const struct cs_host_route *r = &host->routes[i];
		bool main = r->table == RT_TABLE_MAIN;

		if (!is_default(r, v4))
			continue;
		if (main || has_public(host, r->link, v4))
			n = add_way(host, r->link, n, max, out);
		for (size_t k = 0; k < CS_HOST_HOPS && r->more[k]; k++)
			if (main || has_public(host, r->more[k], v4))
				n = add_way(host, r->more[k], n, max, out);
	}
	for (size_t i = 0; i < n; i++)
		if (out[i] != first)
			out[kept++] = out[i];
	return kept;
}
