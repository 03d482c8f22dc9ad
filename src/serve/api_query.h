/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_query: what a request to the Reports API says. Its JSON is a stranger's:
 * bounded in size, depth and members, no key twice, no NUL, well-formed UTF-8.
 * Keys that we do not know are not looked at, as their clients send more than we
 * need; numbers may stand as text, as some of them send that.
 */
#pragma once

#include "base/arena.h"
#include "report/model.h"

enum {
	CS_API_WHY = 256,
	CS_API_DEPTH = 8,     /* of objects and arrays */
	CS_API_MEMBERS = 64,  /* of one object or array */
	CS_API_NAMES = 32,    /* of reports or types */
	CS_API_ROWS = 10000,  /* of one answer at most, as theirs */
	CS_API_PRESET = 1000, /* rows when no limit is given */
};

enum cs_api_order { CS_API_DESCENDING, CS_API_ASCENDING, CS_API_BY_COLUMN };

/* Every span is in the arena. */
struct cs_api_query {
	struct cs_span key;
	bool has_days;
	int32_t first, last; /* days, first <= last */
	struct cs_span reports[CS_API_NAMES];
	size_t n_reports; /* 0: all that the key sees */
	bool other_types; /* types were named, and scan_coap was not one of them */
	struct {
		struct cs_span name, value;
	} field[CS_QUERY_FIELDS];
	size_t n_fields;
	enum cs_api_order order; /* by timestamp */
	struct cs_span sort;     /* BY_COLUMN: "column" or "-column" */
	struct cs_span facet;    /* or empty */
	struct cs_span type;     /* the last that was named, or empty */
	struct cs_span id;       /* or empty */
	uint64_t limit, page;    /* 1 to CS_API_ROWS; from 1 */
	bool detail;
};

/*
 * Reads @body. @today is what "now" means in a date.
 * CS_ERR_SYNTAX, CS_ERR_RANGE: @why says what, and what would be right; query.key may be
 * set then. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_api_query_read(struct cs_span body, int32_t today,
					  struct cs_arena *arena,
					  struct cs_api_query *query,
					  char why[CS_API_WHY]);
