/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/samples.h"

/* In place of a keyed hash of an address: some are in one chain. */
static uint64_t hash_of(uint32_t n)
{
	return n * UINT64_C(0x1000000b5);
}

static struct cs_samples *opened(void)
{
	struct cs_samples *samples = NULL;

	assert_int_equal(cs_samples_open(CS_SAMPLES_BUDGET_MIN, &samples), CS_OK);
	return samples;
}

/* The bytes of a sample tell whose it is. */
static void keep(struct cs_samples *samples, uint32_t n, uint8_t kind,
		 enum cs_sample_rank rank, size_t len)
{
	uint8_t *bytes = malloc(len ? len : 1);

	memset(bytes, (int)(n * 7 + kind) & 0xff, len);
	cs_samples_keep(samples, hash_of(n), rank,
			&(struct cs_sample){
				.kind = kind, .wall_us = n, .bytes = { bytes, len } });
	free(bytes);
}

static size_t found(const struct cs_samples *samples, uint32_t n, struct cs_sample out[4])
{
	size_t count = cs_samples_find(samples, hash_of(n), out, 4);

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(out[i].wall_us, n);
		for (size_t at = 0; at < out[i].bytes.len; at++)
			assert_int_equal(out[i].bytes.ptr[at],
					 (n * 7 + out[i].kind) & 0xff);
	}
	return count;
}

static void the_first_of_each_kind_is_kept_in_order(void **state)
{
	struct cs_samples *samples = opened();
	struct cs_sample out[4];

	(void)state;
	keep(samples, 1, 5, CS_SAMPLE_LIGHT, 21);
	keep(samples, 2, 5, CS_SAMPLE_LIGHT, 9);
	keep(samples, 1, 3, CS_SAMPLE_TELLING, 300);
	keep(samples, 1, 5, CS_SAMPLE_LIGHT, 77);
	keep(samples, 1, 4, CS_SAMPLE_LIGHT, 0);
	assert_int_equal(found(samples, 1, out), 3);
	assert_int_equal(out[0].kind, 5);
	assert_int_equal(out[0].bytes.len, 21);
	assert_int_equal(out[1].kind, 3);
	assert_int_equal(out[1].bytes.len, CS_SAMPLE_MAX);
	assert_int_equal(out[2].bytes.len, 0);
	assert_int_equal(found(samples, 3, out), 0);
	cs_samples_close(samples);
}

static void a_flood_of_light_ones_leaves_the_others(void **state)
{
	struct cs_samples *samples = opened();
	struct cs_sample out[4];

	(void)state;
	keep(samples, 1, 1, CS_SAMPLE_TELLING, 100);
	keep(samples, 2, 1, CS_SAMPLE_LIGHT, 100);
	keep(samples, 2, 2, CS_SAMPLE_LIGHT, 10);
	keep(samples, 2, 3, CS_SAMPLE_TELLING, 10);
	cs_samples_raise(samples, hash_of(2), CS_SAMPLE_HEAVY);
	for (uint32_t n = 10; n < 100000; n++) {
		keep(samples, n, 1, CS_SAMPLE_LIGHT, n % 257);
		assert_int_equal(found(samples, n, out), 1);
	}
	assert_int_equal(found(samples, 1, out), 1);
	assert_int_equal(found(samples, 2, out), 3);
	assert_int_equal(out[0].kind, 1);
	assert_int_equal(out[2].kind, 3);
	assert_int_equal(found(samples, 99999 - 50, out), 1);
	assert_int_equal(found(samples, 99999 - 2000, out), 0);
	cs_samples_close(samples);
}

/* Every record is either whole or gone, whatever the order of lengths and raises. */
static void what_is_found_is_always_what_was_kept(void **state)
{
	struct cs_samples *samples = opened();
	struct cs_sample out[4];
	uint32_t x = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		x = x * 1664525u + 1013904223u;
		uint32_t n = x >> 16 & 511;

		keep(samples, n, x >> 28 & 3, (x >> 8 & 255) % 3, x >> 20 & 255);
		if (i % 7 == 0)
			cs_samples_raise(samples, hash_of(n),
					 (enum cs_sample_rank)(x >> 30) % 3);
		found(samples, x >> 7 & 511, out);
	}
	cs_samples_close(samples);
}

static void too_small_a_budget_is_refused(void **state)
{
	struct cs_samples *samples = NULL;

	(void)state;
	assert_int_equal(cs_samples_open(CS_SAMPLES_BUDGET_MIN - 1, &samples),
			 CS_ERR_RANGE);
	cs_samples_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_of_each_kind_is_kept_in_order),
		cmocka_unit_test(a_flood_of_light_ones_leaves_the_others),
		cmocka_unit_test(what_is_found_is_always_what_was_kept),
		cmocka_unit_test(too_small_a_budget_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
