/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope report: the table of its verbs. What they do alike is report_job.c's.
 *
 * Jail: no capabilities, no new privileges, no network, no other program; files
 * only below the store and the folder of the output. A verb that needs more says
 * so at the top of its file.
 */
#include "cmd/commands.h"
#include "cmd/report_job.h"

static const struct verb {
	enum cs_report_store store;
	int (*run)(struct cs_report_job *job);
} verbs[CS_REPORT_VERBS] = {
	[CS_REPORT_CSV] = { CS_REPORT_STORE_READ, cs_report_csv },
	[CS_REPORT_ENRICH] = { CS_REPORT_STORE_WRITE, cs_report_enrich },
	[CS_REPORT_JSONL] = { CS_REPORT_STORE_READ, cs_report_jsonl },
	[CS_REPORT_HTML] = { CS_REPORT_STORE_NONE, cs_report_html },
	[CS_REPORT_DIFF] = { CS_REPORT_STORE_NONE, cs_report_diff },
	[CS_REPORT_PRUNE] = { CS_REPORT_STORE_NONE, cs_report_prune },
	[CS_REPORT_VERIFY] = { CS_REPORT_STORE_NONE, cs_report_verify },
	[CS_REPORT_STATS] = { CS_REPORT_STORE_NONE, cs_report_stats },
	[CS_REPORT_IMPORT] = { CS_REPORT_STORE_NONE, cs_report_import },
};

static int report(struct cs_report_job *job)
{
	const struct cs_common *common = &job->options.common;
	const struct verb *verb = &verbs[common->verb - common->set->verbs];
	int status = -1;

	if (!verb->run) {
		cs_log(&job->ctx->log, CS_ERROR, "report %s is not built yet",
		       common->verb->name);
		return CS_EXIT_USAGE;
	}
	if (verb->store != CS_REPORT_STORE_NONE)
		status = cs_report_open_store(job, verb->store);
	return status < 0 ? verb->run(job) : status;
}

int cs_cmd_report(struct cs_ctx *ctx, int argc, char **argv)
{
	struct cs_report_job job = { .ctx = ctx };
	int status = cs_args_read(ctx, &cs_report_args, argc, argv, &job.options);

	if (status < 0)
		status = report(&job);
	cs_store_close(job.store);
	cs_args_clear(&job.options.common);
	return status;
}
