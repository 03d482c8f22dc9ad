/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "out/term.h"

static const struct {
	const char *name;
	const char *bytes;
	size_t n;
	size_t width;
	const char *want;
} cases[] = {
	{ "nothing", "", 0, 5, "" },
	{ "just fits", "abcde", 5, 5, "abcde" },
	{ "one too many", "abcdef", 6, 5, "ab..." },
	{ "only dots fit", "abcdef", 6, 3, "..." },
	{ "not even three dots", "abcdef", 6, 2, ".." },
	{ "no room", "abcdef", 6, 0, "" },
	{ "escape sequence", "\x1b[31m", 5, 80, "\\x1b[31m" },
	{ "an escape just fits", "a\n", 2, 5, "a\\x0a" },
	{ "an escape is never cut", "ab\ncd", 5, 7, "ab..." },
	{ "backslash", "a\\b", 3, 80, "a\\\\b" },
	{ "first and last printable", " ~", 2, 80, " ~" },
	{ "DEL and NUL", "\x7f\0", 2, 80, "\\x7f\\x00" },
	{ "letters are bytes here", "\xc3\xa9", 2, 80, "\\xc3\\xa9" },
};

static void text_is_printable_ascii_within_its_width(void **state)
{
	char text[128], in[128];

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint8_t *copy = heap_copy(cases[i].bytes, cases[i].n);
		struct cs_span bytes = cs_span_of(copy, cases[i].n);
		FILE *to = fmemopen(text, sizeof(text), "w");

		assert_non_null(to);
		size_t used = cs_term_text_fit(to, bytes, cases[i].width);
		(void)fputc('\0', to);
		assert_int_equal(fclose(to), 0);
		(void)cs_term_text_in(in, cases[i].width + 1, bytes);
		free(copy);
		if (strcmp(text, cases[i].want) != 0 || strcmp(in, text) != 0 ||
		    used != strlen(text))
			fail_msg("%s: %s, %s, %zu", cases[i].name, text, in, used);
	}
}

static void text_without_a_width_is_whole(void **state)
{
	char text[128];
	FILE *to = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(to);
	cs_term_text(to, SPAN("a\\\x07"
			      "b"));
	assert_int_equal(fclose(to), 0);
	assert_string_equal(text, "a\\\\\\x07b");
}

static void colour_is_for_terminals_that_want_it(void **state)
{
	struct winsize size = { .ws_row = 24, .ws_col = 132 };
	int ours, theirs, file = open("/dev/null", O_WRONLY);

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(openpty(&ours, &theirs, NULL, NULL, &size), 0);
	(void)setenv("TERM", "xterm", 1);
	(void)unsetenv("NO_COLOR");
	assert_true(cs_term_colour(CS_TERM_AUTO, theirs));
	assert_false(cs_term_colour(CS_TERM_AUTO, file));
	assert_true(cs_term_colour(CS_TERM_ALWAYS, file));
	assert_false(cs_term_colour(CS_TERM_NEVER, theirs));
	(void)setenv("NO_COLOR", "", 1);
	assert_true(cs_term_colour(CS_TERM_AUTO, theirs));
	(void)setenv("NO_COLOR", "1", 1);
	assert_false(cs_term_colour(CS_TERM_AUTO, theirs));
	assert_true(cs_term_colour(CS_TERM_ALWAYS, theirs));
	(void)unsetenv("NO_COLOR");
	(void)setenv("TERM", "dumb", 1);
	assert_false(cs_term_colour(CS_TERM_AUTO, theirs));
	(void)unsetenv("TERM");
	assert_false(cs_term_colour(CS_TERM_AUTO, theirs));

	assert_int_equal(cs_term_width(file), 0);
	assert_int_equal(cs_term_width(theirs), 132);
	size.ws_col = 0; /* as a serial line that never said */
	assert_int_equal(ioctl(theirs, TIOCSWINSZ, &size), 0);
	(void)setenv("COLUMNS", "99", 1);
	assert_int_equal(cs_term_width(theirs), 99);
	(void)setenv("COLUMNS", "wide", 1);
	assert_int_equal(cs_term_width(theirs), 80);
	(void)close(ours);
	(void)close(theirs);
	(void)close(file);
}

static void styles_are_written_only_when_wanted(void **state)
{
	char text[64];
	FILE *to = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(to);
	cs_term_style(to, false, CS_TERM_RED);
	(void)fputc('a', to);
	cs_term_style(to, true, CS_TERM_RED);
	(void)fputc('b', to);
	cs_term_style(to, true, CS_TERM_PLAIN);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(text, "a\x1b[31mb\x1b[0m");
}

static void the_colour_words_are_three(void **state)
{
	enum cs_term_when when = CS_TERM_AUTO;

	(void)state;
	assert_true(cs_term_when_read(SPAN("never"), &when));
	assert_int_equal(when, CS_TERM_NEVER);
	assert_true(cs_term_when_read(SPAN("always"), &when));
	assert_int_equal(when, CS_TERM_ALWAYS);
	assert_true(cs_term_when_read(SPAN("auto"), &when));
	assert_int_equal(when, CS_TERM_AUTO);
	assert_false(cs_term_when_read(SPAN("yes"), &when));
	assert_false(cs_term_when_read(SPAN(""), &when));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_printable_ascii_within_its_width),
		cmocka_unit_test(text_without_a_width_is_whole),
		cmocka_unit_test(colour_is_for_terminals_that_want_it),
		cmocka_unit_test(styles_are_written_only_when_wanted),
		cmocka_unit_test(the_colour_words_are_three),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
