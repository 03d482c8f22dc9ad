/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/num.h"

static const struct {
	const char *text;
	uint64_t min, max;
	bool ok;
	uint64_t want;
} cases[] = {
	{ "0", 0, 9, true, 0 },
	{ "007", 0, 9, true, 7 },
	{ "10", 0, 9, false, 0 },
	{ "1", 2, 9, false, 0 },
	{ "", 0, 9, false, 0 },
	{ "-1", 0, 9, false, 0 },
	{ "+1", 0, 9, false, 0 },
	{ " 1", 0, 9, false, 0 },
	{ "1 ", 0, 9, false, 0 },
	{ "1e3", 0, 9999, false, 0 },
	{ "0x1", 0, 9, false, 0 },
	{ "18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", 0, UINT64_MAX, false, 0 },
	{ "99999999999999999999999", 0, UINT64_MAX, false, 0 },
};

static void numbers_are_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint64_t got = 0;
		bool ok = cs_num_u64(cs_span_str(cases[i].text), cases[i].min,
				     cases[i].max, &got);

		if (ok != cases[i].ok || got != cases[i].want)
			fail_msg("'%s': %d, %llu", cases[i].text, ok,
				 (unsigned long long)got);
	}
}

static void hex_goes_there_and_back(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x7f, 0x80, 0xff, 0x0a };
	char text[2 * sizeof(bytes) + 1];
	uint8_t back[sizeof(bytes)];

	(void)state;
	cs_hex_text(cs_span_of(bytes, sizeof(bytes)), text);
	assert_string_equal(text, "007f80ff0a");
	assert_true(cs_hex_read(cs_span_str("007F80ff0A"), back, sizeof(back)));
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_false(cs_hex_read(cs_span_str("007f80ff0"), back, sizeof(back)));
	assert_false(cs_hex_read(cs_span_str("007f80ff0a0"), back, sizeof(back)));
	assert_false(cs_hex_read(cs_span_str("007f80ff0g"), back, sizeof(back)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_strictly),
		cmocka_unit_test(hex_goes_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
