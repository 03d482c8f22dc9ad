/* SPDX-License-Identifier: Apache-2.0 */
/*
 * column: what rows can be asked for, sorted and counted by: the 18 columns of
 * a scan_coap report, and `stack`, `as_name`, `owner`. A column's values are
 * either texts, known by their number, or numbers.
 */
#pragma once

#include "report/rows.h"

enum cs_column_kind {
	CS_COLUMN_PLACE,  /* a text of the row's place */
	CS_COLUMN_JUDGED, /* a text of its judgement */
	CS_COLUMN_HOT,    /* a text of its own */
	CS_COLUMN_NUMBER,
};

enum { CS_COLUMN_TEXT = 48 }; /* a number as text, and its NUL */

/* Numbers both of which belong to it. */
struct cs_column_range {
	uint64_t lo, hi;
};

struct cs_column {
	const char *name;
	enum cs_column_kind kind;

	/* Texts. */
	size_t at; /* offset of the text's number in its struct of rows.h */
	/* Whether a text is what was asked for. */
	bool (*is)(struct cs_span text, struct cs_span asked);

	/* Numbers: the value and one more; 0 where it is not known. */
	uint64_t (*number)(const struct cs_model *model, size_t i);
	void (*write)(const struct cs_model *model, uint64_t number,
		      char out[CS_COLUMN_TEXT]);
	/* What was asked for, as such numbers; false: no value of this column. */
	bool (*read)(const struct cs_model *model, struct cs_span asked,
		     struct cs_column_range *out);
	const char *want; /* for people: what would be a value */
};

/* NULL: no such column. Static storage. */
const struct cs_column *cs_column_find(struct cs_span name);

/* The number of row @i's text; the column is none of numbers. */
uint32_t cs_column_text(const struct cs_column *column, const struct cs_model *model,
			size_t i);
