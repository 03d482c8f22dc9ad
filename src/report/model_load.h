/* SPDX-License-Identifier: Apache-2.0 */
/* model_load: rows coming into a model, in any order. Ends in rows.h's order. */
#pragma once

#include "report/rows.h"

struct cs_loader {
	struct cs_model *model; /* owned until cs_loader_finish() */
	bool every_code;
	size_t cap; /* rows there is room for */
	/* What was seen of places and judgements, as bytes: number n is .places[n]. */
	struct cs_texts places, judged;
	uint32_t places_cap, judged_cap;
	uint8_t *flat; /* room to lay one out; owned */
	size_t flat_cap;
};

/* CS_ERR_NOMEM, CS_ERR_IO. Drop it in every case. */
CS_MUST_USE enum cs_err cs_loader_begin(struct cs_loader *loader, bool every_code);
void cs_loader_drop(struct cs_loader *loader);

/* A cs_store_row_fn: @arg is the loader. CS_ERR_NOMEM, CS_ERR_RANGE: too many rows */
CS_MUST_USE enum cs_err cs_loader_add(void *arg, const struct cs_result *row,
				      const struct cs_enriched *enriched);

/* Sorts, picks the newest of each address and port, and hands the model over. */
CS_MUST_USE enum cs_err cs_loader_finish(struct cs_loader *loader, struct cs_model **out);
