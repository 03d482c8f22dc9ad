/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "out/json.h"

static char text[4096]; /* what the last sheet holds */

static struct cs_json sheet_open(void)
{
	FILE *to = fmemopen(text, sizeof(text), "w");

	assert_non_null(to);
	text[0] = '\0'; /* a sheet that nothing is written to */
	return cs_json_to(to);
}

static const char *sheet_close(struct cs_json *j)
{
	assert_int_equal(ferror(j->to), 0);
	assert_int_equal(fclose(j->to), 0);
	return text;
}

static void values_are_separated_where_json_wants_it(void **state)
{
	struct cs_json j = sheet_open();

	(void)state;
	for (int line = 0; line < 2; line++) {
		cs_json_object(&j);
		cs_json_key(&j, "a");
		cs_json_uint(&j, 1);
		cs_json_key(&j, "b");
		cs_json_array(&j);
		cs_json_null(&j);
		cs_json_array(&j);
		cs_json_array_end(&j);
		cs_json_object(&j);
		cs_json_object_end(&j);
		cs_json_bool(&j, true);
		cs_json_bool(&j, false);
		cs_json_array_end(&j);
		cs_json_key(&j, "c");
		cs_json_word(&j, NULL);
		cs_json_object_end(&j);
		cs_json_line(&j);
	}
	assert_string_equal(sheet_close(&j),
			    "{\"a\":1,\"b\":[null,[],{},true,false],\"c\":null}\n"
			    "{\"a\":1,\"b\":[null,[],{},true,false],\"c\":null}\n");
}

static void numbers_keep_every_digit(void **state)
{
	struct cs_json j = sheet_open();

	(void)state;
	cs_json_array(&j);
	cs_json_uint(&j, 0);
	cs_json_uint(&j, UINT64_MAX);
	cs_json_int(&j, 42);
	cs_json_int(&j, -1);
	cs_json_int(&j, INT64_MIN);
	cs_json_int(&j, INT64_MAX);
	cs_json_fixed(&j, 0, 2);
	cs_json_fixed(&j, 5, 2);
	cs_json_fixed(&j, 2457, 2);
	cs_json_fixed(&j, 11350, 2);
	cs_json_fixed(&j, 1, 9);
	cs_json_fixed(&j, UINT64_MAX, 3);
	cs_json_array_end(&j);
	assert_string_equal(sheet_close(&j),
			    "[0,18446744073709551615,42,-1,-9223372036854775808,"
			    "9223372036854775807,0.00,0.05,24.57,113.50,0.000000001,"
			    "18446744073709551.615]");
}

static const struct {
	const char *name;
	const char *bytes;
	size_t n;
	const char *want;
} strings[] = {
	{ "nothing", "", 0, "\"\"" },
	{ "plain text", "</a>;rt=x y", 11, "\"</a>;rt=x y\"" },
	{ "quote", "a\"b", 3, "\"a\\\"b\"" },
	{ "slash stays", "/a", 2, "\"/a\"" },
	{ "backslash is a byte by number", "a\\b", 3, "\"a\\\\x5cb\"" },
	{ "what looks like an escape is none", "\\x41", 4, "\"\\\\x5cx41\"" },
	{ "line feed and escape", "\n\x1b", 2, "\"\\u000a\\u001b\"" },
	{ "NUL in the middle", "a\0b", 3, "\"a\\\\x00b\"" },
	{ "last control character", "\x1f ", 2, "\"\\u001f \"" },
	{ "DEL", "~\x7f", 2, "\"~\\u007f\"" },
	{ "first and last C1", "\xc2\x80\xc2\x9f", 4, "\"\\u0080\\u009f\"" },
	{ "after C1", "\xc2\xa0", 2, "\"\xc2\xa0\"" },
	{ "letters", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
	  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ "line separator", "\xe2\x80\xa8\xe2\x80\xa9", 6, "\"\\u2028\\u2029\"" },
	{ "Arabic letter mark", "\xd8\x9c", 2, "\"\\u061c\"" },
	{ "around that", "\xd8\x9b\xd8\x9d", 4, "\"\xd8\x9b\xd8\x9d\"" },
	{ "right-to-left override", "\xe2\x80\xae", 3, "\"\\u202e\"" },
	{ "around the invisible ones", "\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf",
	  12, "\"\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf\"" },
	{ "zero width", "\xe2\x80\x8b\xe2\x80\x8f", 6, "\"\\u200b\\u200f\"" },
	{ "joiner and isolate", "\xe2\x81\xa0\xe2\x81\xaf", 6, "\"\\u2060\\u206f\"" },
	{ "around those", "\xe2\x81\x9f\xe2\x81\xb0", 6, "\"\xe2\x81\x9f\xe2\x81\xb0\"" },
	{ "byte order mark", "\xef\xbb\xbf", 3, "\"\\ufeff\"" },
	{ "no UTF-8", "\xff\xfe", 2, "\"\\\\xff\\\\xfe\"" },
	{ "cut character", "a\xe2\x82", 3, "\"a\\\\xe2\\\\x82\"" },
	{ "surrogate", "\xed\xa0\x80", 3, "\"\\\\xed\\\\xa0\\\\x80\"" },
	{ "plain after escaped", "\x80z", 2, "\"\\\\x80z\"" },
};

static void strings_are_encoded_as_the_header_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(strings); i++) {
		uint8_t *copy = heap_copy(strings[i].bytes, strings[i].n);
		struct cs_json j = sheet_open();

		cs_json_string(&j, cs_span_of(copy, strings[i].n));
		free(copy);
		if (strcmp(sheet_close(&j), strings[i].want) != 0)
			fail_msg("%s: %s", strings[i].name, text);
	}
}

static void in_a_page_nothing_is_html_and_the_value_is_the_same(void **state)
{
	static const char hostile[] = "</script><!--&\xe2\x80\xa8\"";
	struct cs_json j = sheet_open();
	cJSON *value;

	(void)state;
	j = cs_json_to_html(j.to);
	cs_json_string(&j, SPAN(hostile));
	assert_string_equal(sheet_close(&j),
			    "\"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\\\"\"");
	value = cJSON_Parse(text);
	assert_string_equal(cJSON_GetStringValue(value), hostile);
	cJSON_Delete(value);
}

static void a_string_may_come_in_parts(void **state)
{
	struct cs_json j = sheet_open();

	(void)state;
	cs_json_array(&j);
	cs_json_string_begin(&j);
	cs_json_string_part(&j, SPAN("a\""));
	cs_json_string_part(&j, SPAN(""));
	cs_json_string_part(&j, SPAN("b"));
	cs_json_string_end(&j);
	cs_json_word(&j, "c");
	cs_json_array_end(&j);
	assert_string_equal(sheet_close(&j), "[\"a\\\"b\",\"c\"]");
}

static void hex_of_any_length_is_whole(void **state)
{
	uint8_t bytes[1200];
	char want[2 * sizeof(bytes) + 3] = "\"";
	struct cs_json j;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * 7);
		(void)snprintf(want + 1 + 2 * i, 4, "%02x\"", bytes[i]);
	}
	j = sheet_open();
	cs_json_hex(&j, cs_span_of(bytes, sizeof(bytes)));
	assert_string_equal(sheet_close(&j), want);
	j = sheet_open();
	cs_json_hex(&j, cs_span_of(NULL, 0));
	assert_string_equal(sheet_close(&j), "\"\"");
}

static void times_are_rfc_3339(void **state)
{
	struct cs_json j = sheet_open();

	(void)state;
	cs_json_time(&j, INT64_C(1795291200123456));
	assert_string_equal(sheet_close(&j), "\"2026-11-21T20:00:00.123456Z\"");
}

static void a_key_and_its_value_go_together(void **state)
{
	struct cs_json j = sheet_open();

	(void)state;
	cs_json_object(&j);
	cs_json_put_bool(&j, "a", true);
	cs_json_put_uint(&j, "b", UINT64_MAX);
	cs_json_put_word(&j, "c", "");
	cs_json_put_word(&j, "d", NULL);
	cs_json_put_time(&j, "e", 0);
	cs_json_put_text(&j, "f", cs_span_str("\""));
	cs_json_object_end(&j);
	assert_string_equal(sheet_close(&j),
			    "{\"a\":true,\"b\":18446744073709551615,\"c\":\"\","
			    "\"d\":null,\"e\":\"1970-01-01T00:00:00.000000Z\","
			    "\"f\":\"\\\"\"}");
}

static void what_is_empty_or_not_known_is_null(void **state)
{
	struct cs_json j = sheet_open();

	(void)state;
	cs_json_object(&j);
	cs_json_put_text(&j, "a", cs_span_str(""));
	cs_json_put_uint_if(&j, "b", false, 7);
	cs_json_put_uint_if(&j, "c", true, 0);
	cs_json_put_time_if(&j, "d", false, 7);
	cs_json_put_time_if(&j, "e", true, -1);
	cs_json_object_end(&j);
	assert_string_equal(sheet_close(&j), "{\"a\":null,\"b\":null,\"c\":0,\"d\":null,"
					     "\"e\":\"1969-12-31T23:59:59.999999Z\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_separated_where_json_wants_it),
		cmocka_unit_test(numbers_keep_every_digit),
		cmocka_unit_test(strings_are_encoded_as_the_header_says),
		cmocka_unit_test(in_a_page_nothing_is_html_and_the_value_is_the_same),
		cmocka_unit_test(a_string_may_come_in_parts),
		cmocka_unit_test(hex_of_any_length_is_whole),
		cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(a_key_and_its_value_go_together),
		cmocka_unit_test(what_is_empty_or_not_known_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
