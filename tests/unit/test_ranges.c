/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test.h"

#include "base/siphash.h"
#include "net/ranges.h"

/* "LO-HI LO-HI" */
static struct cs_ranges ranges_of(const char *text)
{
	struct cs_ranges ranges = { 0 };

	while (*text) {
		size_t low = strcspn(text, "-"), all = strcspn(text, " ");
		struct cs_range r;

		assert_true(cs_addr_read(cs_span_of(text, low), &r.lo));
		assert_true(
			cs_addr_read(cs_span_of(text + low + 1, all - low - 1), &r.hi));
		assert_int_equal(cs_ranges_add(&ranges, &r), CS_OK);
		text += all;
		text += *text == ' ';
	}
	return ranges;
}

static void assert_ranges(const struct cs_ranges *ranges, const char *want)
{
	char got[1024] = "";
	size_t at = 0;

	for (size_t i = 0; i < ranges->n; i++) {
		char lo[CS_ADDR_TEXT], hi[CS_ADDR_TEXT];

		cs_addr_text(&ranges->at[i].lo, lo);
		cs_addr_text(&ranges->at[i].hi, hi);
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%s-%s",
				       i ? " " : "", lo, hi);
	}
	assert_string_equal(got, want);
}

static const struct {
	const char *ranges, *want;
} joins[] = {
	{ "", "" },
	{ "1.0.0.0-1.0.0.9", "1.0.0.0-1.0.0.9" },
	{ "1.0.0.0-1.0.0.9 1.0.0.10-1.0.0.11", "1.0.0.0-1.0.0.11" },
	{ "1.0.0.0-1.0.0.9 1.0.0.11-1.0.0.11", "1.0.0.0-1.0.0.9 1.0.0.11-1.0.0.11" },
	{ "1.0.0.0-1.0.0.9 1.0.0.2-1.0.0.3 1.0.0.4-1.0.0.12", "1.0.0.0-1.0.0.12" },
	{ "1.0.0.0-1.0.0.0 1.0.0.0-1.0.0.0", "1.0.0.0-1.0.0.0" },
	{ "255.0.0.0-255.255.255.255 ::1:0:0:0-::1:0:0:1",
	  "255.0.0.0-255.255.255.255 ::1:0:0:0-::1:0:0:1" },
	{ "::fffe:ffff:0-::fffe:ffff:ffff 0.0.0.0-0.0.0.1",
	  "::fffe:ffff:0-::fffe:ffff:ffff 0.0.0.0-0.0.0.1" },
	{ "ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	  "ffff::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
};

static void what_meets_is_joined_within_a_family(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(joins); i++) {
		struct cs_ranges r = ranges_of(joins[i].ranges);

		cs_ranges_join(&r);
		assert_ranges(&r, joins[i].want);
		cs_ranges_clear(&r);
	}
}

static const struct {
	const char *a, *b, *want;
} differences[] = {
	{ "", "", "" },
	{ "1.0.0.0-1.0.0.9", "", "1.0.0.0-1.0.0.9" },
	{ "", "1.0.0.0-1.0.0.9", "" },
	{ "1.0.0.0-1.0.0.9", "1.0.0.0-1.0.0.9", "" },
	{ "1.0.0.0-1.0.0.9", "1.0.0.0-1.0.0.0", "1.0.0.1-1.0.0.9" },
	{ "1.0.0.0-1.0.0.9", "1.0.0.9-1.0.0.9", "1.0.0.0-1.0.0.8" },
	{ "1.0.0.0-1.0.0.9", "1.0.0.1-1.0.0.3 1.0.0.5-1.0.0.5",
	  "1.0.0.0-1.0.0.0 1.0.0.4-1.0.0.4 1.0.0.6-1.0.0.9" },
	{ "1.0.0.0-1.0.0.3 1.0.0.5-1.0.0.9", "1.0.0.2-1.0.0.7",
	  "1.0.0.0-1.0.0.1 1.0.0.8-1.0.0.9" },
	{ "1.0.0.0-1.0.0.3 2.0.0.0-2.0.0.1",
	  "0.0.0.1-0.0.0.2 1.1.0.0-1.2.0.0 3.0.0.0-3.0.0.0",
	  "1.0.0.0-1.0.0.3 2.0.0.0-2.0.0.1" },
	{ "fffe::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "fffe::-fffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "::-::", "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
};

static void a_difference_leaves_what_is_not_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(differences); i++) {
		struct cs_ranges a = ranges_of(differences[i].a),
				 b = ranges_of(differences[i].b);
		struct cs_ranges out = { 0 };

		assert_int_equal(cs_ranges_subtract(&a, &b, &out), CS_OK);
		assert_ranges(&out, differences[i].want);
		cs_ranges_clear(&a);
		cs_ranges_clear(&b);
		cs_ranges_clear(&out);
	}
}

/* Overlapping ranges may be cut one by one: no cut is passed over too early. */
static void ranges_that_overlap_are_cut_alike(void **state)
{
	struct cs_ranges a = ranges_of("1.0.0.0-1.0.0.9 1.0.0.1-1.0.0.9 1.0.0.2-1.0.0.5");
	struct cs_ranges cut = ranges_of("1.0.0.3-1.0.0.4 1.0.0.8-1.0.0.8");
	struct cs_ranges out = { 0 };
	size_t from = 0;

	(void)state;
	for (size_t i = 0; i < a.n; i++)
		assert_int_equal(cs_ranges_add_less(&out, a.at[i], &cut, &from), CS_OK);
	assert_ranges(&out, "1.0.0.0-1.0.0.2 1.0.0.5-1.0.0.7 1.0.0.9-1.0.0.9 "
			    "1.0.0.1-1.0.0.2 1.0.0.5-1.0.0.7 1.0.0.9-1.0.0.9 "
			    "1.0.0.2-1.0.0.2 1.0.0.5-1.0.0.5");
	cs_ranges_clear(&a);
	cs_ranges_clear(&cut);
	cs_ranges_clear(&out);
}

static int compare(const void *a, const void *b)
{
	const struct cs_range *x = a, *y = b;

	return cs_addr_cmp(&x->lo, &y->lo);
}

/* @disorder: one in so many is out of place; 1: all are. */
static void check_sort(size_t n, uint64_t disorder)
{
	static const struct cs_sipkey key = { 3, 4 };
	struct cs_ranges r = { 0 };

	for (size_t i = 0; i < n; i++) {
		uint64_t x = cs_siphash_u64(&key, i);
		uint32_t ip =
			x % disorder == 0 ? (uint32_t)(x >> 20) : (uint32_t)i * 4000;
		struct cs_range one = { cs_addr_v4(ip), cs_addr_v4(ip) };

		assert_int_equal(cs_ranges_add(&r, &one), CS_OK);
	}

	struct cs_range *want = (struct cs_range *)heap_copy(r.at, n * sizeof(*want));

	qsort(want, n, sizeof(*want), compare);
	assert_int_equal(cs_ranges_sort(&r), CS_OK);
	assert_int_equal(r.n, n);
	if (n > 0)
		assert_memory_equal(r.at, want, n * sizeof(*want));
	free(want);
	cs_ranges_clear(&r);
}

static void sorting_sorts_whatever_comes(void **state)
{
	(void)state;
	for (size_t n = 0; n < 40; n++) {
		check_sort(n, 1);
		check_sort(n, 5);
	}
	check_sort(10000, 1);
	check_sort(10000, 50);
	check_sort(10000, UINT64_MAX);
}

static void clearing_twice_and_adding_nothing_is_fine(void **state)
{
	struct cs_ranges r = ranges_of("1.0.0.0-1.0.0.9");

	(void)state;
	assert_int_equal(cs_ranges_add_all(&r, NULL, 0), CS_OK);
	assert_ranges(&r, "1.0.0.0-1.0.0.9");
	assert_int_equal(cs_ranges_add_all(&r, r.at, SIZE_MAX / 8), CS_ERR_NOMEM);
	assert_ranges(&r, "1.0.0.0-1.0.0.9");
	cs_ranges_clear(&r);
	cs_ranges_clear(&r);
	assert_int_equal(r.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_meets_is_joined_within_a_family),
		cmocka_unit_test(a_difference_leaves_what_is_not_cut),
		cmocka_unit_test(ranges_that_overlap_are_cut_alike),
		cmocka_unit_test(sorting_sorts_whatever_comes),
		cmocka_unit_test(clearing_twice_and_adding_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
