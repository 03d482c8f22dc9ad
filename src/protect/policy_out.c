/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves from a CoAP port, behind address translation, so that the answers of
 * what was published by DNAT show that port: the guard against reflection.
 */
#include "protect/policy_parts.h"

enum {
	UDP_HEADER = 8, /* bytes; so is a TCP header's least, and those of IP */
	TCP_WORDS_MIN = 5,
	TCP_WORDS_MAX = 15,
	IP4_HEADER = 20,
	IP6_HEADER = 40,
};

static void scope(const struct cs_policy_part *part)
{
	static const char why[] = "what somebody else's host says: not ours to judge";

	cs_part_rule(part, "the host with itself: never touched",
		     "oifname \"lo\" accept");
	if (!part->policy->router) {
		cs_part_rule(part, why, "fib saddr type != local accept");
		return;
	}
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, why,
			     "%s saddr != @local%c_%s fib saddr type != local accept",
			     f->ip, f->digit, part->name);
	}
}

/*
 * What goes to whom nothing may come from: notifications of a relation that he, or somebody in his
 * name, began before he was denied.
 */
static void denied(const struct cs_policy_part *part, const char *set)
{
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_drop(part, "denied", "to one who is denied", "%s daddr @%s%c ",
			     f->ip, set, f->digit);
	}
}

static void allowed(const struct cs_policy_part *part, const char *set, const char *bound)
{
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, "to one who is allowed", "%s%s daddr @%s%c accept",
			     bound, f->ip, set, f->digit);
	}
}

/* In the order of the way in: what is more special is asked first. */
static void entries(const struct cs_policy_part *part)
{
	denied(part, "deny_hosts");
	allowed(part, "allow_hosts", "");
	allowed(part, "allow_if", "oifname . ");
	denied(part, "deny_nets");
	allowed(part, "allow_nets", "");
}

/* Which interface an answer leaves by is the routes' business: the way in was judged. */
static void peers(const struct cs_policy_part *part)
{
	struct cs_part_peers group = { 0 };

	while (cs_part_peers_next(part->policy, &group)) {
		for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
			const struct cs_part_family *f = &cs_part_families[i];

			if (cs_part_peers_have(&group, f))
				cs_part_rule(part, "to a peer",
					     "%s daddr @peers%c_%zu_%s accept", f->ip,
					     f->digit, group.nth, part->name);
		}
	}
	for (size_t i = 0; part->policy->multicast && i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, "answers to discovery from our own links",
			     "udp sport 5683 %s daddr @discovery%c_%s accept", f->ip,
			     f->digit, part->name);
	}
}

/* Remembers whom we ask, so that the answer finds in. */
static void own_chain(const struct cs_policy_part *part)
{
	cs_part_chain(part, "own");
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, "its answer finds in",
			     "update @asked%c_%s { %s daddr . meta l4proto . th dport } "
			     "accept",
			     f->digit, part->name, f->ip);
	}
	cs_part_chain_end(part);
}

/* To whom we asked: acknowledgements and resets (4 bytes); of what is encrypted or TCP all. */
static void told_chain(const struct cs_policy_part *part)
{
	cs_part_chain(part, "told");
	cs_part_rule(part, "more than an empty message",
		     "udp sport 5683 udp length != 12 "
		     "return");
	cs_part_rule(part, "to whom we asked", "goto own_%s", part->name);
	cs_part_chain_end(part);
}

/*
 * A client that uses the CoAP port itself: a request says by its code that it is one, a
 * DTLS client by its ClientHello, a TCP client by its SYN. What goes to a stranger who
 * was let in is none of these.
 */
static void own_requests(const struct cs_policy_part *part)
{
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		if (part->policy->strangers == CS_STRANGERS_LIMIT)
			cs_part_rule(
				part, "a stranger was let in: this is an answer",
				"%s daddr . meta l4proto . th dport @heard%c_%s goto "
				"guard_%s",
				f->ip, f->digit, part->name, part->name);
	}
	cs_part_rule(part, "a request of our own",
		     "udp sport 5683 @th,64,2 1 @th,72,8 1-31 goto own_%s", part->name);
	cs_part_rule(part, "a DTLS client of our own",
		     "udp sport 5684 @th,64,8 22 @th,168,8 1 goto own_%s", part->name);
	cs_part_rule(part, "a TCP client of our own",
		     "tcp flags & (fin | syn | rst | ack) == syn goto own_%s",
		     part->name);
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(
			part, "we asked there ourselves",
			"%s daddr . meta l4proto . th dport @asked%c_%s jump told_%s",
			f->ip, f->digit, part->name, part->name);
	}
}

/* A TCP segment is as long as its headers say, and those have words. */
static void segments(const struct cs_policy_part *part)
{
	for (unsigned words = TCP_WORDS_MIN; words <= TCP_WORDS_MAX; words++) {
		unsigned most = part->policy->answer_bytes + 4 * words;

		cs_part_rule(
			part, "a larger segment",
			"meta nfproto ipv4 tcp doff %u meta length > %u goto large_%s",
			words, most + IP4_HEADER, part->name);
		cs_part_rule(
			part, "a larger segment",
			"meta nfproto ipv6 tcp doff %u meta length > %u goto large_%s",
			words, most + IP6_HEADER, part->name);
	}
}

/*
 * A router that tracks no connections sees a large answer in pieces, of which the first
 * alone has a port: whose first is dropped is noted, and the others follow it. What is
 * sent from here or was tracked is whole at this point.
 */
static void note_pieces(const struct cs_policy_part *part)
{
	static const char why[] = "the first piece of it: the others follow";

	if (!part->policy->router)
		return;
	cs_part_rule(part, why,
		     "meta l4proto udp ip frag-off & 0x3fff == 0x2000 update @pieces4_%s "
		     "{ ip saddr . ip daddr . ip id }",
		     part->name);
	cs_part_rule(part, why,
		     "meta l4proto udp frag frag-off 0 update @pieces6_%s { ip6 saddr . "
		     "ip6 daddr . frag id }",
		     part->name);
}

void cs_part_pieces(const struct cs_policy_part *part, const char *condition)
{
	static const char why[] = "a later piece of an answer that was dropped";

	if (part->entries_only || !part->policy->router)
		return;
	cs_part_drop(part, "answers_pieces", why,
		     "%sip frag-off & 0x1fff != 0 ip saddr . ip daddr . ip id "
		     "@pieces4_%s ",
		     condition, part->name);
	cs_part_drop(part, "answers_pieces", why,
		     "%sfrag frag-off != 0 ip6 saddr . ip6 daddr . frag id @pieces6_%s ",
		     condition, part->name);
}

static void limit_chains(const struct cs_policy_part *part)
{
	cs_part_chain(part, "large");
	note_pieces(part);
	cs_part_drop(part, "answers_large", "larger than a stranger's answer may be",
		     "%s", "");
	cs_part_chain_end(part);
	cs_part_chain(part, "segments");
	segments(part);
	cs_part_chain_end(part);
}

/*
 * The kernel's bucket takes 10^9 ns / rate a packet, rounded down: above R by little. The next rate
 * that is not above it; of small ones the error is less than one answer in a day.
 */
static uint32_t not_above(uint32_t rate)
{
	const uint32_t second_ns = 1000000000;

	return rate < 1000 ? rate : second_ns / ((second_ns + rate - 1) / rate);
}

static void guard_chain(const struct cs_policy_part *part)
{
	const struct cs_policy *policy = part->policy;

	if (policy->strangers == CS_STRANGERS_LIMIT)
		limit_chains(part);
	cs_part_chain(part, "guard");
	if (policy->strangers == CS_STRANGERS_LIMIT) {
		cs_part_rule(part, "a larger datagram", "udp length > %u goto large_%s",
			     policy->answer_bytes + UDP_HEADER, part->name);
		cs_part_rule(part, "payload is what its headers leave",
			     "meta l4proto tcp jump segments_%s", part->name);
		cs_part_rule(part, "an answer to a stranger",
			     "limit rate %u/second burst %u packets counter name answers "
			     "accept",
			     not_above(policy->answer_rate), policy->answer_rate);
	}
	if (policy->strangers == CS_STRANGERS_DTLS_ONLY)
		cs_part_rule(part, "encrypted: open", "th sport 5684 accept");
	note_pieces(part);
	cs_part_drop(part, "answers_dropped", "an answer to a stranger", "%s", "");
	cs_part_chain_end(part);
}

void cs_part_outbound(const struct cs_policy_part *part)
{
	if (!part->entries_only) {
		own_chain(part);
		told_chain(part);
		guard_chain(part);
	}
	cs_part_chain(part, "out");
	scope(part);
	entries(part);
	if (!part->entries_only) {
		peers(part);
		own_requests(part);
		cs_part_rule(part, "everybody else", "goto guard_%s", part->name);
	}
	cs_part_chain_end(part);
}
