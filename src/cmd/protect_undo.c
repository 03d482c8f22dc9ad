/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect undo: everything is as before the first apply. */
#include "cmd/protect_ufw.h"
#include "protect/apply.h"

static const char *what_was_done(const struct cs_standing *standing)
{
	if (standing->table.kind != CS_TABLE_PENDING &&
	    standing->table.kind != CS_TABLE_KEPT)
		return "there was nothing to undo";
	return standing->had_entries
		       ? "undone: the entries of before the first apply are left"
		       : "undone: the rules are as before the first apply";
}

int cs_protect_undo(struct cs_protect_job *job)
{
	struct cs_protect_ground ground;
	int status = cs_protect_enter(job, CS_PROTECT_REMOVE, &ground), ufw = -1;

	if (status < 0)
		ufw = cs_protect_ufw_undo(job, &ground);
	if (status < 0)
		status = cs_protect_said(job,
					 cs_apply_undo(&ground.change, &ground.standing),
					 ground.change.why);
	if (status < 0 && (ufw < 0 || ground.standing.table.kind != CS_TABLE_NONE))
		cs_log(&job->ctx->log, CS_NOTE, "%s", what_was_done(&ground.standing));
	if (status < 0)
		status = ufw < 0 ? CS_EXIT_OK : ufw;
	cs_protect_leave(&ground);
	return status;
}
