/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "protect/host.h"
#include "protect/rules.h"

/* A rule, and the hook of its chain ("": none). */
struct line {
	const char *table, *hook, *text;
};

enum { LINES = 8, LOCALS = 4 };

struct made {
	struct cs_arena arena;
	struct cs_rule rules[LINES];
	struct cs_rules_chain chains[LINES];
	struct cs_prefix locals[LOCALS];
	struct cs_host host;
};

static struct cs_addr at(const char *text)
{
	struct cs_addr a;

	assert_true(cs_addr_read(cs_span_str(text), &a));
	return a;
}

static struct made *make(const struct line *lines, const char *nft,
			 const char *const *locals)
{
	struct made *m = calloc(1, sizeof(*m));
	struct cs_rules rules = { .rules = m->rules, .chains = m->chains };
	size_t n = 0;

	rules.nft = cs_span_str(nft ? nft : "");
	for (; rules.n < LINES && lines[rules.n].text; rules.n++) {
		const struct line *l = &lines[rules.n];

		m->rules[rules.n] = (struct cs_rule){ .table = l->table,
						      .chain = l->hook,
						      .text = l->text,
						      .raw = l->text };
		m->chains[rules.n] = (struct cs_rules_chain){ .table = l->table,
							      .name = l->hook,
							      .hook = l->hook };
	}
	rules.n_chains = rules.n;
	for (; locals && n < LOCALS && locals[n]; n++)
		assert_int_equal(cs_prefix_read(cs_span_str(locals[n]), &m->locals[n]),
				 CS_OK);
	assert_int_equal(cs_host_assume(&rules, m->locals, n, &m->arena, &m->host),
			 CS_OK);
	return m;
}

static void done(struct made *m)
{
	cs_arena_clear(&m->arena);
	free(m);
}

static const char *way(const struct made *m, const char *source)
{
	struct cs_addr a = at(source);
	const struct cs_host_link *link = cs_host_way(&m->host, &a);

	return link ? link->name : "-";
}

static bool forwards(const struct made *m, bool v4)
{
	const char *name = v4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding";

	for (size_t i = 0; i < m->host.n_sysctls; i++)
		if (strcmp(m->host.sysctls[i].name, name) == 0)
			return m->host.sysctls[i].value[0] == '1';
	return false;
}

/* Whatever the rules: what a scratch and its questions need. */
static void check_whole(const struct made *m)
{
	const struct cs_host *h = &m->host;

	assert_true(h->assumed);
	assert_string_equal(h->links[0].name, "lo");
	for (size_t i = 0; i < h->n_links; i++) {
		assert_ptr_equal(cs_host_link(h, h->links[i].index), &h->links[i]);
		assert_ptr_equal(cs_host_link_named(h, h->links[i].name), &h->links[i]);
	}
	for (size_t i = 0; i < h->n_addresses; i++) {
		size_t links = 0;

		assert_non_null(cs_host_link(h, h->addresses[i].link));
		for (size_t k = 0; k < h->n_addresses; k++)
			links += cs_addr_cmp(&h->addresses[i].address,
					     &h->addresses[k].address) == 0;
		assert_int_equal(links, 1);
	}
	assert_string_not_equal(way(m, "91.37.142.77"), "-");
	assert_string_not_equal(way(m, "2a02:810d::4d"), "-");
}

static void nothing_said_is_a_usual_machine(void **state)
{
	static const struct line none[] = { { 0 } };
	struct made *m = make(none, NULL, NULL);

	(void)state;
	check_whole(m);
	assert_int_equal(m->host.n_links, 3);
	assert_string_equal(way(m, "8.8.8.8"), "eth0");
	assert_string_equal(way(m, "2600::1"), "eth0");
	assert_string_equal(way(m, "192.168.1.7"), "eth1");
	assert_string_equal(way(m, "fd00:c0a9::7"), "eth1");
	assert_false(forwards(m, true));
	assert_false(forwards(m, false));
	done(m);
}

static void the_outer_interface_is_the_one_that_they_say(void **state)
{
	static const struct {
		const char *outer;
		struct line lines[3];
	} cases[] = {
		{ "eth3",
		  { { "ip nat", "postrouting", "oifname \"eth3\" masquerade" },
		    { "ip f", "input", "iifname \"eth0\" accept" } } },
		{ "br0", { { "ip nat", "POSTROUTING", "-o br0 -j MASQUERADE" } } },
		{ "eth5",
		  { { "ip nat", "POSTROUTING",
		      "-o eth5 -j SNAT --to-source 203.0.113.9" } } },
		{ "vlan2",
		  { { "ip nat", "prerouting",
		      "iifname \"vlan2\" udp dport 5683 dnat to 192.168.1.9:15683" } } },
		{ "wan",
		  { { "inet f", "input", "iifname { \"lan\", \"wan\" } accept" } } },
		{ "wan0", { { "inet f", "input", "iif \"wan0\" drop" } } },
		{ "ppp0", { { "inet f", "input", "iifname \"ppp*\" drop" } } },
		{ "ppp0",
		  { { "ip filter", "INPUT", "-i ppp+ -j DROP" },
		    { "ip filter", "INPUT", "-i eth0 -j ACCEPT" } } },
		{ "enp3s0", { { "inet f", "input", "iifname != \"enp3s0\" accept" } } },
		{ "eth0", { { "inet f", "input", "iifname \"eth1\" accept" } } },
		{ "eth0", { { "inet f", "input", "iifname \"wlan0\" accept" } } },
		{ "eth0",
		  { { "ip nat", "POSTROUTING",
		      "-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE" } } },
		{ "eth0",
		  { { "inet f", "input", "accept comment \"iifname wan1 is old\"" } } },
		{ "enp1s0",
		  { { "inet f", "input",
		      "iifname . ip saddr { \"enp1s0\" . 10.0.0.1 } accept" } } },
		{ "eth9",
		  { { "ip nat", "pr",
		      "meta oifname \"eth9\" snat ip to 198.51.100.7" } } },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct made *m = make(cases[i].lines, NULL, NULL);

		check_whole(m);
		if (strcmp(way(m, "8.8.8.8"), cases[i].outer) != 0 ||
		    strcmp(way(m, "2600::1"), cases[i].outer) != 0)
			fail_msg("case %zu: %s, not %s", i, way(m, "8.8.8.8"),
				 cases[i].outer);
		done(m);
	}
}

static void a_jump_from_the_outer_interface_to_who_masquerades_says_it(void **state)
{
	/* As OpenWrt's fw4 has it, and then firewalld. */
	static const struct line fw4[] = {
		{ "inet fw4", "dstnat", "iifname \"br-lan\" jump dstnat_lan" },
		{ "inet fw4", "dstnat_lan",
		  "ip saddr 192.168.1.0/24 ip daddr 81.2.69.142 udp dport 5683 dnat ip "
		  "to "
		  "192.168.1.7:5683" },
		{ "inet fw4", "srcnat", "oifname \"eth1\" jump srcnat_wan" },
		{ "inet fw4", "srcnat",
		  "oifname \"eth0\" ip saddr 192.168.1.0/24 ip daddr 192.168.1.7 udp "
		  "dport "
		  "5683 snat ip to 192.168.1.1" },
		{ "inet fw4", "srcnat_wan", "meta nfproto ipv4 masquerade" },
		{ 0 },
	};
	static const struct line zones[] = {
		{ "inet firewalld", "zones", "oifname \"eth0\" goto home" },
		{ "inet firewalld", "zones", "oifname \"eth1\" goto outside" },
		{ "inet firewalld", "outside", "jump outside_allow" },
		{ "inet firewalld", "outside_allow", "oifname != \"lo\" masquerade" },
		{ "inet firewalld", "home", "jump home" },
		{ 0 },
	};
	static const struct line *const cases[] = { fw4, zones };

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct made *m = make(cases[i], NULL, NULL);

		check_whole(m);
		assert_string_equal(way(m, "8.8.8.8"), "eth1");
		done(m);
	}
}

static void every_interface_that_is_named_is_there(void **state)
{
	static const struct line lines[] = {
		{ "inet f", "input",
		  "iifname vmap { \"wan\" : jump w, \"lan\" : jump l }" },
		{ "inet f", "input", "iif { \"eth7\", \"dmz.4\" } accept" },
		{ "ip filter", "FORWARD", "-i tun+ -o br-+ -j ACCEPT" },
		{ "inet f", "input", "iifname \"lo\" accept" },
		{ "inet f", "input", "iifname @lans accept" },
		{ "inet f", "input", "oifname != { \"a1\", \"b1\" } drop" },
		{ "inet f", "input", "iif 7 accept" },
		{ 0 },
	};
	static const char nft[] =
		"table inet f {\n"
		"\tset lans {\n\t\ttype ifname\n"
		"\t\telements = { \"lan1\",\n\t\t\t     \"lan2\" }\n\t}\n"
		"\tset names {\n\t\ttype mark\n"
		"\t\telements = { \"no1\" }\n\t}\n"
		"\tmap m {\n\t\ttypeof iifname : verdict\n"
		"\t\telements = { \"lan3\" comment \"no2\" : accept }\n"
		"\t}\n\tchain c {\n\t\ttype filter hook input priority 0;\n"
		"\t}\n}\n";
	static const char *const want[] = {
		"lo",   "wan", "lan", "eth7", "dmz.4", "tun0",
		"br-0", "a1",  "b1",  "lan1", "lan2",  "lan3"
	};
	struct made *m = make(lines, nft, NULL);

	(void)state;
	check_whole(m);
	for (size_t i = 0; i < CS_LEN(want); i++)
		if (!cs_host_link_named(&m->host, want[i]))
			fail_msg("%s is not there", want[i]);
	assert_int_equal(m->host.n_links, CS_LEN(want));
	assert_string_equal(way(m, "192.168.1.7"), "lan");
	done(m);
}

static void networks_lie_behind_the_interfaces_that_they_are_named_with(void **state)
{
	static const struct line lines[] = {
		{ "ip nat", "POSTROUTING",
		  "-s 172.18.0.0/16 ! -o br-0a1b2c3d4e5f -j MASQUERADE" },
		{ "ip filter", "FORWARD",
		  "-d 172.17.0.2/32 ! -i docker0 -o docker0 -p udp -m udp "
		  "--dport 15683 -j ACCEPT" },
		{ "inet f", "input", "iifname \"eth1\" ip saddr 10.20.0.0/16 accept" },
		{ "inet f", "input", "iifname \"eth0\" ip saddr 10.0.0.0/8 drop" },
		{ "inet f", "input", "iifname \"eth0\" ip saddr 10.99.0.0/16 accept" },
		{ "inet f", "input", "iifname \"eth1\" ip6 saddr fd12::/48 accept" },
		{ "inet f", "input", "iifname \"wg0\" ip saddr 10.8.0.7 accept" },
		{ 0 },
	};
	struct made *m = make(lines, NULL, NULL);

	(void)state;
	check_whole(m);
	assert_string_equal(way(m, "172.18.0.9"), "br-0a1b2c3d4e5f");
	assert_string_equal(way(m, "172.17.0.2"), "docker0");
	assert_string_equal(way(m, "10.20.7.7"), "eth1");
	assert_string_equal(way(m, "fd12::7"), "eth1");
	assert_string_equal(way(m, "10.99.0.1"), "eth0");
	assert_string_equal(way(m, "10.8.0.7"), "wg0");
	assert_false(cs_host_link_named(&m->host, "wg0")->ethernet);
	done(m);
}

static void locals_have_an_interface_each(void **state)
{
	static const struct line lines[] = {
		{ "inet f", "input", "iifname \"docker0\" accept" },
		{ "inet f", "input", "iifname \"lan0\" accept" },
		{ "inet f", "input", "iifname \"dmz\" ip saddr 10.7.1.0/24 accept" },
		{ 0 },
	};
	static const char *const locals[] = { "10.1.0.0/16", "10.7.0.0/16", "fd01::/64",
					      "10.2.0.5", NULL };
	struct made *m = make(lines, NULL, locals);
	struct cs_addr named = at("10.2.0.5");

	(void)state;
	check_whole(m);
	assert_string_equal(way(m, "10.1.0.9"), "lan0");
	assert_string_equal(way(m, "10.7.0.9"), "dmz");
	assert_string_equal(way(m, "fd01::9"), "lan0");
	assert_string_equal(way(m, "10.2.0.5"), "eth1");
	assert_false(cs_host_is_own(&m->host, &named));
	assert_string_equal(way(m, "172.17.0.9"), "docker0");
	assert_string_equal(way(m, "192.168.1.9"), "eth0");
	done(m);
}

static void addresses_that_rules_say_are_ours_are_ours(void **state)
{
	static const struct line lines[] = {
		{ "ip nat", "prerouting",
		  "ip daddr 45.67.89.10 udp dport 5683 dnat to 10.30.0.2:15683" },
		{ "inet f", "input", "ip daddr 192.168.1.44 udp dport 5683 accept" },
		{ "inet f", "input", "ip6 daddr 2a00:1:2::5 udp dport 5683 accept" },
		{ "inet f", "input", "ip daddr 224.0.1.187 accept" },
		{ "inet f", "input", "ip daddr 192.168.1.255 drop" },
		{ "inet f", "forward", "ip daddr 45.67.90.1 accept" },
		{ "inet f", "output", "ip daddr 45.67.91.1 accept" },
		{ 0 },
	};
	static const struct {
		const char *address;
		bool own;
	} cases[] = {
		{ "45.67.89.10", true },  { "192.168.1.44", true },
		{ "2a00:1:2::5", true },  { "45.67.90.1", false },
		{ "45.67.91.1", false },  { "10.30.0.2", false },
		{ "224.0.1.187", false }, { "192.168.1.255", false },
	};
	struct made *m = make(lines, NULL, NULL);

	(void)state;
	check_whole(m);
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_addr a = at(cases[i].address);

		if (cs_host_is_own(&m->host, &a) != cases[i].own)
			fail_msg("%s", cases[i].address);
	}
	assert_string_equal(way(m, "45.67.89.11"), "eth0");
	assert_string_equal(way(m, "10.30.0.2"), "eth1");
	assert_true(forwards(m, true));
	done(m);
}

/* ufw's words are its own, and its chains are jumped to. */
static void an_address_that_ufw_names_is_ours(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_rule rule = {
		.tool = CS_RULE_UFW,
		.table = "ip filter",
		.chain = "ufw-user-input",
		.text = "93.184.216.34 5683/udp ALLOW IN Anywhere",
		.raw = "-A ufw-user-input -d 93.184.216.34/32 -p udp -m udp "
		       "--dport 5683 -j ACCEPT"
	};
	const struct cs_rules rules = { .rules = &rule, .n = 1, .ufw = true };
	const struct cs_addr own = at("93.184.216.34");
	struct cs_host host;
	bool found = false;

	(void)state;
	assert_int_equal(cs_host_assume(&rules, NULL, 0, &arena, &host), CS_OK);
	for (size_t i = 0; i < host.n_addresses; i++)
		found |= cs_addr_cmp(&host.addresses[i].address, &own) == 0;
	assert_true(found);
	cs_arena_clear(&arena);
}

static void what_rules_forward_is_forwarded(void **state)
{
	static const struct {
		struct line line[2];
		bool v4, v6;
	} cases[] = {
		{ { { "inet f", "forward", "udp dport 5683 drop" } }, true, true },
		{ { { "ip f", "forward", "udp dport 5683 drop" } }, true, false },
		{ { { "ip6 f", "forward", "udp dport 5683 drop" } }, false, true },
		{ { { "inet f", "input", "udp dport 5683 drop" } }, false, false },
		{ { { "ip nat", "x", "udp dport 5683 dnat to 10.0.0.9" } }, true, false },
		{ { { "ip6 nat", "x", "udp dport 5683 dnat to [fd00::9]:15683" } },
		  false,
		  true },
		{ { { "ip nat", "x", "udp dport 5683 redirect to :15683" } },
		  false,
		  false },
		{ { { "ip nat", "x", "dnat to udp dport map { 5683 : 10.0.0.9 }" } },
		  true,
		  false },
		{ { { "ip nat", "PREROUTING",
		      "-p udp -j DNAT --to-destination 10.0.0.9:15683" } },
		  true,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct made *m = make(cases[i].line, NULL, NULL);

		check_whole(m);
		if (forwards(m, true) != cases[i].v4 || forwards(m, false) != cases[i].v6)
			fail_msg("case %zu", i);
		done(m);
	}
}

/* A chain's policy is no rule in it. */
static void a_policy_forwards_nothing(void **state)
{
	struct cs_rule policy = { .table = "inet f",
				  .chain = "forward",
				  .text = "policy drop",
				  .raw = "policy drop",
				  .place = SIZE_MAX };
	struct cs_rules_chain chain = { "inet f", "forward", "forward", 0, true, false };
	const struct cs_rules rules = {
		.rules = &policy, .n = 1, .chains = &chain, .n_chains = 1
	};
	struct made m = { 0 };

	(void)state;
	assert_int_equal(cs_host_assume(&rules, NULL, 0, &m.arena, &m.host), CS_OK);
	assert_false(forwards(&m, true));
	cs_arena_clear(&m.arena);
}

static void many_of_everything_is_cut(void **state)
{
	enum { MANY = 700 };
	struct cs_rule *many = calloc(MANY, sizeof(*many));
	struct cs_prefix *locals = calloc(MANY, sizeof(*locals));
	char(*texts)[160] = calloc(MANY, sizeof(*texts));
	struct cs_rules rules = { .rules = many, .n = MANY };
	struct made m = { 0 };

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]),
			       "iifname \"if%u\" ip saddr 10.%u.%u.0/24 ip daddr "
			       "45.%u.%u.9 udp dport 5683 dnat to 11.%u.%u.7",
			       i, i / 256, i % 256, i / 256, i % 256, i / 256, i % 256);
		many[i] = (struct cs_rule){
			.table = "ip nat", .chain = "x", .text = texts[i], .raw = texts[i]
		};
		locals[i] = (struct cs_prefix){ cs_addr_v4(0x0c000000 + (i << 8)), 120 };
	}
	assert_int_equal(cs_host_assume(&rules, locals, MANY, &m.arena, &m.host), CS_OK);
	assert_true(m.host.n_links <= 140);
	assert_true(m.host.n_addresses <= 512);
	cs_arena_clear(&m.arena);
	free(many);
	free(locals);
	free(texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_a_usual_machine),
		cmocka_unit_test(the_outer_interface_is_the_one_that_they_say),
		cmocka_unit_test(
			a_jump_from_the_outer_interface_to_who_masquerades_says_it),
		cmocka_unit_test(every_interface_that_is_named_is_there),
		cmocka_unit_test(
			networks_lie_behind_the_interfaces_that_they_are_named_with),
		cmocka_unit_test(locals_have_an_interface_each),
		cmocka_unit_test(addresses_that_rules_say_are_ours_are_ours),
		cmocka_unit_test(an_address_that_ufw_names_is_ours),
		cmocka_unit_test(what_rules_forward_is_forwarded),
		cmocka_unit_test(a_policy_forwards_nothing),
		cmocka_unit_test(many_of_everything_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
