/* SPDX-License-Identifier: Apache-2.0 */
/* keep: which of a model's rows a query is about. */
#pragma once

#include "report/column.h"

struct cs_keep {
	uint8_t *row; /* 1 for each that is; owned */
	uint64_t total;
};

/* CS_ERR_USAGE with @why, CS_ERR_NOMEM. Clear it in every case. */
CS_MUST_USE enum cs_err cs_keep_find(const struct cs_model *model,
				     const struct cs_query *query, struct cs_keep *keep,
				     char why[CS_QUERY_WHY]);

/* As cs_query_facet(), of rows that are known already. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_facet_kept(const struct cs_model *model,
				      const struct cs_keep *keep,
				      const struct cs_column *column, size_t most,
				      struct cs_arena *arena, struct cs_facet **facets,
				      size_t *n);

void cs_keep_clear(struct cs_keep *keep);
