/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texts: many texts, each kept once and known by a small number, so that rows
 * hold numbers and comparing two texts is comparing two numbers. Number 0 is
 * the empty text. Filled by one thread; read by any number once it is done.
 */
#pragma once

#include "base/arena.h"
#include "base/siphash.h"

struct cs_texts {
	struct cs_arena arena; /* owned: the bytes */
	uint8_t *room;         /* what is left of the newest piece of it */
	size_t left;
	struct cs_span *text; /* by number; owned */
	uint32_t n, cap;      /* the empty one counts */
	/* Only while it is filled; owned. */
	struct cs_sipkey key; /* random: the texts are strangers' */
	struct cs_sip128 *hash;
	uint64_t *slots; /* number, and above it half of its hash; 0 free */
	size_t n_slots;
};

/* CS_ERR_NOMEM, CS_ERR_IO (no random numbers). Clear it in every case. */
CS_MUST_USE enum cs_err cs_texts_begin(struct cs_texts *texts);

/* Its number, new or not. CS_ERR_NOMEM, CS_ERR_RANGE: 2^32 texts */
CS_MUST_USE enum cs_err cs_texts_put(struct cs_texts *texts, struct cs_span text,
				     uint32_t *number);

/* Bytes that are kept as they are, without a number. NULL: memory is out */
CS_MUST_USE const uint8_t *cs_texts_keep(struct cs_texts *texts, struct cs_span bytes);

/* Nothing is put any more: gives back what that took. */
void cs_texts_done(struct cs_texts *texts);
void cs_texts_clear(struct cs_texts *texts);

static inline struct cs_span cs_texts_at(const struct cs_texts *texts, uint32_t number)
{
	return texts->text[number];
}

/* <0, 0, >0: by their bytes, a text before those that go on after it. */
int cs_texts_order(struct cs_span a, struct cs_span b);

/* Of memory. */
uint64_t cs_texts_bytes(const struct cs_texts *texts);
