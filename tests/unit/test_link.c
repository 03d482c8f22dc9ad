/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "coap/link.h"

/*
 * What a walk saw, as one line: "target name name=value name="quoted" | ..."
 * and how it ended.
 */
static void tell(const char *text, size_t len, char *out, size_t cap)
{
	char *copy = (char *)heap_copy(text, len);
	struct cs_links w = cs_links_over(cs_span_of(copy, len));
	FILE *to = fmemopen(out, cap, "w");
	struct cs_link link;
	unsigned n = 0;

	assert_non_null(to);
	while (cs_links_next(&w, &link)) {
		struct cs_link_attrs attrs = cs_link_attrs_over(&link);
		struct cs_link_attr attr;

		assert_int_equal(link.text.ptr[0], '<');
		fprintf(to, "%s%.*s", n++ ? " | " : "", (int)link.target.len,
			(const char *)link.target.ptr);
		while (cs_link_attrs_next(&attrs, &attr)) {
			fprintf(to, " %.*s", (int)attr.name.len,
				(const char *)attr.name.ptr);
			if (attr.has_value)
				fprintf(to, attr.quoted ? "=\"%.*s\"" : "=%.*s",
					(int)attr.value.len,
					attr.value.len ? (const char *)attr.value.ptr
						       : "");
		}
	}
	assert_false(cs_links_next(&w, &link));
	if (w.err)
		fprintf(to, "%s%s at %zu", n ? " " : "",
			w.err == CS_ERR_SHORT ? "CUT" : "BAD", w.at);
	else
		assert_int_equal(w.at, len);
	fputc('\0', to);
	fclose(to);
	free(copy);
}

static const struct {
	const char *text;
	const char *want;
} rows[] = {
	/* RFC 6690 section 5, figures 1 to 3. */
	{ "</sensors>;ct=40", "/sensors ct=40" },
	{ "</sensors/temp>;rt=\"temperature-c\";if=\"sensor\",\n"
	  "</sensors/light>;rt=\"light-lux\";if=\"sensor\"",
	  "/sensors/temp rt=\"temperature-c\" if=\"sensor\" | "
	  "/sensors/light rt=\"light-lux\" if=\"sensor\"" },
	{ "<http://www.example.com/sensors/t123>;anchor=\"/sensors/temp\""
	  ";rel=\"describedby\",</t>;anchor=\"/sensors/temp\";rel=\"alternate\"",
	  "http://www.example.com/sensors/t123 anchor=\"/sensors/temp\" "
	  "rel=\"describedby\" | /t anchor=\"/sensors/temp\" rel=\"alternate\"" },
	/* What libcoap's example server sends. */
	{ "</>;title=\"General Info\";ct=0,</time>;if=\"clock\";rt=\"ticks\";"
	  "title=\"Internal Clock\";ct=0;obs,</async>;ct=0",
	  "/ title=\"General Info\" ct=0 | /time if=\"clock\" rt=\"ticks\" "
	  "title=\"Internal Clock\" ct=0 obs | /async ct=0" },
	/* Quotes hide separators, backslashes hide quotes. */
	{ "</a>;t=\"x,y;z>\",</b>", "/a t=\"x,y;z>\" | /b" },
	{ "</a>;t=\"a\\\"b,\\\\\",</b>", "/a t=\"a\\\"b,\\\\\" | /b" },
	{ "</a,b;c>;x", "/a,b;c x" },
	/* Empty things. */
	{ "", "" },
	{ " \r\n\t", "" },
	{ ",,</a>,, ,</b>,", "/a | /b" },
	{ "<>;ct=0", " ct=0" },
	{ "</a>;;x;;,</b>", "/a x | /b" },
	{ "</a>;title=,</b>;title=\"\"", "/a title= | /b title=\"\"" },
	{ "</a>;title=;x", "/a title= x" },
	{ "</a>;=5;x", "/a =5 x" },
	/* Blanks and line ends around separators. */
	{ " </a> ; rt = \"x\" ;\r\n obs , </b>\n;\tct = 40 ,</c> \n",
	  "/a rt=\"x\" obs | /b ct=40 | /c" },
	/* Unquoted values with bytes that ptoken has not. */
	{ "</a>;title=Internal Clock ;sz=1\"2,</b>;x=a=b<c>",
	  "/a title=Internal Clock sz=1\"2 | /b x=a=b<c>" },
	{ "</a>;rt=oic.wk.d oic.d.x;if=\xc3\xa9", "/a rt=oic.wk.d oic.d.x if=\xc3\xa9" },
	/* Cut anywhere. */
	{ "<", "CUT at 0" },
	{ "</a>,</b", "/a CUT at 5" },
	{ "</a>,</b>;", "/a | /b CUT at 5" },
	{ "</a>,</b>;x;", "/a | /b x CUT at 5" },
	{ "</a>;x;rt=", "/a x CUT at 0" },
	{ "</a>;x;rt=\"", "/a x CUT at 0" },
	{ "</a>;x;rt=\"abc", "/a x CUT at 0" },
	{ "</a>;x;rt=\"abc\\\"", "/a x CUT at 0" },
	{ "</a>;x;rt=\"abc\\", "/a x CUT at 0" },
	{ "</a>;x;rt=\"\"", "/a x rt=\"\"" },
	/* Something else than a link. */
	{ "hello", "BAD at 0" },
	{ "</a>,b", "/a BAD at 5" },
	{ "</a> </b>", "/a BAD at 5" },
	{ "</a>;x</b>", "/a x BAD at 6" },
	{ "</a>;t=\"x\"y;z,</b>", "/a t=\"x\" BAD at 10" },
	{ "{\"a\":1}", "BAD at 0" },
};

static void each_list_is_read_as_meant(void **state)
{
	char got[512];

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		tell(rows[i].text, strlen(rows[i].text), got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", rows[i].text, got,
				 rows[i].want);
	}
}

static void every_prefix_is_read_without_harm(void **state)
{
	char got[512];

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++)
		for (size_t n = 0; n < strlen(rows[i].text); n++)
			tell(rows[i].text, n, got, sizeof(got));
}

static void the_spans_lie_where_the_text_stands(void **state)
{
	static const char text[] = " </a>; x=\"1\" , </b>";
	struct cs_links w = cs_links_over(SPAN(text));
	struct cs_link link;

	(void)state;
	assert_true(cs_links_next(&w, &link));
	assert_ptr_equal(link.target.ptr, text + 2);
	assert_true(cs_span_eq(link.text, SPAN("</a>; x=\"1\"")));
	assert_true(cs_span_eq(link.attrs, SPAN("; x=\"1\"")));
	assert_true(cs_links_next(&w, &link));
	assert_true(cs_span_eq(link.text, SPAN("</b>")));
	assert_int_equal(link.attrs.len, 0);
	assert_false(cs_links_next(&w, &link));
}

static void the_rest_of_a_cut_link_can_be_joined_later(void **state)
{
	static const char text[] = "</a>;ct=40,</b>;rt=\"te";
	struct cs_links w = cs_links_over(SPAN(text));
	struct cs_link link;

	(void)state;
	while (cs_links_next(&w, &link))
		continue;
	assert_int_equal(w.err, CS_ERR_SHORT);
	assert_int_equal(w.at, 11); /* all before is whole */
	assert_true(cs_span_eq(link.text, SPAN("</b>;rt=\"te")));
	assert_int_equal(link.attrs.len, 0);
}

static void a_nul_byte_is_a_byte_like_others(void **state)
{
	static const char text[] = "</a\0b>;x=1\0002;y\0";
	struct cs_links w = cs_links_over(SPAN(text));
	struct cs_link_attr attr;
	struct cs_link link;

	(void)state;
	assert_true(cs_links_next(&w, &link));
	assert_true(cs_span_eq(link.target, SPAN("/a\0b")));

	struct cs_link_attrs attrs = cs_link_attrs_over(&link);

	assert_true(cs_link_attrs_next(&attrs, &attr));
	assert_true(cs_span_eq(attr.value, SPAN("1\0002")));
	assert_true(cs_link_attrs_next(&attrs, &attr));
	assert_true(cs_span_eq(attr.name, SPAN("y\0")));
	assert_false(cs_links_next(&w, &link));
	assert_int_equal(w.err, CS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_list_is_read_as_meant),
		cmocka_unit_test(every_prefix_is_read_without_harm),
		cmocka_unit_test(the_spans_lie_where_the_text_stands),
		cmocka_unit_test(the_rest_of_a_cut_link_can_be_joined_later),
		cmocka_unit_test(a_nul_byte_is_a_byte_like_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
