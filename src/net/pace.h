/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: one rate for all packets of a scan, whichever thread sends them. A
 * generic cell rate algorithm on a clock that is passed in: it says how long
 * to sleep, and never spins. Follow-ups ask first: what they wait for is
 * taken from the sender's share. Safe from several threads.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Packets a second; a 40 Gbit/s link holds fewer. */
#define CS_PACE_RATE_MAX UINT64_C(100000000)

/*
 * The schedule counts packets, not nanoseconds: 1/64 packets since the epoch.
 * So every rate is kept exactly, and 45 years at the highest fit.
 */
struct cs_pace {
	uint64_t rate_pps; /* 0: unpaced */
	int64_t epoch_ns;  /* when the schedule began */
	uint64_t slack;    /* how far behind may be made good, beyond the packet due */
	_Atomic uint64_t next; /* which packet is next, by the schedule */
};

/*
 * @rate_pps 0..CS_PACE_RATE_MAX. @burst_ns: how far behind the schedule may be made
 * good; 1 ms unless a test wants another. In any time t at most
 * rate * t + max(1, rate * burst) packets are handed out, forced ones included
 * in what is due later.
 */
void cs_pace_init(struct cs_pace *pace, uint64_t rate_pps, int64_t burst_ns,
		  int64_t now_ns);

/*
 * Takes up to @want packets that are due now. Returns how many; when 0,
 * *@wait_ns is how long until the next is due.
 */
unsigned cs_pace_take(struct cs_pace *pace, unsigned want, int64_t now_ns,
		      int64_t *wait_ns);

/* Takes @n packets whether due or not: the schedule moves on by as much. */
void cs_pace_force(struct cs_pace *pace, unsigned n, int64_t now_ns);
