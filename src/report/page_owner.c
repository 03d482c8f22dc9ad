/* SPDX-License-Identifier: Apache-2.0 */
#include "report/asked.h"
#include "report/keep.h"
#include "report/page_days.h"

static enum cs_err count_own(const struct cs_model *model,
			     const struct cs_page_want *want, bool sample,
			     struct cs_sums *sums)
{
	struct cs_query own = { .owners = want->owners, .owner = want->owner };
	char why[CS_QUERY_WHY];
	struct cs_keep keep = { 0 };
	enum cs_err err = cs_keep_find(model, &own, &keep, why);

	if (!err)
		err = cs_count(model, keep.row, sample, sums);
	cs_keep_clear(&keep);
	return err;
}

/* The keys are the model's, which does not outlive the count. */
static enum cs_err keep_keys(struct cs_sums *sums)
{
	for (size_t i = 0; i < sums->n; i++) {
		char *copy = cs_arena_text(&sums->arena, sums->at[i].key);

		if (!copy)
			return CS_ERR_NOMEM;
		sums->at[i].key = cs_span_of(copy, sums->at[i].key.len);
	}
	return CS_OK;
}

enum cs_err cs_page_count_day(struct cs_store *store, const struct cs_page_want *want,
			      int32_t day, struct cs_sums *sums)
{
	struct cs_model *model = NULL;
	bool sample = false;
	enum cs_err err = cs_model_load(store, day, true, &model);

	if (err == CS_ERR_DAMAGED || err == CS_ERR_NOT_FOUND)
		return CS_OK;
	if (!err)
		err = cs_day_is_sample(store, day, &sample);
	if (!err)
		err = count_own(model, want, sample, sums);
	if (!err)
		err = keep_keys(sums);
	cs_model_free(model);
	return err;
}
