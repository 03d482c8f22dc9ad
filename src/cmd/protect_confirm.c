/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect confirm: what is pending is kept. */
#include "cmd/protect_ufw.h"
#include "protect/apply.h"
#include "protect/boot.h"

/* Whether a reboot changes anything, which is not asked for but wanted to be known. */
static void say_boot(struct cs_protect_job *job, const struct cs_state *state)
{
	const struct cs_log *log = &job->ctx->log;
	struct cs_boot boot;

	cs_boot_cover(state, &job->arena, &boot);
	if (boot.by == CS_BOOT_BY_NOTHING)
		cs_log(log, CS_WARN, "a reboot is not covered: %s", boot.why);
	else
		cs_log(log, CS_NOTE, "after a reboot %s puts them back",
		       boot.by == CS_BOOT_BY_UNIT ? CS_BOOT_UNIT : "/etc/nftables.conf");
}

int cs_protect_confirm(struct cs_protect_job *job)
{
	struct cs_protect_ground ground;
	int status = cs_protect_enter(job, CS_PROTECT_ALTER, &ground);

	if (status < 0)
		status = cs_protect_ufw_confirm(job, &ground);
	if (status < 0)
		status = cs_protect_said(
			job, cs_apply_confirm(&ground.change, &ground.standing),
			ground.change.why);
	if (status < 0) {
		cs_log(&job->ctx->log, CS_NOTE, "confirmed: the rules stay");
		say_boot(job, &ground.state);
		status = CS_EXIT_OK;
	}
	cs_protect_leave(&ground);
	return status;
}
