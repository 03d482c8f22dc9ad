/* SPDX-License-Identifier: Apache-2.0 */
/* Entries come into force, and are kept. */
#include <stdio.h>

#include "protect/entries.h"
#include "protect/standing.h"
#include "protect/table.h"

/* Only the sets of the table that is there, or a table that has nothing else. */
static enum cs_err make_script(const struct cs_table *table,
			       const struct cs_entries *entries, struct cs_arena *arena,
			       struct cs_span *script)
{
	char id[CS_STATE_ID];
	struct cs_table_want want = { NULL, id, entries };
	enum cs_err err;

	if (table->kind != CS_TABLE_NONE)
		return cs_entries_script(entries, arena, script);
	err = cs_state_new_id(id);
	return err ? err : cs_table_script(&want, arena, script);
}

static enum cs_err load(struct cs_change *change, const struct cs_entries *entries)
{
	struct cs_table table;
	struct cs_span script;
	enum cs_err err = cs_table_look(change->arena, &table, change->why);

	if (!err && table.kind == CS_TABLE_FOREIGN) {
		(void)snprintf(change->why, CS_STATE_WHY,
			       "there is a table inet coapscope that is not ours: it is "
			       "left alone");
		return CS_ERR_REFUSED;
	}
	/* Nothing to make a table for. */
	if (!err && table.kind == CS_TABLE_NONE && entries->n == 0)
		return CS_OK;
	if (!err && table.kind == CS_TABLE_NONE)
		err = cs_standing_note_home(change);
	if (!err)
		err = make_script(&table, entries, change->arena, &script);
	return err ? err : cs_table_load(script, change->arena, change->why);
}

enum cs_err cs_entries_enforce(struct cs_state *state, const struct cs_entries *entries,
			       const struct cs_clock *clock, struct cs_arena *arena,
			       char why[CS_STATE_WHY])
{
	struct cs_change change = { .state = state, .clock = clock, .arena = arena };
	struct cs_span text;
	enum cs_err err = cs_entries_text(entries, state->boot, clock, arena, &text);

	if (!err)
		err = cs_state_stage(&state->dir, "entries", text, change.why);
	if (!err)
		err = load(&change, entries);
	if (!err)
		err = cs_state_publish(&state->dir, "entries", change.why);
	else
		cs_state_unstage(&state->dir, "entries");
	if (err)
		(void)snprintf(why, CS_STATE_WHY, "%s", change.why);
	return err;
}
