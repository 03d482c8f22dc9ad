/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Internet checksum (RFC 1071): a sum of 16-bit words in ones' complement.
 * Sums are kept unfolded so that parts can be added in any order; words are
 * big-endian as on the wire.
 */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "base/rd.h"

/*
 * Adds @bytes to @sum; an odd last byte counts as if a zero followed, so only
 * the last part of a packet may be odd. 2^47 bytes fit.
 */
static inline uint64_t cs_sum_bytes(uint64_t sum, struct cs_span bytes)
{
	size_t i;

	for (i = 0; i + 1 < bytes.len; i += 2)
		sum += (uint32_t)bytes.ptr[i] << 8 | bytes.ptr[i + 1];
	if (i < bytes.len)
		sum += (uint32_t)bytes.ptr[i] << 8;
	return sum;
}

/* The sum as 16 bits; every carry is added back. */
static inline uint16_t cs_sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/*
 * As cs_sum_fold() for at most 2^16 words. Two rounds are needed and enough:
 * the first leaves at most 0x1fffe, the second at most 0xffff.
 */
static inline uint16_t cs_sum_fold_twice(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/*
 * The pseudo header that UDP and TCP checksums begin with (RFC 768, RFC 8200
 * section 8.1). Both families' is the sum of the same fields.
 */
uint64_t cs_sum_pseudo(const struct cs_addr *from, const struct cs_addr *to,
		       uint8_t protocol, uint32_t len);
