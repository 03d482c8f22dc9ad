/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect apply: a policy in force, for a while. */
#include <inttypes.h>

#include "cmd/protect_change.h"
#include "cmd/protect_planned.h"
#include "cmd/protect_policy.h"
#include "protect/apply.h"

static int apply(struct cs_protect_job *job, struct cs_protect_ground *ground,
		 const struct cs_policy *policy)
{
	struct cs_apply apply = { .policy = policy,
				  .seconds = (uint32_t)job->options.confirm_within };
	enum cs_err err = cs_policy_write(policy, &job->arena, &apply.text);

	if (!err)
		err = cs_apply(&ground->change, &ground->standing, &apply);
	if (err)
		return cs_protect_failed(job, err, ground->change.why);
	cs_log(&job->ctx->log, CS_NOTE,
	       "the rules are in force for %" PRIu64
	       " s: `coapscope protect confirm` keeps them, else everything is as before",
	       job->options.confirm_within);
	return CS_EXIT_OK;
}

int cs_protect_apply(struct cs_protect_job *job)
{
	struct cs_protect_ground ground;
	struct cs_policy policy;
	int status = job->options.plan ? -1 : cs_protect_policy(job, &policy);

	if (status >= 0)
		return status;
	status = cs_protect_enter(job, CS_PROTECT_ALTER, &ground);
	/* A plan is compared under the lock: nobody of ours changes the rules meanwhile. */
	if (status < 0 && job->options.plan)
		status = cs_planned_read(job, &policy);
	if (status < 0)
		status = apply(job, &ground, &policy);
	cs_protect_leave(&ground);
	return status;
}
