/* SPDX-License-Identifier: Apache-2.0 */
/* protect_entry: entries for those who read them: in a table, as JSON, and who would be cut off. */
#pragma once

#include "cmd/protect_change.h"
#include "out/json.h"
#include "protect/operator.h"

struct cs_grid;

/* One object, coapscope.entry/1; @number counts from 1, 0: it has none. */
void cs_protect_entry_json(struct cs_json *json, const struct cs_entry *entry,
			   size_t number, bool in_force);

/* A table of all, with the peers of the policy in force behind them. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_protect_entry_table(const struct cs_standing *standing,
					       struct cs_grid *grid);

/* The policy that holds at this moment; NULL: none. */
const struct cs_kept *cs_protect_kept_now(const struct cs_standing *standing);

/* "1h 20m", "59 s", or "" for one that stays until it is deleted. */
enum { CS_PROTECT_LEFT = 32 };
void cs_protect_left_text(int64_t left_ms, char out[CS_PROTECT_LEFT]);

/*
 * Compares what would be with what is: an operator who would be denied, or allowed no
 * more. -1 to go on (also with --force, which is said), else CS_EXIT_REFUSED, said.
 * @policy NULL: none will hold.
 */
CS_MUST_USE int cs_protect_spare_operator(struct cs_protect_job *job,
					  const struct cs_standing *now,
					  const struct cs_policy *policy,
					  const struct cs_entries *entries);

/* Likewise for a prefix that is to be denied, whatever holds now. */
CS_MUST_USE int cs_protect_spare_denied(struct cs_protect_job *job,
					const struct cs_prefix *prefix);
