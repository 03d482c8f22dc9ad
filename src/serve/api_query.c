/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/api_query.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json_look.h"
#include "base/num.h"

struct reading {
	struct cs_api_query *query;
	struct cs_arena *arena;
	int32_t today;
	char *why;
};

static enum cs_err wrong(const struct reading *r, const char *what)
{
	(void)snprintf(r->why, CS_API_WHY, "%s", what);
	return CS_ERR_SYNTAX;
}

/* --- the text, before a library sees it --- */

static bool only_blanks(const char *from, const char *end)
{
	for (; from < end; from++)
		if (!strchr(" \t\r\n", *from) || !*from)
			return false;
	return true;
}

/* --- what the library made of it --- */

/* Few members, and no key that stands twice: which of them holds is anybody's guess. */
static bool is_sound(const cJSON *item)
{
	size_t n = 0;

	for (const cJSON *a = item->child; a; a = a->next) {
		if (++n > CS_API_MEMBERS || !is_sound(a))
			return false;
		for (const cJSON *b = a->next; cJSON_IsObject(item) && b; b = b->next)
			if (strcmp(a->string, b->string) == 0)
				return false;
	}
	return true;
}

static enum cs_err keep(const struct reading *r, const char *text, struct cs_span *to)
{
	char *copy = cs_arena_text(r->arena, cs_span_str(text));

	if (!copy)
		return CS_ERR_NOMEM;
	*to = cs_span_str(copy);
	return CS_OK;
}

/* A string, or a whole number as text. False: neither. */
static bool is_value(const cJSON *item)
{
	return cJSON_IsString(item) || (cJSON_IsNumber(item) && item->valuedouble >= 0 &&
					item->valuedouble < 1e15);
}

static enum cs_err keep_value(const struct reading *r, const cJSON *item,
			      struct cs_span *to)
{
	char text[32];

	if (cJSON_IsString(item))
		return keep(r, item->valuestring, to);
	(void)snprintf(text, sizeof(text), "%.15g", item->valuedouble);
	return keep(r, text, to);
}

static bool read_number(const cJSON *item, uint64_t most, uint64_t *n)
{
	if (cJSON_IsString(item))
		return cs_num_u64(cs_span_str(item->valuestring), 1, most, n);
	if (!cJSON_IsNumber(item) || item->valuedouble < 1 ||
	    item->valuedouble > (double)most ||
	    item->valuedouble != floor(item->valuedouble))
		return false;
	*n = (uint64_t)item->valuedouble;
	return true;
}

/* --- its members --- */

static enum cs_err take_key(struct reading *r, const cJSON *item)
{
	if (!cJSON_IsString(item))
		return wrong(r, "apikey: want text");
	return keep(r, item->valuestring, &r->query->key);
}

static bool read_day(const struct reading *r, struct cs_span text, int32_t *day)
{
	if (cs_span_eq(text, cs_span_str("now"))) {
		*day = r->today;
		return true;
	}
	return cs_day_read(text, day);
}

static enum cs_err take_date(struct reading *r, const cJSON *item)
{
	struct cs_api_query *q = r->query;
	struct cs_span text = cs_span_str(cJSON_IsString(item) ? item->valuestring : "");
	const uint8_t *colon = text.len ? memchr(text.ptr, ':', text.len) : NULL;
	struct cs_span first = text, last = text;

	if (colon) {
		first.len = (size_t)(colon - text.ptr);
		last = cs_span_of(colon + 1, text.len - first.len - 1);
	}
	if (!read_day(r, first, &q->first) || !read_day(r, last, &q->last) ||
	    q->first > q->last)
		return wrong(r, "date: want YYYY-MM-DD, or two of them with a colon "
				"between, the earlier first");
	q->has_days = true;
	return CS_OK;
}

/* One name, or an array of them. */
static enum cs_err take_reports(struct reading *r, const cJSON *item)
{
	struct cs_api_query *q = r->query;
	const cJSON *one = cJSON_IsArray(item) ? item->child : item;
	enum cs_err err = CS_OK;

	for (; !err && one; one = cJSON_IsArray(item) ? one->next : NULL) {
		if (!cJSON_IsString(one) || q->n_reports == CS_API_NAMES)
			return wrong(r, "reports: want a name, or a list of at most 32");
		err = keep(r, one->valuestring, &q->reports[q->n_reports]);
		q->n_reports += !err;
	}
	return err;
}

/* There is one type here; all that matters is whether it is wanted. */
static enum cs_err take_types(struct reading *r, const cJSON *item)
{
	struct cs_api_query *q = r->query;
	const cJSON *one = cJSON_IsArray(item) ? item->child : item;
	enum cs_err err = CS_OK;
	bool found = false;

	if (!one)
		return CS_OK; /* an empty list: none was named */
	for (; !err && one; one = cJSON_IsArray(item) ? one->next : NULL) {
		if (!cJSON_IsString(one))
			return wrong(r, "types: want a name, or a list of names");
		found = found || strcmp(one->valuestring, "scan_coap") == 0;
		err = keep(r, one->valuestring, &q->type);
	}
	q->other_types = !found;
	return err;
}

static enum cs_err take_query(struct reading *r, const cJSON *item)
{
	struct cs_api_query *q = r->query;
	enum cs_err err = CS_OK;

	if (!cJSON_IsObject(item))
		return wrong(r, "query: want an object, as {\"geo\": \"DE\"}");
	for (const cJSON *one = item->child; !err && one; one = one->next) {
		if (!is_value(one) || q->n_fields == CS_QUERY_FIELDS)
			return wrong(r, "query: want text or a number for each of at "
					"most 24 fields");
		err = keep(r, one->string, &q->field[q->n_fields].name);
		if (!err)
			err = keep_value(r, one, &q->field[q->n_fields].value);
		q->n_fields += !err;
	}
	return err;
}

static enum cs_err take_sort(struct reading *r, const cJSON *item)
{
	struct cs_api_query *q = r->query;

	if (!cJSON_IsString(item) || !*item->valuestring)
		return wrong(r, "sort: want ascending or descending (by timestamp), or a "
				"column, with a - before it from its end");
	q->order = CS_API_BY_COLUMN;
	if (strcmp(item->valuestring, "ascending") == 0)
		q->order = CS_API_ASCENDING;
	else if (strcmp(item->valuestring, "descending") == 0)
		q->order = CS_API_DESCENDING;
	return keep(r, item->valuestring, &q->sort);
}

static enum cs_err take_facet(struct reading *r, const cJSON *item)
{
	if (!cJSON_IsString(item) || !*item->valuestring)
		return wrong(r, "facet: want the name of a column");
	return keep(r, item->valuestring, &r->query->facet);
}

static enum cs_err take_id(struct reading *r, const cJSON *item)
{
	if (!cJSON_IsString(item))
		return wrong(r, "id: want text");
	return keep(r, item->valuestring, &r->query->id);
}

static enum cs_err take_limit(struct reading *r, const cJSON *item)
{
	if (read_number(item, CS_API_ROWS, &r->query->limit))
		return CS_OK;
	return wrong(r, "limit: want 1 to 10000");
}

static enum cs_err take_page(struct reading *r, const cJSON *item)
{
	if (read_number(item, UINT32_MAX, &r->query->page))
		return CS_OK;
	return wrong(r, "page: want 1 and on");
}

static enum cs_err take_detail(struct reading *r, const cJSON *item)
{
	r->query->detail =
		cJSON_IsTrue(item) || (cJSON_IsNumber(item) && item->valuedouble != 0) ||
		(cJSON_IsString(item) && strcmp(item->valuestring, "true") == 0);
	return CS_OK;
}

static const struct {
	const char *name;
	enum cs_err (*take)(struct reading *r, const cJSON *item);
} members[] = {
	{ "apikey", take_key },      { "date", take_date },   { "report", take_reports },
	{ "reports", take_reports }, { "type", take_types },  { "types", take_types },
	{ "query", take_query },     { "sort", take_sort },   { "facet", take_facet },
	{ "id", take_id },           { "limit", take_limit }, { "page", take_page },
	{ "detail", take_detail },
};

static enum cs_err take_members(struct reading *r, const cJSON *root)
{
	enum cs_err err = CS_OK;

	if (!cJSON_IsObject(root))
		return wrong(r, "want a JSON object");
	if (!is_sound(root))
		return wrong(r, "want each key once, and at most 64 in one place");
	for (size_t i = 0; !err && i < CS_LEN(members); i++) {
		const cJSON *item =
			cJSON_GetObjectItemCaseSensitive(root, members[i].name);

		/* null is as good as not there */
		if (item && !cJSON_IsNull(item))
			err = members[i].take(r, item);
	}
	return err;
}

enum cs_err cs_api_query_read(struct cs_span body, int32_t today, struct cs_arena *arena,
			      struct cs_api_query *query, char why[CS_API_WHY])
{
	struct reading r = { .query = query, .arena = arena, .today = today, .why = why };
	const char *text = (const char *)body.ptr, *end = NULL;
	enum cs_err err;
	cJSON *root;

	*query = (struct cs_api_query){ .limit = CS_API_PRESET, .page = 1 };
	if (body.len == 0)
		return wrong(&r, "the request is empty: want a JSON object");
	if (!cs_json_is_text(body))
		return wrong(&r, "the request is not UTF-8 text without NUL");
	if (!cs_json_is_shallow(body, CS_API_DEPTH))
		return wrong(&r, "the JSON is nested deeper than 8");
	root = cJSON_ParseWithLengthOpts(text, body.len, &end, false);
	if (!root)
		return wrong(&r, "the request is not JSON");
	err = only_blanks(end, text + body.len)
		      ? take_members(&r, root)
		      : wrong(&r, "something follows the JSON object");
	cJSON_Delete(root);
	return err;
}
