/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_planned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/slurp.h"
#include "cmd/protect_output.h"
#include "cmd/protect_policy.h"
#include "protect/record.h"
#include "protect/ruleset.h"

enum { SHOWN_MAX = 200 /* lines of a difference */ };

static const char kind[] = "plan";
static const char *const backends[] = {
	[CS_PROTECT_NFT] = "nft", [CS_PROTECT_UFW] = "ufw"
};

static int fail(const struct cs_protect_job *job, int status, const char *path,
		const char *what)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s: %s", path, what);
	return status;
}

static enum cs_err to_bytes(struct cs_protect_job *job, const struct cs_policy *policy,
			    struct cs_span script, struct cs_span rules,
			    struct cs_span *out)
{
	struct cs_record record = { .kind = "plan" };
	char made[CS_TIME_TEXT];
	struct cs_span ini;
	enum cs_err err = cs_policy_write(policy, &job->arena, &ini);

	if (err)
		return err;
	cs_time_text(cs_clock_wall(job->ctx->clock), made);
	cs_record_put(&record, "made", made);
	cs_record_put(&record, "backend", backends[job->options.backend]);
	cs_record_part(&record, "policy", ini);
	cs_record_part(&record, "script", script);
	cs_record_part(&record, "rules", rules);
	return cs_record_write(&record, &job->arena, out);
}

int cs_planned_write(struct cs_protect_job *job, const struct cs_policy *policy,
		     struct cs_span script, struct cs_span rules, const char *path)
{
	struct cs_span bytes;
	enum cs_err err = to_bytes(job, policy, script, rules, &bytes);

	if (err)
		return fail(job, CS_EXIT_FAILED, path, cs_strerror(err));
	return cs_protect_output_file(job, path, bytes);
}

/* The file's bytes in the job's arena. */
static int read_bytes(struct cs_protect_job *job, const char *path, struct cs_span *out)
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes = NULL;
	const char *copy = NULL;
	size_t len = 0;
	enum cs_err err;

	if (!file)
		return fail(job,
			    cs_err_of_file(errno) == CS_ERR_NOT_FOUND ? CS_EXIT_USAGE
								      : CS_EXIT_FAILED,
			    path, strerror(errno));
	err = cs_slurp(file, &bytes, &len);
	fclose(file);
	if (!err)
		copy = cs_arena_text(&job->arena, cs_span_of(bytes, len));
	*out = cs_span_of(copy, len);
	free(bytes);
	if (err || !copy)
		return fail(job, CS_EXIT_FAILED, path,
			    cs_strerror(err ? err : CS_ERR_NOMEM));
	return -1;
}

static int read_record(struct cs_protect_job *job, const char *path,
		       struct cs_record *record)
{
	char why[CS_RECORD_WHY] = "";
	struct cs_span bytes;
	int status = read_bytes(job, path, &bytes);
	enum cs_err err;

	if (status >= 0)
		return status;
	err = cs_record_read(bytes, kind, &job->arena, record, why);
	if (err == CS_ERR_FOREIGN)
		return fail(job, CS_EXIT_USAGE, path,
			    "no plan; want what `coapscope protect plan -o FILE` wrote");
	if (err)
		return fail(job, err == CS_ERR_DAMAGED ? CS_EXIT_USAGE : CS_EXIT_FAILED,
			    path, why[0] ? why : cs_strerror(err));
	return -1;
}

/* Somebody changed the rules since: what was planned may mean something else now. */
static int compare(struct cs_protect_job *job, const char *path, struct cs_span planned)
{
	char why[CS_PROGRAM_WHY] = "";
	struct cs_span now;
	enum cs_err err = cs_ruleset_read(&job->arena, &now, why);

	if (err)
		return fail(job, CS_EXIT_FAILED, path, why[0] ? why : cs_strerror(err));
	if (cs_span_eq(planned, now))
		return -1;
	fail(job, CS_EXIT_REFUSED, path,
	     "the rules changed since this plan was made (- then, + now); plan again");
	(void)cs_ruleset_difference(planned, now, "", SHOWN_MAX, &job->arena,
				    job->ctx->err);
	return CS_EXIT_REFUSED;
}

static bool same(struct cs_protect_job *job, const struct cs_policy *a,
		 const struct cs_policy *b)
{
	struct cs_span x, y;

	return cs_policy_write(a, &job->arena, &x) == CS_OK &&
	       cs_policy_write(b, &job->arena, &y) == CS_OK && cs_span_eq(x, y);
}

/* Who says something else beside the plan is told that the plan holds. */
static int compare_words(struct cs_protect_job *job, const char *path,
			 const struct cs_policy *planned, int backend)
{
	struct cs_policy preset = cs_policy_preset, said;
	int status = cs_protect_policy(job, &said);

	if (status >= 0)
		return status;
	preset.local = said.local;
	preset.n_local = said.n_local;
	if ((!same(job, &said, &preset) && !same(job, &said, planned)) ||
	    (job->options.backend == CS_PROTECT_UFW && backend != CS_PROTECT_UFW))
		cs_log(&job->ctx->log, CS_WARN,
		       "%s: the policy is the plan's: what options or the configuration "
		       "say beside it is not looked at",
		       path);
	return -1;
}

int cs_planned_read(struct cs_protect_job *job, struct cs_policy *out)
{
	const char *path = job->options.plan, *backend;
	char why[CS_POLICY_WHY] = "";
	struct cs_record record;
	int status = read_record(job, path, &record), planned;
	enum cs_err err;

	if (status >= 0)
		return status;
	err = cs_policy_read(cs_record_text(&record, "policy"), &job->arena, out, why);
	if (err)
		return fail(job, CS_EXIT_USAGE, path, why[0] ? why : cs_strerror(err));
	backend = cs_record_key(&record, "backend");
	planned =
		backend && strcmp(backend, "ufw") == 0 ? CS_PROTECT_UFW : CS_PROTECT_NFT;
	status = compare_words(job, path, out, planned);
	if (status >= 0)
		return status;
	job->options.backend = planned;
	return compare(job, path, cs_record_text(&record, "rules"));
}
