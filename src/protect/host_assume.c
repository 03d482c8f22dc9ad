/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A likely machine for rules of another one. It must be one on which the rules can do
 * all that they are written for: traffic comes in by the interface that they call the outer
 * one, leaves by those that they name with the networks behind them, and is for the
 * addresses that they say are the machine's.
 */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protect/host_own.h"
#include "protect/host_words.h"
#include "protect/rules.h"

enum {
	NETWORKS_MAX = 512,
	LOCAL_LINKS_MAX = 32, /* more local networks than that share the last interface */
	LOOPBACK = 1,         /* indexes */
	OUTER = 2,
	FIRST_INNER = 3,
};

/* A network, and the machine's own address in it. */
struct network {
	struct cs_prefix prefix;
	struct cs_addr own;
	uint32_t link;
	bool said; /* that it is the machine's own; else it is made up */
};

struct side {
	char name[CS_HOST_NAME];
	bool named;   /* by the rules */
	bool virtual; /* of tunnels, containers and guests: no ordinary local network */
};

struct assumption {
	struct cs_host_draft draft;
	struct cs_host_words *words;
	struct side *inner; /* link FIRST_INNER + i */
	size_t n_inner;
	size_t outer; /* index into words->links; SIZE_MAX: none of them */
	struct network *networks;
	size_t n_networks;
};

/* --- words of the rules --- */

static enum cs_host_place place_of(const struct cs_rules *rules, const struct cs_rule *r)
{
	for (size_t i = 0; i < rules->n_chains; i++) {
		const struct cs_rules_chain *c = &rules->chains[i];

		if (strcmp(c->table, r->table) != 0 || strcmp(c->name, r->chain) != 0)
			continue;
		if (strcmp(c->hook, "input") == 0 || strcmp(c->hook, "prerouting") == 0)
			return CS_HOST_PLACE_INPUT;
		if (strcmp(c->hook, "forward") == 0)
			return CS_HOST_PLACE_FORWARD;
	}
	return CS_HOST_PLACE_OTHER;
}

static enum cs_err read_words(struct assumption *a, const struct cs_rules *rules)
{
	a->words = cs_arena_alloc(a->draft.arena, sizeof(*a->words));
	if (!a->words)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < rules->n; i++)
		cs_host_words_rule(a->words, rules->rules[i].text,
				   place_of(rules, &rules->rules[i]));
	cs_host_words_sets(a->words, rules->nft);
	return CS_OK;
}

static size_t find_outer(const struct cs_host_words *w)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < w->n_links; i++)
		if (w->links[i].outwards > 0 &&
		    (best == SIZE_MAX || w->links[i].outwards > w->links[best].outwards))
			best = i;
	return best;
}

/* --- links --- */

static bool is_virtual(const char *name)
{
	static const char *const begins[] = { "docker",    "br-",    "veth",  "virbr",
					      "lxc",       "lxd",    "cni",   "cali",
					      "flannel",   "wg",     "tun",   "tap",
					      "tailscale", "zt",     "ipsec", "vti",
					      "vnet",      "podman", "ppp" };

	for (size_t i = 0; i < CS_LEN(begins); i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return strcmp(name, "br-lan") != 0;
	return false;
}

static void add_inner(struct assumption *a, const char *name, bool named)
{
	struct side *s = &a->inner[a->n_inner++];

	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	s->named = named;
	s->virtual = is_virtual(name);
}

static bool is_taken(const struct assumption *a, const char *name)
{
	for (size_t i = 0; i < a->words->n_links; i++)
		if (strcmp(a->words->links[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < a->n_inner; i++)
		if (strcmp(a->inner[i].name, name) == 0)
			return true;
	return false;
}

/* One that the rules do not know: eth1, eth2 ... */
static void add_unnamed(struct assumption *a)
{
	char name[CS_HOST_NAME];
	unsigned n = 1;

	do
		(void)snprintf(name, sizeof(name), "eth%u", n++);
	while (is_taken(a, name));
	add_inner(a, name, false);
}

/* The number-th of those that may have an ordinary network; made where there are too few. */
static uint32_t ordinary_link(struct assumption *a, size_t number)
{
	for (;;) {
		size_t seen = 0;

		for (size_t i = 0; i < a->n_inner; i++)
			if (!a->inner[i].virtual && seen++ == number)
				return (uint32_t)(FIRST_INNER + i);
		add_unnamed(a);
	}
}

static uint32_t link_of(const struct assumption *a, size_t named)
{
	const char *name = a->words->links[named].name;

	for (size_t i = 0; i < a->n_inner; i++)
		if (strcmp(a->inner[i].name, name) == 0)
			return (uint32_t)(FIRST_INNER + i);
	return OUTER;
}

static enum cs_err choose_links(struct assumption *a)
{
	const struct cs_host_words *w = a->words;

	a->outer = find_outer(w);
	a->inner = cs_arena_array(a->draft.arena, w->n_links + LOCAL_LINKS_MAX + 1,
				  sizeof(*a->inner));
	a->networks = cs_arena_array(a->draft.arena, NETWORKS_MAX, sizeof(*a->networks));
	if (!a->inner || !a->networks)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < w->n_links; i++)
		if (i != a->outer)
			add_inner(a, w->links[i].name, true);
	return CS_OK;
}

/* --- networks --- */

static bool same_prefix(const struct cs_prefix *a, const struct cs_prefix *b)
{
	return a->bits == b->bits && cs_addr_cmp(&a->addr, &b->addr) == 0;
}

static struct network *network_with(struct assumption *a, const struct cs_addr *address)
{
	struct network *best = NULL;

	for (size_t i = 0; i < a->n_networks; i++)
		if (cs_prefix_has(&a->networks[i].prefix, address) &&
		    (!best || a->networks[i].prefix.bits > best->prefix.bits))
			best = &a->networks[i];
	return best;
}

/* True for one that somebody else has. */
static bool is_others(const struct assumption *a, const struct cs_addr *address)
{
	for (size_t i = 0; i < a->words->n_targets; i++)
		if (cs_addr_cmp(&a->words->targets[i], address) == 0)
			return true;
	return false;
}

/* The first address of a network, as routers have it, or one that is free after it. */
static struct cs_addr free_address(const struct assumption *a, const struct cs_prefix *p)
{
	struct cs_addr at = cs_addr_plus(p->addr, p->bits < 127 ? 1 : 0);

	for (unsigned i = 0; i < 8 && is_others(a, &at); i++)
		at = cs_addr_plus(p->addr, 254 - i);
	return at;
}

/* A single address is a host in a network of the usual size. */
static struct cs_prefix widen(const struct cs_prefix *p)
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

static void add_network(struct assumption *a, const struct cs_prefix *prefix,
			uint32_t link)
{
	struct cs_prefix p = widen(prefix);

	for (size_t i = 0; i < a->n_networks; i++)
		if (same_prefix(&a->networks[i].prefix, &p))
			return; /* the first that was said of it counts */
	if (a->n_networks == NETWORKS_MAX)
		return;
	a->networks[a->n_networks++] =
		(struct network){ p, free_address(a, &p), link, false };
	/* The host that was named is a neighbour, not the machine itself. */
	if (cs_addr_cmp(&a->networks[a->n_networks - 1].own, &prefix->addr) == 0)
		a->networks[a->n_networks - 1].own = cs_addr_plus(p.addr, 254);
}

static struct cs_prefix prefix_of(const char *text)
{
	struct cs_prefix p = { 0 };

	if (cs_prefix_read(cs_span_str(text), &p))
		p = (struct cs_prefix){ 0 }; /* not for a constant of ours */
	return p;
}

/* Where a rule names that network with an interface, or a part of it. */
static uint32_t link_by_words(const struct assumption *a, const struct cs_prefix *p)
{
	for (size_t i = 0; i < a->words->n_beyond; i++) {
		const struct cs_host_beyond *b = &a->words->beyond[i];

		if (b->link != a->outer && (cs_prefix_has(p, &b->prefix.addr) ||
					    cs_prefix_has(&b->prefix, &p->addr)))
			return link_of(a, b->link);
	}
	return 0;
}

static void add_locals(struct assumption *a, const struct cs_prefix *locals, size_t n)
{
	size_t counts[2] = { 0, 0 }; /* of each family: their n-th share an interface */

	for (size_t i = 0; i < n; i++) {
		bool v4 = cs_addr_is_v4(&locals[i].addr);
		uint32_t link = link_by_words(a, &locals[i]);

		add_network(a, &locals[i], link ? link : ordinary_link(a, counts[v4]));
		if (counts[v4] + 1 < LOCAL_LINKS_MAX)
			counts[v4]++;
	}
}

/*
 * The networks that rules name with an interface. Of the outer one they are not taken:
 * what is said of those is who may not be there.
 */
static void add_beyond(struct assumption *a)
{
	for (size_t i = 0; i < a->words->n_beyond; i++) {
		const struct cs_host_beyond *b = &a->words->beyond[i];

		if (b->link != a->outer && !network_with(a, &b->prefix.addr))
			add_network(a, &b->prefix, link_of(a, b->link));
	}
}

static bool has_network(const struct assumption *a, uint32_t link, bool v4)
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
	struct cs_prefix p = prefix_of("10.201.0.0/24");

	for (size_t i = 0; i < CS_LEN(usual); i++)
		if (strcmp(name, usual[i].name) == 0)
			return prefix_of(usual[i].prefix);
	p.addr = cs_addr_plus(p.addr, (uint64_t)link << 8);
	return p;
}

/* Every interface has a network, of one family at least. */
static void add_made_up(struct assumption *a)
{
	for (size_t i = 0; i < a->n_inner; i++) {
		uint32_t link = (uint32_t)(FIRST_INNER + i);
		struct cs_prefix p;

		if (has_network(a, link, true) || has_network(a, link, false))
			continue;
		p = made_up(a->inner[i].name, link);
		add_network(a, &p, link);
	}
}

/* Where DNAT sends to there must be somebody, behind an interface that is not the outer one. */
static void add_targets(struct assumption *a)
{
	for (size_t i = 0; i < a->words->n_targets; i++) {
		struct cs_prefix one = { a->words->targets[i], 128 };

		if (!network_with(a, &one.addr))
			add_network(a, &one, ordinary_link(a, 0));
	}
}

static void add_usual(struct assumption *a)
{
	struct cs_prefix v4 = prefix_of("192.168.1.0/24"),
			 v6 = prefix_of("fd00:c0a9::/64");
	uint32_t link = ordinary_link(a, 0);

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

static void set_own(struct assumption *a, const struct cs_addr *own, bool said)
{
	struct network *n = network_with(a, own);

	if (!n || n->said)
		return; /* no room, or the first one counts */
	n->own = *own;
	n->said = said;
}

/* Without a network around it: nobody there is known, and all are strangers. */
static void add_outer(struct assumption *a, const struct cs_addr *own)
{
	if (a->n_networks < NETWORKS_MAX)
		a->networks[a->n_networks++] =
			(struct network){ { *own, 128 }, *own, OUTER, false };
}

/* Addresses that rules say are the machine's: in a network that is there, or outside. */
static void add_own(struct assumption *a)
{
	for (size_t i = 0; i < a->words->n_own; i++) {
		struct cs_prefix one = { a->words->own[i], 128 };

		if (is_others(a, &one.addr) || !is_hosts(&one.addr))
			continue;
		if (!network_with(a, &one.addr))
			add_outer(a, &one.addr);
		set_own(a, &one.addr, true);
	}
}

static void add_outside(struct assumption *a)
{
	struct cs_prefix v4 = prefix_of("82.165.97.18"),
			 v6 = prefix_of("2a01:4f8:c17:2a4b::2");

	add_own(a);
	if (!has_network(a, OUTER, true))
		add_outer(a, &v4.addr);
	if (!has_network(a, OUTER, false))
		add_outer(a, &v6.addr);
}

/* --- the host --- */

static void put_link(struct assumption *a, uint32_t index, const char *name)
{
	struct cs_host_link *link = cs_host_add_link(&a->draft);

	if (!link)
		return;
	link->index = index;
	link->up = true;
	link->loopback = index == LOOPBACK;
	link->ethernet = index != LOOPBACK && strncmp(name, "ppp", 3) != 0 &&
			 strncmp(name, "tun", 3) != 0 && strncmp(name, "wg", 2) != 0;
	(void)snprintf(link->name, sizeof(link->name), "%s", name);
}

static void put_route(struct assumption *a, const struct cs_prefix *to, uint32_t link,
		      const struct cs_addr *gateway)
{
	struct cs_host_route *r = cs_host_add_route(&a->draft);

	if (!r)
		return;
	*r = (struct cs_host_route){ .to = *to, .link = link, .table = RT_TABLE_MAIN };
	if (gateway)
		r->gateway = *gateway;
}

static void put_network(struct assumption *a, const struct network *n)
{
	struct cs_host_address *address = cs_host_add_address(&a->draft);

	if (address)
		*address = (struct cs_host_address){ n->own, n->prefix.bits, n->link };
	if (n->prefix.bits < 128)
		put_route(a, &n->prefix, n->link, NULL);
}

/* The router is the first one of the network that an outer address is usually in. */
static void put_default(struct assumption *a, bool v4)
{
	struct cs_prefix all = prefix_of(v4 ? "0.0.0.0/0" : "::/0"), around;
	struct cs_addr gateway = prefix_of("fe80::1").addr;

	for (size_t i = 0; v4 && i < a->n_networks; i++) {
		const struct network *n = &a->networks[i];

		if (n->link != OUTER || !cs_addr_is_v4(&n->own))
			continue;
		around = widen(&(struct cs_prefix){ n->own, 128 });
		gateway = free_address(a, &around);
		if (cs_addr_cmp(&gateway, &n->own) == 0)
			gateway = cs_addr_plus(around.addr, 254);
		break;
	}
	put_route(a, &all, OUTER, &gateway);
}

static void put_sysctl(struct assumption *a, const char *name, bool on)
{
	struct cs_host_sysctl *s = cs_host_add_sysctl(&a->draft);

	if (s)
		*s = (struct cs_host_sysctl){ name, on ? "1" : "0" };
}

/* A machine that has rules for what it forwards, or sends on, does forward. */
static bool forwards(const struct assumption *a, const struct cs_rules *rules, bool v4)
{
	const char *other = v4 ? "ip6 " : "ip ";

	for (size_t i = 0; i < a->words->n_targets; i++)
		if (cs_addr_is_v4(&a->words->targets[i]) == v4)
			return true;
	for (size_t i = 0; i < rules->n; i++)
		if (rules->rules[i].place != SIZE_MAX &&
		    strncmp(rules->rules[i].table, other, strlen(other)) != 0 &&
		    place_of(rules, &rules->rules[i]) == CS_HOST_PLACE_FORWARD)
			return true;
	return false;
}

static void put_all(struct assumption *a, const struct cs_rules *rules)
{
	put_link(a, LOOPBACK, "lo");
	put_link(a, OUTER,
		 a->outer == SIZE_MAX ? "eth0" : a->words->links[a->outer].name);
	for (size_t i = 0; i < a->n_inner; i++)
		put_link(a, (uint32_t)(FIRST_INNER + i), a->inner[i].name);
	for (size_t i = 0; i < a->n_networks; i++)
		put_network(a, &a->networks[i]);
	put_default(a, true);
	put_default(a, false);
	put_sysctl(a, "ipv4/ip_forward", forwards(a, rules, true));
	put_sysctl(a, "ipv6/conf/all/forwarding", forwards(a, rules, false));
}

enum cs_err cs_host_assume(const struct cs_rules *rules, const struct cs_prefix *locals,
			   size_t n_locals, struct cs_arena *arena, struct cs_host *out)
{
	struct assumption a = { .draft = { .arena = arena, .host = out } };
	enum cs_err err;

	*out = (struct cs_host){ .assumed = true };
	err = read_words(&a, rules);
	if (!err)
		err = choose_links(&a);
	if (err)
		return err;
	add_locals(&a, locals, n_locals);
	add_beyond(&a);
	if (n_locals == 0)
		add_usual(&a);
	add_made_up(&a);
	add_targets(&a);
	add_outside(&a);
	put_all(&a, rules);
	return a.draft.err;
}
