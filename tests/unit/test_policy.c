/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/policy.h"

#include <stdio.h>

#include "test.h"

static struct cs_policy read_ok(struct cs_arena *arena, const char *text)
{
	struct cs_policy policy;
	char why[CS_POLICY_WHY] = "";
	uint8_t *copy = heap_copy(text, strlen(text));
	enum cs_err err =
		cs_policy_read(cs_span_of(copy, strlen(text)), arena, &policy, why);

	free(copy);
	assert_string_equal(why, "");
	assert_int_equal(err, CS_OK);
	return policy;
}

static const char *rules_of(struct cs_arena *arena, const struct cs_policy *policy,
			    const struct cs_policy *kept, uint32_t seconds)
{
	struct cs_span script;

	assert_int_equal(cs_policy_rules(policy, kept,
					 (struct cs_policy_hold){ .seconds = seconds },
					 arena, &script),
			 CS_OK);
	assert_int_equal(strlen((const char *)script.ptr), script.len);
	return (const char *)script.ptr;
}

static void what_is_not_said_is_as_preset(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_policy p = read_ok(&arena, "[other]\nallow = nonsense\n[protect]\n");

	(void)state;
	assert_int_equal(p.strangers, CS_STRANGERS_DROP);
	assert_int_equal(p.answer_bytes, 136);
	assert_int_equal(p.answer_rate, 50);
	assert_int_equal(p.peer_rate, 1000);
	assert_int_equal(p.n_allow, 0);
	assert_int_equal(p.n_local, 0);
	assert_false(p.multicast || p.log || p.router);
	cs_arena_clear(&arena);
}

static void each_word_is_read(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_policy p = read_ok(&arena, "[protect]\n"
					     "strangers = dtls-only\n"
					     "answer-bytes = 4\n"
					     "answer-rate: 1000000\n"
					     "peer-rate = 1 ; little\n"
					     "multicast = yes\nlog = On\nrouter = 1\n"
					     "allow = 192.0.2.7@eth0.5, 2001:db8::/48\n"
					     "  198.51.100.0/24\n"
					     "local = 10.0.0.0/8\n");

	(void)state;
	assert_int_equal(p.strangers, CS_STRANGERS_DTLS_ONLY);
	assert_int_equal(p.answer_bytes, 4);
	assert_int_equal(p.answer_rate, 1000000);
	assert_int_equal(p.peer_rate, 1);
	assert_true(p.multicast && p.log && p.router);
	assert_int_equal(p.n_allow, 3);
	assert_int_equal(p.n_local, 1);
	assert_string_equal(p.allow[2].interface, "eth0.5");
	cs_arena_clear(&arena);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "[protect]\nallow = 10.0.0.0/33\n",
		  "line 2: '10.0.0.0/33': want an address or prefix without host bits, "
		  "with @INTERFACE behind it or not" },
		{ "[protect]\nallow = 10.0.0.0/8\n  10.0.0.1/8\n",
		  "line 3: '10.0.0.1/8': want an address or prefix without host bits, "
		  "with @INTERFACE behind it or not" },
		{ "\n\n[protect]\nlocal = 10.0.0.0/8@eth0\n",
		  "line 4: '10.0.0.0/8@eth0': want an address or a prefix without host "
		  "bits" },
		{ "[protect]\nallow = 10.0.0.1@\"; drop\n",
		  "line 2: '10.0.0.1@\";': want an address or prefix without host bits, "
		  "with @INTERFACE behind it or not" },
		{ "[protect]\nallow = 10.0.0.1@a*\n",
		  "line 2: '10.0.0.1@a*': want an address or prefix without host bits, "
		  "with @INTERFACE behind it or not" },
		{ "[protect]\nstrangers = all\n",
		  "line 2: 'all': want drop, limit or dtls-only" },
		{ "[protect]\nanswer-bytes = 3\n",
		  "line 2: '3': want a number from 4 to 65507" },
		{ "[protect]\nanswer-rate = 0\n",
		  "line 2: '0': want a number from 1 to 1000000" },
		{ "[protect]\npeer-rate = 1000001\n",
		  "line 2: '1000001': want a number from 1 to 1000000" },
		{ "[protect]\nlog = maybe\n", "line 2: 'maybe': want yes or no" },
		{ "[protect]\nalow = 10.0.0.1\n",
		  "line 2: 'alow': want an option of protect plan" },
		{ "[protect]\nlog = yes\n  no\n", "line 3: 'no': want one line" },
		{ "[protect\n", "line 1: '': want [NAME] with both brackets" },
		{ "[protect]\n\x1b[31m = 1\n",
		  "line 2: '?[31m': want an option of protect plan" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_arena arena = { 0 };
		struct cs_policy policy;
		char why[CS_POLICY_WHY] = "";

		assert_int_equal(
			cs_policy_read(cs_span_str(cases[i].text), &arena, &policy, why),
			CS_ERR_SYNTAX);
		assert_string_equal(why, cases[i].why);
		cs_arena_clear(&arena);
	}
}

static void no_peer_lies_within_another(void **state)
{
	static const char *const want[] = {
		"10.0.0.0/8",        "192.0.2.1/32",    "192.0.2.3/32",
		"2001:db8::/32",     "172.16.0.0/16@a", "172.16.0.0/12@b",
		"2001:db9::1/128@b",
	};
	struct cs_arena arena = { 0 };
	struct cs_policy p = read_ok(
		&arena, "[protect]\nallow = 192.0.2.3 10.1.0.0/16 10.0.0.0/8 192.0.2.1 "
			"192.0.2.1 10.2.3.4@a 10.0.0.0/8@b 172.16.0.0/16@a "
			"172.16.1.0/24@a 172.16.0.0/16@b 172.16.0.0/12@b "
			"2001:db8::/32 2001:db8:1::/48 2001:db9::1@b "
			"::ffff:192.0.2.3 2001:db8:f::1@b\n");

	(void)state;
	assert_int_equal(p.n_allow, CS_LEN(want));
	for (size_t i = 0; i < p.n_allow; i++) {
		char text[CS_PEER_TEXT];

		cs_peer_text(&p.allow[i], text);
		assert_string_equal(text, want[i]);
	}
	cs_arena_clear(&arena);
}

static void what_is_written_reads_back_the_same(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_policy p =
		read_ok(&arena, "[protect]\nstrangers=limit\nanswer-bytes=77\n"
				"answer-rate=5\npeer-rate=9\nmulticast=1\nrouter=yes\n"
				"allow=10.0.0.0/8 ::1 192.0.2.1@wg0\nlocal=fd00::/8\n");
	struct cs_span once, twice;

	(void)state;
	assert_int_equal(cs_policy_write(&p, &arena, &once), CS_OK);
	p = read_ok(&arena, (const char *)once.ptr);
	assert_int_equal(p.strangers, CS_STRANGERS_LIMIT);
	assert_int_equal(p.n_allow, 3);
	assert_int_equal(cs_policy_write(&p, &arena, &twice), CS_OK);
	assert_int_equal(once.len, twice.len);
	assert_memory_equal(once.ptr, twice.ptr, once.len);
	cs_arena_clear(&arena);
}

static void all_prefixes_of_good_text_are_taken(void **state)
{
	static const char text[] = "[protect]\nstrangers = limit\nanswer-bytes = 100\n"
				   "allow = 10.0.0.0/8@eth0, 2001:db8::/32\nlog = yes\n";
	struct cs_arena arena = { 0 };

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		uint8_t *copy = heap_copy(text, len);
		struct cs_policy policy;
		char why[CS_POLICY_WHY];
		enum cs_err err =
			cs_policy_read(cs_span_of(copy, len), &arena, &policy, why);

		assert_true(err == CS_OK || err == CS_ERR_SYNTAX);
		free(copy);
	}
	cs_arena_clear(&arena);
}

/* Calls @look for each line of @text that is a rule. */
static size_t each_rule(const char *text, void (*look)(const char *rule))
{
	size_t n = 0;
	bool in_chain = false;
	char line[512];

	while (*text) {
		size_t len = strcspn(text, "\n");

		assert_true(len < sizeof(line));
		memcpy(line, text, len);
		line[len] = '\0';
		text += len + 1;
		if (strncmp(line, "\tchain ", 7) == 0) {
			in_chain = true;
		} else if (strcmp(line, "\t}") == 0) {
			in_chain = false;
		} else if (in_chain && strncmp(line, "\t\ttype ", 7) != 0) {
			look(line);
			n++;
		}
	}
	return n;
}

static void has_its_reason(const char *rule)
{
	const char *why = strstr(rule, " comment \"");
	size_t len;

	assert_non_null(why);
	len = strlen(why + 10) - 1;
	assert_in_range(len, 3, 128); /* nft's own bound */
	/* Whoever asks for a connection's state switches tracking on. */
	assert_null(strstr(rule, " ct "));
}

static void each_rule_has_its_reason(void **state)
{
	struct cs_arena arena = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct cs_policy p = cs_policy_preset;

		p.strangers = (enum cs_strangers)i;
		p.multicast = p.log = p.router = i != 0;
		assert_true(each_rule(rules_of(&arena, &p, NULL, 0), has_its_reason) >
			    20);
	}
	cs_arena_clear(&arena);
}

static void a_policy_is_on_trial_for_its_time(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_policy p = cs_policy_preset;
	const char *text = rules_of(&arena, &p, NULL, 60);

	(void)state;
	assert_non_null(strstr(text, "elements = { tcp timeout 60s, udp timeout 60s }"));
	assert_non_null(strstr(text, "meta l4proto @trial th dport { 5683, 5684 } goto "
				     "in_new"));
	assert_non_null(strstr(text, "meta l4proto @trial th sport { 5683, 5684 } goto "
				     "out_new"));
	/* Behind it nobody is held back but whom deny names. */
	assert_non_null(strstr(text, "goto in_rest"));
	assert_non_null(strstr(text, "goto out_rest"));
	assert_null(strstr(text, "strangers_rest"));
	assert_null(strstr(text, "guard_rest"));
	cs_arena_clear(&arena);
}

static void the_policy_that_was_kept_stands_behind_it(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_policy p = cs_policy_preset, kept = cs_policy_preset;
	const char *text;

	(void)state;
	kept.strangers = CS_STRANGERS_LIMIT;
	text = rules_of(&arena, &p, &kept, 5);
	assert_non_null(strstr(text, "goto in_new"));
	assert_non_null(strstr(text, "goto in_kept"));
	assert_non_null(strstr(text, "goto out_kept"));
	assert_non_null(strstr(text, "chain limit_all_kept"));
	assert_null(strstr(text, "chain limit_all_new"));
	cs_arena_clear(&arena);
}

static void a_confirmed_policy_needs_no_element(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_policy p = cs_policy_preset;
	const char *text = rules_of(&arena, &p, &p, 0);

	(void)state;
	assert_null(strstr(text, "trial"));
	assert_null(strstr(text, "_new"));
	assert_non_null(strstr(text, "goto out_kept"));
	cs_arena_clear(&arena);
}

static void without_a_policy_entries_alone_hold(void **state)
{
	struct cs_arena arena = { 0 };
	const char *text = rules_of(&arena, NULL, NULL, 0);

	(void)state;
	for (size_t i = 0; i < CS_ENTRY_SETS; i++) {
		char set[64];

		snprintf(set, sizeof(set), "\tset %s {", cs_entry_set_names[i]);
		assert_non_null(strstr(text, set));
		snprintf(set, sizeof(set), "@%s ", cs_entry_set_names[i]);
		assert_non_null(strstr(text, set));
	}
	assert_non_null(strstr(text, "goto in_rest"));
	/* Both ways: no notification goes to whom nothing may come from. */
	assert_non_null(strstr(text, "ip saddr @deny_hosts4 counter name denied drop"));
	assert_non_null(strstr(text, "ip daddr @deny_hosts4 counter name denied drop"));
	assert_non_null(strstr(text, "ip6 daddr @deny_nets6 counter name denied drop"));
	assert_null(strstr(text, "strangers_rest"));
	cs_arena_clear(&arena);
}

static void an_answer_of_n_bytes_has_n_and_8(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_policy p = cs_policy_preset;
	const char *text;

	(void)state;
	p.strangers = CS_STRANGERS_LIMIT;
	p.answer_bytes = 65507;
	p.answer_rate = 7;
	text = rules_of(&arena, &p, NULL, 0);
	assert_non_null(strstr(text, "udp length > 65515 goto large_kept"));
	assert_non_null(strstr(text, "ipv4 tcp doff 8 meta length > 65559 goto large"));
	assert_non_null(strstr(text, "ipv6 tcp doff 8 meta length > 65579 goto large"));
	assert_non_null(strstr(text, "limit rate 7/second burst 7 packets counter name "
				     "answers accept"));
	cs_arena_clear(&arena);
}

/* 10^9 / 700,000 is 1428.57 ns: of 1428 each there would be 700,280 in a second. */
static void no_rate_is_rounded_up(void **state)
{
	static const struct {
		uint32_t rate;
		const char *said;
	} cases[] = {
		{ 1, "rate 1/second burst 1 " },
		{ 999, "rate 999/second burst 999 " },
		{ 1000, "rate 1000/second burst 1000 " },
		{ 700000, "rate 699790/second burst 700000 " },
		{ 1000000, "rate 1000000/second burst 1000000 " },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_arena arena = { 0 };
		struct cs_policy p = cs_policy_preset;
		char want[120];

		p.strangers = CS_STRANGERS_LIMIT;
		p.answer_rate = cases[i].rate;
		snprintf(want, sizeof(want),
			 "limit %spackets counter name answers accept", cases[i].said);
		assert_non_null(strstr(rules_of(&arena, &p, NULL, 0), want));
		cs_arena_clear(&arena);
	}
}

/* Knot DNS: 50/s for an address, 32 times for a /24, 256 for a /20; 125 at once. */
static void limits_grow_with_the_prefix(void **state)
{
	static const struct {
		uint32_t all;
		const char *host, *net, *wide, *net6;
	} cases[] = {
		{ 1, "1/second burst 1 ", "1/second burst 1 ", "1/second burst 1 ",
		  "1/second burst 1 " },
		{ 50, "3/second burst 20 ", "12/second burst 30 ", "25/second burst 50 ",
		  "6/second burst 20 " },
		{ 76800, "50/second burst 125 ", "1600/second burst 4000 ",
		  "12800/second burst 32000 ", "100/second burst 250 " },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_arena arena = { 0 };
		struct cs_policy p = cs_policy_preset;
		const char *text;
		char want[160];

		p.strangers = CS_STRANGERS_LIMIT;
		p.answer_rate = cases[i].all;
		text = rules_of(&arena, &p, NULL, 0);
		snprintf(want, sizeof(want), "ip saddr limit rate %s", cases[i].host);
		assert_non_null(strstr(text, want));
		snprintf(want, sizeof(want), "255.255.255.0 limit rate %s", cases[i].net);
		assert_non_null(strstr(text, want));
		snprintf(want, sizeof(want), "255.255.240.0 limit rate %s",
			 cases[i].wide);
		assert_non_null(strstr(text, want));
		snprintf(want, sizeof(want), "ffff:ffff:ffff:ffff:: limit rate %s",
			 cases[i].net6);
		assert_non_null(strstr(text, want));
		cs_arena_clear(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_is_as_preset),
		cmocka_unit_test(each_word_is_read),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(no_peer_lies_within_another),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(all_prefixes_of_good_text_are_taken),
		cmocka_unit_test(each_rule_has_its_reason),
		cmocka_unit_test(a_policy_is_on_trial_for_its_time),
		cmocka_unit_test(the_policy_that_was_kept_stands_behind_it),
		cmocka_unit_test(a_confirmed_policy_needs_no_element),
		cmocka_unit_test(without_a_policy_entries_alone_hold),
		cmocka_unit_test(an_answer_of_n_bytes_has_n_and_8),
		cmocka_unit_test(no_rate_is_rounded_up),
		cmocka_unit_test(limits_grow_with_the_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
