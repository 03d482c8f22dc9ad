/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A likely machine for rules of another one. It must be one on which the rules can do
 * all that they are written for: traffic comes in by the interface that they call the outer
 * one, leaves by those that they name with the networks behind them, and is for the
 * addresses that they say are the machine's.
 */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "protect/host_assume_own.h"
#include "protect/rules.h"
#include "protect/rules_span.h"

enum { JUMPS_DEEP = 4, JUMPS_MAX = 1024 };

/* --- words of the rules --- */

static enum cs_host_place place_of(const struct cs_rules *rules, const struct cs_rule *r)
{
	if (r->tool == CS_RULE_UFW && strstr(r->chain, "-user-input"))
		return CS_HOST_PLACE_INPUT;
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

/* What chains do that are jumped to, under way. */
struct jumps {
	const struct cs_rules *rules;
	const struct cs_host_said *said; /* of each rule */
	size_t left;                     /* chains that may still be looked at */
	bool masquerades, sends_on;
};

/* What @chain does with all that comes there, and those that it jumps to. */
static void look_into(struct jumps *j, const char *table, struct cs_span chain,
		      unsigned depth)
{
	if (chain.len == 0 || depth == JUMPS_DEEP || j->left == 0)
		return;
	j->left--;
	for (size_t i = 0; i < j->rules->n; i++) {
		const struct cs_rule *rule = &j->rules->rules[i];
		const struct cs_host_said *said = &j->said[i];

		if (!cs_text_is(chain, rule->chain) || strcmp(table, rule->table) != 0)
			continue;
		j->masquerades |= said->masquerades && !said->out;
		j->sends_on |= said->sends_on && !said->in;
		if (!said->in && !said->out)
			look_into(j, table, said->jump, depth + 1);
	}
}

/* OpenWrt and firewalld say where it goes out in one chain, and masquerade in another. */
static void read_jumps(const struct cs_rules *rules, const struct cs_host_said *said)
{
	struct jumps j = { .rules = rules, .said = said, .left = JUMPS_MAX };

	for (size_t i = 0; i < rules->n; i++) {
		if (!said[i].in && !said[i].out)
			continue;
		j.masquerades = j.sends_on = false;
		look_into(&j, rules->rules[i].table, said[i].jump, 0);
		cs_host_words_jumped(&said[i], j.masquerades, j.sends_on);
	}
}

static enum cs_err read_words(struct cs_assumption *a, const struct cs_rules *rules)
{
	struct cs_host_said *said =
		cs_arena_array(a->draft.arena, rules->n + 1, sizeof(*said));

	a->words = cs_arena_alloc(a->draft.arena, sizeof(*a->words));
	if (!a->words || !said)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < rules->n; i++)
		said[i] = cs_host_words_rule(a->words, rules->rules[i].raw,
					     place_of(rules, &rules->rules[i]));
	read_jumps(rules, said);
	cs_host_words_sets(a->words, rules->nft);
	return CS_OK;
}

/* --- the host --- */

static void put_link(struct cs_assumption *a, uint32_t index, const char *name)
{
	struct cs_host_link *link = cs_host_add_link(&a->draft);

	if (!link)
		return;
	link->index = index;
	link->up = true;
	link->loopback = index == CS_ASSUME_LOOPBACK;
	link->ethernet = index != CS_ASSUME_LOOPBACK && strncmp(name, "ppp", 3) != 0 &&
			 strncmp(name, "tun", 3) != 0 && strncmp(name, "wg", 2) != 0;
	(void)snprintf(link->name, sizeof(link->name), "%s", name);
	(void)snprintf(link->kind, sizeof(link->kind), "%s", cs_assume_kind(name));
}

static void put_route(struct cs_assumption *a, const struct cs_prefix *to, uint32_t link,
		      const struct cs_addr *gateway)
{
	struct cs_host_route *r = cs_host_add_route(&a->draft);

	if (!r)
		return;
	*r = (struct cs_host_route){ .to = *to, .link = link, .table = RT_TABLE_MAIN };
	if (gateway)
		r->gateway = *gateway;
}

static void put_network(struct cs_assumption *a, const struct cs_assumed_network *n)
{
	struct cs_host_address *address = cs_host_add_address(&a->draft);

	if (address)
		*address = (struct cs_host_address){ n->own, n->prefix.bits, n->link };
	if (n->prefix.bits < 128)
		put_route(a, &n->prefix, n->link, NULL);
}

/* The router is the first one of the network that an outer address is usually in. */
static void put_default(struct cs_assumption *a, bool v4)
{
	struct cs_prefix all = cs_assume_prefix(v4 ? "0.0.0.0/0" : "::/0"), around;
	struct cs_addr gateway = cs_assume_prefix("fe80::1").addr;

	for (size_t i = 0; v4 && i < a->n_networks; i++) {
		const struct cs_assumed_network *n = &a->networks[i];

		if (n->link != CS_ASSUME_OUTER || !cs_addr_is_v4(&n->own))
			continue;
		around = cs_assume_widen(&(struct cs_prefix){ n->own, 128 });
		gateway = cs_assume_free(a, &around);
		if (cs_addr_cmp(&gateway, &n->own) == 0)
			gateway = cs_addr_plus(around.addr, 254);
		break;
	}
	put_route(a, &all, CS_ASSUME_OUTER, &gateway);
}

static void put_sysctl(struct cs_assumption *a, const char *name, bool on)
{
	struct cs_host_sysctl *s = cs_host_add_sysctl(&a->draft);

	if (s)
		*s = (struct cs_host_sysctl){ name, on ? "1" : "0" };
}

/* A machine that has rules for what it forwards, or sends on, does forward. */
static bool forwards(const struct cs_assumption *a, const struct cs_rules *rules, bool v4)
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

static void put_all(struct cs_assumption *a, const struct cs_rules *rules)
{
	put_link(a, CS_ASSUME_LOOPBACK, "lo");
	put_link(a, CS_ASSUME_OUTER,
		 a->outer == SIZE_MAX ? "eth0" : a->words->links[a->outer].name);
	for (size_t i = 0; i < a->n_inner; i++)
		put_link(a, (uint32_t)(CS_ASSUME_INNER + i), a->inner[i].name);
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
	struct cs_assumption a = { .draft = { .arena = arena, .host = out } };
	enum cs_err err;

	*out = (struct cs_host){ .assumed = true };
	err = read_words(&a, rules);
	if (!err)
		err = cs_assume_links(&a);
	if (err)
		return err;
	cs_assume_networks(&a, locals, n_locals);
	put_all(&a, rules);
	return a.draft.err;
}
