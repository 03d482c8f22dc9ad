/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cmd/value.h"

static void bandwidths_are_bits_per_second(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t want;
	} cases[] = {
		{ "1", true, 1 },
		{ "10M", true, 10000000 },
		{ "10m", true, 10000000 },
		{ "5K", true, 5000 },
		{ "5k", true, 5000 },
		{ "1G", true, 1000000000 },
		{ "1g", true, 1000000000 },
		{ "1000000G", true, UINT64_C(1000000000000000) },
		{ "1000001G", false, 0 },
		{ "1000000000000000", true, UINT64_C(1000000000000000) },
		{ "1000000000000001", false, 0 },
		{ "0", false, 0 },
		{ "0M", false, 0 },
		{ "M", false, 0 },
		{ "", false, 0 },
		{ "1.5M", false, 0 },
		{ "10MB", false, 0 },
		{ "10 M", false, 0 },
		{ "-1", false, 0 },
		{ "18446744073709551616", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint64_t got = 0;
		bool ok = cs_value_bandwidth(cs_span_str(cases[i].text), &got);

		if (ok != cases[i].ok || got != cases[i].want)
			fail_msg("'%s': %d, %llu", cases[i].text, ok,
				 (unsigned long long)got);
	}
}

static void port_lists_become_sets(void **state)
{
	static const struct {
		const char *text;
		unsigned n; /* 0: refused */
		uint16_t in, out;
	} cases[] = {
		{ "5683", 1, 5683, 5684 },
		{ "5683,5684", 2, 5684, 5685 },
		{ "5683,5683", 1, 5683, 5684 },
		{ "5683,7000-7010", 12, 7010, 7011 },
		{ "1-65535", 65535, 65535, 0 },
		{ "1", 1, 1, 0 },
		{ "65535", 1, 65535, 65534 },
		{ "7000-7000", 1, 7000, 6999 },
		{ "7000-7005,7003-7008", 9, 7008, 7009 },
		{ "", 0, 0, 0 },
		{ ",", 0, 0, 0 },
		{ "5683,", 0, 0, 0 },
		{ ",5683", 0, 0, 0 },
		{ "5683,,5684", 0, 0, 0 },
		{ "0", 0, 0, 0 },
		{ "0-5", 0, 0, 0 },
		{ "65536", 0, 0, 0 },
		{ "7-6", 0, 0, 0 },
		{ "7-", 0, 0, 0 },
		{ "-7", 0, 0, 0 },
		{ "1-2-3", 0, 0, 0 },
		{ "coap", 0, 0, 0 },
		{ "5683, 5684", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_port_set set;
		struct cs_span text = cs_span_str(cases[i].text);
		bool ok = cs_value_ports(text, &set);

		if (ok != (cases[i].n > 0) || ok != cs_value_ports(text, NULL))
			fail_msg("'%s': %d", cases[i].text, ok);
		if (ok && (set.n != cases[i].n || !cs_port_set_has(&set, cases[i].in) ||
			   cs_port_set_has(&set, cases[i].out)))
			fail_msg("'%s': %u ports", cases[i].text, set.n);
	}
}

static void a_port_range_has_two_ends(void **state)
{
	struct cs_port_range range = { 0 };

	(void)state;
	assert_true(cs_value_port_range(cs_span_str("40000-40063"), &range));
	assert_int_equal(range.first, 40000);
	assert_int_equal(range.last, 40063);
	assert_true(cs_value_port_range(cs_span_str("9"), &range));
	assert_int_equal(range.first, 9);
	assert_int_equal(range.last, 9);
	assert_false(cs_value_port_range(cs_span_str(""), &range));
	assert_false(cs_value_port_range(cs_span_str("9,10"), &range));
	assert_false(cs_value_port_range(cs_span_str("10-9"), &range));
	assert_false(cs_value_port_range(cs_span_str("65535-65536"), &range));
}

static void a_missing_number_is_told_from_zero(void **state)
{
	struct cs_maybe_u64 n = { 0 };

	(void)state;
	assert_true(cs_value_maybe_u64(cs_span_str("0"), &n));
	assert_true(n.given);
	assert_int_equal(n.value, 0);
	assert_true(cs_value_maybe_u64(cs_span_str("18446744073709551615"), &n));
	assert_true(n.value == UINT64_MAX);
	assert_false(cs_value_maybe_u64(cs_span_str("x"), &n));
	assert_false(n.given);
}

static void yes_and_no_have_four_words_each(void **state)
{
	static const char *const words[] = { "yes", "no",  "true", "false",
					     "ON",  "Off", "1",    "0" };
	bool got;

	(void)state;
	for (size_t i = 0; i < CS_LEN(words); i++) {
		got = i % 2 == 1;
		assert_true(cs_value_bool(cs_span_str(words[i]), &got));
		assert_int_equal(got, i % 2 == 0);
	}
	assert_false(cs_value_bool(cs_span_str(""), &got));
	assert_false(cs_value_bool(cs_span_str("ye"), &got));
	assert_false(cs_value_bool(cs_span_str("yess"), &got));
	assert_false(cs_value_bool(cs_span_str("2"), &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bandwidths_are_bits_per_second),
		cmocka_unit_test(port_lists_become_sets),
		cmocka_unit_test(a_port_range_has_two_ends),
		cmocka_unit_test(a_missing_number_is_told_from_zero),
		cmocka_unit_test(yes_and_no_have_four_words_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
