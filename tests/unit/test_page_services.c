/* SPDX-License-Identifier: Apache-2.0 */
#include "model_fixture.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "report/page_services.h"

/* What devices and name servers may say, and none of it may be markup. */
#define HOSTILE "</script><script>alert(1)</script>\x1b[31m\xe2\x80\xae\xff"

static struct model_row row_of(const char *body, const char *hostname)
{
	struct model_row row = {
		.result = { .ip = cs_addr_v4(0xc0000201),
			    .port = 5683,
			    .reply_port = 61616,
			    .time_us = MODEL_DAY_US,
			    .request_size = 21,
			    .response_size = 42,
			    .datagrams = 1,
			    .header = cs_span_of(model_header, sizeof(model_header)),
			    .body = cs_span_str(body),
			    .complete = true,
			    .blocks = 1 },
		.enriched = { .hostname = cs_span_str(hostname) },
		.is_enriched = true,
	};

	return row;
}

static char *written; /* what list_of() wrote */

static cJSON *list_of(const struct model_row *rows, size_t n, struct cs_page_list list)
{
	struct cs_model *model = model_of(rows, n);
	struct cs_query all = { .limit = 100 };
	char why[CS_QUERY_WHY];
	size_t len = 0;
	FILE *to;
	cJSON *got;

	free(written);
	written = NULL;
	to = open_memstream(&written, &len);
	list.model = model;
	list.query = list.query ? list.query : &all;
	list.bytes = list.bytes ? list.bytes : SIZE_MAX;
	assert_int_equal(cs_page_put_list(&list, to, why), CS_OK);
	assert_int_equal(fclose(to), 0);
	cs_model_free(model);
	got = cJSON_Parse(written);
	assert_non_null(got);
	return got;
}

static const cJSON *first(const cJSON *list, const char *key)
{
	return cJSON_GetObjectItem(
		cJSON_GetArrayItem(cJSON_GetObjectItem(list, "services"), 0), key);
}

static void a_service_says_what_is_known_and_null_for_the_rest(void **state)
{
	struct model_row row = row_of("</a>;rt=\"x\",</b>", "");
	cJSON *list = list_of(&row, 1, (struct cs_page_list){ .day = 20000 });

	(void)state;
	assert_string_equal(written,
			    "{\"schema\":\"coapscope.services/"
			    "1\",\"day\":\"2024-10-04\",\"unreadable\":false,"
			    "\"total\":1,\"matching\":1,\"offset\":0,\"services\":[{"
			    "\"time\":\"2024-10-04T00:00:00.000000Z\",\"first_seen\":"
			    "null,\"last_seen\":null,\"ip\":\"192.0.2."
			    "1\",\"port\":61616,"
			    "\"hostname\":null,\"asn\":null,\"as_name\":null,\"geo\":"
			    "null,\"region\":null,"
			    "\"city\":null,\"sector\":null,\"owner\":null,\"stack\":null,"
			    "\"severity\":\"medium\",\"severity_because\":null,\"tags\":["
			    "\"coap\",\"iot\"],"
			    "\"match\":\"full\",\"code\":\"2.05\",\"response_size\":42,"
			    "\"datagrams\":1,"
			    "\"amplification\":2.00,\"links\":[{\"target\":\"/"
			    "a\",\"attrs\":[[\"rt\",\"x\"]]},"
			    "{\"target\":\"/"
			    "b\",\"attrs\":[]}],\"links_left_out\":0,\"response\":null,"
			    "\"response_left_out\":0}]}");
	cJSON_Delete(list);
}

static void strangers_text_is_no_markup_and_comes_back_as_it_was(void **state)
{
	struct model_row row = row_of(HOSTILE, HOSTILE);
	cJSON *list = list_of(&row, 1, (struct cs_page_list){ .day = 20000 });
	const char *want = "</script><script>alert(1)</script>\x1b[31m\xe2\x80\xae\\xff";

	(void)state;
	assert_null(strpbrk(written, "<>&\x1b"));
	assert_string_equal(cJSON_GetStringValue(first(list, "hostname")), want);
	assert_string_equal(cJSON_GetStringValue(first(list, "response")), want);
	cJSON_Delete(list);
}

static void a_long_list_of_links_is_cut_between_links(void **state)
{
	char *body = calloc(1, 8192);
	struct model_row row;
	cJSON *list;

	(void)state;
	for (int i = 0; i < 230; i++)
		(void)sprintf(body + strlen(body), "%s</r%d>;obs", i ? "," : "", i);
	row = row_of(body, "");
	list = list_of(&row, 1, (struct cs_page_list){ .day = 20000 });
	assert_int_equal(cJSON_GetArraySize(first(list, "links")), 200);
	assert_int_equal(cJSON_GetNumberValue(first(list, "links_left_out")), 30);
	cJSON_Delete(list);
	free(body);
}

static void a_long_text_is_cut_between_characters(void **state)
{
	char body[2051];
	struct model_row row;
	cJSON *list;

	(void)state;
	memset(body, 'x', sizeof(body));
	memcpy(body + 2047, "\xc3\xa9z", 4); /* the 2048th byte is the first of two */
	row = row_of(body, "");
	list = list_of(&row, 1, (struct cs_page_list){ .day = 20000 });
	assert_int_equal(strlen(cJSON_GetStringValue(first(list, "response"))), 2047);
	assert_int_equal(cJSON_GetNumberValue(first(list, "response_left_out")), 3);
	cJSON_Delete(list);
}

static void what_does_not_fit_is_left_out_at_the_end(void **state)
{
	struct model_row rows[3];
	size_t one;
	cJSON *list;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		rows[i] = row_of("</a>", "");
		rows[i].result.ip = cs_addr_v4(0xc0000201 + (uint32_t)i);
	}
	list = list_of(rows, 1, (struct cs_page_list){ .day = 20000 });
	one = strlen(strstr(written, "{\"time\"")) - 2;
	cJSON_Delete(list);
	for (size_t room = 1; room < 3 * one + 4; room++) {
		/* The rows are of one size, and a comma stands before all but the first. */
		size_t fit = room >= one ? 1 + (room - one) / (one + 1) : 0;

		list = list_of(rows, 3,
			       (struct cs_page_list){ .day = 20000, .bytes = room });
		assert_int_equal(
			cJSON_GetArraySize(cJSON_GetObjectItem(list, "services")), fit);
		assert_int_equal(
			cJSON_GetNumberValue(cJSON_GetObjectItem(list, "matching")), 3);
		cJSON_Delete(list);
	}
}

static void a_query_pages_and_an_unknown_column_is_said(void **state)
{
	struct model_row rows[2] = { row_of("</a>", "one"), row_of("</b>", "two") };
	struct cs_query query = { .offset = 1, .limit = UINT64_MAX };
	struct cs_model *model;
	char why[CS_QUERY_WHY] = "";
	cJSON *list;
	FILE *to = fopen("/dev/null", "w");

	(void)state;
	rows[1].result.ip = cs_addr_v4(0xc0000202);
	list = list_of(rows, 2, (struct cs_page_list){ .day = 20000, .query = &query });
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(list, "services")), 1);
	cJSON_Delete(list);
	model = model_of(rows, 2);
	query.sort = cs_span_str("<colour>");
	assert_int_equal(cs_page_write_services(model, &query, NULL, NULL, to, why),
			 CS_ERR_USAGE);
	assert_true(strlen(why) > 0);
	cs_model_free(model);
	assert_int_equal(fclose(to), 0);
}

/* The second of three is not known; a port is the one that was asked. */
static void say_seen(void *arg, struct cs_store_seen *seen, size_t n)
{
	*(size_t *)arg += n;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(seen[i].port, 5683);
		if (cs_addr_low32(&seen[i].ip) == 0xc0000202)
			continue;
		seen[i].first_us = MODEL_DAY_US - 11 * CS_US_PER_DAY;
		seen[i].last_us = MODEL_DAY_US + 1;
	}
}

static void each_says_since_when_it_is_known_or_null(void **state)
{
	struct model_row rows[3];
	size_t asked = 0;
	cJSON *list;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		rows[i] = row_of("</a>", "");
		rows[i].result.ip = cs_addr_v4(0xc0000201 + (uint32_t)i);
	}
	list = list_of(rows, 3,
		       (struct cs_page_list){
			       .day = 20000, .seen = say_seen, .seen_arg = &asked });
	assert_int_equal(asked, 3);
	for (int i = 0; i < 3; i++) {
		const cJSON *row =
			cJSON_GetArrayItem(cJSON_GetObjectItem(list, "services"), i);
		const cJSON *from = cJSON_GetObjectItem(row, "first_seen");
		const cJSON *to = cJSON_GetObjectItem(row, "last_seen");

		if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(row, "ip")),
			   "192.0.2.2") == 0) {
			assert_true(cJSON_IsNull(from) && cJSON_IsNull(to));
			continue;
		}
		assert_string_equal(cJSON_GetStringValue(from),
				    "2024-09-23T00:00:00.000000Z");
		assert_string_equal(cJSON_GetStringValue(to),
				    "2024-10-04T00:00:00.000001Z");
	}
	cJSON_Delete(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_says_what_is_known_and_null_for_the_rest),
		cmocka_unit_test(strangers_text_is_no_markup_and_comes_back_as_it_was),
		cmocka_unit_test(a_long_list_of_links_is_cut_between_links),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(what_does_not_fit_is_left_out_at_the_end),
		cmocka_unit_test(each_says_since_when_it_is_known_or_null),
		cmocka_unit_test(a_query_pages_and_an_unknown_column_is_said),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(written);
	return failed;
}
