/* SPDX-License-Identifier: Apache-2.0 */
/* Sums that stop at their type's largest value and never wrap: counters of strangers. */
#pragma once

#include <stdint.h>

static inline uint8_t cs_sat8(uint8_t a, uint8_t b)
{
	unsigned sum = (unsigned)a + b;

	return sum > UINT8_MAX ? UINT8_MAX : (uint8_t)sum;
}

static inline uint16_t cs_sat16(uint16_t a, uint16_t b)
{
	unsigned sum = (unsigned)a + b;

	return sum > UINT16_MAX ? UINT16_MAX : (uint16_t)sum;
}

static inline uint32_t cs_sat32(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static inline uint64_t cs_sat64(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}
