/* SPDX-License-Identifier: Apache-2.0 */
/* The API's module "reports", what of it is about rows: query. */
#include <stdlib.h>

#include "serve/api.h"
#include "serve/rows.h"
#include "serve/share.h"

/* --- the model's query --- */

static struct cs_span sort_of(const struct cs_api_query *q)
{
	if (q->order == CS_API_BY_COLUMN)
		return q->sort;
	return cs_span_str(q->order == CS_API_ASCENDING ? "timestamp" : "-timestamp");
}

static bool make_query(struct cs_request *r, const struct cs_api_query *q,
		       struct cs_query *out)
{
	struct cs_share share = cs_share_of(r);

	*out = (struct cs_query){ .n_fields = q->n_fields, .sort = sort_of(q) };
	if (q->n_reports > 1) {
		cs_answer_error(r, 400, "report: want one name here");
		return false;
	}
	if (q->n_reports == 1 && !cs_share_find(r, q->reports[0], &share)) {
		cs_answer_error(r, 400, "report: not one of reports/subscribed");
		return false;
	}
	for (size_t i = 0; i < q->n_fields; i++) {
		out->field[i].name = q->field[i].name;
		out->field[i].value = q->field[i].value;
	}
	cs_share_limit(r->serve, share, out);
	return true;
}

static void failed(struct cs_request *r, enum cs_err err, const char *why)
{
	if (err == CS_ERR_USAGE)
		cs_answer_error(r, 400, "%s", why);
	else
		cs_answer_failed(r, err);
}

/* --- days --- */

struct asked {
	struct cs_rows_want rows; /* days that are held, in the order of the answer */
	size_t n;
};

static bool take_day(struct cs_request *r, struct asked *a, int32_t day)
{
	struct cs_rows_want *w = &a->rows;
	enum cs_err err;

	if (w->n_parts == CS_ROWS_PARTS) {
		cs_answer_error(r, 400,
				"date: want at most %d days with data in one request",
				CS_ROWS_PARTS);
		return false;
	}
	err = cs_days_get(r->serve->days, day, &w->part[w->n_parts].day);
	if (err == CS_ERR_NOT_FOUND)
		return true; /* pruned a moment ago */
	if (err) {
		failed(r, err, "");
		return false;
	}
	w->n_parts++;
	return true;
}

/* Ascending, but for an order that begins with the newest. */
static bool take_days(struct cs_request *r, const struct cs_api_query *q, struct asked *a)
{
	bool up = q->order == CS_API_ASCENDING;
	struct cs_store_day *list;
	size_t n;
	int32_t newest;
	enum cs_err err;

	if (q->other_types)
		return true;
	if (!q->has_days) {
		err = cs_days_newest(r->serve->days, &newest);
		if (err == CS_ERR_NOT_FOUND)
			return true;
		if (!err)
			return take_day(r, a, newest);
		failed(r, err, "");
		return false;
	}
	err = cs_days_list(r->serve->days, &r->arena, &list, &n);
	if (err) {
		failed(r, err, "");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct cs_store_day *d = &list[up ? i : n - 1 - i];

		if (d->rows > 0 && d->day >= q->first && d->day <= q->last &&
		    !take_day(r, a, d->day))
			return false;
	}
	return true;
}

/* --- rows --- */

/* Leaves in each part what belongs to the page; parts follow one another. */
static enum cs_err find_rows(struct asked *a, struct cs_query *query, uint64_t skip,
			     uint64_t limit, char why[CS_QUERY_WHY])
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < a->rows.n_parts; i++) {
		struct cs_rows_part *p = &a->rows.part[i];
		uint64_t total = 0;

		p->found = malloc((size_t)(limit + 1) * sizeof(*p->found));
		if (!p->found)
			return CS_ERR_NOMEM;
		query->offset = skip;
		query->limit = limit;
		err = cs_query_run(cs_day_model(p->day), query, p->found, &p->n, &total,
				   why);
		skip -= total < skip ? total : skip;
		limit -= p->n;
	}
	return err;
}

static void send_rows(struct cs_request *r, const struct cs_api_query *q,
		      struct cs_query *query, struct asked *a)
{
	char why[CS_QUERY_WHY] = "";
	enum cs_err err;

	a->rows.form = CS_ROWS_JSON;
	err = find_rows(a, query, (q->page - 1) * q->limit, q->limit, why);
	if (err) {
		cs_rows_drop(&a->rows);
		failed(r, err, why);
		return;
	}
	err = cs_rows_stream(&a->rows, &r->answer.stream);
	if (err) {
		failed(r, err, "");
		return;
	}
	r->answer.status = 200;
	r->answer.type = CS_TYPE_JSON;
}

/* --- facets --- */

static int by_key(const void *x, const void *y)
{
	const struct cs_facet *a = x, *b = y;
	size_t len = a->key.len < b->key.len ? a->key.len : b->key.len;
	int order = len ? memcmp(a->key.ptr, b->key.ptr, len) : 0;

	return order ? order : (a->key.len > b->key.len) - (a->key.len < b->key.len);
}

static int most_first(const void *x, const void *y)
{
	const struct cs_facet *a = x, *b = y;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return by_key(x, y);
}

/* Makes one of the values of all days that are equal; returns how many are left. */
static size_t add_up(struct cs_facet *all, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(all, n, sizeof(*all), by_key);
	for (size_t i = 0; i < n; i++)
		if (kept > 0 && cs_span_eq(all[kept - 1].key, all[i].key))
			all[kept - 1].n += all[i].n;
		else
			all[kept++] = all[i];
	if (kept > 0)
		qsort(all, kept, sizeof(*all), most_first);
	return kept;
}

static enum cs_err count_facets(struct cs_request *r, const struct cs_api_query *q,
				struct cs_query *query, struct asked *a,
				struct cs_facet **all, char why[CS_QUERY_WHY])
{
	/* Few values of many days, or many of one: the sum is bounded either way. */
	size_t parts = a->rows.n_parts, most = parts > 1 ? CS_API_PRESET : CS_API_ROWS;
	enum cs_err err = CS_OK;

	*all = cs_arena_array(&r->arena, parts * most + 1, sizeof(**all));
	if (!*all)
		return CS_ERR_NOMEM;
	for (size_t i = 0; !err && i < parts; i++) {
		struct cs_facet *more;
		size_t n = 0;

		err = cs_query_facet(cs_day_model(a->rows.part[i].day), query, q->facet,
				     most, &r->arena, &more, &n, why);
		if (!err && n > 0)
			memcpy(*all + a->n, more, n * sizeof(**all));
		a->n += err ? 0 : n;
	}
	a->n = add_up(*all, a->n);
	return err;
}

static void send_facets(struct cs_request *r, const struct cs_api_query *q,
			struct cs_query *query, struct asked *a)
{
	struct cs_facet *all;
	char why[CS_QUERY_WHY] = "";
	enum cs_err err = count_facets(r, q, query, a, &all, why);
	uint64_t at = (q->page - 1) * q->limit;
	struct cs_json j;

	if (err) {
		failed(r, err, why);
	} else if (cs_api_begin(r, &j)) {
		cs_json_array(&j);
		for (uint64_t n = 0; n < q->limit && at < a->n; n++, at++) {
			cs_json_object(&j);
			cs_json_key(&j, "value");
			cs_json_string(&j, all[at].key);
			cs_json_key(&j, "count");
			cs_json_uint(&j, all[at].n);
			cs_json_object_end(&j);
		}
		cs_json_array_end(&j);
		cs_json_line(&j);
	}
	cs_rows_drop(&a->rows);
}

void cs_api_rows(struct cs_request *r)
{
	struct asked a = { 0 };
	struct cs_api_query q;
	struct cs_query query;

	if (!cs_api_enter(r, &q) || !make_query(r, &q, &query))
		return;
	if (!take_days(r, &q, &a)) {
		cs_rows_drop(&a.rows);
		return;
	}
	if (q.facet.len)
		send_facets(r, &q, &query, &a);
	else
		send_rows(r, &q, &query, &a);
}
