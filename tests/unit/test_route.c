/* SPDX-License-Identifier: Apache-2.0 */
/* Only what holds on every host; tests/integration/test_net.py makes routes. */
#include "addresses.h"

#include <errno.h>

#include "net/route.h"
#include "net/route_cuts.h"

static struct cs_addr address(const char *text)
{
	struct cs_addr a;

	assert_true(cs_addr_read(cs_span_str(text), &a));
	return a;
}

static void cuts_are_the_ends_of_prefixes(void **state)
{
	static const char *const given[] = { "10.1.0.0/16", "10.0.0.0/8", "10.1.255.255",
					     "10.1.0.0/16", "ffff::/16",  "::/0" };
	static const char *const want[] = { "::",           "10.0.0.0", "10.1.0.0",
					    "10.1.255.255", "10.2.0.0", "11.0.0.0",
					    "ffff::" };
	struct cs_cuts cuts = { 0 };

	(void)state;
	cs_cuts_sort(&cuts); /* of nothing is nothing */
	assert_int_equal(cuts.n, 0);
	for (size_t i = 0; i < CS_LEN(given); i++) {
		struct cs_prefix p = prefix(given[i]);

		assert_int_equal(cs_cuts_add(&cuts, &p), CS_OK);
	}
	cs_cuts_sort(&cuts);
	assert_int_equal(cuts.n, CS_LEN(want));
	for (size_t i = 0; i < CS_LEN(want); i++) {
		struct cs_addr a = address(want[i]);

		if (cs_addr_cmp(&cuts.at[i], &a) != 0)
			fail_msg("cut %zu is not %s", i, want[i]);
	}
	cs_cuts_clear(&cuts);
	assert_null(cuts.at);
}

static void many_cuts_are_kept_in_order(void **state)
{
	struct cs_cuts cuts = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		struct cs_prefix p = {
			cs_addr_v4(0x0a000000 + (i * 2654435761u >> 12) * 4), 128
		};

		assert_int_equal(cs_cuts_add(&cuts, &p), CS_OK);
	}
	cs_cuts_sort(&cuts);
	for (size_t i = 1; i < cuts.n; i++)
		assert_true(cs_addr_cmp(&cuts.at[i - 1], &cuts.at[i]) < 0);
	cs_cuts_clear(&cuts);
}

static void loopback_goes_to_ourselves(void **state)
{
	struct cs_range ranges[] = { { address("127.0.0.1"), address("127.0.0.1") },
				     { address("127.0.0.3"), address("127.0.0.9") } };
	struct cs_arena arena = { 0 };
	struct cs_way *ways;
	size_t n;

	(void)state;
	assert_int_equal(cs_route_split(ranges, 2, NULL, &arena, &ways, &n), CS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(ways[0].kind, CS_WAY_LOOPBACK);
	assert_string_equal(ways[0].interface, "lo");
	assert_int_equal(cs_addr_cmp(&ways[0].range.lo, &ranges[0].lo), 0);
	assert_int_equal(cs_addr_cmp(&ways[0].range.hi, &ranges[1].hi), 0);
	cs_arena_clear(&arena);
}

static void no_ranges_have_no_ways(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_way *ways;
	size_t n = 7;

	(void)state;
	assert_int_equal(cs_route_split(NULL, 0, NULL, &arena, &ways, &n), CS_OK);
	assert_int_equal(n, 0);
	cs_arena_clear(&arena);
}

static void an_interface_that_is_not_there_is_said(void **state)
{
	struct cs_range one = { address("127.0.0.1"), address("127.0.0.1") }, *ranges;
	struct cs_arena arena = { 0 };
	struct cs_way *ways;
	size_t n;

	(void)state;
	assert_int_equal(cs_route_split(&one, 1, "no-such-if", &arena, &ways, &n),
			 CS_ERR_NOT_FOUND);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(cs_route_local("no-such-if", &arena, &ranges, &n),
			 CS_ERR_NOT_FOUND);
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_are_the_ends_of_prefixes),
		cmocka_unit_test(many_cuts_are_kept_in_order),
		cmocka_unit_test(loopback_goes_to_ourselves),
		cmocka_unit_test(no_ranges_have_no_ways),
		cmocka_unit_test(an_interface_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
