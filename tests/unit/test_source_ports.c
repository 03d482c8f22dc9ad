/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "protect/rules_build.h"
#include "protect/rules_ports.h"
#include "protect/source_ports.h"

enum { TEXT = 512 };

/* Rules that tools printed, in copies of their exact size. */
struct built {
	struct cs_arena arena;
	struct cs_rules rules;
	uint8_t *copy;
};

static void begin(struct built *b, const char *text, bool nft)
{
	struct cs_rules_build build = { .arena = &b->arena, .out = &b->rules };
	struct cs_listing listing;
	struct cs_save save;
	struct cs_span span;
	size_t line;

	*b = (struct built){ .copy = heap_copy(text, strlen(text)) };
	span = cs_span_of(b->copy, strlen(text));
	if (nft) {
		assert_int_equal(cs_listing_read(span, &b->arena, &listing, &line),
				 CS_OK);
		assert_int_equal(cs_rules_add_listing(&build, &listing, NULL), CS_OK);
		return;
	}
	assert_int_equal(cs_save_read(span, &b->arena, &save, &line), CS_OK);
	assert_int_equal(cs_rules_add_save(&build, &save,
					   &(struct cs_rules_wanted){ .v6 = false }),
			 CS_OK);
}

static void end(struct built *b)
{
	cs_arena_clear(&b->arena);
	free(b->copy);
}

/* "33000-60000 5683 53": the ordinary ones, and one of each other kind. */
static void say(const struct cs_source_ports *ports, char out[TEXT])
{
	int at = snprintf(out, TEXT, "%u-%u", ports->first, ports->last);

	for (size_t i = 0; i < ports->n; i++)
		at += snprintf(out + at, (size_t)(TEXT - at), " %u", ports->port[i]);
	if (ports->left_out)
		(void)snprintf(out + at, (size_t)(TEXT - at), " ...");
}

static void check(const char *text, bool nft, bool tcp, const char *want)
{
	struct cs_source_ports ports[CS_PORTS_KINDS];
	struct built b;
	char got[TEXT];

	begin(&b, text, nft);
	cs_source_ports_find(&b.rules, ports);
	say(&ports[cs_ports_kind(tcp, true, true)], got);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, want %s", text, got, want);
	end(&b);
}

#define ALL "33000-60000"

static const struct {
	const char *rule; /* of an nft chain at the hook input */
	const char *udp, *tcp;
} nft[] = {
	{ "", ALL, ALL },
	{ "udp dport 5683 accept", ALL, ALL },
	{ "udp sport 5683 accept", ALL " 5683", ALL },
	{ "tcp sport 53 accept", ALL, ALL " 53" },
	{ "th sport 53 accept", ALL " 53", ALL " 53" },
	{ "sctp sport 53 accept", ALL, ALL },
	{ "udp sport != 53 drop", ALL " 53", ALL },
	{ "udp sport { 53, 123, 5683-5690 } accept", ALL " 5683", ALL },
	{ "udp sport != { 53, 123 } drop", ALL " 53", ALL },
	{ "udp sport 1024-65535 accept", ALL " 1", ALL },
	{ "udp sport 0-1023 accept", ALL " 1", ALL },
	{ "udp sport 1 accept", ALL " 1", ALL },
	{ "udp sport 0 accept", ALL, ALL },
	{ "udp sport 0-65535 accept", ALL, ALL },
	{ "udp sport 1-65535 accept", ALL, ALL },
	{ "udp sport 65535 accept", ALL " 65535", ALL },
	{ "udp sport 65536 accept", ALL " 5683 53", ALL }, /* no number that we know */
	{ "udp sport 90-80 accept", ALL " 5683 53", ALL },
	{ "udp sport < 1024 accept", ALL " 1", ALL },
	{ "udp sport <= 5683 accept", ALL " 5683", ALL },
	{ "udp sport < 5683 accept", ALL " 1", ALL },
	{ "udp sport > 60000 accept", ALL " 60001", ALL },
	{ "udp sport >= 60000 accept", "33000-59999 60000", ALL },
	{ "udp sport < 0 accept", ALL, ALL },
	{ "udp sport < x accept", ALL " 5683 53", ALL },
	{ "udp sport > 65534 accept", ALL " 65535", ALL },
	{ "udp sport > 65535 accept", ALL, ALL },
	{ "udp dport >= 5683 udp sport 53 accept", ALL " 53", ALL },
	{ "udp dport > 5684 udp sport 53 accept", ALL, ALL },
	{ "udp dport < 5683 udp sport 53 accept", ALL, ALL },
	{ "udp dport <= 5683 udp sport 53 accept", ALL " 53", ALL },
	{ "udp sport 5632/8 accept", ALL " 5683", ALL },
	{ "udp sport 5632/16 accept", ALL " 5632", ALL },
	{ "udp sport 5632/17 accept", ALL " 5683 53", ALL },
	{ "udp sport & 65280 == 5632 accept", ALL " 5632 65280", ALL },
	{ "udp sport &", ALL " 5683 53", ALL },
	{ "jhash udp sport mod 2 0 accept", ALL " 5683 53", ALL },
	{ "meta l4proto udp @th,8,8 0x33 accept", ALL " 5683 53", ALL " 5683 53" },
	{ "@th,0,16 7777 udp dport 5683 accept", ALL " 7777", ALL " 7777" },
	{ "@th,0,16 7777 @th,16,16 22 accept", ALL, ALL },
	{ "@nh,160,16 53 accept", ALL " 5683 53", ALL " 5683 53" },
	{ "udp sport @named accept", ALL " 77", ALL },
	{ "udp sport @unknown accept", ALL " 5683 53", ALL },
	{ "udp sport vmap @do", ALL " 5683 10", ALL },
	{ "udp sport vmap { 53 : accept, 5683-5690 : drop }", ALL " 5683 53", ALL },
	{ "ip saddr . udp sport { 1.2.3.4 . 53, 10.0.0.0/8 . 100-200 } accept",
	  ALL " 53 100", ALL },
	{ "meta l4proto . th sport { udp . 53, tcp . 54 } accept", ALL " 53 54",
	  ALL " 53 54" },
	{ "meta l4proto udp ct original proto-src 53 accept", ALL " 53", ALL " 53" },
	{ "meta l4proto udp ct reply proto-dst 53 accept", ALL " 53", ALL " 53" },
	{ "ct original proto-dst 53 accept", ALL, ALL },
	/* Of two rules the kinds are those that both make. */
	{ "udp sport 53 accept\n\t\tudp sport 50-60 drop", ALL " 50 53", ALL },
	{ "udp sport 40000-50000 accept", "40000-50000 5683", ALL },
	{ "udp sport 33000-60000 accept", ALL " 5683", ALL },
	/* About other ports of ours. */
	{ "udp sport 67 udp dport 68 accept", ALL, ALL },
	{ "udp sport 67 udp dport { 68, 5000-6000 } accept", ALL " 67", ALL },
	{ "udp sport 67 udp dport != 68 accept", ALL " 67", ALL },
	{ "udp sport 67 udp dport @unknown accept", ALL " 67", ALL },
	{ "udp sport . udp dport { 53 . 68 } accept", ALL, ALL },
	{ "udp sport . udp dport { 53 . 5684 } accept", ALL " 5684 53", ALL },
	{ "udp sport 53 udp dport 9999 redirect to :5683", ALL " 53", ALL },
	{ "comment \"udp sport 53\" accept", ALL, ALL },
	{ "udp sport", ALL " 5683 53", ALL },
};

static void all_kinds_of_source_ports_that_nft_tells_apart_are_asked_from(void **state)
{
	char text[1024];

	(void)state;
	for (size_t i = 0; i < CS_LEN(nft); i++) {
		(void)snprintf(
			text, sizeof(text),
			"table inet t {\n"
			"\tset named {\n\t\ttype inet_service\n"
			"\t\telements = { 77, 78 timeout 1h }\n\t}\n"
			"\tmap do {\n\t\ttype inet_service : verdict\n"
			"\t\telements = { 10 : drop,\n\t\t\t     5683 : accept }\n\t}\n"
			"\tchain i {\n\t\ttype filter hook input priority 0; policy "
			"drop;\n\t\t%s\n\t}\n}\n",
			nft[i].rule);
		check(text, true, false, nft[i].udp);
		check(text, true, true, nft[i].tcp);
	}
}

static const struct {
	const char *rule;
	const char *udp, *tcp;
} save[] = {
	{ "-A INPUT -p udp -m udp --dport 5683 -j ACCEPT", ALL, ALL },
	{ "-A INPUT -p udp -m udp --sport 5683 -j ACCEPT", ALL " 5683", ALL },
	{ "-A INPUT -p tcp -m tcp ! --sport 53 -j DROP", ALL, ALL " 53" },
	{ "-A INPUT ! -p tcp -m udp --sport 53 -j DROP", ALL " 53", ALL " 53" },
	{ "-A INPUT -p udp -m udp --sport 1024:65535 -j ACCEPT", ALL " 1", ALL },
	{ "-A INPUT -p udp -m multiport --sports 53,5683:5690 -j ACCEPT", ALL " 5683",
	  ALL },
	{ "-A INPUT -p udp -m multiport --ports 53,5684 -j ACCEPT", ALL " 5684", ALL },
	{ "-A INPUT -p udp -m conntrack --ctorigsrcport 53 -j ACCEPT", ALL " 53", ALL },
	{ "-A INPUT -p udp -m conntrack --ctrepldstport 53 -j ACCEPT", ALL " 53", ALL },
	{ "-A INPUT -p udp -m conntrack --ctorigdstport 53 -j ACCEPT", ALL, ALL },
	{ "-A INPUT -m u32 --u32 \"0x0=0x1\" -j ACCEPT", ALL " 5683 53", ALL " 5683 53" },
	{ "-A INPUT -m bpf --bytecode \"1,6 0 0 0\" -j ACCEPT", ALL " 5683 53",
	  ALL " 5683 53" },
	{ "-A INPUT -p udp -m udp --sport 67 --dport 68 -j ACCEPT", ALL, ALL },
	{ "-A INPUT -p udp -m udp --sport 67 ! --dport 68 -j ACCEPT", ALL " 67", ALL },
	{ "-A INPUT -p udp -m udp --sport name -j ACCEPT", ALL " 5683 53", ALL },
	{ "-A INPUT -p udp -m multiport --sports 53,, -j ACCEPT", ALL " 5683 53", ALL },
	{ "-A INPUT -p udp -m udp --sport", ALL, ALL },
	/* What leaves: there the other port is who asked. */
	{ "-A OUTPUT -p udp -m udp --sport 5683 -j DROP", ALL, ALL },
	{ "-A OUTPUT -p udp -m udp --dport 53 -j DROP", ALL " 53", ALL },
	{ "-A OUTPUT -p udp -m udp --sport 9 --dport 53 -j DROP", ALL, ALL },
	{ "-A OUTPUT -p udp -m conntrack --ctorigsrcport 53 -j DROP", ALL " 53", ALL },
	{ "-A my-output -p udp -m udp --dport 53 -j DROP", ALL " 53", ALL },
	{ "-A mine -p udp -m udp --dport 53 -j DROP", ALL, ALL },
	{ "-A mine -p udp -m udp --sport 53 -j DROP", ALL " 53", ALL },
	/* What is forwarded is requests and answers. */
	{ "-A FORWARD -p udp -m udp --dport 5683 -j DROP", ALL " 5683", ALL },
	{ "-A FORWARD -p udp -m udp --dport 53 -j DROP", ALL " 53", ALL },
	{ "-A FORWARD -p udp -m udp --sport 53 -j DROP", ALL " 53", ALL },
	{ "-A FORWARD -p udp -m udp --sport 5684 --dport 53 -j DROP", ALL " 53", ALL },
	{ "-A FORWARD -p udp -m udp --sport 5683 --dport 53 -j DROP", ALL " 53", ALL },
	{ "-A FORWARD -p udp -m udp --sport 53 --dport 5683 -j DROP", ALL " 53", ALL },
	{ "-A FORWARD -p udp -m udp --sport 53 --dport 9 -j DROP", ALL, ALL },
	{ "-A PREROUTING -p udp -m udp --dport 53 -j DROP", ALL " 53", ALL },
	{ "-A my-forward -p udp -m udp --dport 53 -j DROP", ALL " 53", ALL },
	/* By what leads there; a name is the beginning of another. */
	{ "-A mine -p udp -m udp --dport 53 -j DROP\n-A OUTPUT -j mine", ALL " 53", ALL },
	{ "-A mine -p udp -m udp --dport 53 -j DROP\n-A OUTPUT -g mine", ALL " 53", ALL },
	{ "-A mine -p udp -m udp --dport 53 -j DROP\n-A INPUT -j mine", ALL, ALL },
	{ "-A mine -p udp -m udp --dport 53 -j DROP\n-A OUTPUT -j mined", ALL, ALL },
	{ "-A mine -p udp -m udp --dport 53 -j DROP\n-A OUTPUT -j mined\n-A mined -j "
	  "mine",
	  ALL " 53", ALL },
	{ "-A mine -p udp -m udp --sport 53 -j DROP\n-A OUTPUT -j mine", ALL, ALL },
	{ "-A mine -j mined\n-A mined -j mine\n-A mine -p udp -m udp --dport 53", ALL,
	  ALL },
};

static void all_kinds_that_iptables_tells_apart_are_asked_from(void **state)
{
	char text[1024];

	(void)state;
	for (size_t i = 0; i < CS_LEN(save); i++) {
		(void)snprintf(text, sizeof(text),
			       "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n"
			       ":PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:mine - "
			       "[0:0]\n:my-output - [0:0]\n"
			       ":my-forward - [0:0]\n:mined - [0:0]\n"
			       "%s\nCOMMIT\n",
			       save[i].rule);
		check(text, false, false, save[i].udp);
		check(text, false, true, save[i].tcp);
	}
}

static void one_familys_rules_are_not_the_others(void **state)
{
	static const char text[] =
		"table ip6 t {\n\tchain i {\n\t\tudp sport 53 accept\n\t}\n}\n"
		"table bridge b {\n\tchain i {\n\t\tudp sport 54 accept\n"
		"\t}\n}\n";
	struct cs_source_ports ports[CS_PORTS_KINDS], *of;
	struct built b;

	(void)state;
	begin(&b, text, true);
	cs_source_ports_find(&b.rules, ports);
	of = &ports[cs_ports_kind(false, true, true)];
	assert_int_equal(of->n, 0);
	of = &ports[cs_ports_kind(false, false, true)];
	assert_int_equal(of->n, 1);
	assert_int_equal(of->port[0], 53);
	end(&b);
}

static void what_is_forwarded_matters_only_where_it_may_be_sent_on(void **state)
{
	static const char text[] =
		"*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p udp -m udp "
		"--dport 53 -j ACCEPT\n-A FORWARD -p udp -m udp "
		"--sport 54 -j ACCEPT\nCOMMIT\n";
	struct cs_source_ports ports[CS_PORTS_KINDS], *of;
	struct built b;

	(void)state;
	begin(&b, text, false);
	cs_source_ports_find(&b.rules, ports);
	of = &ports[cs_ports_kind(false, true, false)];
	assert_int_equal(of->n, 0);
	of = &ports[cs_ports_kind(false, true, true)];
	assert_int_equal(of->n, 2);
	end(&b);
}

/* Of the first packet of a flow, which is no answer, its chains see all there is. */
static void translation_looks_at_no_answers(void **state)
{
	(void)state;
	check("*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -p udp -m udp --dport "
	      "5683 "
	      "-j MASQUERADE\nCOMMIT\n",
	      false, false, ALL);
	check("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 5683 "
	      "-j REDIRECT\nCOMMIT\n",
	      false, false, ALL);
	check("*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -p udp -m udp --dport "
	      "53 "
	      "-j DROP\nCOMMIT\n",
	      false, false, ALL " 53");
}

static void what_conntrack_says_of_a_flow_is_the_same_both_ways(void **state)
{
	(void)state;
	check("table inet t {\n\tchain o {\n\t\ttype filter hook output priority 0; "
	      "policy "
	      "drop;\n\t\tct original proto-src 53 accept\n\t\tudp dport 54 accept\n"
	      "\t\tudp sport 55 accept\n\t}\n}\n",
	      true, false, ALL " 53 54");
}

static void our_own_table_names_none(void **state)
{
	(void)state;
	check("table inet coapscope {\n\tchain out {\n\t\ttype filter hook postrouting "
	      "priority 0;"
	      "\n\t\tudp sport 5683 drop\n\t}\n}\n",
	      true, false, ALL);
}

/* A rule for each of @n ports, from 100 on. */
static void many(size_t n, const char *want)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)fputs("table inet t {\n\tchain i {\n", f);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(f, "\t\tudp sport %zu accept\n", 100 + i);
	(void)fputs("\t}\n}\n", f);
	(void)fclose(f);
	check(text, true, false, want);
	free(text);
}

static void more_kinds_than_are_asked_from_are_said(void **state)
{
	(void)state;
	many(8, ALL " 100 101 102 103 104 105 106 107");
	many(9, ALL " 100 101 102 103 104 105 106 107 ...");
	many(CS_RULES_PORTS_MAX + 1, ALL " 100 101 102 103 104 105 106 107 ...");
}

static void a_list_as_long_as_there_is_room_for_is_one_kind(void **state)
{
	char *text = NULL;
	size_t len;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		FILE *f = open_memstream(&text, &len);

		(void)fputs("table inet t {\n\tchain i {\n\t\tudp sport { 100", f);
		for (size_t i = 1; i < CS_RULES_PORTS_MAX + more; i++)
			(void)fprintf(f, ", %zu", 100 + 2 * i);
		(void)fputs(" } accept\n\t}\n}\n", f);
		(void)fclose(f);
		check(text, true, false, more ? ALL " 100 ..." : ALL " 100");
		free(text);
	}
}

/* A rule of each tool, as its only one. */
static void no_prefix_of_a_rule_is_read_past_its_end(void **state)
{
	static const char *const texts[] = {
		"ip saddr . udp sport . udp dport vmap { 1.2.3.4 . 53-57 . 5683 : drop } "
		"accept",
		"udp sport & 0xff00 == 5632 th sport >= 1024 tcp sport != @named jump x",
		"-A INPUT -p udp -m multiport ! --sports 53,5683:5690 --ports 1:2,3 -j "
		"DROP",
	};
	struct cs_source_ports ports[CS_PORTS_KINDS];

	(void)state;
	for (size_t i = 0; i < CS_LEN(texts); i++)
		for (size_t n = 0; n <= strlen(texts[i]); n++) {
			char *copy = (char *)heap_copy(texts[i], n + 1);
			struct cs_rule rule = { .tool = i == 2 ? CS_RULE_IPTABLES
							       : CS_RULE_NFT,
						.table = "ip t",
						.chain = "i",
						.text = copy,
						.raw = copy };
			const struct cs_rules rules = { .rules = &rule, .n = 1 };

			copy[n] = '\0';
			cs_source_ports_find(&rules, ports);
			for (size_t k = 0; k < CS_PORTS_KINDS; k++)
				assert_true(ports[k].n <= CS_SOURCE_PORTS_MAX);
			free(copy);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			all_kinds_of_source_ports_that_nft_tells_apart_are_asked_from),
		cmocka_unit_test(all_kinds_that_iptables_tells_apart_are_asked_from),
		cmocka_unit_test(one_familys_rules_are_not_the_others),
		cmocka_unit_test(what_is_forwarded_matters_only_where_it_may_be_sent_on),
		cmocka_unit_test(translation_looks_at_no_answers),
		cmocka_unit_test(what_conntrack_says_of_a_flow_is_the_same_both_ways),
		cmocka_unit_test(our_own_table_names_none),
		cmocka_unit_test(more_kinds_than_are_asked_from_are_said),
		cmocka_unit_test(no_prefix_of_a_rule_is_read_past_its_end),
		cmocka_unit_test(a_list_as_long_as_there_is_room_for_is_one_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
