/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_group: rows that are enriched together before they are written. Copies
 * what they borrow.
 */
#pragma once

#include "base/arena.h"
#include "enrich/enricher.h"

/* Bytes of headers and bodies after which a group is full whatever its rows. */
enum { CS_ROW_GROUP_BYTES = 16 << 20 };

struct cs_row_group {
	struct cs_arena arena;
	size_t n;
	struct cs_result rows[CS_ENRICH_GROUP];
	struct cs_enriched out[CS_ENRICH_GROUP];
};

/* Takes a copy of @row; the group is not full. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_row_group_add(struct cs_row_group *group,
					 const struct cs_result *row);

/* Whether it is to be enriched and written before the next row. */
bool cs_row_group_full(const struct cs_row_group *group);

/* Fills in .out of all rows; cs_enricher_fill()'s errors. */
CS_MUST_USE enum cs_err cs_row_group_enrich(struct cs_row_group *group,
					    struct cs_enricher *enricher);

/* Empties it, also to be freed. NULL is allowed. */
void cs_row_group_clear(struct cs_row_group *group);
