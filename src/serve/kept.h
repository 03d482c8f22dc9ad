/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept: the last few overviews, as they were written, for as long as nothing in
 * the store changes: making one of an owner counts through days of rows. Safe
 * for several threads.
 */
#pragma once

#include <stdio.h>

#include "serve/share.h"

enum {
	CS_KEPT_MOST = 32,
	CS_KEPT_BYTES = 8 << 20 /* of one; larger ones are not kept */
};

struct cs_kept;

struct cs_kept_key {
	uint64_t turn; /* of the store: cs_days_turn() */
	struct cs_share share;
	int32_t first, last;
};

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_kept_new(struct cs_kept **out);
void cs_kept_free(struct cs_kept *kept);

/* Writes what is kept under @key to @to; false when there is nothing. */
CS_MUST_USE bool cs_kept_write(struct cs_kept *kept, const struct cs_kept_key *key,
			       FILE *to);

/* Keeps a copy, in the place of the one that was not asked for the longest. */
void cs_kept_put(struct cs_kept *kept, const struct cs_kept_key *key,
		 struct cs_span text);
