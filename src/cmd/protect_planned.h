/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect_planned: the file that passes from `plan -o` to `apply --plan`: the policy, and the
 * rules of the host that it was made for.
 */
#pragma once

#include "cmd/protect_job.h"
#include "protect/policy.h"

/*
 * Writes it. @rules is what cs_ruleset_read() gave, @script what nft will be given.
 * Returns -1 to go on, else the exit status.
 */
CS_MUST_USE int cs_planned_write(struct cs_protect_job *job,
				 const struct cs_policy *policy, struct cs_span script,
				 struct cs_span rules, const char *path);

/*
 * Reads --plan, and compares the host's rules with those that it was made for: where they are
 * others the difference is on standard error, and the status is CS_EXIT_REFUSED. Sets the
 * job's backend to the plan's. Returns -1 to go on, else the exit status. To be called
 * with the lock held.
 */
CS_MUST_USE int cs_planned_read(struct cs_protect_job *job, struct cs_policy *out);
