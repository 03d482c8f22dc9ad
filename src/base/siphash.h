/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for short inputs
 * that an attacker may choose. Used for the validation of replies, for hash
 * tables with hostile keys and for the round keys of the address permutation.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cs_sipkey {
	uint64_t k0, k1;
};

/* The hash of @len bytes. */
uint64_t cs_siphash(const struct cs_sipkey *key, const void *bytes, size_t len);

struct cs_sip128 {
	uint64_t lo, hi;
};

/*
 * SipHash-1-3 with 128 bits of hash, for tables that take equal hashes for
 * equal bytes without looking at the bytes again. Half the rounds of
 * SipHash-2-4; the best way known to two inputs of one hash works for one key
 * in 2^167. The key must be random and never leave the process.
 */
struct cs_sip128 cs_siphash13_128(const struct cs_sipkey *key, const void *bytes,
				  size_t len);

/* As cs_siphash() of the eight bytes of @word, least significant first. */
static inline uint64_t cs_siphash_u64(const struct cs_sipkey *key, uint64_t word);

/*
 * As cs_siphash() of six bytes, the lower 48 bits of @word, least significant
 * first: they fit into the last block, so that two of eight rounds are saved.
 */
static inline uint64_t cs_siphash_u48(const struct cs_sipkey *key, uint64_t word);

#define CS_SIP_ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static inline void cs_sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = CS_SIP_ROTL(v[1], 13) ^ v[0];
	v[0] = CS_SIP_ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = CS_SIP_ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = CS_SIP_ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = CS_SIP_ROTL(v[1], 17) ^ v[2];
	v[2] = CS_SIP_ROTL(v[2], 32);
}

static inline void cs_sip_start(uint64_t v[4], const struct cs_sipkey *key)
{
	v[0] = key->k0 ^ UINT64_C(0x736f6d6570736575);
	v[1] = key->k1 ^ UINT64_C(0x646f72616e646f6d);
	v[2] = key->k0 ^ UINT64_C(0x6c7967656e657261);
	v[3] = key->k1 ^ UINT64_C(0x7465646279746573);
}

static inline void cs_sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	cs_sip_round(v);
	cs_sip_round(v);
	v[0] ^= word;
}

static inline uint64_t cs_sip_end(uint64_t v[4], uint64_t last)
{
	cs_sip_word(v, last);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		cs_sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static inline uint64_t cs_siphash_u64(const struct cs_sipkey *key, uint64_t word)
{
	uint64_t v[4];

	cs_sip_start(v, key);
	cs_sip_word(v, word);
	return cs_sip_end(v, UINT64_C(8) << 56);
}

static inline uint64_t cs_siphash_u48(const struct cs_sipkey *key, uint64_t word)
{
	uint64_t v[4];

	cs_sip_start(v, key);
	return cs_sip_end(v, UINT64_C(6) << 56 | (word & UINT64_C(0xffffffffffff)));
}

/*
 * SipHash-1-3 by hand, between cs_sip_start() and its end: half the rounds, for tables
 * whose hashes nobody sees.
 */
static inline void cs_sip13_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	cs_sip_round(v);
	v[0] ^= word;
}

static inline uint64_t cs_sip13_end(uint64_t v[4], uint64_t last)
{
	cs_sip13_word(v, last);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		cs_sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
