/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import: scan_coap reports of others (Shadowserver's, or another coapscope's)
 * into the store, so that people begin with the reports that they get. Every
 * order and age of the columns is read by the header's names; what a row says of
 * place, tags and severity becomes its enrichment. A row that makes no sense is
 * named and left out, the rest is kept.
 *
 * A file is held in memory: about 400 bytes a row and its response; to a bound, as
 * a zip of a few kilobytes may unpack to more rows than any machine holds.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "report/import_source.h"
#include "store/store.h"

enum { CS_IMPORT_WHY = 512 };

/* Bytes that the rows of one text take at most: some four million rows. */
#define CS_IMPORT_MEMORY (UINT64_C(2) << 30)

/* Tells of a row that was left out: "FILE:LINE: what: what would be right". */
typedef void cs_import_note_fn(void *arg, const char *line);

struct cs_import_want {
	struct cs_store *store;
	bool sample; /* marked as sample data wherever it is shown */
	int64_t now_us;
	uint64_t memory; /* bytes that rows may take; 0: CS_IMPORT_MEMORY */
	cs_import_note_fn *note;
	void (*progress)(void *arg, const char *name, uint64_t rows); /* or NULL */
	void *arg;
};

struct cs_import_counts {
	uint64_t rows;       /* data rows read */
	uint64_t kept;       /* of them, one per day, address and port */
	uint64_t left_out;   /* told by .note */
	uint64_t duplicates; /* the same address and port on one day: the newest stays */
	uint64_t headers;    /* headers, the first too */
	uint64_t unknown;    /* columns whose names say nothing here */
	bool known; /* exactly these rows were imported before: they stayed as they are */
	uint64_t restored; /* days whose enrichment was gone, and was put back */
	int32_t first_day, last_day; /* of what was kept */
};

/*
 * Imports all rows of one CSV text under @name (for people and the metadata).
 * The same rows again change nothing, whatever the file is called, but put back
 * what was said of places and tags where that is gone. Stored and
 * published when it returns CS_OK; the days are not settled.
 *
 * CS_ERR_SYNTAX   no header of a scan_coap report
 * CS_ERR_RANGE    more rows than want.memory holds
 * CS_ERR_IO, CS_ERR_NOMEM, CS_ERR_DENIED, CS_ERR_DAMAGED (a zip)
 * @why is one line.
 */
CS_MUST_USE enum cs_err cs_import(const struct cs_import_want *want, const char *name,
				  const struct cs_import_bytes *bytes,
				  struct cs_import_counts *counts,
				  char why[CS_IMPORT_WHY]);
