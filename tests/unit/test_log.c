/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#include "base/log.h"

enum { LONG = 5000 };

/* What cs_log() writes of @text at @level, where notes are the last that is said. */
static char *said_of(const char *command, enum cs_level level, const char *text)
{
	char *said = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&said, &len);
	const struct cs_log log = { to, command, CS_NOTE };

	assert_non_null(to);
	cs_log(&log, level, "%s", text);
	assert_int_equal(fclose(to), 0);
	return said;
}

static const struct {
	const char *text, *want;
} cases[] = {
	{ "", "coapscope scan: \n" },
	{ "plain ~", "coapscope scan: plain ~\n" },
	{ "a\nb\tc", "coapscope scan: a?b?c\n" },
	{ "\x1b[31mred\x07\x7f", "coapscope scan: ?[31mred??\n" },
	{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	  "coapscope scan: caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n" },
	{ "\xc2\x9b"
	  "31m \xc2\x80\xc2\xa0",
	  "coapscope scan: ?31m ?\xc2\xa0\n" },
	{ "\x9b"
	  "31m \xff\xc3",
	  "coapscope scan: ?31m ??\n" },
};

static void a_line_is_text_and_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char *said = said_of("scan", CS_ERROR, cases[i].text);

		assert_string_equal(said, cases[i].want);
		free(said);
	}
}

static void a_long_line_is_cut(void **state)
{
	char text[LONG + 1], *said;

	(void)state;
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	said = said_of("", CS_NOTE, text);
	assert_int_equal(strlen(said), sizeof("coapscope: \n") - 1 + 4095);
	assert_int_equal(said[strlen(said) - 1], '\n');
	free(said);
}

static void levels_say_what_they_are_and_when(void **state)
{
	char *warning = said_of("", CS_WARN, "x"), *detail = said_of("", CS_DETAIL, "x");
	const struct cs_log mute = { NULL, "", CS_DEBUG };

	(void)state;
	assert_string_equal(warning, "coapscope: warning: x\n");
	assert_string_equal(detail, "");
	cs_log(&mute, CS_ERROR, "x");
	free(warning);
	free(detail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_text_and_one_line),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(levels_say_what_they_are_and_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
