/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_rules: the guard's decisions in the firewall: who is spared by options, policy and
 * entries as they are now, and a block as one entry more. With --enforce it changes something;
 * else it only decides.
 */
#pragma once

#include "cmd/protect_job.h"
#include "protect/guard.h"

struct cs_entries;

struct cs_guard_rules {
	struct cs_protect_job job; /* its arena is for one decision */
	struct cs_arena arena;     /* for as long as all this */
	struct cs_arena spare_arena;
	struct cs_guard guard;
	struct cs_guard_spared spared; /* in .spare_arena */
	int64_t spared_ns;             /* when that was read */
	bool blind;                    /* policy and entries cannot be read: no root */
};

/*
 * Returns -1 or the exit status: the reason has been said. To be closed in every case.
 * Without root and --enforce only what options say is known; that is said.
 */
CS_MUST_USE int cs_guard_rules_open(const struct cs_protect_job *job,
				    struct cs_guard_rules *rules);
void cs_guard_rules_close(struct cs_guard_rules *rules);

/* As cs_guard_decide(), and it is done. CS_GUARD_FAILED: @why says what went wrong. */
enum { CS_GUARD_RULES_WHY = 256 };
enum cs_guard_answer cs_guard_rules_decide(struct cs_guard_rules *rules,
					   const struct cs_guard_request *request,
					   uint32_t *seconds,
					   char why[CS_GUARD_RULES_WHY]);
