/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test.h"

#include "protect/text_index.h"

enum { MANY = 1000 };

static void nothing_is_found_in_an_empty_one(void **state)
{
	struct cs_arena arena = { 0 };
	const struct cs_text_index index = { .arena = &arena };
	size_t number = 7;

	(void)state;
	assert_false(cs_text_index_find(&index, SPAN("a"), &number));
	assert_int_equal(number, 7);
	cs_arena_clear(&arena);
}

static void each_of_many_texts_has_its_number(void **state)
{
	static char texts[MANY][8];
	struct cs_arena arena = { 0 };
	struct cs_text_index index = { .arena = &arena };
	size_t number;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "t%zu", i);
		assert_false(cs_text_index_find(&index, cs_span_str(texts[i]), &number));
		assert_true(cs_text_index_add(&index, cs_span_str(texts[i]), i));
	}
	assert_int_equal(index.n, MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(cs_text_index_find(&index, cs_span_str(texts[i]), &number));
		assert_int_equal(number, i);
	}
	assert_false(cs_text_index_find(&index, SPAN("t1000"), &number));
	assert_false(cs_text_index_find(&index, SPAN("t"), &number));
	cs_arena_clear(&arena);
}

static void the_empty_text_is_one_too(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_text_index index = { .arena = &arena };
	size_t number;

	(void)state;
	assert_true(cs_text_index_add(&index, cs_span_of(NULL, 0), 3));
	assert_true(cs_text_index_find(&index, SPAN(""), &number));
	assert_int_equal(number, 3);
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_an_empty_one),
		cmocka_unit_test(each_of_many_texts_has_its_number),
		cmocka_unit_test(the_empty_text_is_one_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
