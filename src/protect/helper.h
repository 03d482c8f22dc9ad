/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper: a process that puts a change in force and takes it back when its time has run out.
 * It is there before the rules are, does not depend on who started it, and ends by
 * itself. It has a session of its own, no standard streams, no descriptors but its four,
 * and its folder is /. Time is counted by CLOCK_BOOTTIME, from when the rules are in force:
 * no changed clock makes it longer, nor does sleep.
 *
 * It asks before it takes anything back: a change that was confirmed, undone or replaced
 * is no longer its business.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "protect/state.h"

struct cs_helper_job {
	const struct cs_state *state;
	const char *id;   /* of the change; its record is RUN/pending-ID */
	uint32_t seconds; /* from when the rules are in force */
	/*
	 * What is done, in the helper's process; @arg is handed to each.
	 *
	 * put_in      puts the rules in force; @why is one line
	 * is_pending  whether they are there and neither confirmed nor taken back
	 * take_back   takes them back. CS_ERR_REFUSED: nothing is pending any more
	 */
	enum cs_err (*put_in)(void *arg, char why[CS_STATE_WHY]);
	bool (*is_pending)(void *arg);
	enum cs_err (*take_back)(void *arg);
	void *arg;
};

struct cs_helper {
	int fd; /* -1: none; closing it without cs_helper_leave() takes the rules back */
};

/*
 * Starts it; nothing is in force yet. It ends without having done anything when this process does.
 * CS_ERR_BUSY  one is under way
 * CS_ERR_IO; @why is one line
 */
CS_MUST_USE enum cs_err cs_helper_start(const struct cs_helper_job *job,
					struct cs_helper *out, char why[CS_STATE_WHY]);

/*
 * Has it put the rules in force, and waits until they are. On error they are not, and it has ended:
 * what put_in said.
 */
CS_MUST_USE enum cs_err cs_helper_go(struct cs_helper *helper, char why[CS_STATE_WHY]);

/* Leaves it alone: the rules are proved, it now waits for its time or a confirmation. */
void cs_helper_leave(struct cs_helper *helper);

/* Has it take the rules back now, and waits until it has. */
CS_MUST_USE enum cs_err cs_helper_end(struct cs_helper *helper, char why[CS_STATE_WHY]);
