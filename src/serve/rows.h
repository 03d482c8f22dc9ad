/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows: rows of one or several days as a report's CSV or as JSON objects by the
 * same 18 names, made while they are sent: memory is that of some rows, however
 * many there are.
 */
#pragma once

#include "serve/days.h"
#include "serve/request.h"

enum cs_rows_form { CS_ROWS_CSV, CS_ROWS_JSON };

enum { CS_ROWS_PARTS = 31 /* days of one answer at most */ };

/* Rows of one day. */
struct cs_rows_part {
	struct cs_day *day;
	uint32_t *found; /* which rows, on the heap; NULL: all of the owner's */
	size_t n;
};

struct cs_rows_want {
	enum cs_rows_form form;
	const struct cs_owners *owners; /* with .owner: only that one's; or NULL: all */
	uint32_t owner;
	struct cs_rows_part part[CS_ROWS_PARTS];
	size_t n_parts;
};

/* A stream of them; owns the days and what was found from here on, also on error. */
CS_MUST_USE enum cs_err cs_rows_stream(const struct cs_rows_want *want,
				       struct cs_stream **out);

/* Gives days and what was found back. */
void cs_rows_drop(struct cs_rows_want *want);

/* One row as an object of the 18 columns. */
struct cs_json;
void cs_rows_json(struct cs_json *j, const struct cs_service *service);

/* The 18 names, in the order of the report's page. */
enum { CS_ROWS_COLUMNS = 18 };
const char *cs_rows_column(size_t i);
bool cs_rows_column_is_number(size_t i);
