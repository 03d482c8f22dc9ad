/* SPDX-License-Identifier: Apache-2.0 */
/* rules_ways: which packets may come by a chain, by the hooks that lead there. Pure. */
#pragma once

#include "protect/rules.h"

enum cs_way {
	CS_WAY_REQUEST = 1, /* to this host, or before that is known */
	CS_WAY_FORWARD = 2, /* either, from one interface to another */
	CS_WAY_ANSWER = 4,  /* from this host */
};

/* Bits of enum cs_way. Where no jump leads to it (a map may) it is judged by its name. */
unsigned cs_rules_ways(const struct cs_rules *rules, const char *table,
		       const char *chain);
