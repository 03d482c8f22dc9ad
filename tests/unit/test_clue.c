/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/clue.h"
#include "result.h"

static bool in_link(const struct cs_clue *clue, const char *text)
{
	struct cs_links links = cs_links_over(cs_span_str(text));
	struct cs_link_view view;
	struct cs_link link;

	assert_true(cs_links_next(&links, &link));
	cs_link_view(&link, &view);
	return cs_clue_in_link(clue, &view);
}

static const struct {
	const char *name;
	struct cs_clue clue;
	const char *link;
	bool want;
} links[] = {
	{ "nothing set", { 0 }, "</a>", false },
	{ "not of a link", { .option = 4 }, "</a>", false },
	{ "a path", { .path = "a/b" }, "</a/b>", true },
	{ "a path with a last slash", { .path = "a/b" }, "</a/b/>", true },
	{ "a relative path", { .path = "a/b" }, "<a/b>", true },
	{ "a path with an authority",
	  { .path = "a/b" },
	  "<coap://[::1]:5683/a/b>",
	  true },
	{ "an authority alone", { .path = "" }, "<coap://192.0.2.1>", true },
	{ "the root", { .path = "" }, "</>", true },
	{ "an empty target", { .path = "" }, "<>", true },
	{ "more than the root", { .path = "" }, "</a>", false },
	{ "a longer path", { .path = "a/b" }, "</a/b/c>", false },
	{ "a shorter path", { .path = "a/b" }, "</a>", false },
	{ "below itself", { .below = "a" }, "</a>", true },
	{ "below", { .below = "a" }, "</a/b>", true },
	{ "not below", { .below = "a" }, "</ab>", false },
	{ "a target's beginning", { .target = "//1" }, "<//15>", true },
	{ "another beginning", { .target = "//1" }, "</15>", false },
	{ "any value", { .attr = "obs" }, "</a>;obs", true },
	{ "no such attribute", { .attr = "obs" }, "</a>;obsx", false },
	{ "a word of rt", { .attr = "rt", .value = "y" }, "</a>;rt=\"x y z\"", true },
	{ "a word of if", { .attr = "if", .value = "z" }, "</a>;if=\"x y z\"", true },
	{ "a word of rel", { .attr = "rel", .value = "x" }, "</a>;rel=\"x y\"", true },
	{ "part of a word", { .attr = "rt", .value = "y" }, "</a>;rt=\"xy yz\"", false },
	{ "a whole title",
	  { .attr = "title", .value = "x y" },
	  "</a>;title=\"x y\"",
	  true },
	{ "a word of a title",
	  { .attr = "title", .value = "y" },
	  "</a>;title=\"x y\"",
	  false },
	{ "the second of a name",
	  { .attr = "rt", .value = "y" },
	  "</a>;rt=x;rt=y",
	  true },
	{ "both", { .path = "a", .attr = "ct", .value = "0" }, "</a>;ct=0", true },
	{ "one of both",
	  { .path = "a", .attr = "ct", .value = "0" },
	  "</b>;ct=0",
	  false },
	{ "the other", { .path = "a", .attr = "ct", .value = "0" }, "</a>;ct=40", false },
};

static void a_clue_holds_for_its_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(links); i++)
		if (in_link(&links[i].clue, links[i].link) != links[i].want)
			fail_msg("%s", links[i].name);
}

static void the_last_attribute_and_segment_that_count_are_looked_at(void **state)
{
	static char text[] = "</0/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g>"
			     ";0;1;2;3;4;5;6;7;8;9;a;b;c;d;e;f;g";
	const struct cs_clue sixteenth = { .attr = "f" }, next = { .attr = "g" };
	struct cs_links w = cs_links_over(SPAN(text));
	struct cs_link_view view;
	struct cs_link link;

	(void)state;
	assert_true(cs_links_next(&w, &link));
	cs_link_view(&link, &view);
	assert_int_equal(view.n_segments, CS_CLUE_SEGMENTS);
	assert_true(cs_span_eq(view.segments[CS_CLUE_SEGMENTS - 1], SPAN("f")));
	assert_int_equal(view.n_attrs, CS_CLUE_ATTRS);
	assert_true(cs_clue_in_link(&sixteenth, &view));
	assert_false(cs_clue_in_link(&next, &view));
}

static bool in_answer(const struct cs_clue *clue, struct cs_span header,
		      struct cs_span body)
{
	struct cs_result result = result_of(header, body);
	struct cs_reading reading;

	cs_result_read(&result, &reading);
	return cs_clue_in_answer(clue, &result, &reading);
}

static void a_clue_of_the_answer_is_an_option_or_text(void **state)
{
	const struct cs_clue option = { .option = 12 }, text = { .text = "hi" };
	const struct cs_clue link = { .path = "a" }, none = { 0 };
	const struct cs_span head = SPAN("\x60\x45\x01\x02\xff");

	(void)state;
	assert_true(in_answer(&option, RESULT_LINKS, SPAN("</a>")));
	assert_false(in_answer(&option, head, SPAN("hi")));
	assert_true(in_answer(&text, head, SPAN("oh hi")));
	assert_false(in_answer(&text, head, SPAN("h i")));
	assert_false(in_answer(&text, RESULT_LINKS, SPAN("</hi>")));
	assert_false(in_answer(&text, RESULT_EMPTY, SPAN("")));
	assert_false(in_answer(&link, RESULT_LINKS, SPAN("</a>")));
	assert_false(in_answer(&none, RESULT_LINKS, SPAN("</a>")));
}

static void text_is_looked_for_at_the_beginning_only(void **state)
{
	static uint8_t body[CS_CLUE_TEXT_MAX + 1];
	const struct cs_clue text = { .text = "hi" };
	const struct cs_span head = SPAN("\x60\x45\x01\x02\xff");

	(void)state;
	memset(body, '.', sizeof(body));
	memcpy(body + CS_CLUE_TEXT_MAX - 2, "hi", 2);
	assert_true(in_answer(&text, head, cs_span_of(body, sizeof(body))));
	memcpy(body + CS_CLUE_TEXT_MAX - 2, ".hi", 3);
	assert_false(in_answer(&text, head, cs_span_of(body, sizeof(body))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clue_holds_for_its_links),
		cmocka_unit_test(the_last_attribute_and_segment_that_count_are_looked_at),
		cmocka_unit_test(a_clue_of_the_answer_is_an_option_or_text),
		cmocka_unit_test(text_is_looked_for_at_the_beginning_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
