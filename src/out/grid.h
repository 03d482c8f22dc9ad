/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid: a table for people that is known whole before it is printed. Columns
 * are as wide as what stands in them, those that are empty are left out, and
 * where the terminal is narrower, cells go on in the next line: nothing is cut
 * off. Cells may be strangers' bytes: they are escaped as in term.h.
 */
#pragma once

#include "base/arena.h"
#include "out/term.h"

enum { CS_GRID_COLUMNS = 12 };

/* Zeroed, then cs_grid_begin(). */
struct cs_grid {
	struct cs_arena arena; /* owned: the cells' texts */
	const char *const *heads;
	size_t n_columns;
	unsigned left_out; /* a bit a column */
	struct cs_grid_row *first, *last;
	enum cs_err err; /* CS_ERR_NOMEM sticks */
};

/* @heads (static storage) are the names of the columns. */
void cs_grid_begin(struct cs_grid *grid, const char *const *heads, size_t n_columns);
void cs_grid_clear(struct cs_grid *grid);

/* Begins a row whose first cell is indented by @indent columns. */
void cs_grid_row(struct cs_grid *grid, size_t indent, enum cs_term_style style);

/* Appends to a cell of the row begun last, with a blank before it if need be. */
void cs_grid_put(struct cs_grid *grid, size_t column, struct cs_span bytes);

/* Likewise a text of this program's own. */
void cs_grid_put_str(struct cs_grid *grid, size_t column, const char *text);

/* Likewise a number, as wide as @most, so that they stand right under each other. */
void cs_grid_put_number(struct cs_grid *grid, size_t column, uint64_t n, uint64_t most);

/* Likewise "name=value". */
void cs_grid_put_pair(struct cs_grid *grid, size_t column, struct cs_span name,
		      struct cs_span value);

/*
 * Leaves out columns, in the order of @columns, until the others stand side by side in
 * @width columns (0: no limit): no cell would be broken that is not longer than a
 * sentence's few words. For tables whose rows shall be a line each.
 */
void cs_grid_leave_out(struct cs_grid *grid, const size_t *columns, size_t n,
		       size_t width);

/*
 * Prints heads and rows into @width columns (0: no limit), whole as they are
 * where each column's own width fits. CS_ERR_NOMEM when a cell was lost:
 * nothing is printed then.
 */
CS_MUST_USE enum cs_err cs_grid_print(const struct cs_grid *grid, FILE *to, size_t width,
				      bool colour);
