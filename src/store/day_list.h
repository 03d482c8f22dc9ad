/* SPDX-License-Identifier: Apache-2.0 */
/* day_list: which published segments a day has, by the disk and the catalogue. */
#pragma once

#include "store/own.h"

struct cs_day_entry {
	uint8_t scan[CS_SCAN_ID];
	uint32_t shard;
};

struct cs_day_list {
	int32_t day;
	struct cs_day_entry *entries; /* by scan, then shard; owned */
	size_t n, cap;
};

/*
 * What is on the disk. @list can be cleared in every case.
 * CS_ERR_DAMAGED  the catalogue has a segment that the disk has not
 * CS_ERR_IO, CS_ERR_BUSY, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_day_list(struct cs_store *store, int32_t day,
				    struct cs_day_list *list);
void cs_day_list_clear(struct cs_day_list *list);

/* The name of one of them; borrows its scan. */
static inline struct cs_segment_name cs_day_name(const struct cs_day_list *list, size_t i)
{
	return (struct cs_segment_name){ list->entries[i].scan, list->entries[i].shard,
					 list->day };
}
