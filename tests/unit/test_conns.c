/* SPDX-License-Identifier: Apache-2.0 */
/* Who has to go, with sockets that nobody speaks on and a clock of our own. */
#include "test.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/conns.h"

enum { MOST = 6, MOST_OF = 4, ROOM = 16 };

struct room {
	struct cs_conns *conns;
	struct cs_conn *conn[ROOM];
	int fd[ROOM][2];
};

static int make(void **state)
{
	static const struct cs_conns_limits limits = { .most = MOST,
						       .most_of = MOST_OF,
						       .ask_ns = 15,
						       .idle_ns = 30,
						       .answer_ns = 600 };
	struct room *room = calloc(1, sizeof(*room));

	*state = room;
	return !room || cs_conns_new(&limits, &room->conns);
}

static int end(void **state)
{
	struct room *room = *state;

	cs_conns_free(room->conns);
	for (int i = 0; i < ROOM; i++)
		if (room->fd[i][0]) {
			(void)close(room->fd[i][0]);
			(void)close(room->fd[i][1]);
		}
	free(room);
	return 0;
}

static void come(struct room *room, int i, uint32_t from, int64_t now)
{
	struct cs_addr peer = cs_addr_v4(from);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, room->fd[i]), 0);
	room->conn[i] = cs_conns_add(room->conns, room->fd[i][0], &peer, now);
	assert_non_null(room->conn[i]);
}

static bool is_open(const struct room *room, int i)
{
	char byte;

	return recv(room->fd[i][1], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void the_longest_waiting_of_an_address_makes_room(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < MOST_OF; i++)
		come(room, i, 1, i);
	come(room, 5, 2, 0);
	assert_true(is_open(room, 0));
	come(room, 6, 1, 10);
	assert_false(is_open(room, 0));
	for (int i = 1; i < MOST_OF; i++)
		assert_true(is_open(room, i));
	assert_true(is_open(room, 5) && is_open(room, 6));
	assert_int_equal(cs_conns_count(room->conns), MOST_OF + 1);
	assert_int_equal(cs_conns_ended(room->conns, CS_CONN_CROWDED), 1);
}

static void the_longest_waiting_of_all_makes_room(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < MOST; i++)
		come(room, i, (uint32_t)i + 1, i);
	come(room, MOST, 99, 50);
	assert_false(is_open(room, 0));
	cs_conns_turn(room->conns, room->conn[1], CS_CONN_IDLE, 60);
	come(room, MOST + 1, 98, 61);
	assert_true(is_open(room, 1));
	assert_false(is_open(room, 2));
}

static void who_is_being_answered_stays(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < MOST; i++) {
		come(room, i, 1 + (uint32_t)i / 3, i);
		cs_conns_turn(room->conns, room->conn[i], CS_CONN_ANSWERED, i);
	}
	come(room, MOST, 99, 50);
	for (int i = 0; i < MOST; i++)
		assert_true(is_open(room, i));
	assert_false(is_open(room, MOST)); /* the only one that waits */
	assert_int_equal(cs_conns_answering(room->conns), MOST);
}

static void patience_depends_on_what_is_waited_for(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 3; i++)
		come(room, i, (uint32_t)i + 1, 0);
	cs_conns_turn(room->conns, room->conn[1], CS_CONN_IDLE, 0);
	cs_conns_turn(room->conns, room->conn[2], CS_CONN_ANSWERED, 0);
	cs_conns_sweep(room->conns, 15);
	assert_true(is_open(room, 0));
	cs_conns_sweep(room->conns, 16);
	assert_true(!is_open(room, 0) && is_open(room, 1));
	cs_conns_sweep(room->conns, 31);
	assert_true(!is_open(room, 1) && is_open(room, 2));
	cs_conns_sweep(room->conns, 600);
	assert_true(is_open(room, 2));
	cs_conns_sweep(room->conns, 601);
	assert_false(is_open(room, 2));
	assert_int_equal(cs_conns_ended(room->conns, CS_CONN_SLOW), 3);
	assert_int_equal(cs_conns_count(room->conns), 0);
}

static void at_the_end_only_answers_go_on(void **state)
{
	struct room *room = *state;

	come(room, 0, 1, 0);
	come(room, 1, 1, 0);
	cs_conns_turn(room->conns, room->conn[1], CS_CONN_ANSWERED, 0);
	cs_conns_end(room->conns);
	assert_true(!is_open(room, 0) && is_open(room, 1));
	cs_conns_remove(room->conns, room->conn[0]);
	cs_conns_remove(room->conns, room->conn[1]);
	assert_int_equal(cs_conns_count(room->conns), 0);
	assert_int_equal(cs_conns_answering(room->conns), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_longest_waiting_of_an_address_makes_room, make, end),
		cmocka_unit_test_setup_teardown(the_longest_waiting_of_all_makes_room,
						make, end),
		cmocka_unit_test_setup_teardown(who_is_being_answered_stays, make, end),
		cmocka_unit_test_setup_teardown(patience_depends_on_what_is_waited_for,
						make, end),
		cmocka_unit_test_setup_teardown(at_the_end_only_answers_go_on, make, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
