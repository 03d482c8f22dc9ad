/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/clock.h"

static const struct {
	int64_t us;
	const char *text, *day;
	int64_t number;
} cases[] = {
	{ 0, "1970-01-01T00:00:00.000000Z", "1970-01-01", 0 },
	{ -1, "1969-12-31T23:59:59.999999Z", "1969-12-31", -1 },
	{ INT64_C(1795291200123456), "2026-11-21T20:00:00.123456Z", "2026-11-21", 20778 },
	{ INT64_C(1795305599999999), "2026-11-21T23:59:59.999999Z", "2026-11-21", 20778 },
	{ INT64_C(1795305600000000), "2026-11-22T00:00:00.000000Z", "2026-11-22", 20779 },
	{ INT64_MAX, "9999-12-31T23:59:59.999999Z", "9999-12-31", 106751991 },
	{ INT64_MIN, "0000-01-01T00:00:00.000000Z", "0000-01-01", -106751992 },
};

static void times_and_days_are_utc(void **state)
{
	char text[CS_TIME_TEXT], day[CS_DAY_TEXT];

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		cs_time_text(cases[i].us, text);
		cs_day_text(cases[i].us, day);
		assert_string_equal(text, cases[i].text);
		assert_string_equal(day, cases[i].day);
		assert_int_equal(cs_day_number(cases[i].us), cases[i].number);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(times_and_days_are_utc) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
