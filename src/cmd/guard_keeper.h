/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_keeper: the half of the guard that changes the firewall: a process that is forked
 * before the other one, which reads what others send, closes its jail. It takes requests in
 * the guard's fixed form and no more, decides itself, with what the policy and the entries
 * say at that moment, and answers. When the other half ends it ends.
 */
#pragma once

#include <sys/types.h>

#include "cmd/guard_rules.h"

struct cs_guard_keeper {
	int fd; /* -1: none */
	pid_t pid;
};

struct cs_guard_kept {
	enum cs_guard_answer answer;
	uint32_t seconds;             /* of a block that is new or renewed */
	char why[CS_GUARD_RULES_WHY]; /* CS_GUARD_FAILED: one line */
};

/*
 * Starts it, before anything is opened that is not its business. Returns -1 or the exit
 * status: the reason has been said.
 */
CS_MUST_USE int cs_guard_keeper_start(struct cs_protect_job *job,
				      struct cs_guard_keeper *out);

/* Asks, and waits for the answer. CS_ERR_IO: it has ended */
CS_MUST_USE enum cs_err cs_guard_keeper_ask(struct cs_guard_keeper *keeper,
					    const struct cs_guard_request *request,
					    struct cs_guard_kept *out);

/*
 * Lets it end, and waits for that. @clear: --socket is ours and goes; from the jail
 * we could not take it away. One with .fd -1 and no process is fine.
 */
void cs_guard_keeper_stop(struct cs_guard_keeper *keeper, bool clear);
