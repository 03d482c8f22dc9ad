/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash: bytes to 32 bits, to tell things apart within one source. Without a key: who
 * finds two inputs of one hash only hides a difference in his own datagrams. Tables
 * that strangers fill take base/siphash.h.
 */
#pragma once

#include "base/rd.h"

/* Folds a word into @h; start with any number. */
static inline uint64_t cs_hash_word(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static inline uint64_t cs_hash_bytes(uint64_t h, struct cs_span bytes)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);
	uint64_t word;

	h = cs_hash_word(h, bytes.len);
	while (cs_rd_left(&rd) >= sizeof(word)) {
		cs_rd_copy(&rd, &word, sizeof(word));
		h = cs_hash_word(h, word);
	}
	if (cs_rd_left(&rd) > 0) {
		word = 0;
		cs_rd_copy(&rd, &word, cs_rd_left(&rd));
		h = cs_hash_word(h, word);
	}
	return h;
}

/* The result: never 0 or 1, which mean something to those who keep it. */
static inline uint32_t cs_hash_end(uint64_t h)
{
	uint32_t low = (uint32_t)(h ^ h >> 32);

	return low > 1 ? low : low + 2;
}
