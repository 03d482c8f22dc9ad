/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bodies: which payloads a segment has already, by a keyed 128-bit hash. Of
 * bounded size: it may forget a body, which is then stored a second time; it
 * never takes one body for another.
 */
#pragma once

#include <stdint.h>

#include "base/rd.h"
#include "base/siphash.h"

struct cs_bodies {
	struct cs_sipkey key;       /* random, secret, of this process */
	struct cs_body_slot *slots; /* owned */
	size_t n_slots, used;
};

/* The hash that a body is known by; equal for equal keys, whatever the segment. */
static inline struct cs_sip128 cs_body_hash(const struct cs_sipkey *key,
					    struct cs_span body)
{
	return cs_siphash13_128(key, body.ptr, body.len);
}

/* Says that cs_bodies_find() of @hash is soon to come. */
void cs_bodies_soon(const struct cs_bodies *bodies, struct cs_sip128 hash);

/* Its number in the segment, or 0. */
int64_t cs_bodies_find(const struct cs_bodies *bodies, struct cs_sip128 hash);

/* @id is above 0. Memory being out is no error: it forgets more. */
void cs_bodies_add(struct cs_bodies *bodies, struct cs_sip128 hash, int64_t id);

/* Forgets all; keeps the key. */
void cs_bodies_clear(struct cs_bodies *bodies);
