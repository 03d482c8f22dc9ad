/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_ports: from which source ports to ask, so that nobody is overlooked whom rules
 * tell from others by his port: he chooses it himself. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protect/rules_ports.h"

enum { CS_SOURCE_PORTS_MAX = 8 };

struct cs_source_ports {
	uint16_t first, last; /* of ordinary ones, which no rule tells apart */
	/* One of each other kind; 5683 and 5684 before others, where they are of another kind. */
	uint16_t port[CS_SOURCE_PORTS_MAX];
	size_t n;
	bool left_out; /* there were more kinds */
};

/* What requests of each kind are to be sent from. */
void cs_source_ports_find(const struct cs_rules *rules,
			  struct cs_source_ports out[CS_PORTS_KINDS]);
