/* SPDX-License-Identifier: Apache-2.0 */
/* keep: which of a model's rows a query is about. */
#pragma once

#include "report/rows.h"

struct cs_keep {
	uint8_t *row; /* 1 for each that is; owned */
	uint64_t total;
};

/* CS_ERR_USAGE with @why, CS_ERR_NOMEM. Clear it in every case. */
CS_MUST_USE enum cs_err cs_keep_find(const struct cs_model *model,
				     const struct cs_query *query, struct cs_keep *keep,
				     char why[CS_QUERY_WHY]);
void cs_keep_clear(struct cs_keep *keep);
