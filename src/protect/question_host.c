/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/question_host.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "protect/ordinary.h"

enum {
	V4_BITS_BEFORE = 96,
	ORDINARY = 77, /* the last number of the first host that is tried */
	TRIES = 64,    /* addresses that may be ours or a router's */
};

static struct cs_prefix network_of(const struct cs_host_address *own)
{
	struct cs_prefix p = { own->address, own->len };

	(void)cs_prefix_trim(&p); /* it is the network that is wanted */
	return p;
}

/* --- networks --- */

static bool has(const struct cs_networks *networks, const struct cs_prefix *p)
{
	for (size_t i = 0; i < networks->n; i++)
		if (networks->list[i].prefix.bits == p->bits &&
		    cs_addr_cmp(&networks->list[i].prefix.addr, &p->addr) == 0)
			return true;
	return false;
}

static void put_own(const struct cs_host *host, const struct cs_host_address *own,
		    struct cs_networks *out)
{
	const struct cs_host_link *link = cs_host_link(host, own->link);
	const struct cs_prefix p = network_of(own);

	if (link && link->up && !link->loopback && !has(out, &p))
		out->list[out->n++] = (struct cs_network){ p, own->link, true };
}

/* A prefix that was named: by the link of ours that is in it, else by the routes. */
static void put_named(const struct cs_host *host, const struct cs_prefix *p,
		      struct cs_networks *out)
{
	const struct cs_host_link *way = cs_host_way(host, &p->addr);

	if (has(out, p))
		return;
	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct cs_host_address *own = &host->addresses[i];
		const struct cs_prefix network = network_of(own);

		if (cs_prefix_has(p, &own->address) ||
		    cs_prefix_has(&network, &p->addr)) {
			out->list[out->n++] = (struct cs_network){ *p, own->link, true };
			return;
		}
	}
	if (way)
		out->list[out->n++] = (struct cs_network){ *p, way->index, false };
}

enum cs_err cs_networks_find(const struct cs_host *host, const struct cs_prefix *locals,
			     size_t n_locals, struct cs_arena *arena,
			     struct cs_networks *out)
{
	size_t room = n_locals ? n_locals : host->n_addresses;

	*out = (struct cs_networks){ .list = cs_arena_array(arena, room ? room : 1,
							    sizeof(*out->list)) };
	if (!out->list)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < n_locals; i++)
		put_named(host, &locals[i], out);
	for (size_t i = 0; n_locals == 0 && i < host->n_addresses; i++)
		put_own(host, &host->addresses[i], out);
	return CS_OK;
}

const struct cs_network *cs_networks_of(const struct cs_networks *networks,
					const struct cs_addr *a)
{
	const struct cs_network *best = NULL;

	for (size_t i = 0; i < networks->n; i++) {
		const struct cs_network *n = &networks->list[i];

		if (cs_prefix_has(&n->prefix, a) &&
		    (!best || n->prefix.bits > best->prefix.bits))
			best = n;
	}
	return best;
}

/* --- hosts in them --- */

static bool is_router(const struct cs_host *host, const struct cs_addr *a)
{
	for (size_t i = 0; i < host->n_routes; i++)
		if (cs_addr_cmp(&host->routes[i].gateway, a) == 0)
			return true;
	return false;
}

/* Whether @a is one that a host of @prefix may have. */
static bool is_usable(const struct cs_prefix *prefix, const struct cs_addr *a)
{
	const struct cs_range all = cs_prefix_range(prefix);

	if (!cs_range_has(&all, a))
		return false;
	if (prefix->bits >= 127)
		return true;
	if (cs_addr_cmp(a, &all.lo) == 0) /* also IPv6's anycast of the routers */
		return false;
	return !cs_addr_is_v4(a) || cs_addr_cmp(a, &all.hi) != 0;
}

bool cs_network_host(const struct cs_host *host, const struct cs_prefix *prefix,
		     unsigned nth, struct cs_addr *out)
{
	const unsigned bits = 128u - prefix->bits;
	const uint64_t size = bits < 16 ? UINT64_C(1) << bits : UINT64_C(1) << 16;

	for (uint64_t i = 0; i < size && i < TRIES; i++) {
		const uint64_t at = (ORDINARY % size + i) % size;
		const struct cs_addr a = cs_addr_plus(prefix->addr, at);

		if (!is_usable(prefix, &a) || cs_host_is_own(host, &a) ||
		    is_router(host, &a))
			continue;
		if (nth-- == 0) {
			*out = a;
			return true;
		}
	}
	return false;
}

/* --- what it does --- */

bool cs_host_forwards(const struct cs_host *host, bool v4)
{
	static const char *const names[2][2] = {
		{ "ipv6/conf/all/forwarding", "" },
		{ "ipv4/ip_forward", "ipv4/conf/all/forwarding" },
	};

	for (size_t i = 0; i < host->n_sysctls; i++)
		for (size_t k = 0; k < 2; k++)
			if (strcmp(host->sysctls[i].name, names[v4][k]) == 0 &&
			    host->sysctls[i].value[0] != '0')
				return true;
	return false;
}

/*
 * The address of ours on the link by which the internet would come: where the other
 * family's default route goes, else the first.
 */
static const struct cs_host_address *outer_address(const struct cs_host *host, bool v4)
{
	const struct cs_host_link *other = cs_ordinary_way(host, !v4);
	const struct cs_host_address *first = NULL;

	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct cs_host_address *own = &host->addresses[i];
		const struct cs_host_link *link = cs_host_link(host, own->link);

		if (cs_addr_is_v4(&own->address) != v4 || !link || !link->up)
			continue;
		if (other && own->link == other->index)
			return own;
		first = first ? first : own;
	}
	return first;
}

/* Adds a default route of that family where one is missing and would lead somewhere. */
static void add_default(struct cs_host *host, bool v4, bool *assumed)
{
	const struct cs_host_address *own;
	struct cs_host_route *route = &host->routes[host->n_routes];
	struct cs_prefix network;

	if (cs_ordinary_way(host, v4))
		return;
	own = outer_address(host, v4);
	if (!own)
		return;
	network = network_of(own);
	*route = (struct cs_host_route){ .link = own->link, .table = RT_TABLE_MAIN };
	if (v4)
		route->to = (struct cs_prefix){ cs_addr_v4(0), V4_BITS_BEFORE };
	if (!cs_network_host(host, &network, 5, &route->gateway))
		route->gateway = (struct cs_addr){ 0 };
	host->n_routes++;
	*assumed = true;
}

enum cs_err cs_host_with_default(const struct cs_host *host, struct cs_arena *arena,
				 struct cs_host *out, bool *assumed)
{
	*out = *host;
	*assumed = false;
	out->routes = cs_arena_array(arena, host->n_routes + 2, sizeof(*out->routes));
	if (!out->routes)
		return CS_ERR_NOMEM;
	if (host->n_routes)
		memcpy(out->routes, host->routes, host->n_routes * sizeof(*out->routes));
	add_default(out, true, assumed);
	add_default(out, false, assumed);
	return CS_OK;
}
