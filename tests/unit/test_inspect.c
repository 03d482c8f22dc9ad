/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "coap/code.h"
#include "coap/msg.h"
#include "coap/option_rule.h"

enum { ROOM = 4096, MAX_OPTS = 4, MAX_FLAWS = 80 };

/* "M14@4 M19@4": what cs_msg_inspect() says about the bytes written so far. */
static const char *tell(const struct cs_wr *w)
{
	static char text[1024];
	uint8_t *copy = heap_copy(w->base, w->pos);
	struct cs_span datagram = cs_span_of(copy, w->pos);
	struct cs_flaw flaws[MAX_FLAWS], flaw;
	struct cs_msg msg;
	int len = 0;

	assert_int_equal(w->err, CS_OK);
	assert_int_equal(cs_msg_decode(datagram, &msg, &flaw), CS_OK);

	size_t n = cs_msg_inspect(datagram, &msg, flaws, MAX_FLAWS);

	text[0] = '\0';
	for (size_t i = 0; i < n && i < MAX_FLAWS; i++) {
		assert_false(cs_fault_is_format_error(flaws[i].fault));
		assert_true(i == 0 || flaws[i].at >= flaws[i - 1].at);
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s%s@%zu",
				i ? " " : "", cs_fault_name(flaws[i].fault), flaws[i].at);
	}
	free(copy);
	return text;
}

static void expect(const char *name, const struct cs_wr *w, const char *want)
{
	const char *got = tell(w);

	if (strcmp(got, want) != 0)
		fail_msg("%s: got \"%s\", want \"%s\"", name, got, want);
}

/* A GET or a 2.05 with a payload of some length. */
enum { Q = CS_CODE_GET, R = CS_CODE_CONTENT };

/* clang-format off */
static const struct {
	const char *name;
	uint8_t code;
	uint16_t payload; /* bytes */
	struct {
		uint16_t number;
		uint16_t len;
		const char *value; /* NULL: as many bytes 'x' */
	} opts[MAX_OPTS];          /* up to the first with number 0 */
	const char *want;
} rows[] = {
	{ "a plain request", Q, 0, { { 11, 4, NULL } }, "" },
	{ "a plain response", R, 9, { { 12, 1, "\x28" } }, "" },
	{ "an unknown code of a known class", CS_CODE(4, 30), 0, { { 0 } }, "" },

	{ "class 1", CS_CODE(1, 0), 0, { { 0 } }, "M13@1" },
	{ "class 3", CS_CODE(3, 31), 0, { { 0 } }, "M13@1" },
	{ "class 6", CS_CODE(6, 1), 0, { { 0 } }, "M13@1" },
	{ "7.01 over UDP", CS_CODE(7, 1), 0, { { 0 } }, "M13@1" },

	{ "If-Match of 8", Q, 0, { { 1, 8, NULL } }, "" },
	{ "If-Match of 9", Q, 0, { { 1, 9, NULL } }, "M14@4" },
	{ "empty Uri-Host", Q, 0, { { 3, 0, NULL } }, "M14@4" },
	{ "empty ETag", R, 0, { { 4, 0, NULL } }, "M14@4" },
	{ "ETag of 8", R, 0, { { 4, 8, NULL } }, "" },
	{ "If-None-Match of 1", Q, 0, { { 5, 1, NULL } }, "M14@4" },
	{ "Uri-Port of 3", Q, 0, { { 7, 3, NULL } }, "M14@4" },
	{ "Uri-Path of 255", Q, 0, { { 11, 255, NULL } }, "" },
	{ "Uri-Path of 256", Q, 0, { { 11, 256, NULL } }, "M14@4" },
	{ "Proxy-Uri of 1034", Q, 0, { { 35, 1034, NULL } }, "" },
	{ "Proxy-Uri of 1035", Q, 0, { { 35, 1035, NULL } }, "M14@4" },
	{ "empty Hop-Limit", Q, 0, { { 16, 0, NULL } }, "M14@4" },
	{ "Echo of 41", Q, 0, { { 252, 41, NULL } }, "M14@4" },
	{ "an option nobody knows", Q, 0, { { 65001, 2000, NULL } }, "" },
	{ "the second option", Q, 0, { { 11, 2, NULL }, { 14, 5, NULL } }, "M14@7" },

	{ "Uri-Path twice", Q, 0, { { 11, 1, NULL }, { 11, 1, NULL } }, "" },
	{ "Uri-Host twice", Q, 0, { { 3, 1, NULL }, { 3, 1, NULL } }, "M15@6" },
	{ "Accept three times",
	  Q, 0,
	  { { 17, 0, NULL }, { 17, 0, NULL }, { 17, 0, NULL } },
	  "M15@6" },
	{ "ETag twice in a request", Q, 0, { { 4, 1, NULL }, { 4, 1, NULL } }, "" },
	{ "ETag twice in a response", R, 0, { { 4, 1, NULL }, { 4, 1, NULL } }, "M15@6" },
	{ "Q-Block2 twice in a request", Q, 0, { { 31, 1, "\0" }, { 31, 1, "\x10" } }, "" },
	{ "unknown twice", Q, 0, { { 2000, 1, NULL }, { 2000, 1, NULL } }, "" },

	{ "Block2 SZX 7", Q, 0, { { 23, 1, "\x07" } }, "M16@4" },
	{ "Block1 SZX 7", R, 0, { { 27, 1, "\x07" } }, "M16@4" },
	{ "Block2 of four bytes", Q, 0, { { 23, 4, "\0\0\0\x07" } }, "M14@4" },
	{ "M and a whole block", R, 64, { { 23, 1, "\x0a" } }, "" },
	{ "M and a short block", R, 63, { { 23, 1, "\x0a" } }, "M16@4" },
	{ "M and a long block", R, 65, { { 23, 1, "\x0a" } }, "M16@4" },
	{ "a short last block", R, 63, { { 23, 1, "\x02" } }, "" },
	{ "a long last block", R, 65, { { 23, 1, "\x02" } }, "M16@4" },
	{ "Block2 of a request says nothing of its payload", Q, 9, { { 23, 1, "\x0a" } }, "" },
	{ "Block1 of a request does", CS_CODE_PUT, 9, { { 27, 1, "\x0a" } }, "M16@4" },
	{ "Block1 of a response does not", R, 9, { { 27, 1, "\x0a" } }, "" },
	{ "Q-Block1 of a request does", CS_CODE_PUT, 9, { { 19, 1, "\x0a" } }, "M16@4" },
	{ "Q-Block2 of a response does", R, 9, { { 31, 1, "\x0a" } }, "M16@4" },

	{ "empty Block2", Q, 0, { { 23, 0, NULL } }, "M17@4" },
	{ "empty Block2, 17 bytes", R, 17, { { 23, 0, NULL } }, "M16@4 M17@4" },

	{ "empty OSCORE", Q, 9, { { 9, 0, NULL } }, "" },
	{ "RFC 8613 C.4: PIV and kid", Q, 9, { { 9, 3, "\x09\x14\x00" } }, "" },
	{ "RFC 8613 C.5: PIV, empty kid", Q, 9, { { 9, 2, "\x09\x14" } }, "" },
	{ "RFC 8613 C.6: PIV, context, kid",
	  Q, 9,
	  { { 9, 11, "\x19\x14\x08\x37\xcb\xf3\x21\x00\x17\xa2\xd3" } },
	  "" },
	{ "RFC 8613 C.8: PIV alone", R, 9, { { 9, 2, "\x01\x00" } }, "" },
	{ "OSCORE of one zero byte", Q, 9, { { 9, 1, "\0" } }, "M18@4" },
	{ "reserved flag 0x20", Q, 9, { { 9, 2, "\x29\x14" } }, "M18@4" },
	{ "reserved flag 0x40", Q, 9, { { 9, 2, "\x49\x14" } }, "M18@4" },
	{ "reserved flag 0x80", Q, 9, { { 9, 2, "\x89\x14" } }, "M18@4" },
	{ "PIV of 5", Q, 9, { { 9, 6, "\x05" "12345" } }, "" },
	{ "PIV of 6", Q, 9, { { 9, 7, "\x06" "123456" } }, "M18@4" },
	{ "PIV of 7", Q, 9, { { 9, 8, "\x07" "1234567" } }, "M18@4" },
	{ "PIV cut", Q, 9, { { 9, 3, "\x03" "12" } }, "M18@4" },
	{ "context without a length", Q, 9, { { 9, 1, "\x10" } }, "M18@4" },
	{ "context cut", Q, 9, { { 9, 3, "\x10\x02" "1" } }, "M18@4" },
	{ "bytes that no flag announces", Q, 9, { { 9, 3, "\x01" "12" } }, "M18@4" },

	{ "Uri-Host of 255", Q, 0, { { 3, 255, NULL } }, "" },
	{ "Uri-Host of 256", Q, 0, { { 3, 256, NULL } }, "M14@4 M19@4" },

	{ "segment with NUL", Q, 0, { { 11, 3, "a\0b" } }, "M20@4" },
	{ "(null)", Q, 0, { { 11, 6, "(null)" } }, "M20@4" },
	{ "one dot", Q, 0, { { 11, 1, "." } }, "M20@4" },
	{ "two dots", Q, 0, { { 11, 2, ".." } }, "M20@4" },
	{ "three dots", Q, 0, { { 11, 3, "..." } }, "" },
	{ "empty segment inside",
	  Q, 0,
	  { { 11, 1, "a" }, { 11, 0, "" }, { 11, 1, "b" } },
	  "M20@6" },
	{ "empty segment in front", Q, 0, { { 11, 0, "" }, { 11, 1, "b" } }, "M20@4" },
	{ "empty segment at the end", Q, 0, { { 11, 1, "a" }, { 11, 0, "" } }, "" },
	{ "empty segment before a query", Q, 0, { { 11, 0, "" }, { 15, 1, "b" } }, "" },
	{ "NUL in a query", Q, 0, { { 15, 3, "a\0b" } }, "" },
};
/* clang-format on */

static void each_oddity_is_found_where_it_stands(void **state)
{
	static uint8_t room[ROOM], filler[ROOM];

	(void)state;
	memset(filler, 'x', sizeof(filler));
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		struct cs_wr w = cs_wr_over(room, sizeof(room));
		uint32_t previous = 0;

		cs_msg_header(&w, CS_NON, rows[i].code, 1, cs_span_of(NULL, 0));
		for (size_t k = 0; k < MAX_OPTS && rows[i].opts[k].number; k++) {
			const void *value = rows[i].opts[k].value;

			cs_opt_write(
				&w, previous, rows[i].opts[k].number,
				cs_span_of(value ? value : filler, rows[i].opts[k].len));
			previous = rows[i].opts[k].number;
		}
		cs_msg_payload(&w, cs_span_of(filler, rows[i].payload));
		expect(rows[i].name, &w, rows[i].want);
	}
}

static void a_token_may_have_32_bytes(void **state)
{
	static const uint8_t token[33];
	uint8_t room[64];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	(void)state;
	cs_msg_header(&w, CS_CON, CS_CODE_GET, 1, cs_span_of(token, 32));
	expect("32", &w, "");
	w = cs_wr_over(room, sizeof(room));
	cs_msg_header(&w, CS_CON, CS_CODE(1, 1), 1, cs_span_of(token, 33));
	cs_opt_write(&w, 0, CS_OPT_URI_PATH, cs_span_str(".."));
	expect("33", &w, "M13@1 M5@4 M20@38");
}

static void a_message_may_have_64_options(void **state)
{
	uint8_t room[128];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	(void)state;
	cs_msg_header(&w, CS_CON, CS_CODE_GET, 1, cs_span_of(NULL, 0));
	for (unsigned i = 0; i < 64; i++)
		cs_opt_write(&w, i ? 15 : 0, 15, cs_span_of(NULL, 0));
	expect("64", &w, "");
	cs_opt_write(&w, 15, 15, cs_span_of(NULL, 0));
	expect("65", &w, "M21@69"); /* 4 + 65, the first delta has an extension */
	cs_opt_write(&w, 15, 15, cs_span_of(NULL, 0));
	expect("66", &w, "M21@69");
}

/* Where the host of a Proxy-Uri is, by what stands around it. */
static void the_host_of_a_proxy_uri_is_bounded(void **state)
{
	static const struct {
		const char *before, *behind;
		bool is_host;
	} forms[] = {
		{ "coap://", "", true },
		{ "coap://", "/path", true },
		{ "coap://", ":5683/path", true },
		{ "coap://", "?q", true },
		{ "coap://", "#f", true },
		{ "coap://me@", "/", true },
		{ "coap://", "@h/", false },
		{ "coap://[", "]:5683/", true },
		{ "coap://h/", "", false },
		{ "coap://h:", "", false },
		{ "coap:/", "", false },
		{ "/a?coap://", "", false },
		{ "", "", false },
	};
	char host[300];

	(void)state;
	memset(host, 'a', sizeof(host));
	for (size_t i = 0; i < CS_LEN(forms); i++) {
		/* The opening bracket is part of an IPv6 host. */
		int bracket = strchr(forms[i].before, '[') != NULL;

		for (int len = 255; len <= 256; len++) {
			char uri[600];
			uint8_t room[700];
			struct cs_wr w = cs_wr_over(room, sizeof(room));
			int n = snprintf(uri, sizeof(uri), "%s%.*s%s", forms[i].before,
					 len - bracket, host, forms[i].behind);

			cs_msg_header(&w, CS_CON, CS_CODE_GET, 1, cs_span_of(NULL, 0));
			cs_opt_write(&w, 0, CS_OPT_PROXY_URI, cs_span_of(uri, (size_t)n));
			expect(uri, &w, forms[i].is_host && len > 255 ? "M19@4" : "");
		}
	}
}

static void each_kind_is_told_once(void **state)
{
	static const uint8_t bytes[] = "\x40\x01\0\0\xb1.\x01.\x01.\xc1\x07";
	struct cs_flaw flaws[3], flaw;
	struct cs_msg msg;

	(void)state;
	assert_int_equal(cs_msg_decode(SPAN(bytes), &msg, &flaw), CS_OK);
	assert_int_equal(cs_msg_inspect(SPAN(bytes), &msg, flaws, 3), 2);
	assert_int_equal(flaws[0].fault, CS_FAULT_PATH);
	assert_int_equal(flaws[0].at, 4);
	assert_int_equal(flaws[1].fault, CS_FAULT_BLOCK);
}

static void all_are_counted_though_few_are_written(void **state)
{
	static const uint8_t bytes[] = "\x40\x01\0\0\x30\x01\x61\x81.\xc0";
	struct cs_flaw flaws[3] = { { 0, 77 }, { 0, 77 }, { 0, 77 } }, flaw;
	struct cs_msg msg;

	(void)state;
	assert_int_equal(cs_msg_decode(SPAN(bytes), &msg, &flaw), CS_OK);
	assert_int_equal(cs_msg_inspect(SPAN(bytes), &msg, flaws, 2), 4);
	assert_int_equal(flaws[1].at, 5);
	assert_int_equal(flaws[2].at, 77); /* untouched */
	assert_int_equal(cs_msg_inspect(SPAN(bytes), &msg, NULL, 0), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_oddity_is_found_where_it_stands),
		cmocka_unit_test(a_token_may_have_32_bytes),
		cmocka_unit_test(a_message_may_have_64_options),
		cmocka_unit_test(the_host_of_a_proxy_uri_is_bounded),
		cmocka_unit_test(each_kind_is_told_once),
		cmocka_unit_test(all_are_counted_though_few_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
