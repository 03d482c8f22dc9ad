/* SPDX-License-Identifier: Apache-2.0 */
/* Who stands for the internet in a question. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "protect/host.h"

/* Ordinary addresses of networks that are far from each other: those of IPv4 first. */
enum { CS_ORDINARY = 16 };
extern const struct cs_addr cs_ordinary[CS_ORDINARY];

/*
 * By which link the internet enters: the way of the first of them that has one, as the
 * prefix of another may be routed to nowhere. NULL: no route leads to any of them.
 */
const struct cs_host_link *cs_ordinary_way(const struct cs_host *host, bool v4);

/*
 * The other links by which it may enter: those of further default routes of the main
 * table and of their next hops, and of other tables where the link has a public address.
 * At most @max, each once; how many.
 */
size_t cs_ordinary_other_ways(const struct cs_host *host, bool v4, size_t max,
			      const struct cs_host_link **out);
