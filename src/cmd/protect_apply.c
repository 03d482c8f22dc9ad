/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect apply: a policy in force, for a while. */
#include <inttypes.h>

#include "cmd/protect_entry.h"
#include "cmd/protect_planned.h"
#include "cmd/protect_policy.h"
#include "cmd/protect_prove.h"
#include "cmd/protect_ufw.h"
#include "protect/promise.h"

/* Ours match CoAP ports only, so ssh goes on; but CoAP from there may be what is meant. */
static void warn_operator(struct cs_protect_job *job, const struct cs_policy *policy,
			  const struct cs_entries *entries)
{
	struct cs_operator who;

	cs_operator_find(job->ctx->env, &job->arena, &who);
	for (size_t i = 0; i < who.n; i++) {
		char text[CS_ADDR_TEXT];

		if (cs_promise_allows(policy, entries, &who.at[i], NULL))
			continue;
		cs_addr_text(&who.at[i], text);
		cs_log(&job->ctx->log, CS_WARN,
		       "%s, from which you are logged in by ssh, is not among those that "
		       "may: ssh is not touched, CoAP from there is (--allow %s)",
		       text, text);
	}
}

static int apply(struct cs_protect_job *job, struct cs_protect_ground *ground,
		 const struct cs_policy *policy)
{
	struct cs_protect_proof proof = {
		.job = job, .ground = ground, .policy = policy, .status = -1
	};
	struct cs_apply apply = { .policy = policy,
				  .seconds = (uint32_t)job->options.confirm_within,
				  .would_do = cs_protect_would_do,
				  .keep_backup = cs_protect_keep_backup,
				  .still_same = cs_protect_still_same,
				  .still_proved = cs_protect_still_proved,
				  .arg = &proof };
	int status = cs_protect_said(
		job, cs_apply_make_way(&ground->change, &ground->standing),
		ground->change.why);
	enum cs_err err;

	if (status < 0)
		status = cs_protect_proof_begin(&proof);
	if (status >= 0)
		return status;
	warn_operator(job, policy, &ground->standing.entries);
	err = cs_policy_write(policy, &job->arena, &apply.text);
	if (!err)
		err = cs_apply(&ground->change, &ground->standing, &apply);
	/* What the proof has said is not said again. */
	if (err && proof.status >= 0)
		return proof.status;
	return cs_protect_said(job, err, ground->change.why);
}

/* The plan's rules are compared with those in force while nobody of ours changes them. */
static int read_policy(struct cs_protect_job *job, struct cs_policy *policy)
{
	return job->options.plan ? cs_planned_read(job, policy)
				 : cs_protect_policy(job, policy);
}

static int refuse_pending_ufw(struct cs_protect_job *job,
			      const struct cs_protect_ground *ground)
{
	if (job->options.backend == CS_PROTECT_UFW || !ground->ufw.pending.there)
		return -1;
	return cs_protect_failed(job, CS_ERR_REFUSED,
				 "an earlier apply (ufw) is pending: want `coapscope "
				 "protect confirm` or `coapscope protect undo` first");
}

/* First: else a plan's rules would differ by all that is pending. */
static int refuse_pending(struct cs_protect_job *job, struct cs_protect_ground *ground)
{
	if (ground->standing.table.kind != CS_TABLE_PENDING)
		return -1;
	return cs_protect_said(job, cs_apply_make_way(&ground->change, &ground->standing),
			       ground->change.why);
}

int cs_protect_apply(struct cs_protect_job *job)
{
	struct cs_protect_ground ground;
	struct cs_policy policy;
	int status = cs_protect_enter(job, CS_PROTECT_ALTER, &ground);

	if (status < 0)
		status = refuse_pending(job, &ground);
	if (status < 0)
		status = read_policy(job, &policy);
	if (status < 0)
		status = refuse_pending_ufw(job, &ground);
	if (status < 0 && job->options.backend == CS_PROTECT_UFW)
		status = cs_protect_ufw_apply(job, &ground, &policy);
	else if (status < 0)
		status = apply(job, &ground, &policy);
	if (status < 0) {
		cs_log(&job->ctx->log, CS_NOTE,
		       "the rules are in force and proved: `coapscope protect "
		       "confirm` within %" PRIu64
		       " s keeps them, else everything is as before",
		       job->options.confirm_within);
		status = CS_EXIT_OK;
	}
	cs_protect_leave(&ground);
	return status;
}
