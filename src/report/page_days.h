/* SPDX-License-Identifier: Apache-2.0 */
/* page_days: which days a page is about, and one owner's part of a day. */
#pragma once

#include "report/count.h"
#include "report/page.h"

/*
 * The days of @want that a page can show, ascending, in @arena: those that have a
 * summary, or all that have data for one owner's page or with .count. What the store gives.
 */
CS_MUST_USE enum cs_err cs_page_days(struct cs_store *store,
				     const struct cs_page_want *want,
				     struct cs_arena *arena, struct cs_store_day **days,
				     size_t *n);

/*
 * Counts the owner's rows of @day as a summary would; a day that cannot be read
 * has none. CS_ERR_NOMEM, and what the store gives
 */
CS_MUST_USE enum cs_err cs_page_count_day(struct cs_store *store,
					  const struct cs_page_want *want, int32_t day,
					  struct cs_sums *sums);
