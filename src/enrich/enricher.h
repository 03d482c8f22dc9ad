/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enricher: all that is asked about a group of results, in one call: places,
 * reverse names, judgement. What a source does not know stays as it was.
 */
#pragma once

#include "enrich/judge.h"
#include "enrich/places.h"
#include "enrich/ptr.h"

enum { CS_ENRICH_GROUP = 4096 }; /* rows a call at most */

struct cs_enricher_want {
	struct cs_places *places; /* borrowed; NULL: not asked */
	struct cs_ptr *ptr;       /* borrowed; NULL: not asked */
	bool judge;
	enum cs_judge_by by;
};

struct cs_enricher;

/* CS_ERR_NOMEM, CS_ERR_IO (no random numbers) */
CS_MUST_USE enum cs_err cs_enricher_open(const struct cs_enricher_want *want,
					 struct cs_enricher **out);
void cs_enricher_close(struct cs_enricher *enricher);

/*
 * Overwrites what is known of @rows[i] in @out[i]; of a report's row the judgement
 * it came with stays. Spans live until the next call. Has the shape of a
 * cs_store_enrich_fn: @arg is the enricher. Errors are cs_ptr_resolve()'s;
 * CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_enricher_fill(void *arg, const struct cs_result *rows,
					 struct cs_enriched *out, size_t n);
