/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/code.h"
#include "coap/exchange.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

enum { MID = 0x1234 };

static const uint8_t token[CS_TOKEN_MAX] = "\x01\x02\x03\x04\x05\x06\x07\x08";

static const struct cs_endpoint device = {
	.ip = { .b = { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1 } },
	.port = 5683,
};

static struct cs_exchange started(uint32_t random)
{
	struct cs_exchange x = { 0 };

	cs_exchange_start(&x, &cs_exchange_defaults, &device, MID, token, random);
	return x;
}

/* A message from the device; @tail is what follows the token. */
static struct cs_span message(uint8_t room[64], enum cs_type type, uint8_t code,
			      uint16_t mid, struct cs_span tkn, const char *tail)
{
	struct cs_wr w = cs_wr_over(room, 64);

	cs_msg_header(&w, type, code, mid, tkn);
	cs_wr_span(&w, cs_span_str(tail));
	return cs_wr_done(&w);
}

static struct cs_span ours(void)
{
	return cs_span_of(token, sizeof(token));
}

/* Takes the message on an exact-size copy; the payload is not looked at after. */
static struct cs_exchange_in take(struct cs_exchange *x, const struct cs_endpoint *from,
				  struct cs_span datagram)
{
	uint8_t *copy = heap_copy(datagram.ptr, datagram.len);
	struct cs_exchange_in in;

	cs_exchange_input(x, from, cs_span_of(copy, datagram.len), &in);
	free(copy);
	return in;
}

static void assert_reply(const struct cs_exchange_in *in, uint8_t first, uint16_t mid)
{
	const uint8_t want[] = { first, 0, (uint8_t)(mid >> 8), (uint8_t)mid };

	assert_true(in->replies);
	assert_memory_equal(in->reply, want, sizeof(want));
}

/* When the copies leave, when nothing answers and each leaves at once. */
static unsigned schedule(struct cs_exchange *x, int64_t start, int64_t at[8],
			 int64_t *end)
{
	int64_t now = start, wake;
	unsigned n = 0;

	for (;;) {
		switch (cs_exchange_step(x, now, &wake)) {
		case CS_EXCHANGE_SEND:
			assert_true(n < 8);
			at[n++] = now - start;
			cs_exchange_sent(x, now);
			break;
		case CS_EXCHANGE_WAIT:
			assert_true(wake > now);
			now = wake;
			break;
		case CS_EXCHANGE_OVER:
			*end = now - start;
			return n;
		}
	}
}

static void the_shortest_schedule_is_2_6_14_30_s(void **state)
{
	struct cs_exchange x = started(0);
	int64_t at[8], end;

	(void)state;
	assert_int_equal(schedule(&x, 7 * S, at, &end), 5);
	assert_int_equal(at[0], 0);
	assert_int_equal(at[1], 2 * S);
	assert_int_equal(at[2], 6 * S);
	assert_int_equal(at[3], 14 * S);
	assert_int_equal(at[4], 30 * S);
	assert_int_equal(end, 93 * S);
}

static void the_longest_schedule_is_3_9_21_45_s(void **state)
{
	struct cs_exchange x = started(UINT32_MAX);
	int64_t at[8], end;

	(void)state;
	assert_int_equal(schedule(&x, 0, at, &end), 5);
	assert_int_equal(at[1], 3 * S);
	assert_int_equal(at[2], 9 * S);
	assert_int_equal(at[3], 21 * S);
	assert_int_equal(at[4], 45 * S);
	assert_int_equal(end, 93 * S);
}

static void the_first_wait_is_spread_evenly(void **state)
{
	int64_t wake, before = 0;

	(void)state;
	for (uint64_t random = 0; random <= UINT32_MAX; random += UINT32_MAX / 64) {
		struct cs_exchange x = started((uint32_t)random);

		cs_exchange_sent(&x, 0);
		assert_int_equal(cs_exchange_step(&x, 1, &wake), CS_EXCHANGE_WAIT);
		assert_in_range(wake, 2 * S, 3 * S);
		assert_true(wake >= before && wake - before <= 20 * MS + 2 * S * !before);
		before = wake;
	}
	assert_in_range(before, 3 * S - 20 * MS, 3 * S);
}

static void no_time_runs_before_the_first_copy_has_left(void **state)
{
	struct cs_exchange x = started(0);
	int64_t wake;

	(void)state;
	assert_int_equal(cs_exchange_step(&x, 1000 * S, &wake), CS_EXCHANGE_SEND);
	cs_exchange_sent(&x, 1000 * S);
	assert_int_equal(cs_exchange_step(&x, 1000 * S, &wake), CS_EXCHANGE_WAIT);
	assert_int_equal(wake, 1002 * S);
	/* One that leaves late moves the next, not the end. */
	assert_int_equal(cs_exchange_step(&x, 1005 * S, &wake), CS_EXCHANGE_SEND);
	cs_exchange_sent(&x, 1005 * S);
	assert_int_equal(cs_exchange_step(&x, 1005 * S, &wake), CS_EXCHANGE_WAIT);
	assert_int_equal(wake, 1009 * S);
	assert_int_equal(cs_exchange_step(&x, 1093 * S, &wake), CS_EXCHANGE_OVER);
}

static void a_shorter_patience_cuts_the_schedule(void **state)
{
	struct cs_exchange_limits limits = cs_exchange_defaults;
	struct cs_exchange x = { 0 };
	int64_t at[8], end;

	(void)state;
	limits.give_up_ns = 5 * S;
	limits.max_retransmit = 4;
	cs_exchange_start(&x, &limits, &device, MID, token, 0);
	assert_int_equal(schedule(&x, 0, at, &end), 2);
	assert_int_equal(end, 5 * S);

	limits.max_retransmit = 0;
	cs_exchange_start(&x, &limits, &device, MID, token, 0);
	assert_int_equal(schedule(&x, 0, at, &end), 1);
	assert_int_equal(end, 5 * S);
}

static void a_piggybacked_response_needs_mid_and_token(void **state)
{
	struct cs_exchange x = started(0);
	struct cs_exchange_in in;
	uint8_t room[64];

	(void)state;
	in = take(&x, &device,
		  message(room, CS_ACK, CS_CODE_CONTENT, MID + 1, ours(), ""));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	in = take(&x, &device,
		  message(room, CS_ACK, CS_CODE_CONTENT, MID, cs_span_of(token, 7), ""));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	in = take(&x, &device, message(room, CS_ACK, CS_CODE_GET, MID, ours(), ""));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);

	cs_exchange_input(&x, &device,
			  message(room, CS_ACK, CS_CODE_CONTENT, MID, ours(),
				  "\xff"
				  "hi"),
			  &in);
	assert_int_equal(in.kind, CS_EXCHANGE_RESPONSE);
	assert_true(cs_span_eq(in.msg.payload, SPAN("hi")));
	assert_false(in.replies);
}

static void a_datagram_from_elsewhere_is_nothing(void **state)
{
	struct cs_endpoint other_port = device, other_ip = device;
	struct cs_exchange x = started(0);
	struct cs_exchange_in in;
	uint8_t room[64];

	(void)state;
	other_port.port++;
	other_ip.ip.b[15]++;
	message(room, CS_CON, CS_CODE_CONTENT, 7, ours(), "");
	in = take(&x, &other_port, cs_span_of(room, 12));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_false(in.replies);
	in = take(&x, &other_ip, cs_span_of(room, 12));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_false(in.replies);
}

static void a_separate_response_ends_the_copies_and_is_acknowledged(void **state)
{
	struct cs_exchange x = started(0);
	struct cs_exchange_in in;
	uint8_t room[64];
	int64_t wake;

	(void)state;
	cs_exchange_sent(&x, 0);
	in = take(&x, &device,
		  message(room, CS_ACK, CS_CODE_EMPTY, MID, (struct cs_span){ 0 }, ""));
	assert_int_equal(in.kind, CS_EXCHANGE_ACKED);
	assert_int_equal(cs_exchange_step(&x, 10 * S, &wake), CS_EXCHANGE_WAIT);
	assert_int_equal(wake, 93 * S);

	in = take(&x, &device,
		  message(room, CS_CON, CS_CODE_CONTENT, 0xabcd, ours(), ""));
	assert_int_equal(in.kind, CS_EXCHANGE_RESPONSE);
	assert_reply(&in, 0x60, 0xabcd);
}

static void a_repeated_response_is_acknowledged_again_and_is_no_second_one(void **state)
{
	static const uint8_t next[CS_TOKEN_MAX] = "next one";
	struct cs_exchange x = started(0);
	struct cs_exchange_in in;
	uint8_t room[64];
	struct cs_span con = message(room, CS_CON, CS_CODE_CONTENT, 0xabcd, ours(), "");

	(void)state;
	assert_int_equal(take(&x, &device, con).kind, CS_EXCHANGE_RESPONSE);
	in = take(&x, &device, con);
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_reply(&in, 0x60, 0xabcd);

	/* Also when the next request is already on its way. */
	cs_exchange_start(&x, &cs_exchange_defaults, &device, MID + 1, next, 0);
	in = take(&x, &device, con);
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_reply(&in, 0x60, 0xabcd);
}

static void a_non_response_matches_by_token_alone(void **state)
{
	struct cs_exchange x = started(0);
	struct cs_exchange_in in;
	uint8_t room[64];

	(void)state;
	in = take(&x, &device, message(room, CS_NON, CS_CODE_CONTENT, 9, ours(), ""));
	assert_int_equal(in.kind, CS_EXCHANGE_RESPONSE);
	assert_false(in.replies);

	in = take(
		&x, &device,
		message(room, CS_NON, CS_CODE_CONTENT, MID, cs_span_str("strangrs"), ""));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_false(in.replies);
}

static void a_con_that_is_not_ours_is_rejected(void **state)
{
	struct cs_exchange x = started(0);
	struct cs_exchange_in in;
	uint8_t room[64];

	(void)state;
	/* A notification of somebody's observation. */
	in = take(&x, &device,
		  message(room, CS_CON, CS_CODE_CONTENT, 0x0102, cs_span_str("old"), ""));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_reply(&in, 0x70, 0x0102);
	/* A ping, and a request with our own token: our echo. */
	in = take(
		&x, &device,
		message(room, CS_CON, CS_CODE_EMPTY, 0x0103, (struct cs_span){ 0 }, ""));
	assert_reply(&in, 0x70, 0x0103);
	in = take(&x, &device, message(room, CS_CON, CS_CODE_GET, MID, ours(), ""));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_reply(&in, 0x70, MID);
}

static void a_reset_needs_the_message_id(void **state)
{
	struct cs_exchange x = started(0);
	struct cs_span none = { 0 };
	uint8_t room[64];

	(void)state;
	assert_int_equal(
		take(&x, &device, message(room, CS_RST, CS_CODE_EMPTY, MID - 1, none, ""))
			.kind,
		CS_EXCHANGE_FOREIGN);
	assert_int_equal(
		take(&x, &device, message(room, CS_RST, CS_CODE_EMPTY, MID, none, ""))
			.kind,
		CS_EXCHANGE_RESET);
}

static void an_ack_that_does_not_decode_says_why(void **state)
{
	struct cs_exchange x = started(0);
	struct cs_exchange_in in;
	uint8_t room[64];

	(void)state;
	in = take(&x, &device,
		  message(room, CS_ACK, CS_CODE_CONTENT, MID, ours(), "\xff"));
	assert_int_equal(in.kind, CS_EXCHANGE_MALFORMED);
	assert_int_equal(in.flaw.fault, CS_FAULT_MARKER);
	assert_false(in.replies);
	/* Of another message: nothing. As a CON: rejected. */
	in = take(&x, &device,
		  message(room, CS_ACK, CS_CODE_CONTENT, MID + 1, ours(), "\xff"));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	in = take(&x, &device, message(room, CS_CON, CS_CODE_CONTENT, 5, ours(), "\xff"));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_reply(&in, 0x70, 5);
	in = take(&x, &device, message(room, CS_NON, CS_CODE_CONTENT, 5, ours(), "\xff"));
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_false(in.replies);
}

static void another_version_is_silently_ignored(void **state)
{
	struct cs_exchange x = started(0);
	struct cs_exchange_in in;
	uint8_t room[64];
	struct cs_span con = message(room, CS_CON, CS_CODE_CONTENT, MID, ours(), "");

	(void)state;
	room[0] = (uint8_t)(room[0] & 0x3f) | 0x80;
	in = take(&x, &device, con);
	assert_int_equal(in.kind, CS_EXCHANGE_FOREIGN);
	assert_false(in.replies);
}

static void every_prefix_is_taken_without_harm(void **state)
{
	uint8_t room[64];
	struct cs_span whole = message(room, CS_CON, CS_CODE_CONTENT, 77, ours(),
				       "\xc1\x28\xff"
				       "</a>");

	(void)state;
	for (size_t n = 0; n <= whole.len; n++) {
		struct cs_exchange x = started(0);
		struct cs_exchange_in in = take(&x, &device, cs_span_of(room, n));
		bool decodes = n == 12 || n == 14 || n >= 16;

		assert_int_equal(in.kind,
				 decodes ? CS_EXCHANGE_RESPONSE : CS_EXCHANGE_FOREIGN);
		assert_int_equal(in.replies, n >= 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shortest_schedule_is_2_6_14_30_s),
		cmocka_unit_test(the_longest_schedule_is_3_9_21_45_s),
		cmocka_unit_test(the_first_wait_is_spread_evenly),
		cmocka_unit_test(no_time_runs_before_the_first_copy_has_left),
		cmocka_unit_test(a_shorter_patience_cuts_the_schedule),
		cmocka_unit_test(a_piggybacked_response_needs_mid_and_token),
		cmocka_unit_test(a_datagram_from_elsewhere_is_nothing),
		cmocka_unit_test(a_separate_response_ends_the_copies_and_is_acknowledged),
		cmocka_unit_test(
			a_repeated_response_is_acknowledged_again_and_is_no_second_one),
		cmocka_unit_test(a_non_response_matches_by_token_alone),
		cmocka_unit_test(a_con_that_is_not_ours_is_rejected),
		cmocka_unit_test(a_reset_needs_the_message_id),
		cmocka_unit_test(an_ack_that_does_not_decode_says_why),
		cmocka_unit_test(another_version_is_silently_ignored),
		cmocka_unit_test(every_prefix_is_taken_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
