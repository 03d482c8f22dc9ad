/* SPDX-License-Identifier: Apache-2.0 */
/* What a request to the Reports API may say, and what is told of the rest. */
#include "test.h"

#include <stdio.h>

#include "serve/api_query.h"

enum { TODAY = 20778 /* 2026-11-21 */ };

static struct cs_arena arena;

static enum cs_err read_body(struct cs_span body, struct cs_api_query *q,
			     char why[CS_API_WHY])
{
	uint8_t *copy = heap_copy(body.ptr, body.len);
	enum cs_err err;

	why[0] = '\0';
	cs_arena_clear(&arena);
	err = cs_api_query_read(cs_span_of(copy, body.len), TODAY, &arena, q, why);
	free(copy);
	return err;
}

static bool is(struct cs_span got, const char *want)
{
	return cs_span_eq(got, cs_span_str(want));
}

static const char whole[] =
	"{ \"apikey\": \"k\" ,\"report\": [\"a\", \"b\"] ,\"types\":\"scan_coap\","
	"\"date\": \"2026-11-20:now\", \"query\":{\"geo\":\"DE\",\"asn\":64500},"
	"\"sort\":\"-asn\",\"facet\":\"port\",\"limit\":\"10\",\"page\":3,\"detail\":"
	"true,"
	"\"id\":\"00\",\"unknown\":[{}]}";

static void everything_is_read(void **state)
{
	struct cs_api_query q;
	char why[CS_API_WHY];

	(void)state;
	assert_int_equal(read_body(cs_span_str(whole), &q, why), CS_OK);
	assert_true(is(q.key, "k") && is(q.facet, "port") && is(q.id, "00"));
	assert_int_equal(q.n_reports, 2);
	assert_true(is(q.reports[0], "a") && is(q.reports[1], "b"));
	assert_false(q.other_types);
	assert_true(q.has_days && q.first == TODAY - 1 && q.last == TODAY);
	assert_int_equal(q.n_fields, 2);
	assert_true(is(q.field[1].name, "asn") && is(q.field[1].value, "64500"));
	assert_int_equal(q.order, CS_API_BY_COLUMN);
	assert_true(is(q.sort, "-asn"));
	assert_true(q.limit == 10 && q.page == 3 && q.detail);
}

static void what_is_not_said_has_a_preset(void **state)
{
	struct cs_api_query q;
	char why[CS_API_WHY];

	(void)state;
	assert_int_equal(read_body(SPAN(" {\"date\":null} \n"), &q, why), CS_OK);
	assert_true(q.limit == CS_API_PRESET && q.page == 1 && !q.has_days);
	assert_int_equal(q.order, CS_API_DESCENDING);
	assert_int_equal(q.n_reports + q.n_fields + q.key.len, 0);
}

static const struct {
	const char *what; /* is special */
	struct cs_span body;
	const char *why; /* how it begins; NULL: it is right */
} cases[] = {
	{ "nothing", SPAN_ROW(""), "the request is empty" },
	{ "no object", SPAN_ROW("1"), "want a JSON object" },
	{ "cut", SPAN_ROW("{\"a\":"), "the request is not JSON" },
	{ "something behind", SPAN_ROW("{}{}"), "something follows" },
	{ "a NUL behind", SPAN_ROW("{}\0"), "the request is not UTF-8 text" },
	{ "an escaped NUL", SPAN_ROW("{\"apikey\":\"\\u0000\"}"),
	  "the request is not UTF-8 text" },
	{ "no UTF-8", SPAN_ROW("{\"a\":\"\xc0\x80\"}"), "the request is not UTF-8 text" },
	{ "as deep as may be", SPAN_ROW("{\"a\":[[[[[[[]]]]]]]}"), NULL },
	{ "one deeper", SPAN_ROW("{\"a\":[[[[[[[[]]]]]]]]}"), "the JSON is nested" },
	{ "brackets in text", SPAN_ROW("{\"a\":\"[[[[[[[[[[\\\"[[\"}"), NULL },
	{ "a key twice", SPAN_ROW("{\"a\":1,\"a\":1}"), "want each key once" },
	{ "a key twice inside", SPAN_ROW("{\"query\":{\"a\":1,\"a\":2}}"),
	  "want each key once" },
	{ "a key that is no text", SPAN_ROW("{\"apikey\":1}"), "apikey: want text" },
	{ "one day", SPAN_ROW("{\"date\":\"2026-02-28\"}"), NULL },
	{ "no such day", SPAN_ROW("{\"date\":\"2026-02-29\"}"), "date: want" },
	{ "the later first", SPAN_ROW("{\"date\":\"2026-02-28:2026-02-27\"}"),
	  "date: want" },
	{ "three days", SPAN_ROW("{\"date\":\"now:now:now\"}"), "date: want" },
	{ "a number of a date", SPAN_ROW("{\"date\":20260228}"), "date: want" },
	{ "the largest limit", SPAN_ROW("{\"limit\":10000}"), NULL },
	{ "one more", SPAN_ROW("{\"limit\":10001}"), "limit: want 1 to 10000" },
	{ "none", SPAN_ROW("{\"limit\":0}"), "limit: want 1 to 10000" },
	{ "half a row", SPAN_ROW("{\"limit\":1.5}"), "limit: want 1 to 10000" },
	{ "as text", SPAN_ROW("{\"limit\":\"10001\"}"), "limit: want 1 to 10000" },
	{ "page 0", SPAN_ROW("{\"page\":\"0\"}"), "page: want 1 and on" },
	{ "the last page", SPAN_ROW("{\"page\":4294967295}"), NULL },
	{ "one more page", SPAN_ROW("{\"page\":4294967296}"), "page: want 1 and on" },
	{ "a query of text", SPAN_ROW("{\"query\":\"geo\"}"), "query: want an object" },
	{ "a list of values", SPAN_ROW("{\"query\":{\"geo\":[\"DE\"]}}"),
	  "query: want text or a number" },
	{ "an empty sort", SPAN_ROW("{\"sort\":\"\"}"), "sort: want" },
	{ "a report of a report", SPAN_ROW("{\"report\":[[\"a\"]]}"), "reports: want" },
};

static void each_case_is_right_or_told(void **state)
{
	struct cs_api_query q;
	char why[CS_API_WHY];

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		enum cs_err err = read_body(cases[i].body, &q, why);
		const char *want = cases[i].why ? cases[i].why : "";

		if ((err != CS_OK) != (cases[i].why != NULL) ||
		    strncmp(why, want, strlen(want)) != 0)
			fail_msg("%s: %s", cases[i].what, why);
	}
	cs_arena_clear(&arena);
}

static void other_types_are_not_ours(void **state)
{
	struct cs_api_query q;
	char why[CS_API_WHY];

	(void)state;
	assert_int_equal(read_body(SPAN("{\"type\":\"scan_mqtt\"}"), &q, why), CS_OK);
	assert_true(q.other_types);
	assert_int_equal(read_body(SPAN("{\"types\":[\"x\",\"scan_coap\"]}"), &q, why),
			 CS_OK);
	assert_false(q.other_types);
	assert_int_equal(read_body(SPAN("{\"types\":[]}"), &q, why), CS_OK);
	assert_false(q.other_types);
	cs_arena_clear(&arena);
}

static void members_and_names_have_a_most(void **state)
{
	char body[4096], why[CS_API_WHY];
	struct cs_api_query q;

	(void)state;
	for (int more = 0; more <= 1; more++) {
		int n = snprintf(body, sizeof(body), "{\"x0\":0");

		for (int i = 1; i < CS_API_MEMBERS + more; i++)
			n += snprintf(body + n, sizeof(body) - (size_t)n, ",\"x%d\":0",
				      i);
		(void)snprintf(body + n, sizeof(body) - (size_t)n, "}");
		assert_int_equal(read_body(cs_span_str(body), &q, why) == CS_OK, !more);
		n = snprintf(body, sizeof(body), "{\"reports\":[\"a\"");
		for (int i = 1; i < CS_API_NAMES + more; i++)
			n += snprintf(body + n, sizeof(body) - (size_t)n, ",\"a\"");
		(void)snprintf(body + n, sizeof(body) - (size_t)n, "]}");
		assert_int_equal(read_body(cs_span_str(body), &q, why) == CS_OK, !more);
	}
	cs_arena_clear(&arena);
}

static void a_cut_request_is_never_one(void **state)
{
	struct cs_api_query q;
	char why[CS_API_WHY];

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(whole); n++)
		assert_int_equal(read_body(cs_span_of(whole, n), &q, why), CS_ERR_SYNTAX);
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(what_is_not_said_has_a_preset),
		cmocka_unit_test(each_case_is_right_or_told),
		cmocka_unit_test(other_types_are_not_ours),
		cmocka_unit_test(members_and_names_have_a_most),
		cmocka_unit_test(a_cut_request_is_never_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
