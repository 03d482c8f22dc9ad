/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tx.h"

static const uint8_t message[] = "\x48\x01..........tail";
static const struct cs_tx_template template = {
	.bytes = message,
	.len = sizeof(message) - 1,
	.mid_at = 2,
	.token_at = 4,
	.token_len = 8,
};

static struct cs_ports ports;
static struct cs_tx *tx;
static int listener;
static uint16_t listener_port;

static int open_all(void **state)
{
	struct cs_ports_want want = { .n = 2, .v4 = true, .pick = 99 };
	struct cs_addr us = cs_addr_v4(INADDR_LOOPBACK);
	struct sockaddr_storage at;
	socklen_t len = cs_addr_to_sockaddr(&us, 0, 0, &at);
	uint16_t taken;

	(void)state;
	listener = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(listener, (struct sockaddr *)&at, len) ||
	    getsockname(listener, (struct sockaddr *)&at, &len) ||
	    !cs_addr_from_sockaddr(&at, &us, &listener_port))
		return -1;
	return cs_ports_open(&want, &ports, &taken) ||
	       cs_tx_udp_open(&ports, &template, 0, &tx);
}

static int close_all(void **state)
{
	(void)state;
	cs_tx_close(tx);
	cs_ports_close(&ports);
	return close(listener);
}

static struct cs_tx_probe probe_to(uint32_t address, uint16_t mid)
{
	return (struct cs_tx_probe){ .to = cs_addr_v4(address),
				     .port = listener_port,
				     .mid = mid,
				     .token = "tokentok" };
}

/* Takes what came; returns its length, or -1 when nothing is there. */
static ssize_t hear(uint8_t bytes[64], uint16_t *from_port)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	struct cs_addr a;
	ssize_t n = recvfrom(listener, bytes, 64, MSG_DONTWAIT, (struct sockaddr *)&from,
			     &len);

	if (n >= 0)
		assert_true(cs_addr_from_sockaddr(&from, &a, from_port));
	return n;
}

static void mid_and_token_are_patched_in(void **state)
{
	struct cs_tx_probe probes[2] = { probe_to(INADDR_LOOPBACK, 0x1234),
					 probe_to(INADDR_LOOPBACK, 0xfffe) };
	enum cs_err err = CS_OK;
	uint8_t got[64];
	uint16_t port;

	(void)state;
	assert_int_equal(cs_tx_send(tx, 1, probes, 2, &err), 2);
	assert_int_equal(hear(got, &port), template.len);
	assert_memory_equal(got, "\x48\x01\x12\x34tokentoktail", template.len);
	assert_int_equal(port, ports.first + 1);
	assert_int_equal(hear(got, &port), template.len);
	assert_memory_equal(got, "\x48\x01\xff\xfetokentoktail", template.len);
	assert_int_equal(hear(got, &port), -1);
}

static void the_count_and_the_error_are_those_of_the_first_that_stays(void **state)
{
	struct cs_tx_probe probes[3] = { probe_to(INADDR_LOOPBACK, 1),
					 probe_to(INADDR_BROADCAST, 2),
					 probe_to(INADDR_LOOPBACK, 3) };
	enum cs_err err = CS_OK;
	uint8_t got[64];
	uint16_t port;

	(void)state;
	assert_int_equal(cs_tx_send(tx, 0, probes, 3, &err), 1);
	assert_int_equal(err, CS_ERR_NO_ROUTE);
	assert_int_equal(cs_tx_send(tx, 0, probes + 1, 2, &err), 0);
	assert_int_equal(err, CS_ERR_NO_ROUTE);
	assert_int_equal(cs_tx_send(tx, 0, probes + 2, 1, &err), 1);
	assert_int_equal(hear(got, &port), template.len);
	assert_int_equal(got[3], 1);
	assert_int_equal(hear(got, &port), template.len);
	assert_int_equal(got[3], 3);
}

static void a_family_without_a_socket_is_an_io_error(void **state)
{
	struct cs_tx_probe probe = { .to = { .b = { [15] = 1 } }, .port = 5683 };
	enum cs_err err = CS_OK;

	(void)state;
	assert_int_equal(cs_tx_send(tx, 0, &probe, 1, &err), 0);
	assert_int_equal(err, CS_ERR_IO);
}

static void an_icmp_error_is_not_a_later_sends_error(void **state)
{
	struct cs_tx_probe probes[CS_TX_BATCH];
	enum cs_err err = CS_OK;
	uint8_t got[64];
	uint16_t port;

	(void)state;
	for (unsigned i = 0; i < CS_TX_BATCH; i++) {
		probes[i] = probe_to(INADDR_LOOPBACK, (uint16_t)i);
		if (i % 2)
			probes[i].port = 1; /* nobody there: port unreachable */
	}
	for (unsigned round = 0; round < 4; round++) {
		assert_int_equal(cs_tx_send(tx, 0, probes, CS_TX_BATCH, &err),
				 CS_TX_BATCH);
		for (unsigned i = 0; i < CS_TX_BATCH; i += 2) {
			assert_int_equal(hear(got, &port), template.len);
			assert_int_equal(got[3], i);
		}
	}
}

static void families_may_be_mixed_in_a_batch(void **state)
{
	struct cs_ports_want want = { .n = 1, .v4 = true, .v6 = true, .pick = 1234 };
	struct cs_addr ours = { .b = { [15] = 1 } };
	static struct cs_ports both;
	struct cs_tx_probe probes[5];
	enum cs_err err = CS_OK;
	struct cs_tx *mixed;
	uint16_t taken, port;
	uint8_t got[64];

	(void)state;
	if (cs_ports_open(&want, &both, &taken))
		NOT_HERE("a host without IPv6");
	assert_int_equal(cs_tx_udp_open(&both, &template, 0, &mixed), CS_OK);
	for (unsigned i = 0; i < 5; i++) {
		probes[i] = probe_to(INADDR_LOOPBACK, (uint16_t)i);
		if (i == 1 || i == 2)
			probes[i].to = ours; /* nobody hears it: that is no error */
	}
	assert_int_equal(cs_tx_send(mixed, 0, probes, 5, &err), 5);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(hear(got, &port), template.len);
		assert_int_equal(port, both.first);
		assert_int_equal(got[3], i == 0 ? 0 : i + 2);
	}
	assert_int_equal(hear(got, &port), -1);
	cs_tx_close(mixed);
	cs_ports_close(&both);
}

static void an_empty_batch_is_nothing(void **state)
{
	enum cs_err err = CS_OK;

	(void)state;
	assert_int_equal(cs_tx_send(tx, 0, NULL, 0, &err), 0);
	assert_int_equal(err, CS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mid_and_token_are_patched_in),
		cmocka_unit_test(
			the_count_and_the_error_are_those_of_the_first_that_stays),
		cmocka_unit_test(a_family_without_a_socket_is_an_io_error),
		cmocka_unit_test(an_icmp_error_is_not_a_later_sends_error),
		cmocka_unit_test(families_may_be_mixed_in_a_batch),
		cmocka_unit_test(an_empty_batch_is_nothing),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
