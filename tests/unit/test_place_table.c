/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "addresses.h"

#include "enrich/place_table.h"

struct added {
	const char *lo, *hi;
	uint32_t asn; /* 0: known to be unknown */
};

struct asked {
	const char *ip;
	uint32_t asn; /* 0 nothing */
};

enum { MOST = 8 };

static const struct {
	const char *name;
	struct added added[MOST];
	struct asked asked[2 * MOST];
} cases[] = {
	{ "nothing",
	  { { 0 } },
	  { { "0.0.0.0", 0 }, { "255.255.255.255", 0 }, { "::", 0 } } },
	{ "one address",
	  { { "10.0.0.1", "10.0.0.1", 1 } },
	  { { "10.0.0.0", 0 }, { "10.0.0.1", 1 }, { "10.0.0.2", 0 } } },
	{ "all of IPv4 is not IPv6",
	  { { "0.0.0.0", "255.255.255.255", 1 } },
	  { { "0.0.0.0", 1 },
	    { "255.255.255.255", 1 },
	    { "::", 0 },
	    { "::1:0:0:0", 0 } } },
	{ "all of IPv6 is not IPv4",
	  { { "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 } },
	  { { "::", 1 },
	    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 },
	    { "0.0.0.0", 0 },
	    { "255.255.255.255", 0 } } },
	{ "the longest prefix wins, in whatever order they come",
	  { { "10.1.2.0", "10.1.2.255", 3 },
	    { "10.0.0.0", "10.255.255.255", 1 },
	    { "10.1.0.0", "10.1.255.255", 2 } },
	  { { "10.0.255.255", 1 },
	    { "10.1.0.0", 2 },
	    { "10.1.1.255", 2 },
	    { "10.1.2.0", 3 },
	    { "10.1.2.255", 3 },
	    { "10.1.3.0", 2 },
	    { "10.2.0.0", 1 },
	    { "11.0.0.0", 0 } } },
	{ "an inner one may begin or end with the outer",
	  { { "10.0.0.0", "10.0.0.255", 1 },
	    { "10.0.0.0", "10.0.0.127", 2 },
	    { "10.0.0.192", "10.0.0.255", 3 } },
	  { { "10.0.0.0", 2 },
	    { "10.0.0.127", 2 },
	    { "10.0.0.128", 1 },
	    { "10.0.0.191", 1 },
	    { "10.0.0.192", 3 },
	    { "10.0.0.255", 3 },
	    { "10.0.1.0", 0 } } },
	{ "of two that overlap the later beginning wins",
	  { { "10.0.0.0", "10.0.0.10", 1 },
	    { "10.0.0.5", "10.0.0.20", 2 },
	    { "10.0.0.8", "10.0.0.9", 3 } },
	  { { "10.0.0.4", 1 },
	    { "10.0.0.5", 2 },
	    { "10.0.0.7", 2 },
	    { "10.0.0.8", 3 },
	    { "10.0.0.9", 3 },
	    { "10.0.0.10", 2 },
	    { "10.0.0.20", 2 },
	    { "10.0.0.21", 0 } } },
	{ "an outer one goes on behind one that reached over its inner's end",
	  { { "10.0.0.0", "10.0.0.30", 1 },
	    { "10.0.0.5", "10.0.0.10", 2 },
	    { "10.0.0.8", "10.0.0.20", 3 } },
	  { { "10.0.0.7", 2 },
	    { "10.0.0.10", 3 },
	    { "10.0.0.20", 3 },
	    { "10.0.0.21", 1 } } },
	{ "the same twice: the first holds",
	  { { "10.0.0.0", "10.0.0.1", 1 }, { "10.0.0.0", "10.0.0.1", 2 } },
	  { { "10.0.0.0", 1 }, { "10.0.0.1", 1 } } },
	{ "a hole that is known to be unknown",
	  { { "10.0.0.0", "10.0.0.9", 1 }, { "10.0.0.4", "10.0.0.5", 0 } },
	  { { "10.0.0.3", 1 },
	    { "10.0.0.4", 0 },
	    { "10.0.0.5", 0 },
	    { "10.0.0.6", 1 } } },
	{ "up to the ends of both families",
	  { { "255.255.255.254", "255.255.255.255", 1 },
	    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00",
	      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2 },
	    { "0.0.0.0", "0.0.0.0", 3 },
	    { "::", "::", 4 },
	    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 5 } },
	  { { "255.255.255.253", 0 },
	    { "255.255.255.255", 1 },
	    { "0.0.0.0", 3 },
	    { "0.0.0.1", 0 },
	    { "::", 4 },
	    { "::1", 0 },
	    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 2 },
	    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 5 } } },
	{ "IPv6 by both of its halves",
	  { { "2001:db8::", "2001:db8:0:0:ffff:ffff:ffff:ffff", 1 },
	    { "2001:db8:0:1::", "2001:db8:0:1:0:0:0:7", 2 } },
	  { { "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", 0 },
	    { "2001:db8::", 1 },
	    { "2001:db8:0:0:ffff:ffff:ffff:ffff", 1 },
	    { "2001:db8:0:1::7", 2 },
	    { "2001:db8:0:1::8", 0 } } },
};

static uint32_t asn_at(const struct cs_place_table *table, const struct cs_addr *ip)
{
	const struct cs_place *place = cs_place_table_find(table, ip);

	return place ? place->asn : 0;
}

static void each_address_has_its_innermost_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_place_table table = { 0 };

		for (const struct added *a = cases[i].added; a->lo; a++) {
			struct cs_range range = { addr(a->lo), addr(a->hi) };
			struct cs_place place = { .asn = a->asn };

			assert_int_equal(cs_place_table_add(&table, &range, &place),
					 CS_OK);
		}
		assert_int_equal(cs_place_table_settle(&table), CS_OK);
		for (const struct asked *q = cases[i].asked; q->ip; q++) {
			struct cs_addr ip = addr(q->ip);

			if (asn_at(&table, &ip) != q->asn)
				fail_msg("%s: %s is %u, want %u", cases[i].name, q->ip,
					 asn_at(&table, &ip), q->asn);
		}
		cs_place_table_clear(&table);
	}
}

/* Small numbers that look like chance, the same in each run. */
static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

enum { ROUNDS = 300, SPACE = 64, RANGES = 12 };

/* The rule of the header, followed address by address. */
static uint32_t slow_asn(const uint32_t lo[], const uint32_t hi[], size_t n, uint32_t ip)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (ip < lo[i] || ip > hi[i])
			continue;
		if (best == n || lo[i] > lo[best] ||
		    (lo[i] == lo[best] && hi[i] < hi[best]))
			best = i;
	}
	return best < n ? (uint32_t)best + 1 : 0;
}

static void it_agrees_with_a_walk_over_all_ranges(void **state)
{
	uint32_t seed = 1, lo[RANGES], hi[RANGES];

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		struct cs_place_table table = { 0 };
		size_t n = next(&seed) % RANGES + 1;

		for (size_t i = 0; i < n; i++) {
			struct cs_place place = { .asn = (uint32_t)i + 1 };

			lo[i] = next(&seed) % SPACE;
			hi[i] = lo[i] + next(&seed) % (SPACE - lo[i]);

			struct cs_range r = { cs_addr_v4(lo[i]), cs_addr_v4(hi[i]) };

			assert_int_equal(cs_place_table_add(&table, &r, &place), CS_OK);
		}
		assert_int_equal(cs_place_table_settle(&table), CS_OK);
		for (uint32_t ip = 0; ip <= SPACE; ip++) {
			struct cs_addr a = cs_addr_v4(ip);

			assert_int_equal(asn_at(&table, &a), slow_asn(lo, hi, n, ip));
		}
		cs_place_table_clear(&table);
	}
}

static void equal_places_are_kept_once_with_all_of_their_texts(void **state)
{
	struct cs_place_table table = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		char name[16], city[16];
		struct cs_range r = { cs_addr_v4(2 * i), cs_addr_v4(2 * i) };

		(void)snprintf(name, sizeof(name), "as%u", i % 1000);
		(void)snprintf(city, sizeof(city), "c%u", i % 500);

		struct cs_place place = { .asn = i % 1000,
					  .as_name = cs_span_str(name),
					  .city = cs_span_str(city) };

		assert_int_equal(cs_place_table_add(&table, &r, &place), CS_OK);
	}
	assert_int_equal(table.n_places, 1000);
	assert_int_equal(cs_place_table_settle(&table), CS_OK);
	for (uint32_t i = 0; i < 3000; i++) {
		struct cs_addr ip = cs_addr_v4(2 * i);
		const struct cs_place *place = cs_place_table_find(&table, &ip);
		char city[16];

		(void)snprintf(city, sizeof(city), "c%u", i % 500);
		assert_non_null(place);
		assert_int_equal(place->asn, i % 1000);
		assert_true(cs_span_eq(place->city, cs_span_str(city)));
		assert_int_equal(place->region.len, 0);
	}
	cs_place_table_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_has_its_innermost_range),
		cmocka_unit_test(it_agrees_with_a_walk_over_all_ranges),
		cmocka_unit_test(equal_places_are_kept_once_with_all_of_their_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
