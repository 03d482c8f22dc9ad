/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window: the chunks that have been begun and are not closed. The sender opens
 * them at one end and notes when each batch left; the matcher closes them at
 * the other. Its size bounds how far the sender can run ahead, and with that
 * the memory of a scan. One sending and one matching thread, no locks.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct cs_host;

struct cs_open_chunk {
	uint64_t chunk;            /* number within the shard */
	uint32_t len;              /* slots */
	int64_t first_us;          /* UTC when its first probe left */
	int64_t last_us;           /* UTC when its last one left; set with ended_ns */
	bool whole;                /* all probes were sent; set with ended_ns */
	_Atomic int64_t ended_ns;  /* monotonic time of that; 0 while sending */
	_Atomic uint32_t probed;   /* slots asked at least once */
	_Atomic uint32_t *left_us; /* per time step: microseconds after first_us, + 1 */
	/* The matcher's alone: */
	struct cs_host *hosts; /* list of those that answered */
	uint32_t n_hosts;
	uint32_t follow_ups; /* still going on */
};

struct cs_window {
	struct cs_open_chunk *room;           /* owned, cap of them */
	_Atomic uint32_t *times;              /* owned, all chunks' time steps */
	uint32_t cap;                         /* power of two */
	uint32_t step_shift;                  /* a time step is 1 << step_shift slots */
	_Alignas(64) _Atomic uint64_t opened; /* ever, by the sender */
	_Alignas(64) _Atomic uint64_t closed; /* ever, by the matcher */
};

/*
 * Readies a window for @rate_pps (0: unpaced) packets a second and @hold_s
 * seconds that a chunk stays open after it was sent. Below some 6,000 packets
 * a second each slot has its own time, above each group of 64.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_window_init(struct cs_window *window, uint64_t rate_pps,
				       uint32_t hold_s);
void cs_window_clear(struct cs_window *window);

/* Bytes that a window for these would use at most. */
uint64_t cs_window_memory(uint64_t rate_pps, uint32_t hold_s);

/* Sender: begins @chunk (ascending numbers); NULL while the window is full. */
struct cs_open_chunk *cs_window_open(struct cs_window *window, uint64_t chunk,
				     uint32_t len, int64_t now_us);

/* Sender: slots first .. first + n - 1 of the chunk leave now. */
void cs_window_sent(struct cs_window *window, struct cs_open_chunk *open, uint32_t first,
		    uint32_t n, int64_t now_us);

/* Sender: nothing more of the chunk will be sent. */
void cs_window_end(struct cs_open_chunk *open, bool whole, int64_t now_us,
		   int64_t now_ns);

/* Matcher: whether sending of it has ended, and at or before @ns. */
bool cs_window_ended(const struct cs_open_chunk *open, int64_t ns);

/* Matcher: the oldest open chunk, or NULL. */
struct cs_open_chunk *cs_window_oldest(struct cs_window *window);

/* Matcher: the @n-th open chunk from the oldest, or NULL. */
struct cs_open_chunk *cs_window_nth(struct cs_window *window, uint64_t n);

/* Matcher: finds an open chunk by number, or NULL. */
struct cs_open_chunk *cs_window_find(struct cs_window *window, uint64_t chunk);

/* Matcher: when @slot of the chunk was first asked (UTC), or 0: not yet. */
int64_t cs_window_time(const struct cs_window *window, const struct cs_open_chunk *open,
		       uint32_t slot);

/* Matcher: gives the oldest chunk's place back. */
void cs_window_close(struct cs_window *window);
