/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_row: one row of a scan_coap report, by the names in its header, into
 * a result and what is known beside it. For report/import.c.
 */
#pragma once

#include "base/arena.h"
#include "base/csv_rows.h"
#include "probe/enriched.h"
#include "probe/result.h"

enum { CS_IMPORT_COLUMNS = 20 };

/* Where in a row the columns that we know stand. */
struct cs_import_header {
	int8_t at[CS_IMPORT_COLUMNS]; /* -1: it has none */
	size_t n;                     /* cells that a row must have */
	unsigned unknown;
};

/* A row, its texts in an arena. */
struct cs_import_row {
	struct cs_result result;
	struct cs_enriched enriched;
	uint64_t line;
};

/* Whether this is a header: it names timestamp and ip. */
bool cs_import_is_header(const struct cs_csv_row *row);

/* CS_ERR_SYNTAX: a column that must be there is not; @missing is its name. */
CS_MUST_USE enum cs_err cs_import_header_read(const struct cs_csv_row *row,
					      struct cs_import_header *header,
					      const char **missing);

/* What is wrong with a row, in words. */
struct cs_import_flaw {
	const char *column; /* NULL: the row as a whole */
	struct cs_span cell;
	const char *want;
};

/*
 * Reads one row. CS_ERR_SYNTAX with @flaw: it makes no sense; CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_import_row_read(const struct cs_import_header *header,
					   const struct cs_csv_row *row,
					   struct cs_arena *arena,
					   struct cs_import_row *out,
					   struct cs_import_flaw *flaw);
