/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: takes what the receivers queued and decides what each datagram is: an
 * answer, a copy, the answer to a follow-up, or nothing of ours. Owns the
 * hosts and follow-ups of the open chunks; one thread.
 */
#pragma once

#include "base/clock.h"
#include "scan/follow.h"
#include "scan/window.h"

struct cs_matching {
	const struct cs_plan *plan;
	struct cs_lanes *lanes;
	struct cs_receiving *receiving;
	struct cs_window *window;
	struct cs_counters *counters;
	const struct cs_clock *clock;
	struct cs_hosts hosts;
	struct cs_following following;
};

/*
 * Takes up to @max queued datagrams. Returns how many there were.
 * CS_ERR_NOMEM in *@err when one could not be kept.
 */
unsigned cs_match_some(struct cs_matching *m, unsigned max, enum cs_err *err);
