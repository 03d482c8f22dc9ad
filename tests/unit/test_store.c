/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include <dirent.h>
#include <sys/stat.h>

static struct cs_result extreme_row(void)
{
	static const uint8_t header[] = { 0x40, 0x84, 0, 0 };
	static uint8_t body[70000];

	memset(body, 0xa5, sizeof(body));
	return (struct cs_result){
		.ip = { .b = { 0x20, 1, 0xd, 0xb8, [15] = 0xff } },
		.port = UINT16_MAX,
		.reply_port = 1,
		.time_us = DAY_US + CS_US_PER_DAY - 1,
		.rtt_us = -1,
		.match = CS_MATCH_PORT,
		.request_size = UINT32_MAX,
		.response_size = UINT32_MAX - 1,
		.datagrams = UINT32_MAX - 2,
		.bytes = INT64_MAX,
		.header = cs_span_of(header, sizeof(header)),
		.body = cs_span_of(body, sizeof(body)),
		.complete = true,
		.blocks = UINT32_MAX - 3,
		.malformed = { CS_FAULT_OPTIONS_MANY, 65506 },
	};
}

static enum cs_err same_row(void *arg, const struct cs_result *got,
			    const struct cs_enriched *enriched)
{
	(void)enriched;
	const struct cs_result **want = arg;
	const struct cs_result *w = (*want)++;

	assert_memory_equal(got->ip.b, w->ip.b, 16);
	assert_int_equal(got->port, w->port);
	assert_int_equal(got->reply_port, w->reply_port);
	assert_int_equal(got->time_us, w->time_us);
	assert_int_equal(got->rtt_us, w->rtt_us);
	assert_int_equal(got->match, w->match);
	assert_int_equal(got->request_size, w->request_size);
	assert_int_equal(got->response_size, w->response_size);
	assert_int_equal(got->datagrams, w->datagrams);
	assert_int_equal(got->bytes, w->bytes);
	assert_true(cs_span_eq(got->header, w->header));
	assert_true(cs_span_eq(got->body, w->body));
	assert_int_equal(got->complete, w->complete);
	assert_int_equal(got->blocks, w->blocks);
	assert_int_equal(got->malformed.fault, w->malformed.fault);
	assert_int_equal(got->malformed.at, w->malformed.at);
	return CS_OK;
}

static void every_field_comes_back(void **state)
{
	struct fixture f = fixture_new();
	struct cs_result rows[] = {
		{ .time_us = DAY_US, .rtt_us = 0 }, /* all zero */
		result_at(0x0a000001, DAY_US + 1, "</a>"),
		extreme_row(),
	};
	const struct cs_result *want = rows;
	struct cs_chunk_row chunk = { 7, DAY_US, DAY_US + CS_US_PER_DAY - 1, 4096, true };

	(void)state;
	open_shard(&f);
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, rows, 3), CS_OK);
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect(&f, cs_shard_each(f.shard, false, same_row, &want), CS_OK);
	assert_ptr_equal(want, rows + 3);

	publish(&f);
	want = rows;
	expect(&f, cs_store_day_each(f.store, DAY, same_row, &want), CS_OK);
	assert_ptr_equal(want, rows + 3);
	fixture_free(&f);
}

/* What comes from somebody's report has no header, but is a 2.05. */
static void a_reports_row_comes_back_and_counts_as_content(void **state)
{
	struct fixture f = fixture_new();
	struct cs_chunk_row chunk = chunk_at(1, DAY_US, true);
	struct cs_result row = result_at(1, DAY_US, "</a>");
	const struct cs_result *want = &row;
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n;

	(void)state;
	row.match = CS_MATCH_REPORT;
	row.header = (struct cs_span){ 0 };
	row.rtt_us = -1;
	open_shard(&f);
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, &row, 1), CS_OK);
	publish(&f);
	expect(&f, cs_store_day_each(f.store, DAY, same_row, &want), CS_OK);
	assert_ptr_equal(want, &row + 1);
	expect(&f, cs_store_days(f.store, &arena, &days, &n), CS_OK);
	assert_int_equal(days[0].content, 1);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

static void a_chunk_put_again_replaces_its_rows_alone(void **state)
{
	struct fixture f = fixture_new();
	struct cs_chunk_row two = chunk_at(2, DAY_US, true);
	struct cs_result rows[] = { result_at(22, DAY_US, "b"),
				    result_at(21, DAY_US, "a") };

	(void)state;
	open_shard(&f);
	put_one(&f, 1, DAY_US, "x");
	expect(&f, cs_shard_put_chunk(f.shard, &two, rows, 2), CS_OK);
	put_one(&f, 3, DAY_US, "y");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect_shard(&f, false, "1=x 21=a 22=b 3=y ");

	/* The same again gives the same, then fewer, then none. */
	expect(&f, cs_shard_put_chunk(f.shard, &two, rows, 2), CS_OK);
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect_shard(&f, false, "1=x 3=y 21=a 22=b ");
	expect(&f, cs_shard_put_chunk(f.shard, &two, rows, 1), CS_OK);
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect_shard(&f, false, "1=x 3=y 22=b ");
	expect(&f, cs_shard_put_chunk(f.shard, &two, NULL, 0), CS_OK);
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect_shard(&f, false, "1=x 3=y ");
	assert_int_equal(cs_shard_closed_count(f.shard), 3);
	publish(&f);
	expect_day(&f, DAY, "1=x 3=y ");
	fixture_free(&f);
}

static void closed_is_what_was_committed_as_closed(void **state)
{
	struct fixture f = fixture_new();
	struct cs_chunk_row open = chunk_at(5, DAY_US, false);
	struct cs_result row = result_at(5, DAY_US, "o");

	(void)state;
	open_shard(&f);
	put_one(&f, 4, DAY_US, "c");
	expect(&f, cs_shard_put_chunk(f.shard, &open, &row, 1), CS_OK);
	assert_false(cs_shard_is_closed(f.shard, 4));
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	assert_true(cs_shard_is_closed(f.shard, 4));
	assert_false(cs_shard_is_closed(f.shard, 5));
	assert_false(cs_shard_is_closed(f.shard, 6));
	assert_int_equal(cs_shard_closed_count(f.shard), 1);
	expect_shard(&f, false, "4=c ");
	expect_shard(&f, true, "4=c 5=o ");

	/* A closed one put again as open is open. */
	open.chunk = 4;
	expect(&f, cs_shard_put_chunk(f.shard, &open, &row, 1), CS_OK);
	assert_true(cs_shard_is_closed(f.shard, 4));
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	assert_false(cs_shard_is_closed(f.shard, 4));
	assert_int_equal(cs_shard_closed_count(f.shard), 0);
	fixture_free(&f);
}

static void what_was_not_committed_is_not_stored(void **state)
{
	struct fixture f = fixture_new();

	(void)state;
	open_shard(&f);
	put_one(&f, 1, DAY_US, "a");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	put_one(&f, 1, DAY_US, "replaced");
	put_one(&f, 2, DAY_US, "b");
	abandon(&f);

	open_shard(&f);
	expect_shard(&f, true, "1=a ");
	assert_true(cs_shard_is_closed(f.shard, 1));
	assert_false(cs_shard_is_closed(f.shard, 2));
	fixture_free(&f);
}

static void a_time_or_number_out_of_range_is_refused_whole(void **state)
{
	struct fixture f = fixture_new();
	struct cs_chunk_row chunk = chunk_at(2, DAY_US, true);
	struct cs_result row = result_at(1, CS_STORE_TIME_MAX + 1, "");

	(void)state;
	open_shard(&f);
	put_one(&f, 1, DAY_US, "a");
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, &row, 1), CS_ERR_RANGE);
	row.time_us = -1;
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, &row, 1), CS_ERR_RANGE);
	row.time_us = DAY_US;
	chunk.chunk = UINT64_MAX;
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, &row, 1), CS_ERR_RANGE);
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect_shard(&f, true, "");

	/* The largest time and chunk number are fine. */
	row.time_us = CS_STORE_TIME_MAX;
	chunk = chunk_at(INT64_MAX, CS_STORE_TIME_MAX, true);
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, &row, 1), CS_OK);
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	assert_true(cs_shard_is_closed(f.shard, INT64_MAX));
	fixture_free(&f);
}

/* When the clock was set back over midnight, what the days hold is still right. */
static void a_chunk_may_end_before_it_began(void **state)
{
	struct fixture f = fixture_new();
	int64_t midnight = DAY_US + CS_US_PER_DAY;
	struct cs_chunk_row chunk = { 1, midnight, midnight - 1, 4096, true };
	struct cs_result rows[] = { result_at(1, midnight, "a"),
				    result_at(2, midnight - 1, "b") };

	(void)state;
	open_shard(&f);
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, rows, 2), CS_OK);
	publish(&f);
	expect_day(&f, DAY, "2=b ");
	expect_day(&f, DAY + 1, "1=a ");
	open_shard(&f);
	assert_true(cs_shard_is_closed(f.shard, 1));
	fixture_free(&f);
}

/* A chunk over midnight: two rows before it, one after. */
static void put_midnight(struct fixture *f, const char *body)
{
	int64_t midnight = DAY_US + CS_US_PER_DAY;
	struct cs_chunk_row chunk = { 9, midnight - 2, midnight + 1, 4096, true };
	struct cs_result rows[] = { result_at(3, midnight, body),
				    result_at(2, midnight - 2, body),
				    result_at(1, midnight - 1, body) };

	expect(f, cs_shard_put_chunk(f->shard, &chunk, rows, 3), CS_OK);
}

static void a_chunk_over_midnight_is_split_and_closed_once(void **state)
{
	struct fixture f = fixture_new();
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n;

	(void)state;
	open_shard(&f);
	put_midnight(&f, "m");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	assert_true(cs_shard_is_closed(f.shard, 9));
	assert_int_equal(cs_shard_closed_count(f.shard), 1);
	expect_shard(&f, false, "1=m 2=m 3=m ");

	/* Again, now closed already: replaced in both. */
	put_midnight(&f, "n");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect_shard(&f, false, "1=n 2=n 3=n ");
	publish(&f);

	/* And once more on a published one. */
	open_shard(&f);
	assert_true(cs_shard_is_closed(f.shard, 9));
	put_midnight(&f, "o");
	expect_day(&f, DAY, "1=n 2=n ");
	publish(&f);
	expect_day(&f, DAY, "1=o 2=o ");
	expect_day(&f, DAY + 1, "3=o ");

	expect(&f, cs_store_days(f.store, &arena, &days, &n), CS_OK);
	assert_int_equal(n, 2);
	assert_int_equal(days[0].day, DAY);
	assert_int_equal(days[0].rows, 2);
	assert_int_equal(days[1].day, DAY + 1);
	assert_int_equal(days[1].rows, 1);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

/* Between the commits of two days it would be half new, and called closed. */
static void a_closed_chunk_of_two_days_is_open_while_it_is_replaced(void **state)
{
	struct fixture f = fixture_new();

	(void)state;
	open_shard(&f);
	put_midnight(&f, "m");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	put_midnight(&f, "n");
	assert_false(cs_shard_is_closed(f.shard, 9));
	abandon(&f); /* as by a kill */
	open_shard(&f);
	assert_false(cs_shard_is_closed(f.shard, 9));
	expect_shard(&f, false, "");
	expect_shard(&f, true, "1=m 2=m 3=m ");
	fixture_free(&f);
}

static void a_chunk_that_moved_to_another_day_leaves_nothing_behind(void **state)
{
	struct fixture f = fixture_new();

	(void)state;
	open_shard(&f);
	put_one(&f, 1, DAY_US, "old");
	publish(&f);
	open_shard(&f);
	put_one(&f, 1, DAY_US + 3 * CS_US_PER_DAY, "new");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	assert_true(cs_shard_is_closed(f.shard, 1));
	publish(&f);
	expect_day(&f, DAY, "");
	expect_day(&f, DAY + 3, "1=new ");

	/* And back, though its day is the earlier one. */
	open_shard(&f);
	put_one(&f, 1, DAY_US, "back");
	publish(&f);
	expect_day(&f, DAY, "1=back ");
	expect_day(&f, DAY + 3, "");
	open_shard(&f);
	assert_int_equal(cs_shard_closed_count(f.shard), 1);
	fixture_free(&f);
}

/* The names in a directory, sorted and joined. */
static void expect_files(const struct fixture *f, const char *day, const char *want)
{
	char path[128], got[512] = "";
	struct dirent **names;
	int n;

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, day);
	n = scandir(path, &names, NULL, alphasort);
	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			strcat(got, names[i]->d_name);
			strcat(got, " ");
		}
		free(names[i]);
	}
	free(names);
	assert_string_equal(got, want);
}

static void what_is_published_is_one_plain_file(void **state)
{
	struct fixture f = fixture_new();
	char path[160];
	struct stat st;

	(void)state;
	open_shard(&f);
	expect_files(&f, "lock", SCAN_NAME "-0 ");
	put_one(&f, 1, DAY_US, "a");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect_files(&f, DAY_NAME, SCAN_NAME "-0.db.part " SCAN_NAME "-0.db.part-wal ");
	expect_day(&f, DAY, "");
	publish(&f);
	expect_files(&f, DAY_NAME, SCAN_NAME "-0.db ");
	expect_files(&f, "lock", "");

	(void)snprintf(path, sizeof(path), "%s/%s/%s-0.db", f.dir, DAY_NAME, SCAN_NAME);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	(void)snprintf(path, sizeof(path), "%s/%s", f.dir, DAY_NAME);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	fixture_free(&f);
}

static void the_published_stays_visible_until_it_is_replaced(void **state)
{
	struct fixture f = fixture_new();

	(void)state;
	open_shard(&f);
	put_one(&f, 1, DAY_US, "a");
	publish(&f);

	open_shard(&f);
	assert_true(cs_shard_is_closed(f.shard, 1));
	expect_files(&f, DAY_NAME, SCAN_NAME "-0.db ");
	put_one(&f, 2, DAY_US, "b");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect_day(&f, DAY, "1=a ");
	abandon(&f);
	expect_day(&f, DAY, "1=a ");

	/* The part is taken up again, then takes the place. */
	open_shard(&f);
	assert_true(cs_shard_is_closed(f.shard, 2));
	expect_shard(&f, false, "1=a 2=b ");
	publish(&f);
	expect_day(&f, DAY, "1=a 2=b ");
	expect_files(&f, DAY_NAME, SCAN_NAME "-0.db ");
	fixture_free(&f);
}

static void a_shard_without_chunks_publishes_nothing(void **state)
{
	struct fixture f = fixture_new();
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	struct cs_chunk_row chunk = chunk_at(2, DAY_US, true);
	struct cs_result row = result_at(1, -1, "");
	size_t n;

	(void)state;
	open_shard(&f);
	publish(&f);
	open_shard(&f);
	put_one(&f, 1, DAY_US, "taken back by what follows");
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, &row, 1), CS_ERR_RANGE);
	publish(&f);
	expect_files(&f, DAY_NAME, "");
	expect(&f, cs_store_days(f.store, &arena, &days, &n), CS_OK);
	assert_int_equal(n, 0);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

static void a_body_is_stored_once(void **state)
{
	struct fixture f = fixture_new();
	static char body[10000];
	char path[160];
	struct stat st;

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	open_shard(&f);
	for (uint32_t i = 0; i < 100; i++)
		put_one(&f, i, DAY_US, body);
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	abandon(&f);
	open_shard(&f); /* and what was learnt is learnt again */
	for (uint32_t i = 100; i < 200; i++)
		put_one(&f, i, DAY_US, body);
	publish(&f);
	(void)snprintf(path, sizeof(path), "%s/%s/%s-0.db", f.dir, DAY_NAME, SCAN_NAME);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 10000, 100000);
	fixture_free(&f);
}

static void put_as(struct fixture *f, uint8_t scan, uint32_t shard, uint32_t ip,
		   int64_t us, const char *body)
{
	uint8_t id[CS_SCAN_ID] = { scan };
	struct cs_chunk_row chunk = chunk_at(0, us, true);
	struct cs_result row = result_at(ip, us, body);

	expect(f, cs_shard_open(f->store, id, shard, &f->shard), CS_OK);
	expect(f, cs_shard_put_chunk(f->shard, &chunk, &row, 1), CS_OK);
	publish(f);
}

static void a_day_is_the_newest_of_each_address_and_port(void **state)
{
	struct fixture f = fixture_new();

	(void)state;
	expect_day(&f, DAY, ""); /* no such day */
	put_as(&f, 1, 0, 5, DAY_US + 10, "five");
	put_as(&f, 1, 1, 3, DAY_US + 10, "three");
	put_as(&f, 2, 0, 5, DAY_US + 12, "newest five");
	put_as(&f, 3, 0, 5, DAY_US + 11, "newer five");
	put_as(&f, 3, 1, 9, DAY_US, "nine");
	put_as(&f, 4, 0, 9, DAY_US + CS_US_PER_DAY, "tomorrow's nine");
	expect_day(&f, DAY, "3=three 5=newest five 9=nine ");
	expect_day(&f, DAY + 1, "9=tomorrow's nine ");
	fixture_free(&f);
}

static enum cs_err stop_at_second(void *arg, const struct cs_result *row,
				  const struct cs_enriched *enriched)
{
	(void)enriched;
	int *n = arg;

	(void)row;
	return ++*n == 2 ? CS_ERR_FULL : CS_OK;
}

static void an_error_of_the_caller_ends_the_walk(void **state)
{
	struct fixture f = fixture_new();
	int n = 0;

	(void)state;
	open_shard(&f);
	for (uint32_t i = 0; i < 5; i++)
		put_one(&f, i, DAY_US, "");
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	expect(&f, cs_shard_each(f.shard, false, stop_at_second, &n), CS_ERR_FULL);
	assert_int_equal(n, 2);
	publish(&f);
	n = 0;
	expect(&f, cs_store_day_each(f.store, DAY, stop_at_second, &n), CS_ERR_FULL);
	assert_int_equal(n, 2);
	fixture_free(&f);
}

static void days_count_rows_and_content(void **state)
{
	struct fixture f = fixture_new();
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	struct cs_chunk_row chunk = chunk_at(1, DAY_US, true);
	static const uint8_t not_found[] = { 0x60, 0x84, 0, 1 };
	static const uint8_t version_2[] = { 0xa0, 69, 0, 1 };
	struct cs_result rows[] = { result_at(1, DAY_US, "x"), result_at(2, DAY_US, ""),
				    result_at(3, DAY_US, ""), result_at(4, DAY_US, "") };
	size_t n;

	(void)state;
	rows[1].header = cs_span_of(not_found, sizeof(not_found));
	rows[2].header = cs_span_of(version_2, sizeof(version_2));
	rows[2].malformed.fault = CS_FAULT_VERSION;
	rows[3].header = cs_span_of(content_header, 3); /* too short for a code */
	rows[3].malformed.fault = CS_FAULT_SHORT;
	open_shard(&f);
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, rows, 4), CS_OK);
	publish(&f);
	put_as(&f, 2, 0, 1, DAY_US, "y");
	put_as(&f, 2, 1, 1, DAY_US - 5 * CS_US_PER_DAY, "z");

	expect(&f, cs_store_days(f.store, &arena, &days, &n), CS_OK);
	assert_int_equal(n, 2);
	assert_int_equal(days[0].day, DAY - 5);
	assert_int_equal(days[0].rows, 1);
	assert_int_equal(days[0].content, 1);
	assert_int_equal(days[1].day, DAY);
	assert_int_equal(days[1].rows, 5);
	assert_int_equal(days[1].content, 2);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

static struct cs_scan_row scan_row(uint8_t id, int64_t started)
{
	return (struct cs_scan_row){
		.id = { id },
		.shard = 1,
		.shards = UINT32_MAX,
		.plan_hash = { 0x77 },
		.plan = SPAN("the plan"),
		.metadata = SPAN("{}"),
		.started_us = started,
		.n_chunks = INT64_MAX,
	};
}

static void a_scan_is_found_as_it_was_recorded(void **state)
{
	struct fixture f = fixture_new();
	struct cs_arena arena = { 0 };
	struct cs_scan_row one = scan_row(1, 100), two = scan_row(2, 50), got;

	(void)state;
	expect(&f, cs_store_scan_find(f.store, NULL, &arena, &got), CS_ERR_NOT_FOUND);
	expect(&f, cs_store_scan_begin(f.store, &one), CS_OK);
	expect(&f, cs_store_scan_begin(f.store, &two), CS_OK);
	expect(&f, cs_store_scan_find(f.store, NULL, &arena, &got), CS_OK);
	assert_memory_equal(got.id, one.id, CS_SCAN_ID);

	two.state = CS_SCAN_STOPPED;
	two.ended_us = 99;
	two.metadata = SPAN("{\"a\":1}");
	expect(&f, cs_store_scan_update(f.store, &two), CS_OK);
	expect(&f, cs_store_scan_find(f.store, two.id, &arena, &got), CS_OK);
	assert_memory_equal(got.id, two.id, CS_SCAN_ID);
	assert_memory_equal(got.plan_hash, two.plan_hash, CS_PLAN_HASH);
	assert_int_equal(got.shard, 1);
	assert_int_equal(got.shards, UINT32_MAX);
	assert_int_equal(got.started_us, 50);
	assert_int_equal(got.ended_us, 99);
	assert_int_equal(got.n_chunks, INT64_MAX);
	assert_int_equal(got.state, CS_SCAN_STOPPED);
	assert_true(cs_span_eq(got.plan, two.plan));
	assert_true(cs_span_eq(got.metadata, two.metadata));
	cs_arena_clear(&arena);
	fixture_free(&f);
}

static void a_scan_is_recorded_once_and_its_plan_is_its_own(void **state)
{
	struct fixture f = fixture_new();
	struct cs_arena arena = { 0 };
	struct cs_scan_row one = scan_row(1, 100), other = scan_row(2, 100), got;

	(void)state;
	expect(&f, cs_store_scan_update(f.store, &one), CS_ERR_NOT_FOUND);
	expect(&f, cs_store_scan_begin(f.store, &one), CS_OK);
	expect(&f, cs_store_scan_begin(f.store, &one), CS_ERR_REFUSED);
	other.plan = SPAN("another plan with the same hash");
	expect(&f, cs_store_scan_begin(f.store, &other), CS_ERR_DAMAGED);
	expect(&f, cs_store_scan_find(f.store, other.id, &arena, &got), CS_ERR_NOT_FOUND);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_comes_back),
		cmocka_unit_test(a_reports_row_comes_back_and_counts_as_content),
		cmocka_unit_test(a_chunk_put_again_replaces_its_rows_alone),
		cmocka_unit_test(closed_is_what_was_committed_as_closed),
		cmocka_unit_test(what_was_not_committed_is_not_stored),
		cmocka_unit_test(a_time_or_number_out_of_range_is_refused_whole),
		cmocka_unit_test(a_chunk_may_end_before_it_began),
		cmocka_unit_test(a_chunk_over_midnight_is_split_and_closed_once),
		cmocka_unit_test(a_closed_chunk_of_two_days_is_open_while_it_is_replaced),
		cmocka_unit_test(a_chunk_that_moved_to_another_day_leaves_nothing_behind),
		cmocka_unit_test(what_is_published_is_one_plain_file),
		cmocka_unit_test(the_published_stays_visible_until_it_is_replaced),
		cmocka_unit_test(a_shard_without_chunks_publishes_nothing),
		cmocka_unit_test(a_body_is_stored_once),
		cmocka_unit_test(a_day_is_the_newest_of_each_address_and_port),
		cmocka_unit_test(an_error_of_the_caller_ends_the_walk),
		cmocka_unit_test(days_count_rows_and_content),
		cmocka_unit_test(a_scan_is_found_as_it_was_recorded),
		cmocka_unit_test(a_scan_is_recorded_once_and_its_plan_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
