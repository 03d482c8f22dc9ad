/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/sources.h"

enum { N = 4 };

/* Whom the rules of @text take for the same as one before: "0101". */
static void check(const char *text, const char *want)
{
	const struct cs_addr who[N] = { cs_addr_v4(0x5b258e4d), cs_addr_v4(0x499e185b),
					cs_addr_v4(0xb15c3d8a),
					cs_addr_v4(0x7c7924cd) }; /* 91. 73. 177. 124. */
	uint8_t *copy = heap_copy(text, strlen(text));
	const struct cs_rules rules = { .nft = cs_span_of(copy, strlen(text)) };
	const struct cs_host host = { 0 };
	char got[N + 1] = "";
	bool same[N];

	cs_sources_same(&rules, &host, who, N, same);
	for (size_t i = 0; i < N; i++)
		got[i] = same[i] ? '1' : '0';
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, want %s", text, got, want);
	free(copy);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
