/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/promise.h"

#include <string.h>

enum { COAP = 5683, DTLS = 5684 };

/* One of both families does not hold for the other. */
static bool has(const struct cs_prefix *prefix, const struct cs_addr *address)
{
	return cs_addr_is_v4(&prefix->addr) == cs_addr_is_v4(address) &&
	       cs_prefix_has(prefix, address);
}

static bool enters(const char *bound, const char *link)
{
	return !bound[0] || !link || strcmp(bound, link) == 0;
}

static bool named(const struct cs_entries *entries, const struct cs_addr *address,
		  const char *link, bool deny, bool hosts)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct cs_entry *e = &entries->at[i];

		if (e->deny == deny && (e->prefix.bits == 128) == hosts &&
		    has(&e->prefix, address) && enters(e->interface, link))
			return true;
	}
	return false;
}

/* Bound to this interface: asked for before prefixes are denied. */
static bool bound(const struct cs_entries *entries, const struct cs_addr *address,
		  const char *link)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct cs_entry *e = &entries->at[i];

		if (!e->deny && e->interface[0] && has(&e->prefix, address) &&
		    enters(e->interface, link))
			return true;
	}
	return false;
}

/* In the order of the rules (policy.h). */
bool cs_promise_denies(const struct cs_entries *entries, const struct cs_addr *address,
		       const char *link)
{
	if (named(entries, address, link, true, true))
		return true;
	return !named(entries, address, link, false, true) &&
	       !bound(entries, address, link) &&
	       named(entries, address, link, true, false);
}

bool cs_promise_allows(const struct cs_policy *policy, const struct cs_entries *entries,
		       const struct cs_addr *address, const char *link)
{
	if (cs_promise_denies(entries, address, link))
		return false;
	if (named(entries, address, link, false, true) ||
	    named(entries, address, link, false, false))
		return true;
	for (size_t i = 0; policy && i < policy->n_allow; i++)
		if (has(&policy->allow[i].prefix, address) &&
		    enters(policy->allow[i].interface, link))
			return true;
	return false;
}

/* What passes through us to somebody else's host is a router's business alone. */
static bool is_passing(const struct cs_host *host, const struct cs_meaning *row)
{
	return row->forward && !cs_addr_is_group(&row->ask.to) &&
	       !cs_host_is_own(host, &row->ask.to);
}

/* A router's hosts are those of its networks, and no others that it sends packets to. */
static bool is_covered(const struct cs_policy *policy, const struct cs_addr *to)
{
	for (size_t i = 0; policy->router && i < policy->n_local; i++)
		if (has(&policy->local[i], to))
			return true;
	return false;
}

/* Its rules match CoAP ports alone: of one that leads to such a port it says nothing. */
static bool is_other_port(const struct cs_meaning *row)
{
	return row->ask.port != COAP && row->ask.port != DTLS;
}

bool cs_promise_is_published(const struct cs_meaning *row)
{
	return is_other_port(row) && row->exposed;
}

bool cs_promise_is_left_open(const struct cs_policy *policy, const struct cs_host *host,
			     const struct cs_meaning *row)
{
	return row->asker == CS_ASKER_INTERNET && is_passing(host, row) &&
	       !is_covered(policy, &row->ask.to) && cs_meaning_is_answered(row);
}

static enum cs_promise of_stranger(const struct cs_policy *policy,
				   const struct cs_meaning *row)
{
	if (cs_addr_is_group(&row->ask.to) && policy->multicast &&
	    row->asker == CS_ASKER_LOCAL)
		return CS_PROMISE_NONE;
	if (policy->strangers == CS_STRANGERS_DTLS_ONLY && row->ask.port == DTLS &&
	    !cs_addr_is_group(&row->ask.to))
		return CS_PROMISE_NONE;
	if (policy->strangers == CS_STRANGERS_LIMIT && !cs_addr_is_group(&row->ask.to))
		return row->told.verdict == CS_MEANING_OPEN ? CS_PROMISE_LET_IN
							    : CS_PROMISE_KEPT;
	return cs_meaning_is_answered(row) ? CS_PROMISE_LET_IN : CS_PROMISE_KEPT;
}

enum cs_promise cs_promise_of(const struct cs_policy *policy,
			      const struct cs_entries *entries,
			      const struct cs_host *host, const struct cs_meaning *row)
{
	const struct cs_host_link *link = cs_host_link(host, row->ask.link);
	const char *name = link ? link->name : "";

	if (is_other_port(row))
		return CS_PROMISE_NONE;
	if (is_passing(host, row) &&
	    (!is_covered(policy, &row->ask.to) || row->asker == CS_ASKER_LOCAL))
		return CS_PROMISE_NONE;
	if (cs_promise_denies(entries, &row->ask.from, name))
		return cs_meaning_is_answered(row) ? CS_PROMISE_LET_IN : CS_PROMISE_KEPT;
	if (!cs_promise_allows(policy, entries, &row->ask.from, name))
		return of_stranger(policy, row);
	if (cs_addr_is_group(&row->ask.to))
		return CS_PROMISE_NONE;
	if (cs_meaning_is_answered(row))
		return CS_PROMISE_KEPT;
	return row->told.rule && row->told.rule->ours ? CS_PROMISE_SHUT
						      : CS_PROMISE_OTHERS;
}
