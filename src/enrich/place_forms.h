/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place_forms: the text forms in which routing and country files come, a row of
 * a table each. Which one a file has is told by its first line of data.
 */
#pragma once

#include "enrich/place_table.h"

enum { CS_PLACE_CELLS = 5 };

/* One line, cut. */
struct cs_place_cells {
	struct cs_span at[CS_PLACE_CELLS]; /* the last has all that is left */
	size_t n;
};

/* What a line says, or what is wrong with it. */
struct cs_place_line {
	struct cs_range range;
	struct cs_place place; /* borrowed from the line */
	bool nothing;          /* a good line that says nothing: a default route */
	struct cs_span bad;    /* on error: the piece of the line */
	const char *want;      /* ... and what would be right */
};

struct cs_place_form {
	const char *name; /* as cs_source_note has it */
	char separator;
	size_t cells;
	/* Whether a line that is cut like this one may be of this form; NULL: yes. */
	bool (*looks)(const struct cs_place_cells *cells);
	/* CS_ERR_SYNTAX, CS_ERR_RANGE: .bad and .want are set */
	enum cs_err (*read)(const struct cs_place_cells *cells,
			    struct cs_place_line *line);
};

/* The form of a file whose first line of data this is, or NULL. */
const struct cs_place_form *cs_place_form_of(struct cs_span line);

/*
 * Takes the next line of data off @text: without its end, comments (# and %)
 * and blank lines passed over, each counted in *@number. False at the end.
 */
CS_MUST_USE bool cs_place_next_line(struct cs_span *text, uint64_t *number,
				    struct cs_span *line);

/* Why a file could not be read; borrowed from its text. */
struct cs_place_fault {
	uint64_t line;      /* from 1; 0: the file as a whole */
	struct cs_span bad; /* empty: the line is not cut as it should be */
	const char *want;
};

/*
 * Reads all of a file's @text into @table, which is settled then. *@form is
 * set when the file is one of ours.
 * CS_ERR_FOREIGN  its first line is of none of the forms
 * CS_ERR_SYNTAX, CS_ERR_RANGE  a line: see @fault
 * CS_ERR_NOMEM, CS_ERR_FULL
 */
CS_MUST_USE enum cs_err cs_place_read_text(struct cs_span text,
					   struct cs_place_table *table,
					   const struct cs_place_form **form,
					   uint64_t *records,
					   struct cs_place_fault *fault);
