/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The matcher with a clock that the test moves and datagrams that it makes up.
 * Follow-ups really leave, to a socket of the test's own on loopback.
 */
#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/wr.h"
#include "coap/code.h"
#include "coap/option_rule.h"
#include "scan/match.h"

enum { DEVICE = 0x7f003201 /* 127.0.50.1 */, SLOTS = 256 };

static int64_t now_ns;

static int64_t mono(void *arg)
{
	(void)arg;
	return now_ns;
}

static int64_t wall(void *arg)
{
	(void)arg;
	return 1000000 + now_ns / 1000;
}

static const struct cs_clock test_clock = { mono, wall, NULL };

/* Everything that a matcher needs, around one chunk of 127.0.50.0/24. */
struct bench {
	struct cs_plan plan;
	struct cs_lanes lanes;
	struct cs_window window;
	struct cs_pace pace;
	struct cs_counters counters;
	struct cs_receiving receiving;
	struct cs_matching m;
	struct cs_open_chunk *chunk;
	struct cs_addr device;
	uint64_t slot;
	int device_fd;
	uint16_t port; /* of the device: one that is free */
};

static int bound_socket(uint32_t address)
{
	struct cs_addr a = cs_addr_v4(address);
	struct sockaddr_storage sa;
	socklen_t len = cs_addr_to_sockaddr(&a, 0, 0, &sa);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct cs_addr a;
	uint16_t port;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	assert_true(cs_addr_from_sockaddr(&sa, &a, &port));
	return port;
}

static struct bench *bench_new(uint8_t token_len)
{
	static const struct cs_sipkey key = { 1, 2 };
	struct cs_scope_draft draft = { 0 };
	struct cs_source source = { 0 };
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	now_ns = 0;
	assert_int_equal(cs_scope_add_target(&draft, SPAN("127.0.50.0/24"), &source),
			 CS_OK);
	assert_int_equal(cs_scope_build(&draft, NULL, 0, &b->plan.scope), CS_OK);
	cs_scope_draft_clear(&draft);
	b->device_fd = bound_socket(DEVICE);
	b->port = port_of(b->device_fd);
	b->plan.ports = malloc(sizeof(uint16_t));
	b->plan.ports[0] = b->port;
	b->plan.n_ports = 1;
	b->plan.shards = b->plan.probes = 1;
	b->plan.token_len = token_len;
	b->plan.follow = true;
	b->plan.seed = 5;
	assert_int_equal(cs_plan_ready(&b->plan), CS_OK);

	b->lanes.n = 1;
	b->lanes.lane[0].ports.n = 16; /* this one is always the right one */
	b->lanes.lane[0].ports.fd_v4[0] = bound_socket(0x7f000001);
	assert_int_equal(cs_ring_init(&b->lanes.lane[0].ring, 1 << 20), CS_OK);
	assert_int_equal(cs_window_init(&b->window, 0, 8), CS_OK);
	cs_pace_init(&b->pace, 0, CS_NS_PER_MS, now_ns);

	b->receiving.lanes = &b->lanes;
	b->m.plan = &b->plan;
	b->m.lanes = &b->lanes;
	b->m.receiving = &b->receiving;
	b->m.window = &b->window;
	b->m.counters = &b->counters;
	b->m.clock = &test_clock;
	assert_int_equal(cs_hosts_init(&b->m.hosts, &key), CS_OK);
	cs_following_init(&b->m.following, &b->plan, &b->lanes, &b->m.hosts, &b->pace,
			  &b->counters, &key, now_ns);

	b->device = cs_addr_v4(DEVICE);
	assert_true(cs_plan_slot(&b->plan, &b->device, b->port, &b->slot));
	b->chunk = cs_window_open(&b->window, 0, SLOTS, 1000000);
	cs_window_sent(&b->window, b->chunk, 0, SLOTS, 1000500);
	return b;
}

static void bench_free(struct bench *b)
{
	cs_following_clear(&b->m.following);
	cs_host_list_free(cs_hosts_take_chunk(&b->m.hosts, b->chunk));
	cs_hosts_clear(&b->m.hosts);
	cs_window_clear(&b->window);
	cs_ring_clear(&b->lanes.lane[0].ring);
	close(b->lanes.lane[0].ports.fd_v4[0]);
	close(b->device_fd);
	cs_plan_clear(&b->plan);
	free(b);
}

/* A datagram of the device reaches the matcher. */
static void arrive(struct bench *b, struct cs_span bytes)
{
	struct cs_arrival arrival = { .slot = b->slot,
				      .from = b->device,
				      .wall_us = wall(NULL),
				      .port = b->port,
				      .from_port = b->port,
				      .len = (uint32_t)bytes.len };
	enum cs_err err = CS_OK;

	assert_int_equal(cs_ring_put(&b->lanes.lane[0].ring,
				     cs_span_of(&arrival, sizeof(arrival)), bytes),
			 CS_OK);
	assert_int_equal(cs_match_some(&b->m, 10, &err), 1);
	assert_int_equal(err, CS_OK);
}

static void answer(struct bench *b, enum cs_type type, uint8_t code, uint16_t mid,
		   struct cs_span token, const struct cs_block *block,
		   const char *payload)
{
	uint8_t bytes[512], value[4];
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));

	cs_msg_header(&w, type, code, mid, token);
	if (block)
		cs_opt_write(&w, 0, CS_OPT_BLOCK2,
			     cs_span_of(value, cs_block_write(block, value)));
	cs_msg_payload(&w, cs_span_str(payload));
	arrive(b, cs_wr_done(&w));
}

static const struct cs_span no_token;

static uint16_t right_mid(const struct bench *b)
{
	return cs_plan_cookie(&b->plan, &b->device, b->port).mid;
}

static uint64_t rejected(const struct bench *b, enum cs_reject cause)
{
	return cs_counted(&b->counters.rejected[cause]);
}

/* What the device has received since; false: nothing. */
static bool device_got(struct bench *b, uint8_t bytes[512], struct cs_msg *msg)
{
	ssize_t n = recv(b->device_fd, bytes, 512, 0);
	struct cs_flaw flaw;

	if (n < 0)
		return false;
	assert_int_equal(cs_msg_decode(cs_span_of(bytes, (size_t)n), msg, &flaw), CS_OK);
	return true;
}

static struct cs_result result(struct bench *b)
{
	struct cs_host *host = cs_hosts_find(&b->m.hosts, b->slot);
	struct cs_result r;

	assert_non_null(host);
	cs_host_result(host, &b->plan, &r);
	return r;
}

static void a_piggybacked_answer_is_a_full_match(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	now_ns = 2500000;
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, NULL, "</a>");

	struct cs_result r = result(b);

	assert_int_equal(cs_counted(&b->counters.results), 1);
	assert_int_equal(r.match, CS_MATCH_FULL);
	assert_int_equal(r.time_us, 1000500);
	assert_int_equal(r.rtt_us, 2000);
	assert_int_equal(r.request_size, 21);
	assert_int_equal(r.response_size, 9);
	assert_true(cs_span_eq(r.body, SPAN("</a>")));
	assert_int_equal(r.header.len, 5);
	assert_true(r.complete);
	assert_int_equal(r.blocks, 1);
	bench_free(b);
}

static void an_ack_for_another_message_is_rejected(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	answer(b, CS_ACK, CS_CODE_CONTENT, (uint16_t)(right_mid(b) + 1), no_token, NULL,
	       "x");
	answer(b, CS_RST, 0, (uint16_t)(right_mid(b) + 1), no_token, NULL, "");
	assert_int_equal(cs_counted(&b->counters.results), 0);
	assert_int_equal(rejected(b, CS_REJECT_MID), 2);
	assert_null(cs_hosts_find(&b->m.hosts, b->slot));
	bench_free(b);
}

static void copies_are_counted_and_the_first_stays(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	for (int i = 0; i < 3; i++)
		answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, NULL,
		       i ? "other" : "first");

	struct cs_result r = result(b);

	assert_int_equal(r.datagrams, 3);
	assert_int_equal(r.bytes, 30);
	assert_true(cs_span_eq(r.body, SPAN("first")));
	assert_int_equal(cs_counted(&b->counters.results), 1);
	bench_free(b);
}

static void a_separate_response_replaces_the_empty_ack(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t bytes[512];
	struct cs_msg msg;

	(void)state;
	answer(b, CS_ACK, 0, right_mid(b), no_token, NULL, "");
	assert_int_equal(result(b).blocks, 0);
	answer(b, CS_CON, CS_CODE_CONTENT, 0x1234, no_token, NULL, "late");

	struct cs_result r = result(b);

	assert_int_equal(r.match, CS_MATCH_FULL);
	assert_int_equal(r.datagrams, 2);
	assert_int_equal(r.response_size, 9);
	assert_true(cs_span_eq(r.body, SPAN("late")));
	/* The device gets its ACK, four bytes with its own Message ID. */
	assert_true(device_got(b, bytes, &msg));
	assert_int_equal(msg.type, CS_ACK);
	assert_int_equal(msg.code, 0);
	assert_int_equal(msg.mid, 0x1234);
	bench_free(b);
}

static void acks_to_one_device_are_bounded(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t bytes[512];
	struct cs_msg msg;
	unsigned acks = 0;

	(void)state;
	answer(b, CS_ACK, 0, right_mid(b), no_token, NULL, "");
	for (uint16_t mid = 0; mid < 100; mid++)
		answer(b, CS_CON, CS_CODE_CONTENT, mid, no_token, NULL, "again");
	while (device_got(b, bytes, &msg))
		acks++;
	assert_int_equal(acks, CS_ACKS_MAX);
	assert_int_equal(result(b).datagrams, 101);
	bench_free(b);
}

static void an_answer_by_port_alone_counts_once_confirmed(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t bytes[512];
	struct cs_msg msg;

	(void)state;
	answer(b, CS_NON, CS_CODE_CONTENT, 0x7777, no_token, NULL, "non");
	assert_int_equal(cs_counted(&b->counters.results), 0);
	assert_int_equal(b->chunk->follow_ups, 1);
	cs_following_tick(&b->m.following, now_ns);
	assert_true(device_got(b, bytes, &msg));
	assert_int_equal(msg.type, CS_CON);
	assert_int_equal(msg.code, CS_CODE_GET);
	assert_int_equal(msg.token.len, 8);
	answer(b, CS_ACK, CS_CODE_CONTENT, msg.mid, msg.token, NULL, "confirmed");
	assert_int_equal(cs_counted(&b->counters.results), 1);
	assert_int_equal(b->chunk->follow_ups, 0);
	assert_int_equal(result(b).match, CS_MATCH_PORT);
	assert_int_equal(result(b).datagrams, 1); /* the confirmation is none */
	assert_true(cs_span_eq(result(b).body, SPAN("non")));
	bench_free(b);
}

static void an_answer_by_port_alone_is_nothing_when_silence_follows(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t bytes[512];
	struct cs_msg msg;

	(void)state;
	answer(b, CS_NON, CS_CODE_CONTENT, 0x7777, no_token, NULL, "forged");
	cs_following_tick(&b->m.following, now_ns);
	assert_true(device_got(b, bytes, &msg));
	now_ns += 2 * CS_NS_PER_S;
	cs_following_tick(&b->m.following, now_ns);
	assert_int_equal(b->chunk->follow_ups, 1);
	now_ns += 2 * CS_NS_PER_S;
	cs_following_tick(&b->m.following, now_ns);
	assert_int_equal(b->chunk->follow_ups, 0);
	assert_false(device_got(b, bytes, &msg)); /* one question, not two */
	assert_int_equal(cs_counted(&b->counters.results), 0);
	assert_false(cs_hosts_find(&b->m.hosts, b->slot)->validated);
	bench_free(b);
}

static void a_forged_first_answer_gives_way_to_the_proven_one(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	answer(b, CS_NON, CS_CODE_CONTENT, 0x7777, no_token, NULL, "forged");
	answer(b, CS_ACK, CS_CODE(4, 4), right_mid(b), no_token, NULL, "");

	struct cs_result r = result(b);

	assert_int_equal(r.match, CS_MATCH_FULL);
	assert_int_equal(r.datagrams, 1);
	assert_int_equal(r.response_size, 4);
	assert_int_equal(r.body.len, 0);
	bench_free(b);
}

static void a_token_proves_an_answer_with_another_message_id(void **state)
{
	struct bench *b = bench_new(4);
	struct cs_cookie cookie = cs_plan_cookie(&b->plan, &b->device, b->port);

	(void)state;
	answer(b, CS_NON, CS_CODE_CONTENT, 0x4242, cs_span_of(cookie.token, 4), NULL,
	       "x");
	assert_int_equal(result(b).match, CS_MATCH_FULL);
	assert_int_equal(result(b).request_size, 25);
	bench_free(b);
}

static void garbage_counts_when_the_device_reacts_with_garbage(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	arrive(b, SPAN("HTTP/1.0 400 what?\r\n"));
	cs_following_tick(&b->m.following, now_ns);
	arrive(b, SPAN("HTTP/1.0 400 what?\r\n"));
	assert_int_equal(cs_counted(&b->counters.results), 1);
	assert_int_equal(result(b).malformed.fault, CS_FAULT_OPTION_CUT);
	assert_int_equal(result(b).header.len, 20);
	assert_int_equal(result(b).body.len, 0);
	bench_free(b);
}

static void garbage_proves_nothing_where_the_port_is_no_secret(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	b->lanes.lane[0].ports.n = 8; /* --source-port */
	arrive(b, SPAN("\x01garbage"));
	cs_following_tick(&b->m.following, now_ns);
	arrive(b, SPAN("\x01garbage"));
	assert_int_equal(cs_counted(&b->counters.results), 0);
	bench_free(b);
}

static void a_malformed_answer_with_the_right_id_is_kept_as_it_is(void **state)
{
	struct bench *b = bench_new(0);
	uint16_t mid = right_mid(b);
	uint8_t bytes[] = { 0x60, 0x45, (uint8_t)(mid >> 8), (uint8_t)mid, 0xff };

	(void)state;
	arrive(b, cs_span_of(bytes, sizeof(bytes)));
	assert_int_equal(result(b).match, CS_MATCH_FULL);
	assert_int_equal(result(b).malformed.fault, CS_FAULT_MARKER);
	assert_int_equal(result(b).response_size, 5);
	bench_free(b);
}

static void what_was_not_asked_or_is_closed_is_no_answer(void **state)
{
	struct bench *b = bench_new(0);
	uint64_t asked = b->slot;

	(void)state;
	b->slot = asked + CS_CHUNK; /* a chunk that has not been opened */
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, NULL, "x");
	assert_int_equal(rejected(b, CS_REJECT_NOT_PROBED), 1);

	b->slot = asked;
	cs_window_close(&b->window);
	b->chunk = cs_window_open(&b->window, 1, SLOTS, 2000000);
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, NULL, "x");
	assert_int_equal(rejected(b, CS_REJECT_LATE), 1);
	assert_int_equal(cs_counted(&b->counters.results), 0);
	bench_free(b);
}

static void a_request_of_the_devices_own_is_no_answer(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t bytes[512];
	struct cs_msg msg;

	(void)state;
	answer(b, CS_CON, CS_CODE_GET, 0x1111, no_token, NULL, "");
	answer(b, CS_CON, CS_CODE_EMPTY, 0x1112, no_token, NULL, "");
	assert_int_equal(rejected(b, CS_REJECT_REQUEST), 2);
	assert_false(device_got(b, bytes, &msg)); /* no RST, nothing */
	bench_free(b);
}

static void the_rest_of_a_body_is_fetched_block_by_block(void **state)
{
	struct bench *b = bench_new(0);
	struct cs_block block = { 0, true, 0 };
	uint8_t bytes[512];
	struct cs_msg msg;
	struct cs_opt opt;

	(void)state;
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, &block,
	       "0123456789abcdef");
	for (uint32_t num = 1; num <= 3; num++) {
		struct cs_block asked;

		cs_following_tick(&b->m.following, now_ns);
		assert_true(device_got(b, bytes, &msg));
		assert_true(cs_msg_option(&msg, CS_OPT_BLOCK2, &opt));
		assert_int_equal(cs_block_read(opt.value, &asked), CS_OK);
		assert_int_equal(asked.num, num);
		assert_int_equal(asked.szx, 0);
		block = (struct cs_block){ num, num < 3, 0 };
		answer(b, CS_ACK, CS_CODE_CONTENT, msg.mid, msg.token, &block,
		       num < 3 ? "0123456789ABCDEF" : "end");
	}

	struct cs_result r = result(b);

	assert_true(r.complete);
	assert_int_equal(r.blocks, 4);
	assert_true(cs_span_eq(
		r.body, SPAN("0123456789abcdef0123456789ABCDEF0123456789ABCDEFend")));
	assert_int_equal(r.response_size, 4 + 3 + 1 + 16); /* of the first one */
	assert_int_equal(r.datagrams, 1);
	assert_int_equal(b->chunk->follow_ups, 0);
	bench_free(b);
}

static void a_device_that_falls_silent_leaves_an_incomplete_body(void **state)
{
	struct bench *b = bench_new(0);
	struct cs_block block = { 0, true, 0 };

	(void)state;
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, &block,
	       "0123456789abcdef");
	cs_following_tick(&b->m.following, now_ns);
	now_ns += 4 * CS_NS_PER_S;
	cs_following_tick(&b->m.following, now_ns);
	assert_int_equal(b->chunk->follow_ups, 0);
	assert_false(result(b).complete);
	assert_int_equal(result(b).blocks, 1);
	bench_free(b);
}

/* The rate holds for all that leaves, from now on. */
static void slow_down(struct bench *b, uint64_t rate_pps)
{
	static const struct cs_sipkey key = { 1, 2 };

	b->plan.rate_pps = rate_pps;
	cs_pace_init(&b->pace, rate_pps, CS_NS_PER_MS, now_ns);
	cs_following_init(&b->m.following, &b->plan, &b->lanes, &b->m.hosts, &b->pace,
			  &b->counters, &key, now_ns);
}

static unsigned count_heard(struct bench *b)
{
	uint8_t bytes[512];
	struct cs_msg msg;
	unsigned n = 0;

	while (device_got(b, bytes, &msg))
		n++;
	return n;
}

static void a_storm_of_cons_is_acknowledged_no_faster_than_the_rate(void **state)
{
	struct bench *b = bench_new(0);
	uint16_t mid = right_mid(b);

	(void)state;
	slow_down(b, 2);
	for (unsigned i = 0; i < CS_ACKS_MAX; i++)
		answer(b, CS_CON, CS_CODE_CONTENT, mid, no_token, NULL, "</a>");
	assert_int_equal(count_heard(b), 1);
	cs_following_tick(&b->m.following, now_ns = 499 * CS_NS_PER_MS);
	assert_int_equal(count_heard(b), 0);
	for (unsigned i = 1; i <= 4; i++) {
		cs_following_tick(&b->m.following, now_ns = i * 500 * CS_NS_PER_MS);
		assert_int_equal(count_heard(b), 1);
	}
	/* By now the device has repeated itself: the rest is of no use to it. */
	cs_following_tick(&b->m.following, now_ns = 2500 * CS_NS_PER_MS);
	assert_int_equal(count_heard(b), 0);
	assert_int_equal(b->m.following.acks_n, 0);
	assert_int_equal(cs_counted(&b->counters.follow_ups_sent), 5);
	bench_free(b);
}

static void more_acks_than_can_wait_are_left_out(void **state)
{
	struct bench *b = bench_new(0);
	struct cs_host host = { .ip = b->device, .port = b->port };

	(void)state;
	slow_down(b, 1);
	for (unsigned i = 0; i < CS_ACKS_WAITING + 10; i++) {
		host.acks_sent = 0;
		cs_follow_ack(&b->m.following, &host, b->port, (uint16_t)i, now_ns);
	}
	assert_int_equal(host.acks_sent, 0);
	assert_int_equal(b->m.following.acks_n, CS_ACKS_WAITING);
	assert_int_equal(count_heard(b), 1);
	bench_free(b);
}

static void an_answer_that_is_confirmed_and_proven_is_one_result(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t bytes[512], token[8];
	struct cs_msg msg;

	(void)state;
	answer(b, CS_NON, CS_CODE_CONTENT, (uint16_t)(right_mid(b) + 1), no_token, NULL,
	       "</a>");
	cs_following_tick(&b->m.following, now_ns);
	assert_true(device_got(b, bytes, &msg));
	memcpy(token, msg.token.ptr, sizeof(token));
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, NULL, "</b>");
	assert_int_equal(cs_counted(&b->counters.results), 1);
	answer(b, CS_ACK, CS_CODE_CONTENT, msg.mid, cs_span_of(token, sizeof(token)),
	       NULL, "</b>");
	assert_int_equal(cs_counted(&b->counters.results), 1);
	assert_int_equal(b->chunk->follow_ups, 0);
	bench_free(b);
}

static void a_device_that_takes_its_time_for_each_block_is_given_up(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t bytes[512], token[8];
	struct cs_block block = { .num = 0, .more = true, .szx = 0 };
	struct cs_msg msg;

	(void)state;
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, &block,
	       "0123456789abcdef");
	cs_following_tick(&b->m.following, now_ns);
	while (device_got(b, bytes, &msg)) {
		now_ns += 2 * CS_NS_PER_S;
		block.num++;
		memcpy(token, msg.token.ptr, sizeof(token));
		answer(b, CS_ACK, CS_CODE_CONTENT, msg.mid,
		       cs_span_of(token, sizeof(token)), &block, "0123456789abcdef");
		cs_following_tick(&b->m.following, now_ns);
	}
	assert_int_equal(block.num, CS_FOLLOW_DEVICE_S / 2);
	assert_int_equal(b->chunk->follow_ups, 0);
	assert_false(result(b).complete);
	assert_int_equal(result(b).blocks, CS_FOLLOW_DEVICE_S / 2 + 1);
	bench_free(b);
}

static void what_finds_no_room_is_lost_and_counted(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	b->m.hosts.memory = CS_HOSTS_MEMORY_MAX;
	answer(b, CS_CON, CS_CODE_CONTENT, right_mid(b), no_token, NULL, "</a>");
	assert_null(cs_hosts_find(&b->m.hosts, b->slot));
	assert_int_equal(cs_counted(&b->counters.overflow), 1);
	assert_int_equal(count_heard(b), 0);
	b->m.hosts.memory = 0;
	answer(b, CS_CON, CS_CODE_CONTENT, right_mid(b), no_token, NULL, "</a>");
	assert_int_equal(cs_counted(&b->counters.results), 1);
	bench_free(b);
}

static void a_hundred_thousand_datagrams_take_no_more_room(void **state)
{
	struct bench *b = bench_new(0);

	(void)state;
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, NULL, "x");

	uint64_t memory = b->m.hosts.memory;

	for (int i = 0; i < 100000; i++)
		answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, NULL, "x");
	assert_int_equal(result(b).datagrams, 100001);
	assert_int_equal(b->m.hosts.memory, memory);
	bench_free(b);
}

/* Another port of the same device, as a scan of several ports finds it. */
static struct cs_host *second_port(struct bench *b)
{
	struct cs_arrival arrival = { .slot = (b->slot + 1) % SLOTS,
				      .from = b->device,
				      .port = b->port,
				      .from_port = b->port };

	return cs_hosts_add(&b->m.hosts, b->chunk, &arrival);
}

static void one_request_is_open_to_an_address_whatever_the_port(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t bytes[512];
	struct cs_msg msg;

	(void)state;
	answer(b, CS_NON, CS_CODE_CONTENT, 0x7777, no_token, NULL, "non");
	assert_int_equal(cs_follow_confirm(&b->m.following, second_port(b)), CS_OK);
	cs_following_tick(&b->m.following, now_ns);
	assert_true(device_got(b, bytes, &msg));
	assert_false(device_got(b, bytes, &msg));
	cs_following_tick(&b->m.following, now_ns + CS_NS_PER_S);
	assert_false(device_got(b, bytes, &msg));

	/* The first one's silence is known; the other's turn has come. */
	cs_following_tick(&b->m.following, now_ns + 4 * CS_NS_PER_S);
	assert_true(device_got(b, bytes, &msg));
	assert_int_equal(b->chunk->follow_ups, 1);
	bench_free(b);
}

static void a_device_that_fell_silent_is_not_asked_at_another_port(void **state)
{
	struct bench *b = bench_new(0);
	struct cs_block block = { 0, true, 0 };
	uint8_t bytes[512];
	struct cs_msg msg;

	(void)state;
	answer(b, CS_ACK, CS_CODE_CONTENT, right_mid(b), no_token, &block,
	       "0123456789abcdef");
	assert_int_equal(cs_follow_confirm(&b->m.following, second_port(b)), CS_OK);
	cs_following_tick(&b->m.following, now_ns);
	assert_true(device_got(b, bytes, &msg)); /* the next block */
	cs_following_tick(&b->m.following, now_ns + 4 * CS_NS_PER_S);
	assert_false(device_got(b, bytes, &msg));
	assert_int_equal(b->chunk->follow_ups, 0);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piggybacked_answer_is_a_full_match),
		cmocka_unit_test(an_ack_for_another_message_is_rejected),
		cmocka_unit_test(copies_are_counted_and_the_first_stays),
		cmocka_unit_test(a_separate_response_replaces_the_empty_ack),
		cmocka_unit_test(acks_to_one_device_are_bounded),
		cmocka_unit_test(an_answer_by_port_alone_counts_once_confirmed),
		cmocka_unit_test(an_answer_by_port_alone_is_nothing_when_silence_follows),
		cmocka_unit_test(a_forged_first_answer_gives_way_to_the_proven_one),
		cmocka_unit_test(a_token_proves_an_answer_with_another_message_id),
		cmocka_unit_test(garbage_counts_when_the_device_reacts_with_garbage),
		cmocka_unit_test(garbage_proves_nothing_where_the_port_is_no_secret),
		cmocka_unit_test(a_malformed_answer_with_the_right_id_is_kept_as_it_is),
		cmocka_unit_test(what_was_not_asked_or_is_closed_is_no_answer),
		cmocka_unit_test(a_request_of_the_devices_own_is_no_answer),
		cmocka_unit_test(the_rest_of_a_body_is_fetched_block_by_block),
		cmocka_unit_test(a_device_that_falls_silent_leaves_an_incomplete_body),
		cmocka_unit_test(a_storm_of_cons_is_acknowledged_no_faster_than_the_rate),
		cmocka_unit_test(more_acks_than_can_wait_are_left_out),
		cmocka_unit_test(an_answer_that_is_confirmed_and_proven_is_one_result),
		cmocka_unit_test(a_device_that_takes_its_time_for_each_block_is_given_up),
		cmocka_unit_test(what_finds_no_room_is_lost_and_counted),
		cmocka_unit_test(a_hundred_thousand_datagrams_take_no_more_room),
		cmocka_unit_test(one_request_is_open_to_an_address_whatever_the_port),
		cmocka_unit_test(a_device_that_fell_silent_is_not_asked_at_another_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
