/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/rules_misprint.h"

static const char printed[] =
	"table inet f { # handle 1\n\tchain i { # handle 1\n"
	"\t\ttype filter hook input priority filter; policy accept;\n"
	"\t\tudp dport != 1024-1024 drop # handle 3\n"
	"\t\tudp dport != 5000-6000 drop # handle 33\n"
	"\t\tlog prefix \"!= 1-2\" drop # handle 4\n\t}\n}\n";
static const char given[] =
	"inet f i 3 \n  [ cmp lt reg 1 0x00000004 ]\n  [ cmp gt reg 1 0x00000004 ]\n\n"
	"inet f i 33 3 \n  [ range neq reg 1 0x00008813 0x00007017 ]\n\n"
	"inet f i 4 33 \n  [ immediate reg 0 drop ]\n";

static void a_rule_that_is_printed_as_another_is_known_by_what_was_given(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listing l;
	size_t line;

	(void)state;
	assert_int_equal(cs_listing_read(cs_span_str(printed), &arena, &l, &line), CS_OK);
	assert_true(cs_rules_may_misprint(&l));
	cs_rules_mark_misprinted(&l, cs_span_str(""));
	assert_false(l.tables[0].xt);
	cs_rules_mark_misprinted(&l, cs_span_str(given));
	assert_true(l.rules[0].xt);
	assert_false(l.rules[1].xt);
	assert_false(l.rules[2].xt);
	assert_true(l.tables[0].xt);
	assert_int_equal(
		cs_listing_read(cs_span_str("table ip x {\n}\n"), &arena, &l, &line),
		CS_OK);
	assert_false(cs_rules_may_misprint(&l));
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_rule_that_is_printed_as_another_is_known_by_what_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
