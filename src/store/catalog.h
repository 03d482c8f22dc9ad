/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog: the catalogue's share of the store: scans, and which segments are
 * published. Every change is one short transaction, so that several scans can
 * work at once. It can be made again from the segments, except for the scans.
 */
#pragma once

#include "store/chunk_set.h"
#include "store/segment.h"

extern const struct cs_db_kind cs_catalog_kind;

/* Steps of SQLite's machine that any walk over it takes, generously. */
#define CS_CATALOG_OPS INT64_C(1000000000)

/*
 * Enters a published segment and the closed chunks it has a part of. @enriched:
 * there is an enrichment beside it.
 */
CS_MUST_USE enum cs_err cs_catalog_publish(struct cs_db *catalog,
					   const struct cs_segment_name *name,
					   const struct cs_segment_sum *sum,
					   const struct cs_chunk_set *covered,
					   bool enriched);

/* Whether the segment is entered with these sums. */
CS_MUST_USE enum cs_err cs_catalog_has(struct cs_db *catalog,
				       const struct cs_segment_name *name,
				       const struct cs_segment_sum *sum, bool *has);

/* Gives the segment another stamp; one that is not entered is fine. */
CS_MUST_USE enum cs_err cs_catalog_renew(struct cs_db *catalog,
					 const struct cs_segment_name *name);

/*
 * Notes whether there is an enrichment beside the segment, so that one that is
 * gone is missed; one that is not entered is fine.
 */
CS_MUST_USE enum cs_err cs_catalog_note_enriched(struct cs_db *catalog,
						 const struct cs_segment_name *name,
						 bool enriched);
CS_MUST_USE enum cs_err cs_catalog_is_enriched(struct cs_db *catalog,
					       const struct cs_segment_name *name,
					       bool *enriched);
