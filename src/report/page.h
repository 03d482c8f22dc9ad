/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page: the page of `report html` and `serve`. One HTML document with a strict
 * Content-Security-Policy; its data is JSON. In a file both stand in it; served,
 * it fetches "data/overview.json" and "data/services.json" beside it.
 */
#pragma once

#include <stdio.h>

#include "report/model.h"

enum { CS_PAGE_SERVICES = 5000 }; /* in a file at most, the worst first */

/* A whole self-contained file about days first..last; the list is of @last. */
struct cs_page_want {
	int32_t first, last;            /* days; all of the store: INT32_MIN, INT32_MAX */
	int64_t now_us;                 /* when it was made */
	const struct cs_owners *owners; /* with .owner: only that one's; or NULL */
	uint32_t owner;
	uint64_t bytes_max; /* of the file; 0: 10 MB */
	bool count; /* days without a summary are counted, row by row; else left out */
};
CS_MUST_USE enum cs_err cs_page_write_file(struct cs_store *store,
					   const struct cs_page_want *want, FILE *to);

/* The document that fetches its data. Static storage. */
struct cs_span cs_page_document(void);

/* The Content-Security-Policy of the served document, with its hashes. */
const char *cs_page_policy(void);

/* data/overview.json: everything but the list, from summaries alone. */
CS_MUST_USE enum cs_err cs_page_write_overview(struct cs_store *store,
					       const struct cs_page_want *want, FILE *to);

/*
 * Asks since when services are known: sets first_us and last_us of each of @seen, 0
 * where nothing is. Called once for a list, with at most as many as it shows.
 */
typedef void cs_page_seen_fn(void *arg, struct cs_store_seen *seen, size_t n);

/*
 * One that asks a store (the struct cs_store is @arg). What cannot be read is
 * not known: the list is worth showing without.
 */
void cs_page_seen(void *arg, struct cs_store_seen *seen, size_t n);

/*
 * data/services.json: one page of the list. @seen NULL: nothing is known.
 * CS_ERR_USAGE with @why
 */
CS_MUST_USE enum cs_err cs_page_write_services(const struct cs_model *model,
					       const struct cs_query *query,
					       cs_page_seen_fn *seen, void *seen_arg,
					       FILE *to, char why[CS_QUERY_WHY]);
