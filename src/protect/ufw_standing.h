/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_standing: how things stand with ufw, as files of ours say it: ufw keeps its rules
 * in files, and no kernel forgets them in time. All are in DIR/protect, so that a reboot
 * is survived by what is needed to go back:
 *
 *   ufw-first     how ufw was before the first apply
 *   ufw-pending   how it was before the one that is pending, and that one's policy
 *   ufw-left      how the last apply left it
 *   ufw-kept      the policy that was confirmed
 */
#pragma once

#include "protect/standing.h"
#include "protect/ufw_machine.h"

struct cs_ufw_standing {
	struct cs_kept kept;
	struct cs_kept pending;
	bool complete;   /* pending: all of it was put in */
	int64_t left_ms; /* pending: until it is taken back; 0: that is due */
	bool is_first;   /* there is something to go back to */
	struct cs_ufw_shot first, before, left;
};

/*
 * Reads it all. A pending one of another boot, or whose time is over, is due. Errors:
 * CS_ERR_DAMAGED (which file is in @change->why), CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_standing_read(struct cs_change *change,
					     struct cs_ufw_standing *out);

/*
 * Each file, durably. cs_ufw_put_left() with @seconds 0: of one that is kept. CS_ERR_IO,
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_put_first(struct cs_change *change,
					 const struct cs_ufw_shot *shot);
CS_MUST_USE enum cs_err cs_ufw_put_pending(struct cs_change *change,
					   const struct cs_kept *pending,
					   const struct cs_ufw_shot *before);
CS_MUST_USE enum cs_err cs_ufw_put_left(struct cs_change *change, const char *id,
					uint32_t seconds, const struct cs_ufw_shot *left);
CS_MUST_USE enum cs_err cs_ufw_put_kept(struct cs_change *change,
					const struct cs_kept *kept);

/* CS_UFW_LEFT and so on: removes one. CS_ERR_IO */
enum cs_ufw_record {
	CS_UFW_FIRST,
	CS_UFW_PENDING,
	CS_UFW_LEFT,
	CS_UFW_KEPT,
	CS_UFW_RECORDS
};
CS_MUST_USE enum cs_err cs_ufw_forget(struct cs_change *change,
				      enum cs_ufw_record record);
