/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups: every kind of key is a sorted array. */
#include "report/owners.h"

#include <ctype.h>
#include <stdlib.h>

#include "report/owners_keys.h"

enum { HOSTNAME_MAX = 1024 /* longer ones are of no domain: escapes and all */ };

void cs_owners_free(struct cs_owners *owners)
{
	if (!owners)
		return;
	cs_arena_clear(&owners->arena);
	free(owners->at);
	free(owners->line);
	free(owners->by_name);
	free(owners->asns);
	free(owners->geos);
	free(owners->nets);
	free(owners->names);
	free(owners);
}

size_t cs_owners_count(const struct cs_owners *owners)
{
	return owners->n;
}

const struct cs_owner *cs_owners_at(const struct cs_owners *owners, size_t i)
{
	return &owners->at[i];
}

bool cs_owners_find(const struct cs_owners *owners, struct cs_span name, size_t *i)
{
	size_t low = 0, high = owners->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint32_t at = owners->by_name[mid];
		int order = cs_name_order(cs_span_str(owners->at[at].name), name);

		if (order == 0) {
			*i = at;
			return true;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* The owners of one row so far, ascending. */
struct found {
	uint32_t *owner;
	size_t n;
};

static void add(struct found *found, uint32_t owner)
{
	size_t low = 0, high = found->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (found->owner[mid] < owner)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < found->n && found->owner[low] == owner)
		return;
	memmove(&found->owner[low + 1], &found->owner[low],
		(found->n - low) * sizeof(*found->owner));
	found->owner[low] = owner;
	found->n++;
}

static void add_number(const struct cs_num_key *keys, size_t n, uint32_t number,
		       struct found *found)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (keys[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n && keys[low].number == number; low++)
		add(found, keys[low].of.owner);
}

/* The last prefix that begins at or before @ip, or NOWHERE. */
static uint32_t last_before(const struct cs_owners *o, const struct cs_addr *ip)
{
	size_t low = 0, high = o->n_nets;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (cs_addr_cmp(&o->nets[mid].prefix.addr, ip) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? (uint32_t)(low - 1) : CS_OWNERS_NOWHERE;
}

/* IPv4 addresses lie in what IPv6 uses for them, but nobody who writes ::/0 means that. */
static bool is_of_family(const struct cs_prefix *prefix, bool v4)
{
	return !v4 || prefix->bits >= 96;
}

/* What has an address has it with all the prefixes around the smallest one. */
static void add_prefixes(const struct cs_owners *o, const struct cs_addr *ip,
			 struct found *found)
{
	bool v4 = cs_addr_is_v4(ip);

	for (uint32_t i = last_before(o, ip); i != CS_OWNERS_NOWHERE;
	     i = o->nets[i].around) {
		const struct cs_net_key *net = &o->nets[i];

		if (is_of_family(&net->prefix, v4) && cs_prefix_has(&net->prefix, ip))
			add(found, net->of.owner);
	}
}

int cs_name_order(struct cs_span a, struct cs_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

size_t cs_owners_name_at(const struct cs_owners *o, struct cs_span name)
{
	size_t low = 0, high = o->n_names;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (cs_name_order(o->names[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct cs_span cs_name_parent(struct cs_span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '\\')
			i++;
		else if (name.ptr[i] == '.')
			return cs_span_of(name.ptr + i + 1, name.len - i - 1);
	}
	return cs_span_of(NULL, 0);
}

static void add_domains(const struct cs_owners *o, struct cs_span hostname,
			struct found *found)
{
	char lower[HOSTNAME_MAX];
	struct cs_span rest;

	if (hostname.len == 0 || hostname.len > sizeof(lower))
		return;
	for (size_t i = 0; i < hostname.len; i++)
		lower[i] = (char)tolower(hostname.ptr[i]);
	rest = cs_span_of(lower, hostname.len - (lower[hostname.len - 1] == '.'));
	for (; rest.len > 0; rest = cs_name_parent(rest)) {
		for (size_t i = cs_owners_name_at(o, rest);
		     i < o->n_names && cs_span_eq(o->names[i].name, rest); i++)
			add(found, o->names[i].of.owner);
	}
}

size_t cs_owners_of(const struct cs_owners *o, const struct cs_result *row,
		    const struct cs_enriched *enriched, uint32_t *out)
{
	struct found found = { .owner = out };

	if (o->n_nets)
		add_prefixes(o, &row->ip, &found);
	if (!enriched)
		return found.n;
	if (enriched->place.asn)
		add_number(o->asns, o->n_asns, enriched->place.asn, &found);
	if (enriched->place.geo.len == 2)
		add_number(o->geos, o->n_geos, cs_geo_number(enriched->place.geo),
			   &found);
	if (o->n_names)
		add_domains(o, enriched->hostname, &found);
	return found.n;
}
