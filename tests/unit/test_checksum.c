/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/checksum.h"

static void the_example_of_rfc_1071_adds_up(void **state)
{
	(void)state;
	assert_int_equal(cs_sum_bytes(0, SPAN("\x00\x01\xf2\x03\xf4\xf5\xf6\xf7")),
			 0x2ddf0);
	assert_int_equal(cs_sum_fold(0x2ddf0), 0xddf2);
}

static void an_odd_byte_counts_high(void **state)
{
	(void)state;
	assert_int_equal(cs_sum_bytes(1, SPAN("\x12")), 0x1201);
	assert_int_equal(cs_sum_bytes(0, SPAN("\x00\x01\x80")), 0x8001);
	assert_int_equal(cs_sum_bytes(7, cs_span_of(NULL, 0)), 7);
}

static void carries_come_back_until_none_is_left(void **state)
{
	(void)state;
	assert_int_equal(cs_sum_fold(0), 0);
	assert_int_equal(cs_sum_fold(0xffff), 0xffff);
	assert_int_equal(cs_sum_fold(0x10000), 1);
	assert_int_equal(cs_sum_fold(0x1ffff), 1); /* 0x10000 after one round */
	assert_int_equal(cs_sum_fold(UINT64_MAX), 0xffff);
}

static void two_rounds_do_for_2_to_16_words(void **state)
{
	(void)state;
	for (uint32_t high = 0; high <= 0xffff; high++) {
		static const uint32_t lows[] = { 0, 1, 0x7fff, 0xfffe, 0xffff };

		for (unsigned i = 0; i < CS_LEN(lows); i++) {
			uint32_t sum = high << 16 | lows[i];

			assert_int_equal(cs_sum_fold_twice(sum), cs_sum_fold(sum));
		}
	}
}

static void both_families_have_their_pseudo_header(void **state)
{
	struct cs_addr a = cs_addr_v4(0xc0000201), b = cs_addr_v4(0xcb007105);
	struct cs_addr c = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	struct cs_addr d = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };

	(void)state;
	assert_int_equal(cs_sum_pseudo(&a, &b, 17, 29),
			 0xc000 + 0x0201 + 0xcb00 + 0x7105 + 17 + 29);
	assert_int_equal(cs_sum_pseudo(&c, &d, 17, 0x12345),
			 2 * (0x2001 + 0x0db8) + 1 + 2 + 17 + 1 + 0x2345);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_1071_adds_up),
		cmocka_unit_test(an_odd_byte_counts_high),
		cmocka_unit_test(carries_come_back_until_none_is_left),
		cmocka_unit_test(two_rounds_do_for_2_to_16_words),
		cmocka_unit_test(both_families_have_their_pseudo_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
