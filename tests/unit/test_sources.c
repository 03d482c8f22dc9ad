/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/sources.h"

enum { N = 4 };

/* 91.37.142.77, 73.158.24.91, 177.92.61.138, 124.121.36.205 */
static const struct cs_addr whose[N] = {
	{ .b = { [10] = 0xff, 0xff, 0x5b, 0x25, 0x8e, 0x4d } },
	{ .b = { [10] = 0xff, 0xff, 0x49, 0x9e, 0x18, 0x5b } },
	{ .b = { [10] = 0xff, 0xff, 0xb1, 0x5c, 0x3d, 0x8a } },
	{ .b = { [10] = 0xff, 0xff, 0x7c, 0x79, 0x24, 0xcd } },
};

/* Whom the rules of @text take for the same as one before: "0101". */
static void check(const char *text, const char *want)
{
	uint8_t *copy = heap_copy(text, strlen(text));
	const struct cs_rules rules = { .nft = cs_span_of(copy, strlen(text)) };
	const struct cs_host host = { 0 };
	char got[N + 1] = "";
	bool same[N];

	cs_sources_same(&rules, &host, whose, N, same);
	for (size_t i = 0; i < N; i++)
		got[i] = same[i] ? '1' : '0';
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, want %s", text, got, want);
	free(copy);
}

/* Of a set the entries tell, where no mask hides what they stand for. */
static void entries_of_a_set_tell_apart_who_is_in_it(void **state)
{
	static const struct {
		const char *sets, *want;
	} of[] = {
		{ "", "0000" },
		{ "create bad hash:net\nadd bad 91.0.0.0/8\n", "0011" },
		{ "create bad hash:net,port\nadd bad 73.158.24.91,udp:5683\n", "0011" },
		{ "create bad hash:net family inet6\nadd bad 2a02::/16\n", "0111" },
		{ "create bad hash:ip netmask 8\nadd bad 91.0.0.0\n", "0000" },
	};
	const struct cs_host host = { 0 };
	struct cs_rules rules = {
		.xtables4 =
			cs_span_str("-A INPUT -m set --match-set bad src -j DROP\n")
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(of); i++) {
		char got[N + 1] = "";
		bool same[N];

		rules.ipset = cs_span_str(of[i].sets);
		cs_sources_same(&rules, &host, whose, N, same);
		for (size_t k = 0; k < N; k++)
			got[k] = same[k] ? '1' : '0';
		assert_string_equal(got, of[i].want);
	}
}

static void the_old_backends_rules_tell_apart_too(void **state)
{
	const struct cs_host host = { 0 };
	const struct cs_rules rules = { .legacy4 = cs_span_str(
						"-A INPUT -s 91.0.0.0/8 -j DROP\n") };
	bool same[N];

	(void)state;
	cs_sources_same(&rules, &host, whose, N, same);
	assert_false(same[1]);
	assert_true(same[2]);
}

static const struct {
	const char *text, *want;
} cases[] = {
	{ "", "0111" },
	{ "udp dport 5683 drop", "0111" },
	{ "ip saddr 10.0.0.0/8 accept", "0111" },
	{ "ip saddr 91.0.0.0/8 accept", "0011" },
	{ "ip saddr { 91.37.142.77, 177.0.0.1-178.0.0.0 } drop", "0001" },
	{ "-A INPUT -s 124.0.0.0/255.0.0.0 -j DROP", "0110" },
	{ "-m iprange --src-range 73.0.0.0-177.92.61.138 -j DROP", "0111" },
	{ "-m iprange --src-range 73.0.0.0-177.92.61.137 -j DROP", "0101" },
	{ "ip saddr != 91.37.142.77 drop", "0011" },
	{ "ip6 saddr ::/0 drop", "0111" },
	{ "elements = { 91.37.142.77 timeout 1m,\n 73.158.24.91 }", "0001" },
	/* What no address tells. */
	{ "ip saddr & 255.0.255.0 == 91.0.0.0 drop", "0000" },
	{ "ip saddr & 0.0.0.1 vmap { 0.0.0.1 : drop }", "0000" },
	{ "ip saddr | 0.0.0.1 == 91.0.0.1", "0000" },
	{ "update @rate { ip saddr & 255.255.240.0 limit rate 25/second } drop", "0111" },
	{ "add @seen { ip saddr & 255.255.240.0 }", "0111" },
	{ "fib saddr . iif oif missing drop", "0111" },
	{ "fib saddr type != local drop", "0111" },
	{ "jhash ip saddr mod 2 0 drop", "0000" },
	{ "@nh,96,8 91 drop", "0000" },
	{ "-m set --match-set bad src -j DROP", "0000" },
	{ "ip saddr &", "0000" },
};

static void only_what_a_rule_can_tell_apart_differs(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++)
		check(cases[i].text, cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_a_rule_can_tell_apart_differs),
		cmocka_unit_test(entries_of_a_set_tell_apart_who_is_in_it),
		cmocka_unit_test(the_old_backends_rules_tell_apart_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
