/* SPDX-License-Identifier: Apache-2.0 */
/* A difference as it comes out, with a stranger's bytes in it. */
#include "test.h"

#include "base/clock.h"
#include "report/diff_write.h"
#include "report/sources_json.h"
#include "report/stats_write.h"

#define DAY_US (INT64_C(20000) * CS_US_PER_DAY) /* 2024-10-04 */

static const uint8_t header[] = { 0x60, 69, 0x12, 0x34, 0xc1, 40, 0xff };

static struct cs_result result(int64_t us)
{
	return (struct cs_result){ .ip = cs_addr_v4(0xc0000201),
				   .port = 5683,
				   .time_us = us,
				   .request_size = 21,
				   .response_size = 42,
				   .header = cs_span_of(header, sizeof(header)),
				   .body = SPAN("</a>") };
}

static struct cs_enriched enriched(enum cs_severity severity)
{
	return (struct cs_enriched){
		.hostname = SPAN("=\033[1m\"x"),
		.place = { .asn = 64512, .geo = SPAN("DE"), .as_name = SPAN("N\nN") },
		.judged = true,
		.judgement = { .stack = SPAN("libcoap"), .severity = severity },
	};
}

/* What comes out of one changed service. The caller frees it. */
static char *written(enum cs_diff_form form)
{
	const struct cs_result before = result(DAY_US), after = result(DAY_US + 1);
	const struct cs_enriched low = enriched(CS_SEVERITY_LOW);
	const struct cs_enriched high = enriched(CS_SEVERITY_HIGH);
	const struct cs_diff_row row = { .change = CS_CHANGE_CHANGED,
					 .parts = CS_PART_RESPONSE | CS_PART_SEVERITY,
					 .before = &before,
					 .after = &after,
					 .enriched_before = &low,
					 .enriched_after = &high,
					 .first_us = DAY_US };
	struct cs_diff_out out = { .form = form };
	char *text = NULL;
	size_t len;

	out.to = open_memstream(&text, &len);
	assert_int_equal(cs_diff_out_begin(&out), CS_OK);
	assert_int_equal(cs_diff_out_row(&out, &row), CS_OK);
	assert_int_equal(cs_diff_out_finish(&out, 20000, 20001), CS_OK);
	cs_diff_out_end(&out);
	assert_int_equal(fclose(out.to), 0);
	return text;
}

static void a_table_is_for_people_and_has_no_escape(void **state)
{
	(void)state;
	char *text = written(CS_DIFF_TABLE);

	assert_string_equal(
		text, "2024-10-04 to 2024-10-05: 0 new, 0 moved, 1 changed, 0 gone, "
		      "0 not probed\n"
		      "\n"
		      "Changed (1)\n"
		      "ADDRESS    PORT  WHAT               SEVERITY    AMPLIFIES  STACK  "
		      "  GEO  "
		      "NETWORK         HOSTNAME    FIRST SEEN\n"
		      "192.0.2.1  5683  response severity  low > high  2.00x      "
		      "libcoap  DE   "
		      "AS64512 N\\x0aN  =\\x1b[1m\"x  2024-10-04\n");
	free(text);
}

static void csv_has_no_formula_and_no_escape(void **state)
{
	(void)state;
	char *text = written(CS_DIFF_CSV);
	const char *row = strchr(text, '\n') + 1;

	assert_string_equal(
		row,
		"changed,response;severity,192.0.2.1,5683,,2024-10-04T00:00:00.000000Z,,"
		"2024-10-04T00:00:00.000000Z,2.05,42,2.00,libcoap,low,"
		"\"\\x3d\\x1b[1m\"\"x\",64512,DE,"
		"2024-10-04T00:00:00.000001Z,2.05,42,2.00,libcoap,high,"
		"\"\\x3d\\x1b[1m\"\"x\",64512,DE\n");
	free(text);
}

static void json_lines_have_both_sides(void **state)
{
	(void)state;
	char *text = written(CS_DIFF_JSONL);

	assert_string_equal(
		text,
		"{\"schema\":\"coapscope.diff/1\",\"change\":\"changed\","
		"\"parts\":[\"response\",\"severity\"],\"ip\":\"192.0.2.1\",\"port\":"
		"5683,"
		"\"from\":null,\"first_seen\":\"2024-10-04T00:00:00.000000Z\","
		"\"last_seen\":null,"
		"\"before\":{\"time\":\"2024-10-04T00:00:00.000000Z\",\"code\":\"2.05\","
		"\"response_size\":42,\"amplification\":2.00,\"stack\":\"libcoap\","
		"\"severity\":\"low\",\"hostname\":\"=\\u001b[1m\\\"x\",\"asn\":64512,"
		"\"geo\":\"DE\"},"
		"\"after\":{\"time\":\"2024-10-04T00:00:00.000001Z\",\"code\":\"2.05\","
		"\"response_size\":42,\"amplification\":2.00,\"stack\":\"libcoap\","
		"\"severity\":\"high\",\"hostname\":\"=\\u001b[1m\\\"x\",\"asn\":64512,"
		"\"geo\":\"DE\"}}\n");
	free(text);
}

static void quiet_is_silent_only_where_nothing_is_to_be_told(void **state)
{
	(void)state;
	struct cs_diff_out out = { .form = CS_DIFF_TABLE, .quiet = true };
	char *text = NULL;
	size_t len;

	out.to = open_memstream(&text, &len);
	assert_int_equal(cs_diff_out_begin(&out), CS_OK);
	out.counts[CS_CHANGE_NOT_PROBED] = 3;
	assert_int_equal(cs_diff_out_finish(&out, 20000, 20001), CS_OK);
	cs_diff_out_end(&out);
	assert_int_equal(fclose(out.to), 0);
	assert_int_equal(len, 0);
	free(text);
}

static void a_write_error_ends_it(void **state)
{
	(void)state;
	const struct cs_result after = result(DAY_US);
	const struct cs_diff_row row = { .change = CS_CHANGE_NEW, .after = &after };
	struct cs_diff_out out = { .form = CS_DIFF_JSONL, .to = fopen("/dev/full", "w") };

	assert_non_null(out.to);
	(void)setvbuf(out.to, NULL, _IONBF, 0);
	assert_int_equal(cs_diff_out_row(&out, &row), CS_ERR_IO);
	(void)fclose(out.to);
}

static void statistics_show_sums_as_text_alone(void **state)
{
	(void)state;
	struct cs_stats_day day = { .day = 20000, .services = 3, .addresses = 2 };
	struct cs_store_sum sums[] = {
		{ SPAN("amp"), SPAN("50"), 3 },
		{ SPAN("geo"), SPAN("D\033"), 2 },
		{ SPAN("geo"), SPAN(""), 1 },
	};
	struct cs_span about = SPAN("{\"sources\":[{\"file\":\"a\033.mmdb\",\"built\":"
				    "\"2024-10-01T00:00:00.000000Z\"}]}");
	struct cs_stats stats = { .days = &day,
				  .n = 1,
				  .enriched_by = &about,
				  .n_enriched_by = 1,
				  .last = { .at = sums, .n = 3 } };
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_int_equal(cs_stats_write_table(&stats, "org", to, 0, false), CS_OK);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(
		text, "2024-10-04, org: services 3, addresses 2 (IPv6 0)\n"
		      "enriched by a\\x1b.mmdb of 2024-10-01\n"
		      "\n"
		      "                   SERVICES  SHARE\n"
		      "Country\n"
		      "  D\\x1b            2          66.7 %  ################\n"
		      "  unknown          1          33.3 %  ########\n"
		      "Amplification\n"
		      "  from 0.50 times  3         100.0 %  ########################\n");
	free(text);

	/* A narrow terminal: short bars, none of them in two lines. */
	to = open_memstream(&text, &len);
	assert_int_equal(cs_stats_write_table(&stats, "org", to, 60, false), CS_OK);
	assert_int_equal(fclose(to), 0);
	assert_non_null(strstr(text, "  unknown          1          33.3 %  ###\n"));
	assert_non_null(
		strstr(text, "  from 0.50 times  3         100.0 %  ##########\n"));
	free(text);
}

/* What a file of the store says is written by our words, or as text. */
static void statistics_tell_their_sources_as_objects(void **state)
{
	static const struct {
		const char *about, *want;
	} cases[] = {
		{ "{\"made\":\"m\",\"sources\":[{\"built\":\"b\",\"file\":"
		  "\"a\\\\x1b\\\\x5c\\\\xff\",\"records\":12}],\"resolvers\":null,"
		  "\"\\\"evil\":1}",
		  "{\"made\":\"m\",\"sources\":[{\"file\":\"a\\u001b\\\\x5c\\\\xff\","
		  "\"built\":\"b\",\"records\":12}],\"resolvers\":null}" },
		{ "{}", "{}" },
		{ "[1]", "\"[1]\"" },
		{ "{\"made\":", "\"{\\\"made\\\":\"" },
		{ "", "\"\"" },
		{ "{\"records\":-1,\"sources\":[[[[[[1]]]]]]}",
		  "{\"sources\":[[[null]]],\"records\":null}" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char *text = NULL;
		size_t len;
		FILE *to = open_memstream(&text, &len);
		struct cs_json j = cs_json_to(to);

		cs_sources_write_json(&j, cs_span_str(cases[i].about));
		assert_int_equal(fclose(to), 0);
		assert_string_equal(text, cases[i].want);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_for_people_and_has_no_escape),
		cmocka_unit_test(csv_has_no_formula_and_no_escape),
		cmocka_unit_test(json_lines_have_both_sides),
		cmocka_unit_test(quiet_is_silent_only_where_nothing_is_to_be_told),
		cmocka_unit_test(a_write_error_ends_it),
		cmocka_unit_test(statistics_show_sums_as_text_alone),
		cmocka_unit_test(statistics_tell_their_sources_as_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
