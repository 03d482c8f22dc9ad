/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_rehearse: what ufw would make of a plan, before anything is changed: its own
 * program runs the plan's commands on a copy of its files, in a mount and a network
 * namespace that are thrown away.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "protect/rules.h"
#include "protect/state.h"
#include "protect/ufw_machine.h"

struct cs_ufw_then {
	struct cs_ufw_files files;     /* all of them, as they will be */
	struct cs_rules_change change; /* what puts them in force, in one step a family */
	/*
	 * What is then in force of ufw's user and of ours, as iptables-save says it where nothing
	 * else is; save6 empty without IPv6.
	 */
	struct cs_span save4, save6;
	/* Rules of ufw's that are in force now and not in its files: they would be lost. */
	bool loses;
};

/*
 * Needs root. @why is one line.
 * CS_ERR_REFUSED    a command of ufw's failed, or it passed over a rule
 * CS_ERR_NOT_FOUND  no ufw program
 * CS_ERR_DENIED, CS_ERR_BUSY, CS_ERR_FULL, CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_rehearse(const struct cs_ufw_machine *machine,
					const struct cs_ufw_plan *plan,
					struct cs_arena *arena, struct cs_ufw_then *out,
					char why[CS_STATE_WHY]);

/* Whether @shot has in force what was rehearsed; false also where that cannot be told. */
bool cs_ufw_then_is_in_force(const struct cs_ufw_then *then,
			     const struct cs_ufw_shot *shot);
