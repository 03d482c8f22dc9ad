/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect reset: no rules of ours, no policy, no entries. */
#include "cmd/protect_entry.h"
#include "cmd/protect_ufw.h"
#include "protect/apply.h"

int cs_protect_reset(struct cs_protect_job *job)
{
	const struct cs_entries none = { .n = 0 };
	struct cs_protect_ground ground;
	int status = cs_protect_enter(job, CS_PROTECT_REMOVE, &ground), ufw = -1;

	if (status < 0)
		status = cs_protect_spare_operator(job, &ground.standing, NULL, &none);
	if (status < 0)
		ufw = cs_protect_ufw_undo(job, &ground);
	if (status < 0)
		status = cs_protect_said(job,
					 cs_apply_reset(&ground.change, &ground.standing),
					 ground.change.why);
	if (status < 0) {
		cs_log(&job->ctx->log, CS_NOTE,
		       "our rules, the policy and all entries are gone; backups stay");
		status = ufw < 0 ? CS_EXIT_OK : ufw;
	}
	cs_protect_leave(&ground);
	return status;
}
