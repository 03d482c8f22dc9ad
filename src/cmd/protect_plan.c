/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect plan: the rules that apply would put in force. */
#include "cmd/protect_policy.h"

int cs_protect_plan(struct cs_protect_job *job)
{
	struct cs_policy policy;
	struct cs_span script;
	int status = cs_protect_policy(job, &policy);

	if (status >= 0)
		return status;
	if (cs_policy_rules(&policy, NULL, (struct cs_policy_hold){ 0 }, &job->arena,
			    &script)) {
		cs_log(&job->ctx->log, CS_ERROR, "%s", cs_strerror(CS_ERR_NOMEM));
		return CS_EXIT_FAILED;
	}
	fwrite(script.ptr, 1, script.len, job->ctx->out);
	return CS_EXIT_OK;
}
