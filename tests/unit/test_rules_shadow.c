/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "protect/rules_ufw.h"

enum { MOST = 4 };

/* Rules from texts, as the tools print them. */
struct texts {
	const char *nft, *save4, *save6, *user, *user6;
};

static void build(struct cs_arena *arena, const struct texts *from, struct cs_rules *out)
{
	struct cs_rules_build b = { .arena = arena, .out = out };
	struct cs_listing listing;
	struct cs_save save;
	size_t line;

	*out = (struct cs_rules){ 0 };
	for (int v6 = 0; v6 < 2; v6++) {
		const char *text = v6 ? from->save6 : from->save4;

		assert_int_equal(
			cs_save_read(cs_span_str(text ? text : ""), arena, &save, &line),
			CS_OK);
		for (size_t i = 0; i < save.n_tables; i++)
			save.tables[i].v6 = v6;
		assert_int_equal(cs_rules_add_save(&b, &save,
						   &(struct cs_rules_wanted){ .v6 = v6 }),
				 CS_OK);
	}
	if (from->user)
		assert_int_equal(
			cs_rules_name_ufw(&b, cs_span_str(from->user),
					  cs_span_str(from->user6 ? from->user6 : "")),
			CS_OK);
	assert_int_equal(cs_listing_read(cs_span_str(from->nft ? from->nft : ""), arena,
					 &listing, &line),
			 CS_OK);
	assert_int_equal(cs_rules_add_listing(&b, &listing, NULL), CS_OK);
}

static struct cs_rules_about about(bool answered)
{
	return (struct cs_rules_about){ .from = cs_addr_v4(0xc6336409),
					.to = cs_addr_v4(0xc0000201),
					.port = 5683,
					.verdict = answered ? CS_MEANING_OPEN
							    : CS_MEANING_DROP,
					.in = "eth0" };
}

/* @want: the handles by comma. */
static void shadowed(const struct cs_rules *rules, const struct cs_rules_about *a,
		     const struct cs_rule *decided, const char *want)
{
	const struct cs_rule *out[MOST];
	size_t n = cs_rules_shadowed(rules, a, decided, out, MOST), len = 0;
	char got[128] = "";

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%llu",
					i ? "," : "", (unsigned long long)out[i]->handle);
	assert_string_equal(got, want);
}

static const char fw[] = "table inet fw { # handle 1\n"
			 "\tset ports { # handle 2\n\t\ttype inet_service\n\t\telements "
			 "= { 5683, 5684 }\n\t}\n"
			 "\tchain input { # handle 1\n"
			 "\t\ttype filter hook input priority filter; policy drop;\n"
			 "\t\tudp dport 5683 ip saddr 10.0.0.0/8 drop # handle 3\n"
			 "\t\tudp dport 5683 accept # handle 4\n"
			 "\t\tudp dport { 80, 5683 } drop # handle 5\n"
			 "\t\tudp dport @ports drop # handle 6\n"
			 "\t\ttcp dport 5683 drop # handle 7\n"
			 "\t\tip saddr 10.0.0.0/8 udp dport 5683 drop # handle 8\n"
			 "\t\tudp dport 5683 accept # handle 9\n"
			 "\t\tip6 saddr ::/0 udp dport 5683 drop # handle 10\n"
			 "\t\tmeta mark 0x00000007 udp dport 5683 drop # handle 11\n"
			 "\t\tdrop # handle 12\n"
			 "\t}\n\n"
			 "\tchain forward { # handle 2\n"
			 "\t\ttype filter hook forward priority filter; policy accept;\n"
			 "\t\tudp dport 5000-6000 drop # handle 13\n"
			 "\t}\n\n"
			 "\tchain output { # handle 14\n"
			 "\t\ttype filter hook output priority filter; policy accept;\n"
			 "\t\tudp dport 5683 drop # handle 15\n"
			 "\t\tudp sport 5683 drop # handle 16\n"
			 "\t}\n"
			 "}\n"
			 "table inet off { # handle 20\n\tflags dormant\n\n"
			 "\tchain input { # handle 1\n"
			 "\t\ttype filter hook input priority filter; policy drop;\n"
			 "\t\tudp dport 5683 drop # handle 21\n\t}\n}\n";

static void the_allow_then_deny_trap_is_found(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(true);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .nft = fw }, &rules);
	/*
	 * Behind it, then those of the answers, then where it is not passed; no more than
	 * asked for.
	 */
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "input", 1), "5,6,16,13");
	a.tcp = true;
	shadowed(&rules, &a, NULL, "7");
	cs_arena_clear(&arena);
}

static void what_was_not_answered_is_not_open_by_rules_behind(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(false);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .nft = fw }, &rules);
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "input", 2), "9");
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "output", 1), "4,9");
	/* What is routed has nothing to do with who may ask the host. */
	a.forward = true;
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "forward", 0), "");
	cs_arena_clear(&arena);
}

static void drops_that_dnat_goes_around_are_found(void **state)
{
	static const char text[] =
		"table ip nat { # handle 1\n\tchain pre { # handle 1\n"
		"\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
		"\t\tudp dport 5683 dnat to 10.0.0.2:15683 # handle 2\n\t}\n}\n"
		"table inet fw { # handle 2\n\tchain in { # handle 1\n"
		"\t\ttype filter hook input priority filter; policy accept;\n"
		"\t\tudp dport 5683 drop # handle 3\n\t}\n\n\tchain fwd { # handle 2\n"
		"\t\ttype filter hook forward priority filter; policy accept;\n"
		"\t\tudp dport 5683 drop # handle 4\n"
		"\t\tip daddr 10.0.0.2 udp dport 80 drop # handle 5\n\t}\n}\n";
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(true);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .nft = text }, &rules);
	a.forward = true;
	a.forward_port = 15683;
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "fwd", SIZE_MAX), "4,3");
	shadowed(&rules, &a, cs_rules_at(&rules, "ip nat", "pre", 0), "4,3");
	cs_arena_clear(&arena);
}

static void a_drop_before_the_accept_that_names_the_port_before_dnat_is_found(
	void **state)
{
	static const char text[] =
		"table inet fw { # handle 2\n\tchain in { # handle 1\n"
		"\t\ttype filter hook input priority filter; policy accept;\n"
		"\t\tudp dport 5683 drop # handle 3\n\t}\n\n\tchain fwd { # handle 2\n"
		"\t\ttype filter hook forward priority filter; policy drop;\n"
		"\t\tudp dport 5683 drop # handle 4\n"
		"\t\tip daddr 93.184.77.10 udp dport 15683 drop # handle 5\n"
		"\t\tip daddr 93.184.77.10 udp dport 5683 drop # handle 6\n"
		"\t\tudp dport 15683 limit rate over 5/second drop # handle 7\n"
		"\t\toifname \"docker0\" accept # handle 8\n\t}\n}\n";
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(true);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .nft = text }, &rules);
	a.forward = true;
	a.forward_port = 15683;
	/* Where it goes then is not known: the address may be of there. */
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "fwd", 4), "4,6,3");
	a.forward_to = cs_addr_v4(0xac110002);
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "fwd", 4), "4,5,6,3");
	/* To the same port: one that names the port alone would have been met. */
	a.forward_port = 5683;
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "fwd", 4), "6,3");
	cs_arena_clear(&arena);
}

static void a_jump_to_where_it_was_decided_is_no_shadow(void **state)
{
	static const char save[] =
		"*filter\n:INPUT ACCEPT [0:0]\n:mine - [0:0]\n:deep - [0:0]\n"
		"-A INPUT -p udp -m multiport --dports 5683,5684 -j mine\n"
		"-A INPUT -p udp -m udp --dport 5683 -j DROP\n"
		"-A mine -m hashlimit --hashlimit-upto 10/sec --hashlimit-name x -j "
		"ACCEPT\n"
		"-A mine -p udp -m udp --dport 5683 -g deep\n"
		"-A mine -j REJECT\n-A deep -j DROP\nCOMMIT\n";
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(true);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .save4 = save }, &rules);
	shadowed(&rules, &a, cs_rules_at(&rules, "ip filter", "mine", 0), "2");
	/* As far away as two jumps. */
	shadowed(&rules, &a, cs_rules_at(&rules, "ip filter", "deep", 0), "2");
	shadowed(&rules, &a, NULL, "1,2,2");
	cs_arena_clear(&arena);
}

static void a_chain_counts_where_a_jump_leads_there(void **state)
{
	static const char text[] =
		"table inet fw { # handle 1\n\tchain in { # handle 1\n"
		"\t\ttype filter hook input priority filter; policy accept;\n"
		"\t\taccept # handle 2\n"
		"\t\tjump a # handle 3\n"
		"\t\tiifname \"eth1\" jump b # handle 4\n"
		"\t\tudp dport 5683 jump closed # handle 5\n\t}\n\n"
		"\tchain a { # handle 10\n\t\tudp dport 5683 drop # handle 11\n\t}\n\n"
		"\tchain b { # handle 12\n\t\tudp dport 5683 drop # handle 13\n\t}\n\n"
		"\tchain loop { # handle 14\n\t\tudp dport 5683 drop # handle 15\n"
		"\t\tjump loop2 # handle 16\n\t}\n\n"
		"\tchain loop2 { # handle 17\n\t\tjump loop # handle 18\n\t}\n\n"
		"\tchain closed { # handle 19\n\t\tcounter packets 0 bytes 0 log # "
		"handle 20\n"
		"\t\tdrop # handle 21\n\t}\n}\n";
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(true);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .nft = text }, &rules);
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "in", 0), "5,11");
	a.in = "eth1";
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "in", 0), "5,11,13");
	cs_arena_clear(&arena);
}

static void behind_a_limit_the_rest_is_no_shadow(void **state)
{
	static const char text[] =
		"table inet fw { # handle 1\n\tchain in { # handle 1\n"
		"\t\ttype filter hook input priority filter; policy accept;\n"
		"\t\tct state established accept # handle 2\n"
		"\t\tudp dport 5683 limit rate 5/second accept # handle 3\n"
		"\t\tudp dport 5683 drop # handle 4\n\t}\n}\n";
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(true);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .nft = text }, &rules);
	assert_true(rules.rates);
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "in", 1), "");
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "in", 0), "4");
	cs_arena_clear(&arena);
}

static void a_drop_and_a_reject_are_not_the_same(void **state)
{
	static const char text[] =
		"table inet fw { # handle 1\n\tchain in { # handle 1\n"
		"\t\ttype filter hook input priority filter; policy accept;\n"
		"\t\tudp dport 5683 drop # handle 2\n"
		"\t\tmeta l4proto udp th dport 5683 reject # handle 3\n"
		"\t\tudp dport 5683 drop # handle 4\n"
		"\t\tudp dport 5683 accept # handle 5\n\t}\n}\n";
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(false);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .nft = text }, &rules);
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "in", 0), "3,5");
	a.verdict = CS_MEANING_REJECT;
	shadowed(&rules, &a, cs_rules_at(&rules, "inet fw", "in", 1), "4,5");
	cs_arena_clear(&arena);
}

#define UFW_SAVE                                                                      \
	"*filter\n:INPUT DROP [0:0]\n:ufw-before-input - [0:0]\n"                     \
	":ufw-user-input - [0:0]\n:ufw-user-limit - [0:0]\n:ufw-user-limit-accept - " \
	"[0:0]\n-A INPUT -j ufw-before-input\n"                                       \
	"-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"  \
	"-A ufw-before-input -j ufw-user-input\n"                                     \
	"-A ufw-user-input -p tcp -m tcp --dport 5683 -j ACCEPT\n"                    \
	"-A ufw-user-input -p udp -m udp --dport 5683 -j ACCEPT\n"                    \
	"-A ufw-user-input -p udp -m udp --dport 5683 -j DROP\n"                      \
	"-A ufw-user-input -p udp -m udp --dport 5683 -m conntrack --ctstate NEW -m " \
	"recent --set --name DEFAULT --mask 255.255.255.255 --rsource\n"              \
	"-A ufw-user-input -p udp -m udp --dport 5683 -m conntrack --ctstate NEW -m " \
	"recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask "            \
	"255.255.255.255 --rsource -j ufw-user-limit\n"                               \
	"-A ufw-user-input -p udp -m udp --dport 5683 -j ufw-user-limit-accept\n"     \
	"-A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable\n"           \
	"-A ufw-user-limit-accept -j ACCEPT\nCOMMIT\n"

#define UFW_USER                                                                      \
	"*filter\n:ufw-user-input - [0:0]\n### RULES ###\n\n"                         \
	"### tuple ### allow any 5683 0.0.0.0/0 any 0.0.0.0/0 in\n"                   \
	"-A ufw-user-input -p tcp --dport 5683 -j ACCEPT\n"                           \
	"-A ufw-user-input -p udp --dport 5683 -j ACCEPT\n\n"                         \
	"### tuple ### deny udp 5683 0.0.0.0/0 any 0.0.0.0/0 in\n"                    \
	"-A ufw-user-input -p udp --dport 5683 -j DROP\n\n"                           \
	"### tuple ### limit udp 5683 0.0.0.0/0 any 0.0.0.0/0 in\n"                   \
	"-A ufw-user-input -p udp --dport 5683 -m conntrack --ctstate NEW -m recent " \
	"--set\n-A ufw-user-input -p udp --dport 5683 -m conntrack --ctstate NEW -m " \
	"recent --update --seconds 30 --hitcount 6 -j ufw-user-limit\n"               \
	"-A ufw-user-input -p udp --dport 5683 -j ufw-user-limit-accept\n\n"          \
	"### END RULES ###\nCOMMIT\n"

static void ufws_rules_have_its_numbers_and_words(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(true);
	const struct cs_rule *allow, *established, *policy;
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .save4 = UFW_SAVE, .user = UFW_USER }, &rules);
	allow = cs_rules_at(&rules, "ip filter", "ufw-user-input", 1);
	assert_int_equal(allow->tool, CS_RULE_UFW);
	assert_int_equal(allow->handle, 1);
	assert_string_equal(allow->text, "5683 ALLOW IN Anywhere");
	shadowed(&rules, &a, allow, "2,3");

	established = cs_rules_at(&rules, "ip filter", "ufw-before-input", 0);
	assert_int_equal(established->tool, CS_RULE_IPTABLES);
	assert_int_equal(established->handle, 1);
	shadowed(&rules, &a, established, "2,3");

	policy = cs_rules_at(&rules, "ip filter", "INPUT", SIZE_MAX);
	assert_int_equal(policy->tool, CS_RULE_UFW);
	assert_int_equal(policy->handle, 0);
	assert_string_equal(policy->text, "Default: deny (incoming)");
	a.verdict = CS_MEANING_DROP;
	shadowed(&rules, &a, cs_rules_at(&rules, "ip filter", "ufw-user-input", 2), "3");
	cs_arena_clear(&arena);
}

static void behind_ufws_limit_an_allow_and_a_deny_are_shadowed(void **state)
{
	static const char save[] =
		"*filter\n:INPUT DROP [0:0]\n:ufw-user-input - [0:0]\n"
		":ufw-user-limit-accept - [0:0]\n-A INPUT -j ufw-user-input\n"
		"-A ufw-user-input -p udp -m udp --dport 5683 -j ufw-user-limit-accept\n"
		"-A ufw-user-input -p udp -m udp --dport 5683 -j ACCEPT\n"
		"-A ufw-user-input -p udp -m udp --dport 5683 -j DROP\n"
		"-A ufw-user-limit-accept -j ACCEPT\nCOMMIT\n";
	static const char user[] =
		"### tuple ### limit udp 5683 0.0.0.0/0 any 0.0.0.0/0 in\n"
		"-A ufw-user-input -p udp --dport 5683 -j ufw-user-limit-accept\n\n"
		"### tuple ### allow udp 5683 0.0.0.0/0 any 0.0.0.0/0 in\n"
		"-A ufw-user-input -p udp --dport 5683 -j ACCEPT\n\n"
		"### tuple ### deny udp 5683 0.0.0.0/0 any 0.0.0.0/0 in\n"
		"-A ufw-user-input -p udp --dport 5683 -j DROP\n";
	struct cs_arena arena = { 0 };
	struct cs_rules_about a = about(true);
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .save4 = save, .user = user }, &rules);
	a.verdict = CS_MEANING_LIMIT;
	shadowed(&rules, &a, cs_rules_at(&rules, "ip filter", "ufw-user-input", 0),
		 "2,3");
	cs_arena_clear(&arena);
}

static void ufw_whose_files_say_something_else_keeps_iptables_words(void **state)
{
	static const char other[] =
		"### tuple ### deny udp 5683 0.0.0.0/0 any 0.0.0.0/0 in\n"
		"-A ufw-user-input -p udp --dport 5683 -j DROP\n";
	struct cs_arena arena = { 0 };
	const struct cs_rule *rule;
	struct cs_rules rules;

	(void)state;
	build(&arena, &(struct texts){ .save4 = UFW_SAVE, .user = other }, &rules);
	rule = cs_rules_at(&rules, "ip filter", "ufw-user-input", 2);
	assert_int_equal(rule->tool, CS_RULE_IPTABLES);
	assert_int_equal(rule->handle, 3);
	assert_int_equal(rules.n_unread, 1);
	assert_non_null(strstr(rules.unread[0], "ufw-user-input"));
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_allow_then_deny_trap_is_found),
		cmocka_unit_test(what_was_not_answered_is_not_open_by_rules_behind),
		cmocka_unit_test(drops_that_dnat_goes_around_are_found),
		cmocka_unit_test(
			a_drop_before_the_accept_that_names_the_port_before_dnat_is_found),
		cmocka_unit_test(a_jump_to_where_it_was_decided_is_no_shadow),
		cmocka_unit_test(a_chain_counts_where_a_jump_leads_there),
		cmocka_unit_test(behind_a_limit_the_rest_is_no_shadow),
		cmocka_unit_test(a_drop_and_a_reject_are_not_the_same),
		cmocka_unit_test(ufws_rules_have_its_numbers_and_words),
		cmocka_unit_test(behind_ufws_limit_an_allow_and_a_deny_are_shadowed),
		cmocka_unit_test(ufw_whose_files_say_something_else_keeps_iptables_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
