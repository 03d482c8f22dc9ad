/* SPDX-License-Identifier: Apache-2.0 */
/* Stores that are there for reading only, while others write them. */
#include "store_fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>

static enum cs_err fill_nothing(void *arg, const struct cs_result *rows,
				struct cs_enriched *out, size_t n)
{
	(void)arg, (void)rows, (void)out, (void)n;
	return CS_OK;
}

/* A store with a day of one row, names and what was seen; closed. */
static struct fixture a_store(void)
{
	struct fixture f = fixture_new();
	struct cs_store_name name = { cs_addr_v4(1), SPAN("a.example"), 100 };
	struct cs_store_seen seen = { cs_addr_v4(1), 5683, 1, 2 };
	struct cs_store_enrich want = { .day = DAY, .fill = fill_nothing };

	open_shard(&f);
	put_one(&f, 1, DAY_US, "a");
	publish(&f);
	expect(&f, cs_store_enrich(f.store, &want), CS_OK);
	expect(&f, cs_store_names_put(f.store, &name, 1), CS_OK);
	expect(&f, cs_store_seen_put(f.store, &seen, 1), CS_OK);
	cs_store_close(f.store);
	f.store = NULL;
	return f;
}

static size_t day_count(struct fixture *f)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n;

	expect(f, cs_store_days(f->store, &arena, &days, &n), CS_OK);
	cs_arena_clear(&arena);
	return n;
}

static void expect_all_readable(struct fixture *f)
{
	struct cs_store_seen seen = { .ip = cs_addr_v4(1), .port = 5683 };
	struct cs_addr ip = cs_addr_v4(1);
	struct cs_arena arena = { 0 };
	struct cs_store_cover *covers;
	struct cs_store_name name;
	size_t n;

	assert_int_equal(day_count(f), 1);
	expect_day(f, DAY, "1=a ");
	expect(f, cs_store_covers(f->store, DAY, &arena, &covers, &n), CS_OK);
	assert_int_equal(n, 1);
	expect(f, cs_store_seen_find(f->store, &seen), CS_OK);
	assert_int_equal(seen.last_us, 2);
	expect(f, cs_store_name_find(f->store, &ip, 1, &name), CS_OK);
	assert_true(cs_span_eq(name.name, SPAN("a.example")));
	cs_arena_clear(&arena);
}

static void what_would_change_something_is_denied(void **state)
{
	struct cs_store_enrich want = { .day = DAY, .fill = fill_nothing };
	struct cs_scan_row row = { .plan = SPAN("p") };
	struct cs_store_name name = { .expires_us = 1 };
	struct cs_store_seen seen = { .last_us = 1 };
	struct fixture f = a_store();

	(void)state;
	expect(&f, cs_store_open_read(f.dir, &f.store), CS_OK);
	expect_all_readable(&f);
	expect(&f, cs_store_scan_begin(f.store, &row), CS_ERR_DENIED);
	expect(&f, cs_store_scan_update(f.store, &row), CS_ERR_DENIED);
	expect(&f, cs_shard_open(f.store, scan_id, 0, &f.shard), CS_ERR_DENIED);
	assert_null(f.shard);
	expect(&f, cs_store_enrich(f.store, &want), CS_ERR_DENIED);
	expect(&f, cs_store_names_put(f.store, &name, 1), CS_ERR_DENIED);
	expect(&f, cs_store_seen_put(f.store, &seen, 1), CS_ERR_DENIED);
	expect(&f, cs_store_summary_put(f.store, DAY, 1, NULL, 0), CS_ERR_DENIED);
	assert_non_null(strstr(cs_store_why(f.store), ": opened for reading only"));
	expect_all_readable(&f);
	fixture_free(&f);
}

static void reading_makes_no_store(void **state)
{
	struct fixture f = fixture_dir();
	char path[256];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none", f.dir);
	expect(&f, cs_store_open_read(path, &f.store), CS_ERR_NOT_FOUND);
	assert_non_null(strstr(cs_store_why(f.store), path));
	cs_store_close(f.store);
	expect(&f, cs_store_open_read(f.dir, &f.store), CS_ERR_NOT_FOUND);
	assert_non_null(strstr(cs_store_why(f.store), "/catalog.db"));
	assert_int_equal(rmdir(f.dir), 0); /* nothing was made in it */
	assert_int_equal(mkdir(f.dir, 0700), 0);
	fixture_free(&f);
}

static void names_and_seen_may_be_absent(void **state)
{
	struct cs_store_seen seen = { .ip = cs_addr_v4(1), .port = 5683 };
	struct fixture f = fixture_new();
	struct cs_addr ip = cs_addr_v4(1);
	struct cs_store_name name;

	(void)state;
	cs_store_close(f.store);
	expect(&f, cs_store_open_read(f.dir, &f.store), CS_OK);
	expect(&f, cs_store_seen_find(f.store, &seen), CS_ERR_NOT_FOUND);
	expect(&f, cs_store_name_find(f.store, &ip, 1, &name), CS_ERR_NOT_FOUND);
	fixture_free(&f);
}

static void publish_next_day(struct cs_store *store, uint32_t shard_number)
{
	struct cs_chunk_row chunk = chunk_at(1, DAY_US + CS_US_PER_DAY, true);
	struct cs_result row = result_at(1, DAY_US + CS_US_PER_DAY, "b");
	struct cs_shard *shard;

	assert_int_equal(cs_shard_open(store, scan_id, shard_number, &shard), CS_OK);
	assert_int_equal(cs_shard_put_chunk(shard, &chunk, &row, 1), CS_OK);
	assert_int_equal(cs_shard_publish(shard), CS_OK);
}

static void a_reader_sees_what_is_written_meanwhile(void **state)
{
	struct fixture f = a_store();
	struct cs_store *writer;

	(void)state;
	expect(&f, cs_store_open_read(f.dir, &f.store), CS_OK);
	assert_int_equal(day_count(&f), 1);
	assert_int_equal(cs_store_open(f.dir, &writer), CS_OK);
	publish_next_day(writer, 0);
	assert_int_equal(day_count(&f), 2);
	cs_store_close(writer);
	assert_int_equal(day_count(&f), 2);
	fixture_free(&f);
}

static int make_unwritable(const char *path, const struct stat *st, int type,
			   struct FTW *ftw)
{
	(void)st, (void)ftw;
	return chmod(path, type == FTW_F ? 0444 : 0555);
}

static int make_writable(const char *path, const struct stat *st, int type,
			 struct FTW *ftw)
{
	(void)st, (void)ftw;
	return chmod(path, type == FTW_F ? 0644 : 0755);
}

static int whole(const char *dir, __nftw_func_t each)
{
	return nftw(dir, each, 16, FTW_PHYS);
}

/* Nobody in particular, who may write nothing here. */
static void become_nobody(void)
{
	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		_exit(77);
}

static void wait_byte(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		_exit(3);
}

static void send_byte(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

/*
 * In a process of its own: reads, tells, and reads again when somebody has
 * written meanwhile, and when that one is gone.
 */
static void read_as_nobody(struct fixture *f, int from, int to)
{
	become_nobody();
	expect(f, cs_store_open_read(f->dir, &f->store), CS_OK);
	expect_all_readable(f);
	send_byte(to);
	wait_byte(from);
	assert_int_equal(day_count(f), 2);
	send_byte(to);
	wait_byte(from);
	assert_int_equal(day_count(f), 3);
	cs_store_close(f->store);
	_exit(0);
}

/* The writer's side of it, who is another user and may write. */
static void write_beside(const struct fixture *f, int from, int to)
{
	struct cs_store *writer;

	wait_byte(from); /* it has read without a writer */
	assert_int_equal(whole(f->dir, make_writable), 0);
	assert_int_equal(cs_store_open(f->dir, &writer), CS_OK);
	publish_next_day(writer, 0);
	assert_int_equal(whole(f->dir, make_unwritable), 0);
	send_byte(to);
	wait_byte(from);
	assert_int_equal(whole(f->dir, make_writable), 0);

	struct cs_chunk_row chunk = chunk_at(1, DAY_US + 2 * CS_US_PER_DAY, true);
	struct cs_result row = result_at(1, DAY_US + 2 * CS_US_PER_DAY, "c");
	struct cs_shard *shard;

	assert_int_equal(cs_shard_open(writer, scan_id, 7, &shard), CS_OK);
	assert_int_equal(cs_shard_put_chunk(shard, &chunk, &row, 1), CS_OK);
	assert_int_equal(cs_shard_publish(shard), CS_OK);
	cs_store_close(writer);
	send_byte(to);
}

static void a_store_that_we_cannot_write_is_read_also_while_it_is_written(void **state)
{
	struct fixture f = a_store();
	int to[2], from[2], status;
	pid_t child;

	(void)state;
	if (geteuid() != 0) {
		fixture_free(&f);
		NOT_HERE("two users are needed");
	}
	assert_int_equal(whole(f.dir, make_unwritable), 0);
	assert_int_equal(pipe(to) | pipe(from), 0);
	child = fork();
	if (child == 0)
		read_as_nobody(&f, to[0], from[1]);
	assert_int_equal(close(from[1]) | close(to[0]), 0);
	write_beside(&f, from[0], to[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(close(from[0]) | close(to[1]), 0);
	fixture_free(&f);
	if (WEXITSTATUS(status) == 77)
		NOT_HERE("not permitted to become somebody else");
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* One whose folder has signs that mean something in a URI. */
static void any_folder_can_be_read(void **state)
{
	struct fixture f = a_store();
	char odd[128];
	pid_t child;
	int status;

	(void)state;
	(void)snprintf(odd, sizeof(odd), "%s-100%%41?a=#b c\xc3\xbc", f.dir);
	assert_int_equal(rename(f.dir, odd), 0);
	assert_int_equal(whole(odd, make_unwritable), 0);
	child = fork();
	if (child == 0) {
		become_nobody();
		expect(&f, cs_store_open_read(odd, &f.store), CS_OK);
		expect_all_readable(&f);
		cs_store_close(f.store);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(whole(odd, make_writable), 0);
	assert_int_equal(rename(odd, f.dir), 0);
	fixture_free(&f);
	assert_int_equal(status, 0);
}

/* Publishes one more row and enriches the day, again and again. */
static void write_on(const char *dir)
{
	struct cs_store_enrich want = { .day = DAY, .fill = fill_nothing };
	struct cs_store *store;

	if (cs_store_open(dir, &store))
		_exit(1);
	for (uint32_t shard_number = 1; shard_number < 60; shard_number++) {
		struct cs_chunk_row chunk = chunk_at(1, DAY_US, true);
		struct cs_result row = result_at(shard_number + 1, DAY_US, "n");
		struct cs_shard *shard;

		if (cs_shard_open(store, scan_id, shard_number, &shard) ||
		    cs_shard_put_chunk(shard, &chunk, &row, 1) ||
		    cs_shard_publish(shard) || cs_store_enrich(store, &want))
			_exit(2);
	}
	cs_store_close(store);
	_exit(0);
}

static void a_day_is_read_while_it_grows(void **state)
{
	struct fixture f = a_store();
	pid_t child = fork(), ended = 0;
	size_t least = 1;
	int status;

	(void)state;
	if (child == 0)
		write_on(f.dir);
	expect(&f, cs_store_open_read(f.dir, &f.store), CS_OK);
	while (ended == 0) {
		struct seen seen = { 0 };

		ended = waitpid(child, &status, WNOHANG);
		expect(&f, cs_store_day_load(f.store, DAY, see, &seen), CS_OK);
		assert_in_range(seen.n, least, 60);
		least = seen.n;
		assert_int_equal(day_count(&f), 1);
	}
	assert_int_equal(status, 0);
	assert_int_equal(least, 60);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_would_change_something_is_denied),
		cmocka_unit_test(reading_makes_no_store),
		cmocka_unit_test(names_and_seen_may_be_absent),
		cmocka_unit_test(a_reader_sees_what_is_written_meanwhile),
		cmocka_unit_test(
			a_store_that_we_cannot_write_is_read_also_while_it_is_written),
		cmocka_unit_test(a_day_is_read_while_it_grows),
		cmocka_unit_test(any_folder_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
