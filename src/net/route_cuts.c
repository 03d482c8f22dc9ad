/* SPDX-License-Identifier: Apache-2.0 */
#include "net/route_cuts.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { V4_BITS_BEFORE = 96 /* of the mapped prefix */ };

/* Prefixes that the kernel treats in its own way, routes or none. */
static const struct cs_prefix fixed[] = {
	{ { .b = { [10] = 0xff, 0xff } }, 128 },                         /* 0.0.0.0 */
	{ { .b = { [10] = 0xff, 0xff, 127 } }, 104 },                    /* 127/8 */
	{ { .b = { [10] = 0xff, 0xff, 224 } }, 100 },                    /* multicast */
	{ { .b = { [10] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, 128 }, /* broadcast */
	{ { .b = { 0xff } }, 8 },                                        /* multicast */
};

static enum cs_err add_one(struct cs_cuts *cuts, const struct cs_addr *at)
{
	if (cuts->n == cuts->cap) {
		size_t cap = cuts->cap ? 2 * cuts->cap : 64;
		struct cs_addr *grown = reallocarray(cuts->at, cap, sizeof(*grown));

		if (!grown)
			return CS_ERR_NOMEM;
		cuts->at = grown;
		cuts->cap = cap;
	}
	cuts->at[cuts->n++] = *at;
	return CS_OK;
}

enum cs_err cs_cuts_add(struct cs_cuts *cuts, const struct cs_prefix *prefix)
{
	static const struct cs_addr zero;
	struct cs_range r = cs_prefix_range(prefix);
	struct cs_addr after = cs_addr_plus(r.hi, 1);
	enum cs_err err = add_one(cuts, &r.lo);

	if (!err && cs_addr_cmp(&after, &zero) != 0)
		err = add_one(cuts, &after);
	return err;
}

static int compare(const void *a, const void *b)
{
	return cs_addr_cmp(a, b);
}

void cs_cuts_sort(struct cs_cuts *cuts)
{
	size_t kept = 0;

	if (cuts->n == 0)
		return;
	qsort(cuts->at, cuts->n, sizeof(*cuts->at), compare);
	for (size_t i = 1; i < cuts->n; i++)
		if (cs_addr_cmp(&cuts->at[kept], &cuts->at[i]) != 0)
			cuts->at[++kept] = cuts->at[i];
	cuts->n = kept + 1;
}

void cs_cuts_clear(struct cs_cuts *cuts)
{
	free(cuts->at);
	*cuts = (struct cs_cuts){ 0 };
}

struct wanted {
	struct cs_addr to;
	uint16_t type; /* of the attribute */
	bool found;
};

static int find_attribute(const struct nlattr *attr, void *arg)
{
	struct wanted *w = arg;

	if (mnl_attr_get_type(attr) == w->type)
		w->found = cs_netlink_addr(attr, &w->to);
	return MNL_CB_OK;
}

/* A destination of all addresses has no attribute and makes no cut. */
static bool add_destination(struct cs_cuts *cuts, const struct nlmsghdr *msg,
			    size_t header, uint16_t type, uint8_t bits)
{
	struct wanted w = { .type = type };

	if (mnl_attr_parse(msg, (unsigned)header, find_attribute, &w) < 0 || !w.found)
		return true;

	struct cs_prefix p = { w.to, bits };

	if (cs_addr_is_v4(&w.to))
		p.bits = (uint8_t)(p.bits + V4_BITS_BEFORE);
	if (cs_cuts_add(cuts, &p)) {
		errno = ENOMEM;
		return false;
	}
	return true;
}

static bool on_route(void *arg, const struct nlmsghdr *msg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(msg);

	return add_destination(arg, msg, sizeof(*route), RTA_DST, route->rtm_dst_len);
}

static bool on_rule(void *arg, const struct nlmsghdr *msg)
{
	const struct fib_rule_hdr *rule = mnl_nlmsg_get_payload(msg);

	return add_destination(arg, msg, sizeof(*rule), FRA_DST, rule->dst_len);
}

static enum cs_err read_family(struct cs_netlink *nl, uint8_t family,
			       struct cs_cuts *cuts)
{
	enum cs_err err = cs_netlink_dump(nl, RTM_GETROUTE, family, on_route, cuts);

	if (err)
		return errno == ENOMEM ? CS_ERR_NOMEM : err;
	err = cs_netlink_dump(nl, RTM_GETRULE, family, on_rule, cuts);
	if (err && errno == EOPNOTSUPP) /* a kernel without policy routing */
		return CS_OK;
	return err;
}

enum cs_err cs_cuts_read(struct cs_netlink *nl, struct cs_cuts *cuts)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < CS_LEN(fixed) && !err; i++)
		err = cs_cuts_add(cuts, &fixed[i]);
	if (!err)
		err = read_family(nl, AF_INET, cuts);
	if (!err)
		err = read_family(nl, AF_INET6, cuts);
	if (!err)
		cs_cuts_sort(cuts);
	return err;
}
