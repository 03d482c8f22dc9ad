/* SPDX-License-Identifier: Apache-2.0 */
/* Counting rows by a column's values. */
#include <stdio.h>
#include <stdlib.h>

#include "base/shown.h"
#include "report/column.h"
#include "report/first.h"
#include "report/fold.h"
#include "report/keep.h"
#include "report/radix.h"

/* A value that was seen: a text, or a number. */
struct value {
	struct cs_span text;
	uint64_t number, n;
};

struct values {
	const struct cs_model *model;
	const struct cs_column *column;
	struct value *at; /* owned */
	size_t n, cap;
};

static enum cs_err add(struct values *values, struct value value)
{
	size_t cap = values->cap ? 2 * values->cap : 64;
	struct value *more;

	if (values->n == values->cap) {
		more = reallocarray(values->at, cap, sizeof(*more));
		if (!more)
			return CS_ERR_NOMEM;
		values->at = more;
		values->cap = cap;
	}
	values->at[values->n++] = value;
	return CS_OK;
}

static int by_text(const void *a, const void *b)
{
	return cs_texts_order(((const struct value *)a)->text,
			      ((const struct value *)b)->text);
}

/* Most first; then by text, or by number. */
static int by_count(const void *arg, uint32_t a, uint32_t b)
{
	const struct values *values = arg;
	const struct value *x = &values->at[a], *y = &values->at[b];

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (values->column->kind == CS_COLUMN_NUMBER)
		return (x->number > y->number) - (x->number < y->number);
	return cs_texts_order(x->text, y->text);
}

static enum cs_err count_numbers(struct values *values, const struct cs_keep *keep)
{
	const struct cs_model *m = values->model;
	struct cs_radix_item *items = calloc(keep->total + 1, sizeof(*items));
	size_t n = 0;
	enum cs_err err;

	if (!items)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < m->n; i++)
		if (keep->row[i])
			items[n++].key = values->column->number(m, i);
	err = cs_radix_sort(items, n);
	for (size_t i = 0, end; !err && i < n; i = end) {
		for (end = i; end < n && items[end].key == items[i].key; end++)
			;
		err = add(values, (struct value){ .number = items[i].key, .n = end - i });
	}
	free(items);
	return err;
}

/* Each tag of a list for itself. */
static enum cs_err add_tags(struct values *values, struct cs_span list, uint64_t n)
{
	enum cs_err err = CS_OK;

	while (!err) {
		const uint8_t *end = list.len ? memchr(list.ptr, ';', list.len) : NULL;
		size_t len = end ? (size_t)(end - list.ptr) : list.len;

		err = add(values,
			  (struct value){ .text = cs_span_of(list.ptr, len), .n = n });
		if (!end)
			break;
		list = cs_span_of(end + 1, list.len - len - 1);
	}
	return err;
}

/* Makes one of the values that are equal. */
static void merge(struct values *values)
{
	size_t n = 0;

	if (values->n > 0)
		qsort(values->at, values->n, sizeof(values->at[0]), by_text);
	for (size_t i = 0; i < values->n; i++)
		if (n > 0 && cs_span_eq(values->at[n - 1].text, values->at[i].text))
			values->at[n - 1].n += values->at[i].n;
		else
			values->at[n++] = values->at[i];
	values->n = n;
}

static enum cs_err count_texts(struct values *values, const struct cs_keep *keep)
{
	const struct cs_model *m = values->model;
	bool list = values->column->is == cs_fold_has_tag;
	uint64_t *counts = calloc(m->texts.n, sizeof(*counts));
	enum cs_err err = CS_OK;

	if (!counts)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < m->n; i++)
		if (keep->row[i])
			counts[cs_column_text(values->column, m, i)]++;
	for (uint32_t i = 0; !err && i < m->texts.n; i++) {
		struct cs_span text = cs_texts_at(&m->texts, i);

		if (counts[i] > 0)
			err = list ? add_tags(values, text, counts[i])
				   : add(values,
					 (struct value){ .text = text, .n = counts[i] });
	}
	if (list)
		merge(values);
	free(counts);
	return err;
}

/* The number as text; what is not known is the empty key. */
static enum cs_err write_key(const struct values *values, const struct value *value,
			     struct cs_arena *arena, struct cs_span *key)
{
	char text[CS_COLUMN_TEXT] = "";
	char *copy;

	if (value->number > 0)
		values->column->write(values->model, value->number, text);
	copy = cs_arena_text(arena, cs_span_str(text));
	*key = cs_span_str(copy ? copy : "");
	return copy ? CS_OK : CS_ERR_NOMEM;
}

static enum cs_err pick(const struct values *values, size_t most, struct cs_arena *arena,
			struct cs_facet **facets, size_t *n)
{
	uint32_t *order = calloc(values->n + 1, sizeof(*order));
	bool numbers = values->column->kind == CS_COLUMN_NUMBER;
	enum cs_err err = order ? CS_OK : CS_ERR_NOMEM;

	for (uint32_t i = 0; !err && i < values->n; i++)
		order[i] = i;
	*n = err ? 0 : cs_first(order, values->n, most, by_count, values);
	*facets = cs_arena_array(arena, *n + 1, sizeof(**facets));
	if (!*facets)
		err = CS_ERR_NOMEM;
	for (size_t i = 0; !err && i < *n; i++) {
		const struct value *value = &values->at[order[i]];

		(*facets)[i] = (struct cs_facet){ .key = value->text, .n = value->n };
		if (numbers)
			err = write_key(values, value, arena, &(*facets)[i].key);
	}
	free(order);
	return err;
}

enum cs_err cs_facet_kept(const struct cs_model *m, const struct cs_keep *keep,
			  const struct cs_column *column, size_t most,
			  struct cs_arena *arena, struct cs_facet **facets, size_t *n)
{
	struct values values = { .model = m, .column = column };
	enum cs_err err = column->kind == CS_COLUMN_NUMBER ? count_numbers(&values, keep)
							   : count_texts(&values, keep);

	*n = 0;
	if (!err)
		err = pick(&values, most, arena, facets, n);
	free(values.at);
	return err;
}

enum cs_err cs_query_facet(const struct cs_model *m, const struct cs_query *query,
			   struct cs_span name, size_t most, struct cs_arena *arena,
			   struct cs_facet **facets, size_t *n, char why[CS_QUERY_WHY])
{
	const struct cs_column *column = cs_column_find(name);
	struct cs_keep keep;
	char shown[40];
	enum cs_err err;

	*n = 0;
	if (!column) {
		(void)snprintf(why, CS_QUERY_WHY, "facet '%s': want a column",
			       cs_shown(name, shown, sizeof(shown)));
		return CS_ERR_USAGE;
	}
	err = cs_keep_find(m, query, &keep, why);
	if (!err)
		err = cs_facet_kept(m, &keep, column, most, arena, facets, n);
	cs_keep_clear(&keep);
	return err;
}
