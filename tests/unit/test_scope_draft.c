/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "net/scope.h"

#define WANT                                                                        \
	": want an address, a prefix (10.0.0.0/24), a range (10.0.0.1-10.0.0.99), " \
	"a host name or 'local'"
#define NEVER ": nothing is ever sent to multicast, broadcast or unspecified addresses"
#define WIDE  ": an IPv6 target holds at most 2^32 addresses: want a /96 or longer prefix"

static const struct {
	const char *text;
	enum cs_err err;
	const char *why;
} wrong[] = {
	{ "", CS_ERR_SYNTAX, "''" WANT },
	{ "-", CS_ERR_SYNTAX, "'-'" WANT },
	{ "/", CS_ERR_SYNTAX, "'/'" WANT },
	{ "10.0.0.0/33", CS_ERR_SYNTAX, "'10.0.0.0/33'" WANT },
	{ "10.0.0.0/", CS_ERR_SYNTAX, "'10.0.0.0/'" WANT },
	{ "10.0.0", CS_ERR_SYNTAX, "'10.0.0'" WANT },
	{ "2001:db8::/129", CS_ERR_SYNTAX, "'2001:db8::/129'" WANT },
	{ "10.0.0.1 10.0.0.2", CS_ERR_SYNTAX, "'10.0.0.1 10.0.0.2'" WANT },
	{ "10.0.0.1-", CS_ERR_SYNTAX, "'10.0.0.1-'" WANT },
	{ "10.0.0.1-10.0.0.2-10.0.0.3", CS_ERR_SYNTAX,
	  "'10.0.0.1-10.0.0.2-10.0.0.3'" WANT },
	{ "10.0.0.0/24-10.0.1.0", CS_ERR_SYNTAX, "'10.0.0.0/24-10.0.1.0'" WANT },
	{ "host.example", CS_ERR_SYNTAX, "'host.example'" WANT },
	{ "local", CS_ERR_SYNTAX, "'local'" WANT },
	{ "10.0.0.1/24", CS_ERR_RANGE,
	  "'10.0.0.1/24' has host bits set: want 10.0.0.0/24 (or 10.0.0.1)" },
	{ "2001:db8::1/112", CS_ERR_RANGE,
	  "'2001:db8::1/112' has host bits set: want 2001:db8::/112 (or 2001:db8::1)" },
	{ "10.0.0.2-10.0.0.1", CS_ERR_RANGE,
	  "'10.0.0.2-10.0.0.1': want the lower end of a range first" },
	{ "10.0.0.2-2001:db8::", CS_ERR_RANGE,
	  "'10.0.0.2-2001:db8::': want both ends of a range from one family" },
	{ "2001:db8::/95", CS_ERR_RANGE, "'2001:db8::/95'" WIDE },
	{ "::/0", CS_ERR_RANGE, "'::/0'" WIDE },
	{ "2001:db8::-2001:db8::1:0:0", CS_ERR_RANGE,
	  "'2001:db8::-2001:db8::1:0:0'" WIDE },
	{ "224.0.1.187", CS_ERR_REFUSED, "'224.0.1.187'" NEVER },
	{ "0.0.0.0/8", CS_ERR_REFUSED, "'0.0.0.0/8'" NEVER },
	{ "255.255.255.255", CS_ERR_REFUSED, "'255.255.255.255'" NEVER },
	{ "::", CS_ERR_REFUSED, "'::'" NEVER },
	{ "ff05::fd", CS_ERR_REFUSED, "'ff05::fd'" NEVER },
	{ "::ffff:224.0.0.1", CS_ERR_REFUSED, "'::ffff:224.0.0.1'" NEVER },
};

static void each_mistake_has_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(wrong); i++) {
		struct cs_scope_draft draft = { 0 };
		struct cs_span text = cs_span_str(wrong[i].text);

		assert_int_equal(cs_scope_add_target(&draft, text, NULL), wrong[i].err);
		assert_string_equal(draft.why, wrong[i].why);
		assert_int_equal(draft.targets.n, 0);

		/* Excludes may be wide and may be what is never sent to. */
		enum cs_err err = cs_scope_add_exclude(&draft, text, NULL);

		if (err != (strstr(wrong[i].why, WIDE) || strstr(wrong[i].why, NEVER)
				    ? CS_OK
				    : wrong[i].err))
			fail_msg("exclude %s: %s", wrong[i].text, cs_strerror(err));
		cs_scope_draft_clear(&draft);
	}
}

static void a_message_says_where_and_prints_nothing_odd(void **state)
{
	static const struct cs_source source = { "dir/targets\x1b[1m.txt", 17 };
	struct cs_scope_draft draft = { 0 };

	(void)state;
	assert_int_equal(
		cs_scope_add_target(&draft, SPAN("a\0\x1b[2J\\\xc3\xa9\r"), &source),
		CS_ERR_SYNTAX);
	assert_string_equal(draft.why, "dir/targets\\x1b[1m.txt:17: "
				       "'a\\x00\\x1b[2J\\x5c\\xc3\\xa9\\x0d'" WANT);
	cs_scope_draft_clear(&draft);
}

static void long_texts_are_cut_in_messages(void **state)
{
	struct cs_scope_draft draft = { 0 };
	char file[5000], text[5000];
	struct cs_source source = { file, UINT64_MAX };

	(void)state;
	memset(file, 'f', sizeof(file) - 1);
	file[sizeof(file) - 1] = '\0';
	memset(text, 0xff, sizeof(text));
	assert_int_equal(
		cs_scope_add_target(&draft, cs_span_of(text, sizeof(text)), &source),
		CS_ERR_SYNTAX);
	assert_non_null(strstr(draft.why, "fff...:18446744073709551615: '\\xff"));
	assert_non_null(strstr(draft.why, "\\xff...'" WANT));
	assert_true(strlen(draft.why) < CS_SCOPE_WHY - 1);

	/* The longest that is shown whole, and one more. */
	for (size_t n = 80; n < 100; n++) {
		memset(text, 'x', n);
		assert_int_equal(cs_scope_add_target(&draft, cs_span_of(text, n), NULL),
				 CS_ERR_SYNTAX);
		assert_true((strstr(draft.why, "...'") != NULL) == (n > 92));
	}
	cs_scope_draft_clear(&draft);
}

static struct cs_range range(const char *lo, const char *hi)
{
	struct cs_range r;

	assert_true(cs_addr_read(cs_span_str(lo), &r.lo));
	assert_true(cs_addr_read(cs_span_str(hi), &r.hi));
	return r;
}

static void found_ranges_follow_the_same_rules(void **state)
{
	struct cs_range good = range("10.0.0.1", "10.0.0.9");
	struct cs_range never = range("224.0.0.1", "224.0.0.1");
	struct cs_range wide = range("2001:db8::", "2001:db9::");
	struct cs_range mixed = range("10.0.0.0", "2001:db8::");
	struct cs_range down = range("10.0.0.9", "10.0.0.1");
	struct cs_scope_draft draft = { 0 };

	(void)state;
	assert_int_equal(cs_scope_add_range(&draft, &good, false), CS_OK);
	assert_int_equal(draft.targets.n, 1);
	assert_memory_equal(&draft.targets.at[0], &good, sizeof(good));
	assert_int_equal(cs_scope_add_range(&draft, &never, false), CS_ERR_REFUSED);
	assert_string_equal(draft.why, "'224.0.0.1'" NEVER);
	assert_int_equal(cs_scope_add_range(&draft, &never, true), CS_OK);
	assert_int_equal(cs_scope_add_range(&draft, &wide, false), CS_ERR_RANGE);
	assert_string_equal(draft.why, "'2001:db8::-2001:db9::'" WIDE);
	assert_int_equal(cs_scope_add_range(&draft, &wide, true), CS_OK);
	assert_int_equal(cs_scope_add_range(&draft, &mixed, true), CS_ERR_RANGE);
	assert_int_equal(cs_scope_add_range(&draft, &down, true), CS_ERR_RANGE);
	assert_int_equal(draft.targets.n, 1);
	assert_int_equal(draft.excludes.n, 2);
	cs_scope_draft_clear(&draft);
	cs_scope_draft_clear(&draft);
	assert_null(draft.targets.at);
}

static void an_ipv6_exclude_around_ipv4_leaves_ipv4_alone(void **state)
{
	static const char *const texts[] = { "::/0", "::/64", "::fffe:0:0/95",
					     "::-::1:0:0:0" };
	static const size_t pieces[] = { 2, 2, 1, 2 };
	struct cs_addr v4 = cs_addr_v4(0x08080808);

	(void)state;
	for (size_t i = 0; i < CS_LEN(texts); i++) {
		struct cs_scope_draft draft = { 0 };

		assert_int_equal(
			cs_scope_add_exclude(&draft, cs_span_str(texts[i]), NULL), CS_OK);
		assert_int_equal(draft.excludes.n, pieces[i]);
		for (size_t k = 0; k < draft.excludes.n; k++)
			assert_false(cs_range_has(&draft.excludes.at[k], &v4));
		cs_scope_draft_clear(&draft);
	}
}

static const struct {
	const char *text;
	bool name;
} words[] = {
	{ "local", true },
	{ "localhost", true },
	{ "coap.example.org", true },
	{ "coap.example.org.", true },
	{ "a", true },
	{ "node-7", true },
	{ "4pi", true },
	{ "_coap._udp.example", true },
	{ "xn--bcher-kva.example", true },
	{ "10.example", true },
	{ "0x.example", true },
	{ "", false },
	{ ".", false },
	{ "-a", false },
	{ ".a", false },
	{ "a b", false },
	{ "a/b", false },
	{ "a:1", false },
	{ "b\xc3\xbc"
	  "cher",
	  false },
	{ "10.0.0.1", false },
	{ "10.0.0.256", false },
	{ "10.0.0.1.", false },
	{ "127.1", false },
	{ "2130706433", false },
	{ "0x7f000001", false },
	{ "0x7f.0.0.0x1", false },
	{ "10.0.0.1-10.0.0.300", false },
	{ "10.0.0.1-20", false },
	{ "10.0.0-5.1-9", false },
	{ "3com.example", true },
	{ "a..", false },
};

static void a_name_is_never_a_mistyped_address(void **state)
{
	char longest[256];

	(void)state;
	for (size_t i = 0; i < CS_LEN(words); i++)
		if (cs_scope_is_name(cs_span_str(words[i].text)) != words[i].name)
			fail_msg("'%s' is %s name", words[i].text,
				 words[i].name ? "no" : "a");
	memset(longest, 'a', sizeof(longest));
	assert_true(cs_scope_is_name(cs_span_of(longest, 253)));
	assert_false(cs_scope_is_name(cs_span_of(longest, 255)));
	assert_false(cs_scope_is_name(SPAN("a\0b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_has_its_line),
		cmocka_unit_test(a_message_says_where_and_prints_nothing_odd),
		cmocka_unit_test(long_texts_are_cut_in_messages),
		cmocka_unit_test(found_ranges_follow_the_same_rules),
		cmocka_unit_test(an_ipv6_exclude_around_ipv4_leaves_ipv4_alone),
		cmocka_unit_test(a_name_is_never_a_mistyped_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
