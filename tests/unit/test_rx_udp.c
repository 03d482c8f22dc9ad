/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/rx.h"

enum { WAIT_MS = 5000 /* for what has been sent already */ };

static struct cs_ports ports;
static struct cs_rx *rx;
static int stranger;
static uint16_t stranger_port;

static int open_all(void **state)
{
	struct cs_ports_want want = {
		.n = 4, .v4 = true, .receive_buffer = 65536, .pick = 3
	};
	struct cs_addr us = cs_addr_v4(INADDR_LOOPBACK);
	struct sockaddr_storage at;
	socklen_t len = cs_addr_to_sockaddr(&us, 0, 0, &at);
	uint16_t taken;

	(void)state;
	stranger = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(stranger, (struct sockaddr *)&at, len) ||
	    getsockname(stranger, (struct sockaddr *)&at, &len) ||
	    !cs_addr_from_sockaddr(&at, &us, &stranger_port))
		return -1;
	return cs_ports_open(&want, &ports, &taken) || cs_rx_udp_open(&ports, &rx);
}

static int close_all(void **state)
{
	(void)state;
	cs_rx_close(rx);
	cs_ports_close(&ports);
	return close(stranger);
}

static ssize_t say(unsigned index, const void *bytes, size_t len)
{
	struct cs_addr us = cs_addr_v4(INADDR_LOOPBACK);
	struct sockaddr_storage to;
	socklen_t to_len =
		cs_addr_to_sockaddr(&us, (uint16_t)(ports.first + index), 0, &to);

	return sendto(stranger, bytes, len, 0, (struct sockaddr *)&to, to_len);
}

struct heard {
	unsigned n;
	unsigned per_port[4];
	size_t longest;
	struct cs_datagram last; /* its payload is gone */
	uint8_t first_bytes[4];
};

static void note(void *arg, const struct cs_datagram *d)
{
	struct heard *h = arg;

	assert_in_range(d->to_port, ports.first, ports.first + 3);
	h->n++;
	h->per_port[d->to_port - ports.first]++;
	if (d->payload.len > h->longest)
		h->longest = d->payload.len;
	if (d->payload.len >= 4)
		memcpy(h->first_bytes, d->payload.ptr, 4);
	h->last = *d;
}

static void a_datagram_comes_with_its_ports_and_time(void **state)
{
	int64_t before = cs_clock_wall(cs_clock_system());
	struct heard h = { 0 };
	struct cs_addr us = cs_addr_v4(INADDR_LOOPBACK);

	(void)state;
	assert_int_equal(say(2, "hello", 5), 5);
	assert_int_equal(cs_rx_poll(rx, WAIT_MS, note, &h), 1);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.last.to_port, ports.first + 2);
	assert_int_equal(h.last.from_port, stranger_port);
	assert_int_equal(cs_addr_cmp(&h.last.from, &us), 0);
	assert_int_equal(h.last.payload.len, 5);
	assert_memory_equal(h.first_bytes, "hell", 4);
	assert_true(h.last.wall_us >= before - CS_US_PER_MS);
	assert_true(h.last.wall_us <= cs_clock_wall(cs_clock_system()));
}

static void nothing_there_is_nothing(void **state)
{
	struct heard h = { 0 };

	(void)state;
	assert_int_equal(cs_rx_poll(rx, 0, note, &h), 0);
	assert_int_equal(h.n, 0);
}

static void all_sizes_pass_whole(void **state)
{
	static uint8_t largest[65507];
	struct heard h = { 0 };

	(void)state;
	memcpy(largest, "BIG!", 4);
	assert_int_equal(say(0, largest, sizeof(largest)), sizeof(largest));
	assert_int_equal(cs_rx_poll(rx, WAIT_MS, note, &h), 1);
	assert_int_equal(h.longest, 65507);
	assert_memory_equal(h.first_bytes, "BIG!", 4);
	assert_int_equal(say(0, "", 0), 0);
	assert_int_equal(cs_rx_poll(rx, WAIT_MS, note, &h), 1);
	assert_int_equal(h.last.payload.len, 0);
}

static void many_on_several_ports_all_come(void **state)
{
	struct cs_rx_stats before, after;
	struct heard h = { 0 };

	(void)state;
	cs_rx_stats(rx, &before);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(say(i % 2 ? 1 : 3, "x", 1), 1);
	while (h.n < 100 && cs_rx_poll(rx, WAIT_MS, note, &h) > 0)
		;
	assert_int_equal(h.per_port[1], 50);
	assert_int_equal(h.per_port[3], 50);
	cs_rx_stats(rx, &after);
	assert_int_equal(after.datagrams - before.datagrams, 100);
	assert_int_equal(after.dropped - before.dropped, 0);
}

static void what_does_not_fit_is_counted(void **state)
{
	enum { SENT = 1000 };
	struct cs_rx_stats stats;
	struct heard h = { 0 };

	(void)state;
	for (unsigned i = 0; i < SENT; i++)
		assert_int_equal(say(0, "x", 1), 1);
	cs_rx_stats(rx, &stats);
	assert_true(stats.fill > 0.9);
	while (cs_rx_poll(rx, 0, note, &h) > 0)
		;
	assert_true(h.n < SENT);
	cs_rx_stats(rx, &stats);
	assert_int_equal(h.n + stats.dropped, SENT);
	assert_true(stats.fill < 0.1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_comes_with_its_ports_and_time),
		cmocka_unit_test(nothing_there_is_nothing),
		cmocka_unit_test(all_sizes_pass_whole),
		cmocka_unit_test(many_on_several_ports_all_come),
		cmocka_unit_test(what_does_not_fit_is_counted),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
