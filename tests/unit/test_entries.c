/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/entries.h"
#include "protect/promise.h"

/* A machine whose clocks we hold. */
struct times {
	int64_t mono_ms, wall_s;
};

static int64_t mono_ns(void *arg)
{
	return ((struct times *)arg)->mono_ms * CS_NS_PER_MS;
}

static int64_t wall_us(void *arg)
{
	return ((struct times *)arg)->wall_s * CS_US_PER_S;
}

static struct cs_entry entry(const char *prefix, bool deny, int64_t left_ms)
{
	struct cs_entry e = { .deny = deny,
			      .left_ms = left_ms,
			      .since_us = 1000 * CS_US_PER_S,
			      .until_us = left_ms == CS_ENTRY_FOREVER
						  ? 0
						  : 1000 * CS_US_PER_S +
							    left_ms * CS_US_PER_MS,
			      .by = "operator",
			      .reason = "",
			      .evidence = "" };

	assert_int_equal(cs_prefix_read(cs_span_str(prefix), &e.prefix), CS_OK);
	return e;
}

static void put(struct cs_entries *entries, struct cs_arena *arena, struct cs_entry e)
{
	assert_int_equal(cs_entries_put(entries, &e, arena), CS_OK);
}

/* --- pieces --- */

static const struct {
	const char *name;
	struct {
		const char *prefix;
		int64_t left_ms;
	} entries[4];
	const char *want; /* lines that add something, without what is alike in all */
} pieces[] = {
	{ "one alone", { { "10.0.0.0/8", 1000 } }, "10.0.0.0-10.255.255.255 1s\n" },
	{ "one that ends earlier within another",
	  { { "10.0.0.0/8", 2000 }, { "10.1.0.0/16", 1000 } },
	  "10.0.0.0-10.255.255.255 2s\n" },
	{ "one that ends later within another",
	  { { "10.0.0.0/8", 1000 }, { "10.1.0.0/16", 2000 } },
	  "10.0.0.0-10.0.255.255 1s\n10.1.0.0-10.1.255.255 2s\n"
	  "10.2.0.0-10.255.255.255 1s\n" },
	{ "at the beginning and at the end of it",
	  { { "10.0.0.0/8", 1000 }, { "10.0.0.0/16", 2000 }, { "10.255.0.0/16", 3000 } },
	  "10.0.0.0-10.0.255.255 2s\n10.1.0.0-10.254.255.255 1s\n"
	  "10.255.0.0-10.255.255.255 3s\n" },
	{ "three deep",
	  { { "10.0.0.0/8", 1000 }, { "10.1.0.0/16", 2000 }, { "10.1.1.0/24", 3000 } },
	  "10.0.0.0-10.0.255.255 1s\n10.1.0.0-10.1.0.255 2s\n"
	  "10.1.1.0-10.1.1.255 3s\n10.1.2.0-10.1.255.255 2s\n"
	  "10.2.0.0-10.255.255.255 1s\n" },
	{ "the whole of IPv4 and of IPv6 have nothing to do with each other",
	  { { "0.0.0.0/0", 1000 }, { "::/0", 2000 } },
	  "0.0.0.0-255.255.255.255 1s\n"
	  "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2s\n" },
	{ "side by side, in the other order",
	  { { "10.1.0.0/16", 1000 }, { "10.0.0.0/16", 1000 } },
	  "10.0.0.0-10.0.255.255 1s\n10.1.0.0-10.1.255.255 1s\n" },
};

/* "add element inet coapscope SET { RANGE timeout 0d0h0m1s }" to "RANGE 1s". */
static void shorten(const char *script, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (const char *at = strstr(script, "add element"); at;
	     at = strstr(at + 1, "add element")) {
		char range[100];
		int seconds;

		assert_int_equal(sscanf(strchr(at, '{') + 2, "%99s timeout 0d0h0m%ds",
					range, &seconds),
				 2);
		n += (size_t)snprintf(out + n, cap - n, "%s %ds\n", range, seconds);
	}
}

static void pieces_never_overlap_and_last_as_long_as_the_longest(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(pieces); i++) {
		struct cs_arena arena = { 0 };
		struct cs_entries entries = { 0 };
		struct cs_span script;
		char got[1024];

		for (size_t k = 0; k < 4 && pieces[i].entries[k].prefix; k++)
			put(&entries, &arena,
			    entry(pieces[i].entries[k].prefix, true,
				  pieces[i].entries[k].left_ms));
		assert_int_equal(cs_entries_script(&entries, &arena, &script), CS_OK);
		shorten((const char *)script.ptr, got, sizeof(got));
		if (strcmp(got, pieces[i].want) != 0)
			fail_msg("%s: %s", pieces[i].name, got);
		cs_arena_clear(&arena);
	}
}

static void a_reason_cannot_end_its_quotes(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_entries entries = { 0 };
	struct cs_entry e = entry("192.0.2.1", true, CS_ENTRY_FOREVER);
	struct cs_span script;

	(void)state;
	e.reason = "a\" } ; flush ruleset\n\\";
	put(&entries, &arena, e);
	assert_int_equal(cs_entries_script(&entries, &arena, &script), CS_OK);
	assert_non_null(strstr((const char *)script.ptr,
			       "{ 192.0.2.1 comment \"a. } ; flush ruleset..\" }\n"));
	cs_arena_clear(&arena);
}

/* --- the file --- */

static void parse_at(struct cs_span text, const char *boot, struct times times,
		     struct cs_arena *arena, struct cs_entries *out)
{
	const struct cs_clock clock = { mono_ns, wall_us, &times };
	char why[CS_STATE_WHY];

	assert_int_equal(cs_entries_parse(text, boot, &clock, arena, out, why), CS_OK);
}

static void a_changed_clock_makes_no_entry_longer_or_shorter(void **state)
{
	struct times times = { .mono_ms = 5000, .wall_s = 1000 };
	const struct cs_clock clock = { mono_ns, wall_us, &times };
	struct cs_arena arena = { 0 };
	struct cs_entries entries = { 0 }, again;
	struct cs_span text;

	(void)state;
	put(&entries, &arena, entry("192.0.2.1", true, 60000));
	put(&entries, &arena, entry("2001:db8::/32", false, CS_ENTRY_FOREVER));
	entries.at[0].reason = "a \"reason\", with = and \x01";
	assert_int_equal(cs_entries_text(&entries, "boot-a", &clock, &arena, &text),
			 CS_OK);
	/* The wall clock was set by a year; twenty seconds have gone. */
	parse_at(text, "boot-a", (struct times){ 25000, 1000 + 31536000 }, &arena,
		 &again);
	assert_int_equal(again.n, 2);
	assert_int_equal(again.at[0].left_ms, 40000);
	assert_string_equal(again.at[0].reason, entries.at[0].reason);
	assert_int_equal(again.at[1].left_ms, CS_ENTRY_FOREVER);
	/* After a reboot there is the wall clock alone. */
	parse_at(text, "boot-b", (struct times){ 1, 1030 }, &arena, &again);
	assert_int_equal(again.at[0].left_ms, 30000);
	parse_at(text, "boot-b", (struct times){ 1, 1060 }, &arena, &again);
	assert_int_equal(again.n, 1);
	cs_arena_clear(&arena);
}

static void lines_that_are_none_are_named(void **state)
{
	static const char head[] =
		"\"verdict\",\"prefix\",\"interface\",\"since\",\"until\",\"boot\","
		"\"end_ms\",\"by\",\"reason\",\"evidence\"\n";
	static const char *const bad[] = {
		"deny,192.0.2.1\n",
		"maybe,192.0.2.1,,,,,0,operator,,\n",
		"deny,192.0.2.1/8,,,,,0,operator,,\n",
		"deny,192.0.2.1,an-interface-too-long,,,,0,operator,,\n",
		"deny,192.0.2.1,eth0,,,,0,operator,,\n",
		"allow,192.0.2.1,\"eth\"\"0\",,,,0,operator,,\n",
		"deny,192.0.2.1,,yesterday,,,0,operator,,\n",
		"deny,192.0.2.1,,,,,-1,operator,,\n",
		"\"deny\n",
	};
	struct times times = { 0 };
	const struct cs_clock clock = { mono_ns, wall_us, &times };

	(void)state;
	for (size_t i = 0; i < CS_LEN(bad); i++) {
		struct cs_arena arena = { 0 };
		struct cs_entries out;
		char text[400], why[CS_STATE_WHY] = "";

		(void)snprintf(text, sizeof(text), "%s%s", head, bad[i]);
		assert_int_equal(cs_entries_parse(cs_span_str(text), "b", &clock, &arena,
						  &out, why),
				 CS_ERR_DAMAGED);
		assert_non_null(strstr(why, "line 2"));
		cs_arena_clear(&arena);
	}
}

static void the_same_prefix_takes_the_place_of_the_earlier_one(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_entries entries = { 0 };

	(void)state;
	put(&entries, &arena, entry("192.0.2.0/24", true, 1000));
	put(&entries, &arena, entry("192.0.2.0/25", true, 1000));
	put(&entries, &arena, entry("192.0.2.0/24", false, 2000));
	assert_int_equal(entries.n, 2);
	assert_false(entries.at[1].deny);
	assert_int_equal(entries.at[0].prefix.bits, 96 + 25);
	cs_arena_clear(&arena);
}

/* --- who is let in --- */

static void the_more_special_entry_is_asked_first(void **state)
{
	struct cs_peer peer = { .interface = "eth0" };
	struct cs_policy policy = { .allow = &peer, .n_allow = 1 };
	struct cs_arena arena = { 0 };
	struct cs_entries e = { 0 };
	struct cs_addr a = cs_addr_v4(0xc0000201), b = cs_addr_v4(0xc0000202);

	(void)state;
	assert_int_equal(cs_prefix_read(cs_span_str("192.0.2.0/24"), &peer.prefix),
			 CS_OK);
	assert_true(cs_promise_allows(&policy, &e, &a, "eth0"));
	assert_false(cs_promise_allows(&policy, &e, &a, "eth1"));
	assert_true(cs_promise_allows(&policy, &e, &a, NULL));
	assert_false(cs_promise_allows(NULL, &e, &a, NULL));
	put(&e, &arena, entry("192.0.0.0/16", true, 1000));
	put(&e, &arena, entry("192.0.2.0/24", false, 1000));
	assert_true(cs_promise_denies(&e, &a, NULL));
	put(&e, &arena, entry("192.0.2.1", false, 1000));
	assert_false(cs_promise_denies(&e, &a, NULL));
	assert_true(cs_promise_allows(NULL, &e, &a, NULL));
	assert_true(cs_promise_denies(&e, &b, NULL));
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_never_overlap_and_last_as_long_as_the_longest),
		cmocka_unit_test(a_reason_cannot_end_its_quotes),
		cmocka_unit_test(a_changed_clock_makes_no_entry_longer_or_shorter),
		cmocka_unit_test(lines_that_are_none_are_named),
		cmocka_unit_test(the_same_prefix_takes_the_place_of_the_earlier_one),
		cmocka_unit_test(the_more_special_entry_is_asked_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
