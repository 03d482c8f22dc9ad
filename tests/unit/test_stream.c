/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/code.h"
#include "coap/signal.h"
#include "coap/stream.h"

#define T13 "1234567890123"

static const struct {
	const char *name;
	struct cs_span bytes;
	enum cs_stream_step step;
	size_t used;
	unsigned code;
	size_t token, options, payload;
	enum cs_fault fault;
	size_t at;
} cases[] = {
	{ "nothing", { NULL, 0 }, CS_STREAM_MORE, 0, 0, 0, 0, 0, 0, 0 },
	{ "an empty message", SPAN_ROW("\0\0"), CS_STREAM_MESSAGE, 2, 0, 0, 0, 0, 0, 0 },
	{ "CSM with a size (RFC 8323 figure 8)", SPAN_ROW("\x30\xe1\x22\x20\x00"),
	  CS_STREAM_MESSAGE, 5, 0xe1, 0, 1, 0, 0, 0 },
	{ "a question with a token", SPAN_ROW("\x11\x01\x55\xb0"), CS_STREAM_MESSAGE, 4,
	  1, 1, 1, 0, 0, 0 },
	{ "one that follows is left", SPAN_ROW("\x11\x01\x55\xb0\0\0"), CS_STREAM_MESSAGE,
	  4, 1, 1, 1, 0, 0, 0 },
	{ "a payload",
	  SPAN_ROW("\x50\x45\xc0\xff"
		   "abc"),
	  CS_STREAM_MESSAGE, 7, 0x45, 0, 1, 3, 0, 0 },
	{ "length of 12",
	  SPAN_ROW("\xc0\x02\xff"
		   "12345678901"),
	  CS_STREAM_MESSAGE, 14, 2, 0, 0, 11, 0, 0 },
	{ "length of 13",
	  SPAN_ROW("\xd0\0\x02\xff"
		   "123456789012"),
	  CS_STREAM_MESSAGE, 16, 2, 0, 0, 12, 0, 0 },
	{ "length of 268 has not come", SPAN_ROW("\xd0\xff\x02"), CS_STREAM_MORE, 271, 0,
	  0, 0, 0, 0, 0 },
	{ "length of 269 has not come", SPAN_ROW("\xe0\0\0\x02"), CS_STREAM_MORE, 273, 0,
	  0, 0, 0, 0, 0 },
	{ "length of 65804 has not come", SPAN_ROW("\xe0\xff\xff\x02"), CS_STREAM_MORE,
	  65808, 0, 0, 0, 0, 0, 0 },
	{ "length of 65805 has not come", SPAN_ROW("\xf0\0\0\0\0\x02"), CS_STREAM_MORE,
	  65811, 0, 0, 0, 0, 0, 0 },
	{ "the largest", SPAN_ROW("\xf0\0\x0e\xfe\xed\x02"), CS_STREAM_MORE, 1048576, 0,
	  0, 0, 0, 0, 0 },
	{ "one byte larger", SPAN_ROW("\xf0\0\x0e\xfe\xee\x02"), CS_STREAM_LOST, 0, 0, 0,
	  0, 0, 0, 0 },
	{ "far larger", SPAN_ROW("\xf0\xff\xff\xff\xff\x02"), CS_STREAM_LOST, 0, 0, 0, 0,
	  0, 0, 0 },
	{ "a length cut", SPAN_ROW("\xf0\0\0\0"), CS_STREAM_MORE, 0, 0, 0, 0, 0, 0, 0 },
	{ "a token of 8",
	  SPAN_ROW("\x08\x01"
		   "12345678"),
	  CS_STREAM_MESSAGE, 10, 1, 8, 0, 0, 0, 0 },
	{ "a token length of 9", SPAN_ROW("\x09"), CS_STREAM_LOST, 0, 0, 0, 0, 0,
	  CS_FAULT_TKL, 0 },
	{ "a token length of 12", SPAN_ROW("\x0c"), CS_STREAM_LOST, 0, 0, 0, 0, 0,
	  CS_FAULT_TKL, 0 },
	{ "a token of 13", SPAN_ROW("\x0d\x01\0" T13), CS_STREAM_MESSAGE, 16, 1, 13, 0, 0,
	  0, 0 },
	{ "a token of 269 has not come", SPAN_ROW("\x0e\x01\0\0"), CS_STREAM_MORE, 273, 0,
	  0, 0, 0, 0, 0 },
	{ "a token length cut", SPAN_ROW("\x0e\x01\0"), CS_STREAM_MORE, 0, 0, 0, 0, 0, 0,
	  0 },
	{ "a token length of 15", SPAN_ROW("\x0f"), CS_STREAM_LOST, 0, 0, 0, 0, 0,
	  CS_FAULT_TKL, 0 },
	{ "an option past the message's end",
	  SPAN_ROW("\x11\x01\x55\xb1"
		   "abcdef"),
	  CS_STREAM_WRONG, 4, 1, 1, 0, 0, CS_FAULT_OPTION_CUT, 3 },
	{ "a marker without payload", SPAN_ROW("\x20\x02\xb0\xff\0\0"), CS_STREAM_WRONG,
	  4, 2, 0, 1, 0, CS_FAULT_MARKER, 3 },
};

static void each_front_gives_its_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint8_t *copy = heap_copy(cases[i].bytes.ptr, cases[i].bytes.len);
		struct cs_msg msg;
		struct cs_flaw flaw;
		size_t used = 99;
		enum cs_stream_step step = cs_stream_next(
			cs_span_of(copy, cases[i].bytes.len), &msg, &used, &flaw);

		if (step != cases[i].step || used != cases[i].used ||
		    msg.code != cases[i].code || msg.token.len != cases[i].token ||
		    msg.n_options != cases[i].options ||
		    msg.payload.len != cases[i].payload || flaw.fault != cases[i].fault ||
		    flaw.at != cases[i].at)
			fail_msg("%s: step %d, %zu used, code %02x, token %zu, options "
				 "%u, payload %zu, %s at %zu",
				 cases[i].name, step, used, msg.code, msg.token.len,
				 msg.n_options, msg.payload.len,
				 cs_fault_name(flaw.fault), flaw.at);
		free(copy);
	}
}

static void a_message_is_whole_or_goes_on(void **state)
{
	static const char good[] = "\xd3\x05\x01"
				   "tok\xb5"
				   "hello\x45"
				   "world\xff"
				   "12345";
	const size_t len = sizeof(good) - 1;

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		uint8_t *copy = heap_copy(good, n);
		struct cs_msg msg;
		struct cs_flaw flaw;
		size_t used;
		enum cs_stream_step step =
			cs_stream_next(cs_span_of(copy, n), &msg, &used, &flaw);

		assert_int_equal(step, n < len ? CS_STREAM_MORE : CS_STREAM_MESSAGE);
		assert_int_equal(used, n < 3 ? 0 : len);
		free(copy);
	}
}

static void of_a_long_message_the_beginning_is_read(void **state)
{
	static const char front[] = "\xe1\x10\x00\x45"
				    "t\xb5"
				    "hello\xc1\x2a\xff"
				    "12345";
	const size_t len = sizeof(front) - 1;
	struct cs_opt opt;
	struct cs_msg msg;

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		uint8_t *copy = heap_copy(front, n);

		assert_int_equal(cs_stream_begun(cs_span_of(copy, n), &msg), n >= 5);
		assert_int_equal(msg.token.len, n >= 5);
		assert_int_equal(msg.n_options, (n >= 11) + (n >= 13));
		assert_int_equal(msg.payload.len, n > 14 ? n - 14 : 0);
		free(copy);
	}
	assert_true(cs_stream_begun(SPAN(front), &msg));
	assert_int_equal(msg.code, 0x45);
	assert_true(cs_msg_option(&msg, 23, &opt));
}

static void the_shortest_form_is_written(void **state)
{
	static const struct {
		size_t token, rest;
		struct cs_span header;
	} forms[] = {
		{ 0, 0, SPAN_ROW("\0\x45") },
		{ 8, 12, SPAN_ROW("\xc8\x45") },
		{ 13, 13, SPAN_ROW("\xdd\0\x45\0") },
		{ 268, 268, SPAN_ROW("\xdd\xff\x45\xff") },
		{ 269, 269, SPAN_ROW("\xee\0\0\x45\0\0") },
		{ 65804, 65804, SPAN_ROW("\xee\xff\xff\x45\xff\xff") },
		{ 0, 65805, SPAN_ROW("\xf0\0\0\0\0\x45") },
	};
	static uint8_t out[1 << 18], zeros[1 << 17];

	(void)state;
	for (size_t i = 0; i < CS_LEN(forms); i++) {
		struct cs_wr w = cs_wr_over(out, sizeof(out));

		cs_stream_write(&w, 0x45, cs_span_of(zeros, forms[i].token),
				cs_span_of(zeros, forms[i].rest));
		assert_int_equal(w.err, CS_OK);
		assert_int_equal(w.pos,
				 forms[i].header.len + forms[i].token + forms[i].rest);
		assert_memory_equal(out, forms[i].header.ptr, forms[i].header.len);
	}
}

static void what_cannot_be_written_is_refused(void **state)
{
	static uint8_t out[2 << 20], zeros[2 << 20];
	struct cs_wr w = cs_wr_over(out, sizeof(out));

	(void)state;
	cs_stream_write(&w, 1, cs_span_of(zeros, 65805), cs_span_of(zeros, 0));
	assert_int_equal(w.err, CS_ERR_FULL);
	w = cs_wr_over(out, sizeof(out));
	cs_stream_write(&w, 1, cs_span_of(zeros, 9), cs_span_of(zeros, 0));
	assert_int_equal(w.err, CS_ERR_FULL);
	w = cs_wr_over(out, sizeof(out));
	cs_stream_write(&w, 1, cs_span_of(zeros, 0), cs_span_of(zeros, CS_STREAM_MAX));
	assert_int_equal(w.err, CS_ERR_FULL);
	assert_int_equal(w.pos, 0);
}

static void signals_have_names(void **state)
{
	(void)state;
	assert_string_equal(cs_signal_name(0xe1), "CSM");
	assert_string_equal(cs_signal_name(0xe5), "Abort");
	assert_null(cs_signal_name(0xe0));
	assert_null(cs_signal_name(0xe6));
	assert_null(cs_signal_name(CS_CODE_GET));
}

/* The same number is another option in another signal, and none of a request's. */
static void options_of_signals_have_names_of_their_own(void **state)
{
	(void)state;
	assert_string_equal(cs_signal_option(CS_CODE_CSM, 2)->name, "Max-Message-Size");
	assert_string_equal(cs_signal_option(CS_CODE_CSM, 4)->name,
			    "Block-Wise-Transfer");
	assert_string_equal(cs_signal_option(CS_CODE_CSM, 6)->name,
			    "Extended-Token-Length");
	assert_string_equal(cs_signal_option(CS_CODE_PING, 2)->name, "Custody");
	assert_string_equal(cs_signal_option(CS_CODE_PONG, 2)->name, "Custody");
	assert_string_equal(cs_signal_option(CS_CODE_RELEASE, 2)->name,
			    "Alternative-Address");
	assert_string_equal(cs_signal_option(CS_CODE_RELEASE, 4)->name, "Hold-Off");
	assert_string_equal(cs_signal_option(CS_CODE_ABORT, 2)->name, "Bad-CSM-Option");
	assert_string_equal(cs_signal_option(0xe9, CS_OPT_OSCORE)->name, "OSCORE");
	assert_null(cs_signal_option(CS_CODE_ABORT, 4));
	assert_null(cs_signal_option(CS_CODE_CSM, CS_OPT_IF_NONE_MATCH));
	assert_null(cs_signal_option(CS_CODE_GET, CS_OPT_OSCORE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_front_gives_its_step),
		cmocka_unit_test(a_message_is_whole_or_goes_on),
		cmocka_unit_test(of_a_long_message_the_beginning_is_read),
		cmocka_unit_test(the_shortest_form_is_written),
		cmocka_unit_test(what_cannot_be_written_is_refused),
		cmocka_unit_test(signals_have_names),
		cmocka_unit_test(options_of_signals_have_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
