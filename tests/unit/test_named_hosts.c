/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include <stdio.h>

#include "protect/named_hosts.h"
#include "protect/rules_listing.h"

/* eth0 to the internet, lan0 with a network of each family and a router in it. */
struct home {
	struct cs_host_link links[2];
	struct cs_host_address addresses[4];
	struct cs_host_route routes[6];
	struct cs_host host;
};

static void make_home(struct home *h)
{
	const struct cs_prefix all4 = { cs_addr_v4(0), 96 }, all6 = { 0 };

	*h = (struct home){
		.links = { { .index = 1, .name = "eth0", .up = true },
			   { .index = 2, .name = "lan0", .up = true } },
		.addresses = { { addr("93.184.77.10"), 96 + 24, 1 },
			       { addr("2a03:b0c0:77::10"), 64, 1 },
			       { addr("192.168.1.1"), 96 + 24, 2 },
			       { addr("fd12:3456::1"), 64, 2 } },
		.routes = { { .to = all4, .link = 1, .table = 254 },
			    { .to = all6, .link = 1, .table = 254 },
			    { .to = prefix("93.184.77.0/24"), .link = 1, .table = 254 },
			    { .to = prefix("192.168.0.0/16"), .link = 2, .table = 254 },
			    { .to = prefix("fd12:3456::/64"), .link = 2, .table = 254 },
			    { .to = prefix("45.83.70.0/28"), .link = 2, .table = 254 } },
	};
	h->host = (struct cs_host){ .links = h->links,
				    .n_links = 2,
				    .addresses = h->addresses,
				    .n_addresses = 4,
				    .routes = h->routes,
				    .n_routes = 6 };
}

/* Whom the two rules name: "192.168.1.200 (93.184.77.50)"; in brackets: where it is sent on. */
static void text_of(const char *first, const char *second, size_t most, char out[512])
{
	char *copies[] = { (char *)heap_copy(first, strlen(first) + 1),
			   (char *)heap_copy(second, strlen(second) + 1) };
	struct cs_rule list[2] = { { .table = "inet f" }, { .table = "inet f" } };
	const struct cs_rules rules = { .rules = list, .n = 2 };
	struct cs_named_hosts found;
	struct home h;
	size_t at = 0;

	make_home(&h);
	for (size_t i = 0; i < 2; i++) {
		list[i].raw = copies[i];
		if (copies[i][0] == '-')
			list[i].tool = CS_RULE_IPTABLES;
	}
	cs_named_hosts_find(&rules, &h.host, most, &found);
	*out = '\0';
	for (size_t i = 0; i < found.n && at < 400; i++) {
		char text[CS_ADDR_TEXT];

		cs_addr_text(&found.list[i].address, text);
		at += (size_t)snprintf(out + at, 512 - at,
				       found.list[i].if_sent_on ? "%s(%s)" : "%s%s",
				       i ? " " : "", text);
	}
	if (found.left_out)
		(void)snprintf(out + at, 512 - at, " and more");
	free(copies[0]);
	free(copies[1]);
}

static const struct {
	const char *first, *second, *want;
} cases[] = {
	{ "iifname \"eth0\" ip daddr 192.168.1.200 udp dport 5683 accept", "",
	  "192.168.1.200" },
	{ "ip6 daddr fd12:3456::200 accept", "", "fd12:3456::200" },
	{ "-A FORWARD -d 192.168.1.200/32 -i eth0 -p udp -m udp --dport 5683 -j ACCEPT",
	  "", "192.168.1.200" },
	{ "-A FORWARD -m iprange --dst-range 192.168.1.20-192.168.1.29 -j ACCEPT", "",
	  "192.168.1.20" },
	{ "ip daddr { 192.168.1.7, 45.83.70.5-45.83.70.9 } accept", "",
	  "192.168.1.7 45.83.70.5" },
	/* A host of a part of a network; one that another router knows. */
	{ "ip daddr 192.168.1.32/29 accept", "ip daddr 192.168.50.9 accept",
	  "192.168.1.38 192.168.50.9" },
	/* Whatever the network is, this host of it. */
	{ "ip6 daddr & ::ffff:ffff:ffff:ffff == ::200 udp dport 5683 accept", "",
	  "fd12:3456::200" },
	{ "-A FORWARD -d ::200/::ffff:ffff:ffff:ffff -p udp --dport 5683 -j ACCEPT", "",
	  "fd12:3456::200" },
	/* Those of rules for CoAP first, those for other ports not. */
	{ "ip daddr 192.168.1.2 accept", "ip daddr 192.168.1.3 udp dport 5683 accept",
	  "192.168.1.3 192.168.1.2" },
	{ "ip daddr 192.168.1.2 tcp dport { 80, 443, 8000-9000 } accept", "", "" },
	{ "ip daddr 192.168.1.2 udp dport 5000-6000 accept", "", "192.168.1.2" },
	{ "ip daddr 192.168.1.2 udp dport != 53 drop", "", "192.168.1.2" },
	{ "-A FORWARD -d 192.168.1.2/32 -p udp -m multiport --dports 53,5684 -j ACCEPT",
	  "", "192.168.1.2" },
	{ "-A FORWARD -d 192.168.1.2/32 -p tcp --dport 443 -j ACCEPT", "", "" },
	/* Where the internet is, ours, groups, who may send: nobody behind us. */
	{ "ip daddr 9.9.9.9 udp dport 5683 accept", "ip daddr 192.168.1.1 accept", "" },
	{ "ip daddr 224.0.1.187 accept", "ip6 daddr fe80::1 accept", "" },
	{ "ip saddr 192.168.1.200 accept", "", "" },
	/* Sent on: asked by the address that is published, which may be none of ours. */
	{ "ip daddr 93.184.77.50 udp dport 5683 dnat to 192.168.1.9:15683",
	  "ip daddr 192.168.1.9 udp dport 15683 accept", "(93.184.77.50)" },
	{ "-A PREROUTING -d 93.184.77.50/32 -p udp --dport 5683 -j DNAT --to-destination "
	  "192.168.1.9",
	  "-A FORWARD -d 192.168.1.9/32 -p udp --dport 5683 -j ACCEPT",
	  "(93.184.77.50)" },
	{ "udp dport 5683 dnat to 45.83.70.5", "ip daddr 45.83.70.5 accept",
	  "45.83.70.5" },
	{ "", "", "" },
};

static void hosts_are_those_that_rules_for_coap_send_packets_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char got[512];

		text_of(cases[i].first, cases[i].second, CS_NAMED_HOSTS_MAX, got);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s; %s: \"%s\", want \"%s\"", cases[i].first,
				 cases[i].second, got, cases[i].want);
	}
}

static void of_too_many_the_first_are_told_and_that_there_are_more(void **state)
{
	static const char rule[] = "ip daddr { 192.168.1.2, 192.168.1.3 } accept";
	char got[512];

	(void)state;
	text_of(rule, "", 2, got);
	assert_string_equal(got, "192.168.1.2 192.168.1.3");
	text_of(rule, "ip daddr 192.168.1.4 accept", 2, got);
	assert_string_equal(got, "192.168.1.2 192.168.1.3 and more");
}

/* A set's elements are what its name stands for. */
static void a_set_is_looked_into(void **state)
{
	static const char text[] =
		"table inet f { # handle 1\n\tset pin { # handle 2\n"
		"\t\ttype ipv4_addr . inet_service\n"
		"\t\telements = { 192.168.1.200 . 5683,\n\t\t\t     192.168.1.201 . 5684 "
		"}\n"
		"\t}\n\n\tchain c { # handle 3\n"
		"\t\tip daddr . udp dport @pin accept # handle 4\n\t}\n}\n";
	struct cs_rule rule = { .table = "inet f",
				.raw = "ip daddr . udp dport @pin accept" };
	struct cs_rules rules = { .rules = &rule, .n = 1 };
	struct cs_named_hosts found;
	struct cs_arena arena = { 0 };
	struct cs_listing listing;
	struct home h;
	size_t line;

	(void)state;
	make_home(&h);
	assert_int_equal(cs_listing_read(cs_span_str(text), &arena, &listing, &line),
			 CS_OK);
	rules.parsed = &listing;
	cs_named_hosts_find(&rules, &h.host, CS_NAMED_HOSTS_MAX, &found);
	assert_int_equal(found.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct cs_addr want = addr(i ? "192.168.1.201" : "192.168.1.200");

		assert_int_equal(cs_addr_cmp(&found.list[i].address, &want), 0);
	}
	cs_arena_clear(&arena);
}

/* So are ipset's; one of who sends is none of hosts behind. */
static void a_set_of_ipsets_is_looked_into(void **state)
{
	static const char sets[] = "create pin hash:ip,port family inet\n"
				   "add pin 192.168.1.200,udp:5683\n"
				   "create pins hash:ip\nadd pins 192.168.1.201\n"
				   "add from 192.168.1.202\n";
	struct cs_rule rule = {
		.tool = CS_RULE_IPTABLES,
		.table = "ip filter",
		.raw = "-A FORWARD -m set --match-set pin dst,dst -m set --match-set "
		       "from src -j ACCEPT",
	};
	const struct cs_rules rules = { .rules = &rule,
					.n = 1,
					.ipset = cs_span_str(sets) };
	const struct cs_addr want = addr("192.168.1.200");
	struct cs_named_hosts found;
	struct home h;

	(void)state;
	make_home(&h);
	cs_named_hosts_find(&rules, &h.host, CS_NAMED_HOSTS_MAX, &found);
	assert_int_equal(found.n, 1);
	assert_int_equal(cs_addr_cmp(&found.list[0].address, &want), 0);
}

/* Whatever a rule has in it, nothing beside it is read. */
static void any_beginning_of_a_rule_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		const char *text = cases[i].first;

		for (size_t n = 0; n <= strlen(text); n++) {
			char part[256], got[512];

			(void)snprintf(part, sizeof(part), "%.*s", (int)n, text);
			text_of(part, "", CS_NAMED_HOSTS_MAX, got);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_those_that_rules_for_coap_send_packets_to),
		cmocka_unit_test(of_too_many_the_first_are_told_and_that_there_are_more),
		cmocka_unit_test(a_set_is_looked_into),
		cmocka_unit_test(a_set_of_ipsets_is_looked_into),
		cmocka_unit_test(any_beginning_of_a_rule_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
