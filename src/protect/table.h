/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: what the kernel holds of `table inet coapscope`, and the scripts that change it. The
 * kernel's transactions decide who comes first, not a file: each table of ours has a set
 * that says what it is and of which change (pending_ID, kept_ID, entries_ID). A script
 * that is for one of them only begins with a line that fails if it has gone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "protect/entries.h"
#include "protect/policy.h"
#include "protect/program_start.h"
#include "protect/state.h"

enum cs_table_kind {
	CS_TABLE_NONE,
	CS_TABLE_FOREIGN, /* of that name, and not ours */
	CS_TABLE_ENTRIES, /* has entries alone */
	CS_TABLE_PENDING,
	CS_TABLE_KEPT,
	CS_TABLE_KINDS,
};

struct cs_table {
	enum cs_table_kind kind;
	char id[CS_STATE_ID]; /* of the change that made it */
	int64_t left_ms;      /* pending: until the kernel forgets it; 0: it has */
};

/* There is one, and we made it. */
static inline bool cs_table_is_ours(const struct cs_table *table)
{
	return table->kind != CS_TABLE_NONE && table->kind != CS_TABLE_FOREIGN;
}

/*
 * Looks. CS_ERR_DENIED  needs root
 * CS_ERR_NOT_FOUND  there is no nft program
 * CS_ERR_IO, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_table_look(struct cs_arena *arena, struct cs_table *out,
				      char why[CS_STATE_WHY]);

/* The table as nft prints it, without handles. */
CS_MUST_USE enum cs_err cs_table_list(struct cs_arena *arena, struct cs_span *out,
				      char why[CS_STATE_WHY]);

/*
 * Hands a script to nft, as one transaction: all of it or nothing.
 * CS_ERR_IO  nft or the kernel said no; @why has its own words
 * Others as cs_table_look()
 */
CS_MUST_USE enum cs_err cs_table_load(struct cs_span script, struct cs_arena *arena,
				      char why[CS_STATE_WHY]);
/* Likewise, without waiting for what it replaces to be gone: see program_socket. */
CS_MUST_USE enum cs_err cs_table_load_on(struct cs_span script, struct cs_arena *arena,
					 int *socket, char why[CS_STATE_WHY]);
/*
 * Only asks whether it would do. nft goes about it while the caller does something else:
 * cs_table_tried() waits for what it says, and is called once where this was CS_OK.
 */
CS_MUST_USE enum cs_err cs_table_try(struct cs_span script,
				     struct cs_program_child *child,
				     char why[CS_STATE_WHY]);
CS_MUST_USE enum cs_err cs_table_tried(struct cs_program_child *child,
				       struct cs_arena *arena, char why[CS_STATE_WHY]);

/* A table that is to be: of a policy, or (policy NULL) of entries alone. */
struct cs_table_want {
	const struct cs_policy *policy;
	const char *id;
	const struct cs_entries *entries;
};

/* The whole table, confirmed. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_table_script(const struct cs_table_want *want,
					struct cs_arena *arena, struct cs_span *out);

/* The same for @seconds, with the policy of @kept (or none) behind it. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_table_script_pending(const struct cs_table_want *want,
						const struct cs_policy *kept,
						uint32_t seconds, struct cs_arena *arena,
						struct cs_span *out);

/*
 * From pending to confirmed; fails in the kernel when it is too late, or another change's turn.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_table_script_confirm(const struct cs_table_want *want,
						struct cs_arena *arena,
						struct cs_span *out);

/*
 * From pending @id back to what was there: @want, or NULL: no table. Fails in the kernel when that
 * change is pending no more. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_table_script_rollback(const char *id,
						 const struct cs_table_want *want,
						 struct cs_arena *arena,
						 struct cs_span *out);

/* A length of time as nft prints it, "1h59m3s20ms", in milliseconds; -1: none. */
int64_t cs_table_time(struct cs_span text);
