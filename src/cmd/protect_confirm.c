/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect confirm: what is pending is kept. */
#include "cmd/protect_change.h"
#include "protect/apply.h"

int cs_protect_confirm(struct cs_protect_job *job)
{
	struct cs_protect_ground ground;
	int status = cs_protect_enter(job, CS_PROTECT_ALTER, &ground);

	if (status < 0)
		status = cs_protect_said(
			job, cs_apply_confirm(&ground.change, &ground.standing),
			ground.change.why);
	if (status < 0) {
		cs_log(&job->ctx->log, CS_NOTE, "confirmed: the rules stay");
		status = CS_EXIT_OK;
	}
	cs_protect_leave(&ground);
	return status;
}
