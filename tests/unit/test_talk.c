/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "net/talk.h"

static uint8_t room[CS_TALK_DATAGRAM];

static struct cs_talk opened(void)
{
	const struct cs_talk_want want = { .v4 = true, .v6 = false, .pick = 4711 };
	struct cs_talk talk;

	assert_int_equal(cs_talk_open(&want, &talk), CS_OK);
	return talk;
}

/* A peer's socket on a port of its own; *@port is which. */
static int peer_socket(uint16_t *port)
{
	struct cs_addr loopback = cs_addr_v4(0x7f000001), ip;
	struct sockaddr_storage sa;
	socklen_t len = cs_addr_to_sockaddr(&loopback, 0, 0, &sa);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	len = sizeof(sa);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	assert_true(cs_addr_from_sockaddr(&sa, &ip, port));
	return fd;
}

static bool receive(const struct cs_talk *talk, struct cs_talk_in *in)
{
	struct pollfd p = { .fd = talk->fd[0], .events = POLLIN };

	(void)poll(&p, 1, 5000); /* loopback answers at once; or the test fails */
	return cs_talk_receive(talk, 0, room, in);
}

static void datagrams_go_and_come(void **state)
{
	const struct cs_addr loopback = cs_addr_v4(0x7f000001);
	struct cs_talk talk = opened();
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	struct cs_talk_in in;
	char got[8];
	uint16_t port;
	int fd = peer_socket(&port);

	(void)state;
	assert_false(cs_talk_receive(&talk, 0, room, &in));
	assert_false(cs_talk_receive(&talk, 1, room, &in)); /* not opened */
	assert_int_equal(cs_talk_send(&talk, &loopback, port, SPAN("ping")), CS_OK);
	assert_int_equal(
		recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&from, &len), 4);
	assert_int_equal(sendto(fd, "pong!", 5, 0, (struct sockaddr *)&from, len), 5);
	assert_true(receive(&talk, &in));
	assert_int_equal(in.error, 0);
	assert_int_equal(in.port, port);
	assert_int_equal(cs_addr_cmp(&in.ip, &loopback), 0);
	assert_true(cs_span_eq(in.bytes, SPAN("pong!")));
	assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&from, len), 0);
	assert_true(receive(&talk, &in));
	assert_int_equal(in.bytes.len, 0);
	close(fd);
	cs_talk_close(&talk);
}

static void a_closed_port_is_told_with_whose_it_is(void **state)
{
	const struct cs_addr loopback = cs_addr_v4(0x7f000001);
	struct cs_talk talk = opened();
	struct cs_talk_in in;
	uint16_t closed;
	int fd = peer_socket(&closed);

	(void)state;
	close(fd);
	assert_int_equal(cs_talk_send(&talk, &loopback, closed, SPAN("ping")), CS_OK);
	assert_true(receive(&talk, &in));
	assert_int_equal(in.error, ECONNREFUSED);
	assert_int_equal(in.port, closed);
	assert_int_equal(cs_addr_cmp(&in.ip, &loopback), 0);
	assert_false(cs_talk_receive(&talk, 0, room, &in));
	cs_talk_close(&talk);
}

static void one_device_s_error_does_not_stop_what_goes_to_others(void **state)
{
	const struct cs_addr loopback = cs_addr_v4(0x7f000001);
	struct cs_talk talk = opened();
	struct cs_talk_in in;
	uint16_t closed, port;
	int gone = peer_socket(&closed), fd = peer_socket(&port);
	char got[8];

	(void)state;
	close(gone);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(cs_talk_send(&talk, &loopback, closed, SPAN("a")),
				 CS_OK);
		assert_int_equal(cs_talk_send(&talk, &loopback, port, SPAN("b")), CS_OK);
		assert_int_equal(recv(fd, got, sizeof(got), 0), 1);
		assert_int_equal(got[0], 'b');
		assert_true(receive(&talk, &in));
		assert_int_equal(in.error, ECONNREFUSED);
	}
	close(fd);
	cs_talk_close(&talk);
}

static void a_source_port_that_is_taken_is_passed_over_in_a_range(void **state)
{
	struct cs_talk_want want = { .v4 = true };
	struct cs_talk talk;
	uint16_t taken;
	int fd = peer_socket(&taken);

	(void)state;
	want.port_first = want.port_last = taken;
	assert_int_equal(cs_talk_open(&want, &talk), CS_ERR_BUSY);
	assert_int_equal(talk.fd[0], -1);
	want.port_last = taken < 65000 ? (uint16_t)(taken + 50) : taken;
	if (want.port_last > taken) {
		assert_int_equal(cs_talk_open(&want, &talk), CS_OK);
		assert_in_range(talk.port, taken + 1, want.port_last);
		cs_talk_close(&talk);
	}
	close(fd);
}

static void an_interface_that_is_not_there_is_said(void **state)
{
	const struct cs_talk_want want = { .v4 = true, .interface = "no-such0" };
	struct cs_talk talk;

	(void)state;
	assert_int_equal(cs_talk_open(&want, &talk), CS_ERR_NOT_FOUND);
	cs_talk_close(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_go_and_come),
		cmocka_unit_test(a_closed_port_is_told_with_whose_it_is),
		cmocka_unit_test(one_device_s_error_does_not_stop_what_goes_to_others),
		cmocka_unit_test(a_source_port_that_is_taken_is_passed_over_in_a_range),
		cmocka_unit_test(an_interface_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
