/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

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

enum { MAIN = 254 };

static const char *name_of(const struct cs_host *host, const char *source)
{
	struct cs_addr a = at(source);
	const struct cs_host_link *link = cs_host_way(host, &a);

	return link ? link->name : "-";
}

static void the_longest_prefix_then_the_metric_says_the_way(void **state)
{
	struct cs_host_route routes[] = {
		{ .to = net("0.0.0.0/0"), .link = 7, .table = MAIN, .metric = 5 },
		{ .to = net("0.0.0.0/0"), .link = 3, .table = MAIN, .metric = 50 },
		{ .to = net("10.0.0.0/8"), .link = 3, .table = MAIN, .metric = 9 },
		{ .to = net("10.0.0.0/8"), .link = 12, .table = MAIN, .metric = 3 },
		{ .to = net("10.1.0.0/16"), .link = 20, .table = MAIN },
		{ .to = net("10.2.0.0/16"), .link = 0, .table = MAIN },
		{ .to = net("10.3.0.0/16"), .link = 1, .table = MAIN },
		{ .to = net("10.4.0.0/16"), .link = 99, .table = MAIN },
		{ .to = net("2001:db8::/32"), .link = 12, .table = MAIN },
		{ .to = net("fd00::/8"), .link = 3, .table = 1000 },
		{ .to = net("172.16.0.0/12"), .link = 3, .table = 1000 },
	};
	struct cs_host host = { .links = links,
				.n_links = CS_LEN(links),
				.routes = routes,
				.n_routes = CS_LEN(routes) };
	static const struct {
		const char *source, *link;
	} cases[] = {
		{ "8.8.8.8", "eth0" },     { "10.9.9.9", "docker0" },
		{ "10.1.1.1", "docker0" }, { "10.2.1.1", "-" },
		{ "10.3.1.1", "-" },       { "10.4.1.1", "docker0" },
		{ "172.16.1.1", "eth0" },  { "2001:db8::1", "docker0" },
		{ "2001:db9::1", "-" },    { "fd00::1", "wg0" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++)
		if (strcmp(name_of(&host, cases[i].source), cases[i].link) != 0)
			fail_msg("%s: %s", cases[i].source,
				 name_of(&host, cases[i].source));
}

static void links_are_found_by_number_and_name(void **state)
{
	const struct cs_host host = { .links = links, .n_links = CS_LEN(links) };

	(void)state;
	assert_ptr_equal(cs_host_link(&host, 3), &links[2]);
	assert_null(cs_host_link(&host, 0));
	assert_ptr_equal(cs_host_link_named(&host, "docker0"), &links[3]);
	assert_null(cs_host_link_named(&host, "docker"));
	assert_null(cs_host_link_named(&host, ""));
}

static void this_machine_is_read(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_host host;
	const struct cs_host_link *lo;

	(void)state;
	assert_int_equal(cs_host_read(&arena, &host), CS_OK);
	lo = cs_host_link_named(&host, "lo");
	assert_non_null(lo);
	assert_true(lo->loopback);
	assert_int_equal(lo->index, 1);
	assert_false(host.assumed);
	for (size_t i = 0; i < host.n_addresses; i++)
		assert_non_null(cs_host_link(&host, host.addresses[i].link));
	for (size_t i = 0; i < host.n_sysctls; i++)
		if (strcmp(host.sysctls[i].name, "ipv4/conf/all/rp_filter") == 0) {
			assert_true(strlen(host.sysctls[i].value) == 1);
			cs_arena_clear(&arena);
			return;
		}
	fail_msg("no rp_filter");
}

static const char *value_of(const struct cs_host *host, const char *name)
{
	for (size_t i = 0; i < host->n_sysctls; i++)
		if (strcmp(host->sysctls[i].name, name) == 0)
			return host->sysctls[i].value;
	return "?";
}

static const struct cs_host_route *route_to(const struct cs_host *host, const char *to)
{
	struct cs_prefix p = net(to);

	for (size_t i = 0; i < host->n_routes; i++)
		if (host->routes[i].to.bits == p.bits &&
		    cs_addr_cmp(&host->routes[i].to.addr, &p.addr) == 0)
			return &host->routes[i];
	return NULL;
}

/* What is made of a host is read as that host: by name, number, address and route. */
static void reads_the_scratch(void)
{
	struct cs_host_address addresses[] = {
		{ at("203.0.113.5"), 96 + 24, 7 },
		{ at("2001:db8:5::5"), 64, 7 },
		{ at("10.9.0.1"), 96 + 30, 3 },
		{ at("198.51.100.9"), 128, 1 },
	};
	struct cs_host_route routes[] = {
		{ .to = net("0.0.0.0/0"),
		  .gateway = at("203.0.113.1"),
		  .link = 7,
		  .table = MAIN,
		  .metric = 100 },
		{ .to = net("::/0"), .gateway = at("fe80::1"), .link = 7, .table = MAIN },
		{ .to = net("10.60.0.0/16"), .table = MAIN },
		{ .to = net("10.70.0.0/16"), .link = 3, .table = 1000, .metric = 5 },
	};
	struct cs_host_sysctl sysctls[] = {
		{ "ipv4/ip_forward", "1" },
		{ "ipv6/conf/all/forwarding", "1" },
		{ "ipv4/conf/eth0/rp_filter", "1" },
		{ "ipv4/conf/wg0/rp_filter", "2" },
	};
	struct cs_host host = { .links = links,
				.n_links = CS_LEN(links),
				.addresses = addresses,
				.n_addresses = CS_LEN(addresses),
				.routes = routes,
				.n_routes = CS_LEN(routes),
				.sysctls = sysctls,
				.n_sysctls = CS_LEN(sysctls) };
	struct cs_scratch *s = open_or_leave(&host);
	struct cs_arena arena = { 0 };
	struct cs_host got;

	EXPECT(cs_host_read(&arena, &got) == CS_OK);
	for (size_t i = 0; i < host.n_links; i++) {
		const struct cs_host_link *link = cs_host_link(&got, links[i].index);

		EXPECT(link && strcmp(link->name, links[i].name) == 0);
		EXPECT(link->up == links[i].up && link->loopback == links[i].loopback);
	}
	EXPECT(memcmp(cs_host_link(&got, 7)->mac, links[1].mac, 6) == 0);
	EXPECT(got.n_addresses == host.n_addresses);
	for (size_t i = 0; i < host.n_addresses; i++)
		EXPECT(cs_host_is_own(&got, &addresses[i].address));
	for (size_t i = 0; i < got.n_addresses; i++) {
		size_t k = 0;

		while (k < host.n_addresses &&
		       cs_addr_cmp(&addresses[k].address, &got.addresses[i].address) != 0)
			k++;
		EXPECT(k < host.n_addresses && got.addresses[i].len == addresses[k].len);
		EXPECT(got.addresses[i].link == addresses[k].link);
	}
	EXPECT(route_to(&got, "0.0.0.0/0")->metric == 100);
	EXPECT(route_to(&got, "0.0.0.0/0")->link == 7);
	EXPECT(cs_addr_cmp(&route_to(&got, "::/0")->gateway, &routes[1].gateway) == 0);
	EXPECT(route_to(&got, "10.60.0.0/16")->link == 0);
	EXPECT(route_to(&got, "10.70.0.0/16")->table == 1000);
	EXPECT(route_to(&got, "203.0.113.0/24")->link == 7);
	EXPECT(route_to(&got, "10.9.0.0/30")->link == 3);
	EXPECT(strcmp(value_of(&got, "ipv4/ip_forward"), "1") == 0);
	EXPECT(strcmp(value_of(&got, "ipv6/conf/all/forwarding"), "1") == 0);
	EXPECT(strcmp(value_of(&got, "ipv4/conf/eth0/rp_filter"), "1") == 0);
	EXPECT(strcmp(value_of(&got, "ipv4/conf/wg0/rp_filter"), "2") == 0);
	EXPECT(strcmp(value_of(&got, "ipv4/conf/docker0/rp_filter"), "0") == 0);
	EXPECT(got.n_lookups == 5);
	cs_scratch_close(s);
	cs_arena_clear(&arena);
}

static void a_scratch_reads_as_its_host(void **state)
{
	int status = in_child(reads_the_scratch);

	(void)state;
	if (status == IN_CHILD_NOT_HERE)
		NOT_HERE("no root, and no user namespaces");
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_then_the_metric_says_the_way),
		cmocka_unit_test(links_are_found_by_number_and_name),
		cmocka_unit_test(this_machine_is_read),
		cmocka_unit_test(a_scratch_reads_as_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
