/* SPDX-License-Identifier: Apache-2.0 */
#include "days_fixture.h"

#include "serve/days.h"

enum { DAYS = 6, AT_LEAST = 4 /* in use, whatever the bound */ };

static int64_t no_time(void *arg)
{
	(void)arg;
	return 0;
}

static const struct cs_clock clock_stands = { .mono_ns = no_time, .wall_us = no_time };
static const struct cs_log silent;

static struct cs_days *open_days(struct fixture *f, uint64_t memory)
{
	struct cs_days_want want = {
		.dir = f->dir, .memory = memory, .clock = &clock_stands, .log = &silent
	};
	struct cs_result result = { .ip = { .b = { [15] = 1 } }, .port = 5683 };
	struct cs_days *days;
	char why[CS_DAYS_WHY];

	for (uint8_t i = 0; i < DAYS; i++) {
		result.time_us = (DAY + i) * CS_US_PER_DAY;
		days_put(f, &(struct days_scan){ .day = DAY + i,
						 .number = (uint8_t)(i + 1),
						 .rows = &result,
						 .n = 1 });
	}
	assert_int_equal(cs_days_open(&want, &days, why), CS_OK);
	return days;
}

static void days_in_use_are_few_and_not_loaded_twice(void **state)
{
	struct fixture f = fixture_new();
	struct cs_days *days = open_days(&f, 1);
	struct cs_day *held[AT_LEAST], *more;

	(void)state;
	for (int i = 0; i < AT_LEAST; i++)
		assert_int_equal(cs_days_get(days, DAY + i, &held[i]), CS_OK);
	assert_int_equal(cs_days_get(days, DAY + AT_LEAST, &more), CS_ERR_BUSY);
	assert_null(more);
	/* What is in use is there for others too. */
	assert_int_equal(cs_days_get(days, DAY, &more), CS_OK);
	assert_ptr_equal(more, held[0]);
	cs_day_put(more);
	assert_int_equal(cs_days_state(days).loads, AT_LEAST);
	cs_day_put(held[1]);
	assert_int_equal(cs_days_get(days, DAY + AT_LEAST, &held[1]), CS_OK);
	for (int i = 0; i < AT_LEAST; i++)
		cs_day_put(held[i]);
	assert_int_equal(cs_days_state(days).models, 1);
	cs_days_close(days);
	fixture_free(&f);
}

static void within_the_bound_all_days_are_kept(void **state)
{
	struct fixture f = fixture_new();
	struct cs_days *days = open_days(&f, UINT64_C(1) << 30);
	struct cs_day *held[DAYS];
	uint64_t bytes = 0;

	(void)state;
	for (int i = 0; i < DAYS; i++) {
		assert_int_equal(cs_days_get(days, DAY + i, &held[i]), CS_OK);
		bytes += cs_model_bytes(cs_day_model(held[i]));
	}
	for (int i = 0; i < DAYS; i++)
		cs_day_put(held[i]);
	assert_int_equal(cs_days_state(days).models, DAYS);
	assert_int_equal(cs_days_state(days).bytes, bytes);
	cs_days_close(days);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_in_use_are_few_and_not_loaded_twice),
		cmocka_unit_test(within_the_bound_all_days_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
