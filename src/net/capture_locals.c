/* SPDX-License-Identifier: Apache-2.0 */
#include "net/capture_locals.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>

#include "net/netlink.h"

enum {
	V4_BITS_BEFORE = 96,
	ALL_BITS = 128,
	AT_FIRST = 16, /* prefixes */
};

struct gathering {
	const struct cs_capture_port *ports;
	size_t n_ports;
	struct cs_prefix *prefixes; /* owned */
	size_t n, room;
};

static bool has(const struct gathering *g, const struct cs_prefix *p)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->prefixes[i].bits == p->bits &&
		    cs_addr_cmp(&g->prefixes[i].addr, &p->addr) == 0)
			return true;
	return false;
}

static bool add(struct gathering *g, const struct cs_prefix *p)
{
	if (has(g, p))
		return true;
	if (g->n == g->room) {
		size_t room = g->room ? 2 * g->room : AT_FIRST;
		struct cs_prefix *grown = realloc(g->prefixes, room * sizeof(*grown));

		if (!grown) {
			errno = ENOMEM;
			return false;
		}
		g->prefixes = grown;
		g->room = room;
	}
	g->prefixes[g->n++] = *p;
	return true;
}

static bool is_wanted(const struct gathering *g, uint32_t ifindex)
{
	for (size_t i = 0; i < g->n_ports; i++)
		if (g->ports[i].any || (uint32_t)g->ports[i].ifindex == ifindex)
			return true;
	return false;
}

struct own {
	struct cs_addr local, address;
	bool has_local, has_address;
};

static int on_attribute(const struct nlattr *attr, void *arg)
{
	struct own *own = arg;

	if (mnl_attr_get_type(attr) == IFA_LOCAL)
		own->has_local = cs_netlink_addr(attr, &own->local);
	if (mnl_attr_get_type(attr) == IFA_ADDRESS)
		own->has_address = cs_netlink_addr(attr, &own->address);
	return MNL_CB_OK;
}

static bool on_address(void *arg, const struct nlmsghdr *msg)
{
	struct gathering *g = arg;
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(msg);
	struct own own = { 0 };
	struct cs_prefix p;
	unsigned bits = ifa->ifa_prefixlen;

	if (!is_wanted(g, ifa->ifa_index) ||
	    mnl_attr_parse(msg, sizeof(*ifa), on_attribute, &own) < 0 || !own.has_address)
		return true;
	if (ifa->ifa_family == AF_INET)
		bits += V4_BITS_BEFORE;
	/* IFA_ADDRESS is the other end's on a point-to-point link. */
	if (own.has_local && cs_addr_cmp(&own.local, &own.address) != 0)
		p = (struct cs_prefix){ own.local, ALL_BITS };
	else
		p = (struct cs_prefix){ own.address, (uint8_t)bits };
	own.local = own.has_local ? own.local : own.address;
	if (!add(g, &(struct cs_prefix){ own.local, ALL_BITS }))
		return false;
	(void)cs_prefix_trim(&p); /* it is the network that is added */
	return add(g, &p);
}

enum cs_err cs_capture_locals_read(const struct cs_capture_port *ports, size_t n,
				   struct cs_prefix **out, size_t *n_out)
{
	struct gathering g = { .ports = ports, .n_ports = n };
	struct cs_netlink nl;
	enum cs_err err = cs_netlink_open(&nl);

	if (err)
		return err;
	err = cs_netlink_dump(&nl, RTM_GETADDR, AF_UNSPEC, on_address, &g);
	if (err && errno == ENOMEM)
		err = CS_ERR_NOMEM;
	cs_netlink_close(&nl);
	if (err)
		free(g.prefixes);
	*out = err ? NULL : g.prefixes;
	*n_out = err ? 0 : g.n;
	return err;
}
