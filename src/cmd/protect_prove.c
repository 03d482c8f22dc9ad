/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_prove.h"

#include "protect/backup.h"
#include "protect/ruleset.h"

enum { SHOWN_MAX = 200 };

static enum cs_err read_rules(struct cs_protect_proof *p, struct cs_span *out,
			      char why[CS_STATE_WHY])
{
	char reason[CS_PROGRAM_WHY] = "";
	enum cs_err err = cs_ruleset_read(&p->job->arena, out, reason);

	if (err)
		(void)snprintf(why, CS_STATE_WHY, "%s",
			       reason[0] ? reason : cs_strerror(err));
	return err == CS_ERR_REFUSED ? CS_ERR_IO : err;
}

int cs_protect_proof_begin(struct cs_protect_proof *proof)
{
	char why[CS_STATE_WHY];
	enum cs_err err = read_rules(proof, &proof->before, why);

	return cs_protect_said(proof->job, err, why);
}

enum cs_err cs_protect_would_do(void *arg, struct cs_span script, char why[CS_STATE_WHY])
{
	struct cs_protect_proof *p = arg;

	(void)why;
	p->script = script;
	return CS_OK;
}

enum cs_err cs_protect_keep_backup(void *arg, char why[CS_STATE_WHY])
{
	struct cs_protect_proof *p = arg;
	struct cs_change *change = &p->ground->change;
	struct cs_span bytes;
	enum cs_err err = cs_backup_make(change, &p->ground->standing, p->before, &bytes);

	if (!err)
		err = cs_backup_keep(change, bytes);
	if (err && why != change->why)
		(void)snprintf(why, CS_STATE_WHY, "%s", change->why);
	return err;
}

/* Says what is other; refused. */
static enum cs_err refuse(struct cs_protect_proof *p, struct cs_span before,
			  struct cs_span now, char why[CS_STATE_WHY])
{
	(void)cs_ruleset_difference(before, now, "", SHOWN_MAX, &p->job->arena,
				    p->job->ctx->err);
	(void)snprintf(why, CS_STATE_WHY,
		       "somebody changed the rules in the meantime (- before, + now): "
		       "nothing is applied");
	return CS_ERR_REFUSED;
}

enum cs_err cs_protect_still_same(void *arg, char why[CS_STATE_WHY])
{
	struct cs_protect_proof *p = arg;
	struct cs_span now;
	enum cs_err err = read_rules(p, &now, why);

	if (err || cs_span_eq(now, p->before))
		return err;
	return refuse(p, p->before, now, why);
}

/* Other tables are as before, and ours as nft lists it elsewhere. */
enum cs_err cs_protect_still_proved(void *arg, char why[CS_STATE_WHY])
{
	struct cs_protect_proof *p = arg;
	struct cs_arena *arena = &p->job->arena;
	char reason[CS_PROGRAM_WHY] = "";
	struct cs_span now, others, others_before, expected;
	enum cs_err err = read_rules(p, &now, why);

	if (!err)
		err = cs_backup_others(now, arena, &others);
	if (!err)
		err = cs_backup_others(p->before, arena, &others_before);
	if (err)
		return err;
	if (!cs_span_eq(others, others_before))
		return refuse(p, others_before, others, why);
	err = cs_ruleset_of(p->script, arena, &expected, reason);
	if (!err && cs_span_eq(cs_ruleset_table(now, "inet coapscope"),
			       cs_ruleset_table(expected, "inet coapscope")))
		return CS_OK;
	(void)snprintf(why, CS_STATE_WHY, "%s",
		       err ? reason
			   : "the table does not read back as it was written: taken out");
	return CS_ERR_IO;
}
