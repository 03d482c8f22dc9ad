/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_ports: the ports of whoever asks that rules look at, by the words of the rules: the source
 * port of a request, the destination port of an answer. What the packets then do is not
 * judged here: they are asked. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protect/rules.h"

enum { CS_RULES_PORTS_MAX = 256 };

/* Ports that a rule tells from others. Those of one condition are all the same to it. */
struct cs_rules_port_range {
	uint16_t lo, hi;
	uint32_t condition;
};

struct cs_rules_ports {
	struct cs_rules_port_range list[CS_RULES_PORTS_MAX];
	size_t n;
	bool left_out; /* there were more */
};

/* Which requests: a bit each. Without CS_PORTS_FORWARD they cannot be sent on to another host. */
enum {
	CS_PORTS_TCP = 1,
	CS_PORTS_V4 = 2,
	CS_PORTS_FORWARD = 4,
	CS_PORTS_KINDS = 8,
};

static inline size_t cs_ports_kind(bool tcp, bool v4, bool forward)
{
	return (tcp ? CS_PORTS_TCP : 0u) | (v4 ? CS_PORTS_V4 : 0u) |
	       (forward ? CS_PORTS_FORWARD : 0u);
}

/*
 * Those of all rules that may meet such a CoAP request, or the answer to one; for each kind. What
 * stands behind "!=" is the same condition. Of a way to look at a port that no number tells of
 * (a hash, u32) the ports 53 and 5683 stand for the others. Our own table looks at none.
 */
void cs_rules_ports_read(const struct cs_rules *rules,
			 struct cs_rules_ports out[CS_PORTS_KINDS]);
