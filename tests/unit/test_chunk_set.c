/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "store/chunk_set.h"

/* Each change to a set of 64 numbers, against one bit a number. */
static void a_set_holds_what_was_added_and_not_removed(void **state)
{
	struct cs_chunk_set set = { 0 };
	uint64_t bits = 0, random = 1;

	(void)state;
	for (unsigned step = 0; step < 20000; step++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;

		uint64_t x = random >> 58;

		assert_int_equal(cs_chunk_set_reserve(&set, 1), CS_OK);
		if (random >> 40 & 1) {
			cs_chunk_set_add(&set, x);
			bits |= UINT64_C(1) << x;
		} else {
			cs_chunk_set_remove(&set, x);
			bits &= ~(UINT64_C(1) << x);
		}
		assert_int_equal(set.count, __builtin_popcountll(bits));
		for (unsigned i = 0; i < 64; i++)
			assert_int_equal(cs_chunk_set_has(&set, i), bits >> i & 1);
		/* As few ranges as there are runs of ones. */
		assert_int_equal(set.n, __builtin_popcountll(bits & ~(bits << 1)));
	}
	cs_chunk_set_clear(&set);
}

static void the_ends_of_the_numbers_belong_to_them(void **state)
{
	struct cs_chunk_set set = { 0 };

	(void)state;
	assert_int_equal(cs_chunk_set_reserve(&set, 4), CS_OK);
	cs_chunk_set_add(&set, UINT64_MAX);
	cs_chunk_set_add(&set, 0);
	assert_int_equal(set.n, 2);
	assert_true(cs_chunk_set_has(&set, UINT64_MAX));
	assert_false(cs_chunk_set_has(&set, UINT64_MAX - 1));
	cs_chunk_set_add(&set, UINT64_MAX - 1);
	assert_int_equal(set.n, 2);
	cs_chunk_set_remove(&set, UINT64_MAX);
	cs_chunk_set_remove(&set, 0);
	assert_int_equal(set.count, 1);
	assert_true(cs_chunk_set_has(&set, UINT64_MAX - 1));
	cs_chunk_set_clear(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_holds_what_was_added_and_not_removed),
		cmocka_unit_test(the_ends_of_the_numbers_belong_to_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
