/* SPDX-License-Identifier: Apache-2.0 */
/* page_services: the list of services as JSON, which may have to fit into a file. */
#pragma once

#include "report/page.h"

/*
 * As cs_page_write_services(), with at most @bytes of list: what does not fit is
 * left out at the end. @model NULL: a list of nothing, of a day that has no
 * data (@day INT32_MIN: of no day) or could not be read.
 */
struct cs_page_list {
	const struct cs_model *model;
	const struct cs_query *query;
	int32_t day;
	bool unreadable;
	size_t bytes;
	cs_page_seen_fn *seen; /* or NULL */
	void *seen_arg;
};
CS_MUST_USE enum cs_err cs_page_put_list(const struct cs_page_list *list, FILE *to,
					 char why[CS_QUERY_WHY]);
