/* SPDX-License-Identifier: Apache-2.0 */
#include "net/route.h"

#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/netlink.h"
#include "net/route_cuts.h"

enum { KNOWN_MAX = 32 /* interfaces remembered; others are asked for again */ };

struct interface {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint8_t mac[6];
	bool loopback;
	bool neighbours; /* Ethernet that resolves addresses */
};

/* One split under way. */
struct split {
	struct cs_netlink nl;
	int ioctls;           /* any socket: for questions about interfaces */
	uint32_t restrict_to; /* ifindex, or 0 */
	struct interface known[KNOWN_MAX];
	unsigned n_known;
	struct cs_way *ways; /* owned until they are handed over */
	size_t n, cap;
};

/* What the kernel answered for one address. */
struct answer {
	uint8_t type; /* RTN_ */
	uint32_t ifindex;
	bool has_gateway;
	struct cs_addr gateway, source;
};

static int on_attribute(const struct nlattr *attr, void *arg)
{
	struct answer *a = arg;

	switch (mnl_attr_get_type(attr)) {
	case RTA_OIF:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			a->ifindex = mnl_attr_get_u32(attr);
		break;
	case RTA_GATEWAY:
		a->has_gateway = cs_netlink_addr(attr, &a->gateway);
		break;
	case RTA_VIA: { /* a gateway of the other family: two bytes of it first */
		const uint8_t *via = mnl_attr_get_payload(attr);
		size_t len = mnl_attr_get_payload_len(attr);

		if (len == 2 + sizeof(a->gateway.b)) {
			memcpy(a->gateway.b, via + 2, sizeof(a->gateway.b));
			a->has_gateway = true;
		}
		break;
	}
	case RTA_PREFSRC:
		if (!cs_netlink_addr(attr, &a->source))
			a->source = (struct cs_addr){ 0 };
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static bool on_answer(void *arg, const struct nlmsghdr *msg)
{
	struct answer *a = arg;
	const struct rtmsg *route = mnl_nlmsg_get_payload(msg);

	a->type = route->rtm_type;
	return mnl_attr_parse(msg, sizeof(*route), on_attribute, a) >= 0;
}

/* Asks how a packet to @to would go. RTN_UNREACHABLE when it would not. */
static enum cs_err ask(struct split *s, const struct cs_addr *to, unsigned flags,
		       struct answer *a)
{
	_Alignas(struct nlmsghdr) uint8_t room[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(room);
	struct rtmsg *body;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->rtm_family = cs_netlink_family(to);
	body->rtm_dst_len = body->rtm_family == AF_INET ? 32 : 128;
	body->rtm_flags = flags;
	cs_netlink_put_addr(request, RTA_DST, to);
	if (s->restrict_to)
		mnl_attr_put_u32(request, RTA_OIF, s->restrict_to);

	*a = (struct answer){ 0 };
	if (cs_netlink_ask(&s->nl, request, on_answer, a) == CS_OK)
		return CS_OK;
	switch (errno) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES: /* "prohibit" */
	case EINVAL: /* "blackhole" */
	case ENETDOWN:
	case EADDRNOTAVAIL:
		a->type = RTN_UNREACHABLE;
		return CS_OK;
	default:
		return CS_ERR_IO;
	}
}

static struct interface *look_up(struct split *s, uint32_t ifindex)
{
	struct ifreq req = { .ifr_ifindex = (int)ifindex };
	struct interface *it;

	for (unsigned i = 0; i < s->n_known; i++)
		if (s->known[i].ifindex == ifindex)
			return &s->known[i];
	it = &s->known[s->n_known < KNOWN_MAX ? s->n_known++ : KNOWN_MAX - 1];
	*it = (struct interface){ .ifindex = ifindex };
	if (ioctl(s->ioctls, SIOCGIFNAME, &req))
		return it;
	memcpy(it->name, req.ifr_name, sizeof(it->name));
	it->name[sizeof(it->name) - 1] = '\0';
	if (ioctl(s->ioctls, SIOCGIFHWADDR, &req))
		return it;
	it->loopback = req.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
	it->neighbours = req.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	if (it->neighbours)
		memcpy(it->mac, req.ifr_hwaddr.sa_data, sizeof(it->mac));
	if (ioctl(s->ioctls, SIOCGIFFLAGS, &req) == 0 && req.ifr_flags & IFF_NOARP)
		it->neighbours = false;
	return it;
}

static enum cs_way_kind kind_of(const struct answer *a, const struct interface *it)
{
	switch (a->type) {
	case RTN_LOCAL:
	case RTN_ANYCAST: /* an address that this host shares with others */
		return CS_WAY_LOOPBACK;
	case RTN_BROADCAST:
	case RTN_MULTICAST:
		return CS_WAY_BROADCAST;
	case RTN_UNICAST:
		if (it->loopback)
			return CS_WAY_LOOPBACK;
		if (!it->neighbours)
			return CS_WAY_POINT;
		return a->has_gateway ? CS_WAY_GATEWAY : CS_WAY_ON_LINK;
	default:
		return CS_WAY_NONE;
	}
}

/*
 * With an interface given and no route by it, the kernel takes everything to
 * be on its link. Nobody wants that of a scan: ask whether a route says so.
 */
static enum cs_err confirm_on_link(struct split *s, const struct cs_addr *to,
				   struct cs_way *way)
{
	struct answer a;

	if (!s->restrict_to || way->kind != CS_WAY_ON_LINK)
		return CS_OK;

	enum cs_err err = ask(s, to, RTM_F_FIB_MATCH, &a);

	if (!err && a.type == RTN_UNREACHABLE)
		*way = (struct cs_way){ .kind = CS_WAY_NONE };
	return err;
}

static enum cs_err find_way(struct split *s, const struct cs_addr *to, struct cs_way *way)
{
	struct answer a;
	enum cs_err err = ask(s, to, 0, &a);

	*way = (struct cs_way){ .kind = CS_WAY_NONE };
	if (err || a.type == RTN_UNREACHABLE)
		return err;

	const struct interface *it = look_up(s, a.ifindex);

	way->kind = kind_of(&a, it);
	if (way->kind == CS_WAY_NONE)
		return CS_OK;
	way->ifindex = a.ifindex;
	way->source = a.source;
	memcpy(way->interface, it->name, sizeof(way->interface));
	memcpy(way->source_mac, it->mac, sizeof(way->source_mac));
	if (way->kind == CS_WAY_GATEWAY)
		way->gateway = a.gateway;
	return confirm_on_link(s, to, way);
}

static bool same_way(const struct cs_way *a, const struct cs_way *b)
{
	return a->kind == b->kind && a->ifindex == b->ifindex &&
	       cs_addr_is_v4(&a->range.lo) == cs_addr_is_v4(&b->range.lo) &&
	       cs_addr_cmp(&a->gateway, &b->gateway) == 0 &&
	       cs_addr_cmp(&a->source, &b->source) == 0;
}

/* Puts @way behind the others, or makes the last one longer. */
static enum cs_err add(struct split *s, const struct cs_way *way)
{
	struct cs_way *last = s->n ? &s->ways[s->n - 1] : NULL;

	if (last && same_way(last, way)) {
		last->range.hi = way->range.hi;
		return CS_OK;
	}
	if (!s->ways || s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct cs_way *grown = reallocarray(s->ways, cap, sizeof(*grown));

		if (!grown)
			return CS_ERR_NOMEM;
		s->ways = grown;
		s->cap = cap;
	}
	assert(s->ways);
	s->ways[s->n++] = *way;
	return CS_OK;
}

/* How many cuts lie at or before @a: the stretch that it lies in. */
static size_t stretch_of(const struct cs_cuts *cuts, const struct cs_addr *a, size_t from)
{
	size_t low = from, high = cuts->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cs_addr_cmp(&cuts->at[middle], a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The last address of @range that lies in the stretch before cut @next. */
static struct cs_addr end_in(const struct cs_range *range, const struct cs_cuts *cuts,
			     size_t next)
{
	struct cs_addr end;

	if (next == cuts->n || cs_addr_cmp(&range->hi, &cuts->at[next]) < 0)
		return range->hi;
	end = cuts->at[next];
	for (unsigned i = 16; i-- > 0 && end.b[i]-- == 0;)
		; /* one less, with borrow */
	return end;
}

/*
 * Walks ranges and cuts together. The kernel is asked at the first target
 * address of each stretch; later ones in the same stretch only lengthen it.
 */
static enum cs_err walk(struct split *s, const struct cs_cuts *cuts,
			const struct cs_range *ranges, size_t n)
{
	size_t asked = SIZE_MAX; /* the stretch that `way` is of */
	struct cs_way way = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct cs_range left = ranges[i];
		size_t at = stretch_of(cuts, &left.lo, asked == SIZE_MAX ? 0 : asked);

		for (;; at++) {
			enum cs_err err = CS_OK;

			if (at != asked)
				err = find_way(s, &left.lo, &way);
			asked = at;
			way.range = (struct cs_range){ left.lo, end_in(&left, cuts, at) };
			if (!err)
				err = add(s, &way);
			if (err)
				return err;
			if (cs_addr_cmp(&way.range.hi, &left.hi) == 0)
				break;
			left.lo = cs_addr_plus(way.range.hi, 1);
		}
	}
	return CS_OK;
}

static enum cs_err begin(struct split *s, const char *interface)
{
	enum cs_err err = cs_netlink_open(&s->nl);

	s->ioctls = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (!err && s->ioctls < 0)
		err = CS_ERR_IO;
	if (!err && interface) {
		s->restrict_to = if_nametoindex(interface);
		if (!s->restrict_to)
			err = CS_ERR_NOT_FOUND;
	}
	return err;
}

static void end(struct split *s)
{
	int kept = errno;

	cs_netlink_close(&s->nl);
	if (s->ioctls >= 0)
		(void)close(s->ioctls); /* nothing was written to it */
	free(s->ways);
	errno = kept;
}

enum cs_err cs_route_split(const struct cs_range *ranges, size_t n, const char *interface,
			   struct cs_arena *arena, struct cs_way **ways, size_t *n_ways)
{
	struct split s = { .ioctls = -1 };
	struct cs_cuts cuts = { 0 };
	enum cs_err err = begin(&s, interface);

	if (!err)
		err = cs_cuts_read(&s.nl, &cuts);
	if (!err)
		err = walk(&s, &cuts, ranges, n);
	if (!err) {
		*ways = cs_arena_array(arena, s.n ? s.n : 1, sizeof(**ways));
		*n_ways = s.n;
		if (!*ways)
			err = CS_ERR_NOMEM;
		else if (s.n)
			memcpy(*ways, s.ways, s.n * sizeof(**ways));
	}
	cs_cuts_clear(&cuts);
	end(&s);
	return err;
}
