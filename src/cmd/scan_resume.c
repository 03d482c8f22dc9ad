/* SPDX-License-Identifier: Apache-2.0 */
/* What --resume takes from the command line, and what only from the store. */
#include "cmd/scan_job.h"

static bool same_ports(const struct cs_port_set *set, const struct cs_plan *plan)
{
	if (set->n != plan->n_ports)
		return false;
	for (uint32_t i = 0; i < plan->n_ports; i++)
		if (!cs_port_set_has(set, plan->ports[i]))
			return false;
	return true;
}

#define AT(field) offsetof(struct cs_scan_options, field)

/*
 * The first option of the command line that would make another scan of this
 * one; NULL: none. Files and the environment speak of scans in general: what
 * they say of the plan is not of this one.
 */
static const char *contradiction(const struct cs_scan_options *o,
				 const struct cs_plan *plan)
{
	const struct {
		const char *name;
		size_t at;
		bool same;
	} rows[] = {
		{ "target-port", AT(target_ports_text),
		  same_ports(&o->target_ports, plan) },
		{ "max-targets", AT(max_targets), o->max_targets == plan->max_targets },
		{ "seed", AT(seed), o->seed.value == plan->seed },
		{ "shards", AT(shards), o->shards == plan->shards },
		{ "shard", AT(shard), o->shard == plan->shard },
		{ "probes", AT(probes), o->probes == plan->probes },
		{ "token", AT(token_len), o->token_len == plan->token_len },
		{ "follow", AT(follow), o->follow == plan->follow },
	};

	for (size_t i = 0; i < CS_LEN(rows); i++)
		if (!rows[i].same &&
		    cs_args_origin(&o->common, rows[i].at).from == CS_FROM_FLAG)
			return rows[i].name;
	return NULL;
}

static bool is_set(const struct cs_scan_options *o, size_t at)
{
	return cs_args_origin(&o->common, at).from > CS_FROM_DEFAULT;
}

int cs_scan_resume_options(struct cs_scan_job *job)
{
	const struct cs_scan_options *o = &job->options;
	struct cs_plan *plan = &job->scan.plan;
	const char *name = contradiction(o, plan);

	if (name) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "--resume goes on with the scan as it was planned: --%s differs, "
		       "want a new scan for that",
		       name);
		return CS_EXIT_USAGE;
	}
	if (is_set(o, AT(cooldown_s)))
		plan->cooldown_s = (uint32_t)o->cooldown_s;
	return -1;
}
