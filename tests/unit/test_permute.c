/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "net/permute.h"

static const struct cs_sipkey key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

static void every_small_order_is_a_bijection_and_is_undone(void **state)
{
	enum { MOST = 600 };

	(void)state;
	for (uint64_t n = 1; n <= MOST; n++) {
		struct cs_permute p = cs_permute_of(n, &key);
		bool seen[MOST] = { false };

		for (uint64_t i = 0; i < n; i++) {
			uint64_t v = cs_permute_at(&p, i);

			assert_true(v < n);
			assert_false(seen[v]);
			seen[v] = true;
			assert_true(cs_permute_position(&p, v) == i);
		}
	}
}

static void large_orders_are_undone_too(void **state)
{
	static const uint64_t sizes[] = {
		4096,
		4097,
		65535,
		65536,
		65537,
		UINT64_C(3702257664),
		UINT64_C(1) << 32,
		(UINT64_C(1) << 32) + 1,
		(UINT64_C(1) << 33) - 1,
		UINT64_C(1) << 48,
		(UINT64_C(1) << 61) + 12345,
		(UINT64_C(1) << 62) + 1,
		(UINT64_C(1) << 63) - 1,
		UINT64_C(1) << 63,
	};

	(void)state;
	for (size_t s = 0; s < CS_LEN(sizes); s++) {
		uint64_t n = sizes[s];
		struct cs_permute p = cs_permute_of(n, &key);

		for (uint64_t i = 0; i < 2000; i++) {
			uint64_t at = i < 500    ? i
				      : i < 1000 ? n - 1 - i
						 : cs_siphash_u64(&key, i) % n;
			uint64_t v = cs_permute_at(&p, at);

			assert_true(v < n);
			assert_true(cs_permute_position(&p, v) == at);
			assert_true(cs_permute_at(&p, cs_permute_position(&p, at)) == at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_small_order_is_a_bijection_and_is_undone),
		cmocka_unit_test(large_orders_are_undone_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
