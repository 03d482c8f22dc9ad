/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/code.h"
#include "resources/write.h"

#define LIST                                                                       \
	"</s/t>;title=\"Temp \\\"in\\\", \xc3\xa9\x1b[31m\";rt=a;ct=\"0 50\";obs," \
	"</s/l>;sz=12;foo=bar;baz"

static struct cs_listing listing(struct cs_span links)
{
	return (struct cs_listing){
		.uri = SPAN("coap://192.0.2.1/.well-known/core"),
		.peer = { .ip = { .b = { [10] = 0xff, 0xff, 192, 0, 2, 1 } },
			  .port = 5684 },
		.has_code = true,
		.code = CS_CODE_CONTENT,
		.complete = true,
		.blocks = 2,
		.size = (uint32_t)links.len,
		.has_list = true,
		.links = links,
		.n_links = 2,
		.n_all = 2,
	};
}

static struct cs_listing silent(void)
{
	return (struct cs_listing){
		.uri = SPAN("coap://192.0.2.1/.well-known/core"),
		.peer = { .ip = { .b = { [10] = 0xff, 0xff, 192, 0, 2, 1 } },
			  .port = 5683 },
		.error = "no answer within 93 s",
	};
}

static void assert_writes(struct cs_list_out out, const struct cs_listing *lists,
			  size_t n, const char *want)
{
	char *text = NULL;
	size_t len;

	out.to = open_memstream(&text, &len);
	assert_non_null(out.to);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(cs_list_write(&out, &lists[i]), CS_OK);
	fclose(out.to);
	assert_string_equal(text, want);
	assert_int_equal(out.n, n);
	free(text);
}

static void a_line_of_json_has_the_pinned_fields(void **state)
{
	const struct cs_listing lists[] = { listing(SPAN(LIST)), silent() };

	(void)state;
	assert_writes(
		(struct cs_list_out){ .format = CS_LIST_JSONL }, lists, 2,
		"{\"schema\":\"coapscope.resources/1\","
		"\"uri\":\"coap://192.0.2.1/.well-known/core\",\"ip\":\"192.0.2.1\","
		"\"port\":5684,\"code\":\"2.05\",\"complete\":true,\"blocks\":2,"
		"\"links\":["
		"{\"target\":\"/s/t\",\"attrs\":[[\"title\",\"Temp \\\"in\\\", "
		"\xc3\xa9\\u001b[31m\"],[\"rt\",\"a\"],[\"ct\",\"0 "
		"50\"],[\"obs\",null]]},"
		"{\"target\":\"/s/l\",\"attrs\":[[\"sz\",\"12\"],[\"foo\",\"bar\"],"
		"[\"baz\",null]]}],\"error\":null}\n"
		"{\"schema\":\"coapscope.resources/1\","
		"\"uri\":\"coap://192.0.2.1/.well-known/core\",\"ip\":\"192.0.2.1\","
		"\"port\":5683,\"code\":null,\"complete\":false,\"blocks\":0,"
		"\"links\":null,\"error\":\"no answer within 93 s\"}\n");
}

static void the_table_is_a_tree_without_raw_bytes(void **state)
{
	const struct cs_listing lists[] = { listing(SPAN(LIST)), silent() };

	(void)state;
	assert_writes(
		(struct cs_list_out){ .format = CS_LIST_TABLE }, lists, 2,
		"coap://192.0.2.1/.well-known/core  2 resources, 79 bytes in 2 "
		"blocks\n"
		"PATH  TITLE                        RT  CT              SZ  OBS  "
		"OTHER ATTRIBUTES\n"
		"/s\n"
		"  /t  Temp \"in\", \\xc3\\xa9\\x1b[31m  a   0 text 50 json      obs\n"
		"  /l                                                   12       "
		"foo=bar baz\n"
		"\n"
		"coap://192.0.2.1/.well-known/core  no answer within 93 s\n");
}

static void the_heading_says_what_a_filter_left_and_what_is_missing(void **state)
{
	struct cs_listing lists[] = { listing(SPAN("</a>")), listing(SPAN("")),
				      listing(SPAN("</a>,</")) };

	(void)state;
	lists[0].n_links = 1;
	lists[1].n_links = lists[1].n_all = 0;
	lists[1].blocks = 1;
	lists[2].n_links = lists[2].n_all = 1;
	memcpy(lists[2].error, "reset", 6);
	assert_writes((struct cs_list_out){ .format = CS_LIST_TABLE, .colour = true },
		      lists, 3,
		      "\x1b[1mcoap://192.0.2.1/.well-known/core\x1b[0m  "
		      "1 of 2 resources, 4 bytes in 2 blocks\n"
		      "\x1b[1mPATH\x1b[0m\n/a\n"
		      "\n\x1b[1mcoap://192.0.2.1/.well-known/core\x1b[0m  "
		      "0 resources, 0 bytes in 1 block\n"
		      "\n\x1b[1mcoap://192.0.2.1/.well-known/core\x1b[0m  "
		      "\x1b[31mreset\x1b[0m; 1 resource, 7 bytes in 2 blocks\n"
		      "\x1b[1mPATH\x1b[0m\n/a\n");
}

static void links_are_byte_for_byte_except_on_a_terminal(void **state)
{
	struct cs_listing lists[] = { listing(SPAN("</a\x1b>")), silent(),
				      listing(SPAN("</b>\n")), listing(SPAN("")) };
	struct cs_list_out out = { .format = CS_LIST_LINKS };

	(void)state;
	assert_writes(out, lists, CS_LEN(lists), "</a\x1b>\n</b>\n\n");
	out.terminal = true;
	assert_writes(out, lists, CS_LEN(lists), "</a\\x1b>\n</b>\\x0a\n\n");
}

static void an_ipv6_address_has_no_brackets_in_its_field(void **state)
{
	struct cs_listing l = silent();

	(void)state;
	l.uri = SPAN("coap://[2001:db8::1]/");
	l.peer.ip = (struct cs_addr){ .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	assert_writes((struct cs_list_out){ .format = CS_LIST_JSONL }, &l, 1,
		      "{\"schema\":\"coapscope.resources/1\","
		      "\"uri\":\"coap://[2001:db8::1]/\",\"ip\":\"2001:db8::1\","
		      "\"port\":5683,\"code\":null,\"complete\":false,\"blocks\":0,"
		      "\"links\":null,\"error\":\"no answer within 93 s\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_json_has_the_pinned_fields),
		cmocka_unit_test(the_table_is_a_tree_without_raw_bytes),
		cmocka_unit_test(the_heading_says_what_a_filter_left_and_what_is_missing),
		cmocka_unit_test(links_are_byte_for_byte_except_on_a_terminal),
		cmocka_unit_test(an_ipv6_address_has_no_brackets_in_its_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
