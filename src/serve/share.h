/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share: which part of the rows a question is about: everything, or one
 * owner's. A key sees its own; everything, and every owner's, is seen by a key
 * for * and where there are no keys. What another key may see is to a key as if
 * it were not there.
 */
#pragma once

#include "serve/serve.h"

/* The name of the report that has everything. */
#define CS_SHARE_ALL "all"

struct cs_share {
	bool all;
	uint32_t owner; /* index; when not all */
};

/* All that who asks may see. */
struct cs_share cs_share_of(const struct cs_request *r);

/* The one of that name, if who asks may see it. */
CS_MUST_USE bool cs_share_find(const struct cs_request *r, struct cs_span name,
			       struct cs_share *out);

/*
 * Those that who asks may see, each on its own: everything first. Returns how
 * many; @out has room for all owners and one more.
 */
size_t cs_share_each(const struct cs_request *r, struct cs_share *out);

const char *cs_share_name(const struct cs_serve *serve, struct cs_share share);

/* "2026-11-21-scan_coap-acme-asn.csv" */
enum { CS_SHARE_FILE = 128 };
void cs_share_file(const struct cs_serve *serve, struct cs_share share, int32_t day,
		   char out[CS_SHARE_FILE]);

/* How many rows it has on a day. What cs_days_tally() gives; CS_ERR_NOT_FOUND */
CS_MUST_USE enum cs_err cs_share_count(struct cs_request *r, struct cs_share share,
				       const struct cs_store_day *day, uint64_t *n);

/* Only those rows. */
void cs_share_limit(const struct cs_serve *serve, struct cs_share share,
		    struct cs_query *query);
