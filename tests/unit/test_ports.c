/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/ports.h"

static struct cs_ports ports, others;

static struct cs_ports_want some(uint16_t n)
{
	return (struct cs_ports_want){
		.n = n, .v4 = true, .source_v4 = cs_addr_v4(INADDR_LOOPBACK), .pick = 7
	};
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t len = sizeof(at);
	struct cs_addr a;
	uint16_t port = 0;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	assert_true(cs_addr_from_sockaddr(&at, &a, &port));
	return port;
}

static void a_found_block_is_aligned_and_bound(void **state)
{
	struct cs_ports_want want = some(16);
	uint16_t taken = 1;

	(void)state;
	assert_int_equal(cs_ports_open(&want, &ports, &taken), CS_OK);
	assert_int_equal(taken, 0);
	assert_int_equal(ports.n, 16);
	assert_int_equal(ports.first % 16, 0);
	assert_in_range(ports.first, 32768, 60999 - 15);
	for (unsigned i = 0; i < 16; i++) {
		assert_int_equal(bound_port(ports.fd_v4[i]), ports.first + i);
		assert_int_equal(ports.fd_v6[i], -1);
	}
	assert_int_equal(ports.fd_v4[16], -1);
	cs_ports_close(&ports);
	assert_int_equal(ports.n, 0);
	assert_int_equal(ports.fd_v4[0], -1);
}

static void a_search_steps_over_a_block_in_use(void **state)
{
	struct cs_ports_want want = some(4);
	uint16_t taken;

	(void)state;
	assert_int_equal(cs_ports_open(&want, &ports, &taken), CS_OK);
	assert_int_equal(cs_ports_open(&want, &others, &taken), CS_OK);
	assert_int_not_equal(ports.first, others.first);
	cs_ports_close(&others);
	cs_ports_close(&ports);
}

static void the_last_block_is_followed_by_the_first(void **state)
{
	struct cs_ports_want want = some(256);
	uint16_t taken;

	(void)state;
	want.pick = (60928 - 32768) / 256 - 1;
	assert_int_equal(cs_ports_open(&want, &ports, &taken), CS_OK);
	assert_int_equal(cs_ports_open(&want, &others, &taken), CS_OK);
	assert_true(others.first != ports.first);
	assert_in_range(others.first, 32768, 60999 - 255);
	cs_ports_close(&others);
	cs_ports_close(&ports);
}

static void a_named_port_in_use_is_said_and_nothing_stays_open(void **state)
{
	struct cs_ports_want want = some(2);
	uint16_t taken;

	(void)state;
	assert_int_equal(cs_ports_open(&want, &ports, &taken), CS_OK);

	struct cs_ports_want named = some(0);

	named.first = (uint16_t)(ports.first - 1);
	named.last = (uint16_t)(ports.first + 1);
	errno = 0;
	assert_int_equal(cs_ports_open(&named, &others, &taken), CS_ERR_BUSY);
	assert_int_equal(errno, EADDRINUSE);
	assert_in_range(taken, ports.first - 1, ports.first);
	assert_int_equal(others.n, 0);

	/* The two are free again once they are closed. */
	named.first++;
	cs_ports_close(&ports);
	assert_int_equal(cs_ports_open(&named, &others, &taken), CS_OK);
	assert_int_equal(others.n, 2);
	assert_int_equal(others.first, named.first);
	cs_ports_close(&others);
}

static void wishes_out_of_range_are_refused(void **state)
{
	uint16_t taken;

	(void)state;
	for (unsigned n = 0; n < 6; n++) {
		struct cs_ports_want want = some((uint16_t[]){ 0, 3, 257, 512, 0, 0 }[n]);

		if (n >= 4) {
			want.first = 40000;
			want.last = n == 4 ? 39999 : 40256;
		}
		assert_int_equal(cs_ports_open(&want, &ports, &taken), CS_ERR_RANGE);
		assert_int_equal(ports.n, 0);
	}
}

static void an_address_that_is_not_ours_is_an_error(void **state)
{
	struct cs_ports_want want = some(1);
	uint16_t taken;

	(void)state;
	want.source_v4 = cs_addr_v4(0xc0000201); /* 192.0.2.1, documentation */
	assert_int_equal(cs_ports_open(&want, &ports, &taken), CS_ERR_IO);
	assert_int_equal(errno, EADDRNOTAVAIL);
}

static void what_was_granted_is_told(void **state)
{
	struct cs_ports_want want = some(2);
	uint16_t taken;

	(void)state;
	want.receive_buffer = 65536;
	assert_int_equal(cs_ports_open(&want, &ports, &taken), CS_OK);
	assert_int_equal(ports.receive_buffer, 65536);
	cs_ports_close(&ports);
}

static void a_deaf_socket_hears_nothing(void **state)
{
	struct cs_ports_want want = some(1);
	struct sockaddr_storage to;
	struct cs_addr us = cs_addr_v4(INADDR_LOOPBACK);
	uint16_t taken;
	char byte = 0;

	(void)state;
	want.deaf = true;
	assert_int_equal(cs_ports_open(&want, &ports, &taken), CS_OK);
	assert_true(ports.deaf);

	socklen_t len = cs_addr_to_sockaddr(&us, ports.first, 0, &to);

	assert_int_equal(sendto(ports.fd_v4[0], "x", 1, 0, (struct sockaddr *)&to, len),
			 1);
	assert_int_equal(recv(ports.fd_v4[0], &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	cs_ports_close(&ports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_found_block_is_aligned_and_bound),
		cmocka_unit_test(a_search_steps_over_a_block_in_use),
		cmocka_unit_test(the_last_block_is_followed_by_the_first),
		cmocka_unit_test(a_named_port_in_use_is_said_and_nothing_stays_open),
		cmocka_unit_test(wishes_out_of_range_are_refused),
		cmocka_unit_test(an_address_that_is_not_ours_is_an_error),
		cmocka_unit_test(what_was_granted_is_told),
		cmocka_unit_test(a_deaf_socket_hears_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
