/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/window.h"

#include <stdlib.h>

#include "base/clock.h"
#include "scan/plan.h"

enum {
	CAP_MIN = 8,
	CAP_MAX = 8192,       /* 33 million probes whose answers may still come */
	FINE_RATE_PPS = 6400, /* up to here 64 slots take 10 ms or more */
	COARSE_SHIFT = 6,
};

static uint32_t step_shift(uint64_t rate_pps)
{
	return rate_pps == 0 || rate_pps > FINE_RATE_PPS ? COARSE_SHIFT : 0;
}

/* Twice what the rate can have open, so that closing may come in bursts. */
static uint32_t capacity(uint64_t rate_pps, uint32_t hold_s)
{
	uint64_t want = rate_pps == 0 ? CAP_MAX : 2 * rate_pps * (hold_s + 1) / CS_CHUNK;
	uint32_t cap = CAP_MIN;

	while (cap < want && cap < CAP_MAX)
		cap *= 2;
	return cap;
}

static uint32_t steps(uint32_t shift)
{
	return CS_CHUNK >> shift;
}

uint64_t cs_window_memory(uint64_t rate_pps, uint32_t hold_s)
{
	return (uint64_t)capacity(rate_pps, hold_s) *
	       (sizeof(struct cs_open_chunk) +
		steps(step_shift(rate_pps)) * sizeof(uint32_t));
}

enum cs_err cs_window_init(struct cs_window *window, uint64_t rate_pps, uint32_t hold_s)
{
	*window = (struct cs_window){ .cap = capacity(rate_pps, hold_s),
				      .step_shift = step_shift(rate_pps) };

	uint32_t n = steps(window->step_shift);

	window->room = calloc(window->cap, sizeof(*window->room));
	window->times = calloc((size_t)window->cap * n, sizeof(*window->times));
	if (!window->room || !window->times) {
		cs_window_clear(window);
		return CS_ERR_NOMEM;
	}
	for (uint32_t i = 0; i < window->cap; i++)
		window->room[i].left_us = window->times + (size_t)i * n;
	return CS_OK;
}

void cs_window_clear(struct cs_window *window)
{
	free(window->room);
	free(window->times);
	*window = (struct cs_window){ 0 };
}

static struct cs_open_chunk *place(const struct cs_window *window, uint64_t n)
{
	return &window->room[n & (window->cap - 1)];
}

struct cs_open_chunk *cs_window_open(struct cs_window *window, uint64_t chunk,
				     uint32_t len, int64_t now_us)
{
	uint64_t n = atomic_load_explicit(&window->opened, memory_order_relaxed);

	if (n - atomic_load_explicit(&window->closed, memory_order_acquire) ==
	    window->cap)
		return NULL;

	struct cs_open_chunk *open = place(window, n);

	open->chunk = chunk;
	open->len = len;
	open->first_us = now_us;
	open->last_us = 0;
	open->whole = false;
	atomic_store_explicit(&open->ended_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&open->probed, 0, memory_order_relaxed);
	for (uint32_t i = 0; i < steps(window->step_shift); i++)
		atomic_store_explicit(&open->left_us[i], 0, memory_order_relaxed);
	open->hosts = NULL;
	open->n_hosts = 0;
	open->follow_ups = 0;
	atomic_store_explicit(&window->opened, n + 1, memory_order_release);
	return open;
}

void cs_window_sent(struct cs_window *window, struct cs_open_chunk *open, uint32_t first,
		    uint32_t n, int64_t now_us)
{
	int64_t since = now_us - open->first_us;
	uint32_t stamp = since < 0                ? 1
			 : since < UINT32_MAX - 1 ? (uint32_t)since + 1
						  : UINT32_MAX;
	uint32_t last = (first + n - 1) >> window->step_shift;

	for (uint32_t i = first >> window->step_shift; i <= last; i++)
		if (!atomic_load_explicit(&open->left_us[i], memory_order_relaxed))
			atomic_store_explicit(&open->left_us[i], stamp,
					      memory_order_release);
	if (first + n > atomic_load_explicit(&open->probed, memory_order_relaxed))
		atomic_store_explicit(&open->probed, first + n, memory_order_relaxed);
}

void cs_window_end(struct cs_open_chunk *open, bool whole, int64_t now_us, int64_t now_ns)
{
	open->last_us = now_us;
	open->whole = whole;
	atomic_store_explicit(&open->ended_ns, now_ns ? now_ns : 1, memory_order_release);
}

bool cs_window_ended(const struct cs_open_chunk *open, int64_t ns)
{
	int64_t ended = atomic_load_explicit(&open->ended_ns, memory_order_acquire);

	return ended && ended <= ns;
}

struct cs_open_chunk *cs_window_nth(struct cs_window *window, uint64_t n)
{
	uint64_t closed = atomic_load_explicit(&window->closed, memory_order_relaxed);
	uint64_t opened = atomic_load_explicit(&window->opened, memory_order_acquire);

	return n < opened - closed ? place(window, closed + n) : NULL;
}

struct cs_open_chunk *cs_window_oldest(struct cs_window *window)
{
	return cs_window_nth(window, 0);
}

struct cs_open_chunk *cs_window_find(struct cs_window *window, uint64_t chunk)
{
	uint64_t low = atomic_load_explicit(&window->closed, memory_order_relaxed);
	uint64_t opened = atomic_load_explicit(&window->opened, memory_order_acquire);
	uint64_t high = opened;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (place(window, mid)->chunk < chunk)
			low = mid + 1;
		else
			high = mid;
	}
	return low < opened && place(window, low)->chunk == chunk ? place(window, low)
								  : NULL;
}

int64_t cs_window_time(const struct cs_window *window, const struct cs_open_chunk *open,
		       uint32_t slot)
{
	uint32_t stamp = atomic_load_explicit(&open->left_us[slot >> window->step_shift],
					      memory_order_acquire);

	return stamp ? open->first_us + (stamp - 1) : 0;
}

void cs_window_close(struct cs_window *window)
{
	uint64_t n = atomic_load_explicit(&window->closed, memory_order_relaxed);

	atomic_store_explicit(&window->closed, n + 1, memory_order_release);
}
