/* SPDX-License-Identifier: Apache-2.0 */
/* The scratch where it is unusual, must not be, or must leave nothing behind. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "net/netlink.h"
#include "protect/program_start.h"
#include "protect/scratch_own.h"
#include "scratch_frames.h"

#define RUN(fn)                                                      \
	do {                                                         \
		int status = in_child(fn);                           \
		if (status == IN_CHILD_NOT_HERE)                     \
			NOT_HERE("no root, and no user namespaces"); \
		assert_int_equal(status, 0);                         \
	} while (0)

enum { MAIN = 254, MANY = 100 };

#define REQUEST SPAN("\x40\x01\x12\x34")

/* @n interfaces, each with a network: 10.0.1.0/24, 10.0.2.0/24 ... and fd00:n::/64. */
struct machine {
	struct cs_host host;
	struct cs_host_link links[MANY + 1];
	struct cs_host_address addresses[2 * MANY];
	struct cs_host_route routes[4];
};

static struct machine *machine(uint32_t n)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->links[0] = (struct cs_host_link){
		.index = 1, .name = "lo", .up = true, .loopback = true
	};
	for (uint32_t i = 1; i <= n; i++) {
		struct cs_host_address *a = &m->addresses[2 * (i - 1)];

		m->links[i] = (struct cs_host_link){ .index = 100 - n + i,
						     .up = true,
						     .ethernet = true };
		(void)snprintf(m->links[i].name, sizeof(m->links[i].name), "eth%u", i);
		a[0] = (struct cs_host_address){ cs_addr_v4(0x0a000001 + (i << 8)), 120,
						 m->links[i].index };
		a[1] = (struct cs_host_address){ at("fd00::1"), 64, m->links[i].index };
		a[1].address.b[3] = (uint8_t)i;
	}
	m->routes[0] = (struct cs_host_route){ .to = net("0.0.0.0/0"),
					       .gateway = at("10.0.1.2"),
					       .link = m->links[1].index,
					       .table = MAIN };
	m->host = (struct cs_host){ .links = m->links,
				    .n_links = n + 1,
				    .addresses = m->addresses,
				    .n_addresses = 2 * n,
				    .routes = m->routes,
				    .n_routes = 1 };
	return m;
}

/* True when a request from @from by @link is answered by the same interface. */
static bool answered(struct cs_scratch *s, uint32_t link, const char *from,
		     const char *to)
{
	const struct cs_scratch_port *port = cs_scratch_port(s, link);
	struct cs_packet p;
	struct frame f;

	udp(&f, port, at(from), 40000, at(to), 5683, REQUEST);
	EXPECT(inject(port, &f));
	EXPECT(cs_scratch_settle(s) == CS_OK);
	if (cs_scratch_serve(s, 20) == 0)
		return false;
	EXPECT(cs_scratch_settle(s) == CS_OK);
	return emerge_within(port, at(to), &f, &p, 0);
}

/* What has settled is there: nothing is waited for, however often. */
static void settles(void)
{
	struct machine *m = machine(2);
	struct cs_scratch *s = open_or_leave(&m->host);

	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	for (int i = 0; i < 2000; i++) {
		EXPECT(answered(s, 99, "8.8.8.8", "10.0.1.1"));
		EXPECT(answered(s, 100, "10.0.2.7", "10.0.2.1"));
	}
	cs_scratch_close(s);
	free(m);
}

static void what_has_settled_needs_no_waiting(void **state)
{
	(void)state;
	RUN(settles);
}

static void has_many(void)
{
	struct machine *m = machine(MANY);
	struct cs_scratch *s = open_or_leave(&m->host);
	size_t n;

	EXPECT(cs_scratch_ports(s, &n) && n == MANY);
	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	EXPECT(answered(s, 1 + 1, "10.0.2.9", "10.0.2.1"));
	EXPECT(answered(s, 100, "10.0.100.9", "10.0.100.1"));
	EXPECT(answered(s, 100, "fd00:64::9", "fd00:64::1"));
	cs_scratch_close(s);
	free(m);
}

static void a_hundred_interfaces_are_no_trouble(void **state)
{
	(void)state;
	RUN(has_many);
}

/* As where a namespace is born with sit0 and the like, which have low numbers. */
static void shares_an_index(void)
{
	struct machine *m = machine(2);
	struct cs_scratch *s;
	size_t n;
	const struct cs_scratch_port *ports;

	m->links[2].index = m->links[1].index;
	m->host.n_addresses = 2;
	s = open_or_leave(&m->host);
	ports = cs_scratch_ports(s, &n);
	EXPECT(n == 2 && ports[0].index == m->links[1].index);
	EXPECT(ports[1].index != ports[0].index && ports[1].index > 1);
	EXPECT(if_nametoindex("eth2") == ports[1].index);
	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	EXPECT(answered(s, m->links[1].index, "8.8.8.8", "10.0.1.1"));
	cs_scratch_close(s);
	free(m);
}

static void an_index_that_is_taken_costs_only_the_index(void **state)
{
	(void)state;
	RUN(shares_an_index);
}

/* --- what is left behind --- */

/* Descriptors that a program would get from us; @all: those that it would not, too. */
static int descriptors(bool all)
{
	DIR *open_ones = opendir("/proc/self/fd");
	int n = 0;

	EXPECT(open_ones);
	for (struct dirent *e; (e = readdir(open_ones));) {
		int flags = fcntl(atoi(e->d_name), F_GETFD);

		n += e->d_name[0] != '.' &&
		     (all || (flags >= 0 && !(flags & FD_CLOEXEC)));
	}
	(void)closedir(open_ones);
	return n;
}

static void holds_no_descriptor_open(void)
{
	struct machine *m = machine(3);
	int handed_down = descriptors(false), before = descriptors(true);
	struct cs_scratch *s = open_or_leave(&m->host);

	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	EXPECT(cs_scratch_listen(s, true, 5683) == CS_OK);
	EXPECT(descriptors(false) == handed_down);
	EXPECT(descriptors(true) > before + 3);
	cs_scratch_close(s);
	EXPECT(descriptors(true) == before);
	free(m);
}

static void descriptors_are_ours_alone_and_closed(void **state)
{
	(void)state;
	RUN(holds_no_descriptor_open);
}

/* How many processes are in that namespace. */
static int inhabitants(const char *space)
{
	DIR *all = opendir("/proc");
	int n = 0;

	assert_non_null(all);
	for (struct dirent *e; (e = readdir(all));) {
		char name[300], link[64];
		ssize_t len;

		(void)snprintf(name, sizeof(name), "/proc/%s/ns/net", e->d_name);
		len = readlink(name, link, sizeof(link) - 1);
		if (len > 0) {
			link[len] = '\0';
			n += strcmp(link, space) == 0;
		}
	}
	(void)closedir(all);
	return n;
}

static void live_until_killed(int tell)
{
	struct machine *m = machine(2);
	struct cs_program sleeper = { .argv = (const char *const[]){ "sleep", "1000",
								     NULL } };
	struct cs_program_child child;
	char space[64] = "";

	(void)open_or_leave(&m->host);
	EXPECT(cs_program_start(&sleeper, &child) == CS_OK);
	EXPECT(readlink("/proc/self/ns/net", space, sizeof(space) - 1) > 0);
	EXPECT(write(tell, space, sizeof(space)) == sizeof(space));
	for (;;)
		(void)pause();
}

static void kill_dash_nine_leaves_nobody_in_it(void **state)
{
	char space[64], home[64] = "";
	int ends[2], left = 1;
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		live_until_killed(ends[1]);
	}
	(void)close(ends[1]);
	if (read(ends[0], space, sizeof(space)) != sizeof(space)) {
		(void)close(ends[0]);
		assert_int_equal(waitpid(child, NULL, 0), child);
		NOT_HERE("no root, and no user namespaces");
	}
	assert_true(readlink("/proc/self/ns/net", home, sizeof(home) - 1) > 0);
	assert_string_not_equal(space, home);
	assert_int_equal(inhabitants(space), 2);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	for (int i = 0; i < 3000 && left > 0; i++) {
		left = inhabitants(space);
		(void)usleep(1000);
	}
	assert_int_equal(left, 0);
	(void)close(ends[0]);
}

/* In the outer namespace there are the other ends, and nothing that leads anywhere. */
static void is_shut_in(void)
{
	struct machine *m = machine(2);
	struct cs_scratch *s = open_or_leave(&m->host);
	struct if_nameindex *all;
	struct cs_packet p;
	struct frame f;
	int others = 0;

	/* What the machine sends of its own accord comes out at its port, and only there. */
	int out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct cs_addr far = at("198.51.100.77");
	struct sockaddr_storage to;
	socklen_t len = cs_addr_to_sockaddr(&far, 5683, 0, &to);

	EXPECT(out >= 0);
	EXPECT(sendto(out, "x", 1, 0, (struct sockaddr *)&to, len) == 1);
	EXPECT(cs_scratch_settle(s) == CS_OK);
	EXPECT(emerge_within(cs_scratch_port(s, 99), at("10.0.1.1"), &f, &p, 0));
	EXPECT(cs_addr_cmp(&p.to, &far) == 0);
	EXPECT(!emerge_within(cs_scratch_port(s, 100), at("10.0.1.1"), &f, &p, 0));

	EXPECT(setns(s->space.outer, CLONE_NEWNET) == 0);
	all = if_nameindex();
	EXPECT(all);
	for (struct if_nameindex *i = all; i->if_index; i++)
		others += i->if_name[0] == 'o';
	EXPECT(others == 2 && !if_nametoindex("eth1"));
	if_freenameindex(all);
	EXPECT(sendto(out, "x", 1, 0, (struct sockaddr *)&to, len) == 1);
	out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	EXPECT(sendto(out, "x", 1, 0, (struct sockaddr *)&to, len) == -1);
	EXPECT(errno == ENETUNREACH);
	cs_scratch_close(s);
	free(m);
}

static void no_packet_has_a_way_out(void **state)
{
	(void)state;
	RUN(is_shut_in);
}

/* --- rules and routes --- */

static bool nft(const char *script)
{
	struct cs_program p = { .argv = (const char *const[]){ "nft", "-f", "-", NULL },
				.input = cs_span_str(script) };
	struct cs_arena arena = { 0 };
	char why[CS_PROGRAM_WHY];
	struct cs_span out;
	enum cs_err err = cs_program_must(&p, &arena, &out, why);

	if (err == CS_ERR_NOT_FOUND)
		_exit(IN_CHILD_NOT_HERE);
	if (err)
		(void)fprintf(stderr, "%s\n", why);
	cs_arena_clear(&arena);
	return err == CS_OK;
}

static void forgets(void)
{
	struct machine *m = machine(1);
	struct cs_scratch *s = open_or_leave(&m->host);

	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	EXPECT(nft("table inet t { chain c { type filter hook input priority 0; "
		   "policy drop; ct state established accept; }; }"));
	EXPECT(!answered(s, 100, "8.8.8.8", "10.0.1.1"));
	EXPECT(nft("add rule inet t c udp dport 5683 accept"));
	EXPECT(answered(s, 100, "8.8.8.8", "10.0.1.1"));
	EXPECT(nft(
		"flush chain inet t c; add rule inet t c ct state established accept"));
	EXPECT(answered(s, 100, "8.8.8.8", "10.0.1.1"));
	EXPECT(cs_scratch_forget(s) == CS_OK);
	EXPECT(!answered(s, 100, "8.8.8.8", "10.0.1.1"));
	cs_scratch_close(s);
	free(m);
}

static void tracked_connections_are_forgotten(void **state)
{
	(void)state;
	RUN(forgets);
}

/* The message of a policy: what comes with mark 7 asks table 1000. */
static struct cs_span policy(void *room)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct rtmsg *body;

	h->nlmsg_type = RTM_NEWRULE;
	body = mnl_nlmsg_put_extra_header(h, sizeof(*body));
	body->rtm_family = AF_INET;
	body->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(h, RTA_PROTOINFO, 7);  /* FRA_FWMARK */
	mnl_attr_put_u32(h, RTA_PRIORITY, 100); /* FRA_PRIORITY */
	mnl_attr_put_u32(h, RTA_TABLE, 1000);   /* FRA_TABLE */
	return cs_span_of(room, h->nlmsg_len);
}

static bool reads_back(const char *what)
{
	struct cs_program p = { .argv = (const char *const[]){ "ip", "rule", NULL } };
	struct cs_arena arena = { 0 };
	char why[CS_PROGRAM_WHY];
	struct cs_span out;
	enum cs_err err = cs_program_must(&p, &arena, &out, why);
	bool found = !err && strstr((const char *)out.ptr, what);

	if (err == CS_ERR_NOT_FOUND)
		_exit(IN_CHILD_NOT_HERE);
	cs_arena_clear(&arena);
	return found;
}

static void has_policies(void)
{
	_Alignas(struct nlmsghdr) uint8_t room[256];
	struct machine *m = machine(2);
	struct cs_host_lookup lookup = { .told = policy(room) };
	struct cs_scratch *s;

	m->routes[1] = (struct cs_host_route){ .to = net("0.0.0.0/0"),
					       .gateway = at("10.0.2.2"),
					       .link = 100,
					       .table = 1000 };
	m->host.n_routes = 2;
	m->host.lookups = &lookup;
	m->host.n_lookups = 1;
	s = open_or_leave(&m->host);
	EXPECT(reads_back("from all fwmark 0x7 lookup 1000"));
	EXPECT(!reads_back("lookup main")); /* the host has none either */
	cs_scratch_close(s);
	free(m);
}

static void the_routing_policy_is_the_hosts(void **state)
{
	(void)state;
	RUN(has_policies);
}

/* What is read of a machine with more than our structs hold makes the same machine. */
static void is_read_and_made_again(void)
{
	static const char *const batch =
		"route add 10.90.0.0/16 nexthop via 10.0.1.7 dev eth1 weight 3 "
		"nexthop via 10.0.2.7 dev eth2\n"
		"route add blackhole 10.91.0.0/16\n"
		"route add throw 10.92.0.0/16 table 77\n"
		"route add 10.93.0.0/16 via 10.0.1.7 src 10.0.1.1 metric 9\n"
		"route add local 10.94.0.0/16 dev lo table 78\n"
		"route add fd77::/32 via fe80::9 dev eth1 metric 5\n"
		"route add unreachable fd78::/32\n"
		"rule add not fwmark 9 lookup 77 priority 50\n"
		"rule add lookup main suppress_prefixlength 0 priority 60\n"
		"rule add from ::/0 iif eth1 lookup 78 priority 70\n";
	static const char *const lists =
		"ip -d rule; ip -6 -d rule; ip -d route show table all type unicast; "
		"ip -d route show table all type blackhole; ip route show table 77; "
		"ip route show table 78; ip -6 route show table main";
	struct cs_program ip = { .argv = (const char *const[]){ "ip", "-batch", "-",
								NULL },
				 .input = cs_span_str(batch) };
	struct cs_program list = { .argv = (const char *const[]){ "sh", "-c", lists,
								  NULL } };
	struct machine *m = machine(2);
	struct cs_scratch *s = open_or_leave(&m->host), *again;
	struct cs_arena arena = { 0 };
	char why[CS_SCRATCH_WHY], said[CS_PROGRAM_WHY];
	struct cs_span first, second, none;
	struct cs_host host;

	if (cs_program_must(&ip, &arena, &none, said)) {
		(void)fprintf(stderr, "%s\n", said);
		_exit(3);
	}
	EXPECT(cs_host_read(&arena, &host) == CS_OK);
	EXPECT(cs_program_must(&list, &arena, &first, said) == CS_OK);
	if (cs_scratch_open(&host, &again, why)) {
		(void)fprintf(stderr, "%s\n", why);
		_exit(4);
	}
	EXPECT(cs_program_must(&list, &arena, &second, said) == CS_OK);
	if (!cs_span_eq(first, second))
		(void)fprintf(stderr, "%s----\n%s", (const char *)first.ptr,
			      (const char *)second.ptr);
	EXPECT(cs_span_eq(first, second));
	cs_scratch_close(again);
	cs_scratch_close(s);
	cs_arena_clear(&arena);
	free(m);
}

static void routes_are_given_back_as_they_were_told(void **state)
{
	(void)state;
	RUN(is_read_and_made_again);
}

/* --- where it cannot be --- */

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return done;
}

/* Root of a user namespace, who may set it up as the test wants. */
static void enter_user_namespace(int more)
{
	char map[32];
	unsigned uid = geteuid();

	if (unshare(CLONE_NEWUSER | more))
		_exit(IN_CHILD_NOT_HERE);
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	EXPECT(write_to("/proc/self/uid_map", map));
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { 0 };

	EXPECT(syscall(SYS_capset, &head, none) == 0);
}

static void is_denied(void)
{
	struct machine *m = machine(1);
	char why[CS_SCRATCH_WHY] = "";
	struct cs_scratch *s = NULL;

	enter_user_namespace(0);
	EXPECT(write_to("/proc/sys/user/max_user_namespaces", "0"));
	drop_capabilities();
	EXPECT(cs_scratch_open(&m->host, &s, why) == CS_ERR_DENIED);
	EXPECT(strstr(why, "needs root, or user namespaces") && !strchr(why, '\n'));
	EXPECT(strstr(why, "user.max_user_namespaces"));
	EXPECT(!s);
	free(m);
}

static void without_user_namespaces_it_says_what_is_needed(void **state)
{
	(void)state;
	RUN(is_denied);
}

static void cannot_write_sysctls(void)
{
	struct machine *m = machine(1);
	struct cs_host_sysctl forward = { "ipv4/ip_forward", "1" };
	char why[CS_SCRATCH_WHY] = "";
	struct cs_scratch *s = NULL;

	enter_user_namespace(CLONE_NEWNS);
	if (mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL) ||
	    mount(NULL, "/proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL))
		_exit(IN_CHILD_NOT_HERE);
	m->host.sysctls = &forward;
	m->host.n_sysctls = 1;
	EXPECT(cs_scratch_open(&m->host, &s, why) == CS_ERR_IO);
	EXPECT(strstr(why, "/proc/sys/net/ipv") && strstr(why, "Read-only file system"));
	EXPECT(!s);
	free(m);
}

static void a_proc_that_cannot_be_written_is_named(void **state)
{
	(void)state;
	RUN(cannot_write_sysctls);
}

static void names_what_is_wrong(void)
{
	struct machine *m = machine(1);
	char why[CS_SCRATCH_WHY] = "";
	struct cs_scratch *s;

	m->links[1].name[3] = '/'; /* no name of an interface */
	m->links[1].name[4] = '\0';
	if (cs_scratch_open(&m->host, &s, why) == CS_ERR_DENIED)
		_exit(IN_CHILD_NOT_HERE);
	EXPECT(strcmp(why, "scratch namespace: eth/: Invalid argument") == 0);
	free(m);
}

static void what_cannot_be_made_is_named(void **state)
{
	(void)state;
	RUN(names_what_is_wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_settled_needs_no_waiting),
		cmocka_unit_test(a_hundred_interfaces_are_no_trouble),
		cmocka_unit_test(an_index_that_is_taken_costs_only_the_index),
		cmocka_unit_test(descriptors_are_ours_alone_and_closed),
		cmocka_unit_test(kill_dash_nine_leaves_nobody_in_it),
		cmocka_unit_test(no_packet_has_a_way_out),
		cmocka_unit_test(tracked_connections_are_forgotten),
		cmocka_unit_test(the_routing_policy_is_the_hosts),
		cmocka_unit_test(routes_are_given_back_as_they_were_told),
		cmocka_unit_test(without_user_namespaces_it_says_what_is_needed),
		cmocka_unit_test(a_proc_that_cannot_be_written_is_named),
		cmocka_unit_test(what_cannot_be_made_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
