/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/option_rule.h"

/* RFC 7252 tables 1 and 4, and the registrations of the later RFCs. */
static const struct {
	uint16_t number;
	const char *name;
	uint16_t min_len, max_len;
	const char *class_; /* C critical, U unsafe, N NoCacheKey, R repeatable */
} table[] = {
	{ 1, "If-Match", 0, 8, "CR" },
	{ 3, "Uri-Host", 1, 255, "CU" },
	{ 4, "ETag", 1, 8, "R" },
	{ 5, "If-None-Match", 0, 0, "C" },
	{ 6, "Observe", 0, 3, "U" },
	{ 7, "Uri-Port", 0, 2, "CU" },
	{ 8, "Location-Path", 0, 255, "R" },
	{ 9, "OSCORE", 0, 255, "C" },
	{ 11, "Uri-Path", 0, 255, "CUR" },
	{ 12, "Content-Format", 0, 2, "" },
	{ 14, "Max-Age", 0, 4, "U" },
	{ 15, "Uri-Query", 0, 255, "CUR" },
	{ 16, "Hop-Limit", 1, 1, "" },
	{ 17, "Accept", 0, 2, "C" },
	{ 19, "Q-Block1", 0, 3, "CU" },
	{ 20, "Location-Query", 0, 255, "R" },
	{ 21, "EDHOC", 0, 0, "C" },
	{ 23, "Block2", 0, 3, "CU" },
	{ 27, "Block1", 0, 3, "CU" },
	{ 28, "Size2", 0, 4, "N" },
	{ 31, "Q-Block2", 0, 3, "CUR" },
	{ 35, "Proxy-Uri", 1, 1034, "CU" },
	{ 39, "Proxy-Scheme", 1, 255, "CU" },
	{ 60, "Size1", 0, 4, "N" },
	{ 252, "Echo", 1, 40, "N" },
	{ 258, "No-Response", 0, 1, "U" },
	{ 292, "Request-Tag", 0, 8, "R" },
	{ 2049, "OCF-Accept-Content-Format-Version", 0, 2, "C" },
	{ 2053, "OCF-Content-Format-Version", 0, 2, "C" },
};

static void each_option_has_its_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(table); i++) {
		const struct cs_opt_rule *rule = cs_opt_rule_find(table[i].number);
		const char *class_ = table[i].class_;

		assert_non_null(rule);
		assert_int_equal(rule->number, table[i].number);
		assert_string_equal(rule->name, table[i].name);
		assert_string_equal(cs_opt_name(table[i].number), table[i].name);
		assert_int_equal(rule->min_len, table[i].min_len);
		assert_int_equal(rule->max_len, table[i].max_len);
		assert_int_equal(rule->repeatable, strchr(class_, 'R') != NULL);
		assert_int_equal(cs_opt_is_critical(rule->number),
				 strchr(class_, 'C') != NULL);
		assert_int_equal(cs_opt_is_unsafe(rule->number),
				 strchr(class_, 'U') != NULL);
		assert_int_equal(cs_opt_is_no_cache_key(rule->number),
				 strchr(class_, 'N') != NULL);
	}
}

static void the_table_is_whole_and_ascends(void **state)
{
	size_t n;
	const struct cs_opt_rule *rules = cs_opt_rules(&n);

	(void)state;
	assert_int_equal(n, CS_LEN(table));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rules[i].number, table[i].number);
		assert_non_null(rules[i].reference);
		assert_true(rules[i].format == CS_OPT_EMPTY ? rules[i].max_len == 0
							    : rules[i].max_len > 0);
		assert_true(rules[i].repeatable || !rules[i].once_in_response);
	}
}

static void formats_are_those_of_the_registry(void **state)
{
	(void)state;
	assert_int_equal(cs_opt_rule_find(CS_OPT_ETAG)->format, CS_OPT_OPAQUE);
	assert_int_equal(cs_opt_rule_find(CS_OPT_IF_NONE_MATCH)->format, CS_OPT_EMPTY);
	assert_int_equal(cs_opt_rule_find(CS_OPT_OBSERVE)->format, CS_OPT_UINT);
	assert_int_equal(cs_opt_rule_find(CS_OPT_URI_PATH)->format, CS_OPT_STRING);
	assert_int_equal(cs_opt_rule_find(CS_OPT_BLOCK2)->format, CS_OPT_BLOCK);
}

static void other_numbers_have_none(void **state)
{
	static const uint32_t others[] = { 0,   2,     10,    13,         61,        128,
					   253, 64999, 65536, 65536 + 11, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < CS_LEN(others); i++) {
		assert_null(cs_opt_rule_find(others[i]));
		assert_null(cs_opt_name(others[i]));
	}
	assert_null(cs_opt_rule_find(65000));
	assert_string_equal(cs_opt_name(65000), "Experimental");
	assert_string_equal(cs_opt_name(65535), "Experimental");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_has_its_rule),
		cmocka_unit_test(the_table_is_whole_and_ascends),
		cmocka_unit_test(formats_are_those_of_the_registry),
		cmocka_unit_test(other_numbers_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
