/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "report/page.h"

#define SUM(g, k, number)                                                     \
	{                                                                     \
		.group = cs_span_str(g), .key = cs_span_str(k), .n = (number) \
	}

static const struct cs_page_want all_days = { .first = INT32_MIN,
					      .last = INT32_MAX,
					      .now_us = DAY_US };

/* A day of one row, and a summary as given. */
static void put_day(struct fixture *f, uint32_t number, int32_t day,
		    const struct cs_store_sum *sums, size_t n)
{
	struct cs_scan_row scan = { .id = { 0 },
				    .shards = 1,
				    .plan = cs_span_str("plan"),
				    .started_us = DAY_US,
				    .n_chunks = 9 };

	if (number == 1) {
		memcpy(scan.id, scan_id, sizeof(scan.id));
		expect(f, cs_store_scan_begin(f->store, &scan), CS_OK);
	}
	open_shard(f);
	put_one(f, number, day * CS_US_PER_DAY, "</a>");
	publish(f);
	expect(f, cs_store_summary_put(f->store, day, 7, sums, n), CS_OK);
}

static char *written;
static size_t written_len;

static cJSON *overview_of(struct fixture *f, const struct cs_page_want *want)
{
	FILE *to;
	cJSON *got;

	free(written);
	written = NULL;
	to = open_memstream(&written, &written_len);
	expect(f, cs_page_write_overview(f->store, want, to), CS_OK);
	assert_int_equal(fclose(to), 0);
	got = cJSON_Parse(written);
	assert_non_null(got);
	return got;
}

static const char *file_of(struct fixture *f, const struct cs_page_want *want)
{
	FILE *to;

	free(written);
	written = NULL;
	to = open_memstream(&written, &written_len);
	expect(f, cs_page_write_file(f->store, want, to), CS_OK);
	assert_int_equal(fclose(to), 0);
	return written;
}

static void expect_json(const cJSON *got, const char *want)
{
	char *text = cJSON_PrintUnformatted(got);

	assert_string_equal(text, want);
	free(text);
}

static const cJSON *group(const cJSON *overview, const char *name)
{
	return cJSON_GetObjectItem(cJSON_GetObjectItem(overview, "groups"), name);
}

static void an_empty_store_gives_a_page_without_days(void **state)
{
	struct fixture f = fixture_new();
	cJSON *got = overview_of(&f, &all_days);
	const char *page;

	(void)state;
	expect_json(cJSON_GetObjectItem(got, "days"), "[]");
	expect_json(cJSON_GetObjectItem(got, "tree"), "null");
	cJSON_Delete(got);
	page = file_of(&f, &all_days);
	assert_non_null(
		strstr(page, "{\"schema\":\"coapscope.services/1\",\"day\":null,"));
	fixture_free(&f);
}

static void days_stand_beside_each_other_by_key(void **state)
{
	const struct cs_store_sum one[] = { SUM("geo", "DE", 5), SUM("geo", "FR", 2),
					    SUM("tree", "DE\t64512 X\tq", 5) };
	const struct cs_store_sum two[] = { SUM("change", "new", 1), SUM("geo", "FR", 9),
					    SUM("other", "x", 1),
					    SUM("tree", "FR\t\tq", 9) };
	struct fixture f = fixture_new();
	cJSON *got;

	(void)state;
	put_day(&f, 1, DAY, one, CS_LEN(one));
	put_day(&f, 2, DAY + 3, two, CS_LEN(two));
	got = overview_of(&f, &all_days);
	expect_json(cJSON_GetObjectItem(got, "days"), "[\"2024-10-04\",\"2024-10-07\"]");
	expect_json(group(got, "geo"), "{\"keys\":[[\"FR\",[2,9]],[\"DE\",[5,0]]],\"left_"
				       "out\":0,\"rest\":null}");
	expect_json(group(got, "change"),
		    "{\"keys\":[[\"new\",[null,1]]],\"left_out\":0,\"rest\":null}");
	expect_json(cJSON_GetObjectItem(got, "tree"),
		    "{\"day\":\"2024-10-07\",\"rows\":[[\"FR\\t\\tq\",9]],\"rest\":0}");
	cJSON_Delete(got);
	fixture_free(&f);
}

static void only_the_days_asked_for_are_told_of(void **state)
{
	const struct cs_store_sum sums[] = { SUM("geo", "DE", 5) };
	struct cs_page_want want = all_days;
	struct fixture f = fixture_new();
	cJSON *got;

	(void)state;
	put_day(&f, 1, DAY, sums, 1);
	put_day(&f, 2, DAY + 1, sums, 1);
	want.last = DAY;
	got = overview_of(&f, &want);
	expect_json(cJSON_GetObjectItem(got, "days"), "[\"2024-10-04\"]");
	cJSON_Delete(got);
	assert_non_null(
		strstr(file_of(&f, &want), "services/1\",\"day\":\"2024-10-04\""));
	assert_non_null(strstr(written, "\"ip\":\"0.0.0.1\""));
	want.first = DAY + 2;
	want.last = DAY + 9;
	got = overview_of(&f, &want);
	expect_json(cJSON_GetObjectItem(got, "days"), "[]");
	cJSON_Delete(got);
	fixture_free(&f);
}

static void what_is_smallest_is_one_sum_where_keys_are_many(void **state)
{
	struct cs_store_sum sums[60];
	char keys[CS_LEN(sums)][8];
	struct fixture f = fixture_new();
	const cJSON *ports;
	cJSON *got;

	(void)state;
	for (size_t i = 0; i < CS_LEN(sums); i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "%05zu", i);
		sums[i] = (struct cs_store_sum)SUM("port", keys[i], 100 - i);
	}
	put_day(&f, 1, DAY, sums, CS_LEN(sums));
	got = overview_of(&f, &all_days);
	ports = group(got, "port");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(ports, "keys")), 50);
	expect_json(cJSON_GetObjectItem(ports, "left_out"), "10");
	expect_json(cJSON_GetObjectItem(ports, "rest"), "[455]"); /* 50 + 49 ... + 41 */
	cJSON_Delete(got);
	fixture_free(&f);
}

/* How often @text stands in the page. */
static size_t times(const char *page, const char *text)
{
	size_t n = 0;

	for (; (page = strstr(page, text)); page++)
		n++;
	return n;
}

static void strangers_text_does_not_end_the_data(void **state)
{
	const struct cs_store_sum sums[] = {
		SUM("asn", "64512 </script><script>alert(1)</script><!--", 1),
		SUM("tag", "\xff\x1b\xe2\x80\xa8", 1),
		SUM("tree", "DE\t64512 </SCRIPT>\t<b>", 1),
	};
	struct fixture f = fixture_new();
	size_t empty = times(file_of(&f, &all_days), "script>");
	const char *page;

	(void)state;
	put_day(&f, 1, DAY, sums, CS_LEN(sums));
	page = file_of(&f, &all_days);
	assert_int_equal(times(page, "script>"), empty);
	assert_int_equal(times(page, "<!--"), 0);
	assert_int_equal(times(page, "\x1b"), 0);
	assert_int_equal(times(page, "Content-Security-Policy"), 1);
	fixture_free(&f);
}

static void a_page_never_has_more_bytes_than_it_may(void **state)
{
	const struct cs_store_sum sums[] = { SUM("geo", "DE", 5) };
	struct cs_page_want want = all_days;
	struct fixture f = fixture_new();

	(void)state;
	put_day(&f, 1, DAY, sums, 1);
	file_of(&f, &want);
	assert_int_equal(times(written, "\"ip\":"), 1);
	want.bytes_max = written_len - 1200; /* less than the list's row, and slack */
	file_of(&f, &want);
	assert_int_equal(times(written, "\"ip\":"), 0);
	assert_int_equal(times(written, "\"matching\":1"), 1);
	assert_true(written_len <= want.bytes_max + 1200);
	fixture_free(&f);
}

static void a_stream_that_fails_is_an_error(void **state)
{
	struct fixture f = fixture_new();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(cs_page_write_file(f.store, &all_days, full), CS_ERR_IO);
	(void)fclose(full);
	fixture_free(&f);
}

static void the_served_page_may_fetch_from_its_own_origin_alone(void **state)
{
	struct cs_span page = cs_page_document();

	(void)state;
	assert_non_null(
		strstr(cs_page_policy(), "default-src 'none'; script-src 'sha256-"));
	assert_non_null(strstr(cs_page_policy(), "connect-src 'self'"));
	assert_null(strstr(cs_page_policy(), "unsafe"));
	assert_null(memmem(page.ptr, page.len, "Content-Security-Policy", 23));
	assert_int_equal(strncmp((const char *)page.ptr, "<!doctype html>", 15), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_store_gives_a_page_without_days),
		cmocka_unit_test(days_stand_beside_each_other_by_key),
		cmocka_unit_test(only_the_days_asked_for_are_told_of),
		cmocka_unit_test(what_is_smallest_is_one_sum_where_keys_are_many),
		cmocka_unit_test(strangers_text_does_not_end_the_data),
		cmocka_unit_test(a_page_never_has_more_bytes_than_it_may),
		cmocka_unit_test(a_stream_that_fails_is_an_error),
		cmocka_unit_test(the_served_page_may_fetch_from_its_own_origin_alone),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(written);
	return failed;
}
