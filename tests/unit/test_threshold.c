/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/threshold.h"
#include "watch/verdict.h"

static void a_threshold_is_read_by_its_name(void **state)
{
	struct cs_threshold t = cs_threshold_defaults;

	(void)state;
	assert_int_equal(cs_threshold_read(SPAN("reflection=100"), &t), CS_OK);
	assert_int_equal(t.reflection, 100);
	assert_int_equal(cs_threshold_read(SPAN("list_age_days=7"), &t), CS_OK);
	assert_int_equal(t.list_age_days, 7);
	assert_int_equal(t.enumeration, cs_threshold_defaults.enumeration);
}

static const struct {
	const char *text;
	enum cs_err want;
} wrong[] = {
	{ "", CS_ERR_SYNTAX },
	{ "reflection", CS_ERR_SYNTAX },
	{ "reflection=", CS_ERR_SYNTAX },
	{ "reflection=x", CS_ERR_SYNTAX },
	{ "reflection=5x", CS_ERR_SYNTAX },
	{ "reflection=-5", CS_ERR_SYNTAX },
	{ "reflections=5", CS_ERR_NOT_FOUND },
	{ "=5", CS_ERR_NOT_FOUND },
	{ "reflection=1", CS_ERR_RANGE },
	{ "reflection=1000001", CS_ERR_RANGE },
	{ "reflection=99999999999999999999", CS_ERR_SYNTAX },
	{ "enumeration=11", CS_ERR_RANGE },
};

static void what_is_wrong_leaves_the_table_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(wrong); i++) {
		struct cs_threshold t = cs_threshold_defaults;
		enum cs_err got = cs_threshold_read(cs_span_str(wrong[i].text), &t);

		if (got != wrong[i].want)
			fail_msg("'%s': %s", wrong[i].text, cs_strerror(got));
		assert_memory_equal(&t, &cs_threshold_defaults, sizeof(t));
	}
}

static void each_row_has_its_default_within_its_bounds(void **state)
{
	const uint8_t *base = (const uint8_t *)&cs_threshold_defaults;

	(void)state;
	assert_int_equal(cs_n_threshold_rules,
			 sizeof(struct cs_threshold) / sizeof(uint32_t));
	for (size_t i = 0; i < cs_n_threshold_rules; i++) {
		const struct cs_threshold_rule *rule = &cs_threshold_rules[i];
		uint32_t value;

		memcpy(&value, base + rule->at, sizeof(value));
		assert_int_equal(rule->preset, value);
		assert_true(rule->min <= rule->preset && rule->preset <= rule->max);
		assert_true(rule->what[0] && rule->source[0]);
	}
}

/* What an order of verdicts goes by. */
struct shown {
	struct cs_source source;
	struct cs_finding finding;
	struct cs_answer answer;
	struct cs_verdict verdict;
};

static void show(struct shown *s, enum cs_worry worry, enum cs_class class_,
		 uint64_t bytes_out, uint32_t packets, uint32_t ip)
{
	*s = (struct shown){ .source = { .ip = cs_addr_v4(ip),
					 .bytes_out = bytes_out,
					 .packets = packets },
			     .finding = { .primary = class_ },
			     .answer = { .worry = worry } };
	s->verdict = (struct cs_verdict){ .source = &s->source,
					  .finding = &s->finding,
					  .answer = &s->answer };
}

static void the_worse_comes_first(void **state)
{
	struct shown s[6];

	(void)state;
	show(&s[0], CS_WORRY_ACT_NOW, CS_CLASS_D, 0, 1, 9);
	show(&s[1], CS_WORRY_NOTE, CS_CLASS_C1, 0, 1, 9);
	show(&s[2], CS_WORRY_NOTE, CS_CLASS_E, 9, 1, 9);
	show(&s[3], CS_WORRY_NOTE, CS_CLASS_E, 5, 9, 9);
	show(&s[4], CS_WORRY_NOTE, CS_CLASS_E, 5, 5, 1);
	show(&s[5], CS_WORRY_NOTE, CS_CLASS_E, 5, 5, 2);
	for (size_t i = 0; i < CS_LEN(s); i++) {
		for (size_t j = 0; j < CS_LEN(s); j++) {
			int got = cs_verdict_cmp(&s[i].verdict, &s[j].verdict);

			assert_int_equal((got > 0) - (got < 0), (i > j) - (i < j));
		}
	}
}

static void the_ratio_is_in_hundredths_of_the_largest_exchange(void **state)
{
	struct shown s;

	(void)state;
	show(&s, CS_WORRY_NONE, CS_CLASS_B, 1000, 1, 1);
	assert_int_equal(cs_verdict_ratio(&s.verdict), 0);
	s.source.most_out = 516;
	assert_int_equal(cs_verdict_ratio(&s.verdict), 0);
	s.source.most_in = 21;
	assert_int_equal(cs_verdict_ratio(&s.verdict), 2457);
}

static uint8_t sure(int64_t listed_us, int64_t now_us, bool by_name)
{
	struct cs_source source = { .bits = 128 };
	struct cs_finding finding = { .primary = CS_CLASS_B, .confidence = 70 };
	struct cs_surroundings around = { 0 };
	struct cs_actor actor = { .name = SPAN("Censys"),
				  .by_list = true,
				  .by_name = by_name,
				  .date_us = listed_us };
	struct cs_answer answer;

	cs_answer(&source, &finding, &around, &actor, &cs_threshold_defaults, now_us,
		  &answer);
	return answer.confidence;
}

static void a_lists_age_lowers_confidence(void **state)
{
	const int64_t day = INT64_C(86400) * 1000000;

	(void)state;
	assert_int_equal(sure(day, 91 * day, false), 70);
	assert_int_equal(sure(day, 92 * day, false), 60);
	assert_int_equal(sure(day, 400 * day, false), 50);
	assert_int_equal(sure(day, 400 * day, true), 70);
	assert_int_equal(sure(day, 0, false), 70);
	assert_int_equal(sure(400 * day, day, false), 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_threshold_is_read_by_its_name),
		cmocka_unit_test(what_is_wrong_leaves_the_table_as_it_was),
		cmocka_unit_test(each_row_has_its_default_within_its_bounds),
		cmocka_unit_test(the_worse_comes_first),
		cmocka_unit_test(the_ratio_is_in_hundredths_of_the_largest_exchange),
		cmocka_unit_test(a_lists_age_lowers_confidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
