/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect: the table of its verbs. */
#include "cmd/commands.h"
#include "cmd/protect_job.h"

static int (*const verbs[CS_PROTECT_VERBS])(struct cs_protect_job *job) = {
	[CS_PROTECT_CHECK] = cs_protect_check,
	[CS_PROTECT_PLAN] = cs_protect_plan,
	[CS_PROTECT_APPLY] = cs_protect_apply,
	[CS_PROTECT_CONFIRM] = cs_protect_confirm,
	[CS_PROTECT_UNDO] = cs_protect_undo,
	[CS_PROTECT_STATUS] = cs_protect_status,
	[CS_PROTECT_GUARD] = cs_protect_guard,
	[CS_PROTECT_LIST] = cs_protect_list,
	[CS_PROTECT_ALLOW] = cs_protect_allow,
	[CS_PROTECT_DENY] = cs_protect_deny,
	[CS_PROTECT_DELETE] = cs_protect_delete,
	[CS_PROTECT_BACKUP] = cs_protect_backup,
	[CS_PROTECT_RESTORE] = cs_protect_restore,
	[CS_PROTECT_RESET] = cs_protect_reset,
};

int cs_cmd_protect(struct cs_ctx *ctx, int argc, char **argv)
{
	struct cs_protect_job job = { .ctx = ctx };
	const struct cs_common *common = &job.options.common;
	int status = cs_args_read(ctx, &cs_protect_args, argc, argv, &job.options);

	if (status < 0)
		status = verbs[common->verb - common->set->verbs](&job);
	cs_arena_clear(&job.arena);
	cs_args_clear(&job.options.common);
	return status;
}
