/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include <sys/stat.h>

static void path_in(const struct fixture *f, const char *name, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s/%s", f->dir, name);
}

static bool there(const struct fixture *f, const char *name)
{
	char path[512];

	path_in(f, name, path, sizeof(path));
	return access(path, F_OK) == 0;
}

static void touch(const struct fixture *f, const char *name)
{
	char path[512];
	FILE *file;

	path_in(f, name, path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
}

/* A published row on DAY and one on the day after. */
static struct fixture two_days(void)
{
	struct fixture f = fixture_new();

	open_shard(&f);
	put_one(&f, 1, DAY_US, "a");
	put_one(&f, 2, DAY_US + CS_US_PER_DAY, "b");
	publish(&f);
	return f;
}

static struct cs_store_pruned prune(struct fixture *f, int32_t first)
{
	struct cs_store_pruned removed;

	expect(f, cs_store_prune(f->store, first, &removed), CS_OK);
	return removed;
}

static size_t days(struct fixture *f)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *list;
	size_t n;

	expect(f, cs_store_days(f->store, &arena, &list, &n), CS_OK);
	cs_arena_clear(&arena);
	return n;
}

static void days_before_the_first_go_and_the_others_stay(void **state)
{
	struct fixture f = two_days();
	struct cs_store_pruned removed;

	(void)state;
	removed = prune(&f, DAY);
	assert_int_equal(removed.days, 0);
	removed = prune(&f, DAY + 1);
	assert_int_equal(removed.days, 1);
	assert_int_equal(removed.segments, 1);
	assert_true(removed.bytes > 0);
	assert_false(there(&f, DAY_NAME));
	assert_int_equal(days(&f), 1);
	expect_day(&f, DAY, "");
	expect_day(&f, DAY + 1, "2=b ");
	removed = prune(&f, DAY + 2);
	assert_int_equal(removed.days, 1);
	assert_int_equal(days(&f), 0);
	fixture_free(&f);
}

static void a_look_counts_what_would_go_and_removes_nothing(void **state)
{
	struct fixture f = two_days();
	struct cs_store_pruned would, removed;

	(void)state;
	expect(&f, cs_store_prune_look(f.store, DAY, &would), CS_OK);
	assert_int_equal(would.days, 0);
	expect(&f, cs_store_prune_look(f.store, DAY + 2, &would), CS_OK);
	assert_int_equal(would.days, 2);
	assert_int_equal(would.segments, 2);
	assert_int_equal(would.first, DAY);
	assert_int_equal(would.last, DAY + 1);
	assert_int_equal(days(&f), 2);
	expect_day(&f, DAY, "1=a ");
	removed = prune(&f, DAY + 2);
	assert_memory_equal(&removed, &would, sizeof(removed));
	fixture_free(&f);
}

static void begin_scan(struct fixture *f, int64_t ended_us)
{
	struct cs_scan_row row = { .shards = 1,
				   .plan = cs_span_str("plan"),
				   .metadata = cs_span_str("{}"),
				   .started_us = DAY_US };

	memcpy(row.id, scan_id, sizeof(row.id));
	expect(f, cs_store_scan_begin(f->store, &row), CS_OK);
	row.ended_us = ended_us;
	row.state = ended_us ? CS_SCAN_DONE : CS_SCAN_RUNNING;
	expect(f, cs_store_scan_update(f->store, &row), CS_OK);
}

static void a_scan_goes_with_its_last_day(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_scan_row row;
	struct fixture f = two_days();

	(void)state;
	begin_scan(&f, DAY_US + CS_US_PER_DAY + 5);
	(void)prune(&f, DAY + 1);
	expect(&f, cs_store_scan_find(f.store, scan_id, &arena, &row), CS_OK);
	(void)prune(&f, DAY + 2);
	expect(&f, cs_store_scan_find(f.store, scan_id, &arena, &row), CS_ERR_NOT_FOUND);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

static void days_of_a_shard_that_is_written_stay(void **state)
{
	struct fixture f = two_days();
	struct cs_store_pruned removed;

	(void)state;
	open_shard(&f);
	put_one(&f, 3, DAY_US, "c");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	removed = prune(&f, DAY + 2);
	assert_int_equal(removed.days, 0);
	publish(&f);
	expect_day(&f, DAY, "1=a 3=c ");
	expect_day(&f, DAY + 1, "2=b ");
	removed = prune(&f, DAY + 2);
	assert_int_equal(removed.days, 2);
	assert_int_equal(days(&f), 0);
	fixture_free(&f);
}

static void what_a_kill_left_goes_the_next_time(void **state)
{
	struct fixture f = two_days();
	char from[512], to[512];

	(void)state;
	path_in(&f, DAY_NAME, from, sizeof(from));
	path_in(&f, DAY_NAME ".pruned", to, sizeof(to));
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(days(&f), 2); /* the catalogue does not know yet */
	(void)prune(&f, DAY + 1);
	assert_false(there(&f, DAY_NAME ".pruned"));
	assert_int_equal(days(&f), 1);
	fixture_free(&f);
}

static void files_of_others_are_left_alone(void **state)
{
	struct fixture f = two_days();

	(void)state;
	touch(&f, DAY_NAME "/notes.txt");
	touch(&f, "2001-01-01.txt");
	(void)prune(&f, DAY + 1);
	assert_true(there(&f, DAY_NAME ".pruned/notes.txt"));
	assert_true(there(&f, "2001-01-01.txt"));
	assert_false(there(&f, DAY_NAME ".pruned/" SCAN_NAME "-0.db"));
	assert_int_equal(days(&f), 1);
	fixture_free(&f);
}

static void who_was_last_seen_before_is_forgotten(void **state)
{
	struct cs_store_seen seen[] = {
		{ .ip = cs_addr_v4(1), .port = 1, .first_us = 0, .last_us = DAY_US - 1 },
		{ .ip = cs_addr_v4(2), .port = 1, .first_us = 0, .last_us = DAY_US },
	};
	struct fixture f = two_days();

	(void)state;
	expect(&f, cs_store_seen_put(f.store, seen, CS_LEN(seen)), CS_OK);
	(void)prune(&f, DAY);
	expect(&f, cs_store_seen_find(f.store, &seen[0]), CS_ERR_NOT_FOUND);
	expect(&f, cs_store_seen_find(f.store, &seen[1]), CS_OK);
	assert_int_equal(seen[1].first_us, 0);
	fixture_free(&f);
}

static enum cs_err prune_meanwhile(void *arg, const struct cs_result *row,
				   const struct cs_enriched *enriched)
{
	struct fixture *f = arg;

	(void)row, (void)enriched;
	(void)prune(f, DAY + 1);
	return CS_OK;
}

static void who_reads_a_day_reads_it_to_its_end(void **state)
{
	struct fixture f = two_days();

	(void)state;
	expect(&f, cs_store_day_each(f.store, DAY, prune_meanwhile, &f), CS_OK);
	assert_false(there(&f, DAY_NAME));
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_before_the_first_go_and_the_others_stay),
		cmocka_unit_test(a_look_counts_what_would_go_and_removes_nothing),
		cmocka_unit_test(a_scan_goes_with_its_last_day),
		cmocka_unit_test(days_of_a_shard_that_is_written_stay),
		cmocka_unit_test(what_a_kill_left_goes_the_next_time),
		cmocka_unit_test(who_was_last_seen_before_is_forgotten),
		cmocka_unit_test(files_of_others_are_left_alone),
		cmocka_unit_test(who_reads_a_day_reads_it_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
