/* SPDX-License-Identifier: Apache-2.0 */
/* import_put: the rows of a report into the store. For report/import.c. */
#pragma once

#include "report/import.h"
#include "report/import_row.h"

/* Zeroed is empty. */
struct cs_import_rows {
	struct cs_import_row *at; /* owned */
	size_t n, cap;
	struct cs_arena arena; /* their texts */
};

/* Room for one more at .at[.n], or NULL: memory is out. The caller counts .n. */
struct cs_import_row *cs_import_rows_more(struct cs_import_rows *rows);
void cs_import_rows_clear(struct cs_import_rows *rows);

/* Sorts them, keeps the newest of each day, address and port, and stores them. */
CS_MUST_USE enum cs_err cs_import_put(const struct cs_import_want *want, const char *name,
				      struct cs_import_rows *rows,
				      struct cs_import_counts *counts,
				      char why[CS_IMPORT_WHY]);
