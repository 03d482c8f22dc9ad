/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <net/if.h>

#include "scratch_frames.h"

static struct cs_host_link links[] = {
	{ .index = 1, .name = "lo", .up = true, .loopback = true },
	{ .index = 7,
	  .name = "eth0",
	  .up = true,
	  .ethernet = true,
	  .mac = { 2, 0, 0, 0, 0, 7 } },
	{ .index = 3, .name = "wg0", .up = true },
	{ .index = 12, .name = "docker0", .up = true, .ethernet = true },
	{ .index = 20, .name = "down0", .ethernet = true },
};
static struct cs_host_address addresses[6];
static struct cs_host_route routes[5];
static struct cs_host_sysctl sysctls[] = {
	{ "ipv4/ip_forward", "1" },
	{ "ipv6/conf/all/forwarding", "1" },
	{ "ipv4/conf/eth0/rp_filter", "1" },
};
static struct cs_host host = { links,   CS_LEN(links),   addresses, CS_LEN(addresses),
			       routes,  CS_LEN(routes),  NULL,      0,
			       sysctls, CS_LEN(sysctls), false };

static int furnish(void **state)
{
	const struct cs_host_address a[] = {
		{ at("203.0.113.5"), 96 + 24, 7 }, { at("2001:db8:5::5"), 64, 7 },
		{ at("10.9.0.1"), 96 + 24, 3 },    { at("172.17.0.1"), 96 + 16, 12 },
		{ at("fd00:17::1"), 64, 12 },      { at("198.51.100.9"), 128, 1 },
	};
	const struct cs_host_route r[] = {
		{ .to = net("0.0.0.0/0"),
		  .gateway = at("203.0.113.1"),
		  .link = 7,
		  .table = 254 },
		{ .to = net("::/0"),
		  .gateway = at("fe80::1"),
		  .link = 7,
		  .table = 254,
		  .metric = 1024 },
		{ .to = net("10.50.0.0/16"), .link = 3, .table = 254 },
		{ .to = net("10.60.0.0/16"), .table = 254 },
		{ .to = net("10.70.0.0/16"),
		  .gateway = at("10.9.0.2"),
		  .link = 3,
		  .table = 1000,
		  .metric = 5 },
	};

	(void)state;
	memcpy(addresses, a, sizeof(a));
	memcpy(routes, r, sizeof(r));
	return 0;
}

#define RUN(fn)                                                      \
	do {                                                         \
		int status = in_child(fn);                           \
		if (status == IN_CHILD_NOT_HERE)                     \
			NOT_HERE("no root, and no user namespaces"); \
		assert_int_equal(status, 0);                         \
	} while (0)

#define REQUEST                                      \
	SPAN("\x42\x01\x12\x34tk\xbb.well-known\x04" \
	     "core")

/* Asks @to by @link from @from, and takes the answer by the same interface. */
static void ask(struct cs_scratch *s, uint32_t link, const char *from, const char *to,
		const char *answers)
{
	const struct cs_scratch_port *port = cs_scratch_port(s, link);
	struct cs_packet p;
	struct frame f;

	EXPECT(port);
	udp(&f, port, at(from), 40000, at(to), 5683, REQUEST);
	EXPECT(inject(port, &f));
	EXPECT(cs_scratch_settle(s) == CS_OK);
	EXPECT(cs_scratch_serve(s, 100) == 1);
	EXPECT(emerge(port, at(answers), &f, &p));
	EXPECT(p.kind == CS_PACKET_UDP && p.from_port == 5683 && p.to_port == 40000);
	EXPECT(!cs_packet_is_damaged(&p));
	EXPECT(p.payload.len == 100);
	EXPECT(memcmp(p.payload.ptr, "\x62\x45\x12\x34tk\xffxxx", 10) == 0);
}

static void answers_everywhere(void)
{
	struct cs_scratch *s = open_or_leave(&host);
	size_t n;

	EXPECT(cs_scratch_ports(s, &n) && n == 4);
	EXPECT(!cs_scratch_port(s, 1) && !cs_scratch_port(s, 99));
	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	ask(s, 7, "8.8.8.8", "203.0.113.5", "203.0.113.5");
	ask(s, 7, "203.0.113.77", "203.0.113.5", "203.0.113.5");
	ask(s, 7, "2600::1", "2001:db8:5::5", "2001:db8:5::5");
	ask(s, 7, "2001:db8:5::77", "2001:db8:5::5", "2001:db8:5::5");
	ask(s, 3, "10.50.1.1", "10.9.0.1", "10.9.0.1");
	ask(s, 12, "172.17.0.2", "172.17.0.1", "172.17.0.1");
	ask(s, 12, "fd00:17::2", "fd00:17::1", "fd00:17::1");
	/* An address of the machine is its own by whichever interface. */
	ask(s, 7, "8.8.8.8", "198.51.100.9", "198.51.100.9");
	ask(s, 7, "8.8.8.8", "172.17.0.1", "172.17.0.1");
	cs_scratch_close(s);
}

static void udp_is_answered_on_each_interface(void **state)
{
	(void)state;
	RUN(answers_everywhere);
}

static void answers_groups(void)
{
	struct cs_scratch *s = open_or_leave(&host);

	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	ask(s, 7, "203.0.113.77", "224.0.1.187", "203.0.113.5");
	ask(s, 7, "8.8.8.8", "224.0.1.187", "203.0.113.5");
	ask(s, 12, "172.17.0.2", "224.0.1.187", "172.17.0.1");
	ask(s, 7, "2001:db8:5::77", "ff02::fd", "2001:db8:5::5");
	ask(s, 7, "2001:db8:5::77", "ff05::fd", "2001:db8:5::5");
	ask(s, 12, "fd00:17::2", "ff05::fd", "fd00:17::1");
	cs_scratch_close(s);
}

static void groups_are_answered_from_the_interfaces_own_address(void **state)
{
	(void)state;
	RUN(answers_groups);
}

static void forwards(void)
{
	struct cs_scratch *s = open_or_leave(&host);
	const struct cs_scratch_port *in = cs_scratch_port(s, 7);
	const struct cs_scratch_port *out = cs_scratch_port(s, 12);
	struct cs_packet p;
	struct frame f;

	udp(&f, in, at("8.8.8.8"), 40000, at("172.17.0.2"), 5683, REQUEST);
	EXPECT(inject(in, &f));
	EXPECT(emerge(out, at("8.8.8.8"), &f, &p));
	EXPECT(p.kind == CS_PACKET_UDP && p.to_port == 5683 && p.hop_limit == 63);
	udp(&f, out, at("172.17.0.2"), 5683, at("8.8.8.8"), 40000, REQUEST);
	EXPECT(inject(out, &f));
	EXPECT(emerge(in, at("172.17.0.2"), &f, &p));
	udp(&f, in, at("2600::1"), 40000, at("fd00:17::2"), 5683, REQUEST);
	EXPECT(inject(in, &f));
	EXPECT(emerge(out, at("2600::1"), &f, &p));
	cs_scratch_close(s);
}

static void it_forwards_as_the_host_does(void **state)
{
	(void)state;
	RUN(forwards);
}

/* More errors at once than the kernel's own rationing would send. */
static void rejects(void)
{
	struct cs_scratch *s = open_or_leave(&host);
	const struct cs_scratch_port *port = cs_scratch_port(s, 7);
	static const char *const ends[][2] = { { "8.8.8.8", "203.0.113.5" },
					       { "2600::1", "2001:db8:5::5" } };
	struct cs_packet p;
	struct frame f;

	for (size_t v = 0; v < 2; v++) {
		for (uint16_t i = 0; i < 300; i++) {
			udp(&f, port, at(ends[v][0]), (uint16_t)(40000 + i),
			    at(ends[v][1]), 5683, REQUEST);
			EXPECT(inject(port, &f));
		}
		for (uint16_t i = 0; i < 300; i++) {
			EXPECT(emerge(port, at(ends[v][1]), &f, &p));
			EXPECT(p.kind == CS_PACKET_ICMP);
		}
	}
	cs_scratch_close(s);
}

static void icmp_errors_are_not_rationed(void **state)
{
	(void)state;
	RUN(rejects);
}

enum { SYN = 2, RST = 4, ACK = 16 };

static void takes_connections(void)
{
	struct cs_scratch *s = open_or_leave(&host);
	const struct cs_scratch_port *port = cs_scratch_port(s, 7);
	static const char *const ends[][2] = { { "8.8.8.8", "203.0.113.5" },
					       { "2600::1", "2001:db8:5::5" } };
	struct cs_packet p;
	struct frame f;

	EXPECT(cs_scratch_listen(s, true, 5683) == CS_OK);
	for (size_t v = 0; v < 2; v++) {
		struct cs_addr from = at(ends[v][0]), to = at(ends[v][1]);

		tcp(&f, port, from, 40000, to, 5683, 1000, 0, SYN);
		EXPECT(inject(port, &f));
		EXPECT(emerge(port, to, &f, &p));
		EXPECT(p.kind == CS_PACKET_TCP && p.flags == (SYN | ACK));
		EXPECT(p.ack == 1001);
		tcp(&f, port, from, 40000, to, 5683, 1001, p.seq + 1, ACK);
		EXPECT(inject(port, &f));
		EXPECT(cs_scratch_settle(s) == CS_OK);
		EXPECT(cs_scratch_serve(s, 4) == 0);
		tcp(&f, port, from, 40001, to, 5682, 1000, 0, SYN);
		EXPECT(inject(port, &f));
		EXPECT(emerge(port, to, &f, &p));
		EXPECT(p.flags & RST);
	}
	cs_scratch_close(s);
}

static void tcp_is_taken_or_refused(void **state)
{
	(void)state;
	RUN(takes_connections);
}

static void filters_paths(void)
{
	struct cs_scratch *s = open_or_leave(&host);
	const struct cs_scratch_port *port = cs_scratch_port(s, 7);
	struct cs_packet p;
	struct frame f;

	EXPECT(cs_scratch_listen(s, false, 5683) == CS_OK);
	/* rp_filter of eth0: 10.50/16 is beyond wg0. */
	udp(&f, port, at("10.50.1.1"), 40000, at("203.0.113.5"), 5683, REQUEST);
	EXPECT(inject(port, &f));
	EXPECT(cs_scratch_settle(s) == CS_OK);
	EXPECT(cs_scratch_serve(s, 10) == 0);
	/* An unreachable route. */
	udp(&f, port, at("8.8.8.8"), 40000, at("10.60.1.1"), 5683, REQUEST);
	EXPECT(inject(port, &f));
	EXPECT(emerge(port, at("203.0.113.5"), &f, &p));
	EXPECT(p.kind == CS_PACKET_ICMP);
	cs_scratch_close(s);
}

static void sysctls_and_routes_hold(void **state)
{
	(void)state;
	RUN(filters_paths);
}

/* By name and index as the host has them; and nothing else is there. */
static void has_the_links(void)
{
	struct cs_scratch *s = open_or_leave(&host);
	struct if_nameindex *all = if_nameindex();
	size_t n = 0;

	EXPECT(all);
	for (struct if_nameindex *i = all; i->if_index; i++, n++) {
		const struct cs_host_link *link = cs_host_link_named(&host, i->if_name);

		EXPECT(link || strncmp(i->if_name, "born", 4) == 0);
		EXPECT(!link || link->index == i->if_index);
	}
	EXPECT(n >= host.n_links);
	if_freenameindex(all);
	cs_scratch_close(s);
}

static void interfaces_have_the_hosts_names_and_indexes(void **state)
{
	(void)state;
	RUN(has_the_links);
}

static void comes_back(void)
{
	struct if_nameindex *before = if_nameindex(), *after;
	size_t n = 0;

	cs_scratch_close(open_or_leave(&host));
	after = if_nameindex();
	EXPECT(before && after);
	for (; before[n].if_index; n++)
		EXPECT(before[n].if_index == after[n].if_index);
	EXPECT(after[n].if_index == 0);
	if_freenameindex(before);
	if_freenameindex(after);
}

static void root_comes_back_from_it(void **state)
{
	(void)state;
	if (geteuid() != 0)
		NOT_HERE("needs root");
	RUN(comes_back);
}

static void forgets(void)
{
	struct cs_scratch *s = open_or_leave(&host);

	EXPECT(cs_scratch_forget(s) == CS_OK);
	cs_scratch_close(s);
}

static void connections_are_forgotten(void **state)
{
	(void)state;
	RUN(forgets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_is_answered_on_each_interface),
		cmocka_unit_test(groups_are_answered_from_the_interfaces_own_address),
		cmocka_unit_test(it_forwards_as_the_host_does),
		cmocka_unit_test(icmp_errors_are_not_rationed),
		cmocka_unit_test(tcp_is_taken_or_refused),
		cmocka_unit_test(sysctls_and_routes_hold),
		cmocka_unit_test(interfaces_have_the_hosts_names_and_indexes),
		cmocka_unit_test(root_comes_back_from_it),
		cmocka_unit_test(connections_are_forgotten),
	};

	return cmocka_run_group_tests(tests, furnish, NULL);
}
