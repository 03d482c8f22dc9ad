/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/notify.h"

static void a_service_manager_is_told_by_one_datagram(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int with = socket(AF_UNIX, SOCK_DGRAM, 0), fd;
	socklen_t len = sizeof(at);
	char name[sizeof(at.sun_path) + 1], got[32];

	(void)state;
	/* An abstract address that the kernel picks. */
	assert_int_equal(bind(with, (struct sockaddr *)&at, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(with, (struct sockaddr *)&at, &len), 0);
	memset(name, 0, sizeof(name));
	memcpy(name, at.sun_path, len - sizeof(sa_family_t));
	name[0] = '@';
	fd = cs_notify_open(name);
	assert_true(fd >= 0);
	cs_notify_say(fd, "READY=1");
	assert_int_equal(recv(with, got, sizeof(got), MSG_DONTWAIT), 7);
	assert_memory_equal(got, "READY=1", 7);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(with), 0);
	assert_int_equal(cs_notify_open(NULL), -1);
	assert_int_equal(cs_notify_open(""), -1);
	assert_int_equal(cs_notify_open("relative"), -1);
	assert_int_equal(cs_notify_open("/nowhere/at/all"), -1);
	cs_notify_say(-1, "READY=1");
}

static const struct {
	const char *usec, *pid;
	int64_t every;
} watchdogs[] = {
	{ "30000000", "77", 15000000 },
	{ "30000000", NULL, 15000000 },
	{ "1", "77", 1 },
	{ NULL, "77", 0 },
	{ "", "77", 0 },
	{ "0", "77", 0 },
	{ "-5", "77", 0 },
	{ "10s", "77", 0 },
	{ "99999999999999999999", "77", 0 },
	{ "30000000", "78", 0 }, /* somebody else's */
	{ "30000000", "", 0 },
};

static void the_watchdog_is_fed_twice_in_its_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(watchdogs); i++)
		assert_int_equal(
			cs_notify_every_us(watchdogs[i].usec, watchdogs[i].pid, 77),
			watchdogs[i].every);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_manager_is_told_by_one_datagram),
		cmocka_unit_test(the_watchdog_is_fed_twice_in_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
