/* SPDX-License-Identifier: Apache-2.0 */
#include "out/grid.h"

#include <inttypes.h>
#include <string.h>

enum {
	GAP = 2,            /* blanks between columns */
	NARROWEST = 8,      /* columns are not made narrower than this */
	BREAKABLE = 20,     /* what is longer may go on in the next line */
	ESCAPE_COLUMNS = 4, /* \xNN, the longest that one byte becomes */
	INDENT_MAX = 24,    /* deeper is shown as that deep */
};

struct cell {
	char *text; /* escaped, in the arena; NULL is empty */
	size_t len, cap;
};

struct cs_grid_row {
	struct cs_grid_row *next;
	size_t indent;
	enum cs_term_style style;
	struct cell cells[];
};

void cs_grid_begin(struct cs_grid *grid, const char *const *heads, size_t n_columns)
{
	*grid = (struct cs_grid){ .heads = heads, .n_columns = n_columns };
	if (n_columns > CS_GRID_COLUMNS)
		grid->n_columns = CS_GRID_COLUMNS;
}

void cs_grid_clear(struct cs_grid *grid)
{
	cs_arena_clear(&grid->arena);
	grid->first = grid->last = NULL;
}

void cs_grid_row(struct cs_grid *grid, size_t indent, enum cs_term_style style)
{
	size_t size = sizeof(struct cs_grid_row) + grid->n_columns * sizeof(struct cell);
	struct cs_grid_row *row = cs_arena_alloc(&grid->arena, size);

	if (!row) {
		grid->err = CS_ERR_NOMEM;
		return;
	}
	row->indent = indent < INDENT_MAX ? indent : INDENT_MAX;
	row->style = style;
	if (grid->last)
		grid->last->next = row;
	else
		grid->first = row;
	grid->last = row;
}

/* Room for @more bytes behind the cell's text, with what is needed later, too. */
static bool make_room(struct cs_grid *grid, struct cell *cell, size_t more)
{
	size_t cap = cell->len + more;
	char *text;

	if (cap <= cell->cap)
		return true;
	cap += cell->cap; /* doubling: a cell of many parts costs no more than twice */
	text = cs_arena_alloc(&grid->arena, cap);
	if (!text) {
		grid->err = CS_ERR_NOMEM;
		return false;
	}
	if (cell->len > 0)
		memcpy(text, cell->text, cell->len);
	cell->text = text;
	cell->cap = cap;
	return true;
}

/* Appends @n parts to a cell, escaped, without a blank between them. */
static void put(struct cs_grid *grid, size_t column, const struct cs_span *parts,
		size_t n)
{
	size_t more = 2; /* blank and NUL */

	if (!grid->last || grid->err)
		return;

	struct cell *cell = &grid->last->cells[column];

	for (size_t i = 0; i < n; i++)
		more += parts[i].len * ESCAPE_COLUMNS;
	if (!make_room(grid, cell, more))
		return;
	if (cell->len > 0)
		cell->text[cell->len++] = ' ';
	for (size_t i = 0; i < n; i++) {
		char *end = cell->text + cell->len;

		(void)cs_term_text_in(end, cell->cap - cell->len, parts[i]);
		cell->len += strlen(end);
	}
}

void cs_grid_put(struct cs_grid *grid, size_t column, struct cs_span bytes)
{
	put(grid, column, &bytes, 1);
}

void cs_grid_put_str(struct cs_grid *grid, size_t column, const char *text)
{
	cs_grid_put(grid, column, cs_span_str(text));
}

void cs_grid_put_number(struct cs_grid *grid, size_t column, uint64_t n, uint64_t most)
{
	char text[sizeof("18446744073709551615")];
	int width = snprintf(text, sizeof(text), "%" PRIu64, most);

	(void)snprintf(text, sizeof(text), "%*" PRIu64, width, n);
	cs_grid_put_str(grid, column, text);
}

void cs_grid_put_pair(struct cs_grid *grid, size_t column, struct cs_span name,
		      struct cs_span value)
{
	const struct cs_span parts[] = { name, cs_span_str("="), value };

	put(grid, column, parts, CS_LEN(parts));
}

struct layout {
	size_t width[CS_GRID_COLUMNS]; /* 0: the column is empty, left out */
	size_t n;                      /* columns */
};

static size_t indent_of(const struct cs_grid_row *row, size_t column)
{
	return column == 0 ? row->indent : 0;
}

static void measure(const struct cs_grid *grid, struct layout *layout)
{
	layout->n = grid->n_columns;
	for (const struct cs_grid_row *row = grid->first; row; row = row->next)
		for (size_t i = 0; i < layout->n; i++) {
			size_t len = indent_of(row, i) + row->cells[i].len;

			if (row->cells[i].len > 0 && !(grid->left_out >> i & 1) &&
			    len > layout->width[i])
				layout->width[i] = len;
		}
	for (size_t i = 0; i < layout->n; i++) {
		size_t head = strlen(grid->heads[i]);

		if (layout->width[i] > 0 && layout->width[i] < head)
			layout->width[i] = head;
	}
}

static size_t total(const struct layout *layout)
{
	size_t sum = 0;

	for (size_t i = 0; i < layout->n; i++)
		if (layout->width[i] > 0)
			sum += layout->width[i] + (sum > 0 ? GAP : 0);
	return sum;
}

/* How wide it is when long cells are broken; what a row begins with never is. */
static size_t broken_total(const struct layout *layout)
{
	struct layout broken = *layout;

	for (size_t i = 1; i < broken.n; i++)
		if (broken.width[i] > BREAKABLE)
			broken.width[i] = BREAKABLE;
	return total(&broken);
}

void cs_grid_leave_out(struct cs_grid *grid, const size_t *columns, size_t n,
		       size_t width)
{
	struct layout layout = { .n = 0 };

	if (width == 0)
		return;
	measure(grid, &layout);
	for (size_t i = 0; i < n && broken_total(&layout) > width; i++) {
		grid->left_out |= 1u << columns[i];
		layout.width[columns[i]] = 0;
	}
}

/*
 * The widest column gives way to the next widest, until all fit. What a row
 * begins with is what is looked for and copied, an address: in a third of the
 * width it stays in one piece.
 */
static void squeeze(struct layout *layout, size_t width)
{
	size_t start = layout->width[0] <= width / 3 ? 1 : 0;

	for (size_t sum = total(layout); sum > width;) {
		size_t widest = start, second = NARROWEST, give;

		for (size_t i = start + 1; i < layout->n; i++)
			if (layout->width[i] > layout->width[widest])
				widest = i;
		for (size_t i = start; i < layout->n; i++)
			if (i != widest && layout->width[i] > second)
				second = layout->width[i];
		if (layout->width[widest] <= NARROWEST)
			return;
		give = layout->width[widest] - second;
		if (give == 0)
			give = 1;
		if (give > sum - width)
			give = sum - width;
		layout->width[widest] -= give;
		sum -= give;
	}
}

/*
 * How much of @text goes into a line of @room columns: up to the last blank
 * where there is one, never a part of an escape.
 */
static size_t line_len(const char *text, size_t len, size_t room)
{
	size_t blank = 0, at = 0;

	if (len <= room)
		return len;
	while (at < room) {
		size_t n = text[at] != '\\' ? 1 : text[at + 1] == 'x' ? 4 : 2;

		if (at + n > room)
			break;
		if (text[at] == ' ')
			blank = at + 1;
		at += n;
	}
	if (blank > room / 3)
		return blank;
	return at > 0 ? at : room;
}

/* What of a cell is still to be printed. */
struct piece {
	const char *text;
	size_t len;
};

static void spaces(FILE *to, size_t n)
{
	(void)fprintf(to, "%*s", (int)n, "");
}

/*
 * Prints one line's worth of a cell and takes it off. What follows it is
 * padded only when another cell stands behind: *@pending blanks are owed.
 */
static void print_piece(FILE *to, struct piece *cell, size_t indent, size_t width,
			size_t *pending)
{
	size_t room = width > indent ? width - indent : 1;
	size_t n = line_len(cell->text, cell->len, room);
	size_t used = indent + n;

	if (n > 0) {
		spaces(to, *pending + indent);
		(void)fwrite(cell->text, 1, n, to);
		*pending = 0;
		cell->text += n;
		cell->len -= n;
	} else {
		used = 0;
	}
	*pending += (width > used ? width - used : 0) + GAP;
}

static void print_row(const struct layout *layout, const struct cs_grid_row *row,
		      FILE *to, bool colour)
{
	struct piece left[CS_GRID_COLUMNS];
	bool more = true;

	for (size_t i = 0; i < layout->n; i++)
		left[i] = (struct piece){ row->cells[i].text, row->cells[i].len };
	for (bool first = true; more; first = false) {
		size_t pending = 0;

		more = false;
		cs_term_style(to, colour && row->style != CS_TERM_PLAIN, row->style);
		for (size_t i = 0; i < layout->n; i++) {
			/* What goes on stands a little further in. */
			size_t indent = indent_of(row, i) + (i == 0 && !first ? 2 : 0);

			if (layout->width[i] == 0)
				continue;
			print_piece(to, &left[i], indent, layout->width[i], &pending);
			more = more || left[i].len > 0;
		}
		cs_term_style(to, colour && row->style != CS_TERM_PLAIN, CS_TERM_PLAIN);
		(void)fputc('\n', to);
	}
}

static void print_heads(const struct cs_grid *grid, const struct layout *layout, FILE *to,
			bool colour)
{
	size_t pending = 0;

	cs_term_style(to, colour, CS_TERM_BOLD);
	for (size_t i = 0; i < layout->n; i++) {
		struct piece head = { grid->heads[i], strlen(grid->heads[i]) };

		if (layout->width[i] > 0)
			print_piece(to, &head, 0, layout->width[i], &pending);
	}
	cs_term_style(to, colour, CS_TERM_PLAIN);
	(void)fputc('\n', to);
}

enum cs_err cs_grid_print(const struct cs_grid *grid, FILE *to, size_t width, bool colour)
{
	struct layout layout = { .n = 0 };

	if (grid->err)
		return grid->err;
	measure(grid, &layout);
	if (width > 0)
		squeeze(&layout, width);
	print_heads(grid, &layout, to, colour);
	for (const struct cs_grid_row *row = grid->first; row; row = row->next)
		print_row(&layout, row, to, colour);
	return CS_OK;
}
