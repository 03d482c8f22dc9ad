/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of a machine that is made up, and its own addresses in them. */
#include <string.h>

#include "protect/host_assume_own.h"

/* The index of the narrowest network that holds @address; SIZE_MAX: none does. */
static size_t network_with(const struct cs_assumption *a, const struct cs_addr *address)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < a->n_networks; i++)
		if (cs_prefix_has(&a->networks[i].prefix, address) &&
		    (best == SIZE_MAX ||
		     a->networks[i].prefix.bits > a->networks[best].prefix.bits))
			best = i;
	return best;
}

/* True for one that somebody else has. */
static bool is_others(const struct cs_assumption *a, const struct cs_addr *address)
{
	for (size_t i = 0; i < a->words->n_targets; i++)
		if (cs_addr_cmp(&a->words->targets[i], address) == 0)
			return true;
	return false;
}

struct cs_addr cs_assume_free(const struct cs_assumption *a, const struct cs_prefix *p)
{
	struct cs_addr at = cs_addr_plus(p->addr, p->bits < 127 ? 1 : 0);

	for (unsigned i = 0; i < 8 && is_others(a, &at); i++)
		at = cs_addr_plus(p->addr, 254 - i);
	return at;
}

struct cs_prefix cs_assume_widen(const struct cs_prefix *p)
{
	bool v4 = cs_addr_is_v4(&p->addr);
	uint8_t bits = v4 ? 96 + 24 : 64;
	struct cs_prefix wide = { p->addr, bits };

	if (p->bits < 127)
		return *p;
	for (unsigned i = bits / 8; i < sizeof(wide.addr.b); i++)
		wide.addr.b[i] = 0;
	return wide;
}

static void add_network(struct cs_assumption *a, const struct cs_prefix *prefix,
			uint32_t link)
{
	struct cs_prefix p = cs_assume_widen(prefix);

	for (size_t i = 0; i < a->n_networks; i++)
		if (cs_prefix_cmp(&a->networks[i].prefix, &p) == 0)
			return; /* the first that was said of it counts */
	if (a->n_networks == CS_ASSUME_NETWORKS)
		return;
	a->networks[a->n_networks++] =
		(struct cs_assumed_network){ p, cs_assume_free(a, &p), link, false };
	/* The host that was named is a neighbour, not the machine itself. */
	if (cs_addr_cmp(&a->networks[a->n_networks - 1].own, &prefix->addr) == 0)
		a->networks[a->n_networks - 1].own = cs_addr_plus(p.addr, 254);
}

struct cs_prefix cs_assume_prefix(const char *text)
{
	struct cs_prefix p = { 0 };

	if (cs_prefix_read(cs_span_str(text), &p))
		p = (struct cs_prefix){ 0 }; /* not for a constant of ours */
	return p;
}

/* Where a rule names that network with an interface, or a part of it. */
static uint32_t link_by_words(const struct cs_assumption *a, const struct cs_prefix *p)
{
	for (size_t i = 0; i < a->words->n_beyond; i++) {
		const struct cs_host_beyond *b = &a->words->beyond[i];

		if (b->link != a->outer && (cs_prefix_has(p, &b->prefix.addr) ||
					    cs_prefix_has(&b->prefix, &p->addr)))
			return cs_assume_link_of(a, b->link);
	}
	return 0;
}

static void add_locals(struct cs_assumption *a, const struct cs_prefix *locals, size_t n)
{
	size_t counts[2] = { 0, 0 }; /* of each family: their n-th share an interface */

	for (size_t i = 0; i < n; i++) {
		bool v4 = cs_addr_is_v4(&locals[i].addr);
		uint32_t link = link_by_words(a, &locals[i]);

		add_network(a, &locals[i],
			    link ? link : cs_assume_ordinary(a, counts[v4]));
		if (counts[v4] + 1 < CS_ASSUME_LOCALS)
			counts[v4]++;
	}
}

/*
 * The networks that rules name with an interface. Of the outer one they are not taken:
 * what is said of those is who may not be there.
 */
static void add_beyond(struct cs_assumption *a)
{
	for (size_t i = 0; i < a->words->n_beyond; i++) {
		const struct cs_host_beyond *b = &a->words->beyond[i];

		if (b->link != a->outer && network_with(a, &b->prefix.addr) == SIZE_MAX)
			add_network(a, &b->prefix, cs_assume_link_of(a, b->link));
	}
}

static bool has_network(const struct cs_assumption *a, uint32_t link, bool v4)
{
	for (size_t i = 0; i < a->n_networks; i++)
		if (a->networks[i].link == link &&
		    cs_addr_is_v4(&a->networks[i].prefix.addr) == v4)
			return true;
	return false;
}

static struct cs_prefix made_up(const char *name, uint32_t link)
{
	static const struct {
		const char *name, *prefix;
	} usual[] = {
		{ "docker0", "172.17.0.0/16" },
		{ "virbr0", "192.168.122.0/24" },
		{ "podman0", "10.88.0.0/16" },
	};
	struct cs_prefix p = cs_assume_prefix("10.201.0.0/24");

	for (size_t i = 0; i < CS_LEN(usual); i++)
		if (strcmp(name, usual[i].name) == 0)
			return cs_assume_prefix(usual[i].prefix);
	p.addr = cs_addr_plus(p.addr, (uint64_t)link << 8);
	return p;
}

/* Every interface has a network, of one family at least. */
static void add_made_up(struct cs_assumption *a)
{
	for (size_t i = 0; i < a->n_inner; i++) {
		uint32_t link = (uint32_t)(CS_ASSUME_INNER + i);
		struct cs_prefix p;

		if (has_network(a, link, true) || has_network(a, link, false))
			continue;
		p = made_up(a->inner[i].name, link);
		add_network(a, &p, link);
	}
}

/* Where DNAT sends to there must be somebody, behind an interface that is not the outer one. */
static void add_targets(struct cs_assumption *a)
{
	for (size_t i = 0; i < a->words->n_targets; i++) {
		struct cs_prefix one = { a->words->targets[i], 128 };

		if (network_with(a, &one.addr) == SIZE_MAX)
			add_network(a, &one, cs_assume_ordinary(a, 0));
	}
}

static void add_usual(struct cs_assumption *a)
{
	struct cs_prefix v4 = cs_assume_prefix("192.168.1.0/24"),
			 v6 = cs_assume_prefix("fd00:c0a9::/64");
	uint32_t link = cs_assume_ordinary(a, 0);

	if (!has_network(a, link, true))
		add_network(a, &v4, link);
	if (!has_network(a, link, false))
		add_network(a, &v6, link);
}

/* --- the outer one, and the machine's own addresses --- */

/* An IPv4 address that ends like this is a network's or its broadcast address. */
static bool is_hosts(const struct cs_addr *a)
{
	return !cs_addr_is_v4(a) || (a->b[15] != 0 && a->b[15] != 255);
}

static void set_own(struct cs_assumption *a, const struct cs_addr *own, bool said)
{
	size_t i = network_with(a, own);

	if (i == SIZE_MAX || a->networks[i].said)
		return; /* no room, or the first one counts */
	a->networks[i].own = *own;
	a->networks[i].said = said;
}

/* Without a network around it: nobody there is known, and all are strangers. */
static void add_outer(struct cs_assumption *a, const struct cs_addr *own)
{
	if (a->n_networks < CS_ASSUME_NETWORKS)
		a->networks[a->n_networks++] = (struct cs_assumed_network){
			{ *own, 128 }, *own, CS_ASSUME_OUTER, false
		};
}

/* Addresses that rules say are the machine's: in a network that is there, or outside. */
static void add_own(struct cs_assumption *a)
{
	for (size_t i = 0; i < a->words->n_own; i++) {
		struct cs_prefix one = { a->words->own[i], 128 };

		if (is_others(a, &one.addr) || !is_hosts(&one.addr))
			continue;
		if (network_with(a, &one.addr) == SIZE_MAX)
			add_outer(a, &one.addr);
		set_own(a, &one.addr, true);
	}
}

static void add_outside(struct cs_assumption *a)
{
	struct cs_prefix v4 = cs_assume_prefix("82.165.97.18"),
			 v6 = cs_assume_prefix("2a01:4f8:c17:2a4b::2");

	add_own(a);
	if (!has_network(a, CS_ASSUME_OUTER, true))
		add_outer(a, &v4.addr);
	if (!has_network(a, CS_ASSUME_OUTER, false))
		add_outer(a, &v6.addr);
}

void cs_assume_networks(struct cs_assumption *a, const struct cs_prefix *locals, size_t n)
{
	add_locals(a, locals, n);
	add_beyond(a);
	if (n == 0)
		add_usual(a);
	add_made_up(a);
	add_targets(a);
	add_outside(a);
}
