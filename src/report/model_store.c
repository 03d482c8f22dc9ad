/* SPDX-License-Identifier: Apache-2.0 */
/* A day of the store as a model. */
#include "report/model_load.h"

/* CS_ERR_NOT_FOUND: the catalogue knows nothing of the day. */
static enum cs_err find_stamp(struct cs_store *store, int32_t day, uint64_t *stamp)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n = 0;
	enum cs_err err = cs_store_days(store, &arena, &days, &n);

	if (!err) {
		err = CS_ERR_NOT_FOUND;
		for (size_t i = 0; err && i < n; i++)
			if (days[i].day == day) {
				*stamp = days[i].stamp;
				err = CS_OK;
			}
	}
	cs_arena_clear(&arena);
	return err;
}

/* The stamp is taken first: what changes meanwhile shows as another one later. */
enum cs_err cs_model_load(struct cs_store *store, int32_t day, bool every_code,
			  struct cs_model **out)
{
	struct cs_loader loader = { 0 };
	uint64_t stamp = 0;
	enum cs_err err = find_stamp(store, day, &stamp);

	if (!err)
		err = cs_loader_begin(&loader, every_code);
	if (!err)
		err = cs_store_day_load(store, day, cs_loader_add, &loader);
	if (!err)
		err = cs_loader_finish(&loader, out);
	if (!err) {
		(*out)->day = day;
		(*out)->stamp = stamp;
	}
	cs_loader_drop(&loader);
	return err;
}
