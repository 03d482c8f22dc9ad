/* SPDX-License-Identifier: Apache-2.0 */
/* From what stands to what is pending. */
#include "protect/apply.h"

#include <stdio.h>
#include <string.h>

#include "protect/apply_own.h"
#include "protect/helper.h"

enum cs_err cs_apply_refuse_foreign(struct cs_change *change,
				    const struct cs_table *table)
{
	if (table->kind != CS_TABLE_FOREIGN)
		return CS_OK;
	(void)snprintf(
		change->why, CS_STATE_WHY,
		"there is a table inet coapscope that is not ours: it is left alone; "
		"want it renamed or removed (nft delete table inet coapscope)");
	return CS_ERR_REFUSED;
}

/* --- what is in the way --- */

static enum cs_err refuse_pending(struct cs_change *change,
				  const struct cs_standing *standing)
{
	(void)snprintf(
		change->why, CS_STATE_WHY,
		"an earlier apply is pending for %lld s more: want `coapscope protect "
		"confirm` or `coapscope protect undo` first",
		(long long)(standing->table.left_ms + 999) / 1000);
	return CS_ERR_REFUSED;
}

/* Its helper was killed and the kernel has forgotten it: what it would have done is due. */
static enum cs_err clear_inert(struct cs_change *change, struct cs_standing *standing)
{
	enum cs_err err = cs_apply_take_back(change, standing);

	return err ? err : cs_standing_read(change, standing);
}

enum cs_err cs_apply_make_way(struct cs_change *change, struct cs_standing *standing)
{
	enum cs_err err = cs_apply_refuse_foreign(change, &standing->table);

	if (err)
		return err;
	if (standing->table.kind == CS_TABLE_PENDING)
		return standing->table.left_ms > 0 ? refuse_pending(change, standing)
						   : clear_inert(change, standing);
	cs_state_forget_void(change->state, CS_APPLY_HELPER_MS);
	if (standing->table.kind != CS_TABLE_KEPT || standing->kept.there)
		return CS_OK;
	(void)snprintf(
		change->why, CS_STATE_WHY,
		"the policy in force was confirmed with another --store than %.200s, "
		"or its file is gone: want that --store, or `coapscope protect undo`",
		change->state->dir.text);
	return CS_ERR_REFUSED;
}

/* What undo goes back to: fixed by the first apply. */
static enum cs_err note_before(struct cs_change *change, struct cs_standing *standing)
{
	if (standing->table.kind == CS_TABLE_KEPT)
		return CS_OK;
	standing->had_entries = standing->table.kind == CS_TABLE_ENTRIES;
	standing->before = cs_span_of(NULL, 0);
	if (!standing->had_entries)
		return CS_OK;
	return cs_entries_text(&standing->entries, change->state->boot, change->clock,
			       change->arena, &standing->before);
}

/* --- taking back --- */

/* Entries that were made while it was pending are none of what it added. */
static void keep_newer(struct cs_entries *entries, int64_t since_us)
{
	for (size_t i = entries->n; i > 0; i--)
		if (entries->at[i - 1].since_us < since_us)
			cs_entries_drop(entries, i - 1);
}

enum cs_err cs_apply_take_back(struct cs_change *change,
			       const struct cs_standing *standing)
{
	const struct cs_kept *kept = &standing->kept;
	struct cs_entries entries = standing->entries;
	struct cs_table_want want = { .policy = kept->there ? &kept->policy : NULL,
				      .id = kept->there ? kept->id : standing->table.id,
				      .entries = &entries };
	bool table = kept->there || standing->had_entries;
	struct cs_span script;
	enum cs_err err;

	if (!table) {
		keep_newer(&entries, standing->pending.there ? standing->pending.since_us
							     : INT64_MAX);
		table = entries.n > 0;
	}
	err = cs_table_script_rollback(standing->table.id, table ? &want : NULL,
				       change->arena, &script);
	if (!err)
		err = cs_table_load(script, change->arena, change->why);
	if (err)
		return err;
	cs_state_forget_pending(change->state, standing->table.id);
	return CS_OK;
}

/* What the helper has. */
struct pending {
	struct cs_change change;
	struct cs_standing standing;
	struct cs_span script;
	int socket; /* of the nft that put it in; closed with the helper */
};

static enum cs_err put_in(void *arg, char why[CS_STATE_WHY])
{
	struct pending *t = arg;

	return cs_table_load_on(t->script, t->change.arena, &t->socket, why);
}

/* What the kernel says; when it does not say, as on a full memory, we stay. */
static bool is_pending(void *arg)
{
	struct pending *t = arg;
	struct cs_arena arena = { NULL, 0 };
	char why[CS_STATE_WHY];
	struct cs_table table;
	bool pending = cs_table_look(&arena, &table, why) != CS_OK ||
		       (table.kind == CS_TABLE_PENDING &&
			strcmp(table.id, t->standing.table.id) == 0);

	cs_arena_clear(&arena);
	return pending;
}

/* With the entries as they are by then, or if they cannot be read as they were. */
static enum cs_err take_back(void *arg)
{
	struct pending *t = arg;
	struct cs_entries now;

	if (cs_entries_read(t->change.state, t->change.clock, t->change.arena, &now,
			    t->change.why) == CS_OK)
		t->standing.entries = now;
	return cs_apply_take_back(&t->change, &t->standing);
}

/* --- the change --- */

static enum cs_err ask(enum cs_err (*question)(void *, char[CS_STATE_WHY]), void *arg,
		       char why[CS_STATE_WHY])
{
	return question ? question(arg, why) : CS_OK;
}

enum { PROOF_SECONDS = 86400 };

static enum cs_err ask_proof(struct cs_change *change, const struct cs_apply *apply,
			     const struct cs_standing *standing,
			     const struct cs_kept *pending)
{
	const struct cs_table_want want = { &pending->policy, pending->id,
					    &standing->entries };
	struct cs_span script;
	enum cs_err err;

	if (!apply->would_do)
		return CS_OK;
	err = cs_table_script_pending(
		&want, standing->kept.there ? &standing->kept.policy : NULL,
		PROOF_SECONDS, change->arena, &script);
	return err ? err : apply->would_do(apply->arg, script, change->why);
}

/*
 * Whether the machine takes the script, and, while nft looks at that, whether it does
 * what it shall.
 */
static enum cs_err try_and_prove(struct cs_change *change, const struct cs_apply *apply,
				 const struct cs_standing *standing,
				 const struct cs_kept *pending, struct cs_span script)
{
	struct cs_program_child nft;
	char why[CS_STATE_WHY] = "";
	enum cs_err err = cs_table_try(script, &nft, change->why), tried;

	if (err)
		return err;
	err = ask_proof(change, apply, standing, pending);
	tried = cs_table_tried(&nft, change->arena, why);
	if (err || !tried)
		return err;
	(void)snprintf(change->why, CS_STATE_WHY, "%s", why);
	return tried;
}

/* All that may fail before anything is changed. */
static enum cs_err prepare(struct cs_change *change, const struct cs_apply *apply,
			   const struct cs_standing *standing,
			   const struct cs_kept *pending, struct cs_span script)
{
	struct cs_span record;
	char name[CS_STATE_PENDING];
	enum cs_err err = try_and_prove(change, apply, standing, pending, script);

	if (!err)
		err = ask(apply->keep_backup, apply->arg, change->why);
	if (!err)
		err = cs_standing_note_home(change);
	if (!err)
		err = cs_standing_record(change, standing, "pending", pending,
					 apply->seconds, &record);
	if (err)
		return err;
	cs_state_pending_name(pending->id, name);
	return cs_state_write(&change->state->run, name, record, change->why);
}

/* CS_ERR_REFUSED: the kernel has this change no more, or has forgotten it. */
static enum cs_err look_whether_in_force(struct cs_change *change, const char *id)
{
	struct cs_table table;
	enum cs_err err = cs_table_look(change->arena, &table, change->why);

	if (err || (table.kind == CS_TABLE_PENDING && strcmp(table.id, id) == 0 &&
		    table.left_ms > 0))
		return err;
	(void)snprintf(change->why, CS_STATE_WHY,
		       "the rules were taken out again while they were applied: by "
		       "somebody, or as their time was over (--confirm-within)");
	return CS_ERR_REFUSED;
}

/* Whether the kernel has this change now, and what was proved. */
static enum cs_err look_again(struct cs_change *change, const struct cs_apply *apply,
			      const char *id)
{
	enum cs_err err = look_whether_in_force(change, id);

	if (!err)
		err = ask(apply->still_proved, apply->arg, change->why);
	/* Taken out meanwhile, it is no wonder that they are not as proved. */
	if (err == CS_ERR_IO && look_whether_in_force(change, id) == CS_ERR_REFUSED)
		err = CS_ERR_REFUSED;
	return err;
}

static enum cs_err run_helper(struct cs_change *change, const struct cs_apply *apply,
			      const struct cs_helper_job *job)
{
	char why[CS_STATE_WHY];
	struct cs_helper helper;
	enum cs_err err, ended;

	err = cs_helper_start(job, &helper, change->why);
	if (err)
		return err;
	err = ask(apply->still_same, apply->arg, change->why);
	if (!err)
		err = cs_helper_go(&helper, change->why);
	if (!err)
		err = look_again(change, apply, job->id);
	if (!err) {
		cs_helper_leave(&helper);
		return CS_OK;
	}
	/* It may be gone with the rules in force: then it is for us. */
	ended = helper.fd >= 0 ? cs_helper_end(&helper, why) : CS_ERR_IO;
	if (ended)
		(void)job->take_back(job->arg);
	return err;
}

enum cs_err cs_apply(struct cs_change *change, struct cs_standing *standing,
		     const struct cs_apply *apply)
{
	struct cs_kept pending = { .there = true,
				   .text = apply->text,
				   .policy = *apply->policy };
	struct cs_table_want want = { &pending.policy, pending.id, &standing->entries };
	struct pending at_work;
	struct cs_helper_job job = { .state = change->state,
				     .id = pending.id,
				     .seconds = apply->seconds,
				     .put_in = put_in,
				     .is_pending = is_pending,
				     .take_back = take_back,
				     .arg = &at_work };
	struct cs_span script = { 0 };
	enum cs_err err = cs_apply_make_way(change, standing);

	if (!err)
		err = note_before(change, standing);
	if (!err)
		err = cs_state_new_id(pending.id);
	if (!err)
		err = cs_table_script_pending(
			&want, standing->kept.there ? &standing->kept.policy : NULL,
			apply->seconds, change->arena, &script);
	pending.since_us = cs_clock_wall(change->clock);
	if (!err)
		err = prepare(change, apply, standing, &pending, script);
	if (err)
		return err;
	at_work = (struct pending){ .change = *change,
				    .standing = *standing,
				    .script = script };
	at_work.standing.pending = pending;
	(void)snprintf(at_work.standing.table.id, sizeof(at_work.standing.table.id), "%s",
		       pending.id);
	return run_helper(change, apply, &job);
}
