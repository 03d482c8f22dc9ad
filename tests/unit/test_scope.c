/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "addresses.h"

#include "net/scope.h"

/* Reads words that are separated by blanks. */
static enum cs_err add_words(struct cs_scope_draft *draft, const char *words,
			     bool exclude)
{
	enum cs_err err = CS_OK;

	while (*words && !err) {
		struct cs_span word = cs_span_of(words, strcspn(words, " "));

		err = exclude ? cs_scope_add_exclude(draft, word, NULL)
			      : cs_scope_add_target(draft, word, NULL);
		words += word.len;
		words += *words == ' ';
	}
	return err;
}

/* The ranges of the set as text: "LO-HI LO-HI", or the error's name. */
static void build_text(const char *targets, const char *excludes, char *out, size_t cap)
{
	struct cs_scope_draft draft = { 0 };
	struct cs_scope *scope = NULL;
	enum cs_err err = add_words(&draft, targets, false);
	size_t n, at = 0;

	if (!err)
		err = add_words(&draft, excludes, true);
	if (!err)
		err = cs_scope_build(&draft, NULL, 0, &scope);
	if (err) {
		assert_true(draft.why[0] != '\0');
		(void)snprintf(out, cap, "%s", cs_strerror(err));
	} else {
		const struct cs_range *r = cs_scope_ranges(scope, &n);

		for (size_t i = 0; i < n; i++) {
			char lo[CS_ADDR_TEXT], hi[CS_ADDR_TEXT];

			cs_addr_text(&r[i].lo, lo);
			cs_addr_text(&r[i].hi, hi);
			at += (size_t)snprintf(out + at, cap - at, "%s%s-%s",
					       i ? " " : "", lo, hi);
		}
	}
	cs_scope_free(scope);
	cs_scope_draft_clear(&draft);
}

static const struct {
	const char *targets, *excludes, *want;
} sets[] = {
	/* forms */
	{ "192.0.2.7", "", "192.0.2.7-192.0.2.7" },
	{ "8.8.8.0/24", "", "8.8.8.0-8.8.8.255" },
	{ "8.8.8.8-8.8.9.3", "", "8.8.8.8-8.8.9.3" },
	{ "2606:4700::-2606:4700::ffff", "", "2606:4700::-2606:4700::ffff" },
	{ "::ffff:8.8.8.0/120", "", "8.8.8.0-8.8.8.255" },
	/* union */
	{ "8.8.8.0/25 8.8.8.128/25", "", "8.8.8.0-8.8.8.255" },
	{ "8.8.8.0/24 8.8.8.4 8.8.8.0/24", "", "8.8.8.0-8.8.8.255" },
	{ "9.0.0.1 8.0.0.1 2606::1 7.0.0.1", "",
	  "7.0.0.1-7.0.0.1 8.0.0.1-8.0.0.1 9.0.0.1-9.0.0.1 2606::1-2606::1" },
	{ "1.0.0.3-1.0.0.9 1.0.0.1-1.0.0.4", "", "1.0.0.1-1.0.0.9" },
	/* excludes */
	{ "8.8.8.0/24", "8.8.8.0/25", "8.8.8.128-8.8.8.255" },
	{ "8.8.8.0/24", "8.8.8.255", "8.8.8.0-8.8.8.254" },
	{ "8.8.8.0/24", "8.8.8.9 8.8.8.8", "8.8.8.0-8.8.8.7 8.8.8.10-8.8.8.255" },
	{ "8.8.8.0/24", "7.0.0.0/8 224.0.0.0/4 ::/0", "8.8.8.0-8.8.8.255" },
	{ "8.8.8.0/24 2606::1", "::/0", "8.8.8.0-8.8.8.255" },
	{ "8.8.8.8 2606::1", "0.0.0.0/0", "2606::1-2606::1" },
	{ "8.8.8.0/24", "8.0.0.0/8", "refused" },
	{ "8.8.8.8 2606::1", "0.0.0.0/0 ::/0", "refused" },
	/* special-purpose: left out of what is larger, kept when named */
	{ "10.0.0.0/24", "", "10.0.0.0-10.0.0.255" },
	{ "10.0.0.0/8", "", "10.0.0.0-10.255.255.255" },
	{ "10.0.0.0/7", "", "11.0.0.0-11.255.255.255" },
	{ "9.255.255.0-10.0.0.9", "", "9.255.255.0-9.255.255.255" },
	{ "10.0.0.0/7 10.1.0.0/16", "", "10.1.0.0-10.1.255.255 11.0.0.0-11.255.255.255" },
	{ "192.0.0.0/24", "", "192.0.0.0-192.0.0.255" },
	{ "192.0.0.0/28", "", "192.0.0.0-192.0.0.15" },
	{ "192.0.0.9", "", "192.0.0.9-192.0.0.9" },
	{ "192.0.0.0/22", "", "192.0.1.0-192.0.1.255 192.0.3.0-192.0.3.255" },
	{ "127.0.0.1", "", "127.0.0.1-127.0.0.1" },
	{ "::1", "", "::1-::1" },
	{ "2001:db8::/96", "", "2001:db8::-2001:db8::ffff:ffff" },
	{ "64:ff9b::ffff:fffe-64:ff9b::1:0:1", "", "64:ff9b::1:0:0-64:ff9b::1:0:1" },
	{ "10.0.0.0/8 11.0.0.0/8", "", "10.0.0.0-11.255.255.255" },
	/* never sent to */
	{ "224.0.0.1", "", "refused" },
	{ "0.0.0.0", "", "refused" },
	{ "0.1.2.0/24", "", "refused" },
	{ "255.255.255.255", "", "refused" },
	{ "::", "", "refused" },
	{ "ff02::fd", "", "refused" },
	{ "8.8.8.8 224.0.1.187", "", "refused" },
	{ "0.0.0.0/7", "", "1.0.0.0-1.255.255.255" },
	{ "240.0.0.0/4", "", "240.0.0.0-255.255.255.254" },
	{ "255.255.255.254/31", "", "255.255.255.254-255.255.255.254" },
	{ "224.0.0.0/3", "", "refused" },
	{ "::/127", "", "refused" },
	{ "::/126", "", "::2-::3" },
	/* the ends of the families do not join */
	{ "240.0.0.0/4 ::1:0:0:0/112", "",
	  "240.0.0.0-255.255.255.254 ::1:0:0:0-::1:0:0:ffff" },
	/* wrong */
	{ "10.0.0.1/24", "", "a value out of range" },
	{ "10.0.0.9-10.0.0.1", "", "a value out of range" },
	{ "10.0.0.1-::2", "", "a value out of range" },
	{ "::fffe:0:0-::ffff:0:1", "", "a value out of range" },
	{ "2001:db8::/95", "", "a value out of range" },
	{ "2001:db8::-2001:db8::1:0:0", "", "a value out of range" },
	{ "::/0", "", "a value out of range" },
	{ "8.8.8.8", "10.0.0.1/24", "a value out of range" },
};

static void each_set_is_what_it_must_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(sets); i++) {
		char got[1024];

		build_text(sets[i].targets, sets[i].excludes, got, sizeof(got));
		if (strcmp(got, sets[i].want) != 0)
			fail_msg("%s less %s: %s", sets[i].targets, sets[i].excludes,
				 got);
	}
}

/* The set of @targets; the caller frees it. */
static struct cs_scope *built(const char *targets, const char *excludes)
{
	struct cs_scope_draft draft = { 0 };
	struct cs_scope *scope = NULL;

	assert_int_equal(add_words(&draft, targets, false), CS_OK);
	assert_int_equal(add_words(&draft, excludes, true), CS_OK);
	assert_int_equal(cs_scope_build(&draft, NULL, 0, &scope), CS_OK);
	cs_scope_draft_clear(&draft);
	return scope;
}

/* Every index has an address, ascending, and every address its index. */
static void check_both_ways(const struct cs_scope *scope)
{
	struct cs_addr before = { 0 };
	uint64_t index;

	for (uint64_t i = 0; i < cs_scope_count(scope); i++) {
		struct cs_addr a = cs_scope_at(scope, i);

		assert_true(i == 0 || cs_addr_cmp(&before, &a) < 0);
		assert_true(cs_scope_find(scope, &a, &index));
		assert_true(index == i);
		before = a;
	}
}

static void an_index_has_an_address_and_back(void **state)
{
	struct cs_scope *scope = built(
		"8.8.8.0/24 1.1.1.1 9.0.0.0-9.0.2.9 2606::/112 2606:1::7 ::2", "8.8.8.8");
	static const char *const outside[] = {
		"8.8.8.8", "8.8.7.255", "8.8.9.0",  "0.0.0.0", "::1",
		"::3",     "2606::1:0", "9.0.2.10", "ffff::",  "255.255.255.255"
	};
	struct cs_addr a;
	uint64_t index = 77;

	(void)state;
	assert_true(cs_scope_count(scope) == 255 + 1 + 512 + 10 + 65536 + 1 + 1);
	assert_true(cs_scope_public_count(scope) == cs_scope_count(scope));
	assert_true(cs_scope_has_v4(scope));
	assert_true(cs_scope_has_v6(scope));
	check_both_ways(scope);
	a = addr("::2");
	assert_true(cs_scope_find(scope, &a, &index));
	assert_true(index == 0);
	a = addr("1.1.1.1");
	assert_true(cs_scope_find(scope, &a, &index));
	assert_true(index == 1);
	for (size_t i = 0; i < CS_LEN(outside); i++) {
		a = addr(outside[i]);
		assert_false(cs_scope_find(scope, &a, &index));
	}
	assert_true(index == 1);
	cs_scope_free(scope);
}

/* So many IPv4 ranges that both tables are used, unevenly spread. */
static void many_ranges_work_both_ways(void **state)
{
	struct cs_scope_draft draft = { 0 };
	struct cs_scope *scope;

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t at = i < 1000   ? 0x08080000 + 3 * i
			      : i < 2000 ? 0x09000000 + i * 70001
					 : 0xc8000000 + i * i;
		struct cs_range r = { cs_addr_v4(at), cs_addr_v4(at + i % 3) };

		assert_int_equal(cs_scope_add_range(&draft, &r, false), CS_OK);
	}
	assert_int_equal(add_words(&draft, "30.0.0.0/14 2606::/120", false), CS_OK);
	assert_int_equal(cs_scope_build(&draft, NULL, 0, &scope), CS_OK);
	assert_false(cs_scope_count(scope) > 1u << 20);
	check_both_ways(scope);
	for (uint32_t i = 0; i < 100000; i++) {
		struct cs_addr a = cs_addr_v4(0x08080000 + i * 40009);
		uint64_t index;

		if (cs_scope_find(scope, &a, &index)) {
			struct cs_addr b = cs_scope_at(scope, index);

			assert_int_equal(cs_addr_cmp(&a, &b), 0);
		}
	}
	cs_scope_free(scope);
	cs_scope_draft_clear(&draft);
}

static const struct {
	const char *targets, *excludes;
	uint64_t count, public_count;
} counts[] = {
	{ "10.0.0.0/24", "", 256, 0 },
	{ "10.0.0.0/24 8.8.8.8", "", 257, 1 },
	{ "8.8.8.8 9.255.255.0-10.0.0.9 10.0.0.0/30", "", 1 + 256 + 4, 257 },
	{ "127.0.0.1 ::1 fe80::1 fd00::/120", "", 3 + 256, 0 },
	{ "0.0.0.0/0", "", UINT64_C(3702257664), UINT64_C(3702257664) },
	{ "2606::/96", "2606::/128", UINT64_C(0xffffffff), UINT64_C(0xffffffff) },
};

static void addresses_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(counts); i++) {
		struct cs_scope *scope = built(counts[i].targets, counts[i].excludes);

		if (cs_scope_count(scope) != counts[i].count ||
		    cs_scope_public_count(scope) != counts[i].public_count)
			fail_msg("%s: %llu, %llu public", counts[i].targets,
				 (unsigned long long)cs_scope_count(scope),
				 (unsigned long long)cs_scope_public_count(scope));
		cs_scope_free(scope);
	}
}

static void families_are_told_apart(void **state)
{
	struct cs_scope *v4 = built("8.8.8.8", ""), *v6 = built("2606::1", "");

	(void)state;
	assert_true(cs_scope_has_v4(v4) && !cs_scope_has_v6(v4));
	assert_true(cs_scope_has_v6(v6) && !cs_scope_has_v4(v6));
	cs_scope_free(v4);
	cs_scope_free(v6);
}

static void the_hosts_broadcasts_are_left_out(void **state)
{
	struct cs_range never = { addr("10.0.0.255"), addr("10.0.0.255") };
	struct cs_scope_draft draft = { 0 };
	struct cs_scope *scope;
	uint64_t index;

	(void)state;
	assert_int_equal(add_words(&draft, "10.0.0.0/24", false), CS_OK);
	assert_int_equal(cs_scope_build(&draft, &never, 1, &scope), CS_OK);
	assert_true(cs_scope_count(scope) == 255);
	assert_false(cs_scope_find(scope, &never.lo, &index));
	cs_scope_free(scope);

	/* The draft is still good. */
	assert_int_equal(cs_scope_build(&draft, NULL, 0, &scope), CS_OK);
	assert_true(cs_scope_count(scope) == 256);
	cs_scope_free(scope);
	cs_scope_draft_clear(&draft);
}

static void nothing_named_is_wrong_usage(void **state)
{
	struct cs_scope_draft draft = { 0 };
	struct cs_scope *scope = NULL;

	(void)state;
	assert_int_equal(cs_scope_build(&draft, NULL, 0, &scope), CS_ERR_USAGE);
	assert_string_equal(draft.why, "no target was given");
	assert_null(scope);
	cs_scope_draft_clear(&draft);
	cs_scope_free(NULL);
}

static void a_set_is_made_again_from_its_ranges(void **state)
{
	struct cs_scope *scope = built("8.8.8.0/24 10.0.0.1 2606::/120", "8.8.8.9"),
			*again;
	size_t n, m;
	const struct cs_range *r = cs_scope_ranges(scope, &n), *s;

	(void)state;
	assert_int_equal(cs_scope_from_ranges(r, n, &again), CS_OK);
	s = cs_scope_ranges(again, &m);
	assert_int_equal(n, m);
	assert_memory_equal(r, s, n * sizeof(*r));
	assert_true(cs_scope_count(scope) == cs_scope_count(again));
	assert_true(cs_scope_public_count(again) == 255 + 256);
	cs_scope_free(scope);
	cs_scope_free(again);
}

static const struct {
	const char *lo[2], *hi[2];
	enum cs_err want;
} stored[] = {
	{ { "8.8.8.8", "8.8.8.9" }, { "8.8.8.8", "8.8.8.9" }, CS_OK },
	{ { "8.8.8.8", "8.8.8.8" }, { "8.8.8.8", "8.8.8.9" }, CS_ERR_DAMAGED },
	{ { "8.8.8.8", "7.0.0.0" }, { "8.8.8.8", "7.0.0.1" }, CS_ERR_DAMAGED },
	{ { "8.8.8.8", "9.0.0.1" }, { "8.8.8.8", "9.0.0.0" }, CS_ERR_DAMAGED },
	{ { "8.8.8.8", "9.0.0.1" }, { "8.8.8.8", "2606::" }, CS_ERR_DAMAGED },
	{ { "::2", "9.0.0.1" }, { "::3", "2606::" }, CS_ERR_DAMAGED },
	{ { "::2", "2606::1" }, { "2606::", "2606::2" }, CS_ERR_DAMAGED },
	{ { "8.8.8.8", "224.0.0.1" }, { "8.8.8.8", "224.0.0.1" }, CS_ERR_REFUSED },
	{ { "0.0.0.0", "8.8.8.8" }, { "1.0.0.0", "8.8.8.8" }, CS_ERR_REFUSED },
	{ { "8.8.8.8", "2606::" }, { "8.8.8.8", "ff00::" }, CS_ERR_REFUSED },
};

static void stored_ranges_are_not_trusted(void **state)
{
	struct cs_scope *scope = NULL;

	(void)state;
	for (size_t i = 0; i < CS_LEN(stored); i++) {
		struct cs_range r[2] = {
			{ addr(stored[i].lo[0]), addr(stored[i].hi[0]) },
			{ addr(stored[i].lo[1]), addr(stored[i].hi[1]) },
		};
		enum cs_err err = cs_scope_from_ranges(r, 2, &scope);

		if (err != stored[i].want)
			fail_msg("%zu: %s", i, cs_strerror(err));
		if (!err)
			cs_scope_free(scope);
	}
	assert_int_equal(cs_scope_from_ranges(NULL, 0, &scope), CS_ERR_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_set_is_what_it_must_be),
		cmocka_unit_test(an_index_has_an_address_and_back),
		cmocka_unit_test(many_ranges_work_both_ways),
		cmocka_unit_test(addresses_are_counted),
		cmocka_unit_test(families_are_told_apart),
		cmocka_unit_test(the_hosts_broadcasts_are_left_out),
		cmocka_unit_test(nothing_named_is_wrong_usage),
		cmocka_unit_test(a_set_is_made_again_from_its_ranges),
		cmocka_unit_test(stored_ranges_are_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
