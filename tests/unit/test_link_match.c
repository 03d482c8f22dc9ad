/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/link.h"

static const struct {
	const char *link;
	const char *name, *value;
	bool want;
} rows[] = {
	/* RFC 6690 section 4.1: the target. */
	{ "</foo>;x", "href", "/foo", true },
	{ "</foo>;x", "href", "/foo*", true },
	{ "</foo/bar>", "href", "/foo*", true },
	{ "</foo/bar>", "href", "/foo", false },
	{ "</fo>", "href", "/foo*", false },
	{ "</foo>", "href", "*", true },
	{ "<>", "href", "*", true },
	{ "<>", "href", "", true },
	{ "</a>;href=\"/foo\"", "href", "/foo", false },
	/* Lists of words. */
	{ "</a>;rt=\"light lux\"", "rt", "light", true },
	{ "</a>;rt=\"light lux\"", "rt", "lux", true },
	{ "</a>;rt=\"light lux\"", "rt", "lu*", true },
	{ "</a>;rt=\"light lux\"", "rt", "lu", false },
	{ "</a>;rt=\"light lux\"", "rt", "light lux", false },
	{ "</a>;rt=\"light lux\"", "rt", "ight", false },
	{ "</a>;rt=light", "rt", "light", true },
	{ "</a>;if=\"x sensor\"", "if", "sensor", true },
	{ "</a>;rel=\"a b\"", "rel", "b", true },
	{ "</a>;rt=\"a  b\"", "rt", "b", true },
	{ "</a>;rt=\"\"", "rt", "*", true },
	/* Whole values. */
	{ "</a>;title=\"light lux\"", "title", "light lux", true },
	{ "</a>;title=\"light lux\"", "title", "lux", false },
	{ "</a>;title=\"light lux\"", "title", "light*", true },
	{ "</a>;ct=40", "ct", "40", true },
	{ "</a>;ct=\"40 50\"", "ct", "40", false },
	{ "</a>;ct=40", "ct", "4", false },
	{ "</a>;ct=40", "ct", "400", false },
	{ "</a>;ct=40", "CT", "40", false },
	/* The star means any rest at the end only. */
	{ "</a>;x=abc", "x", "a*c", false },
	{ "</a>;x=a*c", "x", "a*c", true },
	{ "</a>;x=abc", "x", "abc*", true },
	{ "</a>;x=abc", "x", "*c", false },
	/* Escapes are undone first, but only in quotes. */
	{ "</a>;x=\"a\\\"b\"", "x", "a\"b", true },
	{ "</a>;x=\"a\\\"b\"", "x", "a\\\"b", false },
	{ "</a>;x=a\\b", "x", "a\\b", true },
	{ "</a>;rt=\"a\\\" b\"", "rt", "b", true },
	/* Attributes without a value, repeated ones, absent ones. */
	{ "</a>;obs", "obs", "*", true },
	{ "</a>;obs", "obs", "", true },
	{ "</a>;obs", "obs", "1", false },
	{ "</a>;rt=x;rt=y", "rt", "y", true },
	{ "</a>;rt=x", "if", "*", false },
	{ "</a>", "rt", "*", false },
};

static void each_query_matches_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		size_t len = strlen(rows[i].link);
		uint8_t *copy = heap_copy(rows[i].link, len);
		struct cs_links w = cs_links_over(cs_span_of(copy, len));
		struct cs_link link;

		assert_true(cs_links_next(&w, &link));
		if (cs_link_matches(&link, cs_span_str(rows[i].name),
				    cs_span_str(rows[i].value)) != rows[i].want)
			fail_msg("%s?%s=%s", rows[i].link, rows[i].name, rows[i].value);
		free(copy);
	}
}

static void escapes_are_removed_from_quoted_values_only(void **state)
{
	static const struct {
		const char *value;
		bool quoted;
		const char *want;
	} values[] = {
		{ "plain", true, "plain" }, { "", true, "" },
		{ "a\\\"b", true, "a\"b" }, { "\\\\\\a", true, "\\a" },
		{ "a\\", true, "a\\" },     { "a\\\"b", false, "a\\\"b" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(values); i++) {
		size_t room = strlen(values[i].value);
		uint8_t *out = malloc(room ? room : 1);
		const struct cs_link_attr attr = {
			.value = cs_span_str(values[i].value),
			.has_value = true,
			.quoted = values[i].quoted,
		};

		assert_non_null(out);
		assert_int_equal(cs_link_unquote(&attr, out), strlen(values[i].want));
		assert_memory_equal(out, values[i].want, strlen(values[i].want));
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_query_matches_or_not),
		cmocka_unit_test(escapes_are_removed_from_quoted_values_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
