/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/code.h"
#include "coap/msg.h"
#include "coap/option_rule.h"

struct row {
	const char *name; /* what is special about the bytes */
	enum cs_err err;
	enum cs_fault fault;
	size_t at;
	size_t n;
	uint8_t bytes[24];
};

static const struct row broken[] = {
	{ "nothing at all", CS_ERR_SHORT, CS_FAULT_SHORT, 0, 0, { 0 } },
	{ "three bytes", CS_ERR_SHORT, CS_FAULT_SHORT, 3, 3, { 0x40, 1, 0 } },
	{ "version 0", CS_ERR_RESERVED, CS_FAULT_VERSION, 0, 4, { 0x00, 1, 0, 0 } },
	{ "version 2", CS_ERR_RESERVED, CS_FAULT_VERSION, 0, 4, { 0x80, 1, 0, 0 } },
	{ "version 3 and all else wrong",
	  CS_ERR_RESERVED,
	  CS_FAULT_VERSION,
	  0,
	  5,
	  { 0xcf, 0, 0, 0, 0xff } },
	{ "token length 9", CS_ERR_RESERVED, CS_FAULT_TKL, 0, 14, { 0x49, 1 } },
	{ "token length 12", CS_ERR_RESERVED, CS_FAULT_TKL, 0, 16, { 0x4c, 1 } },
	{ "token length 15", CS_ERR_RESERVED, CS_FAULT_TKL, 0, 24, { 0x4f, 1 } },
	{ "token length 9 in an Empty message",
	  CS_ERR_RESERVED,
	  CS_FAULT_TKL,
	  0,
	  4,
	  { 0x49, 0 } },
	{ "Empty with a byte more", CS_ERR_TRAILING, CS_FAULT_EMPTY, 4, 5, { 0x40, 0 } },
	{ "Empty with a whole token",
	  CS_ERR_TRAILING,
	  CS_FAULT_EMPTY,
	  0,
	  5,
	  { 0x41, 0 } },
	{ "Empty with a token length only",
	  CS_ERR_TRAILING,
	  CS_FAULT_EMPTY,
	  0,
	  4,
	  { 0x48, 0 } },
	{ "token of 1 without a byte",
	  CS_ERR_SHORT,
	  CS_FAULT_TOKEN_CUT,
	  4,
	  4,
	  { 0x41, 1 } },
	{ "token of 8 with 7 bytes",
	  CS_ERR_SHORT,
	  CS_FAULT_TOKEN_CUT,
	  4,
	  11,
	  { 0x48, 1 } },
	{ "1-byte token length cut",
	  CS_ERR_SHORT,
	  CS_FAULT_TOKEN_CUT,
	  4,
	  4,
	  { 0x4d, 1 } },
	{ "2-byte token length cut",
	  CS_ERR_SHORT,
	  CS_FAULT_TOKEN_CUT,
	  4,
	  5,
	  { 0x4e, 1 } },
	{ "extended token of 13 with 12 bytes",
	  CS_ERR_SHORT,
	  CS_FAULT_TOKEN_CUT,
	  4,
	  17,
	  { 0x4d, 1 } },
	{ "extended token of 65804",
	  CS_ERR_SHORT,
	  CS_FAULT_TOKEN_CUT,
	  4,
	  8,
	  { 0x4e, 1, 0, 0, 0xff, 0xff } },
	{ "marker without payload behind a token",
	  CS_ERR_RESERVED,
	  CS_FAULT_MARKER,
	  6,
	  7,
	  { 0x42, 1, 0, 0, 'a', 'b', 0xff } },
	{ "second option cut",
	  CS_ERR_SHORT,
	  CS_FAULT_OPTION_CUT,
	  6,
	  8,
	  { 0x40, 1, 0, 0, 0xb1, 'a', 0x02, 'b' } },
	{ "nibble 15",
	  CS_ERR_RESERVED,
	  CS_FAULT_NIBBLE,
	  4,
	  6,
	  { 0x40, 1, 0, 0, 0xf0, 0 } },
	{ "delta cut",
	  CS_ERR_SHORT,
	  CS_FAULT_EXTENSION_CUT,
	  4,
	  5,
	  { 0x40, 1, 0, 0, 0xd0 } },
	{ "number past 65535",
	  CS_ERR_RANGE,
	  CS_FAULT_NUMBER,
	  4,
	  7,
	  { 0x40, 1, 0, 0, 0xe0, 0xff, 0xff } },
	{ "length past 65535",
	  CS_ERR_RANGE,
	  CS_FAULT_LENGTH,
	  4,
	  7,
	  { 0x40, 1, 0, 0, 0x0e, 0xff, 0xff } },
};

static void each_broken_message_says_why_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(broken); i++) {
		const struct row *row = &broken[i];
		uint8_t *copy = heap_copy(row->bytes, row->n);
		struct cs_msg msg;
		struct cs_flaw flaw;
		enum cs_err err = cs_msg_decode(cs_span_of(copy, row->n), &msg, &flaw);

		if (err != row->err || flaw.fault != row->fault || flaw.at != row->at)
			fail_msg("%s: %s, %s at %zu", row->name, cs_strerror(err),
				 cs_fault_name(flaw.fault), flaw.at);
		if (!cs_fault_is_format_error(flaw.fault))
			fail_msg("%s: not a format error", row->name);
		if (msg.payload.len != 0)
			fail_msg("%s: has a payload", row->name);
		free(copy);
	}
}

static enum cs_err decode(struct cs_span datagram, struct cs_msg *msg)
{
	struct cs_flaw flaw;

	return cs_msg_decode(datagram, msg, &flaw);
}

/* RFC 7252 figure 16: GET /temperature and its piggybacked response. */
static void the_examples_of_the_rfc_decode(void **state)
{
	struct cs_msg msg;
	struct cs_opt opt;

	(void)state;
	assert_int_equal(decode(SPAN("\x40\x01\x7d\x34\xbb"
				     "temperature"),
				&msg),
			 CS_OK);
	assert_int_equal(msg.version, 1);
	assert_int_equal(msg.type, CS_CON);
	assert_int_equal(msg.code, CS_CODE_GET);
	assert_int_equal(msg.mid, 0x7d34);
	assert_int_equal(msg.token.len, 0);
	assert_int_equal(msg.n_options, 1);
	assert_int_equal(msg.payload.len, 0);
	assert_true(cs_msg_option(&msg, CS_OPT_URI_PATH, &opt));
	assert_true(cs_span_eq(opt.value, SPAN("temperature")));

	/* Figure 17 has a token. */
	assert_int_equal(decode(SPAN("\x61\x45\x7d\x35\x20\xff"
				     "22.3 C"),
				&msg),
			 CS_OK);
	assert_int_equal(msg.type, CS_ACK);
	assert_int_equal(msg.code, CS_CODE_CONTENT);
	assert_true(cs_span_eq(msg.token, SPAN("\x20")));
	assert_int_equal(msg.n_options, 0);
	assert_true(cs_span_eq(msg.payload, SPAN("22.3 C")));
}

static void an_empty_message_is_four_bytes(void **state)
{
	static const char *const names[] = { "CON", "NON", "ACK", "RST" };

	(void)state;
	for (unsigned type = 0; type < 4; type++) {
		const uint8_t bytes[4] = { (uint8_t)(0x40 | type << 4), 0, 0x12, 0x34 };
		struct cs_msg msg;

		assert_int_equal(decode(cs_span_of(bytes, 4), &msg), CS_OK);
		assert_int_equal(msg.type, type);
		assert_int_equal(msg.mid, 0x1234);
		assert_string_equal(cs_type_name(msg.type), names[type]);
	}
}

/* RFC 8974 section 2.1. */
static void tokens_of_every_form_decode(void **state)
{
	static const size_t lens[] = { 0, 1, 8, 9, 13, 32, 268, 269, 270, 65804 };
	static uint8_t room[65804 + 16], token[65804];

	(void)state;
	for (size_t i = 0; i < CS_LEN(lens); i++) {
		struct cs_wr w = cs_wr_over(room, sizeof(room));
		struct cs_msg msg;

		if (lens[i] > CS_TOKEN_MAX && lens[i] < 13)
			continue; /* cannot be written down */
		memset(token, (int)i + 1, lens[i]);
		cs_msg_header(&w, CS_NON, CS_CODE_GET, 7, cs_span_of(token, lens[i]));
		cs_opt_write(&w, 0, CS_OPT_URI_PATH, cs_span_str("x"));
		assert_int_equal(w.err, CS_OK);
		assert_int_equal(decode(cs_wr_done(&w), &msg), CS_OK);
		assert_true(cs_span_eq(msg.token, cs_span_of(token, lens[i])));
		assert_int_equal(msg.n_options, 1);
	}
}

static void what_stood_before_the_fault_is_told(void **state)
{
	struct cs_msg msg;

	(void)state;
	assert_int_equal(decode(SPAN("\x40\x01\x02"), &msg), CS_ERR_SHORT);
	assert_int_equal(msg.version, 0);
	assert_int_equal(msg.code, 0);

	assert_int_equal(decode(SPAN("\x80\x01\x02\x03"), &msg), CS_ERR_RESERVED);
	assert_int_equal(msg.version, 2);
	assert_int_equal(msg.code, 0);
	assert_int_equal(msg.mid, 0);

	assert_int_equal(decode(SPAN("\x5a\x45\x02\x03"), &msg), CS_ERR_RESERVED);
	assert_int_equal(msg.type, CS_NON);
	assert_int_equal(msg.code, CS_CODE_CONTENT);
	assert_int_equal(msg.mid, 0x0203);

	assert_int_equal(decode(SPAN("\x41\x01\x02\x03t\xb1"
				     "a\x05"
				     "b"),
				&msg),
			 CS_ERR_SHORT);
	assert_true(cs_span_eq(msg.token, SPAN("t")));
	assert_int_equal(msg.n_options, 1);
	assert_int_equal(msg.tail.len, 4);
	assert_int_equal(msg.payload.len, 0);
}

static void an_option_is_found_by_its_number(void **state)
{
	struct cs_msg msg;
	struct cs_opt opt = { .number = 99 };

	(void)state;
	assert_int_equal(decode(SPAN("\x40\x01\x02\x03\xb1"
				     "a\x01"
				     "b\x41"
				     "c"),
				&msg),
			 CS_OK);
	assert_true(cs_msg_option(&msg, 11, &opt));
	assert_true(cs_span_eq(opt.value, SPAN("a")));
	assert_true(cs_msg_option(&msg, 15, &opt));
	assert_true(cs_span_eq(opt.value, SPAN("c")));
	opt.number = 99;
	assert_false(cs_msg_option(&msg, 12, &opt));
	assert_false(cs_msg_option(&msg, 3, &opt));
	assert_false(cs_msg_option(&msg, 16, &opt));
	assert_int_equal(opt.number, 99);
}

static void the_scan_probe_is_what_others_send(void **state)
{
	uint8_t room[64];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	(void)state;
	cs_msg_header(&w, CS_CON, CS_CODE_GET, 0x1234, cs_span_of(NULL, 0));
	cs_opt_write(&w, 0, CS_OPT_URI_PATH, cs_span_str(".well-known"));
	cs_opt_write(&w, CS_OPT_URI_PATH, CS_OPT_URI_PATH, cs_span_str("core"));
	cs_msg_payload(&w, cs_span_of(NULL, 0));
	assert_int_equal(w.pos, 21);
	assert_true(cs_span_eq(cs_wr_done(&w), SPAN("\x40\x01\x12\x34\xbb.well-known\x04"
						    "core")));
}

static void the_payload_follows_its_marker(void **state)
{
	uint8_t room[16];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	(void)state;
	cs_msg_header(&w, CS_ACK, CS_CODE_CONTENT, 0x7d35, SPAN("\x20"));
	cs_msg_payload(&w, SPAN("22.3 C"));
	assert_true(cs_span_eq(cs_wr_done(&w), SPAN("\x61\x45\x7d\x35\x20\xff"
						    "22.3 C")));
}

static void what_does_not_fit_leaves_the_writer_failed(void **state)
{
	static uint8_t room[70000], token[65805];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	(void)state;
	cs_msg_header(&w, CS_CON, CS_CODE_GET, 1, cs_span_of(token, 65805));
	assert_int_equal(w.err, CS_ERR_FULL);
	assert_int_equal(w.pos, 0);

	w = cs_wr_over(room, 5);
	cs_msg_header(&w, CS_CON, CS_CODE_GET, 1, SPAN("ab"));
	assert_int_equal(w.err, CS_ERR_FULL);
}

static void every_prefix_decodes_or_says_why(void **state)
{
	static const uint8_t good[] = "\x44\x01\x12\x34"
				      "toke"
				      "\xbb.well-known\x04"
				      "core"
				      "\x47rt=none\xd1\x01\x02\xffpayload";
	const size_t len = sizeof(good) - 1;

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		uint8_t *copy = heap_copy(good, n);
		struct cs_msg msg;
		struct cs_flaw flaw;
		enum cs_err err = cs_msg_decode(cs_span_of(copy, n), &msg, &flaw);

		assert_true((err == CS_OK) == (flaw.fault == CS_FAULT_NONE));
		assert_true(flaw.at <= n);
		assert_true(n < len || err == CS_OK);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_broken_message_says_why_and_where),
		cmocka_unit_test(the_examples_of_the_rfc_decode),
		cmocka_unit_test(an_empty_message_is_four_bytes),
		cmocka_unit_test(tokens_of_every_form_decode),
		cmocka_unit_test(what_stood_before_the_fault_is_told),
		cmocka_unit_test(an_option_is_found_by_its_number),
		cmocka_unit_test(the_scan_probe_is_what_others_send),
		cmocka_unit_test(the_payload_follows_its_marker),
		cmocka_unit_test(what_does_not_fit_leaves_the_writer_failed),
		cmocka_unit_test(every_prefix_decodes_or_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
