/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/rules_build.h"
#include "protect/rules_listing.h"

static const char whole[] =
	"table inet fw { # handle 12\n"
	"\tcomment \"of { the # handle 9\"\n"
	"\tflags dormant\n"
	"\n"
	"\tset ports { # handle 4\n"
	"\t\ttype inet_service\n"
	"\t\tcomment \"a }\"\n"
	"\t\telements = { 99, 5683,\n"
	"\t\t\t     5684 }\n"
	"\t}\n"
	"\n"
	"\tct helper ftp { # handle 8\n"
	"\t\ttype \"ftp\" protocol tcp\n"
	"\t}\n"
	"\n"
	"\tchain input { # handle 1\n"
	"\t\tcomment \"chain # handle 3 {\"\n"
	"\t\ttype filter hook input priority filter + 10; policy drop;\n"
	"\t\tudp dport 5683 counter packets 1 bytes 2 accept comment \"a } # handle 7\" "
	"# handle 20\n"
	"\t\tip saddr { 1.2.3.4, 1.2.3.6,\n"
	"\t\t\t   1.2.3.24 } drop # handle 21\n"
	"\t\tmeta l4proto udp xt match hashlimit counter packets 0 bytes 0 accept # "
	"handle 22\n"
	"\t}\n"
	"\n"
	"\tchain empty { # handle 2\n"
	"\t}\n"
	"}\n"
	"# Warning: table ip filter is managed by iptables-nft, do not touch!\n"
	"table netdev nd { # handle 13\n"
	"\tchain in { # handle 1\n"
	"\t\ttype filter hook ingress device \"eth0\" priority -500; policy accept;\n"
	"\t\tdrop # handle 2\n"
	"\t}\n"
	"}";

static void is(struct cs_span got, const char *want)
{
	if (!cs_span_eq(got, cs_span_str(want)))
		fail_msg("\"%.*s\", not \"%s\"", (int)got.len, (const char *)got.ptr,
			 want);
}

static struct cs_listing read_whole(struct cs_arena *arena, const char *text)
{
	struct cs_listing l;
	size_t line;

	assert_int_equal(cs_listing_read(cs_span_str(text), arena, &l, &line), CS_OK);
	return l;
}

static void a_listing_is_tables_chains_and_rules(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listing l = read_whole(&arena, whole);

	(void)state;
	assert_int_equal(l.n_tables, 2);
	is(l.tables[0].name, "inet fw");
	assert_int_equal(l.tables[0].handle, 12);
	assert_true(l.tables[0].dormant && l.tables[0].xt && !l.tables[0].counted);
	assert_int_equal(l.tables[0].n_blocks, 2);
	is(l.tables[1].name, "netdev nd");
	assert_false(l.tables[1].dormant);
	assert_int_equal(l.n_chains, 3);
	is(l.chains[0].name, "input");
	is(l.chains[0].hook, "input");
	is(l.chains[0].policy, "drop");
	assert_int_equal(l.chains[0].priority, 10);
	assert_int_equal(l.chains[0].n_rules, 3);
	is(l.chains[1].hook, "");
	assert_int_equal(l.chains[1].n_rules, 0);
	is(l.chains[2].hook, "ingress");
	assert_int_equal(l.chains[2].priority, -500);
	cs_arena_clear(&arena);
}

static void a_rule_ends_with_its_own_handle(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listing l = read_whole(&arena, whole);

	(void)state;
	assert_int_equal(l.n_rules, 4);
	assert_int_equal(l.rules[0].handle, 20);
	is(l.rules[0].text,
	   "udp dport 5683 counter packets 1 bytes 2 accept comment \"a } # handle 7\"");
	assert_int_equal(l.rules[1].handle, 21);
	is(l.rules[1].text, "ip saddr { 1.2.3.4, 1.2.3.6,\n\t\t\t   1.2.3.24 } drop");
	assert_int_equal(l.rules[1].place, 1);
	assert_true(l.rules[2].xt);
	assert_int_equal(l.rules[3].chain, 2);
	assert_int_equal(l.rules[3].place, 0);
	cs_arena_clear(&arena);
}

static void what_else_is_in_a_table_is_a_block(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listing l = read_whole(&arena, whole);

	(void)state;
	assert_int_equal(l.n_blocks, 2);
	is(l.blocks[0].kind, "set");
	is(l.blocks[0].name, "ports");
	assert_non_null(memmem(l.blocks[0].body.ptr, l.blocks[0].body.len, "5684", 4));
	is(l.blocks[1].kind, "ct");
	is(l.blocks[1].name, "ftp");
	cs_arena_clear(&arena);
}

static void a_text_without_handles_is_read_by_its_braces(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listing l = read_whole(&arena, "table ip t {\n\tchain c {\n"
						 "\t\ttcp dport { 1,\n\t\t\t 2 } drop\n"
						 "\t\taccept comment \"}\"\n\t}\n}\n");

	(void)state;
	assert_int_equal(l.n_rules, 2);
	is(l.rules[0].text, "tcp dport { 1,\n\t\t\t 2 } drop");
	is(l.rules[1].text, "accept comment \"}\"");
	assert_int_equal(l.rules[1].handle, 0);
	cs_arena_clear(&arena);
}

static void a_listing_that_is_cut_off_is_said_with_its_line(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listing l;
	size_t line, ok = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		uint8_t *copy = heap_copy(whole, n);
		enum cs_err err = cs_listing_read(cs_span_of(copy, n), &arena, &l, &line);

		assert_true(err == CS_OK || err == CS_ERR_SYNTAX);
		ok += err == CS_OK;
		free(copy);
		cs_arena_clear(&arena);
	}
	/*
	 * Nothing, all, one table with or without its end of line, and what follows is a
	 * comment's.
	 */
	assert_int_equal(ok, 1 + 1 + 2 + 69);
	assert_int_equal(
		cs_listing_read(SPAN("table ip t {\n\tchain c {\n"), &arena, &l, &line),
		CS_ERR_SYNTAX);
	assert_int_equal(line, 2);
	assert_int_equal(cs_listing_read(SPAN("\n\nfoo\n"), &arena, &l, &line),
			 CS_ERR_SYNTAX);
	assert_int_equal(line, 3);
	cs_arena_clear(&arena);
}

static void what_only_iptables_can_print_is_known_outside_of_quotes(void **state)
{
	(void)state;
	assert_true(cs_listing_is_xt(SPAN("meta l4proto udp xt match recent drop")));
	assert_true(cs_listing_is_xt(SPAN("xt target CT")));
	assert_true(cs_listing_is_xt(SPAN("counter xt target \"CT\"")));
	assert_false(cs_listing_is_xt(SPAN("drop comment \"xt match recent\"")));
	assert_false(
		cs_listing_is_xt(SPAN("iifname \"a\" log prefix \"an xt target \"")));
	assert_false(cs_listing_is_xt(SPAN("next match x")));
	assert_false(cs_listing_is_xt(SPAN("")));
}

static void priorities_have_names_and_offsets(void **state)
{
	static const struct {
		const char *text;
		bool bridge, ok;
		int32_t want;
	} rows[] = {
		{ "filter", false, true, 0 },
		{ "filter", true, true, -200 },
		{ "dstnat", false, true, -100 },
		{ "dstnat", true, true, -300 },
		{ "srcnat - 5", false, true, 95 },
		{ "raw + 10", false, true, -290 },
		{ "mangle", false, true, -150 },
		{ "security", false, true, 50 },
		{ "out", true, true, 100 },
		{ "-2147483648", false, true, INT32_MIN },
		{ "2147483647", false, true, INT32_MAX },
		{ "2147483648", false, false, 0 },
		{ "-2147483649", false, false, 0 },
		{ "2147483647 + 1", false, false, 0 },
		{ "filter + ", false, false, 0 },
		{ "filter * 2", false, false, 0 },
		{ "", false, false, 0 },
		{ "high", false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		int32_t got = 0;
		bool ok = cs_listing_priority(cs_span_str(rows[i].text), rows[i].bridge,
					      &got);

		if (ok != rows[i].ok || got != rows[i].want)
			fail_msg("%s: %d %d", rows[i].text, ok, got);
	}
}

static void a_rules_text_is_one_line_without_counts(void **state)
{
	static const struct {
		const char *from, *want;
	} rows[] = {
		{ "udp dport 5683 counter packets 12 bytes 34 accept",
		  "udp dport 5683 counter accept" },
		{ "udp dport 5683  counter packets 0 bytes 0 accept",
		  "udp dport 5683 counter accept" },
		{ "ip saddr { 1.2.3.4,\n\t\t   1.2.3.5 } drop",
		  "ip saddr { 1.2.3.4, 1.2.3.5 } drop" },
		{ "quota over 20 mbytes used 5 kbytes drop",
		  "quota over 20 mbytes drop" },
		{ "log prefix \"a  b packets 1 bytes 2\" drop",
		  "log prefix \"a  b packets 1 bytes 2\" drop" },
		{ "limit rate 5/second burst 5 packets accept",
		  "limit rate 5/second burst 5 packets accept" },
		{ "accept comment \"a\x1b[0m\"", "accept comment \"a?[0m\"" },
		{ "counter packets 1", "counter packets 1" },
		{ "", "" },
	};
	struct cs_arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++)
		assert_string_equal(cs_rules_text(&arena, cs_span_str(rows[i].from)),
				    rows[i].want);
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listing_is_tables_chains_and_rules),
		cmocka_unit_test(a_rule_ends_with_its_own_handle),
		cmocka_unit_test(what_else_is_in_a_table_is_a_block),
		cmocka_unit_test(a_text_without_handles_is_read_by_its_braces),
		cmocka_unit_test(a_listing_that_is_cut_off_is_said_with_its_line),
		cmocka_unit_test(what_only_iptables_can_print_is_known_outside_of_quotes),
		cmocka_unit_test(priorities_have_names_and_offsets),
		cmocka_unit_test(a_rules_text_is_one_line_without_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
