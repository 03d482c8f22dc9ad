/* SPDX-License-Identifier: Apache-2.0 */
/* Kills, full disks, other processes and jails. */
#include "store_kill.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum {
	MOMENTS = 200,
	PER_CHUNK = 40, /* rows */
	CHUNKS = 400,   /* at most, a run */
};

/* A chunk whose rows all tell its number; every third one spans midnight. */
static enum cs_err put_numbered(struct cs_shard *shard, uint32_t number)
{
	int64_t us =
		DAY_US + CS_US_PER_DAY - (number % 3 == 0 ? PER_CHUNK / 2 : PER_CHUNK);
	struct cs_chunk_row chunk = { number, us, us + PER_CHUNK - 1, 4096, true };
	struct cs_result rows[PER_CHUNK];
	char bodies[PER_CHUNK][32];

	for (unsigned i = 0; i < PER_CHUNK; i++) {
		(void)snprintf(bodies[i], sizeof(bodies[i]), "%u %u", number, i % 7);
		rows[i] = result_at(number * 256 + i, us + i, bodies[i]);
	}
	return cs_shard_put_chunk(shard, &chunk, rows, PER_CHUNK);
}

/* In a process of its own: puts and commits, and tells each commit by a byte. */
static void write_until_killed(const char *dir, int tell)
{
	struct cs_store *store;
	struct cs_shard *shard;

	if (cs_store_open(dir, &store) || cs_shard_open(store, scan_id, 0, &shard))
		_exit(1);
	for (uint32_t number = 0; number < CHUNKS; number++) {
		if (cs_shard_is_closed(shard, number))
			continue;
		if (put_numbered(shard, number))
			_exit(2);
		if (number % 4 != 3)
			continue;
		if (cs_shard_commit(shard))
			_exit(3);

		tell_number(tell, number + 1);
	}
	if (cs_shard_publish(shard))
		_exit(5);
	cs_store_close(store);
	_exit(0);
}

struct tally {
	uint32_t rows[CHUNKS];
	struct fixture *f;
};

static enum cs_err count_row(void *arg, const struct cs_result *row,
			     const struct cs_enriched *enriched)
{
	(void)enriched;
	struct tally *tally = arg;
	uint32_t number = cs_addr_low32(&row->ip) / 256;
	uint32_t nth = cs_addr_low32(&row->ip) % 256;
	char body[32];

	assert_true(number < CHUNKS && nth < PER_CHUNK);
	(void)snprintf(body, sizeof(body), "%u %u", number, nth % 7);
	assert_true(cs_span_eq(row->body, cs_span_str(body)));
	tally->rows[number]++;
	return CS_OK;
}

/* All that was told is there; and what is closed is there whole, once. */
static void check_after_kill(struct fixture *f, uint32_t told)
{
	struct tally tally = { .f = f };

	open_shard(f);
	for (uint32_t i = 0; i < told; i++)
		assert_true(cs_shard_is_closed(f->shard, i));
	expect(f, cs_shard_each(f->shard, false, count_row, &tally), CS_OK);
	for (uint32_t i = 0; i < CHUNKS; i++)
		assert_int_equal(tally.rows[i],
				 cs_shard_is_closed(f->shard, i) ? PER_CHUNK : 0);
	abandon(f);
}

static void a_kill_at_any_moment_loses_nothing_that_was_told(void **state)
{
	struct fixture f = fixture_new();
	uint32_t random = 1, told = 0;
	unsigned killed = 0;

	(void)state;
	for (unsigned moment = 0; moment < MOMENTS; moment++) {
		int status;

		random = random * 1664525 + 1013904223;

		uint32_t now = run_and_kill(f.dir, write_until_killed,
					    random >> 16 & 0xfff, &status);

		if (now > told)
			told = now;
		if (WIFSIGNALED(status))
			killed++;
		else
			assert_int_equal(WEXITSTATUS(status), 0);
		check_after_kill(&f, told);
		if (!WIFSIGNALED(status) || told == CHUNKS) { /* begin again */
			fixture_free(&f);
			f = fixture_new();
			told = 0;
		}
	}
	assert_in_range(killed, MOMENTS / 4, MOMENTS);
	fixture_free(&f);
}

/* Another process's answer to opening the shard. */
static enum cs_err open_elsewhere(const struct fixture *f)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct cs_store *store;
		struct cs_shard *shard;

		if (cs_store_open(f->dir, &store))
			_exit(1);
		_exit(cs_shard_open(store, scan_id, 0, &shard) == CS_ERR_BUSY ? 2 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) >= 2);
	return WEXITSTATUS(status) == 2 ? CS_ERR_BUSY : CS_OK;
}

static void a_shard_has_one_writer(void **state)
{
	struct fixture f = fixture_new();
	struct cs_shard *again, *other;

	(void)state;
	open_shard(&f);
	expect(&f, cs_shard_open(f.store, scan_id, 0, &again), CS_ERR_BUSY);
	assert_null(again);
	assert_non_null(strstr(cs_store_why(f.store), "/lock/" SCAN_NAME "-0: another "
						      "process writes this shard"));
	expect(&f, open_elsewhere(&f), CS_ERR_BUSY);
	expect(&f, cs_shard_open(f.store, scan_id, 1, &other), CS_OK); /* its sister */
	cs_shard_abandon(other);
	abandon(&f);
	expect(&f, open_elsewhere(&f), CS_OK);
	fixture_free(&f);
}

/* One of several scans at once, in a process of its own. */
static void scan_alone(const char *dir, uint8_t n)
{
	struct cs_scan_row row = { .id = { n },
				   .shards = 1,
				   .plan = SPAN("p"),
				   .plan_hash = { 5 },
				   .started_us = n };
	struct cs_store *store;
	struct cs_shard *shard;

	if (cs_store_open(dir, &store) || cs_store_scan_begin(store, &row) ||
	    cs_shard_open(store, row.id, 0, &shard))
		_exit(1);
	for (uint32_t i = 0; i < 50; i++) {
		int64_t us = DAY_US + n;
		struct cs_chunk_row chunk = chunk_at(i, us, true);
		struct cs_result r = result_at(i, us, "x");

		row.ended_us = i;
		if (cs_shard_put_chunk(shard, &chunk, &r, 1) || cs_shard_commit(shard) ||
		    cs_store_scan_update(store, &row))
			_exit(2);
	}
	if (cs_shard_publish(shard))
		_exit(3);
	cs_store_close(store);
	_exit(0);
}

static void scans_at_once_do_not_hinder_each_other(void **state)
{
	enum { SCANS = 6 };
	struct fixture f = fixture_dir();
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	struct cs_scan_row row;
	size_t n;

	(void)state;
	/* The catalogue, too, is made by them. */
	for (uint8_t i = 1; i <= SCANS; i++)
		if (fork() == 0)
			scan_alone(f.dir, i);
	for (unsigned i = 0; i < SCANS; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	expect(&f, cs_store_days(f.store, &arena, &days, &n), CS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(days[0].rows, 50 * SCANS);
	expect(&f, cs_store_scan_find(f.store, NULL, &arena, &row), CS_OK);
	assert_int_equal(row.id[0], SCANS);
	assert_int_equal(row.ended_us, 49);

	struct seen seen = { 0 };

	expect(&f, cs_store_day_each(f.store, DAY, see, &seen), CS_OK);
	assert_int_equal(seen.n, 50);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

/* Puts and commits until the disk has no more; the last number committed. */
static uint32_t fill(struct fixture *f, enum cs_err *err)
{
	uint32_t number = 0;

	for (*err = CS_OK; number < 4000; number++) {
		*err = put_numbered(f->shard, number % 256 ? number : number + 1);
		if (!*err)
			*err = cs_shard_commit(f->shard);
		if (*err)
			break;
	}
	return number;
}

/* Runs @limit and then fills the disk; then there is room again. */
static void fill_up(void (*limit)(const char *dir), const char *want)
{
	struct fixture f = fixture_dir();
	enum cs_err err;
	uint64_t stored;

	limit(f.dir);
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	open_shard(&f);
	(void)fill(&f, &err);
	expect(&f, err, CS_ERR_IO);
	if (!strstr(cs_store_why(f.store), want))
		fail_msg("%s", cs_store_why(f.store));
	assert_non_null(strstr(cs_store_why(f.store), f.dir));

	/* What was reported as done is there, in this process and the next. */
	stored = cs_shard_closed_count(f.shard);
	assert_in_range(stored, 10, 3999);
	abandon(&f);
	open_shard(&f);
	assert_int_equal(cs_shard_closed_count(f.shard), stored);
	abandon(&f);
	cs_store_close(f.store);
	f.store = NULL;
	(void)umount2(f.dir, MNT_DETACH); /* fails where nothing is mounted */
	fixture_free(&f);
}

/* In a process of its own, for what cannot be taken back. */
static int in_child(void (*limit)(const char *dir), const char *want)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		fill_up(limit, want); /* a failed assertion ends it with a signal or 1 */
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_file_that_may_not_grow_is_an_error_with_its_reason(void **state)
{
	(void)state;
	assert_int_equal(in_child(limit_file_size, "File too large"), 0);
}

static void a_full_disk_is_an_error_with_its_reason(void **state)
{
	int status = in_child(mount_small, "database or disk is full");

	(void)state;
	if (status == 77)
		NOT_HERE("not permitted to mount");
	assert_int_equal(status, 0);
}

/* Nothing but what is below the store's directory, from here on. */
static void enter_jail(const char *dir)
{
	struct landlock_ruleset_attr all = { .handled_access_fs = (1 << 13) - 1 };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	struct landlock_path_beneath_attr beneath = {
		.allowed_access =
			all.handled_access_fs & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE,
		.parent_fd = open(dir, O_PATH | O_CLOEXEC)
	};

	if (rules < 0)
		_exit(77);
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath,
		    0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, rules, 0))
		_exit(78);
}

static enum cs_err fill_nothing(void *arg, const struct cs_result *rows,
				struct cs_enriched *out, size_t n)
{
	(void)arg, (void)rows, (void)out, (void)n;
	return CS_OK;
}

/* What is known besides, whose files are opened when they are needed. */
static void know_in_jail(struct fixture *f)
{
	struct cs_store_enrich want = { .day = DAY, .fill = fill_nothing };
	struct cs_store_name name = { cs_addr_v4(1), SPAN("a.example"), 100 };
	struct cs_store_seen seen = { cs_addr_v4(1), 5683, 1, 2 };
	struct cs_store_sum sum = { SPAN("geo"), SPAN("DE"), 1 };
	struct seen rows = { 0 };

	expect(f, cs_store_enrich(f->store, &want), CS_OK);
	expect(f, cs_store_day_load(f->store, DAY, see, &rows), CS_OK);
	expect(f, cs_store_names_put(f->store, &name, 1), CS_OK);
	expect(f, cs_store_name_find(f->store, &name.ip, 1, &name), CS_OK);
	expect(f, cs_store_seen_put(f->store, &seen, 1), CS_OK);
	expect(f, cs_store_seen_find(f->store, &seen), CS_OK);
	expect(f, cs_store_summary_put(f->store, DAY, 1, &sum, 1), CS_OK);
}

/* A whole life of a scan whose store was opened before the jail was closed. */
static void live_in_jail(struct fixture *f)
{
	struct cs_scan_row row = { .id = { 1 }, .shards = 1, .plan = SPAN("p") };
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n;

	enter_jail(f->dir);
	if (open("/tmp/cs-store-outside", O_CREAT | O_WRONLY, 0600) >= 0)
		_exit(79);
	expect(f, cs_store_scan_begin(f->store, &row), CS_OK);
	for (unsigned runs = 0; runs < 2; runs++) { /* the second one copies */
		struct seen seen = { 0 };

		open_shard(f);
		for (uint32_t number = 1; number < 200; number++)
			expect(f, put_numbered(f->shard, number), CS_OK);
		expect(f, cs_shard_commit(f->shard), CS_OK);
		expect(f, cs_shard_each(f->shard, true, see, &seen), CS_OK);
		publish(f);
		expect(f, cs_store_day_each(f->store, DAY, see, &seen), CS_OK);
		expect(f, cs_store_days(f->store, &arena, &days, &n), CS_OK);
		assert_int_equal(n, 2);
		know_in_jail(f);
	}
	expect(f, cs_store_scan_update(f->store, &row), CS_OK);
	cs_arena_clear(&arena);
	cs_store_close(f->store);
	_exit(0);
}

static void the_store_needs_nothing_outside_its_directory(void **state)
{
	struct fixture f = fixture_dir();
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0) {
		expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
		live_in_jail(&f);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(cs_store_open(f.dir, &f.store), CS_OK);
	fixture_free(&f);
	if (WEXITSTATUS(status) == 77)
		NOT_HERE("a kernel without Landlock");
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_at_any_moment_loses_nothing_that_was_told),
		cmocka_unit_test(a_shard_has_one_writer),
		cmocka_unit_test(scans_at_once_do_not_hinder_each_other),
		cmocka_unit_test(a_file_that_may_not_grow_is_an_error_with_its_reason),
		cmocka_unit_test(a_full_disk_is_an_error_with_its_reason),
		cmocka_unit_test(the_store_needs_nothing_outside_its_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
