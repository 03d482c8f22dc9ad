/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/netlink.h"
#include "protect/host_own.h"

enum {
	LOOPBACK = 1,         /* the index of every namespace's own */
	ROUTES_MAX = 1 << 16, /* more is a router of the internet, and no scratch of it */
};

/* A failure of our own ends the dump; the draft says which. */
static bool stop(struct cs_host_draft *d, enum cs_err err)
{
	d->err = err;
	errno = err == CS_ERR_NOMEM ? ENOMEM : E2BIG;
	return false;
}

/* A dump that is made again tells some entries twice. */
static bool has_link(const struct cs_host *host, uint32_t index)
{
	return cs_host_link(host, index) != NULL;
}

static int on_kind(const struct nlattr *attr, void *arg)
{
	struct cs_host_link *link = arg;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		(void)snprintf(link->kind, sizeof(link->kind), "%.*s",
			       (int)mnl_attr_get_payload_len(attr),
			       mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int on_link_attribute(const struct nlattr *attr, void *arg)
{
	struct cs_host_link *link = arg;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		(void)snprintf(link->name, sizeof(link->name), "%.*s",
			       (int)mnl_attr_get_payload_len(attr),
			       mnl_attr_get_str(attr));
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(link->mac))
			memcpy(link->mac, mnl_attr_get_payload(attr), sizeof(link->mac));
		break;
	case IFLA_MASTER:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			link->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINKINFO:
		(void)mnl_attr_parse_nested(attr, on_kind, link); /* else it has none */
		break;
	case IFLA_GROUP:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			link->group = mnl_attr_get_u32(attr);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static bool on_link(void *arg, const struct nlmsghdr *msg)
{
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(msg);
	struct cs_host_draft *d = arg;
	struct cs_host_link *link;

	if (has_link(d->host, (uint32_t)body->ifi_index))
		return true;
	link = cs_host_add_link(d);
	if (!link)
		return stop(d, CS_ERR_NOMEM);
	link->index = (uint32_t)body->ifi_index;
	link->up = body->ifi_flags & IFF_UP;
	link->loopback = body->ifi_flags & IFF_LOOPBACK;
	link->ethernet = body->ifi_type == ARPHRD_ETHER;
	return mnl_attr_parse(msg, sizeof(*body), on_link_attribute, link) >= 0;
}

/* IFA_LOCAL is ours; IFA_ADDRESS too, unless it is the other end of a point to point link. */
struct address {
	struct cs_addr local, address;
	bool has_local, has_address;
};

static int on_address_attribute(const struct nlattr *attr, void *arg)
{
	struct address *a = arg;

	if (mnl_attr_get_type(attr) == IFA_LOCAL)
		a->has_local = cs_netlink_addr(attr, &a->local);
	else if (mnl_attr_get_type(attr) == IFA_ADDRESS)
		a->has_address = cs_netlink_addr(attr, &a->address);
	return MNL_CB_OK;
}

static bool is_everybodys(const struct cs_addr *a)
{
	return cs_addr_is_loopback(a) || cs_addr_is_link_local(a);
}

static bool has_address(const struct cs_host *host, const struct cs_host_address *a)
{
	for (size_t i = 0; i < host->n_addresses; i++)
		if (host->addresses[i].link == a->link &&
		    host->addresses[i].len == a->len &&
		    cs_addr_cmp(&host->addresses[i].address, &a->address) == 0)
			return true;
	return false;
}

/* False: it is none that we want. */
static bool settle_address(const struct ifaddrmsg *body, const struct address *told,
			   struct cs_host_address *out)
{
	unsigned before;

	if (!told->has_local && !told->has_address)
		return false;
	*out = (struct cs_host_address){ .link = body->ifa_index };
	out->address = told->has_local ? told->local : told->address;
	before = cs_addr_is_v4(&out->address) ? CS_HOST_V4_BITS_BEFORE : 0;
	out->len = (uint8_t)(before + body->ifa_prefixlen);
	if (told->has_local && told->has_address &&
	    cs_addr_cmp(&told->local, &told->address) != 0)
		out->len = 128; /* the length is of the other end */
	return !is_everybodys(&out->address) && !(body->ifa_flags & IFA_F_DADFAILED);
}

static bool on_address(void *arg, const struct nlmsghdr *msg)
{
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(msg);
	struct cs_host_draft *d = arg;
	struct cs_host_address a, *added;
	struct address told = { 0 };

	if (mnl_attr_parse(msg, sizeof(*body), on_address_attribute, &told) < 0)
		return false;
	if (!settle_address(body, &told, &a) || has_address(d->host, &a))
		return true;
	added = cs_host_add_address(d);
	if (!added)
		return stop(d, CS_ERR_NOMEM);
	*added = a;
	return true;
}

struct route {
	struct cs_host_route *out;
	bool has_gateway;
};

static int on_route_attribute(const struct nlattr *attr, void *arg);

/*
 * Of several next hops the first stands for all, of the others the links are kept; the
 * scratch has them all.
 */
static void read_hops(const struct nlattr *attr, struct route *r)
{
	const uint8_t *at = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr), step;
	struct rtnexthop hop;

	for (size_t i = 0; i <= CS_HOST_HOPS && left >= sizeof(hop); i++) {
		memcpy(&hop, at, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > left)
			return;
		if (i > 0)
			r->out->more[i - 1] = (uint32_t)hop.rtnh_ifindex;
		else
			r->out->link = (uint32_t)hop.rtnh_ifindex;
		if (i == 0) /* bad ones are left out */
			(void)mnl_attr_parse_payload(at + sizeof(hop),
						     hop.rtnh_len - sizeof(hop),
						     on_route_attribute, r);
		step = (hop.rtnh_len + RTNH_ALIGNTO - 1u) & ~(RTNH_ALIGNTO - 1u);
		if (step > left)
			return;
		left -= step;
		at += step;
	}
}

static int on_route_attribute(const struct nlattr *attr, void *arg)
{
	struct route *r = arg;

	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		if (!cs_netlink_addr(attr, &r->out->to.addr))
			return MNL_CB_ERROR;
		break;
	case RTA_GATEWAY:
		if (!cs_netlink_addr(attr, &r->out->gateway))
			return MNL_CB_ERROR;
		break;
	case RTA_OIF:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			r->out->link = mnl_attr_get_u32(attr);
		break;
	case RTA_PRIORITY:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			r->out->metric = mnl_attr_get_u32(attr);
		break;
	case RTA_TABLE:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			r->out->table = mnl_attr_get_u32(attr);
		break;
	case RTA_MULTIPATH:
		read_hops(attr, r);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static bool same_told(struct cs_span told, const struct nlmsghdr *msg)
{
	/* Without the header: its sequence number is another. */
	return told.len == msg->nlmsg_len &&
	       memcmp(told.ptr + sizeof(*msg), mnl_nlmsg_get_payload(msg),
		      mnl_nlmsg_get_payload_len(msg)) == 0;
}

static bool keep_told(struct cs_host_draft *d, const struct nlmsghdr *msg,
		      struct cs_span *out)
{
	void *copy = cs_arena_alloc(d->arena, msg->nlmsg_len);

	if (!copy)
		return stop(d, CS_ERR_NOMEM);
	memcpy(copy, msg, msg->nlmsg_len);
	*out = cs_span_of(copy, msg->nlmsg_len);
	return true;
}

static bool read_route(const struct nlmsghdr *msg, struct cs_host_route *out)
{
	const struct rtmsg *body = mnl_nlmsg_get_payload(msg);
	unsigned before = body->rtm_family == AF_INET ? CS_HOST_V4_BITS_BEFORE : 0;
	struct route r = { .out = out };

	*out = (struct cs_host_route){ .table = body->rtm_table };
	if (before)
		out->to.addr = cs_addr_v4(0);
	out->to.bits = (uint8_t)(before + body->rtm_dst_len);
	if (mnl_attr_parse(msg, sizeof(*body), on_route_attribute, &r) < 0)
		return false;
	if (body->rtm_type != RTN_UNICAST && body->rtm_type != RTN_LOCAL)
		out->link = 0; /* unreachable and the like; IPv6 names the loopback */
	return out->table != RT_TABLE_LOCAL && !(body->rtm_flags & RTM_F_CLONED);
}

static bool on_route(void *arg, const struct nlmsghdr *msg)
{
	const struct rtmsg *body = mnl_nlmsg_get_payload(msg);
	struct cs_host_draft *d = arg;
	struct cs_host_route r, *added;

	if ((body->rtm_family != AF_INET && body->rtm_family != AF_INET6) ||
	    !read_route(msg, &r))
		return true;
	if (d->host->n_routes == ROUTES_MAX)
		return stop(d, CS_ERR_FULL);
	added = cs_host_add_route(d);
	if (!added)
		return stop(d, CS_ERR_NOMEM);
	*added = r;
	return keep_told(d, msg, &added->told);
}

static bool on_lookup(void *arg, const struct nlmsghdr *msg)
{
	struct cs_host_draft *d = arg;
	struct cs_host_lookup *added;

	for (size_t i = 0; i < d->host->n_lookups; i++)
		if (same_told(d->host->lookups[i].told, msg))
			return true;
	added = cs_host_add_lookup(d);
	if (!added)
		return stop(d, CS_ERR_NOMEM);
	return keep_told(d, msg, &added->told);
}

static int by_told(const void *a, const void *b)
{
	const struct cs_host_route *const *x = a, *const *y = b;
	struct cs_span p = (*x)->told, q = (*y)->told;
	size_t head = sizeof(struct nlmsghdr);
	int order;

	if (p.len != q.len)
		return p.len < q.len ? -1 : 1;
	order = memcmp(p.ptr + head, q.ptr + head, p.len - head);
	return order ? order : (*x > *y) - (*x < *y);
}

static bool is_same(const struct cs_host_route *a, const struct cs_host_route *b)
{
	return a->told.len == b->told.len &&
	       memcmp(a->told.ptr + sizeof(struct nlmsghdr),
		      b->told.ptr + sizeof(struct nlmsghdr),
		      a->told.len - sizeof(struct nlmsghdr)) == 0;
}

/*
 * A dump that was made again told some of them twice. The order stays: of two that are
 * as good as each other the kernel takes the first.
 */
static enum cs_err drop_repeated(struct cs_host *host, struct cs_arena *arena)
{
	struct cs_host_route **sorted =
		cs_arena_array(arena, host->n_routes + 1, sizeof(struct cs_host_route *));
	size_t n = 0;

	if (!sorted)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < host->n_routes; i++)
		sorted[i] = &host->routes[i];
	qsort(sorted, host->n_routes, sizeof(*sorted), by_told);
	for (size_t i = host->n_routes; i-- > 1;)
		if (is_same(sorted[i], sorted[i - 1]))
			sorted[i]->told.len = 0;
	for (size_t i = 0; i < host->n_routes; i++)
		if (host->routes[i].told.len)
			host->routes[n++] = host->routes[i];
	host->n_routes = n;
	return CS_OK;
}

static enum cs_err dump(struct cs_netlink *nl, struct cs_host_draft *d, uint16_t type,
			cs_netlink_fn *each)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < CS_LEN(families); i++) {
		err = cs_netlink_dump(nl, type, families[i], each, d);
		/* A kernel without IPv6 has no tables of it. */
		if (err && !d->err && families[i] == AF_INET6 &&
		    (errno == EOPNOTSUPP || errno == EAFNOSUPPORT))
			err = CS_OK;
	}
	return d->err ? d->err : err;
}

static enum cs_err read_all(struct cs_netlink *nl, struct cs_host_draft *d)
{
	enum cs_err err = cs_netlink_dump(nl, RTM_GETLINK, AF_UNSPEC, on_link, d);

	if (d->err)
		err = d->err;
	if (!err)
		err = dump(nl, d, RTM_GETADDR, on_address);
	if (!err)
		err = dump(nl, d, RTM_GETROUTE, on_route);
	if (!err)
		err = dump(nl, d, RTM_GETRULE, on_lookup);
	if (!err)
		err = drop_repeated(d->host, d->arena);
	if (!err)
		err = cs_host_read_sysctls(d);
	return err;
}

enum cs_err cs_host_read(struct cs_arena *arena, struct cs_host *out)
{
	struct cs_host_draft draft = { .arena = arena, .host = out };
	struct cs_netlink nl;
	enum cs_err err = cs_netlink_open(&nl);

	*out = (struct cs_host){ 0 };
	if (err)
		return err;
	err = read_all(&nl, &draft);
	cs_netlink_close(&nl);
	return err;
}
