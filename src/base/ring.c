/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ring.h"

#include <sys/mman.h>

/*
 * A record is a 64-bit length and its bytes, padded to eight. One that would
 * cross the end of the room starts at its beginning again; the length SKIP
 * marks the bytes left out.
 */
enum { ALIGN = 8, LENGTH = 8, MIN_CAP = 4096 };
#define SKIP UINT64_MAX

static size_t padded(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

enum cs_err cs_ring_init(struct cs_ring *ring, size_t cap)
{
	size_t size = MIN_CAP;

	while (size < cap && size <= SIZE_MAX / 2)
		size *= 2;
	ring->room = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ring->room == MAP_FAILED) {
		ring->room = NULL;
		return CS_ERR_NOMEM;
	}
	ring->cap = size;
	atomic_init(&ring->tail, 0);
	atomic_init(&ring->head, 0);
	return CS_OK;
}

void cs_ring_clear(struct cs_ring *ring)
{
	if (ring->room)
		(void)munmap(ring->room, ring->cap); /* a whole mapping of ours */
	ring->room = NULL;
	ring->cap = 0;
}

static void store_length(struct cs_ring *ring, size_t at, uint64_t len)
{
	memcpy(ring->room + (at & (ring->cap - 1)), &len, LENGTH);
}

static uint64_t load_length(const struct cs_ring *ring, size_t at)
{
	uint64_t len;

	memcpy(&len, ring->room + (at & (ring->cap - 1)), LENGTH);
	return len;
}

enum cs_err cs_ring_put(struct cs_ring *ring, struct cs_span head, struct cs_span body)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	size_t used = tail - atomic_load_explicit(&ring->head, memory_order_acquire);
	size_t left = ring->cap - (tail & (ring->cap - 1)); /* to the end */

	if (head.len > ring->cap || body.len > ring->cap)
		return CS_ERR_FULL;

	size_t need = LENGTH + padded(head.len + body.len);
	size_t skipped = need > left ? left : 0;

	if (need + skipped > ring->cap - used)
		return CS_ERR_FULL;
	if (skipped)
		store_length(ring, tail, SKIP);
	tail += skipped;

	uint8_t *to = ring->room + (tail & (ring->cap - 1)) + LENGTH;

	store_length(ring, tail, head.len + body.len);
	if (head.len)
		memcpy(to, head.ptr, head.len);
	if (body.len)
		memcpy(to + head.len, body.ptr, body.len);
	atomic_store_explicit(&ring->tail, tail + need, memory_order_release);
	return CS_OK;
}

struct cs_span cs_ring_peek(struct cs_ring *ring)
{
	size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	if (head == tail)
		return (struct cs_span){ 0 };

	uint64_t len = load_length(ring, head);

	if (len == SKIP) {
		head += ring->cap - (head & (ring->cap - 1));
		atomic_store_explicit(&ring->head, head, memory_order_release);
		len = load_length(ring, head); /* a record follows every skip */
	}
	return cs_span_of(ring->room + (head & (ring->cap - 1)) + LENGTH, len);
}

void cs_ring_drop(struct cs_ring *ring)
{
	size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t len = load_length(ring, head);

	atomic_store_explicit(&ring->head, head + LENGTH + padded(len),
			      memory_order_release);
}
