/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/arena.h"

static void pieces_are_zeroed_and_do_not_overlap(void **state)
{
	struct cs_arena arena = { 0 };
	unsigned char *pieces[1000];

	(void)state;
	for (size_t i = 0; i < CS_LEN(pieces); i++) {
		pieces[i] = cs_arena_alloc(&arena, i);
		assert_non_null(pieces[i]);
		for (size_t k = 0; k < i; k++)
			assert_int_equal(pieces[i][k], 0);
		memset(pieces[i], (int)(i & 0xff), i);
	}
	for (size_t i = 0; i < CS_LEN(pieces); i++)
		for (size_t k = 0; k < i; k++)
			assert_int_equal(pieces[i][k], i & 0xff);
	cs_arena_clear(&arena);
	assert_null(arena.newest);
}

static void sizes_that_wrap_are_refused(void **state)
{
	struct cs_arena arena = { 0 };

	(void)state;
	assert_null(cs_arena_array(&arena, SIZE_MAX / 2, 3));
	assert_null(cs_arena_alloc(&arena, SIZE_MAX));
	assert_null(arena.newest);
}

static void text_is_copied_and_ended(void **state)
{
	struct cs_arena arena = { 0 };
	char *copy = cs_arena_text(&arena, cs_span_of("abcdef", 3));

	(void)state;
	assert_string_equal(copy, "abc");
	assert_string_equal(cs_arena_text(&arena, (struct cs_span){ 0 }), "");
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zeroed_and_do_not_overlap),
		cmocka_unit_test(sizes_that_wrap_are_refused),
		cmocka_unit_test(text_is_copied_and_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
