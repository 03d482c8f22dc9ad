/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_ufw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/protect_entry.h"
#include "cmd/protect_plan_ask.h"
#include "cmd/protect_planned.h"
#include "cmd/protect_prove.h"
#include "protect/promise.h"
#include "protect/rules_span.h"
#include "protect/ruleset.h"
#include "protect/ufw_change.h"

/* What is to be done, to which ufw, and what comes of it. */
struct work {
	struct cs_ufw_machine machine;
	struct cs_ufw_plan plan;
	struct cs_ufw_then then;
};

static int make_plan(struct cs_protect_job *job, const struct cs_policy *policy,
		     struct work *work)
{
	char why[CS_STATE_WHY] = "", reason[CS_UFW_WHY] = "";
	enum cs_err err = cs_ufw_machine_read(&job->arena, &work->machine, why);

	if (err)
		return cs_protect_failed(job, err == CS_ERR_REFUSED ? CS_ERR_IO : err,
					 why);
	err = cs_ufw_plan(&work->machine.shot.files, policy, &job->arena, &work->plan,
			  reason);
	if (!err)
		return -1;
	/* Somebody else's profile, more peers than ufw can take: refused, not wrong usage. */
	return cs_protect_failed(job, err == CS_ERR_NOMEM ? err : CS_ERR_REFUSED, reason);
}

static int rehearse(struct cs_protect_job *job, struct work *work)
{
	char why[CS_STATE_WHY] = "";
	enum cs_err err = cs_ufw_rehearse(&work->machine, &work->plan, &job->arena,
					  &work->then, why);

	return err ? cs_protect_failed(job, err, why) : -1;
}

static const char lost[] = "the rules of ufw's that are in force are not those of its "
			   "files, and would be lost: "
			   "want `ufw reload` first, or --force";

/* Nothing would be in force; and what to do instead. */
static const char *why_not_in_force(const struct cs_ufw_machine *machine)
{
	if (!machine->enabled)
		return "ufw is inactive: nothing of this would be in force. Want `ufw "
		       "allow "
		       "ssh` (where that is how you are here) and `ufw enable` first, or "
		       "--backend nft";
	if (!machine->running)
		return "ufw is enabled, but its rules are not in force: want `ufw "
		       "reload` "
		       "first, or --backend nft";
	return NULL;
}

/* --- plan --- */

static void put_behind_mark(FILE *to, struct cs_span text)
{
	for (struct cs_span line; cs_text_line(&text, &line);)
		fprintf(to, "#   %.*s\n", (int)line.len, (const char *)line.ptr);
}

static void put_plan(const struct work *work, FILE *to)
{
	const struct cs_ufw_plan *plan = &work->plan;

	fputs("# What apply does with ufw, in this order. First an application profile,\n"
	      "# /etc/ufw/" CS_UFW_PROFILE_FILE ":\n",
	      to);
	put_behind_mark(to, plan->profile);
	fputs("# Then what ufw's own syntax cannot say, at the end of "
	      "/etc/ufw/before.rules:\n",
	      to);
	put_behind_mark(to, plan->block);
	if (plan->block6.len > 0) {
		fputs("# and of /etc/ufw/before6.rules:\n", to);
		put_behind_mark(to, plan->block6);
	}
	fputs("# Then ufw's rules, each family by itself, in front of what would decide "
	      "otherwise:\n",
	      to);
	for (size_t i = 0; i < plan->n_commands; i++)
		fprintf(to, "%s\n", plan->commands[i].text);
	for (size_t i = 0; i < plan->n_notes; i++)
		fprintf(to, "# Note: %s.\n", plan->notes[i]);
}

static void put_then(struct cs_protect_job *job, const struct cs_policy *policy,
		     const struct work *work)
{
	if (work->then.loses)
		cs_log(&job->ctx->log, CS_WARN, "%s", lost);
	/* Where that cannot be asked it has been said. */
	cs_protect_plan_ask(job, policy, &work->then.change, job->ctx->out);
}

/* What has to be the same when it is applied, with the commands to look at. */
static int write_plan(struct cs_protect_job *job, const struct cs_policy *policy,
		      const struct work *work)
{
	char why[CS_PROGRAM_WHY] = "", *text = NULL;
	struct cs_span rules;
	size_t len = 0;
	FILE *to;
	enum cs_err err = cs_ruleset_read(&job->arena, &rules, why);
	int status;

	if (err)
		return cs_protect_failed(job, err == CS_ERR_REFUSED ? CS_ERR_IO : err,
					 why);
	to = open_memstream(&text, &len);
	if (!to)
		return cs_protect_failed(job, CS_ERR_NOMEM, "");
	put_plan(work, to);
	status = fclose(to) ? cs_protect_failed(job, CS_ERR_NOMEM, "")
			    : cs_planned_write(job, policy, cs_span_of(text, len), rules,
					       job->options.output_file);
	free(text);
	return status;
}

int cs_protect_ufw_plan(struct cs_protect_job *job, const struct cs_policy *policy)
{
	struct work work;
	int status = make_plan(job, policy, &work);
	const char *why;

	if (status >= 0)
		return status;
	why = why_not_in_force(&work.machine);
	if (why)
		cs_log(&job->ctx->log, CS_WARN, "%s", why);
	status = rehearse(job, &work);
	if (status >= 0)
		return status;
	put_plan(&work, job->ctx->out);
	if (!why)
		put_then(job, policy, &work);
	if (strcmp(job->options.output_file, "-") != 0)
		status = write_plan(job, policy, &work);
	return status < 0 ? CS_EXIT_OK : status;
}

/* --- apply --- */

static int refuse_pending(struct cs_protect_job *job,
			  const struct cs_protect_ground *ground)
{
	if (ground->standing.table.kind != CS_TABLE_PENDING)
		return -1;
	return cs_protect_failed(job, CS_ERR_REFUSED,
				 "an earlier apply (nft) is pending: want `coapscope "
				 "protect confirm` or `coapscope protect undo` first");
}

/* Strangers get nothing, and whoever is logged in would be one; loopback is not touched. */
static int spare_operator(struct cs_protect_job *job, const struct cs_policy *policy)
{
	const struct cs_entries none = { .n = 0 };
	struct cs_operator who;
	int status = -1;

	if (policy->strangers == CS_STRANGERS_LIMIT)
		return -1;
	cs_operator_find(job->ctx->env, &job->arena, &who);
	for (size_t i = 0; i < who.n; i++) {
		char text[CS_ADDR_TEXT];

		if (cs_promise_allows(policy, &none, &who.at[i], NULL) ||
		    cs_addr_is_loopback(&who.at[i]))
			continue;
		cs_addr_text(&who.at[i], text);
		cs_log(&job->ctx->log, job->options.force ? CS_WARN : CS_ERROR,
		       "%s, from which you are logged in by ssh, may be cut off: want "
		       "--allow %s, or --force",
		       text, text);
		status = job->options.force ? -1 : CS_EXIT_REFUSED;
	}
	return status;
}

static int put_in_force(struct cs_protect_job *job, struct cs_protect_ground *ground,
			const struct cs_policy *policy, const struct work *work)
{
	struct cs_protect_proof proof = {
		.job = job, .ground = ground, .policy = policy, .status = -1
	};
	struct cs_ufw_apply apply = { .policy = policy,
				      .then = &work->then,
				      .planned_for = &work->machine.shot,
				      .seconds = (uint32_t)job->options.confirm_within,
				      .proved = cs_protect_does,
				      .arg = &proof };
	enum cs_err err = cs_policy_write(policy, &job->arena, &apply.text);

	if (!err)
		err = cs_ufw_apply(&ground->change, &ground->ufw, &apply);
	/* What the proof has said is not said again. */
	if (err && proof.status >= 0)
		return proof.status;
	return cs_protect_said(job, err, ground->change.why);
}

int cs_protect_ufw_apply(struct cs_protect_job *job, struct cs_protect_ground *ground,
			 const struct cs_policy *policy)
{
	struct work work;
	int status = refuse_pending(job, ground);

	if (status < 0)
		status = make_plan(job, policy, &work);
	if (status < 0 && why_not_in_force(&work.machine))
		status = cs_protect_failed(job, CS_ERR_REFUSED,
					   why_not_in_force(&work.machine));
	if (status < 0)
		status = spare_operator(job, policy);
	if (status < 0)
		status = rehearse(job, &work);
	if (status < 0 && work.then.loses && !job->options.force)
		status = cs_protect_failed(job, CS_ERR_REFUSED, lost);
	if (status < 0)
		status = put_in_force(job, ground, policy, &work);
	if (status >= 0)
		return status;
	for (size_t i = 0; i < work.plan.n_notes; i++)
		cs_log(&job->ctx->log, CS_NOTE, "%s", work.plan.notes[i]);
	cs_log(&job->ctx->log, CS_NOTE,
	       "the rules are in force and proved: `coapscope protect confirm` within "
	       "%" PRIu64
	       " s keeps them. Else a helper takes them back; with ufw nothing else "
	       "does: if "
	       "it is killed, or the machine restarts, the next `coapscope protect "
	       "undo`, "
	       "status or apply will",
	       job->options.confirm_within);
	return CS_EXIT_OK;
}

/* --- what comes after --- */

int cs_protect_ufw_confirm(struct cs_protect_job *job, struct cs_protect_ground *ground)
{
	char why[CS_STATE_WHY] = "";
	int status;

	if (!ground->ufw.pending.there)
		return -1;
	status =
		cs_protect_said(job, cs_ufw_confirm(&ground->change), ground->change.why);
	if (status >= 0)
		return status;
	if (cs_ufw_survives_reboot(why))
		cs_log(&job->ctx->log, CS_NOTE,
		       "confirmed: the rules stay; after a reboot ufw puts them back");
	else
		cs_log(&job->ctx->log, CS_WARN,
		       "confirmed: the rules stay, but a reboot is not covered: %s", why);
	return CS_EXIT_OK;
}

/* What others did meanwhile stays: then it is not as it was. */
static const char *what_was_undone(struct cs_protect_job *job,
				   const struct cs_protect_ground *ground)
{
	char why[CS_STATE_WHY];
	struct cs_ufw_machine now;

	if (!ground->ufw.is_first)
		return "undone: what was ours is out of ufw's files and rules; how they "
		       "were before is not kept here";
	if (!cs_ufw_machine_read(&job->arena, &now, why) &&
	    cs_ufw_shots_equal(&ground->ufw.first, &now.shot))
		return "undone: ufw's files and rules are as before the first apply";
	return "undone: what was ours is out of ufw's files and rules; what others "
	       "changed "
	       "there since the first apply stays";
}

int cs_protect_ufw_undo(struct cs_protect_job *job, struct cs_protect_ground *ground)
{
	int status;

	if (!ground->ufw.is_first && !cs_ufw_is_used())
		return -1;
	status = cs_protect_said(job, cs_ufw_undo(&ground->change, &ground->ufw),
				 ground->change.why);
	if (status >= 0)
		return status;
	cs_log(&job->ctx->log, CS_NOTE, "%s", what_was_undone(job, ground));
	return CS_EXIT_OK;
}

void cs_protect_ufw_repair(struct cs_protect_job *job, struct cs_protect_ground *ground)
{
	bool done = false;
	enum cs_err err = cs_ufw_repair(&ground->change, &done);

	/* A damaged file is told by whoever reads it next. */
	if (err && err != CS_ERR_DAMAGED)
		cs_log(&job->ctx->log, CS_WARN,
		       "what ufw has of an apply that was not confirmed is not taken "
		       "back: "
		       "%s",
		       ground->change.why[0] ? ground->change.why : cs_strerror(err));
	if (done)
		cs_log(&job->ctx->log, CS_NOTE,
		       "an apply with ufw was not confirmed in time and its helper was "
		       "gone: "
		       "it is taken back now");
	ground->change.why[0] = '\0';
}

bool cs_protect_ufw_standing(const struct cs_protect_ground *ground,
			     struct cs_standing *out)
{
	const struct cs_ufw_standing *ufw = &ground->ufw;
	enum cs_table_kind ours = ground->standing.table.kind;

	if ((!ufw->pending.there && !ufw->kept.there) ||
	    (ours != CS_TABLE_NONE && ours != CS_TABLE_ENTRIES))
		return false;
	*out = (struct cs_standing){
		.table.kind = ufw->pending.there ? CS_TABLE_PENDING : CS_TABLE_KEPT,
		.table.left_ms = ufw->left_ms,
		.kept = ufw->kept,
		.pending = ufw->pending,
		.entries = ground->standing.entries,
	};
	/* Its file alone puts nothing in force. */
	if (!ufw->pending.there && !cs_ufw_is_in_force()) {
		out->table.kind = CS_TABLE_NONE;
		out->filed = ufw->kept;
		out->kept.there = false;
	}
	return true;
}
