/* SPDX-License-Identifier: Apache-2.0 */
/* protect_plan_ask: what check will say when a change is made, each line behind "# ". */
#pragma once

#include "cmd/protect_job.h"
#include "protect/policy.h"
#include "protect/rules.h"

/*
 * Asks this host's rules as they are with @change made, and writes what they do; and of each
 * peer (of many, some from all over the list) whom another table keeps out by which rule, and the
 * command that would open it. Needs root. Where it cannot be asked, the reason is said.
 */
void cs_protect_plan_ask(struct cs_protect_job *job, const struct cs_policy *policy,
			 const struct cs_rules_change *change, FILE *to);
