/* SPDX-License-Identifier: Apache-2.0 */
#include "net/pace.h"

#include <stdbool.h>

#include "base/clock.h"

enum { PARTS = 64 /* of a packet */ };

/*
 * The parts of a packet that fit into @ns, rounded down or up. Whole seconds
 * apart, so that nothing overflows: 64 * 10^8 * 10^9 < 2^63.
 */
static uint64_t parts_in(uint64_t rate_pps, int64_t ns, bool up)
{
	uint64_t per_s = rate_pps * PARTS;
	uint64_t s = (uint64_t)(ns / CS_NS_PER_S), rest = (uint64_t)(ns % CS_NS_PER_S);
	uint64_t part = rest * per_s;

	if (up)
		part += (uint64_t)CS_NS_PER_S - 1;
	return s * per_s + part / (uint64_t)CS_NS_PER_S;
}

/* When the schedule reaches @parts: the first nanosecond at which it has. */
static int64_t ns_of(uint64_t rate_pps, uint64_t parts)
{
	uint64_t per_s = rate_pps * PARTS;
	uint64_t rest = parts % per_s * (uint64_t)CS_NS_PER_S;

	return (int64_t)(parts / per_s * (uint64_t)CS_NS_PER_S +
			 (rest + per_s - 1) / per_s);
}

static int64_t since_epoch(const struct cs_pace *pace, int64_t now_ns)
{
	return now_ns > pace->epoch_ns ? now_ns - pace->epoch_ns : 0;
}

void cs_pace_init(struct cs_pace *pace, uint64_t rate_pps, int64_t burst_ns,
		  int64_t now_ns)
{
	uint64_t burst = parts_in(rate_pps, burst_ns > 0 ? burst_ns : 0, false);

	pace->rate_pps = rate_pps;
	pace->epoch_ns = now_ns;
	pace->slack = burst > PARTS ? burst - PARTS : 0;
	atomic_init(&pace->next, 0);
}

/* The first part that may still be used at @ns: more cannot be made good. */
static uint64_t earliest_at(const struct cs_pace *pace, int64_t ns)
{
	uint64_t due = parts_in(pace->rate_pps, ns, true);

	return due > pace->slack ? due - pace->slack : 0;
}

/* How many packets from *@next on are due at @ns; what was missed is skipped. */
static uint64_t due_at(const struct cs_pace *pace, int64_t ns, uint64_t *next)
{
	uint64_t earliest = earliest_at(pace, ns);

	/* The part that is lost here pays for rounding @earliest up. */
	if (*next < earliest) {
		*next = earliest;
		return pace->slack / PARTS + 1;
	}

	uint64_t due = parts_in(pace->rate_pps, ns, false);

	return *next > due ? 0 : (due - *next) / PARTS + 1;
}

unsigned cs_pace_take(struct cs_pace *pace, unsigned want, int64_t now_ns,
		      int64_t *wait_ns)
{
	*wait_ns = 0;
	if (pace->rate_pps == 0 || want == 0)
		return want;

	int64_t ns = since_epoch(pace, now_ns);
	uint64_t seen = atomic_load_explicit(&pace->next, memory_order_relaxed);
	uint64_t next, n;

	do {
		next = seen;
		n = due_at(pace, ns, &next);
		if (n == 0) {
			*wait_ns = ns_of(pace->rate_pps, next) - ns;
			return 0;
		}
		n = n < want ? n : want;
	} while (!atomic_compare_exchange_weak_explicit(
		&pace->next, &seen, next + n * PARTS, memory_order_relaxed,
		memory_order_relaxed));
	return (unsigned)n;
}

void cs_pace_force(struct cs_pace *pace, unsigned n, int64_t now_ns)
{
	if (pace->rate_pps == 0)
		return;

	uint64_t earliest = earliest_at(pace, since_epoch(pace, now_ns));
	uint64_t seen = atomic_load_explicit(&pace->next, memory_order_relaxed);
	uint64_t next;

	do {
		next = seen > earliest ? seen : earliest;
	} while (!atomic_compare_exchange_weak_explicit(
		&pace->next, &seen, next + (uint64_t)n * PARTS, memory_order_relaxed,
		memory_order_relaxed));
}
