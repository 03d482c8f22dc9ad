/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash: bytes to 32 bits, to tell things apart within one source. Without a key: who
 * finds two inputs of one hash only hides a difference in his own datagrams. Tables
 * that strangers fill take base/siphash.h.
 */
#pragma once

#include <string.h>

#include "base/rd.h"

/* Folds a word into @h; start with any number. */
static inline uint64_t cs_hash_word(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static inline uint64_t cs_hash_bytes(uint64_t h, struct cs_span bytes)
{
	const uint8_t *at = bytes.ptr;
	size_t left = bytes.len;
	uint64_t word;

	h = cs_hash_word(h, left);
	for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = cs_hash_word(h, word);
	}
	if (left == 0)
		return h;
	for (word = 0; left > 0; left--)
		word = word << 8 | at[left - 1];
	return cs_hash_word(h, word);
}

/* The result: never 0 or 1, which mean something to those who keep it. */
static inline uint32_t cs_hash_end(uint64_t h)
{
	uint32_t low = (uint32_t)(h ^ h >> 32);

	return low > 1 ? low : low + 2;
}
