/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test.h"

#include "base/ini.h"

/* What was read, a line an item: "3 key name|value". */
static void describe(struct cs_span text, char *out, size_t room)
{
	static const char *const kinds[] = { "section", "key", "more", "wrong" };
	struct cs_ini ini = cs_ini_over(text);
	struct cs_ini_item item;
	size_t at = 0;

	out[0] = '\0';
	while (cs_ini_next(&ini, &item)) {
		bool is_wrong = item.kind == CS_INI_WRONG;

		at += (size_t)snprintf(
			out + at, room - at, "%u %s %.*s|%.*s\n", ini.line,
			kinds[item.kind], is_wrong ? 0 : (int)item.name.len,
			(const char *)item.name.ptr,
			is_wrong ? (int)strlen(ini.why) : (int)item.value.len,
			is_wrong ? ini.why : (const char *)item.value.ptr);
		assert_true(at < room);
	}
}

static const struct {
	const char *name, *text, *want;
} cases[] = {
	{ "nothing", "", "" },
	{ "comments and blank lines", "# a\n; b\n\n  \t\n  ; c\n", "" },
	{ "a section and a key", "[one]\na = b\n", "1 section one|\n2 key a|b\n" },
	{ "no line feed at the end", "[one]\na=b", "1 section one|\n2 key a|b\n" },
	{ "CR LF", "[one]\r\na = b\r\n", "1 section one|\n2 key a|b\n" },
	{ "a byte order mark", "\xef\xbb\xbf[one]\n", "1 section one|\n" },
	{ "blanks around all", "  [ one ]  \n\ta\t=\tb c \n",
	  "1 section one|\n2 key a|b c\n" },
	{ "a colon", "a: b=c\n", "1 key a|b=c\n" },
	{ "the first of = and :", "a = 2001:db8::/32\n", "1 key a|2001:db8::/32\n" },
	{ "an empty value", "a =\n", "1 key a|\n" },
	{ "a value goes on", "a = b\n  c, d\n\te\n",
	  "1 key a|b\n2 more |c, d\n3 more |e\n" },
	{ "a comment does not end it", "a = b\n# x\n\n  c\n", "1 key a|b\n4 more |c\n" },
	{ "what goes on may look like a key", "a =\n 2001:db8::1\n",
	  "1 key a|\n2 more |2001:db8::1\n" },
	{ "an indented key under a section", "[s]\n  a = b\n",
	  "1 section s|\n2 key a|b\n" },
	{ "a comment behind a value", "a = b ; c\nd = ;e\nf = g;h\n",
	  "1 key a|b\n2 key d|\n3 key f|g;h\n" },
	{ "a comment behind a section", "[s] ; c\n", "1 section s|\n" },
	{ "text behind a section", "[s] t\n",
	  "1 wrong |text behind ]: want nothing or a comment\n" },
	{ "an open bracket", "[s\na = b\n",
	  "1 wrong |want [NAME] with both brackets\n2 key a|b\n" },
	{ "an empty section", "[]\n", "1 section |\n" },
	{ "no sign", "abc\n", "1 wrong |want [NAME], KEY = VALUE or a comment\n" },
	{ "no name", "= b\n", "1 wrong |want [NAME], KEY = VALUE or a comment\n" },
};

static void each_text_gives_its_items(void **state)
{
	char got[1024];

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		size_t len = strlen(cases[i].text);
		uint8_t *copy = heap_copy(cases[i].text, len);

		describe(cs_span_of(copy, len), got, sizeof(got));
		free(copy);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: got\n%swant\n%s", cases[i].name, got,
				 cases[i].want);
	}
}

static void every_prefix_ends(void **state)
{
	static const char text[] = "# c\n[one]\r\nasns = 1, 2 ; x\n  3\n[two]\nb: c\n";
	char got[1024];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		uint8_t *copy = heap_copy(text, n);

		describe(cs_span_of(copy, n), got, sizeof(got));
		free(copy);
	}
}

static void a_nul_is_said_and_passed_over(void **state)
{
	char got[256];

	(void)state;
	describe(cs_span_of("a = \0b\nc = d\n", 13), got, sizeof(got));
	assert_string_equal(got, "1 wrong |a NUL byte: want text\n2 key c|d\n");
}

static void words_stand_between_commas_and_blanks(void **state)
{
	static const char *const want[] = { "a", "bc", "d", "e:f" };
	struct cs_span list = cs_span_str(" ,a, bc,,d\te:f ,"), word;
	size_t n = 0;

	(void)state;
	while (cs_ini_word(&list, &word)) {
		assert_true(n < CS_LEN(want));
		assert_true(cs_span_eq(word, cs_span_str(want[n])));
		n++;
	}
	assert_int_equal(n, CS_LEN(want));
	assert_int_equal(list.len > 0 && cs_ini_word(&list, &word), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_gives_its_items),
		cmocka_unit_test(every_prefix_ends),
		cmocka_unit_test(a_nul_is_said_and_passed_over),
		cmocka_unit_test(words_stand_between_commas_and_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
