/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: a bounded queue of variable-length records from exactly one writing
 * thread to exactly one reading thread, without locks. Memory is reserved
 * whole but touched only as far as it is used. A record that finds no room is
 * not queued: the writer is told, counts it, and goes on.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"

struct cs_ring {
	uint8_t *room;                    /* owned */
	size_t cap;                       /* bytes, a power of two */
	_Alignas(64) _Atomic size_t tail; /* bytes ever written */
	_Alignas(64) _Atomic size_t head; /* bytes ever taken */
};

/*
 * Readies a ring of @cap bytes, rounded up to a power of two.
 * CS_ERR_NOMEM  no memory of that size
 */
CS_MUST_USE enum cs_err cs_ring_init(struct cs_ring *ring, size_t cap);
void cs_ring_clear(struct cs_ring *ring);

/*
 * Queues the bytes of @head and then @body as one record. Writer's side only.
 * CS_ERR_FULL  no room now; nothing was queued
 */
CS_MUST_USE enum cs_err cs_ring_put(struct cs_ring *ring, struct cs_span head,
				    struct cs_span body);

/*
 * The oldest record, or an empty span when there is none. It stays valid and
 * queued until cs_ring_drop(). Reader's side only.
 */
struct cs_span cs_ring_peek(struct cs_ring *ring);
void cs_ring_drop(struct cs_ring *ring);

/* Bytes in use, from any thread; only a hint while the others run. */
static inline size_t cs_ring_used(struct cs_ring *ring)
{
	return atomic_load_explicit(&ring->tail, memory_order_relaxed) -
	       atomic_load_explicit(&ring->head, memory_order_relaxed);
}
