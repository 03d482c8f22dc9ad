/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes to a CoAP port, in front of address translation and of connection tracking.
 * Order: what is not ours, groups from outside, what allow and deny named, whom
 * we asked ourselves, peers, groups from our links, strangers.
 */
#include "protect/policy_parts.h"

/* Ours: own addresses (DNAT sends on from these), groups; of a router the hosts behind, too. */
static void scope(const struct cs_policy_part *part)
{
	static const char ours[] = "{ local, broadcast, anycast, multicast }";
	static const char why[] = "to somebody else's host: not ours to judge";

	cs_part_rule(part, "the host with itself: never touched",
		     "iifname \"lo\" accept");
	if (!part->policy->router) {
		cs_part_rule(part, why, "fib daddr type != %s accept", ours);
		return;
	}
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, why,
			     "%s daddr != @local%c_%s fib daddr type != %s accept", f->ip,
			     f->digit, part->name, ours);
	}
}

/* One of deny_hosts, deny_nets: drop; one of allow_hosts, allow_nets: a peer. */
static void denied(const struct cs_policy_part *part, const char *set)
{
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_drop(part, "denied", "denied by name or for a while",
			     "%s saddr @%s%c ", f->ip, set, f->digit);
	}
}

static void allowed(const struct cs_policy_part *part, const char *set, const char *bound)
{
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, "allowed by name or for a while",
			     "%s%s saddr @%s%c goto peer_%s", bound, f->ip, set, f->digit,
			     part->name);
	}
}

static void entries(const struct cs_policy_part *part)
{
	denied(part, "deny_hosts");
	allowed(part, "allow_hosts", "");
	allowed(part, "allow_if", "iifname . ");
	denied(part, "deny_nets");
	allowed(part, "allow_nets", "");
}

static void peers(const struct cs_policy_part *part)
{
	struct cs_part_peers group = { 0 };

	while (cs_part_peers_next(part->policy, &group)) {
		for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
			const struct cs_part_family *f = &cs_part_families[i];
			const char *bound = group.peers->interface;

			if (!cs_part_peers_have(&group, f))
				continue;
			cs_part_rule(part,
				     bound[0] ? "a peer, on its interface" : "a peer",
				     "%s%s%s%s saddr @peers%c_%zu_%s goto peer_%s",
				     bound[0] ? "iifname \"" : "", bound,
				     bound[0] ? "\" " : "", f->ip, f->digit, group.nth,
				     part->name, part->name);
		}
	}
}

/* Its own limit, so that who forges its address gets no more than that. */
static void peer_chain(const struct cs_policy_part *part)
{
	cs_part_chain(part, "peer");
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, "within the limit of this address",
			     "update @peer_rate%c_%s { %s saddr limit rate %u/second "
			     "burst %u packets } counter name peers accept",
			     f->digit, part->name, f->ip, part->policy->peer_rate,
			     part->policy->peer_rate);
	}
	cs_part_drop(part, "peers_limited",
		     "over the limit of this address, or no room to count it", "%s", "");
	cs_part_chain_end(part);
}

/* From whom we asked ourselves: answers. Whoever forges its address can bring no request. */
static void asked_chain(const struct cs_policy_part *part)
{
	cs_part_chain(part, "asked");
	cs_part_rule(part, "a request is no answer",
		     "udp dport 5683 @th,72,8 1-31 return");
	cs_part_rule(part, "from whom we asked", "goto peer_%s", part->name);
	cs_part_chain_end(part);
}

/* Groups, as far as nobody may pass: from outside the link. */
static void outside_chain(const struct cs_policy_part *part)
{
	static const char why[] = "discovery from outside the link";

	cs_part_chain(part, "outside");
	cs_part_drop(part, "multicast", why, "%s", "fib saddr . iif oif missing ");
	cs_part_drop(part, "multicast", why, "ip saddr != @local4_%s ", part->name);
	cs_part_drop(part, "multicast", why,
		     "ip6 saddr != fe80::/10 ip6 saddr != @local6_%s ", part->name);
	cs_part_chain_end(part);
}

static void discovery_chain(const struct cs_policy_part *part)
{
	cs_part_chain(part, "discovery");
	for (size_t i = 0; part->policy->multicast && i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, "discovery from our own links",
			     "meta l4proto udp update @discovery_rate%c_%s { %s saddr "
			     "limit rate 5/second burst 10 packets } update "
			     "@discovery%c_%s { %s saddr } counter name discovery accept",
			     f->digit, part->name, f->ip, f->digit, part->name, f->ip);
	}
	cs_part_drop(part, "multicast", "discovery, and more of it than one asks", "%s",
		     "");
	cs_part_chain_end(part);
}

static void policy_rules(const struct cs_policy_part *part)
{
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, "we asked there ourselves",
			     "%s saddr . meta l4proto . th sport @asked%c_%s jump "
			     "asked_%s",
			     f->ip, f->digit, part->name, part->name);
	}
	peers(part);
	cs_part_rule(part, "discovery",
		     "fib daddr type { broadcast, multicast } goto "
		     "discovery_%s",
		     part->name);
	cs_part_rule(part, "everybody else", "goto strangers_%s", part->name);
}

void cs_part_inbound(const struct cs_policy_part *part)
{
	peer_chain(part);
	if (!part->entries_only) {
		asked_chain(part);
		outside_chain(part);
		discovery_chain(part);
		cs_part_strangers(part);
	}
	cs_part_chain(part, "in");
	scope(part);
	if (!part->entries_only)
		cs_part_rule(part, "groups are for the link alone",
			     "fib daddr type { broadcast, multicast } jump outside_%s",
			     part->name);
	entries(part);
	if (!part->entries_only)
		policy_rules(part);
	cs_part_chain_end(part);
}
