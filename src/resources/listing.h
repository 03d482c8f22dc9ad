/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing: what a visit brought, as a list of links, whole or filtered
 * (RFC 6690 section 4.1). The filter is ours: devices ignore or mishandle the
 * query, so all of the list is asked for.
 */
#pragma once

#include "resources/visit.h"

/* NAME=VALUE; zeroed keeps every link. */
struct cs_filter {
	struct cs_span name, value;
};

struct cs_listing {
	struct cs_span uri; /* as asked */
	struct cs_endpoint peer;
	bool has_code;
	uint8_t code;
	bool complete;
	uint32_t blocks, size; /* of the body */
	bool has_list;         /* some of a list of links came */
	struct cs_span links;  /* RFC 6690 text: the body, or what the filter keeps */
	size_t n_links;        /* in it */
	size_t n_all;          /* in the body */
	char error[CS_VISIT_ERROR]; /* "": the list is whole */
	uint8_t *kept;              /* owned */
};

/*
 * Reads what @visit, which has ended, brought. The listing borrows from it.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_listing_make(const struct cs_visit *visit,
					const struct cs_filter *filter,
					struct cs_listing *listing);
void cs_listing_clear(struct cs_listing *listing);
