/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room: how much a udp scan may send before it fills the host's connection
 * tracking or neighbour tables, which would hurt everybody on the host.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/route.h"

struct cs_room {
	bool conntrack_used;       /* packets we send make entries */
	uint64_t conntrack_free;   /* entries left */
	uint32_t conntrack_hold_s; /* how long an unanswered entry stays */
	uint64_t neighbour_free;   /* of the family's table */
	uint32_t neighbour_hold_s;
};

/* Reads /proc and, for conntrack_used, sends itself a few loopback datagrams. */
struct cs_room cs_room_look(bool v6);

/*
 * The highest rate (packets/s) at which @targets addresses, of them @on_link
 * on the own link, leave at least half of the room free; UINT64_MAX: no limit;
 * 0: not even one a second fits. @of names the table that decides ("connection
 * tracking", "neighbour"), NULL without a limit. Targets are taken to be in
 * random order: on-link ones come evenly among the others.
 */
uint64_t cs_room_rate(const struct cs_room *room, uint64_t targets, uint64_t on_link,
		      const char **of);
