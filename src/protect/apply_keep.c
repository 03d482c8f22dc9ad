/* SPDX-License-Identifier: Apache-2.0 */
/* What ends a pending change, and what changes without one. */
#include <stdio.h>

#include "protect/apply_own.h"

/* The files of a change that is over. */
static void forget_pending(struct cs_change *change, const char *id)
{
	cs_state_forget_pending(change->state, id);
	/* Its helper sees that, and ends: then nothing of ours is left behind us. */
	(void)cs_state_helper_is_there(change->state, CS_APPLY_HELPER_MS);
}

/* Or somebody took it out: then its helper is still there, and its record void. */
static void forget_all_pending(struct cs_change *change, const struct cs_table *table)
{
	if (table->kind == CS_TABLE_PENDING)
		forget_pending(change, table->id);
	else
		cs_state_forget_void(change->state, CS_APPLY_HELPER_MS);
}

/* --- confirm --- */

static enum cs_err refuse(struct cs_change *change, const char *what)
{
	(void)snprintf(change->why, CS_STATE_WHY, "%s", what);
	return CS_ERR_REFUSED;
}

/*
 * The script for those who load it at boot by themselves: what lasts, without what
 * runs out.
 */
static enum cs_err lasting_script(struct cs_change *change, const struct cs_kept *policy,
				  const struct cs_entries *entries, struct cs_span *out)
{
	struct cs_entry *at = cs_arena_array(change->arena, entries->n + 1, sizeof(*at));
	struct cs_entries lasting = { .at = at, .cap = entries->n + 1 };
	struct cs_table_want want = { &policy->policy, policy->id, &lasting };

	if (!at)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < entries->n; i++)
		if (entries->at[i].left_ms == CS_ENTRY_FOREVER)
			at[lasting.n++] = entries->at[i];
	return cs_table_script(&want, change->arena, out);
}

/* The files of what is to be kept, under names that hold nothing yet. */
static enum cs_err stage(struct cs_change *change, const struct cs_standing *standing,
			 const struct cs_kept *policy, const struct cs_entries *entries)
{
	const struct cs_path *dir = &change->state->dir;
	struct cs_span record = { 0 }, script = { 0 };
	enum cs_err err =
		cs_standing_record(change, standing, "kept", policy, 0, &record);

	if (!err)
		err = lasting_script(change, policy, entries, &script);
	if (!err)
		err = cs_state_stage(dir, "kept.nft", script, change->why);
	if (!err)
		err = cs_state_stage(dir, "kept", record, change->why);
	return err;
}

static void unstage(struct cs_change *change)
{
	cs_state_unstage(&change->state->dir, "kept");
	cs_state_unstage(&change->state->dir, "kept.nft");
}

/* Loads the script; only when that is done do the files get their names. */
static enum cs_err load_and_publish(struct cs_change *change, struct cs_span script)
{
	const struct cs_path *dir = &change->state->dir;
	enum cs_err err = cs_table_load(script, change->arena, change->why);

	if (err) {
		unstage(change);
		return err;
	}
	err = cs_state_publish(dir, "kept", change->why);
	return err ? err : cs_state_publish(dir, "kept.nft", change->why);
}

static enum cs_err confirm(struct cs_change *change, struct cs_standing *standing)
{
	struct cs_kept kept = standing->pending;
	struct cs_table_want want = { &kept.policy, kept.id, &standing->entries };
	struct cs_span script;
	enum cs_err err;

	kept.since_us = cs_clock_wall(change->clock);
	err = cs_table_script_confirm(&want, change->arena, &script);
	if (!err)
		err = stage(change, standing, &kept, &standing->entries);
	if (!err)
		err = load_and_publish(change, script);
	if (err)
		return err;
	standing->kept = kept;
	forget_pending(change, kept.id);
	return CS_OK;
}

enum cs_err cs_apply_confirm(struct cs_change *change, struct cs_standing *standing)
{
	struct cs_table now;
	enum cs_err err;

	if (standing->table.kind != CS_TABLE_PENDING)
		return refuse(change, "nothing is pending");
	if (standing->table.left_ms == 0)
		return refuse(change,
			      "too late: the time to confirm is over, and the rules have "
			      "lost their effect");
	if (!standing->pending.there)
		return refuse(change, "what is pending has no record any more: it "
				      "cannot be confirmed and will be taken back");
	err = confirm(change, standing);
	if (err != CS_ERR_IO)
		return err;
	/* The kernel had the last word, or has a fault of its own. */
	if (cs_table_look(change->arena, &now, change->why) == CS_OK &&
	    now.kind == CS_TABLE_PENDING && now.left_ms > 0)
		return CS_ERR_IO;
	return refuse(change, "too late: the time to confirm has just run out");
}

/* --- undo and reset --- */

static enum cs_err delete_table(struct cs_change *change)
{
	static const char script[] = "delete table inet coapscope\n";

	return cs_table_load(cs_span_str(script), change->arena, change->why);
}

static enum cs_err forget_kept(struct cs_change *change)
{
	const struct cs_path *dir = &change->state->dir;
	enum cs_err err = cs_state_remove(dir, "kept", change->why);

	unstage(change);
	return err ? err : cs_state_remove(dir, "kept.nft", change->why);
}

static enum cs_err keep_entries(struct cs_change *change,
				const struct cs_entries *entries)
{
	struct cs_span text;
	enum cs_err err;

	if (entries->n == 0)
		return cs_state_remove(&change->state->dir, "entries", change->why);
	err = cs_entries_text(entries, change->state->boot, change->clock, change->arena,
			      &text);
	return err ? err
		   : cs_state_write(&change->state->dir, "entries", text, change->why);
}

/* The table that the first apply found, if that was one of ours. */
static enum cs_err put_before(struct cs_change *change,
			      const struct cs_standing *standing,
			      struct cs_entries *before)
{
	char id[CS_STATE_ID];
	struct cs_table_want want = { NULL, id, before };
	struct cs_span script;
	enum cs_err err =
		cs_entries_parse(standing->before, change->state->boot, change->clock,
				 change->arena, before, change->why);

	if (!err)
		err = cs_state_new_id(id);
	if (!err)
		err = cs_table_script(&want, change->arena, &script);
	return err ? err : cs_table_load(script, change->arena, change->why);
}

enum cs_err cs_apply_undo(struct cs_change *change, const struct cs_standing *standing)
{
	struct cs_entries before = { .n = 0 };
	const struct cs_table *table = &standing->table;
	bool ours = table->kind == CS_TABLE_PENDING || table->kind == CS_TABLE_KEPT;
	enum cs_err err = cs_apply_refuse_foreign(change, table);

	if (!err && ours)
		err = standing->had_entries ? put_before(change, standing, &before)
					    : delete_table(change);
	if (err)
		return err;
	forget_all_pending(change, table);
	err = forget_kept(change);
	return err || !ours ? err : keep_entries(change, &before);
}

enum cs_err cs_apply_reset(struct cs_change *change, const struct cs_standing *standing)
{
	const struct cs_entries none = { .n = 0 };
	enum cs_err err = cs_apply_refuse_foreign(change, &standing->table);

	if (!err && standing->table.kind != CS_TABLE_NONE)
		err = delete_table(change);
	if (err)
		return err;
	forget_all_pending(change, &standing->table);
	err = forget_kept(change);
	return err ? err : keep_entries(change, &none);
}

/* --- restore --- */

/* Without a policy: the sets alone. */
static enum cs_err put_entries(struct cs_change *change, const struct cs_entries *entries)
{
	char id[CS_STATE_ID];
	struct cs_table_want want = { NULL, id, entries };
	struct cs_span script = { 0 };
	enum cs_err err = cs_state_new_id(id);

	if (!err)
		err = cs_table_script(&want, change->arena, &script);
	if (!err)
		err = cs_standing_note_home(change);
	if (!err)
		err = cs_table_load(script, change->arena, change->why);
	if (!err)
		err = forget_kept(change);
	return err ? err : keep_entries(change, entries);
}

static enum cs_err put_policy(struct cs_change *change,
			      const struct cs_standing *standing,
			      const struct cs_kept *policy,
			      const struct cs_entries *entries)
{
	struct cs_table_want want = { &policy->policy, policy->id, entries };
	struct cs_span script = { 0 }, text = { 0 };
	enum cs_err err = cs_table_script(&want, change->arena, &script);

	if (!err)
		err = cs_entries_text(entries, change->state->boot, change->clock,
				      change->arena, &text);
	if (!err)
		err = stage(change, standing, policy, entries);
	if (!err)
		err = cs_state_stage(&change->state->dir, "entries", text, change->why);
	if (!err)
		err = cs_standing_note_home(change);
	if (!err)
		err = load_and_publish(change, script);
	return err ? err : cs_state_publish(&change->state->dir, "entries", change->why);
}

enum cs_err cs_apply_put(struct cs_change *change, const struct cs_standing *standing,
			 const struct cs_kept *policy, const struct cs_entries *entries)
{
	enum cs_err err = cs_apply_refuse_foreign(change, &standing->table);

	if (err)
		return err;
	if (policy)
		err = put_policy(change, standing, policy, entries);
	else if (entries->n > 0)
		err = put_entries(change, entries);
	else
		err = cs_apply_reset(change, standing);
	if (!err && standing->table.kind == CS_TABLE_PENDING)
		forget_pending(change, standing->table.id);
	return err;
}

enum cs_err cs_apply_refresh(struct cs_change *change, const struct cs_standing *standing)
{
	struct cs_span script;
	enum cs_err err;

	if (!standing->filed.there)
		return CS_OK;
	err = lasting_script(change, &standing->filed, &standing->entries, &script);
	return err ? err
		   : cs_state_write(&change->state->dir, "kept.nft", script, change->why);
}
