/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "protect/listeners.h"

/* --- of this machine --- */

/* A socket on a free port of @text; its port. */
static int bind_to(const char *text, int type, uint16_t *port)
{
	struct cs_addr a = addr(text);
	struct sockaddr_storage sa;
	socklen_t len = cs_addr_to_sockaddr(&a, 0, 0, &sa);
	int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len))
		return -1;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	assert_true(cs_addr_from_sockaddr(&sa, &a, port));
	return fd;
}

/* Ours: at another address or over the other protocol the port may be somebody else's too. */
static const struct cs_listener *find(const struct cs_listener *list, size_t n, bool tcp,
				      uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].port == port && list[i].tcp == tcp && list[i].pid == getpid())
			return &list[i];
	return NULL;
}

static void read_name(char name[16])
{
	FILE *comm = fopen("/proc/self/comm", "r");

	assert_non_null(comm);
	assert_non_null(fgets(name, 16, comm));
	name[strcspn(name, "\n")] = '\0';
	(void)fclose(comm);
}

static void a_udp_socket_is_found_with_its_process(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listener *list;
	const struct cs_listener *mine;
	uint16_t port = 0;
	int fd = bind_to("127.0.0.1", SOCK_DGRAM, &port);
	char name[16];
	size_t n;

	(void)state;
	read_name(name);
	assert_int_equal(cs_listeners_read(&arena, &list, &n), CS_OK);
	mine = find(list, n, false, port);
	assert_non_null(mine);
	assert_int_equal(mine->pid, getpid());
	assert_string_equal(mine->process, name);
	assert_int_equal(cs_addr_low32(&mine->address), INADDR_LOOPBACK);
	(void)close(fd);
	cs_arena_clear(&arena);
}

static void a_connected_udp_socket_takes_nothing_from_strangers(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listener *list;
	struct cs_addr peer = addr("127.0.0.1");
	struct sockaddr_storage sa;
	socklen_t len = cs_addr_to_sockaddr(&peer, 9, 0, &sa);
	uint16_t port = 0;
	int fd = bind_to("127.0.0.1", SOCK_DGRAM, &port);
	size_t n;

	(void)state;
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(cs_listeners_read(&arena, &list, &n), CS_OK);
	assert_null(find(list, n, false, port));
	(void)close(fd);
	cs_arena_clear(&arena);
}

static void a_tcp_socket_is_one_only_while_it_listens(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listener *list;
	uint16_t port = 0;
	int fd = bind_to("127.0.0.1", SOCK_STREAM, &port);
	size_t n;

	(void)state;
	assert_int_equal(cs_listeners_read(&arena, &list, &n), CS_OK);
	assert_null(find(list, n, true, port));
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(cs_listeners_read(&arena, &list, &n), CS_OK);
	assert_non_null(find(list, n, true, port));
	assert_null(find(list, n, false, port));
	(void)close(fd);
	cs_arena_clear(&arena);
}

static void an_ipv6_socket_says_whether_it_takes_ipv4(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listener *list;
	uint16_t both = 0, one = 0;
	int a = bind_to("::", SOCK_DGRAM, &both), b, on = 1;
	size_t n;

	(void)state;
	if (a < 0)
		NOT_HERE("no IPv6");
	b = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(b, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(sa);

	assert_int_equal(bind(b, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(getsockname(b, (struct sockaddr *)&sa, &len), 0);
	one = ntohs(sa.sin6_port);
	assert_int_equal(cs_listeners_read(&arena, &list, &n), CS_OK);
	assert_false(find(list, n, false, both)->only_v6);
	assert_true(find(list, n, false, one)->only_v6);
	(void)close(a);
	(void)close(b);
	cs_arena_clear(&arena);
}

/* --- who takes it --- */

static const struct {
	const char *name; /* what is special */
	const char *bound;
	bool only_v6, tcp;
	const char *to;
	bool takes;
} takers[] = {
	{ "bound to the address", "10.0.0.1", false, false, "10.0.0.1", true },
	{ "bound to another one", "10.0.0.2", false, false, "10.0.0.1", false },
	{ "bound to loopback", "127.0.0.1", false, false, "10.0.0.1", false },
	{ "all of IPv4", "0.0.0.0", false, false, "10.0.0.1", true },
	{ "all of IPv4 takes no IPv6", "0.0.0.0", false, false, "fd00::1", false },
	{ "all of both", "::", false, false, "10.0.0.1", true },
	{ "all of IPv6 alone", "::", true, false, "10.0.0.1", false },
	{ "all of IPv6", "::", true, false, "fd00::1", true },
	{ "a group, bound to all", "0.0.0.0", false, false, "224.0.1.187", true },
	{ "a group, bound to it", "ff02::fd", false, false, "ff02::fd", true },
	{ "a group, bound to an address", "10.0.0.1", false, false, "224.0.1.187",
	  false },
	{ "a group has no TCP", "0.0.0.0", false, true, "224.0.1.187", false },
	{ "a mapped address is IPv4", "::ffff:10.0.0.1", false, false, "10.0.0.1", true },
};

static void a_socket_takes_what_it_is_bound_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(takers); i++) {
		const struct cs_listener l = { .address = addr(takers[i].bound),
					       .tcp = takers[i].tcp,
					       .only_v6 = takers[i].only_v6,
					       .port = 5683 };
		const struct cs_addr to = addr(takers[i].to);
		bool takes = cs_listeners_find(&l, 1, &to, 7, l.tcp, 5683) == &l;

		if (takes != takers[i].takes)
			fail_msg("%s", takers[i].name);
		assert_null(cs_listeners_find(&l, 1, &to, 7, l.tcp, 5684));
		assert_null(cs_listeners_find(&l, 1, &to, 7, !l.tcp, 5683));
	}
}

static void the_socket_that_is_bound_closest_takes_it(void **state)
{
	const struct cs_listener list[] = {
		{ .address = addr("::"), .port = 5683 },
		{ .address = addr("0.0.0.0"), .port = 5683 },
		{ .address = addr("10.0.0.1"), .port = 5683 },
	};
	const struct cs_addr one = addr("10.0.0.1"), other = addr("10.0.0.9");

	(void)state;
	assert_ptr_equal(cs_listeners_find(list, 3, &one, 7, false, 5683), &list[2]);
	assert_ptr_equal(cs_listeners_find(list, 3, &other, 7, false, 5683), &list[1]);
}

static void a_socket_of_one_interface_takes_nothing_of_another(void **state)
{
	const struct cs_listener list[] = {
		{ .address = addr("0.0.0.0"), .port = 5683, .link = 3 }
	};
	const struct cs_addr to = addr("10.0.0.1");

	(void)state;
	assert_ptr_equal(cs_listeners_find(list, 1, &to, 3, false, 5683), &list[0]);
	assert_null(cs_listeners_find(list, 1, &to, 2, false, 5683));
}

/* --- groups --- */

static const struct {
	const char *line;
	bool v4;
	const char *want; /* NULL: none */
} lines[] = {
	{ "7    eth0            ff0500000000000000000000000000fd     1 00000004 0\n",
	  false, "ff05::fd" },
	{ "7    eth0            ff0500000000000000000000000000f\n", false, NULL },
	{ "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n", true,
	  NULL },
	{ "4\teth0      :     1      V3\n", true, NULL },
	{ "\t\t\t\tBB0100EG     1 0:00000000\t\t0\n", true, NULL },
	{ "\n", true, NULL },
	{ "", false, NULL },
};

static void groups_are_read_from_the_kernels_lines(void **state)
{
	char text[CS_ADDR_TEXT];
	struct cs_addr a;

	(void)state;
	for (size_t i = 0; i < CS_LEN(lines); i++) {
		size_t len = strlen(lines[i].line);
		uint8_t *copy = heap_copy(lines[i].line, len);

		text[0] = '\0';
		if (cs_groups_line(cs_span_of(copy, len), lines[i].v4, &a))
			cs_addr_text(&a, text);
		if (strcmp(text, lines[i].want ? lines[i].want : "") != 0)
			fail_msg("%s: %s", lines[i].line, text);
		free(copy);
	}
}

static void a_group_that_is_joined_is_found(void **state)
{
	struct cs_addr group = addr("224.0.1.187"), *groups;
	struct ip_mreqn join = { .imr_ifindex = 1 };
	struct cs_arena arena = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t n, found = 0;

	(void)state;
	memcpy(&join.imr_multiaddr, group.b + 12, 4);
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join))) {
		(void)close(fd);
		NOT_HERE("no loopback interface to join at");
	}
	assert_int_equal(cs_groups_read(&arena, &groups, &n), CS_OK);
	for (size_t i = 0; i < n; i++)
		found += cs_addr_cmp(&groups[i], &group) == 0;
	assert_true(found > 0);
	(void)close(fd);
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_udp_socket_is_found_with_its_process),
		cmocka_unit_test(a_connected_udp_socket_takes_nothing_from_strangers),
		cmocka_unit_test(a_tcp_socket_is_one_only_while_it_listens),
		cmocka_unit_test(an_ipv6_socket_says_whether_it_takes_ipv4),
		cmocka_unit_test(a_socket_takes_what_it_is_bound_to),
		cmocka_unit_test(the_socket_that_is_bound_closest_takes_it),
		cmocka_unit_test(a_socket_of_one_interface_takes_nothing_of_another),
		cmocka_unit_test(groups_are_read_from_the_kernels_lines),
		cmocka_unit_test(a_group_that_is_joined_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
