/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table: a heading with what was asked and what came, then a line a
 * resource, put under each other by their paths.
 */
#include "resources/write_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "coap/content_format.h"
#include "out/grid.h"
#include "resources/tree.h"

enum { PATH, TITLE, RT, IF, CT, SZ, OBS, OTHER, N_COLUMNS };

static const char *const heads[N_COLUMNS] = {
	"PATH", "TITLE", "RT", "IF", "CT", "SZ", "OBS", "OTHER ATTRIBUTES",
};

/* The attributes that have a column; the rest stands in OTHER with its name. */
static const struct {
	const char *name;
	size_t column;
} columns[] = {
	{ "title", TITLE }, { "rt", RT }, { "if", IF },
	{ "ct", CT },       { "sz", SZ }, { "obs", OBS },
};

static size_t column_of(struct cs_span name)
{
	for (size_t i = 0; i < CS_LEN(columns); i++)
		if (cs_span_eq(name, cs_span_str(columns[i].name)))
			return columns[i].column;
	return OTHER;
}

/* "json" of "application/json", "text" of "text/plain; charset=utf-8". */
static struct cs_span short_name(const char *type)
{
	const char *slash = strchr(type, '/');
	const char *from =
		slash && strncmp(type, "text/plain", 10) != 0 ? slash + 1 : type;

	return cs_span_of(from, strcspn(from, from == type ? "/;" : ";"));
}

/* A list of Content-Formats: each number with what it means, if that is known. */
static void put_formats(struct cs_grid *grid, struct cs_span value)
{
	for (size_t at = 0; at < value.len;) {
		size_t end = at;
		uint64_t n;
		struct cs_span word;

		while (end < value.len && value.ptr[end] != ' ')
			end++;
		word = cs_span_of(value.ptr + at, end - at);
		at = end + 1;
		if (word.len == 0)
			continue;
		cs_grid_put(grid, CT, word);

		const char *name = cs_num_u64(word, 0, UINT16_MAX, &n)
					   ? cs_content_format_name((uint32_t)n)
					   : NULL;

		if (name)
			cs_grid_put(grid, CT, short_name(name));
	}
}

static void put_attr(struct cs_grid *grid, const struct cs_link_attr *attr,
		     struct cs_span value)
{
	size_t column = column_of(attr->name);

	if (column == OBS)
		cs_grid_put(grid, OBS, attr->name);
	else if (column == OTHER && attr->has_value)
		cs_grid_put_pair(grid, OTHER, attr->name, value);
	else if (column == OTHER)
		cs_grid_put(grid, OTHER, attr->name);
	else if (column == CT)
		put_formats(grid, value);
	else
		cs_grid_put(grid, column, value);
}

/* @scratch has room for any value of the list. */
static void put_attrs(struct cs_grid *grid, const struct cs_link *link, uint8_t *scratch)
{
	struct cs_link_attrs w = cs_link_attrs_over(link);
	struct cs_link_attr attr;

	while (cs_link_attrs_next(&w, &attr)) {
		struct cs_span value = { 0 };

		if (attr.has_value && attr.value.len > 0)
			value = cs_span_of(scratch, cs_link_unquote(&attr, scratch));
		put_attr(grid, &attr, value);
	}
}

static void put_row(struct cs_grid *grid, const struct cs_tree_row *row, uint8_t *scratch)
{
	cs_grid_row(grid, (size_t)row->depth * 2,
		    row->is_link ? CS_TERM_PLAIN : CS_TERM_DIM);
	/* An empty target is legal: it means the list itself. */
	cs_grid_put(grid, PATH, row->label.len ? row->label : cs_span_str("<>"));
	if (row->is_link)
		put_attrs(grid, &row->link, scratch);
}

static enum cs_err print_tree(const struct cs_list_out *out, const struct cs_listing *l)
{
	uint8_t *scratch = malloc(l->links.len + 1);
	struct cs_arena arena = { 0 };
	struct cs_grid grid;
	struct cs_tree tree;
	enum cs_err err = CS_ERR_NOMEM;

	cs_grid_begin(&grid, heads, N_COLUMNS);
	if (scratch)
		err = cs_tree_build(l->links, &arena, &tree);
	if (!err) {
		for (size_t i = 0; i < tree.n; i++)
			put_row(&grid, &tree.rows[i], scratch);
		err = cs_grid_print(&grid, out->to, out->width, out->colour);
	}
	cs_grid_clear(&grid);
	cs_arena_clear(&arena);
	free(scratch);
	return err;
}

static void print_heading(const struct cs_list_out *out, const struct cs_listing *l)
{
	cs_term_style(out->to, out->colour, CS_TERM_BOLD);
	cs_term_text(out->to, l->uri);
	cs_term_style(out->to, out->colour, CS_TERM_PLAIN);
	(void)fputs("  ", out->to);
	if (l->error[0]) {
		cs_term_style(out->to, out->colour, CS_TERM_RED);
		(void)fputs(l->error, out->to);
		cs_term_style(out->to, out->colour, CS_TERM_PLAIN);
	}
	if (l->has_list) {
		(void)fprintf(out->to, "%s%zu", l->error[0] ? "; " : "", l->n_links);
		if (l->n_links != l->n_all)
			(void)fprintf(out->to, " of %zu", l->n_all);
		(void)fprintf(out->to, " resource%s, %u bytes in %u block%s",
			      cs_plural(l->n_all), l->size, l->blocks,
			      cs_plural(l->blocks));
	}
	(void)fputc('\n', out->to);
}

enum cs_err cs_list_write_table(const struct cs_list_out *out, const struct cs_listing *l)
{
	print_heading(out, l);
	return l->has_list && l->n_links > 0 ? print_tree(out, l) : CS_OK;
}
