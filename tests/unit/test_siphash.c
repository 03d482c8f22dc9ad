/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/siphash.h"

/* Vectors of the paper's reference code: key 00..0f, input 00..n-1. */
static const struct {
	size_t n;
	uint64_t want;
} vectors[] = {
	{ 0, UINT64_C(0x726fdb47dd0e0e31) },  { 1, UINT64_C(0x74f839c593dc67fd) },
	{ 7, UINT64_C(0xab0200f58b01d137) },  { 8, UINT64_C(0x93f5f5799a932462) },
	{ 15, UINT64_C(0xa129ca6149be45e5) }, { 63, UINT64_C(0x958a324ceb064572) },
};

static const struct cs_sipkey key = { UINT64_C(0x0706050403020100),
				      UINT64_C(0x0f0e0d0c0b0a0908) };

static void the_published_vectors_come_out(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t i = 0; i < CS_LEN(vectors); i++)
		assert_true(cs_siphash(&key, bytes, vectors[i].n) == vectors[i].want);
}

/*
 * The same input, from OpenSSL: openssl mac -macopt hexkey:0001..0f
 * -macopt size:16 -macopt c-rounds:1 -macopt d-rounds:3 -in FILE SIPHASH
 */
static const struct {
	size_t n;
	struct cs_sip128 want;
} vectors128[] = {
	{ 0, { UINT64_C(0xbea58827b2bc7ee7), UINT64_C(0x013030dd6adb62fd) } },
	{ 1, { UINT64_C(0xa8edd36004376ffc), UINT64_C(0x63f02f2bcc73055e) } },
	{ 7, { UINT64_C(0xc3e0aaf223b98410), UINT64_C(0x77ab4808c82e2fa6) } },
	{ 8, { UINT64_C(0xb4dae3d5e1fe12aa), UINT64_C(0x99c7f935ab164f72) } },
	{ 15, { UINT64_C(0x6c52bdb205557ec1), UINT64_C(0x09017e1eeccd2129) } },
	{ 63, { UINT64_C(0x6f42fe4ee300584c), UINT64_C(0xad6052a70a6b9f07) } },
};

static void the_vectors_of_128_bits_come_out(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t i = 0; i < CS_LEN(vectors128); i++) {
		struct cs_sip128 got = cs_siphash13_128(&key, bytes, vectors128[i].n);

		assert_true(got.lo == vectors128[i].want.lo);
		assert_true(got.hi == vectors128[i].want.hi);
	}
}

static void a_word_hashes_like_its_bytes(void **state)
{
	(void)state;
	assert_true(cs_siphash_u64(&key, UINT64_C(0x0706050403020100)) ==
		    UINT64_C(0x93f5f5799a932462));
}

/* What lies above the 48 bits is no part of the message. */
static void six_bytes_hash_like_themselves(void **state)
{
	static const uint8_t bytes[6] = { 0, 1, 2, 3, 4, 5 };

	(void)state;
	assert_true(cs_siphash_u48(&key, UINT64_C(0x050403020100)) ==
		    cs_siphash(&key, bytes, sizeof(bytes)));
	assert_true(cs_siphash_u48(&key, UINT64_C(0xffff050403020100)) ==
		    cs_siphash(&key, bytes, sizeof(bytes)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_come_out),
		cmocka_unit_test(the_vectors_of_128_bits_come_out),
		cmocka_unit_test(a_word_hashes_like_its_bytes),
		cmocka_unit_test(six_bytes_hash_like_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
