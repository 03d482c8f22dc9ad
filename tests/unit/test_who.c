/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/who.h"
#include "watch/who_names.h"

static const struct cs_sipkey key = { 1, 2 };

static struct cs_addr nth(uint32_t i)
{
	return cs_addr_v4(UINT32_C(0x0a000000) + i);
}

static void a_name_is_kept_until_its_time_is_up(void **state)
{
	struct cs_who_names *names;
	struct cs_addr a = nth(1), b = nth(2);
	const struct cs_who_name *found;

	(void)state;
	assert_int_equal(cs_who_names_open(100, &key, &names), CS_OK);
	cs_who_names_put(names, &a, SPAN("a.example"), 10, 20);
	found = cs_who_names_find(names, &a, 19);
	assert_non_null(found);
	assert_int_equal(found->asked_us, 10);
	assert_true(cs_span_eq(cs_span_of(found->text, found->len), SPAN("a.example")));
	assert_null(cs_who_names_find(names, &a, 20));
	assert_null(cs_who_names_find(names, &b, 10));
	cs_who_names_put(names, &a, SPAN(""), 11, 30);
	found = cs_who_names_find(names, &a, 19);
	assert_non_null(found);
	assert_int_equal(found->len, 0);
	cs_who_names_close(names);
}

static void names_are_bounded_and_the_new_ones_stay(void **state)
{
	struct cs_who_names *names;
	const uint32_t n = 10000;
	uint32_t kept = 0;

	(void)state;
	assert_int_equal(cs_who_names_open(64, &key, &names), CS_OK);
	for (uint32_t i = 0; i < n; i++) {
		struct cs_addr ip = nth(i);

		cs_who_names_put(names, &ip, SPAN("x"), 1, 1000 + i);
		assert_non_null(cs_who_names_find(names, &ip, 1));
	}
	for (uint32_t i = 0; i < n; i++) {
		struct cs_addr ip = nth(i);

		kept += cs_who_names_find(names, &ip, 1) != NULL;
	}
	assert_in_range(kept, 1, 64);
	cs_who_names_close(names);
}

static void a_name_too_long_is_none(void **state)
{
	char text[CS_DNS_TEXT + 1];
	struct cs_who_names *names;
	struct cs_addr ip = nth(1);

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(cs_who_names_open(8, &key, &names), CS_OK);
	cs_who_names_put(names, &ip, cs_span_of(text, CS_DNS_TEXT), 1, 9);
	assert_int_equal(cs_who_names_find(names, &ip, 2)->len, 0);
	cs_who_names_put(names, &ip, cs_span_of(text, CS_DNS_TEXT - 1), 1, 9);
	assert_int_equal(cs_who_names_find(names, &ip, 2)->len, CS_DNS_TEXT - 1);
	cs_who_names_close(names);
}

static void lists_alone_say_who_it_is_and_nobody_is_asked(void **state)
{
	struct cs_scanners *lists;
	struct cs_who *who;
	struct cs_actor actor, all[2];
	struct cs_addr ips[] = { nth(7), cs_addr_v4(UINT32_C(0xc0000201)) };
	char why[CS_SCANNERS_WHY] = "";

	(void)state;
	assert_int_equal(cs_scanners_open(&lists), CS_OK);
	assert_int_equal(cs_scanners_add_text(lists, SPAN("# name: us\n10.0.0.0/24\n"),
					      "f", 5, why),
			 CS_OK);
	assert_int_equal(cs_scanners_settle(lists), CS_OK);
	assert_int_equal(
		cs_who_open(&(struct cs_who_want){ .scanners = lists }, &who, why),
		CS_OK);
	assert_true(cs_who_find(who, &ips[0], &actor));
	assert_true(cs_span_eq(actor.name, SPAN("us")) && actor.by_list);
	assert_int_equal(actor.date_us, 5);
	assert_false(cs_who_find(who, &ips[1], &actor));
	assert_int_equal(actor.name.len, 0);
	assert_false(cs_who_work(who));
	assert_int_equal(cs_who_find_all(who, ips, all, 2), CS_OK);
	assert_true(all[0].by_list && !all[1].by_list);
	assert_int_equal(cs_who_counted(who).asked, 0);
	cs_who_close(who);
	cs_scanners_close(lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_kept_until_its_time_is_up),
		cmocka_unit_test(names_are_bounded_and_the_new_ones_stay),
		cmocka_unit_test(a_name_too_long_is_none),
		cmocka_unit_test(lists_alone_say_who_it_is_and_nobody_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
