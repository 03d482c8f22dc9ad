/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/rules_words.h"

/* What is said of 198.51.100.9 (or 2001:db8:9::9) to UDP 5683 at eth0. */
struct row {
	const char *text;
	const char *says; /* N: names the port, m: does not match, u: unsure, r: rated */
	enum cs_words_verdict verdict;
};

static const char sets[] =
	"table inet t {\n"
	"\tset ports {\n\t\ttype inet_service\n\t\tflags interval\n"
	"\t\telements = { 99, 5000-5100,\n\t\t\t     5683-5684 }\n\t}\n"
	"\tset nets {\n\t\ttype ipv4_addr\n\t\tflags interval,timeout\n"
	"\t\telements = { 10.0.0.0/8 timeout 1h expires 59m,\n"
	"\t\t\t     198.51.100.0/24 timeout 1h expires 59m comment \"a, b }\" }\n\t}\n"
	"\tset empty {\n\t\ttype ipv4_addr\n\t}\n"
	"\tmap m {\n\t\ttype inet_service : verdict\n"
	"\t\telements = { 80 : accept, 5683 : jump coap,\n"
	"\t\t\t     * : drop }\n\t}\n}\n";

static struct cs_addr address(const char *text)
{
	struct cs_addr a;

	assert_true(cs_addr_read(cs_span_str(text), &a));
	return a;
}

static struct cs_words_ask question(bool v6, const struct cs_listing *listing)
{
	return (struct cs_words_ask){ .from = address(v6 ? "2001:db8:9::9"
							 : "198.51.100.9"),
				      .to = address(v6 ? "2001:db8::1" : "192.0.2.1"),
				      .port = 5683,
				      .other_port = 5683,
				      .in = "eth0",
				      .sets = listing,
				      .table = cs_span_str("inet t") };
}

static void check(const struct row *row, struct cs_words got)
{
	bool n = strchr(row->says, 'N'), m = !strchr(row->says, 'm');
	bool u = strchr(row->says, 'u'), r = strchr(row->says, 'r');

	if (got.names_port != n || got.matches != m || got.unsure != u ||
	    got.rated != r || got.verdict != row->verdict)
		fail_msg("%s: %s%s%s%s verdict %d, not \"%s\" %d", row->text,
			 got.names_port ? "N" : "", got.matches ? "" : "m",
			 got.unsure ? "u" : "", got.rated ? "r" : "", (int)got.verdict,
			 row->says, (int)row->verdict);
}

static const struct row nft_rows[] = {
	{ "udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "udp dport 5682 drop", "m", CS_WORDS_DROP },
	{ "udp dport 5684 accept", "m", CS_WORDS_ACCEPT },
	{ "tcp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "udplite dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "th dport 5683 counter accept", "N", CS_WORDS_ACCEPT },
	{ "udp dport 5683-5684 accept", "N", CS_WORDS_ACCEPT },
	{ "udp dport 5684-6000 accept", "m", CS_WORDS_ACCEPT },
	{ "udp dport { 5683, 5684 } accept", "N", CS_WORDS_ACCEPT },
	{ "udp dport { 80, 5000-6000 } accept", "N", CS_WORDS_ACCEPT },
	{ "udp dport { 80, 81 } accept", "m", CS_WORDS_ACCEPT },
	{ "udp dport != 5683 drop", "m", CS_WORDS_DROP },
	{ "udp dport != 80 drop", "", CS_WORDS_DROP },
	{ "udp dport != { 80, 5683 } drop", "m", CS_WORDS_DROP },
	{ "udp dport < 6000 drop", "N", CS_WORDS_DROP },
	{ "udp dport < 5683 drop", "m", CS_WORDS_DROP },
	{ "udp dport <= 5683 drop", "N", CS_WORDS_DROP },
	{ "udp dport > 5683 drop", "m", CS_WORDS_DROP },
	{ "udp dport >= 5683 drop", "N", CS_WORDS_DROP },
	{ "ip saddr > 10.0.0.1 udp dport 5683 drop", "Nu", CS_WORDS_DROP },
	{ "udp dport @ports drop", "N", CS_WORDS_DROP },
	{ "udp dport @nosuch drop", "u", CS_WORDS_DROP },
	{ "udp sport 5683 drop", "u", CS_WORDS_DROP },
	{ "meta l4proto { tcp, udp } th dport 5683 drop", "N", CS_WORDS_DROP },
	{ "meta l4proto tcp th dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "ip protocol 17 th dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ip saddr 198.51.100.0/24 udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ip saddr 198.51.100.10 udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "ip saddr != 198.51.100.10 udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ip saddr 198.51.100.1-198.51.100.9 udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ip saddr @nets udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ip saddr @empty udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "ip saddr != @empty udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ip daddr 192.0.2.1 udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ip daddr 192.0.2.2 udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "ip6 saddr 2001:db8::/32 udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "iifname \"eth0\" udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "iifname \"eth*\" udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "iif \"eth1\" udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "iifname { \"eth0\", \"eth1\" } udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "iifname != \"eth0\" udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "meta nfproto ipv4 udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "meta nfproto ipv6 udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "ct state new udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ct state { established, new } udp dport 5683 drop", "N", CS_WORDS_DROP },
	{ "ct state established,related accept", "", CS_WORDS_ACCEPT },
	{ "ct state invalid udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	{ "ct state vmap { established : accept, invalid : drop }", "", CS_WORDS_ACCEPT },
	{ "udp dport vmap { 80 : accept, 5683 : drop }", "N", CS_WORDS_DROP },
	{ "udp dport vmap { 80 : drop, 81 : accept }", "m", CS_WORDS_NONE },
	{ "udp dport vmap { 80 : jump web, 5683 : jump coap, 81 : accept }", "N",
	  CS_WORDS_JUMP },
	{ "udp dport vmap @m", "N", CS_WORDS_JUMP },
	{ "ip saddr . udp dport { 198.51.100.9 . 5683, 10.0.0.1 . 80 } drop", "N",
	  CS_WORDS_DROP },
	{ "ip saddr . udp dport { 198.51.100.8 . 5683, 198.51.100.9 . 80 } drop", "m",
	  CS_WORDS_DROP },
	{ "ip saddr . udp dport vmap { 198.51.100.0/24 . 5683 : drop }", "N",
	  CS_WORDS_DROP },
	{ "udp dport 5683 limit rate over 10/second burst 20 packets drop", "Nr",
	  CS_WORDS_DROP },
	{ "udp dport 5683 update @seen { ip saddr limit rate over 1/second } drop", "Nr",
	  CS_WORDS_DROP },
	{ "udp dport 5683 add @seen { ip saddr } accept", "N", CS_WORDS_ACCEPT },
	{ "udp dport 5683 meter mm { ip saddr limit rate 3/second } accept", "Nr",
	  CS_WORDS_ACCEPT },
	{ "udp dport 5683 ct count over 20 reject with icmpx admin-prohibited", "Nr",
	  CS_WORDS_REJECT },
	{ "udp dport 5683 quota over 20 mbytes drop", "Nr", CS_WORDS_DROP },
	{ "udp dport 5683 limit name \"slow\" accept", "Nr", CS_WORDS_ACCEPT },
	{ "udp dport 5683 log prefix \"a drop udp dport 80\" level warn accept", "N",
	  CS_WORDS_ACCEPT },
	{ "udp dport 5683 counter accept comment \"udp dport 80 drop\"", "N",
	  CS_WORDS_ACCEPT },
	{ "udp dport 5683 counter", "N", CS_WORDS_NONE },
	{ "udp dport 5683 meta mark 0x00000001 drop", "Nu", CS_WORDS_DROP },
	{ "udp dport 5683 goto coap", "N", CS_WORDS_JUMP },
	{ "udp dport 5683 queue to 3", "N", CS_WORDS_OTHER },
	{ "udp dport 5683 dnat ip to 10.0.0.2:15683", "N", CS_WORDS_OTHER },
	{ "fib daddr type local udp dport 5683 accept", "N", CS_WORDS_ACCEPT },
	{ "fib daddr type broadcast udp dport 5683 accept", "Nu", CS_WORDS_ACCEPT },
	{ "udp dport 5683 meta nftrace set 1 accept", "N", CS_WORDS_ACCEPT },
	{ "drop", "", CS_WORDS_DROP },
	{ "", "", CS_WORDS_NONE },
	{ "udp dport", "u", CS_WORDS_NONE },
	{ "udp dport {", "m", CS_WORDS_NONE },
};

static void what_nfts_rules_say(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_listing listing;
	struct cs_words_ask ask;
	size_t line;

	(void)state;
	assert_int_equal(cs_listing_read(cs_span_str(sets), &arena, &listing, &line),
			 CS_OK);
	ask = question(false, &listing);
	for (size_t i = 0; i < CS_LEN(nft_rows); i++)
		check(&nft_rows[i], cs_words_nft(cs_span_str(nft_rows[i].text), &ask));
	cs_arena_clear(&arena);
}

static const struct row xt_rows[] = {
	{ "-A INPUT -p udp -m udp --dport 5683 -j DROP", "N", CS_WORDS_DROP },
	{ "-A INPUT -p tcp -m tcp --dport 5683 -j DROP", "Nm", CS_WORDS_DROP },
	{ "-A INPUT -p udp -m udp --dport 5684 -j DROP", "m", CS_WORDS_DROP },
	{ "-A INPUT -p udp -m udp ! --dport 5683 -j DROP", "m", CS_WORDS_DROP },
	{ "-A INPUT -p udp -m udp --dport 5683:5684 -j ACCEPT", "N", CS_WORDS_ACCEPT },
	{ "-A INPUT -p udp -m udp --dport 1024: -j ACCEPT", "N", CS_WORDS_ACCEPT },
	{ "-A INPUT -p udp -m udp --dport :1024 -j ACCEPT", "m", CS_WORDS_ACCEPT },
	{ "-A INPUT -p udp -m multiport --dports 80,5683 -j REJECT", "N",
	  CS_WORDS_REJECT },
	{ "-A INPUT -p udp -m multiport --dports 80,5000:6000 -j REJECT", "N",
	  CS_WORDS_REJECT },
	{ "-A INPUT -p udp -m multiport ! --dports 80,81 -j REJECT", "",
	  CS_WORDS_REJECT },
	{ "-A INPUT -p udp -m multiport --dports 80,81 -j REJECT", "m", CS_WORDS_REJECT },
	{ "-A INPUT -p udp -m multiport --ports 5683 -j REJECT", "N", CS_WORDS_REJECT },
	{ "-A INPUT -p udp -m udp --sport 5683 -j DROP", "u", CS_WORDS_DROP },
	{ "-A INPUT -s 198.51.100.0/24 -p udp -m udp --dport 5683 -j DROP", "N",
	  CS_WORDS_DROP },
	{ "-A INPUT ! -s 198.51.100.0/24 -p udp -m udp --dport 5683 -j DROP", "Nm",
	  CS_WORDS_DROP },
	{ "-A INPUT -s 10.0.0.0/255.0.0.0 -p udp -m udp --dport 5683 -j DROP", "Nm",
	  CS_WORDS_DROP },
	{ "-A INPUT -i eth0 -p udp -m udp --dport 5683 -j DROP", "N", CS_WORDS_DROP },
	{ "-A INPUT -i eth+ -p udp -m udp --dport 5683 -j DROP", "N", CS_WORDS_DROP },
	{ "-A INPUT ! -i eth0 -p udp -m udp --dport 5683 -j DROP", "Nm", CS_WORDS_DROP },
	{ "-A INPUT -p udp -m udp --dport 5683 -m conntrack --ctstate NEW -j DROP", "N",
	  CS_WORDS_DROP },
	{ "-A INPUT -p udp -m udp --dport 5683 -m conntrack --ctstate INVALID -j DROP",
	  "Nm", CS_WORDS_DROP },
	{ "-A INPUT -p udp -m udp --dport 5683 -m comment --comment \"a --dport 80 -j "
	  "DROP\" -j ACCEPT",
	  "N", CS_WORDS_ACCEPT },
	{ "-A INPUT -p udp -m udp --dport 5683 -m hashlimit --hashlimit-upto 5/sec "
	  "--hashlimit-burst 5 --hashlimit-name x -j ACCEPT",
	  "Nr", CS_WORDS_ACCEPT },
	{ "-A INPUT -p udp -m udp --dport 5683 -m owner --uid-owner 0 -j ACCEPT", "Nu",
	  CS_WORDS_ACCEPT },
	{ "-A INPUT -p udp -m udp --dport 5683 -m addrtype --dst-type LOCAL -j DROP", "N",
	  CS_WORDS_DROP },
	{ "-A INPUT -p udp -m udp --dport 5683 -j LOG --log-prefix \"x \"", "N",
	  CS_WORDS_NONE },
	{ "-A INPUT -p udp -m udp --dport 5683 -g coap", "N", CS_WORDS_JUMP },
	{ "-A PREROUTING -p udp -m udp --dport 5683 -j DNAT --to-destination 10.0.0.2:1",
	  "N", CS_WORDS_OTHER },
	{ "-A INPUT -j DROP", "", CS_WORDS_DROP },
	{ "", "", CS_WORDS_NONE },
};

static void what_iptables_rules_say(void **state)
{
	struct cs_words_ask ask = question(false, NULL);

	(void)state;
	for (size_t i = 0; i < CS_LEN(xt_rows); i++)
		check(&xt_rows[i], cs_words_xtables(cs_span_str(xt_rows[i].text), &ask));
}

static void ipv6_has_rules_of_its_own(void **state)
{
	static const struct row rows[] = {
		{ "ip6 saddr 2001:db8::/32 udp dport 5683 drop", "N", CS_WORDS_DROP },
		{ "ip6 saddr ::/0 udp dport 5683 drop", "N", CS_WORDS_DROP },
		{ "ip saddr 0.0.0.0/0 udp dport 5683 drop", "Nm", CS_WORDS_DROP },
		{ "ip6 nexthdr 17 udp dport 5683 drop", "N", CS_WORDS_DROP },
		{ "meta protocol ip6 udp dport 5683 drop", "N", CS_WORDS_DROP },
		{ "ether type ip udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	};
	struct cs_words_ask ask = question(true, NULL);

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++)
		check(&rows[i], cs_words_nft(cs_span_str(rows[i].text), &ask));
	ask = question(false, NULL);
	check(&(struct row){ "ip6 saddr ::/0 udp dport 5683 drop", "Nm", CS_WORDS_DROP },
	      cs_words_nft(SPAN("ip6 saddr ::/0 udp dport 5683 drop"), &ask));
}

static void an_answer_is_known_by_the_port_that_it_comes_from(void **state)
{
	static const struct row rows[] = {
		{ "udp sport 5683 drop", "N", CS_WORDS_DROP },
		{ "udp dport 5683 drop", "u", CS_WORDS_DROP },
		{ "oifname \"eth0\" udp sport 5683 drop", "N", CS_WORDS_DROP },
		{ "oifname \"eth1\" udp sport 5683 drop", "Nm", CS_WORDS_DROP },
	};
	struct cs_words_ask ask = question(false, NULL);

	(void)state;
	ask.answer = true;
	for (size_t i = 0; i < CS_LEN(rows); i++)
		check(&rows[i], cs_words_nft(cs_span_str(rows[i].text), &ask));
}

static void after_dnat_both_ports_are_meant_and_any_destination(void **state)
{
	static const struct row rows[] = {
		{ "ip daddr 10.0.0.2 udp dport 15683 drop", "N", CS_WORDS_DROP },
		{ "udp dport 5683 drop", "N", CS_WORDS_DROP },
		{ "udp dport 5684 drop", "m", CS_WORDS_DROP },
	};
	struct cs_words_ask ask = question(false, NULL);

	(void)state;
	ask.other_port = 15683;
	ask.any_to = true;
	for (size_t i = 0; i < CS_LEN(rows); i++)
		check(&rows[i], cs_words_nft(cs_span_str(rows[i].text), &ask));
}

static void a_cut_rule_is_never_a_crash(void **state)
{
	struct cs_words_ask ask = question(false, NULL);

	(void)state;
	for (size_t i = 0; i < CS_LEN(nft_rows); i++)
		for (size_t n = strlen(nft_rows[i].text); n-- > 0;) {
			uint8_t *copy = heap_copy(nft_rows[i].text, n);

			(void)cs_words_nft(cs_span_of(copy, n), &ask);
			free(copy);
		}
	for (size_t i = 0; i < CS_LEN(xt_rows); i++)
		for (size_t n = strlen(xt_rows[i].text); n-- > 0;) {
			uint8_t *copy = heap_copy(xt_rows[i].text, n);

			(void)cs_words_xtables(cs_span_of(copy, n), &ask);
			free(copy);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nfts_rules_say),
		cmocka_unit_test(what_iptables_rules_say),
		cmocka_unit_test(ipv6_has_rules_of_its_own),
		cmocka_unit_test(an_answer_is_known_by_the_port_that_it_comes_from),
		cmocka_unit_test(after_dnat_both_ports_are_meant_and_any_destination),
		cmocka_unit_test(a_cut_rule_is_never_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
