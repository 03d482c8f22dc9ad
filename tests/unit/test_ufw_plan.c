/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "protect/ufw_block.h"
#include "protect/ufw_plan.h"

#define TUPLE(rest) "\n### tuple ### " rest "\n-A ufw-user-input -j ACCEPT\n"
#define ANY4        " 0.0.0.0/0 any 0.0.0.0/0 in"
#define ANY6        " ::/0 any ::/0 in"

static struct cs_peer peer(const char *text)
{
	struct cs_peer p;

	if (!cs_peer_read(cs_span_str(text), &p))
		abort();
	return p;
}

/* What the commands and notes are, a line each. */
static void plan_text(const struct cs_ufw_plan *plan, char *out, size_t room)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < plan->n_commands; i++)
		at += (size_t)snprintf(out + at, room - at, "%s\n",
				       plan->commands[i].text);
	for (size_t i = 0; i < plan->n_notes; i++)
		at += (size_t)snprintf(out + at, room - at, "# %s\n", plan->notes[i]);
}

#define INSERT4(n, rest) "ufw insert " n " " rest "\n"
#define DENY4            "deny from 0.0.0.0/0 to any app coapscope comment 'coapscope: strangers'"
#define DENY6            "deny from ::/0 to any app coapscope comment 'coapscope: strangers'"
#define LET(who)         "allow from " who " to any app coapscope comment 'coapscope: allowed'"

/* Rules of ufw, a policy, and what is to be done. */
static const struct {
	const char *name;
	const char *user, *user6;
	enum cs_strangers strangers;
	const char *allow[3];
	const char *want;
} cases[] = {
	{ "nothing there: ours go behind nothing",
	  "",
	  "",
	  CS_STRANGERS_DROP,
	  { NULL },
	  "ufw " DENY6 "\nufw " DENY4 "\n" },
	{ "the usual advice: in front of what lets strangers in",
	  TUPLE("allow tcp 22" ANY4) TUPLE("allow any 5683" ANY4)
		  TUPLE("deny udp 5683" ANY4),
	  TUPLE("allow any 5683" ANY6) TUPLE("deny udp 5683" ANY6),
	  CS_STRANGERS_DROP,
	  { "10.0.0.7", "2001:db8::/32" },
	  "ufw insert 4 " DENY6
	  "\nufw insert 4 " LET("2001:db8::/32") "\n"
						 "ufw insert 2 " DENY4
						 "\nufw insert 2 " LET("10.0.0.7") "\n" },
	{ "each family has its own place, and one may have none",
	  TUPLE("allow tcp 22" ANY4) TUPLE("limit udp 5000:6000" ANY4),
	  TUPLE("allow tcp 22" ANY6),
	  CS_STRANGERS_DROP,
	  { NULL },
	  "ufw " DENY6 "\nufw insert 2 " DENY4 "\n" },
	{ "rules that are none of CoAP's, of what leaves or is forwarded",
	  TUPLE("allow udp 5685" ANY4) TUPLE("allow any any 0.0.0.0/0 any 0.0.0.0/0 out")
		  TUPLE("route:allow udp 5683" ANY4) TUPLE("allow esp any" ANY4),
	  "",
	  CS_STRANGERS_DROP,
	  { NULL },
	  "ufw " DENY6 "\nufw " DENY4 "\n" },
	{ "all that a source may is CoAP, too",
	  TUPLE("allow any any 0.0.0.0/0 any 10.0.0.0/8 in_eth0"),
	  "",
	  CS_STRANGERS_DROP,
	  { NULL },
	  "ufw " DENY6 "\nufw insert 1 " DENY4 "\n" },
	{ "a peer goes in front of what would keep it out",
	  TUPLE("deny udp 5683" ANY4),
	  "",
	  CS_STRANGERS_LIMIT,
	  { "10.0.0.7@eth1" },
	  "ufw insert 1 allow in on eth1 from 10.0.0.7 to any app coapscope comment "
	  "'coapscope: allowed'\n"
	  "# limit opens nothing: where ufw denies strangers they stay denied\n" },
	{ "a deny of a part of a peer goes on to hold",
	  TUPLE("allow any 5683" ANY4) TUPLE("deny any any 0.0.0.0/0 any 10.0.0.66 in")
		  TUPLE("reject any 5683 192.0.2.1 any 10.0.0.64/26 in_eth0"),
	  "",
	  CS_STRANGERS_DROP,
	  { "10.0.0.0/24" },
	  "ufw " DENY6 "\nufw insert 1 " DENY4
	  "\nufw insert 1 " LET("10.0.0.0/24") "\n"
					       "ufw insert 1 reject in on eth0 from "
					       "10.0.0.64/26 to 192.0.2.1 app coapscope "
					       "comment 'coapscope: as rule 3 says'\n"
					       "ufw insert 1 deny from 10.0.0.66 to any "
					       "app coapscope comment 'coapscope: as "
					       "rule 2 says'\n" },
	{ "one in front of our place holds by itself",
	  TUPLE("deny any any 0.0.0.0/0 any 10.0.0.66 in") TUPLE("allow any 5683" ANY4),
	  "",
	  CS_STRANGERS_DROP,
	  { "10.0.0.0/24" },
	  "ufw " DENY6 "\nufw insert 2 " DENY4
	  "\nufw insert 2 " LET("10.0.0.0/24") "\n" },
	{ "a peer that is named is not kept out by a wider or equal deny",
	  TUPLE("deny any any 0.0.0.0/0 any 10.0.0.7 in"),
	  "",
	  CS_STRANGERS_DROP,
	  { "10.0.0.7" },
	  "ufw " DENY6 "\nufw insert 1 " DENY4 "\nufw insert 1 " LET("10.0.0.7") "\n" },
	{ "what cannot be said again is told",
	  TUPLE("allow any 5683" ANY4) TUPLE("deny tcp 5684 0.0.0.0/0 any 10.0.0.66 in"),
	  "",
	  CS_STRANGERS_DROP,
	  { "10.0.0.0/24" },
	  "ufw " DENY6 "\nufw insert 1 " DENY4
	  "\nufw insert 1 " LET("10.0.0.0/24") "\n# rule 2 of ufw no longer holds for an "
					       "allowed peer\n" },
	{ "only what is encrypted",
	  TUPLE("allow any 5683:5684" ANY4),
	  "",
	  CS_STRANGERS_DTLS_ONLY,
	  { "10.0.0.7" },
	  "ufw deny from ::/0 to any app coapscope-plain comment 'coapscope: "
	  "strangers'\n"
	  "ufw insert 1 deny from 0.0.0.0/0 to any app coapscope-plain comment "
	  "'coapscope: strangers'\nufw insert 1 " LET("10.0.0.7") "\n" },
	{ "ours of before are taken out first, last first, and do not count",
	  TUPLE("allow tcp 22" ANY4) TUPLE(
		  "allow udp 5683,5684 0.0.0.0/0 any 10.0.0.7 coapscope - in")
		  TUPLE("allow tcp 5683,5684 0.0.0.0/0 any 10.0.0.7 coapscope - "
			"in") TUPLE("deny any 5683 0.0.0.0/0 any 0.0.0.0/0 "
				    "coapscope-plain - in") TUPLE("allow any 5683" ANY4),
	  TUPLE("deny any 5683 ::/0 any ::/0 coapscope-plain - in")
		  TUPLE("allow any 5683" ANY6),
	  CS_STRANGERS_DROP,
	  { NULL },
	  "ufw --force delete 5\nufw --force delete 3\nufw --force delete 2\n"
	  "ufw insert 3 " DENY6 "\nufw insert 2 " DENY4 "\n" },
	{ "a name that a shell would not take as it is",
	  "",
	  "",
	  CS_STRANGERS_LIMIT,
	  { "10.0.0.7@eth0" },
	  "ufw allow in on eth0 from 10.0.0.7 to any app coapscope comment 'coapscope: "
	  "allowed'\n"
	  "# limit opens nothing: where ufw denies strangers they stay denied\n" },
};

static void each_policy_becomes_these_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_ufw_files files = { .user = cs_span_str(cases[i].user),
					      .user6 = cs_span_str(cases[i].user6),
					      .ipv6 = true };
		struct cs_policy policy = cs_policy_preset;
		struct cs_arena arena = { 0 };
		struct cs_ufw_plan plan;
		struct cs_peer peers[3];
		char why[CS_UFW_WHY], got[4096];

		for (size_t k = 0; k < 3 && cases[i].allow[k]; k++)
			peers[policy.n_allow++] = peer(cases[i].allow[k]);
		policy.allow = peers;
		policy.strangers = cases[i].strangers;
		assert_int_equal(cs_ufw_plan(&files, &policy, &arena, &plan, why), CS_OK);
		plan_text(&plan, got, sizeof(got));
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s:\n%s\nwanted\n%s", cases[i].name, got,
				 cases[i].want);
		cs_arena_clear(&arena);
	}
}

static void without_ipv6_nothing_is_done_to_it(void **state)
{
	struct cs_ufw_files files = { .user = SPAN(TUPLE("allow any 5683" ANY4)),
				      .user6 = SPAN(TUPLE("allow any 5683" ANY6)),
				      .before6 = SPAN("*filter\nCOMMIT\n") };
	struct cs_peer peers[] = { peer("2001:db8::1") };
	struct cs_policy policy = cs_policy_preset;
	struct cs_arena arena = { 0 };
	struct cs_ufw_plan plan;
	char why[CS_UFW_WHY], got[4096];

	(void)state;
	policy.allow = peers;
	policy.n_allow = 1;
	assert_int_equal(cs_ufw_plan(&files, &policy, &arena, &plan, why), CS_OK);
	plan_text(&plan, got, sizeof(got));
	assert_string_equal(
		got, "ufw insert 1 " DENY4 "\n"
		     "# ufw is set to IPV6=no: it drops all IPv6, and no peer is let "
		     "in by it\n");
	assert_int_equal(plan.before6.len, 0);
	cs_arena_clear(&arena);
}

static enum cs_err plan_with(const char *profile, size_t n_peers, const char *before,
			     char why[CS_UFW_WHY])
{
	struct cs_ufw_files files = { .profile = cs_span_str(profile),
				      .before = cs_span_str(before) };
	struct cs_peer *peers = calloc(n_peers + 1, sizeof(*peers));
	struct cs_policy policy = cs_policy_preset;
	struct cs_arena arena = { 0 };
	struct cs_ufw_plan plan;
	enum cs_err err;

	for (size_t i = 0; i < n_peers; i++)
		peers[i].prefix =
			(struct cs_prefix){ .addr = cs_addr_v4(0x0a000000 + (uint32_t)i),
					    .bits = 128 };
	policy.allow = peers;
	policy.n_allow = n_peers;
	err = cs_ufw_plan(&files, &policy, &arena, &plan, why);
	if (!err && n_peers)
		assert_int_equal(plan.n_commands, n_peers + 1);
	cs_arena_clear(&arena);
	free(peers);
	return err;
}

static void what_is_not_ours_or_too_much_is_refused(void **state)
{
	char why[CS_UFW_WHY];

	(void)state;
	assert_int_equal(plan_with("[coapscope]\n", 0, "", why), CS_ERR_FOREIGN);
	assert_non_null(strstr(why, "applications.d/coapscope"));
	assert_int_equal(plan_with("", CS_UFW_PEERS_MAX, "", why), CS_OK);
	assert_int_equal(plan_with("", CS_UFW_PEERS_MAX + 1, "", why), CS_ERR_FULL);
	assert_non_null(strstr(why, "129"));
	assert_int_equal(
		plan_with("", 0,
			  "# coapscope: begin (`coapscope protect undo` takes this "
			  "block out; it is not to be edited)\n",
			  why),
		CS_ERR_SYNTAX);
}

/* The whole block, so that a change of it is seen. */
static const char drop4[] =
	"# coapscope: begin (`coapscope protect undo` takes this block out; it is not to "
	"be "
	"edited)\n"
	"*mangle\n"
	":coapscope-in - [0:0]\n"
	":coapscope-peer - [0:0]\n"
	":coapscope-group - [0:0]\n"
	"# this host's own, and replies to what was asked from here\n"
	"-A coapscope-in -i lo -j RETURN\n"
	"-A coapscope-in -m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY -j "
	"RETURN\n"
	"# what is for other hosts (a published container port is for this one)\n"
	"-A coapscope-in -m addrtype --dst-type UNICAST -j RETURN\n"
	"# to groups: from our own links alone\n"
	"-A coapscope-in -m addrtype --dst-type MULTICAST -j coapscope-group\n"
	"-A coapscope-in -m addrtype --dst-type BROADCAST -j coapscope-group\n"
	"# allowed\n"
	"-A coapscope-in -s 10.0.0.0/24 -i eth0 -j coapscope-peer\n"
	"# discovery\n"
	"-A coapscope-in -m addrtype --dst-type MULTICAST -j DROP\n"
	"-A coapscope-in -m addrtype --dst-type BROADCAST -j DROP\n"
	"# strangers\n"
	"-A coapscope-in -j DROP\n"
	"-A coapscope-peer -m hashlimit --hashlimit-upto 1000/sec --hashlimit-burst 1000 "
	"--hashlimit-mode srcip --hashlimit-name coapscope-peer4 -j ACCEPT\n"
	"-A coapscope-peer -j DROP\n"
	"-A coapscope-group -s 192.168.1.0/24 -j RETURN\n"
	"-A coapscope-group -j DROP\n"
	"-A PREROUTING -p udp -m multiport --dports 5683,5684 -j coapscope-in\n"
	"-A PREROUTING -p tcp -m multiport --dports 5683,5684 -j coapscope-in\n"
	"COMMIT\n"
	"# coapscope: end\n";

static struct cs_span block_of(struct cs_policy *policy, bool v6, struct cs_arena *arena)
{
	static struct cs_prefix local[2];
	static struct cs_peer peers[1];
	struct cs_span out;

	if (cs_prefix_read(SPAN("192.168.1.0/24"), &local[0]) ||
	    cs_prefix_read(SPAN("fd00::/64"), &local[1]))
		abort();
	peers[0] = peer("10.0.0.0/24@eth0");
	policy->allow = peers;
	policy->n_allow = 1;
	policy->local = local;
	policy->n_local = 2;
	assert_int_equal(cs_ufw_block(policy, v6, CS_UFW_HALF, arena, &out), CS_OK);
	return out;
}

static void the_block_is_this(void **state)
{
	struct cs_policy policy = cs_policy_preset;
	struct cs_arena arena = { 0 };

	(void)state;
	policy.peer_rate = 1000;
	assert_string_equal((const char *)block_of(&policy, false, &arena).ptr, drop4);
	cs_arena_clear(&arena);
}

static bool block_has(struct cs_policy *policy, bool v6, const char *part)
{
	struct cs_arena arena = { 0 };
	bool has = strstr((const char *)block_of(policy, v6, &arena).ptr, part) != NULL;

	cs_arena_clear(&arena);
	return has;
}

/* R/s to all strangers together: both families' shares are no more, whatever xt_limit can hold. */
static void the_rate_is_shared_and_never_more(void **state)
{
	static const struct {
		uint32_t rate;
		const char *v4, *v6;
	} rates[] = {
		{ 1, "--limit 1/sec --limit-burst 1 ", NULL },
		{ 3, "--limit 2/sec --limit-burst 2 ", "--limit 1/sec --limit-burst 1 " },
		{ 50, "--limit 25/sec --limit-burst 25 ", "--limit 25/sec" },
		{ 6000, "--limit 2500/sec ", "--limit 2500/sec " },
		{ 1000000, "--limit 10000/sec --limit-burst 10000 ",
		  "--limit 10000/sec" },
	};
	struct cs_policy policy = cs_policy_preset;

	(void)state;
	policy.strangers = CS_STRANGERS_LIMIT;
	for (size_t i = 0; i < CS_LEN(rates); i++) {
		policy.answer_rate = rates[i].rate;
		if (!block_has(&policy, false, rates[i].v4) ||
		    block_has(&policy, true, "-m limit") != (rates[i].v6 != NULL) ||
		    (rates[i].v6 && !block_has(&policy, true, rates[i].v6)))
			fail_msg("%u answers a second", rates[i].rate);
	}
}

static void each_word_of_the_policy_is_in_the_block(void **state)
{
	struct cs_policy policy = cs_policy_preset;

	(void)state;
	policy.strangers = CS_STRANGERS_LIMIT;
	policy.answer_bytes = 136;
	assert_true(
		block_has(&policy, false, "-p udp -m length --length 165:65535 -j DROP"));
	assert_true(
		block_has(&policy, true, "-p udp -m length --length 185:65535 -j DROP"));
	assert_true(
		block_has(&policy, false, "-A coapscope-out -d 10.0.0.0/24 -j RETURN"));
	assert_false(block_has(&policy, true, "10.0.0.0"));
	policy.strangers = CS_STRANGERS_DTLS_ONLY;
	assert_true(block_has(&policy, true, "-p udp -m udp --dport 5684 -j RETURN"));
	assert_false(block_has(&policy, true, "coapscope-out"));
	policy.log = true;
	assert_true(
		block_has(&policy, false, "-j LOG --log-prefix \"[COAPSCOPE DROP] \""));
	policy.multicast = true;
	assert_true(
		block_has(&policy, true, "-A coapscope-group -s fe80::/10 -j RETURN"));
	assert_true(block_has(&policy, true, "MULTICAST -p udp -m hashlimit"));
	assert_false(block_has(&policy, true, "BROADCAST"));
	assert_true(
		block_has(&policy, true, "! -d ff00::/8 -m addrtype ! --dst-type LOCAL"));
	assert_false(block_has(&policy, true, "UNICAST"));
	policy.router = true;
	assert_false(block_has(&policy, true, "LOCAL"));
	assert_false(block_has(&policy, false, "UNICAST"));
}

static void a_block_goes_in_and_comes_out_to_the_byte(void **state)
{
	static const char *const files[] = { "", "\n", "*filter\nCOMMIT\n",
					     "no line feed", "two\n\n" };
	const struct cs_span block = SPAN(drop4), none = { 0 };

	(void)state;
	for (size_t i = 0; i < CS_LEN(files); i++) {
		struct cs_span file = cs_span_str(files[i]), with, twice, back;
		struct cs_arena arena = { 0 };

		assert_int_equal(cs_ufw_block_put(file, block, &arena, &with), CS_OK);
		assert_true(cs_span_eq(cs_ufw_block_of(with), block));
		assert_int_equal(cs_ufw_block_put(with, block, &arena, &twice), CS_OK);
		assert_true(cs_span_eq(with, twice));
		assert_int_equal(cs_ufw_block_put(with, none, &arena, &back), CS_OK);
		if (!cs_span_eq(back, file))
			fail_msg("\"%s\" came back as \"%s\"", files[i],
				 (const char *)back.ptr);
		cs_arena_clear(&arena);
	}
}

static void jumps_that_are_there_are_not_made_again(void **state)
{
	static const char saved[] = "*mangle\n-A PREROUTING -p udp -m multiport --dports "
				    "5683,5684 -j coapscope-in\nCOMMIT\n";
	struct cs_arena arena = { 0 };
	struct cs_span out;

	(void)state;
	assert_int_equal(cs_ufw_block_load(SPAN(drop4), SPAN(saved), &arena, &out),
			 CS_OK);
	assert_null(strstr((const char *)out.ptr, "-A PREROUTING"));
	assert_null(strstr((const char *)out.ptr, "#"));
	assert_non_null(strstr((const char *)out.ptr, "COMMIT\n"));
	assert_int_equal(cs_ufw_block_load(SPAN(drop4), SPAN(""), &arena, &out), CS_OK);
	assert_non_null(strstr((const char *)out.ptr, "-A PREROUTING -p tcp"));
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_becomes_these_commands),
		cmocka_unit_test(without_ipv6_nothing_is_done_to_it),
		cmocka_unit_test(what_is_not_ours_or_too_much_is_refused),
		cmocka_unit_test(the_block_is_this),
		cmocka_unit_test(the_rate_is_shared_and_never_more),
		cmocka_unit_test(each_word_of_the_policy_is_in_the_block),
		cmocka_unit_test(a_block_goes_in_and_comes_out_to_the_byte),
		cmocka_unit_test(jumps_that_are_there_are_not_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
