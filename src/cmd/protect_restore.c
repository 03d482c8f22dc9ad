/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope protect restore: our table as a backup has it, or without a file (at boot) as it
 * was confirmed. Other tables are compared, never changed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/slurp.h"
#include "cmd/protect_entry.h"
#include "protect/apply.h"
#include "protect/backup.h"
#include "protect/ruleset.h"

enum { SHOWN_MAX = 200 };

/* --- the file --- */

static int read_bytes(struct cs_protect_job *job, const char *path, struct cs_span *out)
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes = NULL;
	const char *copy = NULL;
	size_t len = 0;
	enum cs_err err = file ? cs_slurp(file, &bytes, &len) : cs_err_of_file(errno);

	if (err)
		cs_log(&job->ctx->log, CS_ERROR, "%s: %s", path,
		       err == CS_ERR_FULL ? "want a backup of at most 1 GiB"
					  : strerror(errno));
	else
		copy = cs_arena_text(&job->arena, cs_span_of(bytes, len));
	if (file)
		(void)fclose(file); /* only read */
	free(bytes);
	*out = cs_span_of(copy, len);
	if (err)
		return cs_exit_of(err);
	return copy ? -1 : cs_protect_failed(job, CS_ERR_NOMEM, "");
}

static int read_backup(struct cs_protect_job *job, struct cs_protect_ground *ground,
		       struct cs_backup *out)
{
	const char *path = job->options.common.operands.item[0];
	struct cs_span bytes;
	int status = read_bytes(job, path, &bytes);
	enum cs_err err;

	if (status >= 0)
		return status;
	err = cs_backup_read(&ground->change, bytes, out);
	if (!err)
		return -1;
	cs_log(&job->ctx->log, CS_ERROR, "%s: %s", path, ground->change.why);
	return cs_exit_of(err);
}

/* Without a file: what was confirmed, with the entries that have not run out. */
static int read_filed(struct cs_protect_job *job, struct cs_protect_ground *ground,
		      struct cs_backup *out)
{
	const struct cs_standing *standing = &ground->standing;

	if (!standing->filed.there && standing->entries.n == 0) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "nothing is confirmed that could be put back: want FILE, which "
		       "`coapscope protect backup` wrote");
		return CS_EXIT_USAGE;
	}
	*out = (struct cs_backup){ .kept = standing->filed,
				   .entries = standing->entries };
	return -1;
}

/* --- comparing --- */

static int read_rules(struct cs_protect_job *job, struct cs_span *all,
		      struct cs_span *others)
{
	char why[CS_PROGRAM_WHY] = "";
	enum cs_err err = cs_ruleset_read(&job->arena, all, why);

	if (!err)
		err = cs_backup_others(*all, &job->arena, others);
	return err ? cs_protect_failed(job, CS_ERR_IO, why) : -1;
}

static int compare_others(struct cs_protect_job *job, const struct cs_backup *backup,
			  struct cs_span now)
{
	struct cs_span then;

	if (cs_backup_others(backup->rules, &job->arena, &then))
		return cs_protect_failed(job, CS_ERR_NOMEM, "");
	if (cs_span_eq(then, now))
		return -1;
	cs_log(&job->ctx->log, CS_WARN,
	       "other tables are not as they were when the backup was made (- then, + "
	       "now); they are left as they are");
	(void)cs_ruleset_difference(then, now, "", SHOWN_MAX, &job->arena, job->ctx->err);
	return -1;
}

/* What nft lists of our table must be what it lists of the same rules elsewhere. */
static int verify(struct cs_protect_job *job, const struct cs_backup *backup,
		  struct cs_span others)
{
	const struct cs_policy *policy = backup->kept.there ? &backup->kept.policy : NULL;
	struct cs_table_want want = { policy, backup->kept.id, &backup->entries };
	struct cs_span script, expected, all = { 0 }, others_now = { 0 };
	char why[CS_PROGRAM_WHY] = "";
	enum cs_err err;
	int status = read_rules(job, &all, &others_now);

	if (status >= 0)
		return status;
	if (!cs_span_eq(others, others_now))
		cs_log(&job->ctx->log, CS_WARN,
		       "somebody changed other tables at the same time");
	if (!policy)
		return -1;
	err = cs_table_script(&want, &job->arena, &script);
	if (!err)
		err = cs_ruleset_of(script, &job->arena, &expected, why);
	if (err)
		return cs_protect_failed(job, CS_ERR_IO, why);
	if (cs_span_eq(cs_ruleset_table(all, "inet coapscope"),
		       cs_ruleset_table(expected, "inet coapscope")))
		return -1;
	return cs_protect_failed(job, CS_ERR_IO,
				 "our table does not read back as it was written");
}

/* --- doing it --- */

static int put_back(struct cs_protect_job *job, struct cs_protect_ground *ground,
		    const struct cs_backup *backup)
{
	const struct cs_kept *kept = backup->kept.there ? &backup->kept : NULL;
	struct cs_span all = { 0 }, others = { 0 };
	enum cs_err err;
	int status = cs_protect_spare_operator(
		job, &ground->standing, kept ? &kept->policy : NULL, &backup->entries);

	if (status < 0 && backup->made_us)
		status = read_rules(job, &all, &others);
	if (status < 0 && backup->made_us)
		status = compare_others(job, backup, others);
	if (status >= 0)
		return status;
	err = cs_apply_put(&ground->change, &ground->standing, kept, &backup->entries);
	if (err)
		return cs_protect_failed(job, err, ground->change.why);
	/* At boot there is nothing to compare with, and CAP_NET_ADMIN must do. */
	return backup->made_us ? verify(job, backup, others) : -1;
}

static void say_done(struct cs_protect_job *job, const struct cs_backup *backup)
{
	char since[CS_TIME_TEXT];

	cs_time_text(backup->kept.since_us, since);
	if (backup->kept.there)
		cs_log(&job->ctx->log, CS_NOTE,
		       "the policy that was confirmed %s is in force, with %zu entries",
		       since, backup->entries.n);
	else
		cs_log(&job->ctx->log, CS_NOTE,
		       "no policy of a table of ours was confirmed then: %zu entries are "
		       "in "
		       "force, and no other rules of ours",
		       backup->entries.n);
}

int cs_protect_restore(struct cs_protect_job *job)
{
	struct cs_protect_ground ground;
	struct cs_backup backup;
	int status = cs_protect_enter(job, CS_PROTECT_ALTER, &ground);

	if (status < 0)
		status = job->options.common.operands.n
				 ? read_backup(job, &ground, &backup)
				 : read_filed(job, &ground, &backup);
	if (status < 0)
		status = put_back(job, &ground, &backup);
	if (status < 0) {
		say_done(job, &backup);
		status = CS_EXIT_OK;
	}
	cs_protect_leave(&ground);
	return status;
}
