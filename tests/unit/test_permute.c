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

/*
 * Resume and shards depend on the order: it may never change silently. The
 * model under tests/model computes the same from the definition.
 */
static const struct {
	uint64_t n, at[4]; /* the values at 0, 1 mod n, 2 mod n and n - 1 */
} golden[] = {
	{ 1, { 0, 0, 0, 0 } },
	{ 2, { 0, 1, 0, 1 } },
	{ 3, { 1, 2, 0, 0 } },
	{ 5, { 0, 1, 2, 3 } },
	{ 256, { 186, 228, 130, 190 } },
	{ 1000, { 2, 436, 206, 147 } },
	{ 65536, { 48023, 16050, 13803, 56377 } },
	{ 1000003, { 47887, 344329, 902318, 453883 } },
	{ UINT64_C(3702257664),
	  { UINT64_C(1846154952), UINT64_C(507824537), UINT64_C(1260205441),
	    UINT64_C(1192091563) } },
	{ UINT64_C(4294967296),
	  { UINT64_C(1846154952), UINT64_C(507824537), UINT64_C(1260205441),
	    UINT64_C(1699331598) } },
	{ UINT64_C(281474976710657),
	  { UINT64_C(3910716574984), UINT64_C(180377482133116), UINT64_C(155099259133647),
	    UINT64_C(27307311671826) } },
	{ UINT64_C(9223372036854775808),
	  { UINT64_C(1418107919695212458), UINT64_C(2432120349143013278),
	    UINT64_C(3456115302236420433), UINT64_C(441275786767295252) } },
};

static void the_order_stays_what_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(golden); i++) {
		uint64_t n = golden[i].n;
		struct cs_permute p = cs_permute_of(n, &key);

		for (uint64_t k = 0; k < 4; k++)
			if (cs_permute_at(&p, k < 3 ? k % n : n - 1) != golden[i].at[k])
				fail_msg("n %llu, %llu", (unsigned long long)n,
					 (unsigned long long)k);
	}
}

/*
 * The bounds below are about six standard deviations of a random order away
 * from its mean; with these fixed keys the outcome is fixed as well.
 */
static void neighbours_do_not_follow_each_other(void **state)
{
	enum { N = 65536, NEAR = 256 };
	struct cs_permute p = cs_permute_of(N, &key);
	double mean = (N - 1) / 2.0, variance = ((double)N * N - 1) / 12, sum = 0;
	unsigned near = 0;

	(void)state;
	for (uint64_t i = 0; i + 1 < N; i++) {
		double a = (double)cs_permute_at(&p, i),
		       b = (double)cs_permute_at(&p, i + 1);

		sum += (a - mean) * (b - mean);
		near += a - b < NEAR && b - a < NEAR;
	}

	double correlation = sum / variance / (N - 1);

	assert_true(correlation > -6.0 / NEAR && correlation < 6.0 / NEAR);
	assert_in_range(near, 511 - 6 * 23, 511 + 6 * 23);
}

static void each_24_of_a_16_is_asked_evenly_over_time(void **state)
{
	enum { N = 65536, WINDOW = 4096, MEAN = WINDOW / 256 };
	struct cs_permute p = cs_permute_of(N, &key);

	(void)state;
	for (uint64_t from = 0; from < N; from += WINDOW) {
		unsigned load[256] = { 0 };
		double chi = 0;

		for (uint64_t i = from; i < from + WINDOW; i++)
			load[cs_permute_at(&p, i) >> 8]++;
		for (unsigned i = 0; i < 256; i++) {
			double d = (double)load[i] - MEAN;

			assert_true(load[i] <= MEAN + 6 * 4);
			chi += d * d / MEAN;
		}
		assert_true(chi > 255 - 6 * 22.6 && chi < 255 + 6 * 22.6);
	}
}

static unsigned distance(uint64_t a, uint64_t b)
{
	return (unsigned)__builtin_popcountll(a ^ b);
}

static void every_bit_of_key_and_position_moves_half_the_value(void **state)
{
	enum { BITS = 32, SAMPLES = 512 };
	const uint64_t n = UINT64_C(1) << BITS;
	struct cs_permute p = cs_permute_of(n, &key);

	(void)state;
	for (unsigned bit = 0; bit < 128; bit++) {
		struct cs_sipkey other = key;
		unsigned sum = 0;

		*(bit < 64 ? &other.k0 : &other.k1) ^= UINT64_C(1) << bit % 64;

		struct cs_permute q = cs_permute_of(n, &other);

		for (uint64_t i = 0; i < SAMPLES; i++)
			sum += distance(cs_permute_at(&p, i), cs_permute_at(&q, i));
		assert_in_range(sum, 16 * SAMPLES - 384, 16 * SAMPLES + 384);
	}
	for (unsigned bit = 0; bit < BITS; bit++) {
		unsigned sum = 0;

		for (uint64_t i = 0; i < SAMPLES; i++) {
			uint64_t a = cs_siphash_u64(&key, i) % n;

			sum += distance(cs_permute_at(&p, a),
					cs_permute_at(&p, a ^ UINT64_C(1) << bit));
		}
		assert_in_range(sum, 16 * SAMPLES - 384, 16 * SAMPLES + 384);
	}
}

static void other_keys_give_other_orders(void **state)
{
	enum { N = 256, KEYS = 25600, MEAN = KEYS / N };
	unsigned first[N] = { 0 }, last[N] = { 0 };
	double chi_first = 0, chi_last = 0;
	uint64_t before = UINT64_MAX;

	(void)state;
	for (uint64_t k = 0; k < KEYS; k++) {
		struct cs_sipkey one = { k, 0 };
		struct cs_permute p = cs_permute_of(N, &one);
		struct cs_permute wide = cs_permute_of(UINT64_C(1) << 63, &one);

		assert_true(cs_permute_at(&wide, 0) != before);
		before = cs_permute_at(&wide, 0);
		first[cs_permute_at(&p, 0)]++;
		last[cs_permute_at(&p, N - 1)]++;
	}
	for (unsigned i = 0; i < N; i++) {
		double d = (double)first[i] - MEAN, e = (double)last[i] - MEAN;

		chi_first += d * d / MEAN;
		chi_last += e * e / MEAN;
	}
	assert_true(chi_first > 255 - 6 * 22.6 && chi_first < 255 + 6 * 22.6);
	assert_true(chi_last > 255 - 6 * 22.6 && chi_last < 255 + 6 * 22.6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_small_order_is_a_bijection_and_is_undone),
		cmocka_unit_test(large_orders_are_undone_too),
		cmocka_unit_test(the_order_stays_what_it_was),
		cmocka_unit_test(neighbours_do_not_follow_each_other),
		cmocka_unit_test(each_24_of_a_16_is_asked_evenly_over_time),
		cmocka_unit_test(every_bit_of_key_and_position_moves_half_the_value),
		cmocka_unit_test(other_keys_give_other_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
