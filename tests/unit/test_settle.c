/* SPDX-License-Identifier: Apache-2.0 */
#include "days_fixture.h"

#include "report/settle.h"

enum { NEXT = DAY + 1, TEXT_MAX = 1 << 20 };

static const uint8_t not_found_header[] = { 0x60, 132, 0x12, 0x34 };

/* --- a summary as text: "group key n" a line --- */

struct lines {
	char *text;
	size_t at, n;
};

static enum cs_err add_line(void *arg, int32_t day, const struct cs_store_sum *sum)
{
	struct lines *lines = arg;

	(void)day;
	lines->n++;
	lines->at += (size_t)snprintf(lines->text + lines->at, TEXT_MAX - lines->at,
				      "%.*s [%.*s] %llu\n", (int)sum->group.len,
				      (const char *)sum->group.ptr, (int)sum->key.len,
				      sum->key.len ? (const char *)sum->key.ptr : "",
				      (unsigned long long)sum->n);
	assert_true(lines->at < TEXT_MAX);
	return CS_OK;
}

static struct lines summary(struct fixture *f, int32_t day, const char *group)
{
	struct lines lines = { .text = calloc(1, TEXT_MAX) };

	expect(f, cs_store_summary_each(f->store, day, day, group, add_line, &lines),
	       CS_OK);
	return lines;
}

static void expect_summary(struct fixture *f, int32_t day, const char *group,
			   const char *want)
{
	struct lines lines = summary(f, day, group);

	assert_string_equal(lines.text, want);
	free(lines.text);
}

static struct cs_store_day day_row(struct fixture *f, int32_t day)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days, found = { 0 };
	size_t n;

	expect(f, cs_store_days(f->store, &arena, &days, &n), CS_OK);
	for (size_t i = 0; i < n; i++)
		if (days[i].day == day)
			found = days[i];
	cs_arena_clear(&arena);
	return found;
}

/* --- days --- */

static enum cs_err enrich(void *arg, const struct cs_result *rows,
			  struct cs_enriched *out, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++) {
		unsigned last = rows[i].ip.b[15];

		if (last > 3)
			continue;
		out[i].place.asn = last < 3 ? 64512 : 64513;
		out[i].place.as_name = cs_span_str(last == 2 ? "Old Name" : "Example");
		out[i].place.geo = cs_span_str(last < 3 ? "DE" : "FR");
		out[i].place.sector = cs_span_str("Government");
		out[i].judged = true;
		out[i].judgement.stack = cs_span_str(last == 1 ? "libcoap" : "");
		out[i].judgement.severity =
			last == 1 ? CS_SEVERITY_HIGH : CS_SEVERITY_LOW;
		out[i].judgement.tags = cs_span_str("coap;iot;x");
	}
	return CS_OK;
}

static void put_first_day(struct fixture *f, const struct cs_plan *plan)
{
	struct cs_result rows[7];
	struct cs_store_enrich want = { .day = DAY, .about = SPAN("{}"), .fill = enrich };

	for (uint32_t i = 0; i < 7; i++)
		rows[i] = result_at(0x0a000001 + i, DAY_US + i, "</sensors/one-of-them>");
	rows[1].ip = rows[0].ip; /* two ports of one address */
	rows[1].port = rows[1].reply_port = 5684;
	rows[4].header = cs_span_of(not_found_header, sizeof(not_found_header));
	rows[5].response_size = 21000;
	memset(&rows[6].ip, 0, sizeof(rows[6].ip));
	rows[6].ip.b[0] = 0x20;
	rows[6].ip.b[15] = 9;
	days_put(f,
		 &(struct days_scan){
			 .day = DAY, .number = 1, .plan = plan, .rows = rows, .n = 7 });
	expect(f, cs_store_enrich(f->store, &want), CS_OK);
}

static void put_second_day(struct fixture *f, const struct cs_plan *plan, uint8_t number)
{
	struct cs_result rows[2] = {
		result_at(0x0a000001, NEXT * CS_US_PER_DAY, "</sensors/one-of-them>"),
		result_at(0x0a000040 + number, NEXT * CS_US_PER_DAY, "</>"),
	};

	days_put(f, &(struct days_scan){ .day = NEXT,
					 .number = number,
					 .plan = plan,
					 .rows = rows,
					 .n = 2 });
}

static struct fixture two_days(void)
{
	struct fixture f = fixture_new();
	struct cs_plan plan = days_plan("10.0.0.0/24", 2, 7);

	put_first_day(&f, &plan);
	put_second_day(&f, &plan, 2);
	cs_plan_clear(&plan);
	return f;
}

static void a_day_adds_up(void **state)
{
	(void)state;
	struct fixture f = two_days();

	expect(&f, cs_settle_day(f.store, DAY), CS_OK);
	expect_summary(&f, DAY, NULL,
		       "amp [100] 5\n"
		       "amp [10000] 1\n"
		       "asn [] 3\n"
		       "asn [64512 Example] 2\n"
		       "asn [64513 Example] 1\n"
		       "code [2.05] 6\n"
		       "code [4.04] 1\n"
		       "geo [] 3\n"
		       "geo [DE] 2\n"
		       "geo [FR] 1\n"
		       "port [5683] 5\n"
		       "port [5684] 1\n"
		       "sector [] 3\n"
		       "sector [Government] 3\n"
		       "severity [high] 2\n"
		       "severity [low] 1\n"
		       "severity [medium] 3\n"
		       "source [scan] 6\n"
		       "stack [] 4\n"
		       "stack [libcoap] 2\n"
		       "tag [coap] 6\n"
		       "tag [iot] 6\n"
		       "tag [x] 3\n"
		       "total [addresses] 5\n"
		       "total [ipv6] 1\n"
		       "total [services] 6\n"
		       "tree [\t\t] 3\n"
		       "tree [DE\t64512 Example\tlibcoap] 2\n"
		       "tree [FR\t64513 Example\t] 1\n");
	fixture_free(&f);
}

static void changes_are_against_the_day_with_data_before_it(void **state)
{
	(void)state;
	struct fixture f = two_days();

	expect(&f, cs_settle_all(f.store, NULL, NULL), CS_OK);
	expect_summary(&f, DAY, "change", "");
	expect_summary(&f, NEXT, "change",
		       "change [changed] 0\nchange [gone] 4\nchange [moved] 0\n"
		       "change [new] 1\nchange [not_probed] 1\n");
	fixture_free(&f);
}

static void count_days(void *arg, int32_t day)
{
	unsigned *n = arg;

	(void)day;
	(*n)++;
}

static unsigned settled(struct fixture *f)
{
	unsigned n = 0;

	expect(f, cs_settle_all(f->store, count_days, &n), CS_OK);
	return n;
}

static void a_day_is_settled_again_only_when_it_or_the_day_before_changed(void **state)
{
	(void)state;
	struct cs_plan plan = days_plan("10.0.0.0/24", 2, 7);
	struct cs_store_enrich want = {
		.day = DAY, .fresh = true, .about = SPAN("{}"), .fill = enrich
	};
	struct fixture f = two_days();

	assert_int_equal(settled(&f), 2);
	assert_int_equal(settled(&f), 0);
	put_second_day(&f, &plan, 3);
	assert_int_equal(settled(&f), 1);
	expect(&f, cs_store_enrich(f.store, &want), CS_OK);
	assert_int_equal(settled(&f), 2);
	assert_int_equal(settled(&f), 0);
	assert_true(day_row(&f, DAY).summary_stamp != 0);
	cs_plan_clear(&plan);
	fixture_free(&f);
}

static void a_store_that_is_read_cannot_be_settled(void **state)
{
	(void)state;
	struct fixture f = two_days();
	struct cs_store *reader;

	expect(&f, cs_store_open_read(f.dir, &reader), CS_OK);
	assert_int_equal(cs_settle_day(reader, DAY), CS_ERR_DENIED);
	expect(&f, cs_settle_all(f.store, NULL, NULL), CS_OK);
	assert_int_equal(cs_settle_all(reader, NULL, NULL), CS_OK); /* nothing is due */
	cs_store_close(reader);
	fixture_free(&f);
}

static void first_and_last_seen_are_widened(void **state)
{
	(void)state;
	struct fixture f = two_days();
	struct cs_store_seen seen = { .ip = cs_addr_v4(0x0a000001), .port = 5683 };

	expect(&f, cs_settle_all(f.store, NULL, NULL), CS_OK);
	expect(&f, cs_store_seen_find(f.store, &seen), CS_OK);
	assert_true(seen.first_us == DAY_US);
	assert_true(seen.last_us == NEXT * CS_US_PER_DAY);
	seen.port = 5684;
	expect(&f, cs_store_seen_find(f.store, &seen), CS_OK);
	assert_true(seen.last_us == DAY_US + 1);
	fixture_free(&f);
}

static void imported_rows_are_told_from_samples(void **state)
{
	(void)state;
	for (int sample = 0; sample < 2; sample++) {
		struct fixture f = fixture_new();
		struct cs_result row = result_at(1, DAY_US, "</a>");

		row.match = CS_MATCH_REPORT;
		row.header = (struct cs_span){ 0 };
		days_put(&f,
			 &(struct days_scan){
				 .day = DAY,
				 .number = 1,
				 .rows = &row,
				 .n = 1,
				 .metadata =
					 sample ? "{\"imported\":\"x\",\"sample\":true}"
						: "{\"imported\":\"\\\"sample\\\":"
						  "true\"}" });
		expect(&f, cs_settle_day(f.store, DAY), CS_OK);
		expect_summary(&f, DAY, "source",
			       sample ? "source [sample] 1\n" : "source [report] 1\n");
		fixture_free(&f);
	}
}

/* A network for each address. */
static enum cs_err own_asn(void *arg, const struct cs_result *rows,
			   struct cs_enriched *out, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		out[i].place.asn = cs_addr_low32(&rows[i].ip);
	return CS_OK;
}

static void many_networks_end_in_other(void **state)
{
	(void)state;
	enum { MANY = 2500 };
	struct fixture f = fixture_new();
	struct cs_plan plan = days_plan("10.0.0.0/16", 1, 7);
	struct cs_result *rows = calloc(MANY, sizeof(*rows));
	struct cs_store_enrich want = { .day = DAY,
					.about = SPAN("{}"),
					.fill = own_asn };
	struct lines lines;

	for (uint32_t i = 0; i < MANY; i++)
		rows[i] = result_at(0x0a000001 + i, DAY_US, "</a>");
	days_put(&f, &(struct days_scan){ .day = DAY,
					  .number = 1,
					  .plan = &plan,
					  .rows = rows,
					  .n = MANY });
	expect(&f, cs_store_enrich(f.store, &want), CS_OK);
	expect(&f, cs_settle_day(f.store, DAY), CS_OK);
	lines = summary(&f, DAY, "asn");
	assert_int_equal(lines.n, 1001);
	assert_non_null(strstr(lines.text, "asn [other] 1500\n"));
	assert_non_null(strstr(lines.text, "asn [167772161] 1\n"));
	free(lines.text);
	lines = summary(&f, DAY, "tree");
	assert_int_equal(lines.n, 2001);
	assert_non_null(strstr(lines.text, "tree [\t\t] 500\n"));
	free(lines.text);
	free(rows);
	cs_plan_clear(&plan);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_adds_up),
		cmocka_unit_test(changes_are_against_the_day_with_data_before_it),
		cmocka_unit_test(
			a_day_is_settled_again_only_when_it_or_the_day_before_changed),
		cmocka_unit_test(a_store_that_is_read_cannot_be_settled),
		cmocka_unit_test(first_and_last_seen_are_widened),
		cmocka_unit_test(imported_rows_are_told_from_samples),
		cmocka_unit_test(many_networks_end_in_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
