/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/tcp.h"
#include "wire/tcp_stream.h"

#define START 0xfffffff0u /* soon past 2^32 */

static struct cs_tcp_stream s;

/* A stream whose first byte has the number START. */
static int fresh(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	cs_tcp_stream_take(&s, START - 1, CS_TCP_SYN, (struct cs_span){ 0 }, 0);
	return 0;
}

static void take(uint32_t at, struct cs_span bytes)
{
	cs_tcp_stream_take(&s, START + at, CS_TCP_ACK, bytes, bytes.len);
}

static bool holds(struct cs_span want)
{
	return cs_span_eq(cs_tcp_stream_bytes(&s), want);
}

static void bytes_come_in_order(void **state)
{
	(void)state;
	assert_true(s.aligned);
	take(0, SPAN("hello "));
	take(6, SPAN("world"));
	assert_true(holds(SPAN("hello world")));
	cs_tcp_stream_use(&s, 6);
	assert_true(holds(SPAN("world")));
	take(11, SPAN(", twice across the largest number"));
	assert_true(holds(SPAN("world, twice across the largest number")));
	assert_false(s.lost);
}

static void a_gap_is_closed(void **state)
{
	(void)state;
	take(6, SPAN("world"));
	take(12, SPAN("!"));
	assert_true(holds(SPAN("")));
	take(0, SPAN("hello "));
	assert_true(holds(SPAN("hello world")));
	cs_tcp_stream_use(&s, 8);
	take(11, SPAN(","));
	assert_true(holds(SPAN("rld,!")));
	assert_int_equal(s.ahead, 0);
}

static void what_comes_twice_counts_once(void **state)
{
	(void)state;
	take(0, SPAN("hello"));
	take(0, SPAN("HELLO"));
	take(3, SPAN("LO wor"));
	assert_true(holds(SPAN("hello wor")));
	take(12, SPAN("second"));
	take(10, SPAN("D SECONDS"));
	take(9, SPAN("l"));
	assert_true(holds(SPAN("hello worlD secondS")));
	cs_tcp_stream_use(&s, 19);
	take(0, SPAN("hello worl"));
	assert_true(holds(SPAN("")));
}

static void more_can_be_used_than_is_there(void **state)
{
	(void)state;
	take(0, SPAN("long"));
	take(8, SPAN("waits"));
	cs_tcp_stream_use(&s, 10);
	assert_true(holds(SPAN("its")));
	cs_tcp_stream_use(&s, 100);
	take(13, SPAN("this is passed over"));
	assert_true(holds(SPAN("")));
	take(108, SPAN("but the last is not"));
	assert_true(holds(SPAN("t the last is not")));
}

static void a_segment_longer_than_the_window_is_read_in_pieces(void **state)
{
	static uint8_t big[3 * CS_TCP_WINDOW];
	size_t read = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 256);
	take(0, cs_span_of(big, sizeof(big)));
	assert_true(cs_tcp_stream_is_stuck(&s));
	while (cs_tcp_stream_bytes(&s).len > 0) {
		struct cs_span bytes = cs_tcp_stream_bytes(&s);
		size_t n = bytes.len < 1000 ? bytes.len : 1000;

		assert_memory_equal(bytes.ptr, big + read, n);
		cs_tcp_stream_use(&s, n);
		read += n;
	}
	assert_int_equal(read, sizeof(big));
	take(sizeof(big), SPAN("on"));
	assert_true(holds(SPAN("on")));
}

static void what_is_not_read_in_time_is_lost(void **state)
{
	static uint8_t big[CS_TCP_WINDOW + 1];

	(void)state;
	take(0, cs_span_of(big, CS_TCP_WINDOW));
	assert_true(cs_tcp_stream_is_stuck(&s));
	take(CS_TCP_WINDOW, SPAN("!"));
	assert_false(s.lost); /* there is time until the next */
	take(CS_TCP_WINDOW + 1, SPAN("?"));
	assert_true(holds(SPAN("?")));
	assert_false(s.aligned); /* nobody knows whether a message begins here */
	assert_false(cs_tcp_stream_is_stuck(&s));
}

static void behind_a_gap_that_the_window_cannot_bridge_it_goes_on(void **state)
{
	static uint8_t big[CS_TCP_WINDOW];

	(void)state;
	take(1, cs_span_of(big, CS_TCP_WINDOW - 1));
	assert_false(cs_tcp_stream_is_stuck(&s));
	take(CS_TCP_WINDOW, SPAN("!"));
	assert_true(cs_tcp_stream_is_stuck(&s));
	take(CS_TCP_WINDOW + 1, SPAN("on"));
	assert_true(holds(SPAN("on")));
	assert_false(s.aligned);
}

/* Its length is known: what comes too early is of the same message, or of the next. */
static void a_message_with_a_gap_is_passed_over(void **state)
{
	static uint8_t big[1400];

	(void)state;
	take(0, cs_span_of(big, 1400));
	take(2800, cs_span_of(big, 1400));
	assert_true(cs_tcp_stream_is_stuck(&s));
	assert_int_equal(cs_tcp_stream_bytes(&s).len, 1400);
	cs_tcp_stream_use(&s, 6000);
	assert_false(cs_tcp_stream_is_stuck(&s));
	take(1400, cs_span_of(big, 1400));
	take(4200, cs_span_of(big, 1400));
	assert_true(holds(SPAN("")));
	take(5600, cs_span_of(big, 400));
	take(6000, SPAN("next"));
	assert_true(holds(SPAN("next")));
	assert_true(s.aligned);
}

static void where_the_first_byte_is_expected_order_does_not_matter(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	cs_tcp_stream_expect(&s, START);
	take(4, SPAN("er"));
	take(0, SPAN("fast"));
	assert_true(holds(SPAN("faster")));
	assert_true(s.aligned);
	cs_tcp_stream_use(&s, 6);

	/* Said again it changes nothing; said of another connection it does. */
	cs_tcp_stream_expect(&s, START);
	take(0, SPAN("fast"));
	assert_true(holds(SPAN("")));
	s.lost = true;
	cs_tcp_stream_expect(&s, 5000000);
	assert_false(s.lost);
	cs_tcp_stream_take(&s, 5000000, CS_TCP_ACK, SPAN("new"), 3);
	assert_true(holds(SPAN("new")));
}

static void who_gave_up_begins_again_with_another_connection(void **state)
{
	(void)state;
	s.lost = true;
	take(0, SPAN("never"));
	assert_true(holds(SPAN("")));
	cs_tcp_stream_take(&s, START - 1, CS_TCP_SYN, (struct cs_span){ 0 }, 0);
	assert_true(s.lost);
	cs_tcp_stream_take(&s, 5000000, CS_TCP_SYN, (struct cs_span){ 0 }, 0);
	assert_false(s.lost);
	cs_tcp_stream_take(&s, 5000001, 0, SPAN("new"), 3);
	assert_true(holds(SPAN("new")));
}

static void a_stray_segment_changes_nothing(void **state)
{
	(void)state;
	take(0, SPAN("a"));
	take(1 + (1u << 20), SPAN("far ahead"));
	take(0u - 3000000u, SPAN("long ago"));
	take(1, SPAN("b"));
	assert_true(holds(SPAN("ab")));
	assert_false(s.lost);
}

static void bytes_that_were_not_captured_are_a_gap_that_is_told(void **state)
{
	(void)state;
	cs_tcp_stream_take(&s, START, CS_TCP_ACK, SPAN("begins"), 20);
	assert_true(cs_tcp_stream_is_stuck(&s));
	assert_true(holds(SPAN("begins")));
	cs_tcp_stream_use(&s, 18);
	assert_false(cs_tcp_stream_is_stuck(&s));
	take(20, SPAN("later"));
	assert_true(holds(SPAN(""))); /* 18 and 19 never come */
	cs_tcp_stream_use(&s, 2);
	assert_true(holds(SPAN("later")));
}

static void a_stream_may_begin_in_the_middle(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	cs_tcp_stream_take(&s, 77, CS_TCP_ACK, (struct cs_span){ 0 }, 0);
	assert_false(s.begun);
	cs_tcp_stream_take(&s, 78, CS_TCP_ACK, SPAN("middle"), 6);
	assert_true(s.begun);
	assert_false(s.aligned);
	assert_true(holds(SPAN("middle")));
}

static void a_repeated_syn_changes_nothing(void **state)
{
	(void)state;
	take(0, SPAN("abc"));
	cs_tcp_stream_take(&s, START - 1, CS_TCP_SYN, (struct cs_span){ 0 }, 0);
	take(3, SPAN("d"));
	assert_true(holds(SPAN("abcd")));
}

static void data_may_come_with_the_syn(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	cs_tcp_stream_take(&s, 9, CS_TCP_SYN, SPAN("fast"), 4);
	cs_tcp_stream_take(&s, 14, CS_TCP_ACK, SPAN("er"), 2);
	assert_true(holds(SPAN("faster")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bytes_come_in_order, fresh),
		cmocka_unit_test_setup(a_gap_is_closed, fresh),
		cmocka_unit_test_setup(what_comes_twice_counts_once, fresh),
		cmocka_unit_test_setup(more_can_be_used_than_is_there, fresh),
		cmocka_unit_test_setup(a_segment_longer_than_the_window_is_read_in_pieces,
				       fresh),
		cmocka_unit_test_setup(what_is_not_read_in_time_is_lost, fresh),
		cmocka_unit_test_setup(
			behind_a_gap_that_the_window_cannot_bridge_it_goes_on, fresh),
		cmocka_unit_test_setup(a_message_with_a_gap_is_passed_over, fresh),
		cmocka_unit_test(where_the_first_byte_is_expected_order_does_not_matter),
		cmocka_unit_test_setup(who_gave_up_begins_again_with_another_connection,
				       fresh),
		cmocka_unit_test_setup(a_stray_segment_changes_nothing, fresh),
		cmocka_unit_test_setup(
			bytes_that_were_not_captured_are_a_gap_that_is_told, fresh),
		cmocka_unit_test(a_stream_may_begin_in_the_middle),
		cmocka_unit_test_setup(a_repeated_syn_changes_nothing, fresh),
		cmocka_unit_test(data_may_come_with_the_syn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
