/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes and lookups as the host's kernel told them: its own messages, given back. What
 * they hold beyond our own structs (several next hops, marks, sources, lengths that are
 * suppressed) is kept without our knowing of it.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <string.h>
#include <sys/socket.h>

#include "net/netlink.h"
#include "protect/scratch_own.h"

enum { MESSAGE = 16384 /* bytes of one that we give back: 500 next hops */ };

/* A message under way: from the host's to ours. */
struct again {
	const struct cs_scratch *scratch;
	struct nlmsghdr *to;
	bool has_priority;
};

/* State of the moment, which the kernel does not take; next hops by number are not ours. */
static bool is_state(const struct nlattr *attr)
{
	uint16_t type = mnl_attr_get_type(attr);

	return type == RTA_CACHEINFO || type == RTA_EXPIRES || type == RTA_NH_ID;
}

/* Each next hop's interface by our index, and without what became of it on the host. */
static void correct_hops(const struct cs_scratch *s, void *hops, size_t len)
{
	struct rtnexthop hop;

	for (uint8_t *at = hops; len >= sizeof(hop);) {
		size_t step;

		memcpy(&hop, at, sizeof(hop));
		step = RTNH_ALIGN(hop.rtnh_len);
		if (hop.rtnh_len < sizeof(hop) || step > len)
			return;
		hop.rtnh_ifindex = (int)cs_scratch_index(s, (uint32_t)hop.rtnh_ifindex);
		hop.rtnh_flags &= RTNH_F_ONLINK;
		memcpy(at, &hop, sizeof(hop));
		at += step;
		len -= step;
	}
}

static int on_route_attribute(const struct nlattr *attr, void *arg)
{
	struct again *a = arg;
	size_t len = mnl_attr_get_payload_len(attr);
	struct nlattr *put = mnl_nlmsg_get_payload_tail(a->to);

	if (is_state(attr))
		return MNL_CB_OK;
	if (!mnl_attr_put_check(a->to, MESSAGE, mnl_attr_get_type(attr), len,
				mnl_attr_get_payload(attr)))
		return MNL_CB_ERROR;
	if (mnl_attr_get_type(attr) == RTA_OIF && len == sizeof(uint32_t)) {
		uint32_t index = cs_scratch_index(a->scratch, mnl_attr_get_u32(attr));

		memcpy(mnl_attr_get_payload(put), &index, sizeof(index));
	}
	if (mnl_attr_get_type(attr) == RTA_MULTIPATH)
		correct_hops(a->scratch, mnl_attr_get_payload(put), len);
	return MNL_CB_OK;
}

/* The header, and @body bytes of the body that the attributes follow. */
static void *begin(struct nlmsghdr *m, struct cs_span told, uint16_t type, uint16_t flags,
		   size_t body)
{
	void *copy;

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	copy = mnl_nlmsg_put_extra_header(m, body);
	memcpy(copy, told.ptr + sizeof(*m), body);
	return copy;
}

static bool is_whole(struct cs_span told, size_t body)
{
	struct nlmsghdr head;

	if (told.len < sizeof(head) + body)
		return false;
	memcpy(&head, told.ptr, sizeof(head));
	return head.nlmsg_len == told.len;
}

enum cs_err cs_scratch_route_again(const struct cs_scratch *scratch,
				   struct cs_netlink *nl, struct cs_span told)
{
	_Alignas(struct nlmsghdr) uint8_t room[MESSAGE];
	struct again a = { .scratch = scratch };
	struct rtmsg *body;

	errno = EINVAL;
	if (!is_whole(told, sizeof(*body)))
		return CS_ERR_IO;
	a.to = mnl_nlmsg_put_header(room);
	body = begin(a.to, told, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND,
		     sizeof(*body));
	body->rtm_flags &= RTNH_F_ONLINK;
	if (mnl_attr_parse((const void *)told.ptr, sizeof(*body), on_route_attribute,
			   &a) < 0)
		return CS_ERR_IO;
	return cs_netlink_ask(nl, a.to, NULL, NULL);
}

static int on_lookup_attribute(const struct nlattr *attr, void *arg)
{
	struct again *a = arg;

	if (mnl_attr_get_type(attr) == FRA_PRIORITY)
		a->has_priority = true;
	return mnl_attr_put_check(a->to, MESSAGE, mnl_attr_get_type(attr),
				  mnl_attr_get_payload_len(attr),
				  mnl_attr_get_payload(attr))
		       ? MNL_CB_OK
		       : MNL_CB_ERROR;
}

static enum cs_err give_lookup(struct cs_netlink *nl, struct cs_span told, uint16_t type,
			       uint16_t flags)
{
	_Alignas(struct nlmsghdr) uint8_t room[MESSAGE];
	struct again a = { 0 };
	struct fib_rule_hdr *body;

	errno = EINVAL;
	if (!is_whole(told, sizeof(*body)))
		return CS_ERR_IO;
	a.to = mnl_nlmsg_put_header(room);
	body = begin(a.to, told, type, flags, sizeof(*body));
	body->flags &= FIB_RULE_INVERT;
	if (mnl_attr_parse((const void *)told.ptr, sizeof(*body), on_lookup_attribute,
			   &a) < 0)
		return CS_ERR_IO;
	if (!a.has_priority) /* 0 is not told, and without one the kernel makes one up */
		mnl_attr_put_u32(a.to, FRA_PRIORITY, 0);
	return cs_netlink_ask(nl, a.to, NULL, NULL);
}

/* What a new namespace begins with: few, and small. */
struct fresh {
	uint8_t bytes[4096];
	size_t len;
};

static bool on_fresh(void *arg, const struct nlmsghdr *m)
{
	struct fresh *f = arg;

	if (m->nlmsg_len <= sizeof(f->bytes) - f->len) {
		memcpy(f->bytes + f->len, m, m->nlmsg_len);
		f->len += m->nlmsg_len;
	}
	return true;
}

static struct cs_span next(const struct fresh *f, size_t *pos)
{
	struct nlmsghdr head;
	struct cs_span told = { 0 };

	if (f->len - *pos < sizeof(head))
		return told;
	memcpy(&head, f->bytes + *pos, sizeof(head));
	told = cs_span_of(f->bytes + *pos, head.nlmsg_len);
	*pos += head.nlmsg_len;
	return told;
}

/* True where the host has what every namespace begins with, and no more. */
static bool is_fresh(const struct cs_host *host, const struct fresh *f)
{
	size_t pos = 0;

	for (size_t i = 0; i < host->n_lookups; i++) {
		struct cs_span mine = host->lookups[i].told, new = next(f, &pos);
		size_t head = sizeof(struct nlmsghdr);

		if (!new.ptr || new.len != mine.len ||
		    memcmp(new.ptr + head, mine.ptr + head, mine.len - head) != 0)
			return false;
	}
	return pos == f->len;
}

static enum cs_err read_fresh(struct cs_netlink *nl, struct fresh *f)
{
	enum cs_err err = cs_netlink_dump(nl, RTM_GETRULE, AF_INET, on_fresh, f);

	if (!err && cs_netlink_dump(nl, RTM_GETRULE, AF_INET6, on_fresh, f) &&
	    errno != EOPNOTSUPP && errno != EAFNOSUPPORT)
		err = CS_ERR_IO;
	return err;
}

enum cs_err cs_scratch_lookups(const struct cs_host *host, struct cs_netlink *nl,
			       char why[CS_SCRATCH_WHY])
{
	struct fresh f = { .len = 0 };
	struct cs_span told;
	enum cs_err err = CS_OK;
	size_t pos = 0;

	if (host->n_lookups == 0)
		return CS_OK;
	err = read_fresh(nl, &f);
	if (!err && is_fresh(host, &f))
		return CS_OK;
	while (!err && (told = next(&f, &pos)).len)
		err = give_lookup(nl, told, RTM_DELRULE, 0);
	for (size_t i = 0; !err && i < host->n_lookups; i++)
		err = give_lookup(nl, host->lookups[i].told, RTM_NEWRULE,
				  NLM_F_CREATE | NLM_F_EXCL);
	return err ? cs_scratch_failed(err, "routing policy", why) : CS_OK;
}
