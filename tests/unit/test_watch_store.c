/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"
#include "store_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/watch_store.h"

enum { RUN = 7 };

#define HOUR_US (3600 * CS_US_PER_S)

static struct cs_watch_row row(const char *ip, int64_t last_us, uint64_t packets)
{
	struct cs_prefix p = prefix(ip);

	return (struct cs_watch_row){ .ip = p.addr,
				      .bits = p.bits,
				      .first_us = DAY_US,
				      .last_us = last_us,
				      .packets = packets,
				      .worry = 2,
				      .class_ = SPAN("D"),
				      .verdict = SPAN("{\"schema\":\"x\"}") };
}

static struct cs_watch_store *open_in(const struct fixture *f, uint64_t run)
{
	struct cs_watch_store *store;

	assert_int_equal(cs_watch_store_open(f->dir, run, &store), CS_OK);
	return store;
}

static void put(struct cs_watch_store *store, struct cs_watch_row one)
{
	if (cs_watch_store_put(store, &one, 1))
		fail_msg("%s", cs_watch_store_why(store));
}

/* What was found, as text: "DAY IP/BITS PACKETS;" and "DAY h HOUR=PACKETS;". */
struct got {
	char text[1024];
	uint64_t unreadable;
	char why[CS_WATCH_STORE_WHY];
};

static enum cs_err take_row(void *arg, const struct cs_watch_found *found)
{
	struct got *g = arg;
	struct cs_prefix p = { found->row.ip, found->row.bits };
	char ip[CS_PREFIX_TEXT];
	size_t n = strlen(g->text);

	cs_prefix_text(&p, ip);
	if (p.bits == 128)
		cs_addr_text(&p.addr, ip);
	(void)snprintf(g->text + n, sizeof(g->text) - n, "%d %s %u;", found->day - DAY,
		       ip, (unsigned)found->row.packets);
	assert_int_equal(found->row.worry, 2);
	assert_true(cs_span_eq(found->row.class_, SPAN("D")));
	assert_true(cs_span_eq(found->row.verdict, SPAN("{\"schema\":\"x\"}")));
	return CS_OK;
}

static enum cs_err take_hours(void *arg, int32_t day, const uint64_t hours[24])
{
	struct got *g = arg;

	for (int i = 0; i < 24; i++) {
		size_t n = strlen(g->text);

		if (hours[i])
			(void)snprintf(g->text + n, sizeof(g->text) - n, "%d h%d=%u;",
				       day - DAY, i, (unsigned)hours[i]);
	}
	return CS_OK;
}

static enum cs_err find(const struct fixture *f, const char *what, struct got *g)
{
	const struct cs_watch_find want = { .what = prefix(what),
					    .first = DAY - 100,
					    .last = DAY + 100,
					    .each = take_row,
					    .hours = take_hours,
					    .arg = g };

	*g = (struct got){ 0 };
	return cs_watch_store_find(f->dir, &want, &g->unreadable, g->why);
}

static void expect_found(const struct fixture *f, const char *what, const char *text)
{
	struct got g;

	assert_int_equal(find(f, what, &g), CS_OK);
	assert_string_equal(g.text, text);
	assert_int_equal(g.unreadable, 0);
}

static void a_source_is_kept_by_day_and_renewed_by_its_run(void **state)
{
	struct fixture f = fixture_dir();
	struct cs_watch_store *store = open_in(&f, RUN);

	(void)state;
	put(store, row("192.0.2.1", DAY_US + HOUR_US, 5));
	put(store, row("192.0.2.1", DAY_US + 2 * HOUR_US, 12));
	put(store, row("192.0.2.1", DAY_US + 25 * HOUR_US, 20));
	put(store, row("2001:db8::1", DAY_US, 1));
	expect_found(&f, "192.0.2.1",
		     "1 192.0.2.1 20;1 h1=1;0 192.0.2.1 12;0 h1=5;0 h2=7;");
	expect_found(&f, "192.0.2.2", "");
	expect_found(&f, "2001:db8::/32", "0 2001:db8::1 1;0 h0=1;");
	cs_watch_store_close(store);
	fixture_free(&f);
}

static void two_runs_keep_their_rows_apart(void **state)
{
	struct fixture f = fixture_dir();
	struct cs_watch_store *a = open_in(&f, 1), *b = open_in(&f, UINT64_MAX);

	(void)state;
	put(a, row("192.0.2.1", DAY_US + 1, 5));
	put(b, row("192.0.2.1", DAY_US + 2, 3));
	expect_found(&f, "192.0.2.1", "0 192.0.2.1 3;0 192.0.2.1 5;0 h0=8;");
	cs_watch_store_close(a);
	cs_watch_store_close(b);
	fixture_free(&f);
}

static void prefixes_are_found_by_what_is_in_them_and_the_other_way(void **state)
{
	struct fixture f = fixture_dir();
	struct cs_watch_store *store = open_in(&f, RUN);
	struct cs_watch_row tagged = row("192.0.2.0/24", DAY_US, 4);

	(void)state;
	put(store, row("192.0.2.0/24", DAY_US + 2, 9));
	tagged.tag = 77; /* another source of the same prefix */
	put(store, tagged);
	put(store, row("192.0.3.1", DAY_US + 3, 2));
	expect_found(&f, "192.0.2.200", "0 192.0.2.0/24 9;0 192.0.2.0/24 4;0 h0=13;");
	expect_found(&f, "192.0.3.2", "");
	expect_found(&f, "192.0.0.0/16",
		     "0 192.0.3.1 2;0 192.0.2.0/24 9;0 192.0.2.0/24 4;0 h0=15;");
	cs_watch_store_close(store);
	fixture_free(&f);
}

static void no_store_and_an_empty_one_are_said(void **state)
{
	struct fixture f = fixture_dir();
	struct cs_watch_store *store = open_in(&f, RUN);
	struct got g;

	(void)state;
	assert_int_equal(find(&f, "192.0.2.1", &g), CS_ERR_NOT_FOUND);
	cs_watch_store_close(store);
	fixture_free(&f);
	assert_int_equal(find(&f, "192.0.2.1", &g), CS_ERR_NOT_FOUND);
}

static void a_time_that_no_day_has_is_refused(void **state)
{
	struct fixture f = fixture_dir();
	struct cs_watch_store *store = open_in(&f, RUN);
	struct cs_watch_row bad = row("192.0.2.1", -1, 1);

	(void)state;
	assert_int_equal(cs_watch_store_put(store, &bad, 1), CS_ERR_RANGE);
	bad = row("192.0.2.1", CS_STORE_TIME_MAX + 1, 1);
	assert_int_equal(cs_watch_store_put(store, &bad, 1), CS_ERR_RANGE);
	put(store, row("192.0.2.1", CS_STORE_TIME_MAX, 1));
	put(store, row("192.0.2.1", 0, 1));
	cs_watch_store_close(store);
	fixture_free(&f);
}

static void write_text(const struct fixture *f, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_dir(const struct fixture *f, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void a_damaged_day_is_named_and_the_others_are_used(void **state)
{
	struct fixture f = fixture_dir();
	struct cs_watch_store *store = open_in(&f, RUN);
	struct cs_watch_row one = row("192.0.2.1", DAY_US, 1);
	struct got g;
	char text[8192];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	make_dir(&f, DAY_NAME);
	write_text(&f, DAY_NAME "/watch.db", text);
	assert_int_equal(cs_watch_store_put(store, &one, 1), CS_ERR_DAMAGED);
	assert_non_null(strstr(cs_watch_store_why(store), DAY_NAME "/watch.db: "));
	put(store, row("192.0.2.1", DAY_US + CS_US_PER_DAY, 3));
	assert_int_equal(find(&f, "192.0.2.1", &g), CS_OK);
	assert_string_equal(g.text, "1 192.0.2.1 3;1 h0=1;");
	assert_int_equal(g.unreadable, 1);
	assert_non_null(strstr(g.why, DAY_NAME "/watch.db: "));
	cs_watch_store_close(store);
	fixture_free(&f);
}

static void a_locked_day_is_busy_and_written_later(void **state)
{
	struct fixture f = fixture_dir();
	struct cs_watch_store *store = open_in(&f, RUN);
	struct cs_watch_row two = row("192.0.2.2", DAY_US, 1);
	char path[512];
	sqlite3 *other;

	(void)state;
	put(store, row("192.0.2.1", DAY_US, 1));
	(void)snprintf(path, sizeof(path), "%s/" DAY_NAME "/watch.db", f.dir);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(cs_watch_store_put(store, &two, 1), CS_ERR_BUSY);
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	put(store, two);
	expect_found(&f, "192.0.2.0/24", "0 192.0.2.1 1;0 192.0.2.2 1;0 h0=2;");
	cs_watch_store_close(store);
	fixture_free(&f);
}

static void what_was_put_survives_a_kill(void **state)
{
	struct fixture f = fixture_dir();
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		struct cs_watch_store *store = open_in(&f, RUN);

		put(store, row("192.0.2.1", DAY_US, 1));
		put(store, row("192.0.2.1", DAY_US, 2));
		(void)raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	expect_found(&f, "192.0.2.1", "0 192.0.2.1 2;0 h0=2;");
	fixture_free(&f);
}

static bool there(const struct fixture *f, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return access(path, F_OK) == 0;
}

static void old_days_go_and_what_others_keep_stays(void **state)
{
	struct fixture f = fixture_dir();
	struct cs_watch_store *store = open_in(&f, RUN);
	uint64_t removed;

	(void)state;
	put(store, row("192.0.2.1", DAY_US, 1));
	put(store, row("192.0.2.1", DAY_US + CS_US_PER_DAY, 1));
	put(store, row("192.0.2.1", DAY_US + 2 * CS_US_PER_DAY, 1));
	write_text(&f, NEXT_DAY_NAME "/somebodys", "x");
	assert_int_equal(cs_watch_store_prune(store, DAY, &removed), CS_OK);
	assert_int_equal(removed, 0);
	assert_int_equal(cs_watch_store_prune(store, DAY + 2, &removed), CS_OK);
	assert_int_equal(removed, 2);
	assert_false(there(&f, DAY_NAME));
	assert_true(there(&f, NEXT_DAY_NAME "/somebodys"));
	assert_false(there(&f, NEXT_DAY_NAME "/watch.db"));
	expect_found(&f, "192.0.2.1", "2 192.0.2.1 1;2 h0=1;");
	cs_watch_store_close(store);
	fixture_free(&f);
}

static void pruning_the_store_of_scans_removes_them_too(void **state)
{
	struct fixture f = fixture_new();
	struct cs_watch_store *store = open_in(&f, RUN);
	struct cs_store_pruned removed;

	(void)state;
	put(store, row("192.0.2.1", DAY_US, 1));
	put(store, row("192.0.2.1", DAY_US + CS_US_PER_DAY, 1));
	cs_watch_store_close(store);
	assert_int_equal(cs_store_prune(f.store, DAY + 1, &removed), CS_OK);
	assert_int_equal(removed.days, 1);
	assert_false(there(&f, DAY_NAME));
	expect_found(&f, "192.0.2.1", "1 192.0.2.1 1;1 h0=1;");
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_kept_by_day_and_renewed_by_its_run),
		cmocka_unit_test(two_runs_keep_their_rows_apart),
		cmocka_unit_test(prefixes_are_found_by_what_is_in_them_and_the_other_way),
		cmocka_unit_test(no_store_and_an_empty_one_are_said),
		cmocka_unit_test(a_time_that_no_day_has_is_refused),
		cmocka_unit_test(a_damaged_day_is_named_and_the_others_are_used),
		cmocka_unit_test(a_locked_day_is_busy_and_written_later),
		cmocka_unit_test(what_was_put_survives_a_kill),
		cmocka_unit_test(old_days_go_and_what_others_keep_stays),
		cmocka_unit_test(pruning_the_store_of_scans_removes_them_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
