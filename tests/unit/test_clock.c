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

static const struct {
	const char *text;
	bool ok;
	int64_t us;
} readings[] = {
	{ "1970-01-01", true, 0 },
	{ "2026-11-21 20:00:00", true, INT64_C(1795291200000000) },
	{ "2026-11-21T20:00:00.123456Z", true, INT64_C(1795291200123456) },
	{ "2026-11-21 20:00:00.123456789 UTC", true, INT64_C(1795291200123456) },
	{ "2026-11-21T20:00:00.5+00:00", true, INT64_C(1795291200500000) },
	{ "2024-02-29", true, INT64_C(1709164800000000) },
	{ "2023-02-29", false, 0 },
	{ "2000-02-29", true, INT64_C(951782400000000) },
	{ "2100-02-29", false, 0 },
	{ "9999-12-31 23:59:59.999999", true, INT64_C(253402300799999999) },
	{ "1969-12-31", false, 0 },
	{ "2026-04-31", false, 0 },
	{ "2026-00-01", false, 0 },
	{ "2026-13-01", false, 0 },
	{ "2026-01-00", false, 0 },
	{ "2026-1-01", false, 0 },
	{ "2026-01-01 24:00:00", false, 0 },
	{ "2026-01-01 23:60:00", false, 0 },
	{ "2026-01-01 23:59:60", false, 0 },
	{ "2026-01-01 23:59", false, 0 },
	{ "2026-01-01 23:59:59.", false, 0 },
	{ "2026-01-01 23:59:59.1234567890", false, 0 },
	{ "2026-01-01 23:59:59 CET", false, 0 },
	{ "2026-01-01_23:59:59", false, 0 },
	{ "2026-01-01 ", false, 0 },
	{ "-026-01-01", false, 0 },
	{ "", false, 0 },
};

static void times_are_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(readings); i++) {
		size_t len = strlen(readings[i].text);
		uint8_t *copy = heap_copy(readings[i].text, len);
		int64_t us = 0;
		bool ok = cs_time_read(cs_span_of(copy, len), &us);

		free(copy);
		if (ok != readings[i].ok || us != readings[i].us)
			fail_msg("'%s': %d, %lld", readings[i].text, ok, (long long)us);
	}
}

static void every_day_is_read_as_it_is_written(void **state)
{
	char text[CS_DAY_TEXT];

	(void)state;
	for (int32_t day = 0; day < 2932897; day += 13) {
		int32_t got = -1;

		cs_day_text(day * CS_US_PER_DAY, text);
		assert_true(cs_day_read(cs_span_str(text), &got));
		assert_int_equal(got, day);
	}
}

static void a_time_is_no_day(void **state)
{
	int32_t day;

	(void)state;
	assert_false(cs_day_read(SPAN("2026-11-21 20:00:00"), &day));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_and_days_are_utc),
		cmocka_unit_test(times_are_read_strictly),
		cmocka_unit_test(every_day_is_read_as_it_is_written),
		cmocka_unit_test(a_time_is_no_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
