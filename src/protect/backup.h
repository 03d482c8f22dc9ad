/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup: how things stood, in one dated file with a checksum (record.h): the confirmed policy and
 * entries, which restore puts back, and the rules of all tables, which it compares with. What is
 * pending is none of it.
 */
#pragma once

#include "protect/standing.h"

enum { CS_BACKUPS_KEPT = 32 /* of those that apply makes by itself */ };

struct cs_backup {
	int64_t made_us;
	struct cs_kept kept; /* .there false: none was confirmed */
	struct cs_entries entries;
	struct cs_span rules; /* cs_ruleset_read() of then */
};

/*
 * The bytes of one of what stands, with @rules (cs_ruleset_read()) and `nft -a list ruleset`
 * for people. Errors as cs_table_look()
 */
CS_MUST_USE enum cs_err cs_backup_make(struct cs_change *change,
				       const struct cs_standing *standing,
				       struct cs_span rules, struct cs_span *out);

/* Writes them to DIR/protect/backups/YYYYMMDD-HHMMSS.backup; the oldest go. CS_ERR_IO */
CS_MUST_USE enum cs_err cs_backup_keep(struct cs_change *change, struct cs_span bytes);

/*
 * Reads one; entries that have run out since are left out.
 * CS_ERR_FOREIGN, CS_ERR_DAMAGED: @change->why says how
 */
CS_MUST_USE enum cs_err cs_backup_read(struct cs_change *change, struct cs_span bytes,
				       struct cs_backup *out);

/* The rules (of cs_ruleset_read()) without our table. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_backup_others(struct cs_span rules, struct cs_arena *arena,
					 struct cs_span *out);
