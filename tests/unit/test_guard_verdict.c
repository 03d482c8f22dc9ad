/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "protect/guard_verdict.h"

#define WHO "\"source\":\"203.0.113.7\",\"prefix\":null"
#define WHEN                                                                        \
	"\"first\":\"2026-11-21T20:00:00.000000Z\",\"last\":\"2026-11-21T20:01:00." \
	"500000Z\""
#define COUNTS "\"packets\":3,\"bytes_in\":63,\"bytes_out\":516,\"answered\":true"
#define CLASS  "\"class\":\"D\",\"victim\":false,\"worry\":\"act_now\",\"confidence\":0.95"
#define SIGNS                                                                      \
	"\"evidence\":[{\"what\":\"write_done\",\"count\":2},{\"what\":\"acked\"," \
	"\"count\":1}]"
#define TEN         "123456789 "
#define SCHEMA      "\"schema\":\"coapscope.verdict/1\""
#define LINE(parts) "{" SCHEMA "," parts "}"
#define GOOD        WHO "," WHEN "," COUNTS "," CLASS "," SIGNS

static enum cs_err read_line(const char *text, struct cs_guard_verdict *out,
			     char why[CS_GUARD_WHY])
{
	size_t n = strlen(text);
	uint8_t *copy = heap_copy((const uint8_t *)text, n);
	enum cs_err err = cs_guard_verdict_read(cs_span_of(copy, n), out, why);

	free(copy);
	return err;
}

static void a_line_of_watch_is_read_whole(void **state)
{
	struct cs_guard_verdict v;
	char why[CS_GUARD_WHY], text[CS_PREFIX_TEXT];

	(void)state;
	assert_int_equal(read_line(LINE(GOOD ",\"unproved\":4,\"actor\":null"), &v, why),
			 CS_OK);
	cs_prefix_text(&v.prefix, text);
	assert_string_equal(text, "203.0.113.7/32");
	assert_int_equal(v.because.class_, CS_GUARD_D);
	assert_int_equal(v.because.worry, CS_GUARD_ACT_NOW);
	assert_int_equal(v.because.confidence, 95);
	assert_true(v.because.answered);
	assert_int_equal(v.because.packets, 3);
	assert_int_equal(v.because.bytes_out, 516);
	assert_int_equal(v.because.last_us - v.because.first_us, 60500000);
	assert_int_equal(v.because.n_seen, 2);
	assert_string_equal(v.because.seen[0].what, "write_done");
	assert_int_equal(v.proved, 1);
	assert_int_equal(v.guessed, 0);
	assert_int_equal(v.unproved, 4);
	assert_false(v.victim);
}

static void signs_are_told_apart_by_who_could_give_them(void **state)
{
	struct cs_guard_verdict v;
	char why[CS_GUARD_WHY];

	(void)state;
	assert_int_equal(
		read_line(LINE(WHO "," WHEN "," COUNTS "," CLASS
				   ",\"evidence\":[{\"what\":\"echoed\",\"count\":2},"
				   "{\"what\":\"connected\",\"count\":3},"
				   "{\"what\":\"retried\",\"count\":4294967295},"
				   "{\"what\":\"next_block\",\"count\":5}]"),
			  &v, why),
		CS_OK);
	assert_int_equal(v.proved, 5);
	assert_int_equal(v.guessed, UINT32_MAX); /* stops there */
	assert_int_equal(v.unproved, 0);
}

static void what_was_seen_is_any_text_and_only_known_words_prove(void **state)
{
	static const struct {
		const char *what, *shown;
		uint32_t proved;
	} cases[] = {
		{ "PUT /a", "PUT /a", 0 },
		{ "acked", "acked", 1 },
		{ "ack\\u0065d", "acked", 1 },
		{ "Acked", "Acked", 0 },
		{ "acked ", "acked ", 0 },
		{ "\\u001b[2J\\n", "\x1b[2J\n", 0 },
		{ "\xc3\xa9", "\xc3\xa9", 0 },
		{ TEN TEN TEN TEN TEN TEN "123", TEN TEN TEN TEN TEN TEN "123", 0 },
		{ TEN TEN TEN TEN TEN TEN "1234", TEN TEN TEN TEN TEN TEN "...", 0 },
		{ TEN TEN TEN TEN TEN "123456789\xc3\xa9"
				      "123",
		  TEN TEN TEN TEN TEN "123456789...", 0 },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_guard_verdict v;
		char why[CS_GUARD_WHY] = "", line[1024];

		(void)snprintf(line, sizeof(line),
			       "{%s,\"evidence\":[{\"what\":\"%s\",%s}]}",
			       SCHEMA "," WHO "," WHEN "," COUNTS "," CLASS,
			       cases[i].what, "\"count\":1");
		assert_int_equal(read_line(line, &v, why), CS_OK);
		assert_string_equal(v.because.seen[0].what, cases[i].shown);
		assert_int_equal(v.proved, cases[i].proved);
	}
}

static void what_is_no_verdict_is_foreign(void **state)
{
	static const char *const lines[] = {
		"{\"schema\":\"coapscope.capture/1\"}",
		"{}",
		"{\"schema\":1}",
		LINE("\"data\":false,\"source\":\"203.0.113.7\""),
	};
	struct cs_guard_verdict v;
	char why[CS_GUARD_WHY];

	(void)state;
	for (size_t i = 0; i < CS_LEN(lines); i++)
		assert_int_equal(read_line(lines[i], &v, why), CS_ERR_FOREIGN);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "", "the line: want UTF-8 of 1 to 262144 bytes, without NUL and not "
		      "nested deeper than 8" },
		{ "[]", "the line: want a JSON object" },
		{ "3", "the line: want a JSON object" },
		{ "{", "the line: want JSON" },
		{ LINE(GOOD) "x", "the line: want JSON" },
		{ LINE(GOOD) LINE(GOOD), "the line: want JSON" },
		{ LINE(GOOD ",\"victim\":true"), "the object: want each member once" },
		{ LINE("\"source\":null,\"prefix\":null"),
		  "source: want an address, or null and a prefix" },
		{ LINE("\"source\":\"203.0.113.7\",\"prefix\":\"203.0.113.0/24\""),
		  "source: want an address, or null and a prefix" },
		{ LINE("\"source\":\"203.0.113.7/32\""), "source: want an address" },
		{ LINE("\"source\":\"203.0.113.07\""), "source: want an address" },
		{ LINE("\"prefix\":\"203.0.113.1/24\""),
		  "prefix: want a prefix without host bits" },
		{ LINE(WHO ",\"class\":\"A\""),
		  "class: want B, C1, C2, D, E, F, G, H or I" },
		{ LINE(WHO ",\"class\":\"B\",\"worry\":\"ACT\""),
		  "worry: want none, note, act or act_now" },
		{ LINE(WHO ",\"class\":\"B\",\"worry\":\"act\",\"confidence\":1.01"),
		  "confidence: want a number from 0 to 1" },
		{ LINE(WHO "," CLASS),
		  "first: want a time as 2026-11-21T20:00:00.123456Z" },
		{ LINE(WHO "," CLASS "," WHEN ",\"packets\":-1"),
		  "packets: want a whole number" },
		{ LINE(WHO "," CLASS "," WHEN ",\"packets\":1.5"),
		  "packets: want a whole number" },
		{ LINE(WHO "," CLASS "," WHEN ",\"packets\":4294967296"),
		  "packets: want a whole number" },
		{ LINE(WHO "," CLASS "," WHEN ",\"packets\":1e999"),
		  "packets: want a whole number" },
		{ LINE(WHO "," CLASS "," WHEN "," COUNTS), "evidence: want a list" },
		{ LINE(WHO "," CLASS "," WHEN "," COUNTS ",\"evidence\":[1]"),
		  "evidence: what: want a text that says what was seen" },
		{ LINE(WHO "," CLASS "," WHEN "," COUNTS
			   ",\"evidence\":[{\"what\":\"\",\"count\":1}]"),
		  "evidence: what: want a text that says what was seen" },
		{ LINE(WHO "," CLASS "," WHEN "," COUNTS
			   ",\"evidence\":[{\"what\":\"acked\"}]"),
		  "evidence: count: want a whole number" },
	};
	struct cs_guard_verdict v;
	char why[CS_GUARD_WHY];

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		if (read_line(cases[i].line, &v, why) != CS_ERR_SYNTAX)
			fail_msg("taken: %s", cases[i].line);
		assert_string_equal(why, cases[i].why);
	}
}

static void every_beginning_of_a_line_is_refused(void **state)
{
	static const char good[] = LINE(GOOD);
	struct cs_guard_verdict v;
	char why[CS_GUARD_WHY];

	(void)state;
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		uint8_t *copy = heap_copy((const uint8_t *)good, n);

		assert_int_equal(cs_guard_verdict_read(cs_span_of(copy, n), &v, why),
				 CS_ERR_SYNTAX);
		free(copy);
	}
	assert_int_equal(read_line(good, &v, why), CS_OK);
}

static void nothing_is_too_deep_too_long_or_no_text(void **state)
{
	static char line[CS_GUARD_LINE + 2];
	struct cs_guard_verdict v;
	char why[CS_GUARD_WHY];

	(void)state;
	memset(line, ' ', sizeof(line) - 1);
	memcpy(line, LINE(GOOD), sizeof(LINE(GOOD)) - 1);
	assert_int_equal(read_line(line, &v, why), CS_ERR_SYNTAX);
	line[CS_GUARD_LINE] = '\0';
	assert_int_equal(read_line(line, &v, why), CS_OK);
	assert_int_equal(read_line(LINE(GOOD ",\"x\":[[[[[[[[1]]]]]]]]"), &v, why),
			 CS_ERR_SYNTAX);
	assert_int_equal(read_line(LINE(GOOD ",\"x\":[[[[[[[1]]]]]]]"), &v, why), CS_OK);
	assert_int_equal(read_line(LINE(GOOD ",\"x\":\"\xff\""), &v, why), CS_ERR_SYNTAX);
	assert_int_equal(read_line(LINE(GOOD ",\"x\":\"\\u0000\""), &v, why),
			 CS_ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_watch_is_read_whole),
		cmocka_unit_test(signs_are_told_apart_by_who_could_give_them),
		cmocka_unit_test(what_was_seen_is_any_text_and_only_known_words_prove),
		cmocka_unit_test(what_is_no_verdict_is_foreign),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(every_beginning_of_a_line_is_refused),
		cmocka_unit_test(nothing_is_too_deep_too_long_or_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
