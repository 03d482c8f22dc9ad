/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route_cuts: where the way of packets may change: the ends of all prefixes
 * that the kernel's routes and rules name. Between two cuts all addresses go
 * the same way, so one question to the kernel answers for all of them.
 */
#pragma once

#include "net/netlink.h"

/* Zeroed is empty; cs_cuts_clear() frees it. */
struct cs_cuts {
	struct cs_addr *at; /* owned; each begins a stretch */
	size_t n, cap;
};

/*
 * Reads the tables of both families; @cuts is ascending, each address once.
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_cuts_read(struct cs_netlink *nl, struct cs_cuts *cuts);

/* Adds both ends of @prefix; for tests. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_cuts_add(struct cs_cuts *cuts, const struct cs_prefix *prefix);

/* Sorts, and leaves out repetitions. */
void cs_cuts_sort(struct cs_cuts *cuts);

void cs_cuts_clear(struct cs_cuts *cuts);
