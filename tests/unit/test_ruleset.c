/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ruleset.h"

#include <stdio.h>

#include "test.h"

static const char before[] =
	"table inet filter {\n"
	"\tset met {\n"
	"\t\ttype ipv4_addr\n"
	"\t\tflags dynamic,timeout\n"
	"\t\telements = { 192.0.2.1 timeout 1m expires 3s,\n"
	"\t\t\t     192.0.2.2 timeout 1m expires 4s }\n"
	"\t}\n"
	"\n"
	"\tset named {\n"
	"\t\ttype ipv4_addr\n"
	"\t\tflags interval\n"
	"\t\telements = { 10.0.0.0/8, 192.0.2.0/24,\n"
	"\t\t\t     198.51.100.1 comment \"a, b\" }\n"
	"\t}\n"
	"\n"
	"\tchain input {\n"
	"\t\ttype filter hook input priority filter; policy accept;\n"
	"\t\ttcp dport 22 accept\n"
	"\t\tudp dport 5683 accept\n"
	"\t}\n"
	"}\n";

static struct cs_span settled(struct cs_arena *arena, const char *text)
{
	size_t len = strlen(text);
	uint8_t *copy = heap_copy(text, len);
	struct cs_span out;

	assert_int_equal(cs_ruleset_settle(cs_span_of(copy, len), arena, &out), CS_OK);
	free(copy);
	return out;
}

/* The difference as text, and how many lines. */
static char *difference(struct cs_span old, struct cs_span new, size_t most, size_t *n)
{
	struct cs_arena arena = { 0 };
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	*n = cs_ruleset_difference(old, new, "# ", most, &arena, to);
	fclose(to);
	cs_arena_clear(&arena);
	return text;
}

static void expect(const char *old, const char *new, size_t most, size_t n,
		   const char *said)
{
	struct cs_arena arena = { 0 };
	size_t lines;
	char *text = difference(settled(&arena, old), settled(&arena, new), most, &lines);

	assert_string_equal(text, said);
	assert_int_equal(lines, n);
	free(text);
	cs_arena_clear(&arena);
}

/* @text with the first @from replaced; free() it. */
static char *with(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out;

	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to,
			     at + strlen(from)) > 0);
	return out;
}

static void elements_that_come_and_go_are_left_out(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_span text = settled(&arena, before);
	const char *s = (const char *)text.ptr;

	(void)state;
	assert_null(strstr(s, "expires"));
	assert_non_null(strstr(s, "\t\telement 10.0.0.0/8\n\t\telement 192.0.2.0/24\n"
				  "\t\telement 198.51.100.1 comment \"a, b\"\n\t}\n"));
	cs_arena_clear(&arena);
}

static void the_same_rules_differ_in_nothing(void **state)
{
	char *later = with(before, "expires 3s", "expires 1s");

	(void)state;
	expect(before, before, 10, 0, "");
	expect(before, later, 10, 0, "");
	free(later);
}

static void a_line_is_named_with_its_chain(void **state)
{
	char *other = with(before, "udp dport 5683 accept", "udp dport 5683 drop");
	char *fewer = with(before, "10.0.0.0/8, ", "");

	(void)state;
	expect(before, other, 10, 2,
	       "#   table inet filter, chain input\n# - udp dport 5683 accept\n"
	       "#   table inet filter, chain input\n# + udp dport 5683 drop\n");
	expect(before, fewer, 10, 1,
	       "#   table inet filter, set named\n# - element 10.0.0.0/8\n");
	free(other);
	free(fewer);
}

static void another_order_is_a_difference(void **state)
{
	char *other = with(before, "\t\ttcp dport 22 accept\n\t\tudp dport 5683 accept\n",
			   "\t\tudp dport 5683 accept\n\t\ttcp dport 22 accept\n");

	(void)state;
	expect(before, other, 10, 2,
	       "#   in another order: table inet filter, chain input\n");
	free(other);
}

static void a_repeated_rule_counts(void **state)
{
	char *other = with(before, "\t\ttcp dport 22 accept\n",
			   "\t\ttcp dport 22 accept\n\t\ttcp dport 22 accept\n");

	(void)state;
	expect(before, other, 10, 1,
	       "#   table inet filter, chain input\n# + tcp dport 22 accept\n");
	free(other);
}

static void no_more_lines_are_shown_than_asked_for(void **state)
{
	(void)state;
	expect("", before, 2, 14,
	       "# + table inet filter {\n#   table inet filter\n"
	       "#   and more\n");
}

static void what_strangers_wrote_is_no_escape_sequence(void **state)
{
	struct cs_arena arena = { 0 };
	size_t n;
	char *text = difference(SPAN(""), SPAN("a \x1b[31m\n"), 9, &n);

	(void)state;
	assert_int_equal(n, 1);
	assert_null(strchr(text, '\x1b'));
	free(text);
	cs_arena_clear(&arena);
}

static void a_table_is_found_by_its_whole_name(void **state)
{
	static const char text[] = "table inet coapscope2 {\n}\ntable inet coapscope {\n"
				   "\tchain a {\n\t}\n}\ntable ip x {\n}\n";
	struct cs_span ours = cs_ruleset_table(cs_span_str(text), "inet coapscope");

	(void)state;
	assert_int_equal(ours.len,
			 strlen("table inet coapscope {\n\tchain a {\n\t}\n}\n"));
	assert_memory_equal(ours.ptr, "table inet coapscope {\n\tchain", 29);
	assert_int_equal(cs_ruleset_table(cs_span_str(text), "inet none").len, 0);
	assert_int_equal(
		cs_ruleset_table(SPAN("table inet coapscope {\n\tcha"), "inet coapscope")
			.len,
		0);
}

static void all_prefixes_of_a_listing_are_taken(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(before); len++) {
		struct cs_arena arena = { 0 };
		uint8_t *copy = heap_copy(before, len);
		struct cs_span text;
		size_t n;

		assert_int_equal(cs_ruleset_settle(cs_span_of(copy, len), &arena, &text),
				 CS_OK);
		free(difference(cs_span_of(copy, len), text, 5, &n));
		free(copy);
		cs_arena_clear(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_that_come_and_go_are_left_out),
		cmocka_unit_test(the_same_rules_differ_in_nothing),
		cmocka_unit_test(a_line_is_named_with_its_chain),
		cmocka_unit_test(another_order_is_a_difference),
		cmocka_unit_test(a_repeated_rule_counts),
		cmocka_unit_test(no_more_lines_are_shown_than_asked_for),
		cmocka_unit_test(what_strangers_wrote_is_no_escape_sequence),
		cmocka_unit_test(a_table_is_found_by_its_whole_name),
		cmocka_unit_test(all_prefixes_of_a_listing_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
