/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing: how things stand, as a change begins from: what the kernel has, and what the
 * files say of it.
 */
#pragma once

#include "protect/table.h"

/* What each change works with; @why is one line after an error. */
struct cs_change {
	struct cs_state *state;
	const struct cs_clock *clock;
	struct cs_arena *arena;
	char why[CS_STATE_WHY];
};

/* A policy as it was kept. */
struct cs_kept {
	bool there;
	char id[CS_STATE_ID];
	int64_t since_us; /* kept: when it was confirmed; pending: when it came into force */
	struct cs_span text; /* cs_policy_write() */
	struct cs_policy policy;
};

struct cs_standing {
	struct cs_table table;
	struct cs_kept kept;    /* in force, or behind what is pending */
	struct cs_kept pending; /* table.kind CS_TABLE_PENDING, and its record is there */
	struct cs_kept filed;   /* what the file has, whether it is in force or not */
	uint32_t pending_seconds;
	struct cs_entries entries;
	/*
	 * What undo goes back to: a table with these entries (as entries' text) that was
	 * there before the first apply, or none.
	 */
	bool had_entries;
	struct cs_span before;
};

/*
 * Reads it all. A confirmation that was killed before its last step is finished, if the lock
 * is held. When another store made what is in force and none was named, @change->state goes there.
 * Errors as cs_table_look(), cs_entries_read(); CS_ERR_DAMAGED: a file of ours is
 */
CS_MUST_USE enum cs_err cs_standing_read(struct cs_change *change,
					 struct cs_standing *out);

/* The record of a kept or pending policy as bytes. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_standing_record(struct cs_change *change,
					   const struct cs_standing *standing,
					   const char *kind, const struct cs_kept *policy,
					   uint32_t seconds, struct cs_span *out);

/* Notes in RUN which folder is that of this namespace. CS_ERR_IO */
CS_MUST_USE enum cs_err cs_standing_note_home(struct cs_change *change);
