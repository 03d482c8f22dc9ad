/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an owners file: who is found is who a plain search finds. */
#include "fuzz.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "report/owners_keys.h"

enum { MOST_ROWS = 64 };

static void take_note(void *arg, const char *line)
{
	unsigned *n = arg;

	++*n;
	for (; *line; line++)
		MUST(*line >= 0x20 && *line < 0x7f);
}

static void names_are_fit_for_files(const struct cs_owners *owners)
{
	for (size_t i = 0; i < cs_owners_count(owners); i++) {
		const struct cs_owner *owner = cs_owners_at(owners, i);
		size_t found = SIZE_MAX;

		MUST(*owner->name && strlen(owner->name) <= 64);
		for (const char *c = owner->name; *c; c++)
			MUST(isalnum((unsigned char)*c) || *c == '_');
		MUST(cs_owners_find(owners, cs_span_str(owner->name), &found));
		MUST(found == i);
	}
}

static bool prefix_matches(const struct cs_net_key *key, const struct cs_addr *ip)
{
	return cs_prefix_has(&key->prefix, ip) &&
	       (key->prefix.bits >= 96 || !cs_addr_is_v4(ip));
}

/* One of our own keys as a name: no escapes, so a plain suffix will do. */
static bool name_matches(const struct cs_name_key *key, struct cs_span host)
{
	if (host.len < key->name.len)
		return false;

	size_t before = host.len - key->name.len;

	return memcmp(host.ptr + before, key->name.ptr, key->name.len) == 0 &&
	       (before == 0 || host.ptr[before - 1] == '.');
}

static void the_search_is_right(const struct cs_owners *o, const struct cs_result *row,
				const struct cs_enriched *e, uint32_t *found,
				uint8_t *want)
{
	size_t n = cs_owners_of(o, row, e, found), expected = 0;

	memset(want, 0, o->n);
	for (size_t i = 0; i < o->n_nets; i++)
		want[o->nets[i].of.owner] |= prefix_matches(&o->nets[i], &row->ip);
	for (size_t i = 0; i < o->n_asns; i++)
		want[o->asns[i].of.owner] |= o->asns[i].number == e->place.asn;
	for (size_t i = 0; i < o->n_geos; i++)
		want[o->geos[i].of.owner] |=
			e->place.geo.len == 2 &&
			o->geos[i].number == cs_geo_number(e->place.geo);
	for (size_t i = 0; i < o->n_names; i++)
		want[o->names[i].of.owner] |= name_matches(&o->names[i], e->hostname);
	for (size_t i = 0; i < o->n; i++)
		expected += want[i];
	MUST(n == expected);
	for (size_t i = 0; i < n; i++)
		MUST(found[i] < o->n && want[found[i]] &&
		     (i == 0 || found[i - 1] < found[i]));
}

/* Rows at the ends of each prefix and just past them, with each kind of key. */
static void every_key_finds_its_owner(const struct cs_owners *o)
{
	uint32_t *found = calloc(o->n, sizeof(*found));
	uint8_t *want = calloc(o->n, 1);

	MUST(found && want);
	for (size_t i = 0; i < MOST_ROWS; i++) {
		struct cs_result row = { .ip = cs_addr_v4((uint32_t)i * 0x01010101u) };
		struct cs_enriched e = { 0 };

		if (i / 4 < o->n_nets) {
			struct cs_range r = cs_prefix_range(&o->nets[i / 4].prefix);

			row.ip = i % 2 ? r.hi : r.lo;
			if (i % 4 >= 2)
				row.ip = cs_addr_plus(row.ip, i % 2 ? 1 : UINT64_MAX);
		}
		if (i < o->n_asns)
			e.place.asn = o->asns[i].number;
		if (i < o->n_names)
			e.hostname = o->names[i].name;
		if (i < o->n_geos) {
			const uint8_t cc[2] = { (uint8_t)(o->geos[i].number >> 8),
						(uint8_t)o->geos[i].number };

			e.place.geo = cs_span_of(cc, 2);
			the_search_is_right(o, &row, &e, found, want);
			e.place.geo = cs_span_of(NULL, 0);
		}
		the_search_is_right(o, &row, &e, found, want);
	}
	free(found);
	free(want);
}

static void the_reason_is_one_plain_line(const char *why, size_t lines)
{
	unsigned line = 0;

	MUST(sscanf(why, "o.ini:%u: ", &line) == 1);
	MUST(line <= lines);
	for (; *why; why++)
		MUST(*why >= 0x20 && *why < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_owners *owners = NULL;
	char why[CS_OWNERS_WHY] = "";
	unsigned notes = 0;
	size_t lines = 1;
	enum cs_err err = cs_owners_read_text(cs_span_of(data, size), "o.ini", take_note,
					      &notes, &owners, why);

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	MUST((err == CS_OK) == (owners != NULL));
	MUST((err == CS_OK) == (*why == '\0'));
	if (err) {
		MUST(err == CS_ERR_SYNTAX || err == CS_ERR_RANGE);
		the_reason_is_one_plain_line(why, lines);
		return 0;
	}
	MUST(cs_owners_count(owners) > 0);
	names_are_fit_for_files(owners);
	every_key_finds_its_owner(owners);
	cs_owners_free(owners);
	return 0;
}
