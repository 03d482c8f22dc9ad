/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_series: days beside each other: of each group of a summary (settle.h)
 * the keys that have most, with a number a day, and one sum of the others. What a
 * page can hold is shared out: the more days, the fewer keys.
 */
#pragma once

#include "out/json.h"
#include "report/texts.h"
#include "store/store.h"

struct cs_page_key {
	struct cs_span text;
	uint64_t sum;
	uint64_t *n; /* a number a day */
};

struct cs_page_group {
	const char *name;
	size_t most;             /* keys that are shown of a year or less */
	struct cs_texts texts;   /* owned; a key's number is its text's */
	struct cs_page_key *key; /* owned */
	size_t n, cap;
	bool *known; /* a day: it had the group */
};

enum { CS_PAGE_GROUPS = 12 };

struct cs_page_series {
	struct cs_arena arena; /* owned */
	size_t days;
	struct cs_page_group group[CS_PAGE_GROUPS];
};

/* CS_ERR_NOMEM, CS_ERR_IO (no random numbers). Clear it in every case. */
CS_MUST_USE enum cs_err cs_page_series_init(struct cs_page_series *series, size_t days);
void cs_page_series_clear(struct cs_page_series *series);

/* Takes a sum of the @day-th day; a group that the page has not is passed over. */
CS_MUST_USE enum cs_err cs_page_series_add(struct cs_page_series *series, size_t day,
					   const struct cs_store_sum *sum);

/* Writes the object of groups. Nothing can be added afterwards. */
void cs_page_series_write(struct cs_page_series *series, struct cs_json *j);
