/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/table.h"

static const struct cs_sipkey KEY = { 1, 2 };

static struct cs_table *opened(size_t budget)
{
	struct cs_table *table = NULL;

	assert_int_equal(cs_table_open(budget, &KEY, &table), CS_OK);
	return table;
}

/* One packet of the source @n at @us. */
static void touch(struct cs_table *table, uint32_t n, int64_t us)
{
	struct cs_addr ip = cs_addr_v4(n * 2654435761u);
	bool is_new;
	struct cs_source *s = cs_table_take(table, &ip, us, &is_new);

	assert_true(is_new == (s->packets == 0));
	assert_int_equal(cs_addr_cmp(&s->ip, &ip), 0);
	s->packets++;
	s->bytes_in += n;
	s->last_us = us;
	cs_table_put(table, s);
}

static bool holds(struct cs_table *table, uint32_t n, uint32_t packets)
{
	struct cs_addr ip = cs_addr_v4(n * 2654435761u);
	struct cs_source s;

	return cs_table_find(table, &ip, &s) && s.packets == packets &&
	       s.bytes_in == (uint64_t)packets * n;
}

static void a_source_is_found_as_it_was_put(void **state)
{
	struct cs_table *table = opened(CS_TABLE_BUDGET_MIN);

	(void)state;
	for (uint32_t round = 1; round <= 3; round++)
		for (uint32_t n = 0; n < 1000; n++) {
			touch(table, n, round);
			assert_true(holds(table, n, round));
		}
	assert_int_equal(cs_table_counted(table).sources, 1000);
	assert_int_equal(cs_table_counted(table).evicted, 0);
	assert_false(holds(table, 1001, 1));
	cs_table_close(table);
}

static void dropped_sources_are_gone_and_the_others_stay(void **state)
{
	struct cs_table *table = opened(CS_TABLE_BUDGET_MIN);

	(void)state;
	for (uint32_t n = 0; n < 1000; n++)
		touch(table, n, 1);
	for (uint32_t n = 0; n < 1000; n += 2) {
		struct cs_addr ip = cs_addr_v4(n * 2654435761u);

		cs_table_drop(table, &ip);
	}
	for (uint32_t n = 0; n < 1000; n++)
		assert_int_equal(holds(table, n, 1), n % 2);
	assert_int_equal(cs_table_counted(table).sources, 500);
	assert_int_equal(cs_table_counted(table).evicted, 0);
	cs_table_close(table);
}

static void a_flood_of_sources_leaves_the_heavy_ones(void **state)
{
	struct cs_table *table = opened(CS_TABLE_BUDGET_MIN);

	(void)state;
	for (uint32_t n = 0; n < 50; n++)
		for (uint32_t i = 0; i < 100; i++)
			touch(table, n, i);
	for (uint32_t n = 1000; n < 301000; n++)
		touch(table, n, 100 + n);
	for (uint32_t n = 0; n < 50; n++)
		assert_true(holds(table, n, 100));
	assert_true(cs_table_counted(table).evicted > 200000);
	assert_true(cs_table_counted(table).bytes <= CS_TABLE_BUDGET_MIN);
	cs_table_close(table);
}

struct walk {
	struct cs_addr last;
	uint32_t n, stop;
};

static bool step(void *arg, const struct cs_source *source)
{
	struct walk *walk = arg;

	if (walk->n > 0)
		assert_true(cs_addr_cmp(&walk->last, &source->ip) < 0);
	walk->last = source->ip;
	return ++walk->n != walk->stop;
}

static void all_come_in_the_order_of_their_addresses(void **state)
{
	struct cs_table *table = opened(CS_TABLE_BUDGET_MIN);
	struct walk all = { 0 }, some = { .stop = 5 };

	(void)state;
	assert_int_equal(cs_table_each(table, step, &all), CS_OK);
	assert_int_equal(all.n, 0);
	for (uint32_t n = 0; n < 1000; n++)
		touch(table, n, 1);
	assert_int_equal(cs_table_each(table, step, &all), CS_OK);
	assert_int_equal(all.n, 1000);
	assert_int_equal(cs_table_each(table, step, &some), CS_OK);
	assert_int_equal(some.n, 5);
	cs_table_close(table);
}

static void a_budget_below_the_least_is_refused(void **state)
{
	struct cs_table *table = NULL;

	(void)state;
	assert_int_equal(cs_table_open(CS_TABLE_BUDGET_MIN - 1, &KEY, &table),
			 CS_ERR_RANGE);
	cs_table_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_found_as_it_was_put),
		cmocka_unit_test(dropped_sources_are_gone_and_the_others_stay),
		cmocka_unit_test(a_flood_of_sources_leaves_the_heavy_ones),
		cmocka_unit_test(all_come_in_the_order_of_their_addresses),
		cmocka_unit_test(a_budget_below_the_least_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
