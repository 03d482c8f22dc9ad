/* SPDX-License-Identifier: Apache-2.0 */
/* day_read: a day's segments and what was enriched of them, open for reading. */
#pragma once

#include "store/day_list.h"
#include "store/side.h"

struct cs_day_source {
	struct cs_segment segment;
	struct cs_cursor cursor; /* on the first row, or at the end */
	struct cs_side side;
	bool enriched;          /* there is a side */
	struct cs_store *store; /* of a day's source; borrowed */
	const uint8_t *scan;    /* likewise */
};

struct cs_day_sources {
	struct cs_day_list list;
	struct cs_day_source *sources; /* in the order of the list; owned */
	size_t n;
};

/*
 * Opens all of a day's segments: by address and port or in the files' order.
 * @day can be closed in every case.
 * CS_ERR_DAMAGED, CS_ERR_FOREIGN, CS_ERR_IO, CS_ERR_BUSY, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_day_open(struct cs_store *store, int32_t number, bool by_ip,
				    struct cs_day_sources *day);
void cs_day_close(struct cs_day_sources *day);

/*
 * One segment of a day, its cursor before the first row by address or in the file's order;
 * and then what was enriched of it. Can be closed in every case.
 * CS_ERR_NOT_FOUND  the segment is gone, which it was not when it was listed
 */
CS_MUST_USE enum cs_err cs_day_source_open(struct cs_store *store,
					   const struct cs_segment_name *name, bool by_ip,
					   struct cs_day_source *source);
CS_MUST_USE enum cs_err cs_day_source_enriched(struct cs_store *store,
					       const struct cs_segment_name *name,
					       struct cs_day_source *source);
void cs_day_source_close(struct cs_day_source *source);

/* Hands out the row that the source stands on. */
CS_MUST_USE enum cs_err cs_day_source_give(struct cs_day_source *source,
					   cs_store_row_fn *each, void *arg);
