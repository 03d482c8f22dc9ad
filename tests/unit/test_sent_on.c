/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "protect/sent_on.h"

/* What a rule's text gives: "udp 9999>5683 tcp 9999>5683". */
static void text_of(const char *rule_text, char out[256])
{
	char *copy = (char *)heap_copy(rule_text, strlen(rule_text) + 1);
	struct cs_rule rule = { .text = copy };
	const struct cs_rules rules = { .rules = &rule, .n = 1 };
	struct cs_sent_on found[CS_SENT_ON_MAX];
	size_t n = cs_sent_on_find(&rules, found), at = 0;

	*out = '\0';
	for (size_t i = 0; i < n && at < 200; i++)
		at += (size_t)snprintf(out + at, 256 - at, "%s%s %u>%u", i ? " " : "",
				       found[i].tcp ? "tcp" : "udp", found[i].from,
				       found[i].to);
	free(copy);
}

static const struct {
	const char *rule;
	const char *want;
} cases[] = {
	{ "udp dport 5683 dnat to 172.17.0.2:15683", "udp 5683>15683" },
	{ "udp dport 9999 dnat to 172.17.0.2:5683", "udp 9999>5683" },
	{ "udp dport 9999 dnat ip to 172.17.0.2:5683", "udp 9999>5683" },
	{ "tcp dport 9999 dnat ip6 to [fd00::2]:5684", "tcp 9999>5684" },
	{ "udp dport 5683 dnat to 172.17.0.2", "udp 5683>5683" },
	{ "udp dport 5683 redirect to :15683", "udp 5683>15683" },
	{ "udp dport { 5683, 9998-9999 } dnat to 10.0.0.2:5683",
	  "udp 5683>5683 udp 9998>5683" },
	{ "meta l4proto { tcp, udp } th dport 9999 dnat to 10.0.0.2:5683",
	  "udp 9999>5683 tcp 9999>5683" },
	{ "dnat ip to udp dport map { 9999 : 10.0.0.2 . 5683, 53 : 10.0.0.2 . 53 }",
	  "udp 9999>5683" },
	{ "-p udp -m udp --dport 9999 -j DNAT --to-destination 172.17.0.2:5683",
	  "udp 9999>5683" },
	{ "-p udp -m udp --dport 5683 -j REDIRECT --to-ports 15683", "udp 5683>15683" },
	{ "-p tcp -m multiport --dports 9998,9999 -j DNAT --to-destination 10.0.0.2:5683",
	  "tcp 9998>5683 tcp 9999>5683" },
	{ "udp dport 53 dnat to 10.0.0.2:53", "" },
	{ "udp dport 5683 drop", "" },
	{ "dnat to 10.0.0.2", "" },
	{ "udp dport 70000 dnat to 10.0.0.2:5683", "" },
	{ "udp dport 9999 dnat to 10.0.0.2:56830", "" },
	{ "udp dport 9999 dnat to 10.5683.0.2:1", "" },
	{ "", "" },
};

static void the_ports_of_a_rule_that_sends_on_are_found(void **state)
{
	char got[256];

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		text_of(cases[i].rule, got);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: %s, not %s", cases[i].rule, got, cases[i].want);
	}
}

static void a_text_that_is_cut_off_is_read_to_its_end_and_no_further(void **state)
{
	char got[256], cut[256];

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++)
		for (size_t n = 0; n < strlen(cases[i].rule); n++) {
			memcpy(cut, cases[i].rule, n);
			cut[n] = '\0';
			text_of(cut, got);
		}
}

static void each_port_is_found_once_and_no_more_than_there_is_room_for(void **state)
{
	enum { N = 100 };
	static char texts[N][64];
	static struct cs_rule list[2 * N];
	const struct cs_rules rules = { .rules = list, .n = 2 * N };
	struct cs_sent_on found[CS_SENT_ON_MAX];

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]),
			       "udp dport %u dnat to 10.0.0.2:5683", 9000 + i);
		list[2 * i].text = list[2 * i + 1].text = texts[i];
	}
	assert_int_equal(cs_sent_on_find(&rules, found), CS_SENT_ON_MAX);
	assert_int_equal(found[0].from, 9000);
	assert_int_equal(found[CS_SENT_ON_MAX - 1].from, 9000 + CS_SENT_ON_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ports_of_a_rule_that_sends_on_are_found),
		cmocka_unit_test(
			a_text_that_is_cut_off_is_read_to_its_end_and_no_further),
		cmocka_unit_test(
			each_port_is_found_once_and_no_more_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
