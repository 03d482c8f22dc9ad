/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test.h"

#include "protect/trace.h"

#define FROM                                                                           \
	"iif \"eth0\" ether saddr 02:00:00:00:00:02 ether daddr 02:00:00:00:00:01 ip " \
	"saddr 203.0.113.9 ip daddr 198.51.100.1 ip ttl 64 udp sport 40000 udp dport " \
	"5683"

/* As nft 1.0.6 printed them for rulesets made for it, except where the name says otherwise. */
static const struct {
	const char *name; /* what is special about the line */
	const char *line;
	struct {
		uint32_t id;
		enum cs_trace_kind kind;
		enum cs_trace_verdict verdict;
		const char *table, *chain, *text;
		uint64_t handle;
	} want;
} cases[] = {
	{ "a packet at a chain",
	  "trace id adccaec0 inet filter input packet: " FROM " ",
	  { 0xadccaec0, CS_TRACE_PACKET, CS_TRACE_CONTINUE, "inet filter", "input", FROM,
	    0 } },
	{ "a packet at a netdev chain",
	  "trace id 04007c87 netdev edge ingress packet: " FROM " ",
	  { 0x04007c87, CS_TRACE_PACKET, CS_TRACE_CONTINUE, "netdev edge", "ingress",
	    FROM, 0 } },
	{ "a jump",
	  "trace id adccaec0 inet filter input rule jump coap # handle 6 (verdict jump "
	  "coap)",
	  { 0xadccaec0, CS_TRACE_RULE, CS_TRACE_JUMP, "inet filter", "input", "jump coap",
	    6 } },
	{ "a goto",
	  "trace id aa5f55dd inet filter pre rule ip saddr 203.0.113.9 goto side # "
	  "handle 8 (verdict goto side)",
	  { 0xaa5f55dd, CS_TRACE_RULE, CS_TRACE_JUMP, "inet filter", "pre",
	    "ip saddr 203.0.113.9 goto side", 8 } },
	{ "an accept with a set and a counter",
	  "trace id adccaec0 inet filter coap rule udp dport { 5683, 5684 } limit rate "
	  "10/second counter packets 0 bytes 0 accept # handle 9 (verdict accept)",
	  { 0xadccaec0, CS_TRACE_RULE, CS_TRACE_ACCEPT, "inet filter", "coap",
	    "udp dport { 5683, 5684 } limit rate 10/second counter packets 0 bytes 0 "
	    "accept",
	    9 } },
	{ "a reject is a drop",
	  "trace id a4306a26 inet filter coap rule tcp dport 5683 reject with tcp reset "
	  "# handle 10 (verdict drop)",
	  { 0xa4306a26, CS_TRACE_RULE, CS_TRACE_DROP, "inet filter", "coap",
	    "tcp dport 5683 reject with tcp reset", 10 } },
	{ "a comment that looks like a handle and a verdict",
	  "trace id 1 inet filter input rule ct state established accept comment \"all "
	  "that # handle 9 (verdict drop) is known\" # handle 4 (verdict accept)",
	  { 1, CS_TRACE_RULE, CS_TRACE_ACCEPT, "inet filter", "input",
	    "ct state established accept comment \"all that # handle 9 (verdict drop) is "
	    "known\"",
	    4 } },
	{ "a comment that ends as a line does",
	  "trace id 1 inet filter input rule counter comment \"# handle 9 (verdict "
	  "drop)\" # handle 4 (verdict continue)",
	  { 1, CS_TRACE_RULE, CS_TRACE_CONTINUE, "inet filter", "input",
	    "counter comment \"# handle 9 (verdict drop)\"", 4 } },
	{ "a comment that looks like a line",
	  "trace id 1 inet f i rule drop comment \"trace id 2 inet f i policy accept\" # "
	  "handle 4 (verdict drop)",
	  { 1, CS_TRACE_RULE, CS_TRACE_DROP, "inet f", "i",
	    "drop comment \"trace id 2 inet f i policy accept\"", 4 } },
	{ "a return by a rule",
	  "trace id 04007c87 inet filter other rule udp dport 5683 log prefix \"a) "
	  "(verdict accept)\" return # handle 13 (verdict return)",
	  { 0x04007c87, CS_TRACE_RULE, CS_TRACE_CONTINUE, "inet filter", "other",
	    "udp dport 5683 log prefix \"a) (verdict accept)\" return", 13 } },
	{ "the end of a chain",
	  "trace id 04007c87 inet filter coap verdict continue ",
	  { 0x04007c87, CS_TRACE_RETURN, CS_TRACE_CONTINUE, "inet filter", "coap", "",
	    0 } },
	{ "a policy",
	  "trace id c59ed43a inet filter output policy drop ",
	  { 0xc59ed43a, CS_TRACE_POLICY, CS_TRACE_DROP, "inet filter", "output", "",
	    0 } },
	{ "a policy and the packet's mark",
	  "trace id 04007c87 inet filter pre policy accept meta mark 0x0000002a ",
	  { 0x04007c87, CS_TRACE_POLICY, CS_TRACE_ACCEPT, "inet filter", "pre", "", 0 } },
	{ "a rule of iptables",
	  "trace id 761695be ip filter ufw-user-input rule udp dport 5683 ct state new "
	  "xt match recent counter packets 0 bytes 0 jump ufw-user-limit # handle 10 "
	  "(verdict jump ufw-user-limit)",
	  { 0x761695be, CS_TRACE_RULE, CS_TRACE_JUMP, "ip filter", "ufw-user-input",
	    "udp dport 5683 ct state new xt match recent counter packets 0 bytes 0 jump "
	    "ufw-user-limit",
	    10 } },
	{ "a redirect accepts",
	  "trace id 846545d5 ip nat PREROUTING rule tcp dport 5683 counter packets 0 "
	  "bytes 0 redirect to :15683 # handle 6 (verdict accept)",
	  { 0x846545d5, CS_TRACE_RULE, CS_TRACE_ACCEPT, "ip nat", "PREROUTING",
	    "tcp dport 5683 counter packets 0 bytes 0 redirect to :15683", 6 } },
	{ "a rule that was loaded after nft had started",
	  "trace id 2d881905 inet filter pre unknown rule handle 21 (verdict goto side)",
	  { 0x2d881905, CS_TRACE_RULE, CS_TRACE_JUMP, "inet filter", "pre", "", 21 } },
	{ "without -a no handle is told",
	  "trace id 1 ip f c rule drop (verdict drop)",
	  { 1, CS_TRACE_RULE, CS_TRACE_DROP, "ip f", "c", "drop", 0 } },
	{ "the largest id and handle",
	  "trace id ffffffff ip f c rule drop # handle 18446744073709551615 (verdict "
	  "drop)",
	  { UINT32_MAX, CS_TRACE_RULE, CS_TRACE_DROP, "ip f", "c", "drop", UINT64_MAX } },
	{ "a queue (by the source of nft)",
	  "trace id 1 ip f c rule queue num 3 # handle 2 (verdict queue)",
	  { 1, CS_TRACE_RULE, CS_TRACE_QUEUE, "ip f", "c", "queue num 3", 2 } },
	{ "a verdict without a word (by the source of nft)",
	  "trace id 1 ip f c rule counter # handle 2 (verdict 5)",
	  { 1, CS_TRACE_RULE, CS_TRACE_OTHER, "ip f", "c", "counter", 2 } },
	{ "its newline",
	  "trace id 1 ip f c policy accept \n",
	  { 1, CS_TRACE_POLICY, CS_TRACE_ACCEPT, "ip f", "c", "", 0 } },
};

static void assert_text(const char *name, struct cs_span got, const char *want)
{
	if (!cs_span_eq(got, cs_span_str(want)))
		fail_msg("%s: \"%.*s\"", name, (int)got.len, (const char *)got.ptr);
}

static void each_line_says_what_nft_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		const char *name = cases[i].name;
		size_t n = strlen(cases[i].line);
		uint8_t *copy = heap_copy(cases[i].line, n);
		struct cs_trace_step got;

		if (cs_trace_line(cs_span_of(copy, n), &got))
			fail_msg("%s: not read", name);
		assert_int_equal(got.id, cases[i].want.id);
		if (got.kind != cases[i].want.kind)
			fail_msg("%s: kind %d", name, (int)got.kind);
		if (got.verdict != cases[i].want.verdict)
			fail_msg("%s: verdict %d", name, (int)got.verdict);
		assert_text(name, got.table, cases[i].want.table);
		assert_text(name, got.chain, cases[i].want.chain);
		assert_text(name, got.text, cases[i].want.text);
		assert_int_equal(got.handle, cases[i].want.handle);
		free(copy);
	}
}

static const char *const wrong[] = {
	"",
	"trace id",
	"trace id  inet f i policy drop",
	"trace id 123456789 inet f i policy drop",
	"trace id 12x inet f i policy drop",
	"trace id AB inet f i policy drop",
	"trace id 1 inet",
	"trace id 1 inet f i",
	"trace id 1 inet f i ",
	"trace id 1 inet f i policy",
	"trace id 1 inet f i verdict ",
	"trace id 1 inet f i rule drop",
	"trace id 1 inet f i rule drop (verdict drop",
	"trace id 1 inet f i unknown rule handle x (verdict drop)",
	"trace id 1 inet f i unknown rule handle 7",
	"trace id 1 inet f i something else",
	"# ERROR: netlink overflow",
	"add rule inet f i drop",
};

static void a_jump_says_where_to(void **state)
{
	struct cs_trace_step got;

	(void)state;
	assert_int_equal(cs_trace_line(SPAN("trace id 1 ip f c rule jump a-b # handle 6 "
					    "(verdict jump a-b)"),
				       &got),
			 CS_OK);
	assert_text("jump", got.target, "a-b");
	assert_int_equal(cs_trace_line(SPAN("trace id 1 ip f c unknown rule handle 21 "
					    "(verdict goto side)"),
				       &got),
			 CS_OK);
	assert_text("goto", got.target, "side");
	assert_int_equal(
		cs_trace_line(SPAN("trace id 1 ip f c rule drop (verdict drop)"), &got),
		CS_OK);
	assert_text("drop", got.target, "");
}

static void other_lines_are_refused_and_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(wrong); i++) {
		struct cs_trace_step got = { .id = 7 };

		if (cs_trace_line(cs_span_str(wrong[i]), &got) != CS_ERR_SYNTAX)
			fail_msg("taken for a line: \"%s\"", wrong[i]);
		assert_int_equal(got.id, 7);
	}
}

static void a_cut_line_is_never_read_past_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++)
		for (size_t n = 0; n <= strlen(cases[i].line); n++) {
			uint8_t *copy = heap_copy(cases[i].line, n);
			struct cs_trace_step got;

			if (!cs_trace_line(cs_span_of(copy, n), &got))
				assert_true(got.text.len <= n);
			free(copy);
		}
}

static void the_rules_for_the_trace_name_the_mark(void **state)
{
	char mark[16];

	(void)state;
	snprintf(mark, sizeof(mark), " 0x%x ", (unsigned)CS_TRACE_MARK);
	assert_non_null(strstr(cs_trace_rules, mark));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_says_what_nft_meant),
		cmocka_unit_test(a_jump_says_where_to),
		cmocka_unit_test(other_lines_are_refused_and_change_nothing),
		cmocka_unit_test(a_cut_line_is_never_read_past_its_end),
		cmocka_unit_test(the_rules_for_the_trace_name_the_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
