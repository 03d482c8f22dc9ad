/* SPDX-License-Identifier: Apache-2.0 */
/* What a store knows besides results: summaries, since when, names. */
#include "store_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>

/* What a walk over sums saw: "day/group/key=n " each. */
static enum cs_err see_sum(void *arg, int32_t day, const struct cs_store_sum *sum)
{
	struct seen *seen = arg;
	size_t at = strlen(seen->text);

	(void)snprintf(seen->text + at, sizeof(seen->text) - at, "%d/%.*s/%.*s=%llu ",
		       day, (int)sum->group.len, (const char *)sum->group.ptr,
		       (int)sum->key.len, (const char *)sum->key.ptr,
		       (unsigned long long)sum->n);
	seen->n++;
	return CS_OK;
}

static void expect_sums(struct fixture *f, int32_t first, int32_t last, const char *group,
			const char *want)
{
	struct seen seen = { 0 };

	expect(f, cs_store_summary_each(f->store, first, last, group, see_sum, &seen),
	       CS_OK);
	assert_string_equal(seen.text, want);
}

static struct cs_store_sum sum(const char *group, const char *key, uint64_t n)
{
	return (struct cs_store_sum){ cs_span_str(group), cs_span_str(key), n };
}

static void a_summary_comes_back_by_day_group_and_key(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store_sum sums[] = { sum("stack", "", 4), sum("geo", "FR", 2),
				       sum("geo", "DE", 1), sum("geo", "DE", 2) };

	(void)state;
	expect_sums(&f, 0, INT32_MAX, NULL, "");
	expect(&f, cs_store_summary_put(f.store, 7, 99, sums, 4), CS_OK);
	expect(&f, cs_store_summary_put(f.store, 5, 98, sums, 2), CS_OK);
	expect(&f, cs_store_summary_put(f.store, -1, 98, sums, 1), CS_OK);
	expect_sums(&f, 5, 7, NULL,
		    "5/geo/FR=2 5/stack/=4 7/geo/DE=3 7/geo/FR=2 7/stack/=4 ");
	expect_sums(&f, 5, 7, "geo", "5/geo/FR=2 7/geo/DE=3 7/geo/FR=2 ");
	expect_sums(&f, 6, 6, NULL, "");
	expect_sums(&f, INT32_MIN, INT32_MAX, "stack",
		    "-1/stack/=4 5/stack/=4 7/stack/=4 ");
	expect_sums(&f, 5, 7, "ge", "");

	/* Put again, it is another one. */
	expect(&f, cs_store_summary_put(f.store, 7, 99, sums, 1), CS_OK);
	expect_sums(&f, 6, 9, NULL, "7/stack/=4 ");
	expect(&f, cs_store_summary_put(f.store, 7, 99, NULL, 0), CS_OK);
	expect_sums(&f, 6, 9, NULL, "");
	fixture_free(&f);
}

static void numbers_past_the_range_are_refused_whole(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store_sum sums[] = { sum("g", "k", INT64_MAX), sum("g", "k", 1) };

	(void)state;
	expect(&f, cs_store_summary_put(f.store, 1, 1, sums, 1), CS_OK);
	expect(&f, cs_store_summary_put(f.store, 1, 1, sums, 2), CS_ERR_RANGE);
	expect_sums(&f, 1, 1, NULL, "1/g/k=9223372036854775807 ");
	fixture_free(&f);
}

static void a_day_tells_the_stamp_of_its_summary(void **state)
{
	struct fixture f = fixture_new();
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n;

	(void)state;
	open_shard(&f);
	put_one(&f, 1, DAY_US, "a");
	publish(&f);
	expect(&f, cs_store_summary_put(f.store, DAY, UINT64_MAX - 1, NULL, 0), CS_OK);
	expect(&f, cs_store_summary_put(f.store, DAY + 1, 3, NULL, 0), CS_OK);
	expect(&f, cs_store_days(f.store, &arena, &days, &n), CS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(days[0].summary_stamp, UINT64_MAX - 1);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

static enum cs_err refuse_sum(void *arg, int32_t day, const struct cs_store_sum *s)
{
	(void)arg, (void)day, (void)s;
	return CS_ERR_FULL;
}

static void an_error_of_the_caller_ends_the_sums(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store_sum one = sum("g", "k", 1);

	(void)state;
	expect(&f, cs_store_summary_put(f.store, 1, 1, &one, 1), CS_OK);
	expect(&f, cs_store_summary_each(f.store, 0, 2, NULL, refuse_sum, NULL),
	       CS_ERR_FULL);
	fixture_free(&f);
}

static struct cs_store_seen seen_at(uint32_t ip, uint16_t port, int64_t first,
				    int64_t last)
{
	return (struct cs_store_seen){ cs_addr_v4(ip), port, first, last };
}

static void expect_seen(struct fixture *f, uint32_t ip, uint16_t port, int64_t first,
			int64_t last)
{
	struct cs_store_seen seen = seen_at(ip, port, -1, -1);

	expect(f, cs_store_seen_find(f->store, &seen), CS_OK);
	assert_int_equal(seen.first_us, first);
	assert_int_equal(seen.last_us, last);
}

static void what_was_seen_widens(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store_seen seen[] = { seen_at(1, 5683, 50, 60), seen_at(1, 5684, 1, 2),
					seen_at(2, 5683, 0, CS_STORE_TIME_MAX) };
	struct cs_store_seen never = seen_at(3, 5683, 0, 0);

	(void)state;
	expect(&f, cs_store_seen_find(f.store, &never), CS_ERR_NOT_FOUND);
	expect(&f, cs_store_seen_put(f.store, seen, 3), CS_OK);
	expect_seen(&f, 1, 5683, 50, 60);
	expect_seen(&f, 1, 5684, 1, 2);
	expect_seen(&f, 2, 5683, 0, CS_STORE_TIME_MAX);
	expect(&f, cs_store_seen_find(f.store, &never), CS_ERR_NOT_FOUND);

	seen[0] = seen_at(1, 5683, 55, 56); /* inside, before, after */
	expect(&f, cs_store_seen_put(f.store, seen, 1), CS_OK);
	expect_seen(&f, 1, 5683, 50, 60);
	seen[0] = seen_at(1, 5683, 40, 41);
	seen[1] = seen_at(1, 5683, 70, 70);
	expect(&f, cs_store_seen_put(f.store, seen, 2), CS_OK);
	expect_seen(&f, 1, 5683, 40, 70);

	/* In the next process, too. */
	cs_store_close(f.store);
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	expect_seen(&f, 1, 5683, 40, 70);
	fixture_free(&f);
}

static void times_that_cannot_be_are_refused(void **state)
{
	const struct cs_store_seen bad[] = { seen_at(1, 1, -1, 1), seen_at(1, 1, 2, 1),
					     seen_at(1, 1, 1, CS_STORE_TIME_MAX + 1) };
	struct cs_store_seen seen = seen_at(1, 1, 0, 0);
	struct fixture f = fixture_new();

	(void)state;
	for (size_t i = 0; i < CS_LEN(bad); i++)
		expect(&f, cs_store_seen_put(f.store, &bad[i], 1), CS_ERR_RANGE);
	expect(&f, cs_store_seen_find(f.store, &seen), CS_ERR_NOT_FOUND);
	fixture_free(&f);
}

/* Overwrites a file of the store, which nobody has open, with no database. */
static void spoil(struct fixture *f, const char *name)
{
	char path[256];
	FILE *file;

	cs_store_close(f->store);
	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 5000; i++)
		fputs("no database ", file);
	assert_int_equal(fclose(file), 0);
	expect(f, cs_store_open(f->dir, &f->store), CS_OK);
}

static void a_damaged_list_of_what_was_seen_is_said(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store_seen seen = seen_at(1, 1, 1, 1);

	(void)state;
	expect(&f, cs_store_seen_put(f.store, &seen, 1), CS_OK);
	spoil(&f, "seen.db");
	for (unsigned times = 0; times < 2; times++) {
		expect(&f, cs_store_seen_find(f.store, &seen), CS_ERR_DAMAGED);
		assert_non_null(strstr(cs_store_why(f.store), "/seen.db: damaged"));
		expect(&f, cs_store_seen_put(f.store, &seen, 1), CS_ERR_DAMAGED);
	}
	fixture_free(&f);
}

static struct cs_store_name name_at(uint32_t ip, const char *name, int64_t expires_us)
{
	return (struct cs_store_name){ cs_addr_v4(ip), cs_span_str(name), expires_us };
}

static void expect_name(struct fixture *f, uint32_t ip, int64_t now_us, const char *want)
{
	struct cs_addr addr = cs_addr_v4(ip);
	struct cs_store_name name;
	enum cs_err err = cs_store_name_find(f->store, &addr, now_us, &name);

	expect(f, err, want ? CS_OK : CS_ERR_NOT_FOUND);
	if (want)
		assert_true(cs_span_eq(name.name, cs_span_str(want)));
	if (want)
		assert_memory_equal(name.ip.b, addr.b, sizeof(addr.b));
}

static void a_name_is_known_until_its_time_is_up(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store_name names[] = { name_at(1, "a.example", 100),
					 name_at(2, "", 200) };

	(void)state;
	expect_name(&f, 1, 0, NULL);
	expect(&f, cs_store_names_put(f.store, names, 2), CS_OK);
	expect_name(&f, 1, 99, "a.example");
	expect_name(&f, 1, 100, NULL);
	expect_name(&f, 2, 100, ""); /* known to have none */
	names[0] = name_at(1, "b.example", 300);
	expect(&f, cs_store_names_put(f.store, names, 1), CS_OK);
	expect_name(&f, 1, 100, "b.example");
	fixture_free(&f);
}

static void the_longest_name_fits_and_no_longer_one(void **state)
{
	struct fixture f = fixture_new();
	char text[CS_NAME_MAX + 1];
	struct cs_store_name name;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[CS_NAME_MAX] = '\0';
	name = name_at(1, text, 9);
	expect(&f, cs_store_names_put(f.store, &name, 1), CS_ERR_RANGE);
	expect_name(&f, 1, 0, NULL);
	text[CS_NAME_MAX - 1] = '\0';
	name = name_at(1, text, 9);
	expect(&f, cs_store_names_put(f.store, &name, 1), CS_OK);
	expect_name(&f, 1, 0, text);
	fixture_free(&f);
}

static int64_t names_kept(const struct fixture *f)
{
	sqlite3_stmt *stmt;
	char path[256];
	sqlite3 *db;
	int64_t n;

	(void)snprintf(path, sizeof(path), "%s/names.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT count(*) FROM name", -1, &stmt, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return n;
}

static void names_whose_time_is_up_are_forgotten(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store_name names[] = { name_at(1, "a", 100), name_at(2, "b", 200),
					 name_at(3, "c", 300) };

	(void)state;
	expect(&f, cs_store_names_put(f.store, names, 2), CS_OK);
	expect_name(&f, 9, 150, NULL); /* tells the time */
	expect(&f, cs_store_names_put(f.store, names + 2, 1), CS_OK);
	assert_int_equal(names_kept(&f), 2);
	expect_name(&f, 2, 150, "b");
	fixture_free(&f);
}

/* However it is damaged: it was a cache. */
static void a_damaged_cache_of_names_is_made_anew(void **state)
{
	struct cs_store_name name = name_at(1, "a", 100);
	struct fixture f = fixture_new();

	(void)state;
	for (unsigned put_first = 0; put_first < 2; put_first++) {
		spoil(&f, "names.db");
		if (!put_first)
			expect_name(&f, 1, 0, NULL);
		expect(&f, cs_store_names_put(f.store, &name, 1), CS_OK);
		expect_name(&f, 1, 0, "a");
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_summary_comes_back_by_day_group_and_key),
		cmocka_unit_test(numbers_past_the_range_are_refused_whole),
		cmocka_unit_test(a_day_tells_the_stamp_of_its_summary),
		cmocka_unit_test(an_error_of_the_caller_ends_the_sums),
		cmocka_unit_test(what_was_seen_widens),
		cmocka_unit_test(times_that_cannot_be_are_refused),
		cmocka_unit_test(a_damaged_list_of_what_was_seen_is_said),
		cmocka_unit_test(a_name_is_known_until_its_time_is_up),
		cmocka_unit_test(the_longest_name_fits_and_no_longer_one),
		cmocka_unit_test(names_whose_time_is_up_are_forgotten),
		cmocka_unit_test(a_damaged_cache_of_names_is_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
