/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model: one day's services in memory, compact, one row per address and port,
 * the newest: what the page, the API and the statistics are made of. A million
 * rows are to load in about a second and to be filtered in some ten
 * milliseconds. Read-only once loaded: any number of threads may ask it.
 */
#pragma once

#include "base/arena.h"
#include "probe/reading.h"
#include "store/store.h"

struct cs_model;

/*
 * Loads @day. Only 2.05 answers and reports' rows unless @every_code.
 * CS_ERR_NOT_FOUND: a day without data; CS_ERR_NOMEM, and what the store gives
 */
CS_MUST_USE enum cs_err cs_model_load(struct cs_store *store, int32_t day,
				      bool every_code, struct cs_model **out);
void cs_model_free(struct cs_model *model);

size_t cs_model_count(const struct cs_model *model);
int32_t cs_model_day(const struct cs_model *model);
uint64_t cs_model_stamp(const struct cs_model *model); /* of struct cs_store_day */
uint64_t cs_model_bytes(const struct cs_model *model); /* of memory */

/* One service, its spans borrowed from the model. */
struct cs_service {
	struct cs_result result;
	struct cs_enriched enriched; /* zeroed where it was not enriched */
	bool is_enriched;
	bool has_amplification;
	uint64_t amplification; /* hundredths */
};

void cs_model_get(const struct cs_model *model, size_t i, struct cs_service *out);

/*
 * Which services: every condition given must hold. By the names of the 18
 * columns (and `stack`, `as_name`, `owner`), as the Reports API's `query` has
 * them: equal, or, for `ip`, inside a prefix; for `tag`, one of them. @search is found
 * anywhere in address, hostname, response, AS name, city (ASCII case folded).
 */
enum { CS_QUERY_FIELDS = 24, CS_QUERY_FACETS = 4 };
struct cs_query {
	struct {
		struct cs_span name, value;
	} field[CS_QUERY_FIELDS];
	size_t n_fields;
	struct cs_span search;
	const struct cs_owners *owners; /* with @owner: only that owner's rows; or NULL */
	uint32_t owner;
	struct cs_span sort; /* column, "-column" descending; empty: worst first */
	uint64_t offset, limit;
};

/*
 * Runs it: indexes of the model's rows offset.. of those that match, in order,
 * into @found (room for .limit), and how many match in all.
 * CS_ERR_USAGE: no such field, sort or value; @why says which
 */
enum { CS_QUERY_WHY = 160 };
CS_MUST_USE enum cs_err cs_query_run(const struct cs_model *model,
				     const struct cs_query *query, uint32_t *found,
				     size_t *n, uint64_t *total, char why[CS_QUERY_WHY]);

/*
 * Counts those that match by a column's values: most first, at most @most.
 * Keys are borrowed from the model or live in @arena. Otherwise as above.
 */
struct cs_facet {
	struct cs_span key;
	uint64_t n;
};
CS_MUST_USE enum cs_err cs_query_facet(const struct cs_model *model,
				       const struct cs_query *query,
				       struct cs_span column, size_t most,
				       struct cs_arena *arena, struct cs_facet **facets,
				       size_t *n, char why[CS_QUERY_WHY]);
