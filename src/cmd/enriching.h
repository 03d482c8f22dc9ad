/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enriching: what the options about enrichment name, opened, and a day of the
 * store enriched with it. All files are read when it is opened, before a jail.
 *
 * What returns int gives -1 to go on, else the exit status: the reason has then
 * been said.
 */
#pragma once

#include "cmd/cmd.h"
#include "cmd/enrich_options.h"
#include "enrich/enricher.h"
#include "store/store.h"

struct cs_enriching {
	struct cs_ctx *ctx;
	const struct cs_enrich_options *options; /* borrowed */
	struct cs_places *places;
	struct cs_ptr *ptr;           /* NULL: not asked for */
	struct cs_enricher *enricher; /* NULL: none of this was opened */
	struct cs_store *store;       /* whose names are asked first; NULL: none */
	struct cs_filling *filling;   /* of the day under way; NULL: none is */
};

/*
 * Opens what @options name. @no_default: --no-geoip was said. @stop as in struct
 * cs_ptr_want. @e stays where it is until it is closed.
 */
CS_MUST_USE int cs_enriching_open(struct cs_ctx *ctx,
				  const struct cs_enrich_options *options,
				  bool no_default, const int *stop,
				  struct cs_enriching *e);

/* A zeroed one is fine. */
void cs_enriching_close(struct cs_enriching *e);

/* What has been done; all that is there when a day has been enriched. */
struct cs_enriching_done {
	uint64_t rows, with_asn, with_geo, named;
	uint64_t names, answered; /* asked for since it was opened; of them over */
};

/* Called after each group of rows, and while names are waited for. */
typedef void cs_enriching_progress(void *arg, const struct cs_enriching_done *done);

/*
 * Enriches @day in e->store: the segments of @scan, or all (NULL). @fresh: what
 * was known is dropped. @progress may be NULL. CS_ERR_NOT_FOUND is not said:
 * there is no such day or scan; everything else is.
 */
CS_MUST_USE enum cs_err cs_enriching_day(struct cs_enriching *e, int32_t day,
					 const uint8_t *scan, bool fresh,
					 cs_enriching_progress *progress, void *arg,
					 struct cs_enriching_done *done);

/* Says as warnings what went wrong on the way: damaged records, silent resolvers. */
void cs_enriching_say(const struct cs_enriching *e);
