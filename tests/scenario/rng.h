/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rng: a small generator of numbers (splitmix64), the same on every machine: integers
 * only, no library, no state but its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_u64(struct rng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 to n - 1; n is not 0. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_u64(r) >> 32) * n >> 32);
}

/* Both ends belong to it. */
static inline uint32_t rng_between(struct rng *r, uint32_t lo, uint32_t hi)
{
	return lo + rng_below(r, hi - lo + 1);
}

static inline bool rng_chance(struct rng *r, unsigned percent)
{
	return rng_below(r, 100) < percent;
}

static inline uint16_t rng_u16(struct rng *r)
{
	return (uint16_t)(rng_u64(r) >> 48);
}

static inline void rng_bytes(struct rng *r, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(rng_u64(r) >> 56);
}

/* An ephemeral port. */
static inline uint16_t rng_port(struct rng *r)
{
	return (uint16_t)rng_between(r, 32768, 60999);
}

/* A wait of @mean_us on average, as between arrivals that know nothing of each other. */
int64_t rng_gap(struct rng *r, int64_t mean_us);

#define RNG_PICK(r, array) ((array)[rng_below((r), sizeof(array) / sizeof((array)[0]))])
