/* SPDX-License-Identifier: Apache-2.0 */
/* The page and the data that it fetches: docs/page-data.md. */
#include "report/page.h"

#include "base/num.h"
#include "serve/fields.h"
#include "serve/kept.h"
#include "serve/route.h"
#include "serve/share.h"

void cs_page_handle(struct cs_request *r)
{
	r->answer.status = 200;
	r->answer.type = CS_TYPE_HTML;
	r->answer.policy = cs_page_policy();
	r->answer.fixed = cs_page_document();
}

static void failed(struct cs_request *r, enum cs_err err, const char *why)
{
	if (err == CS_ERR_USAGE || err == CS_ERR_SYNTAX)
		cs_answer_error(r, 400, "%s", why);
	else if (err == CS_ERR_NOT_FOUND)
		cs_answer_error(r, 404, "there is no data of that day");
	else
		cs_answer_failed(r, err);
}

static bool read_fields(struct cs_request *r, struct cs_fields *fields)
{
	char why[CS_FIELDS_WHY] = "";
	enum cs_err err = cs_fields_read(r->query, &r->arena, fields, why);

	if (err)
		failed(r, err, why);
	return !err;
}

/* A day that may be missing; false when it is none. */
static bool read_day(struct cs_request *r, const struct cs_fields *fields,
		     const char *name, int32_t *day)
{
	struct cs_span text = cs_fields_get(fields, name);

	if (text.len == 0 || cs_day_read(text, day))
		return true;
	cs_answer_error(r, 400, "%s: want a day as 2026-11-21", name);
	return false;
}

static bool read_number(struct cs_request *r, const struct cs_fields *fields,
			const char *name, uint64_t most, uint64_t *n)
{
	struct cs_span text = cs_fields_get(fields, name);

	if (text.len == 0 || cs_num_u64(text, 0, most, n))
		return true;
	cs_answer_error(r, 400, "%s: want 0 to %llu", name, (unsigned long long)most);
	return false;
}

/* --- the overview --- */

/* An owner's days are counted row by row: so many at most. */
enum { DAYS_OF_OWNER = 31 };

struct overview {
	struct cs_request *r;
	struct cs_page_want want;
	struct cs_kept_key key;
};

/* A cs_days_use_fn; somebody may have written the same while we waited. */
static enum cs_err write_overview(void *arg, struct cs_store *store)
{
	struct overview *o = arg;
	struct cs_answer *a = &o->r->answer;
	struct cs_kept *kept = o->r->serve->kept;
	enum cs_err err;

	if (cs_kept_write(kept, &o->key, a->to))
		return CS_OK;
	err = cs_page_write_overview(store, &o->want, a->to);
	if (!err && fflush(a->to) == 0)
		cs_kept_put(kept, &o->key, cs_span_of(a->text, a->len));
	return err;
}

static void settle_range(struct cs_request *r, struct overview *o)
{
	int32_t newest;

	if (!o->key.share.all && o->want.first == INT32_MIN &&
	    !cs_days_newest(r->serve->days, &newest))
		o->want.first = newest - DAYS_OF_OWNER + 1;
	o->key.first = o->want.first;
	o->key.last = o->want.last;
	o->key.turn = cs_days_turn(r->serve->days);
}

/* False when there are more days of the range than an owner may ask for. */
static bool is_bounded(struct cs_request *r, const struct overview *o)
{
	struct cs_store_day *list;
	size_t n, asked = 0;
	enum cs_err err;

	if (o->key.share.all)
		return true;
	err = cs_days_list(r->serve->days, &r->arena, &list, &n);
	if (err) {
		failed(r, err, "");
		return false;
	}
	for (size_t i = 0; i < n; i++)
		asked += list[i].day >= o->want.first && list[i].day <= o->want.last;
	if (asked <= DAYS_OF_OWNER)
		return true;
	cs_answer_error(r, 400, "from, to: want at most %d days with data in one request",
			DAYS_OF_OWNER);
	return false;
}

void cs_overview_handle(struct cs_request *r)
{
	struct cs_share share = cs_share_of(r);
	struct overview o = { .r = r,
			      .key.share = share,
			      .want = { .first = INT32_MIN,
					.last = INT32_MAX,
					.now_us = cs_clock_wall(r->serve->clock),
					.owners = share.all ? NULL : r->serve->owners,
					.owner = share.owner,
					.count = cs_days_read_only(r->serve->days) } };
	struct cs_fields fields;
	enum cs_err err;

	if (!read_fields(r, &fields) || !read_day(r, &fields, "from", &o.want.first) ||
	    !read_day(r, &fields, "to", &o.want.last))
		return;
	settle_range(r, &o);
	if (!is_bounded(r, &o))
		return;
	err = cs_answer_begin(r, CS_TYPE_JSON);
	if (!err && !cs_kept_write(r->serve->kept, &o.key, r->answer.to))
		err = cs_days_use(r->serve->days, write_overview, &o);
	if (err)
		failed(r, err, "");
}

/* --- the list --- */

/* What is told apart from the columns that are looked for. */
static bool is_ours(struct cs_span name)
{
	static const char *const ours[] = { "day", "offset", "limit", "q", "sort" };

	for (size_t i = 0; i < CS_LEN(ours); i++)
		if (cs_span_eq(name, cs_span_str(ours[i])))
			return true;
	return false;
}

static bool make_query(struct cs_request *r, const struct cs_fields *fields,
		       struct cs_query *query)
{
	*query = (struct cs_query){ .limit = 100 };
	query->search = cs_fields_get(fields, "q");
	query->sort = cs_fields_get(fields, "sort");
	cs_share_limit(r->serve, cs_share_of(r), query);
	if (!read_number(r, fields, "offset", UINT32_MAX, &query->offset) ||
	    !read_number(r, fields, "limit", 1000, &query->limit))
		return false;
	for (size_t i = 0; i < fields->n; i++) {
		if (is_ours(fields->at[i].name))
			continue;
		if (query->n_fields == CS_QUERY_FIELDS) {
			cs_answer_error(r, 400, "too many fields: want at most %d",
					CS_QUERY_FIELDS);
			return false;
		}
		query->field[query->n_fields].name = fields->at[i].name;
		query->field[query->n_fields++].value = fields->at[i].value;
	}
	return true;
}

void cs_services_handle(struct cs_request *r)
{
	char why[CS_QUERY_WHY] = "";
	int32_t asked = INT32_MIN;
	struct cs_fields fields;
	struct cs_query query;
	struct cs_day *day;
	enum cs_err err = CS_OK;

	if (!read_fields(r, &fields) || !read_day(r, &fields, "day", &asked) ||
	    !make_query(r, &fields, &query))
		return;
	if (asked == INT32_MIN)
		err = cs_days_newest(r->serve->days, &asked);
	if (!err)
		err = cs_days_get(r->serve->days, asked, &day);
	if (err) {
		failed(r, err, "");
		return;
	}
	err = cs_answer_begin(r, CS_TYPE_JSON);
	if (!err)
		err = cs_page_write_services(cs_day_model(day), &query, cs_days_seen,
					     r->serve->days, r->answer.to, why);
	cs_day_put(day);
	if (err)
		failed(r, err, why);
}
