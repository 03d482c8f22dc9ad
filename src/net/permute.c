/* SPDX-License-Identifier: Apache-2.0 */
#include "net/permute.h"

#include <assert.h>

/* So that the round keys are no other hash of a scan's key: "permute" in ASCII. */
static const uint64_t domain = UINT64_C(0x7065726d75746500);

struct cs_permute cs_permute_of(uint64_t n, const struct cs_sipkey *key)
{
	struct cs_permute p = { .n = n };
	unsigned bits = 0;

	assert(n >= 1 && n <= UINT64_C(1) << 63);
	while (n > UINT64_C(1) << bits)
		bits++;
	p.left_bits = (uint8_t)(bits / 2);
	p.right_bits = (uint8_t)(bits - p.left_bits);
	for (unsigned i = 0; i < CS_PERMUTE_ROUNDS; i++)
		p.keys[i] = cs_siphash_u64(key, domain + i);
	return p;
}

/* Two multiplications: every input bit reaches every one of the upper 32. */
static inline uint64_t mix(uint64_t value, uint64_t key)
{
	uint64_t x = (value ^ key) * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x >> 32;
}

static inline uint64_t mask(unsigned bits)
{
	return (UINT64_C(1) << bits) - 1;
}

/* The halves keep their places and take turns: an odd bit needs no care. */
static inline uint64_t forward(const struct cs_permute *p, uint64_t x)
{
	uint64_t left_mask = mask(p->left_bits), right_mask = mask(p->right_bits);
	uint64_t left = x >> p->right_bits, right = x & right_mask;

	for (unsigned i = 0; i < CS_PERMUTE_ROUNDS; i += 2) {
		left ^= mix(right, p->keys[i]) & left_mask;
		right ^= mix(left, p->keys[i + 1]) & right_mask;
	}
	return left << p->right_bits | right;
}

static inline uint64_t backward(const struct cs_permute *p, uint64_t x)
{
	uint64_t left_mask = mask(p->left_bits), right_mask = mask(p->right_bits);
	uint64_t left = x >> p->right_bits, right = x & right_mask;

	for (unsigned i = CS_PERMUTE_ROUNDS; i > 0; i -= 2) {
		right ^= mix(left, p->keys[i - 1]) & right_mask;
		left ^= mix(right, p->keys[i - 2]) & left_mask;
	}
	return left << p->right_bits | right;
}

/*
 * Walking along the cycle until it comes back below n gives a permutation of
 * 0..n-1; less than two steps on average, as n is more than half the domain.
 */
uint64_t cs_permute_at(const struct cs_permute *p, uint64_t position)
{
	uint64_t x = position;

	assert(position < p->n);
	do {
		x = forward(p, x);
	} while (x >= p->n);
	return x;
}

uint64_t cs_permute_position(const struct cs_permute *p, uint64_t value)
{
	uint64_t x = value;

	assert(value < p->n);
	do {
		x = backward(p, x);
	} while (x >= p->n);
	return x;
}
