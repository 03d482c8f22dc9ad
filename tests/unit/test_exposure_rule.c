/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "enrich/exposure_rule.h"
#include "test.h"

enum { LIST = 256 };

static struct cs_exposures look(const char *list)
{
	struct cs_exposures exposures = { 0 };
	struct cs_link_view view;
	struct cs_link link;

	for (struct cs_links w = cs_links_over(cs_span_str(list));
	     cs_links_next(&w, &link);) {
		cs_link_view(&link, &view);
		cs_exposure_look(&exposures, &view);
	}
	return exposures;
}

/* Whether the list that @format makes of @word shows what the word exposes. */
static bool shows(const struct cs_exposure_word *word, const char *format, char c)
{
	char list[LIST], text[LIST];

	(void)snprintf(text, sizeof(text), "%s", word->word);
	if (text[strlen(text) - 1] == '*')
		text[strlen(text) - 1] = c; /* any rest */
	(void)snprintf(list, sizeof(list), "%s", format);
	for (char *at = strchr(list, '@'); at; at = strchr(list, '@')) {
		char tail[LIST];

		(void)snprintf(tail, sizeof(tail), "%s", at + 1);
		(void)snprintf(at, sizeof(list) - (size_t)(at - list), "%s%s", text,
			       tail);
	}
	return look(list).found[word->exposes];
}

static void must(bool holds, const struct cs_exposure_word *word, const char *format,
		 bool want)
{
	if (holds != want)
		fail_msg("%s in %s: %s", word->word, format, want ? "missed" : "found");
}

static const struct {
	const char *format;
	bool want;
} names[] = {
	{ "</@>", true },        { "</a/@/b>", true },
	{ "</@2>", true },       { "</@9>", true },
	{ "</@10>", true },      { "<coap://192.0.2.1/@>", true },
	{ "</a>;rt=@", true },   { "</a>;rt=\"x @ y\"", true },
	{ "</x@>", false },      { "</@x>", false },
	{ "</a>;rt=x@", false }, { "</a>;title=@", false },
	{ "</a>;if=@", false },  { "<coap://@/a>", false },
	{ "</@.>", false },      { "</2@>", false },
};

static void a_name_is_a_whole_segment_or_type(void **state)
{
	size_t n;
	const struct cs_exposure_word *words = cs_exposure_names(&n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < CS_LEN(names); k++)
			must(shows(&words[i], names[k].format, 'z'), &words[i],
			     names[k].format, names[k].want);
}

static const struct {
	enum cs_word_in in;
	const char *yes, *yes2, *no, *no2;
} others[] = {
	{ CS_WORD_RT, "</a>;rt=@", "</a>;rt=\"b @\"", "</a>;rt=x@", "</a>;title=@" },
	{ CS_WORD_IF, "</a>;if=@", "</a>;if=\"@ b\"", "</a>;if=x@", "</a>;title=@" },
	{ CS_WORD_PATH, "</@>", "<coap://h/@/>", "</x/@>", "</a>;title=@" },
};

static void another_word_counts_where_it_belongs(void **state)
{
	size_t n;
	const struct cs_exposure_word *words = cs_exposure_others(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (others[k].in != words[i].in)
			k++;
		must(shows(&words[i], others[k].yes, 'z'), &words[i], others[k].yes,
		     true);
		must(shows(&words[i], others[k].yes2, 'z'), &words[i], others[k].yes2,
		     true);
		must(shows(&words[i], others[k].no, 'z'), &words[i], others[k].no, false);
		must(shows(&words[i], others[k].no2, 'z'), &words[i], others[k].no2,
		     false);
	}
}

static void case_does_not_matter(void **state)
{
	(void)state;
	assert_true(look("</WiFi/SSID>").found[CS_EXPOSES_NETWORK]);
	assert_true(look("</a>;if=\"CORE.A\"").found[CS_EXPOSES_ACTUATOR]);
	assert_true(look("</Psk>").found[CS_EXPOSES_CREDENTIALS]);
}

static void a_flag_says_that_it_can_be_observed(void **state)
{
	(void)state;
	assert_true(look("</a>;obs").found[CS_EXPOSES_OBSERVABLE]);
	assert_true(look("</a>;obs=\"\"").found[CS_EXPOSES_OBSERVABLE]);
	assert_false(look("</obs>;title=obs").found[CS_EXPOSES_OBSERVABLE]);
}

static void the_first_link_is_the_one_that_is_named(void **state)
{
	struct cs_exposures got = look("</a>,</b/led>,</led>");

	(void)state;
	assert_int_equal(got.links, 3);
	assert_true(cs_span_eq(got.where[CS_EXPOSES_LIGHT], SPAN("/b/led")));
}

/* What real lists have that looks like a word of the table and is none. */
static void ordinary_names_show_nothing(void **state)
{
	static const char *const ordinary[] = {
		"</keyboard>,</ledger>,</lockers>,</tokenizer>,</switchboard>,</monkey>",
		"</sensors/temperature>;rt=\"temperature-c\";if=\"core.s\"",
		"</sensors/door>;rt=contact,</alarm>,</battery>,</3303/0/5700>",
		"</.well-known/core>,</time>,</a>;title=\"the key of the lock\"",
		"</update-interval>,</keyvalue>,</relaystate>,</resetcause>",
		"</>,<>,<//>,</0>,</00>,</a//b>",
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(ordinary); i++) {
		struct cs_exposures got = look(ordinary[i]);

		for (size_t k = 0; k < CS_EXPOSURES; k++)
			if (got.found[k])
				fail_msg("%s: %s", ordinary[i],
					 cs_exposure_rules[k].because);
	}
}

static void each_rule_is_complete_and_reachable(void **state)
{
	bool reached[CS_EXPOSURES] = { [CS_EXPOSES_OBSERVABLE] = true /* by a flag */ };
	const struct cs_exposure_word *words;
	size_t n;

	(void)state;
	words = cs_exposure_names(&n);
	for (size_t i = 0; i < n; i++) {
		reached[words[i].exposes] = true;
		if (i > 0 && strcmp(words[i - 1].word, words[i].word) >= 0)
			fail_msg("%s is not in its place", words[i].word);
	}
	words = cs_exposure_others(&n);
	for (size_t i = 0; i < n; i++)
		reached[words[i].exposes] = true;
	for (size_t i = 0; i < CS_EXPOSURES; i++) {
		const struct cs_exposure_rule *rule = &cs_exposure_rules[i];

		assert_true(reached[i]);
		assert_in_range(strlen(rule->because), 1, CS_EXPOSURE_BECAUSE);
		assert_int_equal(
			strspn(rule->tag, "abcdefghijklmnopqrstuvwxyz0123456789-"),
			strlen(rule->tag));
		if (i > 0)
			assert_true(rule->severity <= cs_exposure_rules[i - 1].severity);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_a_whole_segment_or_type),
		cmocka_unit_test(another_word_counts_where_it_belongs),
		cmocka_unit_test(case_does_not_matter),
		cmocka_unit_test(a_flag_says_that_it_can_be_observed),
		cmocka_unit_test(the_first_link_is_the_one_that_is_named),
		cmocka_unit_test(ordinary_names_show_nothing),
		cmocka_unit_test(each_rule_is_complete_and_reachable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
