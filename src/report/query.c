/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/shown.h"
#include "report/column.h"
#include "report/first.h"
#include "report/keep.h"
#include "report/radix.h"

/* Where results go, and which of those that match. */
struct page {
	uint64_t skip, room;
	uint32_t *found;
	size_t n;
};

/* The next one in order; false when no more are wanted. */
static bool take(struct page *page, uint32_t row)
{
	if (page->n == page->room)
		return false;
	if (page->skip > 0)
		page->skip--;
	else
		page->found[page->n++] = row;
	return true;
}

static void page_worst(const struct cs_model *m, const struct cs_keep *keep,
		       struct page *page)
{
	for (size_t i = 0; i < m->n; i++)
		if (keep->row[m->worst[i]] && !take(page, m->worst[i]))
			return;
}

/* By numbers: all at once, which costs the same for every page. */
static enum cs_err page_numbers(const struct cs_model *m, const struct cs_keep *keep,
				const struct cs_column *column, bool down,
				struct page *page)
{
	struct cs_radix_item *items = calloc(keep->total + 1, sizeof(*items));
	size_t n = 0;
	enum cs_err err;

	if (!items)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < m->n; i++)
		if (keep->row[i]) {
			uint64_t number = column->number(m, i);

			items[n].i = (uint32_t)i;
			items[n++].key = down ? ~number : number;
		}
	err = cs_radix_sort(items, n);
	for (size_t i = 0; !err && i < n && take(page, items[i].i); i++)
		;
	free(items);
	return err;
}

struct by_text {
	const struct cs_model *model;
	const struct cs_column *column;
	bool down;
};

static int text_order(const void *arg, uint32_t a, uint32_t b)
{
	const struct by_text *by = arg;
	uint32_t x = cs_column_text(by->column, by->model, a);
	uint32_t y = cs_column_text(by->column, by->model, b);
	int order = 0;

	if (x != y)
		order = cs_texts_order(cs_texts_at(&by->model->texts, x),
				       cs_texts_at(&by->model->texts, y));
	if (order != 0)
		return by->down ? -order : order;
	return (a > b) - (a < b);
}

/* By texts: only as far as the page goes. */
static enum cs_err page_texts(const struct by_text *by, const struct cs_keep *keep,
			      struct page *page)
{
	uint32_t *rows = calloc(keep->total + 1, sizeof(*rows));
	uint64_t most = page->skip + page->room;
	size_t n = 0;

	if (!rows)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < by->model->n; i++)
		if (keep->row[i])
			rows[n++] = (uint32_t)i;
	if (most < page->skip || most > n)
		most = n;
	n = cs_first(rows, n, (size_t)most, text_order, by);
	for (size_t i = 0; i < n && take(page, rows[i]); i++)
		;
	free(rows);
	return CS_OK;
}

static enum cs_err page_by(const struct cs_model *m, const struct cs_keep *keep,
			   struct cs_span sort, struct page *page, char why[CS_QUERY_WHY])
{
	bool down = sort.ptr[0] == '-';
	struct by_text by = { .model = m, .down = down };
	char shown[40];

	by.column = cs_column_find(cs_span_of(sort.ptr + down, sort.len - down));
	if (!by.column) {
		(void)snprintf(why, CS_QUERY_WHY,
			       "sort '%s': want a column, or - and a column",
			       cs_shown(sort, shown, sizeof(shown)));
		return CS_ERR_USAGE;
	}
	return by.column->kind == CS_COLUMN_NUMBER
		       ? page_numbers(m, keep, by.column, down, page)
		       : page_texts(&by, keep, page);
}

enum cs_err cs_query_run(const struct cs_model *m, const struct cs_query *query,
			 uint32_t *found, size_t *n, uint64_t *total,
			 char why[CS_QUERY_WHY])
{
	struct page page = { .skip = query->offset,
			     .room = query->limit,
			     .found = found };
	struct cs_keep keep;
	enum cs_err err = cs_keep_find(m, query, &keep, why);

	if (!err && query->sort.len > 0)
		err = page_by(m, &keep, query->sort, &page, why);
	else if (!err)
		page_worst(m, &keep, &page);
	*n = err ? 0 : page.n;
	*total = err ? 0 : keep.total;
	cs_keep_clear(&keep);
	return err;
}
