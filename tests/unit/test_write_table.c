/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_fixture.h"

#include "base/clock.h"
#include "watch/write_table.h"

static char *table_of(const struct cs_verdict *verdicts, size_t n,
		      struct cs_verdict_look look)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	assert_int_equal(cs_write_table(to, verdicts, n, &look), CS_OK);
	assert_int_equal(fclose(to), 0);
	return text;
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void a_row_says_it_all(void **state)
{
	struct made_verdict m;
	char *text, want[512];

	(void)state;
	make_verdict(&m);
	text = table_of(&m.verdict, 1, (struct cs_verdict_look){ .width = 0 });
	(void)snprintf(want, sizeof(want),
		       "SOURCE     WORRY  %-*s  SURE  PACKETS  BYTES IN  BYTES OUT  "
		       "RATIO  ANSWERED  WHO                        SINCE"
		       "                LAST\n"
		       "192.0.2.7  %-5s  %s   80%%  3        63        516        "
		       "24.6x  yes       Shodan AS64500 EXAMPLE NL  "
		       "2026-11-21 20:00:00  2026-11-21 20:00:01\n",
		       (int)strlen(cs_class_text(CS_CLASS_B)), "WHAT",
		       cs_worry_text(CS_WORRY_NOTE), cs_class_text(CS_CLASS_B));
	assert_string_equal(text, want);
	free(text);
}

static void a_victim_is_called_one_and_a_prefix_has_its_addresses(void **state)
{
	struct made_verdict m;
	char *text;

	(void)state;
	make_verdict(&m);
	m.source.ip = cs_addr_v4(0xcb007100);
	m.source.bits = 120;
	m.source.addresses = 200;
	m.finding.primary = CS_CLASS_C1;
	m.finding.victim = true;
	text = table_of(&m.verdict, 1, (struct cs_verdict_look){ .width = 0 });
	assert_non_null(strstr(text, "\n203.0.113.0/24  "));
	assert_non_null(strstr(text, "(victim) 200 addresses"));
	free(text);
}

static void a_screen_never_gets_more_lines_than_it_has(void **state)
{
	struct made_verdict m;
	struct cs_verdict many[40];

	(void)state;
	make_verdict(&m);
	for (size_t i = 0; i < CS_LEN(many); i++)
		many[i] = m.verdict;
	for (size_t width = 20; width < 220; width += 40)
		for (size_t lines = 1; lines < 60; lines++) {
			const struct cs_verdict_look look = { .width = width,
							      .lines = lines };
			char *text = table_of(many, CS_LEN(many), look);

			assert_true(lines_of(text) <= lines);
			assert_true(lines > 41 || strstr(text, " more"));
			free(text);
		}
}

/* Where each row takes two lines the screen is as full as it can be. */
static void a_screen_is_filled_with_rows_that_wrap(void **state)
{
	struct made_verdict m;
	struct cs_verdict many[40];

	(void)state;
	make_verdict(&m);
	m.finding.primary = CS_CLASS_C1;
	m.finding.victim = true;
	for (size_t i = 0; i < CS_LEN(many); i++)
		many[i] = m.verdict;
	for (size_t width = 60; width < 120; width += 20)
		for (size_t lines = 6; lines < 60; lines++) {
			const struct cs_verdict_look look = { .width = width,
							      .lines = lines };
			char *text = table_of(many, CS_LEN(many), look);

			assert_non_null(strstr(text, "SOURCE"));
			assert_non_null(strstr(text, "192.0.2.7"));
			/* No row of these takes more than three. */
			assert_true(lines_of(text) + 3 > lines || !strstr(text, " more"));
			free(text);
		}
}

static void what_is_left_out_is_said(void **state)
{
	struct made_verdict m;
	char *text;

	(void)state;
	make_verdict(&m);
	text = table_of(&m.verdict, 1, (struct cs_verdict_look){ .left_out = 999999 });
	assert_non_null(strstr(text, "\nand 999999 more; -O jsonl has all\n"));
	free(text);
	text = table_of(NULL, 0, (struct cs_verdict_look){ .width = 80 });
	assert_string_equal(text, "no source was seen\n");
	free(text);
}

static void colour_follows_worry_and_names_are_escaped(void **state)
{
	struct made_verdict m;
	char *text;

	(void)state;
	make_verdict(&m);
	m.answer.worry = CS_WORRY_ACT_NOW;
	m.actor.name = SPAN("\x1b[2Jx\n\xc2\x9b");
	text = table_of(&m.verdict, 1, (struct cs_verdict_look){ .colour = true });
	assert_non_null(strstr(text, "\n\x1b[31m192.0.2.7"));
	assert_non_null(strstr(text, "\\x1b[2Jx\\x0a\\xc2\\x9b"));
	assert_int_equal(lines_of(text), 2);
	free(text);
}

static void a_narrow_screen_leaves_out_what_is_missed_least(void **state)
{
	static const struct {
		size_t width;
		const char *heads; /* without the blanks between them */
	} cases[] = {
		{ 200,
		  "SOURCE WORRY WHAT SURE PACKETS BYTES IN BYTES OUT RATIO ANSWERED WHO "
		  "SINCE LAST\n" },
		{ 100,
		  "SOURCE WORRY WHAT SURE PACKETS BYTES OUT RATIO ANSWERED WHO LAST\n" },
		{ 80, "SOURCE WORRY WHAT PACKETS RATIO ANSWERED WHO LAST\n" },
		{ 60, "SOURCE WORRY WHAT ANSWERED WHO\n" },
		{ 40, "SOURCE WORRY WHAT ANSWERED\n" },
		{ 10, "SOURCE WORRY WHAT ANSWERED\n" },
	};
	struct made_verdict m;

	(void)state;
	make_verdict(&m);
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char *text =
			table_of(&m.verdict, 1,
				 (struct cs_verdict_look){ .width = cases[i].width,
							   .now_us = m.source.last_us });
		char *to = text;

		for (const char *from = text; from == text || from[-1] != '\n'; from++)
			if (from[0] != ' ' || from[1] != ' ')
				*to++ = *from;
		*to = '\0';
		assert_string_equal(text, cases[i].heads);
		free(text);
	}
}

static void times_of_the_last_day_have_no_date(void **state)
{
	struct made_verdict m;
	struct cs_verdict_look look = { .now_us = 0 };
	char *text;

	(void)state;
	make_verdict(&m);
	m.source.first_us = m.source.last_us - CS_US_PER_DAY + CS_US_PER_S;
	look.now_us = m.source.last_us + CS_US_PER_S;
	text = table_of(&m.verdict, 1, look);
	assert_non_null(strstr(text, "  2026-11-20  20:00:01\n"));
	free(text);
	look.now_us--;
	text = table_of(&m.verdict, 1, look);
	assert_non_null(strstr(text, "  20:00:02  20:00:01\n"));
	free(text);
	text = table_of(NULL, 0, look);
	assert_string_equal(text, "nobody has come yet\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_says_it_all),
		cmocka_unit_test(a_victim_is_called_one_and_a_prefix_has_its_addresses),
		cmocka_unit_test(a_screen_never_gets_more_lines_than_it_has),
		cmocka_unit_test(a_screen_is_filled_with_rows_that_wrap),
		cmocka_unit_test(what_is_left_out_is_said),
		cmocka_unit_test(colour_follows_worry_and_names_are_escaped),
		cmocka_unit_test(a_narrow_screen_leaves_out_what_is_missed_least),
		cmocka_unit_test(times_of_the_last_day_have_no_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
