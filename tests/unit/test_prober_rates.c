/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/prober_rates.h"

static const struct {
	const char *rule, *small; /* NULL: as it is */
	bool decides;
	const char *before; /* NULL: all of it */
} cases[] = {
	{ "udp dport 5683 limit rate 10/second accept",
	  "udp dport 5683 limit rate 1/hour burst 3 packets accept", true,
	  "udp dport 5683" },
	{ "limit rate over 5000/second burst 200 packets drop",
	  "limit rate over 1/hour burst 3 packets drop", true, "" },
	{ "udp dport 5683 limit rate over 10 mbytes/second burst 100 kbytes drop",
	  "udp dport 5683 limit rate over 1 bytes/hour burst 1250 bytes drop", true,
	  "udp dport 5683" },
	{ "udp dport 5683 limit rate 512 kbytes/second accept",
	  "udp dport 5683 limit rate 1 bytes/hour burst 1250 bytes accept", true,
	  "udp dport 5683" },
	{ "udp dport 5683 meter m size 65535 { ip saddr limit rate over 10/second burst "
	  "20 packets } drop",
	  "udp dport 5683 meter m size 65535 { ip saddr limit rate over 1/hour burst 3 "
	  "packets } drop",
	  true, "udp dport 5683" },
	{ "ct state new add @conns { ip saddr ct count over 20 } reject",
	  "ct state new add @conns { ip saddr ct count over 3 } reject", true,
	  "ct state new" },
	{ "udp dport 5683 ct count 2 accept", NULL, true, "udp dport 5683" },
	/* What is left of a quota is what packets meet. */
	{ "quota over 25 mbytes used 3 kbytes drop", NULL, true, "" },
	{ "quota 25 mbytes accept", NULL, true, "" },
	{ "udp dport 5683 limit name \"coap\" accept", NULL, true, "udp dport 5683" },
	{ "update @seen { ip saddr timeout 1m }", NULL, true, "" },
	{ "numgen random mod 100 < 3 drop", "numgen random mod 2 0 drop", true, "" },
	{ "numgen inc mod 10 0 drop", "numgen inc mod 2 0 drop", true, "" },
	/* What is only logged or counted decides nothing. */
	{ "limit rate 3/minute log prefix \"drop: \"",
	  "limit rate 1/hour burst 3 packets log prefix \"drop: \"", false, "" },
	{ "limit rate 3/minute counter packets 0 bytes 0",
	  "limit rate 1/hour burst 3 packets counter packets 0 bytes 0", false, "" },
	/* Words in quotes are no words. */
	{ "udp dport 5683 accept comment \"limit rate 10/second drop\"", NULL, false,
	  NULL },
	{ "udp dport 5683 accept comment \"a quota 25 mbytes\"", NULL, false, NULL },
	{ "iifname \"quota\" drop", NULL, false, NULL },
	{ "ct state established accept", NULL, false, NULL },
	{ "", NULL, false, NULL },
	/* The ends of phrases. */
	{ "limit rate", NULL, false, "" },
	{ "limit rate over", NULL, false, "" },
	{ "limit rate 10/second burst 5", "limit rate 1/hour burst 3 packets burst 5",
	  false, "" },
	{ "quota over", NULL, false, "" },
};

static const struct {
	const char *rule, *small;
	bool decides;
	const char *before;
} xt_cases[] = {
	{ "-A INPUT -p udp --dport 5683 -m limit --limit 10/sec --limit-burst 100 -j "
	  "ACCEPT",
	  "-A INPUT -p udp --dport 5683 -m limit --limit 1/hour --limit-burst 3 -j "
	  "ACCEPT",
	  true, "-A INPUT -p udp --dport 5683" },
	{ "-A ufw-user-input -p udp --dport 5683 -m conntrack --ctstate NEW -m recent "
	  "--update --seconds 30 --hitcount 20 -j ufw-user-limit",
	  "-A ufw-user-input -p udp --dport 5683 -m conntrack --ctstate NEW -m recent "
	  "--update --seconds 30 --hitcount 6 -j ufw-user-limit",
	  true, "-A ufw-user-input -p udp --dport 5683 -m conntrack --ctstate NEW" },
	{ "-A INPUT -m recent --set --name X", NULL, true, "-A INPUT" },
	{ "-A INPUT -m hashlimit --hashlimit-above 512kb/s --hashlimit-name b -j DROP",
	  "-A INPUT -m hashlimit --hashlimit-above 1kb/s --hashlimit-name b -j DROP",
	  true, "-A INPUT" },
	{ "-A INPUT -m hashlimit --hashlimit-upto 3mb/s --hashlimit-burst 9mb -j ACCEPT",
	  "-A INPUT -m hashlimit --hashlimit-upto 1kb/s --hashlimit-burst 1kb -j ACCEPT",
	  true, "-A INPUT" },
	{ "-A INPUT -m hashlimit --hashlimit-upto 512b/s --hashlimit-burst 1mb -j ACCEPT",
	  "-A INPUT -m hashlimit --hashlimit-upto 512b/s --hashlimit-burst 1kb -j ACCEPT",
	  true, "-A INPUT" },
	{ "-A INPUT -m hashlimit --hashlimit-above 50/sec --hashlimit-burst 2 "
	  "--hashlimit-name b -j DROP",
	  "-A INPUT -m hashlimit --hashlimit-above 1/hour --hashlimit-burst 3 "
	  "--hashlimit-name b -j DROP",
	  true, "-A INPUT" },
	{ "-A INPUT -m connlimit --connlimit-above 20 --connlimit-mask 24 -j REJECT",
	  "-A INPUT -m connlimit --connlimit-above 3 --connlimit-mask 24 -j REJECT", true,
	  "-A INPUT" },
	{ "-A INPUT -m quota --quota 25000000 -j ACCEPT", NULL, true, "-A INPUT" },
	{ "-A INPUT -m statistic --mode random --probability 0.01000000000 -j DROP",
	  "-A INPUT -m statistic --mode random --probability 0.5 -j DROP", true,
	  "-A INPUT" },
	{ "-A L -m limit --limit 3/min -j LOG --log-prefix \"[UFW LIMIT] -j DROP \"",
	  "-A L -m limit --limit 1/hour -j LOG --log-prefix \"[UFW LIMIT] -j DROP \"",
	  false, "-A L" },
	{ "-A INPUT -p udp -m comment --comment \"-m limit\" -j ACCEPT", NULL, false,
	  NULL },
	{ "-A INPUT -m", NULL, false, NULL },
};

static void assert_small(const char *rule, const char *want,
			 void (*write)(FILE *, struct cs_span))
{
	size_t n = strlen(rule), len;
	uint8_t *copy = heap_copy(rule, n);
	char *out;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(f);
	write(f, cs_span_of(copy, n));
	assert_int_equal(fclose(f), 0);
	assert_string_equal(out, want ? want : rule);
	free(out);
	free(copy);
}

static void assert_before(const char *rule, struct cs_span got, const char *want)
{
	if (!cs_span_eq(got, cs_span_str(want ? want : rule)))
		fail_msg("%s: before it \"%.*s\"", rule, (int)got.len,
			 (const char *)got.ptr);
}

static void write_xt4(FILE *to, struct cs_span rule)
{
	cs_rates_write_xt(to, rule, false);
}

static void write_xt6(FILE *to, struct cs_span rule)
{
	cs_rates_write_xt(to, rule, true);
}

static void rules_of_nft_get_small_rates(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_span rule = cs_span_str(cases[i].rule);

		assert_small(cases[i].rule, cases[i].small, cs_rates_write);
		if (cs_rates_decide(rule) != cases[i].decides)
			fail_msg("%s: decides", cases[i].rule);
		assert_before(cases[i].rule, cs_rates_before(rule), cases[i].before);
	}
}

static void rules_of_iptables_get_small_rates(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(xt_cases); i++) {
		struct cs_span rule = cs_span_str(xt_cases[i].rule);

		assert_small(xt_cases[i].rule, xt_cases[i].small, write_xt4);
		if (cs_rates_decide_xt(rule) != xt_cases[i].decides)
			fail_msg("%s: decides", xt_cases[i].rule);
		assert_before(xt_cases[i].rule, cs_rates_before_xt(rule),
			      xt_cases[i].before);
	}
}

static void lists_of_ipv6_have_names_of_their_own(void **state)
{
	(void)state;
	assert_small("-A I -m recent --set --name DEFAULT --rsource", NULL, write_xt4);
	assert_small("-A I -m recent --set --name DEFAULT --rsource",
		     "-A I -m recent --set --name 6DEFAULT --rsource", write_xt6);
	assert_small("-A I -m helper --name DEFAULT", NULL, write_xt6);
}

static void a_cut_rule_is_never_read_past_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++)
		for (size_t n = 0; n < strlen(cases[i].rule); n++) {
			uint8_t *copy = heap_copy(cases[i].rule, n);
			struct cs_span rule = cs_span_of(copy, n);
			FILE *null = fopen("/dev/null", "w");

			assert_non_null(null);
			cs_rates_write(null, rule);
			assert_true(cs_rates_before(rule).len <= n);
			(void)cs_rates_decide(rule);  /* whatever it says */
			(void)cs_rates_in_sets(rule); /* likewise */
			fclose(null);
			free(copy);
		}
}

static void what_counts_in_named_sets_alone_is_known(void **state)
{
	static const struct {
		const char *rule;
		bool in_sets;
	} rules[] = {
		{ "update @met { ip saddr limit rate 3/second burst 20 packets } accept",
		  true },
		{ "udp dport 5683 add @seen { ip saddr timeout 1m } counter drop", true },
		{ "add @a { ip saddr } update @b { ip daddr quota 1 mbytes } drop",
		  true },
		{ "delete @met { ip saddr } accept comment \"limit rate 1/second\"",
		  true },
		{ "update @met { ip saddr } limit rate 3/second accept", false },
		{ "limit rate 3/second update @met { ip saddr } accept", false },
		{ "update @met { ip saddr } ct count over 20 drop", false },
		{ "meter m size 65535 { ip saddr limit rate 1/second } drop", false },
		{ "limit name \"coap\" accept", false },
		{ "numgen inc mod 10 0 drop", false },
		{ "ip saddr @met accept", false },
		{ "update @met { ip saddr", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rules); i++)
		assert_int_equal(cs_rates_in_sets(cs_span_str(rules[i].rule)),
				 rules[i].in_sets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_nft_get_small_rates),
		cmocka_unit_test(rules_of_iptables_get_small_rates),
		cmocka_unit_test(lists_of_ipv6_have_names_of_their_own),
		cmocka_unit_test(what_counts_in_named_sets_alone_is_known),
		cmocka_unit_test(a_cut_rule_is_never_read_past_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
