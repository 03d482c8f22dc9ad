/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <errno.h>

#include "coap/code.h"
#include "coap/option_rule.h"
#include "resources/visit.h"

#define S INT64_C(1000000000)

static const struct cs_sipkey key = { 7, 252 };
static const struct cs_question well_known = {
	.options = { (const uint8_t *)"\xbb.well-known\x04"
				      "core",
		     17 },
	.last = CS_OPT_URI_PATH,
};
static const struct cs_ask asked = {
	.peer = { .ip = { .b = { [10] = 0xff,
				 [11] = 0xff,
				 [12] = 192,
				 [14] = 2,
				 [15] = 1 } },
		  .port = 5683 },
	.question = &well_known,
};
static struct cs_visit_limits limits;

static struct cs_visit begun(void)
{
	struct cs_visit v;

	limits = (struct cs_visit_limits){ .exchange = cs_exchange_defaults };
	cs_visit_begin(&v, &asked, &limits, &key);
	return v;
}

/* The open request, decoded; it must be one for our question. */
static struct cs_msg request(const struct cs_visit *v)
{
	static uint8_t room[CS_VISIT_REQUEST];
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	struct cs_flaw flaw;
	struct cs_msg msg;

	cs_visit_request(v, &w);
	assert_int_equal(w.err, CS_OK);
	assert_int_equal(cs_msg_decode(cs_wr_done(&w), &msg, &flaw), CS_OK);
	assert_int_equal(msg.type, CS_CON);
	assert_int_equal(msg.code, CS_CODE_GET);
	assert_int_equal(msg.token.len, CS_TOKEN_MAX);
	assert_memory_equal(msg.tail.ptr, well_known.options.ptr, well_known.options.len);
	return msg;
}

/* What the device answers with; options in the order of their numbers. */
struct answer {
	uint8_t code;
	const char *etag;    /* or NULL */
	const char *unknown; /* value of a critical option that nobody knows, or NULL */
	bool has_block;
	struct cs_block block;
	const char *echo; /* or NULL */
	struct cs_span payload;
};

static void answer(struct cs_visit *v, const struct answer *a)
{
	struct cs_msg req = request(v);
	uint8_t room[2048], reply[CS_EXCHANGE_REPLY], value[4];
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	uint32_t last = 0;
	if (v->x.copies == 0)
		cs_visit_sent(v, 0);
	cs_msg_header(&w, CS_ACK, a->code, req.mid, req.token);
	if (a->etag) {
		cs_opt_write(&w, last, CS_OPT_ETAG, cs_span_str(a->etag));
		last = CS_OPT_ETAG;
	}
	if (a->has_block) {
		cs_opt_write(&w, last, CS_OPT_BLOCK2,
			     cs_span_of(value, cs_block_write(&a->block, value)));
		last = CS_OPT_BLOCK2;
	}
	if (a->echo) {
		cs_opt_write(&w, last, CS_OPT_ECHO, cs_span_str(a->echo));
		last = CS_OPT_ECHO;
	}
	if (a->unknown)
		cs_opt_write(&w, last, 65001, cs_span_str(a->unknown));
	cs_msg_payload(&w, a->payload);
	assert_int_equal(w.err, CS_OK);
	assert_int_equal(cs_visit_input(v, &asked.peer, cs_wr_done(&w), reply), 0);
}

static void answer_block(struct cs_visit *v, uint32_t num, bool more, uint8_t szx,
			 const char *etag, struct cs_span payload)
{
	const struct answer a = { .code = CS_CODE_CONTENT,
				  .etag = etag,
				  .has_block = true,
				  .block = { .num = num, .more = more, .szx = szx },
				  .payload = payload };

	answer(v, &a);
}

static struct cs_block asked_block(const struct cs_visit *v)
{
	struct cs_msg msg = request(v);
	struct cs_block block;
	struct cs_opt opt;

	assert_true(cs_msg_option(&msg, CS_OPT_BLOCK2, &opt));
	assert_int_equal(cs_block_read(opt.value, &block), CS_OK);
	return block;
}

static void assert_ended(struct cs_visit *v, const char *error)
{
	int64_t wake;

	assert_int_equal(cs_visit_step(v, 0, &wake), CS_EXCHANGE_OVER);
	assert_true(v->ended);
	assert_string_equal(v->error, error);
	assert_int_equal(v->complete, error[0] == '\0');
	cs_visit_clear(v);
}

static void one_answer_without_blocks_is_the_whole_body(void **state)
{
	struct cs_visit v = begun();
	struct cs_msg first = request(&v);
	struct cs_opt opt;

	(void)state;
	assert_false(cs_msg_option(&first, CS_OPT_BLOCK2, &opt));
	answer(&v,
	       &(struct answer){ .code = CS_CODE_CONTENT, .payload = SPAN("</a>,</b>") });
	assert_true(cs_span_eq(cs_span_of(v.bytes, v.body.len), SPAN("</a>,</b>")));
	assert_int_equal(v.body.blocks, 1);
	assert_int_equal(v.code, CS_CODE_CONTENT);
	assert_ended(&v, "");
}

static void an_empty_answer_is_an_empty_body(void **state)
{
	struct cs_visit v = begun();

	(void)state;
	answer(&v, &(struct answer){ .code = CS_CODE_CONTENT });
	assert_int_equal(v.body.len, 0);
	assert_ended(&v, "");
}

static void blocks_are_asked_for_and_joined(void **state)
{
	struct cs_visit v = begun();
	uint16_t mid = request(&v).mid;
	uint8_t token[CS_TOKEN_MAX];

	(void)state;
	memcpy(token, request(&v).token.ptr, sizeof(token));
	answer_block(&v, 0, true, 0, "e", SPAN("0123456789abcdef"));
	assert_int_equal(asked_block(&v).num, 1);
	assert_int_equal(asked_block(&v).szx, 0);
	/* A new request: another Message ID, another token. */
	assert_int_equal(request(&v).mid, (uint16_t)(mid + 1));
	assert_memory_not_equal(request(&v).token.ptr, token, sizeof(token));
	answer_block(&v, 1, true, 0, "e", SPAN("ghijklmnopqrstuv"));
	assert_int_equal(asked_block(&v).num, 2);
	answer_block(&v, 2, false, 0, "e", SPAN("w"));
	assert_true(cs_span_eq(cs_span_of(v.bytes, v.body.len),
			       SPAN("0123456789abcdefghijklmnopqrstuvw")));
	assert_int_equal(v.body.blocks, 3);
	assert_ended(&v, "");
}

static void a_block_size_is_asked_for_from_the_first_request_on(void **state)
{
	struct cs_visit v = begun();

	(void)state;
	limits.asks_size = true;
	limits.szx = 2;
	assert_int_equal(asked_block(&v).num, 0);
	assert_int_equal(asked_block(&v).szx, 2);
	/* The device may take a smaller one. */
	answer_block(&v, 0, true, 0, NULL, SPAN("0123456789abcdef"));
	assert_int_equal(asked_block(&v).num, 1);
	assert_int_equal(asked_block(&v).szx, 0);
	cs_visit_clear(&v);
}

static void a_changed_etag_starts_over_once(void **state)
{
	struct cs_visit v = begun();
	struct cs_msg msg;
	struct cs_opt opt;

	(void)state;
	answer_block(&v, 0, true, 0, "1", SPAN("old old old old "));
	answer_block(&v, 1, true, 0, "2", SPAN("new new new new "));
	assert_false(v.ended);
	msg = request(&v);
	assert_false(cs_msg_option(&msg, CS_OPT_BLOCK2, &opt));
	answer_block(&v, 0, true, 0, "2", SPAN("new! new! new! n"));
	answer_block(&v, 1, false, 0, "2", SPAN("ew!"));
	assert_true(
		cs_span_eq(cs_span_of(v.bytes, v.body.len), SPAN("new! new! new! new!")));
	assert_int_equal(v.body.blocks, 2);
	assert_ended(&v, "");
}

static void a_second_change_is_an_error(void **state)
{
	struct cs_visit v = begun();

	(void)state;
	answer_block(&v, 0, true, 0, "1", SPAN("old old old old "));
	answer_block(&v, 1, true, 0, "2", SPAN("new new new new "));
	answer_block(&v, 0, true, 0, "2", SPAN("new new new new "));
	answer_block(&v, 1, true, 0, "3", SPAN("newer newer newe"));
	assert_ended(&v, "block 2: changed while it was read");
}

static void another_code_is_the_error(void **state)
{
	static const struct {
		uint8_t code;
		const char *error;
	} cases[] = {
		{ CS_CODE(4, 4), "4.04 Not Found" },
		{ CS_CODE(5, 0), "5.00 Internal Server Error" },
		{ CS_CODE(2, 3), "2.03 Valid" },
		{ CS_CODE(4, 1), "4.01 Unauthorized" },
		{ CS_CODE(4, 30), "4.30" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_visit v = begun();

		answer(&v, &(struct answer){ .code = cases[i].code });
		assert_int_equal(v.code, cases[i].code);
		assert_ended(&v, cases[i].error);
	}
}

static void an_error_in_a_later_block_says_which(void **state)
{
	struct cs_visit v = begun();

	(void)state;
	answer_block(&v, 0, true, 0, NULL, SPAN("0123456789abcdef"));
	answer(&v, &(struct answer){ .code = CS_CODE(4, 8) });
	assert_int_equal(v.body.len, 16); /* what came stays */
	assert_ended(&v, "block 2: 4.08 Request Entity Incomplete");
}

static void blocks_that_do_not_fit_are_an_error(void **state)
{
	struct cs_visit v = begun();

	(void)state;
	answer_block(&v, 0, true, 0, NULL, SPAN("0123456789abcdef"));
	answer_block(&v, 2, true, 0, NULL, SPAN("0123456789abcdef"));
	assert_ended(&v, "block 2: another block came than was asked for");

	v = begun();
	answer_block(&v, 0, true, 0, NULL, SPAN("0123456789abcdef"));
	answer_block(&v, 0, true, 0, NULL, SPAN("0123456789abcdef"));
	assert_ended(&v, "block 2: another block came than was asked for");

	v = begun();
	answer_block(&v, 0, true, 0, NULL, SPAN("0123456789abcdef"));
	answer(&v, &(struct answer){ .code = CS_CODE_CONTENT, .payload = SPAN("x") });
	assert_ended(&v, "block 2: the answer has no Block2 option");

	v = begun();
	answer_block(&v, 3, true, 0, NULL, SPAN("0123456789abcdef"));
	assert_int_equal(v.body.len, 0);
	assert_ended(&v, "another block came than was asked for");
}

static void a_body_without_end_is_ended(void **state)
{
	static uint8_t block[1024];
	struct cs_visit v = begun();
	uint32_t num = 0;

	(void)state;
	memset(block, 'a', sizeof(block));
	for (; num < 2 * CS_VISIT_BLOCKS && !v.ended; num++)
		answer_block(&v, num, true, 6, NULL, cs_span_of(block, sizeof(block)));
	assert_int_equal(num, CS_VISIT_BLOCKS);
	assert_int_equal(v.body.len, CS_VISIT_BODY);
	assert_ended(&v, "block 1024: longer than 1024 blocks or 1048576 bytes");

	v = begun();
	for (num = 0; num < 2 * CS_VISIT_BLOCKS && !v.ended; num++)
		answer_block(&v, num, true, 0, NULL, cs_span_of(block, 16));
	assert_int_equal(num, CS_VISIT_BLOCKS);
	assert_int_equal(v.body.len, 16 * CS_VISIT_BLOCKS);
	cs_visit_clear(&v);
}

static void an_echo_is_given_back(void **state)
{
	struct cs_visit v = begun();
	struct cs_msg msg;
	struct cs_opt opt;

	(void)state;
	answer(&v, &(struct answer){ .code = CS_CODE(4, 1), .echo = "who's there" });
	msg = request(&v);
	assert_true(cs_msg_option(&msg, CS_OPT_ECHO, &opt));
	assert_true(cs_span_eq(opt.value, SPAN("who's there")));
	answer_block(&v, 0, true, 0, NULL, SPAN("0123456789abcdef"));
	msg = request(&v);
	assert_true(cs_msg_option(&msg, CS_OPT_ECHO, &opt));
	answer_block(&v, 1, false, 0, NULL, SPAN("!"));
	assert_ended(&v, "");
}

static void a_device_that_wants_ever_new_echoes_gets_no_more(void **state)
{
	struct cs_visit v = begun();
	unsigned n = 0;

	(void)state;
	for (; n < 100 && !v.ended; n++)
		answer(&v, &(struct answer){ .code = CS_CODE(4, 1), .echo = "more" });
	assert_int_equal(n, CS_VISIT_ECHOES + 1);
	assert_ended(&v, "4.01 Unauthorized");
}

static void an_unknown_critical_option_is_an_error(void **state)
{
	struct cs_visit v = begun();

	(void)state;
	answer(&v, &(struct answer){ .code = CS_CODE_CONTENT,
				     .unknown = "",
				     .payload = SPAN("</a>") });
	assert_int_equal(v.body.len, 0);
	assert_ended(&v, "the answer needs an option that is not known (65001)");
}

static void silence_is_said_with_what_came_instead(void **state)
{
	uint8_t reply[CS_EXCHANGE_REPLY];
	struct cs_visit v = begun();
	int64_t wake;

	(void)state;
	cs_visit_sent(&v, 0);
	assert_int_equal(cs_visit_step(&v, 93 * S - 1, &wake), CS_EXCHANGE_SEND);
	assert_int_equal(cs_visit_step(&v, 93 * S, &wake), CS_EXCHANGE_OVER);
	assert_string_equal(v.error, "no answer within 93 s");

	v = begun();
	cs_visit_sent(&v, 0);
	assert_int_equal(cs_visit_input(&v, &asked.peer, SPAN("\x60\x45\xff\xff"), reply),
			 0);
	assert_int_equal(cs_visit_step(&v, 93 * S, &wake), CS_EXCHANGE_OVER);
	assert_string_equal(v.error, "no answer within 93 s, only datagrams that do not "
				     "belong to the request");

	const struct cs_endpoint beside = { .ip = asked.peer.ip, .port = 47763 };

	v = begun();
	cs_visit_sent(&v, 0);
	assert_int_equal(cs_visit_input(&v, &beside, SPAN("\x60\x45\xff\xff"), reply), 0);
	assert_int_equal(cs_visit_step(&v, 93 * S, &wake), CS_EXCHANGE_OVER);
	assert_string_equal(v.error,
			    "no answer within 93 s, only datagrams from port 47763");

	v = begun();
	cs_visit_sent(&v, 0);

	uint16_t mid = request(&v).mid;
	const uint8_t ack[] = { 0x60, 0, (uint8_t)(mid >> 8), (uint8_t)mid };

	assert_int_equal(cs_visit_input(&v, &asked.peer, cs_span_of(ack, 4), reply), 0);
	assert_int_equal(cs_visit_step(&v, 93 * S, &wake), CS_EXCHANGE_OVER);
	assert_string_equal(v.error, "no answer within 93 s after it was acknowledged");
}

/* A block each 90 s: every request is answered, and it would take a day. */
static void a_device_that_answers_as_late_as_it_can_is_given_up(void **state)
{
	struct cs_visit v = begun();
	int64_t wake;

	(void)state;
	cs_visit_sent(&v, 0);
	for (uint32_t num = 0; num < 10; num++) {
		answer_block(&v, num, true, 0, NULL, SPAN("0123456789abcdef"));
		cs_visit_sent(&v, (num + 1) * 90 * S);
	}
	assert_int_equal(cs_visit_step(&v, 929 * S, &wake), CS_EXCHANGE_SEND);
	cs_visit_sent(&v, 929 * S);
	assert_int_equal(cs_visit_step(&v, 929 * S, &wake), CS_EXCHANGE_WAIT);
	assert_int_equal(wake, 930 * S);
	assert_int_equal(cs_visit_step(&v, 930 * S, &wake), CS_EXCHANGE_OVER);
	assert_ended(&v, "block 11: not at its end after 930 s");
}

static void a_reset_and_a_malformed_answer_end_the_visit(void **state)
{
	struct cs_visit v = begun();
	uint16_t mid = request(&v).mid;
	uint8_t reply[CS_EXCHANGE_REPLY];
	uint8_t rst[] = { 0x70, 0, (uint8_t)(mid >> 8), (uint8_t)mid };
	uint8_t bad[] = { 0x60, 0x45, (uint8_t)(mid >> 8), (uint8_t)mid, 0xff };

	(void)state;
	assert_int_equal(cs_visit_input(&v, &asked.peer, cs_span_of(rst, 4), reply), 0);
	assert_ended(&v, "reset");

	v = begun();
	assert_int_equal(cs_visit_input(&v, &asked.peer, cs_span_of(bad, 5), reply), 0);
	assert_ended(&v, "malformed answer (M11, payload marker without payload)");
}

static void the_network_may_end_the_visit(void **state)
{
	struct cs_visit v = begun();

	(void)state;
	cs_visit_unreachable(&v, ECONNREFUSED, true);
	cs_visit_unreachable(&v, EHOSTUNREACH, true); /* the first word counts */
	assert_ended(&v, "connection refused (ICMP)");
	v = begun();
	cs_visit_unreachable(&v, ENETUNREACH, false);
	assert_ended(&v, "network unreachable");
	v = begun();
	cs_visit_abandon(&v, "interrupted");
	assert_ended(&v, "interrupted");
}

/* Pings, or what somebody says in the device's name: one packet for one, but not for ever. */
static void a_storm_of_messages_is_not_answered_for_ever(void **state)
{
	struct cs_visit v = begun();
	uint8_t reply[CS_EXCHANGE_REPLY];
	unsigned said = 0;

	(void)state;
	cs_visit_sent(&v, 0);
	for (unsigned i = 0; i < 1000; i++) {
		const uint8_t ping[] = { 0x40, 0, (uint8_t)(i >> 8), (uint8_t)i };

		said += cs_visit_input(&v, &asked.peer, cs_span_of(ping, sizeof(ping)),
				       reply) > 0;
	}
	assert_int_equal(said, CS_VISIT_REPLIES + 4);
	assert_false(v.ended);
	answer_block(&v, 0, true, 0, NULL, SPAN("0123456789abcdef"));
	assert_false(v.ended);
	cs_visit_clear(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_storm_of_messages_is_not_answered_for_ever),
		cmocka_unit_test(one_answer_without_blocks_is_the_whole_body),
		cmocka_unit_test(an_empty_answer_is_an_empty_body),
		cmocka_unit_test(blocks_are_asked_for_and_joined),
		cmocka_unit_test(a_block_size_is_asked_for_from_the_first_request_on),
		cmocka_unit_test(a_changed_etag_starts_over_once),
		cmocka_unit_test(a_second_change_is_an_error),
		cmocka_unit_test(another_code_is_the_error),
		cmocka_unit_test(an_error_in_a_later_block_says_which),
		cmocka_unit_test(blocks_that_do_not_fit_are_an_error),
		cmocka_unit_test(a_body_without_end_is_ended),
		cmocka_unit_test(an_echo_is_given_back),
		cmocka_unit_test(a_device_that_wants_ever_new_echoes_gets_no_more),
		cmocka_unit_test(an_unknown_critical_option_is_an_error),
		cmocka_unit_test(silence_is_said_with_what_came_instead),
		cmocka_unit_test(a_device_that_answers_as_late_as_it_can_is_given_up),
		cmocka_unit_test(a_reset_and_a_malformed_answer_end_the_visit),
		cmocka_unit_test(the_network_may_end_the_visit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
