/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_place.h"

#include "protect/rules_span.h"
#include "protect/ufw_plan.h"

bool cs_ufw_is_v6(const struct cs_prefix *p)
{
	return !(cs_addr_is_v4(&p->addr) && p->bits >= 96);
}

/* What a rule says of CoAP that comes in for this host. */
static bool is_of_coap(const struct cs_ufw_tuple *t)
{
	static const char *const protocols[] = { "any", "udp", "tcp" };
	bool protocol = false;

	for (size_t i = 0; i < CS_LEN(protocols); i++)
		protocol |= cs_text_is(t->protocol, protocols[i]);
	return protocol && !t->route && !t->out && !cs_ufw_tuple_is_ours(t) &&
	       (cs_ufw_ports_have(t->to_port, 5683) ||
		cs_ufw_ports_have(t->to_port, 5684));
}

/* All of plain CoAP, from whatever port: then it can be said again by a profile. */
static bool is_of_all_coap(const struct cs_ufw_tuple *t)
{
	return cs_text_is(t->from_port, "any") && cs_ufw_ports_have(t->to_port, 5683) &&
	       !cs_text_is(t->protocol, "tcp") && !t->odd;
}

bool cs_ufw_denies_strangers(const struct cs_policy *policy)
{
	return policy->strangers != CS_STRANGERS_LIMIT;
}

/* A peer that this rule would keep out, though it is about more than this peer's own part. */
static bool keeps_a_peer_out(const struct cs_ufw_side *f, const struct cs_ufw_tuple *t)
{
	for (size_t i = 0; t->action != CS_UFW_ALLOW && i < f->policy->n_allow; i++)
		if (cs_ufw_is_v6(&f->policy->allow[i].prefix) == f->v6 &&
		    cs_prefix_within(&f->policy->allow[i].prefix, &t->from))
			return true;
	return false;
}

static bool lets_strangers_in(const struct cs_ufw_side *f, const struct cs_ufw_tuple *t)
{
	return cs_ufw_denies_strangers(f->policy) &&
	       (t->action == CS_UFW_ALLOW || t->action == CS_UFW_LIMIT);
}

/* The number that a rule has once ours are gone. */
uint32_t cs_ufw_number(const struct cs_ufw_tuples *all, const struct cs_ufw_tuple *t)
{
	uint32_t ours = 0, last = 0;

	for (size_t i = 0; i < all->n && all->at[i].number < t->number; i++) {
		if (cs_ufw_tuple_is_ours(&all->at[i]) && all->at[i].number != last) {
			last = all->at[i].number;
			ours++;
		}
	}
	return t->number - ours;
}

static uint32_t place_in(const struct cs_ufw_side *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (is_of_coap(&f->at[i]) &&
		    (lets_strangers_in(f, &f->at[i]) || keeps_a_peer_out(f, &f->at[i])))
			return cs_ufw_number(f->all, &f->at[i]);
	return 0;
}

/*
 * ufw counts the tuples of a profile one by one when it inserts, and together when it
 * shows numbers: ours may come to stand further up than the number says, never further down.
 */
static bool is_behind(const struct cs_ufw_side *f, const struct cs_ufw_tuple *t)
{
	uint32_t place = f->place, tuples = 1;

	for (size_t i = 0; f->v6 && i < f->all->n && !f->all->at[i].v6; i++)
		if (!cs_ufw_tuple_is_ours(&f->all->at[i]) &&
		    (i == 0 || f->all->at[i].number != f->all->at[i - 1].number))
			place--;
	for (const struct cs_ufw_tuple *other = f->at; other < t; other++)
		tuples += !cs_ufw_tuple_is_ours(other);
	return f->place > 0 && tuples >= place;
}

/* It is about a part of what a peer of ours is, and no peer is named in it. */
static bool is_part_of_a_peer(const struct cs_ufw_side *f, const struct cs_ufw_tuple *t)
{
	bool part = false;

	for (size_t i = 0; i < f->policy->n_allow; i++) {
		const struct cs_prefix *peer = &f->policy->allow[i].prefix;

		if (cs_ufw_is_v6(peer) != f->v6)
			continue;
		if (cs_prefix_within(peer, &t->from))
			return false;
		part |= cs_prefix_within(&t->from, peer);
	}
	return part;
}

static bool would_be_passed_by(const struct cs_ufw_side *f, const struct cs_ufw_tuple *t)
{
	return is_of_coap(t) && t->action != CS_UFW_ALLOW && is_behind(f, t) &&
	       is_part_of_a_peer(f, t);
}

/* ufw has one rule for a match, whatever its ports were. */
static bool is_said_already(const struct cs_ufw_side *f, const struct cs_ufw_tuple *t)
{
	for (const struct cs_ufw_tuple *other = f->at; other < t; other++)
		if (cs_prefix_cmp(&other->from, &t->from) == 0 &&
		    cs_prefix_cmp(&other->to, &t->to) == 0 &&
		    cs_span_eq(other->in, t->in) && is_of_all_coap(other) &&
		    other->action != CS_UFW_LIMIT && would_be_passed_by(f, other))
			return true;
	return false;
}

enum cs_ufw_passed cs_ufw_side_passes(const struct cs_ufw_side *f,
				      const struct cs_ufw_tuple *t)
{
	if (!would_be_passed_by(f, t) || is_said_already(f, t))
		return CS_UFW_NOT_PASSED;
	return t->action == CS_UFW_LIMIT || !is_of_all_coap(t) ? CS_UFW_LOST
							       : CS_UFW_SAY_AGAIN;
}

struct cs_ufw_side cs_ufw_side_of(const struct cs_ufw_tuples *all,
				  const struct cs_policy *policy, bool v6)
{
	struct cs_ufw_side side = { .policy = policy, .all = all, .v6 = v6 };
	size_t n4 = 0;

	while (n4 < all->n && !all->at[n4].v6)
		n4++;
	side.at = v6 ? all->at + n4 : all->at;
	side.n = v6 ? all->n - n4 : n4;
	side.place = place_in(&side);
	return side;
}
