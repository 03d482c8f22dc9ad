/* SPDX-License-Identifier: Apache-2.0 */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

/* One load, where a loop over the bytes would cost more than the rounds. */
static uint64_t load8(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

/* Up to eight bytes, least significant first. */
static uint64_t load_le(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

uint64_t cs_siphash(const struct cs_sipkey *key, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	size_t left = len;
	uint64_t v[4];

	cs_sip_start(v, key);
	for (; left >= 8; left -= 8, p += 8)
		cs_sip_word(v, load8(p));
	return cs_sip_end(v, (uint64_t)len << 56 | load_le(p, left));
}

static uint64_t finish128(uint64_t v[4])
{
	for (int i = 0; i < 3; i++)
		cs_sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void word13(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	cs_sip_round(v);
	v[0] ^= word;
}

struct cs_sip128 cs_siphash13_128(const struct cs_sipkey *key, const void *bytes,
				  size_t len)
{
	const uint8_t *p = bytes;
	size_t left = len;
	struct cs_sip128 hash;
	uint64_t v[4];

	cs_sip_start(v, key);
	v[1] ^= 0xee;
	for (; left >= 8; left -= 8, p += 8)
		word13(v, load8(p));
	word13(v, (uint64_t)len << 56 | load_le(p, left));
	v[2] ^= 0xee;
	hash.lo = finish128(v);
	v[1] ^= 0xdd;
	hash.hi = finish128(v);
	return hash;
}
