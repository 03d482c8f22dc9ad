/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permute: a keyed pseudo-random order over 0..n-1 with random access in both
 * directions. An unbalanced Feistel network over the smallest power of two
 * that holds n, walked until the value is below n (Black and Rogaway,
 * "Ciphers with arbitrary finite domains", 2002). Not a cipher: it spreads
 * load, it keeps no secret.
 */
#pragma once

#include <stdint.h>

#include "base/siphash.h"

enum { CS_PERMUTE_ROUNDS = 6 };

struct cs_permute {
	uint64_t n; /* 1..2^63 */
	uint64_t keys[CS_PERMUTE_ROUNDS];
	uint8_t left_bits, right_bits;
};

/* An order over @n values, 1..2^63, that follows from @key alone. */
struct cs_permute cs_permute_of(uint64_t n, const struct cs_sipkey *key);

/* The value at @position < n, and the position of @value < n. */
uint64_t cs_permute_at(const struct cs_permute *p, uint64_t position);
uint64_t cs_permute_position(const struct cs_permute *p, uint64_t value);
