/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/netlink.h"
#include "protect/scratch_own.h"

enum {
	V4_BITS_BEFORE = 96, /* of the mapped prefix */
};

static uint8_t bits_of(const struct cs_addr *a, uint8_t bits)
{
	return cs_addr_is_v4(a) && bits >= V4_BITS_BEFORE
		       ? (uint8_t)(bits - V4_BITS_BEFORE)
		       : bits;
}

static bool is_zero(const struct cs_addr *a)
{
	static const struct cs_addr zero;

	return cs_addr_cmp(a, &zero) == 0;
}

/* True where the host itself says how the network of an address is reached. */
static bool has_route(const struct cs_host *host, const struct cs_host_address *a)
{
	struct cs_prefix net = { a->address, a->len };
	struct cs_range range = cs_prefix_range(&net);

	for (size_t i = 0; i < host->n_routes; i++) {
		const struct cs_host_route *r = &host->routes[i];

		if (r->link == a->link && r->to.bits == a->len &&
		    cs_addr_cmp(&r->to.addr, &range.lo) == 0)
			return true;
	}
	return false;
}

/* What is there already is as good. */
static enum cs_err ask_once(struct cs_netlink *nl, struct nlmsghdr *m)
{
	if (cs_netlink_ask(nl, m, NULL, NULL) == CS_OK || errno == EEXIST)
		return CS_OK;
	return CS_ERR_IO;
}

static enum cs_err add_address(const struct cs_scratch *s, struct cs_netlink *nl,
			       const struct cs_host_address *a)
{
	_Alignas(struct nlmsghdr) uint8_t room[256];
	struct nlmsghdr *m = mnl_nlmsg_put_header(room);
	uint32_t flags = IFA_F_NODAD | IFA_F_PERMANENT;
	struct ifaddrmsg *body;

	m->nlmsg_type = RTM_NEWADDR;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	body = mnl_nlmsg_put_extra_header(m, sizeof(*body));
	body->ifa_family = cs_netlink_family(&a->address);
	body->ifa_prefixlen = bits_of(&a->address, a->len);
	body->ifa_index = cs_scratch_index(s, a->link);
	body->ifa_scope = RT_SCOPE_UNIVERSE;
	if (has_route(s->host, a))
		flags |= IFA_F_NOPREFIXROUTE;
	mnl_attr_put_u32(m, IFA_FLAGS, flags);
	cs_netlink_put_addr(m, IFA_LOCAL, &a->address);
	cs_netlink_put_addr(m, IFA_ADDRESS, &a->address);
	return ask_once(nl, m);
}

/*
 * The kernel makes an IPv6 address's own route when its worker comes to it, duplicate
 * detection or none. Until then this one holds; it is the same, only less preferred.
 */
static enum cs_err add_own_route(const struct cs_scratch *s, struct cs_netlink *nl,
				 const struct cs_host_address *a)
{
	_Alignas(struct nlmsghdr) uint8_t room[256];
	struct nlmsghdr *m = mnl_nlmsg_put_header(room);
	struct rtmsg *body;

	if (cs_addr_is_v4(&a->address))
		return CS_OK;
	m->nlmsg_type = RTM_NEWROUTE;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND;
	body = mnl_nlmsg_put_extra_header(m, sizeof(*body));
	body->rtm_family = AF_INET6;
	body->rtm_dst_len = 128;
	body->rtm_table = RT_TABLE_LOCAL;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_type = RTN_LOCAL;
	cs_netlink_put_addr(m, RTA_DST, &a->address);
	mnl_attr_put_u32(m, RTA_OIF, cs_scratch_index(s, a->link));
	return ask_once(nl, m);
}

/* A machine whose interface, or all of it, has IPv6 off takes no address of it. */
static bool is_off(const struct cs_addr *a, int why)
{
	return !cs_addr_is_v4(a) &&
	       (why == EACCES || why == EPERM || why == EOPNOTSUPP || why == ENODEV ||
		why == EAFNOSUPPORT || why == EINVAL);
}

enum cs_err cs_scratch_addresses(const struct cs_scratch *s, struct cs_netlink *nl,
				 char why[CS_SCRATCH_WHY])
{
	const struct cs_host *host = s->host;

	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct cs_host_address *a = &host->addresses[i];
		char text[CS_ADDR_TEXT];

		if ((add_address(s, nl, a) == CS_OK &&
		     add_own_route(s, nl, a) == CS_OK) ||
		    is_off(&a->address, errno))
			continue;
		cs_addr_text(&a->address, text);
		return cs_scratch_failed(CS_ERR_IO, text, why);
	}
	return CS_OK;
}

static enum cs_err add_route(const struct cs_scratch *s, struct cs_netlink *nl,
			     const struct cs_host_route *r)
{
	_Alignas(struct nlmsghdr) uint8_t room[256];
	struct nlmsghdr *m = mnl_nlmsg_put_header(room);
	bool gateway = !is_zero(&r->gateway);
	/* The default route's zero prefix has no family of its own: the gateway's. */
	bool v4 = cs_addr_is_v4(&r->to.addr) || (gateway && cs_addr_is_v4(&r->gateway));
	struct rtmsg *body;

	m->nlmsg_type = RTM_NEWROUTE;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND;
	body = mnl_nlmsg_put_extra_header(m, sizeof(*body));
	body->rtm_family = v4 ? AF_INET : AF_INET6;
	body->rtm_dst_len =
		v4 && r->to.bits < V4_BITS_BEFORE ? 0 : bits_of(&r->to.addr, r->to.bits);
	body->rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_scope = v4 && !gateway && r->link ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	body->rtm_type = r->link ? RTN_UNICAST : RTN_UNREACHABLE;
	mnl_attr_put_u32(m, RTA_TABLE, r->table ? r->table : RT_TABLE_MAIN);
	if (body->rtm_dst_len)
		cs_netlink_put_addr(m, RTA_DST, &r->to.addr);
	if (r->link)
		mnl_attr_put_u32(m, RTA_OIF, cs_scratch_index(s, r->link));
	if (gateway) {
		body->rtm_flags = RTNH_F_ONLINK;
		cs_netlink_put_addr(m, RTA_GATEWAY, &r->gateway);
	}
	if (r->metric)
		mnl_attr_put_u32(m, RTA_PRIORITY, r->metric);
	return ask_once(nl, m);
}

/* A route by an interface that is down is none: the kernel does not take it. */
static bool is_down(const struct cs_host *host, const struct cs_host_route *r)
{
	const struct cs_host_link *link = cs_host_link(host, r->link);

	return r->link && (!link || !link->up);
}

/* What the kernel told, where it takes that again; else what we know of it. */
static enum cs_err add_somehow(const struct cs_scratch *s, struct cs_netlink *nl,
			       const struct cs_host_route *r)
{
	if (r->told.len &&
	    (cs_scratch_route_again(s, nl, r->told) == CS_OK || errno == EEXIST))
		return CS_OK;
	return add_route(s, nl, r);
}

static enum cs_err add_routes(const struct cs_scratch *s, struct cs_netlink *nl,
			      bool by_gateway, char why[CS_SCRATCH_WHY])
{
	for (size_t i = 0; i < s->host->n_routes; i++) {
		const struct cs_host_route *r = &s->host->routes[i];
		char text[CS_PREFIX_TEXT];

		if (is_zero(&r->gateway) == by_gateway || is_down(s->host, r))
			continue;
		if (add_somehow(s, nl, r) == CS_OK || is_off(&r->to.addr, errno))
			continue;
		cs_prefix_text(&r->to, text);
		return cs_scratch_failed(CS_ERR_IO, text, why);
	}
	return CS_OK;
}

enum cs_err cs_scratch_routes(const struct cs_scratch *s, struct cs_netlink *nl,
			      char why[CS_SCRATCH_WHY])
{
	/* A gateway must be reachable before a route by it is taken. */
	enum cs_err err = add_routes(s, nl, false, why);

	if (!err)
		err = add_routes(s, nl, true, why);
	return err;
}
