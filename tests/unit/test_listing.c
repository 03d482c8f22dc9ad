/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/code.h"
#include "resources/listing.h"

static const struct cs_question question = { .uri = { (const uint8_t *)"coap://h", 8 } };
static const struct cs_ask asked = { .peer.port = 5683, .question = &question };

/* A visit that ended with @body; @error is "" when it is whole. */
static struct cs_visit visit(const char *body, const char *error, int32_t format)
{
	struct cs_visit v = { .ask = &asked,
			      .ended = true,
			      .has_code = true,
			      .code = CS_CODE_CONTENT,
			      .content_format = format,
			      .complete = error[0] == '\0' };

	v.body.len = (uint32_t)strlen(body);
	v.body.blocks = 1;
	v.bytes = heap_copy(body, strlen(body));
	memcpy(v.error, error, strlen(error) + 1);
	return v;
}

static const struct {
	const char *body, *visit_error;
	int32_t format;
	const char *filter, *value; /* or NULL */
	const char *links;          /* NULL: there is no list */
	size_t n_links, n_all;
	const char *error;
} rows[] = {
	{ "</a>,</b>;rt=x", "", 40, NULL, NULL, "</a>,</b>;rt=x", 2, 2, "" },
	{ "", "", 40, NULL, NULL, "", 0, 0, "" },
	/* Filtered: commas where they must be, the rest as it came. */
	{ "</a>;rt=x , </b>,</c>;rt=\"y x\"", "", 40, "rt", "x",
	  "</a>;rt=x ,</c>;rt=\"y x\"", 2, 3, "" },
	{ "</a>;rt=temp-c,</b>", "", -1, "rt", "temp*", "</a>;rt=temp-c", 1, 2, "" },
	{ "</a/b>,</c>", "", 40, "href", "/a*", "</a/b>", 1, 2, "" },
	{ "</a>,</b>", "", 40, "rt", "x", "", 0, 2, "" },
	/* A format that is wrong or missing does not make a list less of one. */
	{ "</a>", "", 0, NULL, NULL, "</a>", 1, 1, "" },
	{ "</a>", "", -1, NULL, NULL, "</a>", 1, 1, "" },
	/* No list. */
	{ "hello", "", 0, NULL, NULL, NULL, 0, 0,
	  "not a list of links: Content-Format 0 text/plain; charset=utf-8" },
	{ "hello", "", 40, NULL, NULL, NULL, 0, 0, "not a list of links: byte 0" },
	{ "hello", "", -1, NULL, NULL, NULL, 0, 0, "not a list of links: byte 0" },
	{ "{}", "", 65000, NULL, NULL, NULL, 0, 0,
	  "not a list of links: Content-Format 65000" },
	/* A part of one. */
	{ "</a>,!", "", 40, NULL, NULL, "</a>,!", 1, 1, "not a list of links: byte 5" },
	{ "</a>,</b", "", 40, NULL, NULL, "</a>,</b", 1, 1,
	  "the list ends inside a link: byte 5" },
	{ "</a>,</b", "reset", 40, NULL, NULL, "</a>,</b", 1, 1, "reset" },
	{ "</a>,</b", "reset", 40, "href", "/a", "</a>", 1, 1, "reset" },
	{ "</a", "reset", 40, NULL, NULL, NULL, 0, 0, "reset" },
	{ "", "reset", -1, NULL, NULL, NULL, 0, 0, "reset" },
};

static void each_body_gives_its_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		struct cs_visit v =
			visit(rows[i].body, rows[i].visit_error, rows[i].format);
		struct cs_filter filter = { 0 };
		struct cs_listing l;
		const char *links = rows[i].links ? rows[i].links : "";

		if (rows[i].filter)
			filter = (struct cs_filter){ cs_span_str(rows[i].filter),
						     cs_span_str(rows[i].value) };
		assert_int_equal(cs_listing_make(&v, &filter, &l), CS_OK);
		if (l.has_list != (rows[i].links != NULL) ||
		    (l.has_list && !cs_span_eq(l.links, cs_span_str(links))) ||
		    l.n_links != rows[i].n_links || l.n_all != rows[i].n_all ||
		    strcmp(l.error, rows[i].error) != 0)
			fail_msg("'%s': %d '%.*s' %zu of %zu '%s'", rows[i].body,
				 l.has_list, (int)l.links.len,
				 l.links.len ? (const char *)l.links.ptr : "", l.n_links,
				 l.n_all, l.error);
		cs_listing_clear(&l);
		free(v.bytes);
	}
}

static void what_was_asked_and_came_is_kept(void **state)
{
	struct cs_visit v = visit("</a>", "", 40);
	const struct cs_filter all = { 0 };
	struct cs_listing l;

	(void)state;
	assert_int_equal(cs_listing_make(&v, &all, &l), CS_OK);
	assert_true(cs_span_eq(l.uri, SPAN("coap://h")));
	assert_int_equal(l.peer.port, 5683);
	assert_true(l.has_code && l.complete);
	assert_int_equal(l.code, CS_CODE_CONTENT);
	assert_int_equal(l.blocks, 1);
	assert_int_equal(l.size, 4);
	cs_listing_clear(&l);
	free(v.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_body_gives_its_list),
		cmocka_unit_test(what_was_asked_and_came_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
