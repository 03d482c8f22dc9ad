/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/utf8.h"

static const struct {
	const char *name;
	const char *bytes;
	size_t n;
	size_t len; /* 0: no character */
	uint32_t cp;
} cases[] = {
	{ "NUL is a character", "\0", 1, 1, 0 },
	{ "last of one byte", "\x7f", 1, 1, 0x7f },
	{ "a lone continuation", "\x80", 1, 0, 0 },
	{ "overlong NUL", "\xc0\x80", 2, 0, 0 },
	{ "overlong DEL", "\xc1\xbf", 2, 0, 0 },
	{ "first of two bytes", "\xc2\x80", 2, 2, 0x80 },
	{ "last of two bytes", "\xdf\xbf", 2, 2, 0x7ff },
	{ "two bytes cut", "\xdf", 1, 0, 0 },
	{ "two bytes, no continuation", "\xc3(", 2, 0, 0 },
	{ "overlong three bytes", "\xe0\x9f\xbf", 3, 0, 0 },
	{ "first of three bytes", "\xe0\xa0\x80", 3, 3, 0x800 },
	{ "before the surrogates", "\xed\x9f\xbf", 3, 3, 0xd7ff },
	{ "first surrogate", "\xed\xa0\x80", 3, 0, 0 },
	{ "last surrogate", "\xed\xbf\xbf", 3, 0, 0 },
	{ "after the surrogates", "\xee\x80\x80", 3, 3, 0xe000 },
	{ "last of three bytes", "\xef\xbf\xbf", 3, 3, 0xffff },
	{ "third byte is no continuation", "\xe2\x82\xc0", 3, 0, 0 },
	{ "three bytes cut", "\xe2\x82", 2, 0, 0 },
	{ "overlong four bytes", "\xf0\x8f\xbf\xbf", 4, 0, 0 },
	{ "first of four bytes", "\xf0\x90\x80\x80", 4, 4, 0x10000 },
	{ "last of all", "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff },
	{ "past the last", "\xf4\x90\x80\x80", 4, 0, 0 },
	{ "no such lead", "\xf5\x80\x80\x80", 4, 0, 0 },
	{ "four bytes cut", "\xf0\x9f\x98", 3, 0, 0 },
	{ "only the first of two characters", "\xc3\xa9z", 3, 2, 0xe9 },
};

static void only_well_formed_characters_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint8_t *copy = heap_copy(cases[i].bytes, cases[i].n);
		uint32_t cp = 0;
		size_t len = cs_utf8_next(cs_span_of(copy, cases[i].n), &cp);

		free(copy);
		if (len != cases[i].len || cp != cases[i].cp)
			fail_msg("%s: %zu bytes, U+%04X", cases[i].name, len,
				 (unsigned)cp);
	}
}

static const struct {
	const char *name;
	const char *text;
	size_t most;
	size_t len;
} cuts[] = {
	{ "all of it", "abc", 3, 3 },
	{ "more room than text", "abc", 4, 3 },
	{ "none of it", "abc", 0, 0 },
	{ "between two characters", "a\xc3\xa9z", 3, 3 },
	{ "within two bytes", "a\xc3\xa9z", 2, 1 },
	{ "before the last of four bytes", "a\xf0\x90\x80\x80", 4, 1 },
	{ "behind the first of four bytes", "a\xf0\x90\x80\x80", 2, 1 },
	{ "no text", "\x80\x80\x80\x80\x80\x80", 5, 2 },
	{ "no text, to its beginning", "\x80\x80\x80\x80", 2, 0 },
};

static void a_cut_falls_between_characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cuts); i++) {
		size_t n = strlen(cuts[i].text);
		uint8_t *copy = heap_copy(cuts[i].text, n);
		size_t len = cs_utf8_cut(cs_span_of(copy, n), cuts[i].most);

		free(copy);
		if (len != cuts[i].len)
			fail_msg("%s: %zu bytes", cuts[i].name, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_well_formed_characters_are_taken),
		cmocka_unit_test(a_cut_falls_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
