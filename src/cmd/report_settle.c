/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/report_settle.h"

#include <unistd.h>

#include "report/settle.h"

int cs_report_open_to_settle(struct cs_report_job *job)
{
	int status = cs_report_open_store(job, CS_REPORT_STORE_READ);

	if (status >= 0 || access(job->store_dir, W_OK))
		return status;
	cs_store_close(job->store);
	job->store = NULL;
	return cs_report_open_store(job, CS_REPORT_STORE_WRITE);
}

static void progress(void *arg, int32_t day)
{
	const struct cs_report_job *job = arg;
	char text[CS_DAY_TEXT];

	cs_report_day_text(day, text);
	cs_log(&job->ctx->log, CS_DETAIL, "adding up %s", text);
}

void cs_report_settle(struct cs_report_job *job)
{
	enum cs_err err = cs_settle_all(job->store, progress, job);

	if (err && err != CS_ERR_DENIED)
		cs_log(&job->ctx->log, CS_WARN,
		       "%s: some days could not be added up: `coapscope "
		       "report verify` says more",
		       *cs_store_why(job->store) ? cs_store_why(job->store)
						 : cs_strerror(err));
}
