/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sent_on: the ports that rules send on (DNAT, redirect), by the words of the rules: a
 * CoAP service may be published at a port that is no CoAP port, or stand behind one. What the
 * packets then do is not judged here: they are asked.
 */
#pragma once

#include "protect/rules.h"

struct cs_sent_on {
	bool tcp;
	uint16_t from, to; /* ports */
};

enum { CS_SENT_ON_MAX = 32 };

/*
 * Those of which one is a CoAP port, each once; at most CS_SENT_ON_MAX. A port range
 * counts with its first port. Returns how many.
 */
size_t cs_sent_on_find(const struct cs_rules *rules,
		       struct cs_sent_on out[CS_SENT_ON_MAX]);
