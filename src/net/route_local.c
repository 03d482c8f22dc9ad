/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/netlink.h"
#include "net/route.h"

enum {
	V4_BITS_BEFORE = 96,
	V4_LARGEST = 96 + 16, /* prefix lengths of the most that "local" means */
	V6_LARGEST = 112,
};

/* Ranges being gathered. */
struct gathering {
	uint32_t ifindex; /* only this one's; 0: all */
	struct cs_arena *arena;
	struct cs_range *ranges; /* in the arena */
	size_t n, cap;
};

static bool gather(struct gathering *g, const struct cs_range *range)
{
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 16;
		struct cs_range *grown = cs_arena_array(g->arena, cap, sizeof(*grown));

		if (!grown) {
			errno = ENOMEM;
			return false;
		}
		if (g->n)
			memcpy(grown, g->ranges, g->n * sizeof(*grown));
		g->ranges = grown;
		g->cap = cap;
	}
	g->ranges[g->n++] = *range;
	return true;
}

/* The @bits wide prefix that @a lies in. */
static struct cs_range around(const struct cs_addr *a, uint8_t bits)
{
	struct cs_prefix p = { *a, bits };

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;

		if (keep < 8)
			p.addr.b[i] &= (uint8_t)(0xff00u >> keep);
	}
	return cs_prefix_range(&p);
}

/* Addresses that say nothing of a network: loopback and link-local ones. */
static bool is_left_out(const struct cs_addr *a)
{
	static const struct cs_prefix out[] = {
		{ { .b = { [10] = 0xff, 0xff, 127 } }, 104 },
		{ { .b = { [10] = 0xff, 0xff, 169, 254 } }, 112 },
		{ { .b = { [15] = 1 } }, 128 },
		{ { .b = { 0xfe, 0x80 } }, 10 },
	};

	for (size_t i = 0; i < CS_LEN(out); i++)
		if (cs_prefix_has(&out[i], a))
			return true;
	return false;
}

struct own {
	struct cs_addr address;
	bool found;
};

/* IFA_ADDRESS is the network's side: on a point-to-point link, the peer. */
static int on_own(const struct nlattr *attr, void *arg)
{
	struct own *own = arg;

	if (mnl_attr_get_type(attr) == IFA_ADDRESS)
		own->found = cs_netlink_addr(attr, &own->address);
	return MNL_CB_OK;
}

static bool on_address(void *arg, const struct nlmsghdr *msg)
{
	struct gathering *g = arg;
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(msg);
	struct own own = { 0 };
	unsigned bits = ifa->ifa_prefixlen, largest = V6_LARGEST;

	if (g->ifindex && ifa->ifa_index != g->ifindex)
		return true;
	if (mnl_attr_parse(msg, sizeof(*ifa), on_own, &own) < 0 || !own.found ||
	    ifa->ifa_scope >= RT_SCOPE_HOST || is_left_out(&own.address))
		return true;
	if (ifa->ifa_family == AF_INET) {
		bits += V4_BITS_BEFORE;
		largest = V4_LARGEST;
	}

	struct cs_range range =
		around(&own.address, (uint8_t)(bits > largest ? bits : largest));

	return gather(g, &range);
}

struct destination {
	struct cs_addr to;
	bool found;
};

static int on_destination(const struct nlattr *attr, void *arg)
{
	struct destination *d = arg;

	if (mnl_attr_get_type(attr) == RTA_DST)
		d->found = cs_netlink_addr(attr, &d->to);
	return MNL_CB_OK;
}

static bool on_broadcast(void *arg, const struct nlmsghdr *msg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(msg);
	struct destination d = { 0 };

	if (route->rtm_type != RTN_BROADCAST ||
	    mnl_attr_parse(msg, sizeof(*route), on_destination, &d) < 0 || !d.found)
		return true;

	struct cs_range range =
		around(&d.to, (uint8_t)(route->rtm_dst_len + V4_BITS_BEFORE));

	return gather(arg, &range);
}

static enum cs_err dump(struct gathering *g, uint16_t type, uint8_t family,
			cs_netlink_fn *each)
{
	struct cs_netlink nl;
	enum cs_err err = cs_netlink_open(&nl);

	if (err)
		return err;
	err = cs_netlink_dump(&nl, type, family, each, g);
	if (err && errno == ENOMEM)
		err = CS_ERR_NOMEM;
	cs_netlink_close(&nl);
	return err;
}

enum cs_err cs_route_local(const char *interface, struct cs_arena *arena,
			   struct cs_range **ranges, size_t *n)
{
	struct gathering g = { .arena = arena };

	if (interface) {
		g.ifindex = if_nametoindex(interface);
		if (!g.ifindex)
			return CS_ERR_NOT_FOUND;
	}

	enum cs_err err = dump(&g, RTM_GETADDR, AF_UNSPEC, on_address);

	*ranges = g.ranges;
	*n = g.n;
	return err;
}

enum cs_err cs_route_broadcasts(struct cs_arena *arena, struct cs_range **ranges,
				size_t *n)
{
	struct gathering g = { .arena = arena };
	enum cs_err err = dump(&g, RTM_GETROUTE, AF_INET, on_broadcast);

	*ranges = g.ranges;
	*n = g.n;
	return err;
}
