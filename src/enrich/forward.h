/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward: whether names lead to the addresses that they are claimed for. Whoever
 * has an address may give it any reverse name; that the name leads back to the
 * address (A or AAAA) only the name's owner can do.
 */
#pragma once

#include "enrich/ptr.h"

struct cs_forward;

/* One question, and what came of it. */
struct cs_forward_claim {
	struct cs_addr ip;
	struct cs_span name; /* presentation form without the last dot; borrowed */
	bool known;          /* an answer came */
	bool holds;          /* ... and the address is among those of the name */
};

/*
 * As cs_ptr_open(): of @want the resolvers, .window, .timeout_ms, .tries, .clock and
 * .stop count. CS_ERR_SYNTAX, CS_ERR_NOT_FOUND, CS_ERR_IO, CS_ERR_NOMEM; @why is one line.
 */
CS_MUST_USE enum cs_err cs_forward_open(const struct cs_ptr_want *want,
					struct cs_forward **out, char why[CS_PTR_WHY]);
void cs_forward_close(struct cs_forward *forward);

/*
 * Asks for all @n names and waits for the last. One whose resolvers are silent has
 * .known false: no error. Gives up early, the rest unknown, when 32 questions in a row
 * got no answer or .stop says so. A claim with an empty name is passed over.
 * CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_forward_check(struct cs_forward *forward,
					 struct cs_forward_claim *claims, size_t n);
