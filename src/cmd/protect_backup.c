/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect backup: how things stand, in a file. */
#include "cmd/protect_output.h"
#include "cmd/protect_ufw.h"
#include "protect/backup.h"
#include "protect/ruleset.h"

static int make(struct cs_protect_job *job, struct cs_protect_ground *ground,
		struct cs_span *bytes)
{
	char why[CS_PROGRAM_WHY] = "";
	struct cs_span rules;
	enum cs_err err = cs_ruleset_read(&job->arena, &rules, why);

	if (err)
		return cs_protect_failed(job, CS_ERR_IO, why);
	err = cs_backup_make(&ground->change, &ground->standing, rules, bytes);
	return cs_protect_said(job, err, ground->change.why);
}

/* What somebody who puts it back one day would miss. */
static void say_limits(struct cs_protect_job *job, const struct cs_protect_ground *ground)
{
	struct cs_standing by_ufw;

	if (ground->standing.table.kind == CS_TABLE_PENDING)
		cs_log(&job->ctx->log, CS_WARN,
		       "what is pending is not in it: only what was confirmed is");
	if (cs_protect_ufw_standing(ground, &by_ufw))
		cs_log(&job->ctx->log, CS_WARN,
		       "the policy is ufw's, and restore leaves ufw alone: entries are "
		       "in "
		       "it, for the policy keep a copy of /etc/ufw");
}

int cs_protect_backup(struct cs_protect_job *job)
{
	const char *path = job->options.common.operands.item[0];
	struct cs_protect_ground ground;
	struct cs_span bytes = { 0 };
	int status = cs_protect_enter(job, CS_PROTECT_LOOK, &ground);

	if (status < 0)
		status = make(job, &ground, &bytes);
	if (status < 0)
		status = cs_protect_output_file(job, path, bytes);
	if (status < 0)
		say_limits(job, &ground);
	cs_protect_leave(&ground);
	return status < 0 ? CS_EXIT_OK : status;
}
