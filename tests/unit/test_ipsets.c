/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/ipsets.h"

static const char saved[] =
	"create trusted hash:net family inet hashsize 1024 maxelem 65536 timeout 3600 "
	"counters comment bucketsize 12 initval 0x1\n"
	"add trusted 192.168.1.0/24 timeout 39 packets 7 bytes 9 comment \"a timeout 5 "
	"b\"\n"
	"add trusted 8.8.8.8 timeout 0\n"
	"create timeout hash:ip family inet6\n"
	"add timeout 2001:db8::1\n"
	"create all list:set size 8\n"
	"add all trusted\n";

static const char stays[] =
	"create trusted hash:net family inet hashsize 1024 maxelem 65536 timeout 3600 "
	"counters comment bucketsize 12 initval 0x1\n"
	"add trusted 192.168.1.0/24 timeout 0 packets 7 bytes 9 comment \"a timeout 5 "
	"b\"\n"
	"add trusted 8.8.8.8 timeout 0\n"
	"create timeout hash:ip family inet6\n"
	"add timeout 2001:db8::1\n"
	"create all list:set size 8\n"
	"add all trusted\n";

static struct cs_arena arena;

static void is(struct cs_span got, const char *want)
{
	if (!cs_span_eq(got, cs_span_str(want)))
		fail_msg("got\n%.*s\nwant\n%s", (int)got.len, (const char *)got.ptr,
			 want);
}

static void an_entry_with_a_time_stays_while_rules_are_asked(void **state)
{
	struct cs_span out;

	(void)state;
	assert_int_equal(cs_ipsets_stay(cs_span_str(saved), &arena, &out), CS_OK);
	is(out, stays);
	assert_int_equal(cs_ipsets_stay(cs_span_str(""), &arena, &out), CS_OK);
	is(out, "");
	assert_int_equal(
		cs_ipsets_stay(cs_span_str("add a 1.1.1.1 timeout 4"), &arena, &out),
		CS_OK);
	is(out, "add a 1.1.1.1 timeout 0\n");
}

static void rules_are_read_with_sets_that_are_empty(void **state)
{
	struct cs_span out;

	(void)state;
	assert_int_equal(cs_ipsets_empty(cs_span_str(saved), &arena, &out), CS_OK);
	is(out, "create trusted hash:net family inet hashsize 1024 maxelem 65536 "
		"timeout 3600 counters comment bucketsize 12 initval 0x1\n"
		"create timeout hash:ip family inet6\ncreate all list:set size 8\n");
}

static void a_set_goes_with_its_entries_by_the_line_that_failed(void **state)
{
	static const struct {
		size_t line;
		const char *name;
	} lines[] = { { 0, "" },        { 1, "trusted" }, { 3, "trusted" },
		      { 5, "timeout" }, { 7, "all" },     { 8, "" } };
	struct cs_span sets = cs_span_str(saved), out;

	(void)state;
	for (size_t i = 0; i < CS_LEN(lines); i++)
		is(cs_ipsets_at(sets, lines[i].line), lines[i].name);
	assert_int_equal(cs_ipsets_without(sets, cs_span_str("trusted"), &arena, &out),
			 CS_OK);
	/* The list that names it fails next, and goes then. */
	is(out, "create timeout hash:ip family inet6\nadd timeout 2001:db8::1\n"
		"create all list:set size 8\nadd all trusted\n");
}

static const char plain[] = "create seen hash:ip\nadd seen 1.1.1.1 timeout 0\n"
			    "create seen2 hash:ip\nadd seen2 2.2.2.2\n";

static const struct {
	const char *sets, *rule4, *rule6, *want;
} changes[] = {
	{ plain, "-A INPUT -m set --match-set seen src -j DROP\n", "", "" },
	{ plain, "-A INPUT -j SET --add-set seen src\n", "",
	  "flush seen\nadd seen 1.1.1.1 timeout 0\n" },
	{ plain, "", "-A INPUT -j SET --del-set seen2 src --exist\n",
	  "flush seen2\nadd seen2 2.2.2.2\n" },
	{ plain, "-A INPUT -j SET --map-set seen src --map-mark\n", "", "" },
	{ plain, "-A INPUT -m set --match-set seen src --packets-gt 3 -j DROP\n", "",
	  "flush seen\nadd seen 1.1.1.1 timeout 0\nflush seen2\nadd seen2 2.2.2.2\n" },
	{ "create a hash:ip\nadd a 1.1.1.1\ncreate l list:set size 8\nadd l a\n",
	  "-A INPUT -j SET --add-set l src\n", "",
	  "flush a\nadd a 1.1.1.1\nflush l\nadd l a\n" },
	{ "", "-A INPUT -j SET --add-set seen src\n", "", "" },
};

static void what_packets_may_have_changed_is_made_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(changes); i++) {
		const struct cs_span rules[] = { cs_span_str(changes[i].rule4),
						 cs_span_str(changes[i].rule6) };
		struct cs_span out;

		assert_int_equal(cs_ipsets_again(cs_span_str(changes[i].sets), rules, 2,
						 &arena, &out),
				 CS_OK);
		is(out, changes[i].want);
	}
}

static void rules_that_look_at_sets_are_known(void **state)
{
	(void)state;
	assert_true(cs_ipsets_named(cs_span_str("-m set ! --match-set a src -j DROP")));
	assert_true(cs_ipsets_named(cs_span_str("-A INPUT -j SET --add-set a src")));
	assert_false(cs_ipsets_named(cs_span_str("-A INPUT -j ACCEPT")));
	assert_false(cs_ipsets_named(cs_span_of(NULL, 0)));
}

/* Each on a copy of its own size: nothing behind it is read. */
static void every_prefix_is_taken(void **state)
{
	(void)state;
	for (size_t n = 0; n <= strlen(saved); n++) {
		uint8_t *copy = heap_copy(saved, n);
		struct cs_span sets = cs_span_of(copy, n), out;
		const struct cs_span rule =
			cs_span_str("-A INPUT -j SET --add-set trusted src\n");

		assert_int_equal(cs_ipsets_stay(sets, &arena, &out), CS_OK);
		assert_int_equal(cs_ipsets_again(sets, &rule, 1, &arena, &out), CS_OK);
		assert_int_equal(cs_ipsets_empty(sets, &arena, &out), CS_OK);
		assert_int_equal(
			cs_ipsets_without(sets, cs_ipsets_at(sets, 4), &arena, &out),
			CS_OK);
		cs_arena_clear(&arena);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_with_a_time_stays_while_rules_are_asked),
		cmocka_unit_test(rules_are_read_with_sets_that_are_empty),
		cmocka_unit_test(a_set_goes_with_its_entries_by_the_line_that_failed),
		cmocka_unit_test(what_packets_may_have_changed_is_made_again),
		cmocka_unit_test(rules_that_look_at_sets_are_known),
		cmocka_unit_test(every_prefix_is_taken),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	cs_arena_clear(&arena);
	return failed;
}
