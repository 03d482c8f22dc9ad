/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count: what a model's rows add up to, as the sums of a day's summary: the
 * groups and keys are those of settle.h, but for "change".
 */
#pragma once

#include "report/model.h"

enum {
	CS_COUNT_KEYS = 1000, /* of a group at most; the rest is in "other" */
	CS_COUNT_TREE = 2000, /* of the group "tree"; the rest is in "TAB TAB" */
};

/* Zeroed is empty. Texts live in the arena or in the model. */
struct cs_sums {
	struct cs_arena arena;   /* owned */
	struct cs_store_sum *at; /* owned */
	size_t n, cap;
};

/* Appends one. @group is static; @key lives as long as the sums. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_sums_add(struct cs_sums *sums, const char *group,
				    struct cs_span key, uint64_t n);
void cs_sums_clear(struct cs_sums *sums);

/*
 * Counts the rows of @model (loaded with every code) that @keep has a 1 for;
 * NULL: all. Only "code" counts what is no service. @sample: rows of reports are
 * sample data. By group and key afterwards, each once. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_count(const struct cs_model *model, const uint8_t *keep,
				 bool sample, struct cs_sums *sums);
