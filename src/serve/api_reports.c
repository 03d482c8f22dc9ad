/* SPDX-License-Identifier: Apache-2.0 */
/* The API's module "reports", what of it is about days: all but the rows. */
#include <stdlib.h>
#include <sys/random.h>

#include "serve/api.h"
#include "serve/link.h"
#include "serve/rows.h"
#include "serve/share.h"

/* Days of one question at most, where each has to be counted for an owner. */
enum { DAYS_OF_OWNER = 31, DAYS_OF_ALL = 4000 };

#define TYPE "scan_coap"

/* --- which days and which reports --- */

struct chosen {
	struct cs_store_day *day; /* ascending */
	size_t n_days;
	struct cs_share *share;
	size_t n_shares;
};

static bool failed(struct cs_request *r, enum cs_err err)
{
	cs_answer_failed(r, err);
	return false;
}

/* The day with data that is the newest, where none was named. */
static bool choose_days(struct cs_request *r, const struct cs_api_query *q,
			struct chosen *c)
{
	struct cs_store_day *list;
	size_t n, at = 0;
	enum cs_err err = cs_days_list(r->serve->days, &r->arena, &list, &n);

	if (err)
		return failed(r, err);
	while (!q->has_days && n > 0 && list[n - 1].content == 0)
		n--;
	if (!q->has_days && n > 0)
		at = n - 1;
	c->day = list + at;
	for (; at < n; at++)
		if (!q->has_days || (list[at].day >= q->first && list[at].day <= q->last))
			c->day[c->n_days++] = list[at];
	return true;
}

static bool choose_shares(struct cs_request *r, const struct cs_api_query *q,
			  struct chosen *c)
{
	size_t most = r->serve->owners ? cs_owners_count(r->serve->owners) + 1 : 1;

	c->share = cs_arena_array(&r->arena, q->n_reports + most, sizeof(*c->share));
	if (!c->share)
		return failed(r, CS_ERR_NOMEM);
	if (q->n_reports == 0) {
		c->n_shares = cs_share_each(r, c->share);
		return true;
	}
	for (size_t i = 0; i < q->n_reports; i++)
		if (!cs_share_find(r, q->reports[i], &c->share[c->n_shares++])) {
			cs_answer_error(r, 400, "report: not one of reports/subscribed");
			return false;
		}
	return true;
}

static bool choose(struct cs_request *r, const struct cs_api_query *q, struct chosen *c)
{
	bool owners = false;
	size_t most;

	*c = (struct chosen){ 0 };
	if (!choose_shares(r, q, c) || !choose_days(r, q, c))
		return false;
	for (size_t i = 0; i < c->n_shares; i++)
		owners = owners || !c->share[i].all;
	most = owners ? DAYS_OF_OWNER : DAYS_OF_ALL;
	if (c->n_days > most) {
		cs_answer_error(r, 400,
				"date: want at most %zu days with data in one request",
				most);
		return false;
	}
	if (q->other_types)
		c->n_days = 0;
	return true;
}

/* --- subscribed, types, schema --- */

void cs_api_subscribed(struct cs_request *r)
{
	struct cs_api_query q;
	struct chosen c;
	struct cs_json j;

	if (!cs_api_enter(r, &q) ||
	    !choose(r, &(struct cs_api_query){ .other_types = true }, &c) ||
	    !cs_api_begin(r, &j))
		return;
	cs_json_array(&j);
	for (size_t i = 0; i < c.n_shares; i++)
		cs_json_word(&j, cs_share_name(r->serve, c.share[i]));
	cs_json_array_end(&j);
	cs_json_line(&j);
}

void cs_api_types(struct cs_request *r)
{
	struct cs_api_query q;
	struct cs_json j;

	if (!cs_api_enter(r, &q) || !cs_api_begin(r, &j))
		return;
	cs_json_array(&j);
	if (q.detail) {
		cs_json_object(&j);
		cs_json_key(&j, "type");
		cs_json_word(&j, TYPE);
		cs_json_key(&j, "name");
		cs_json_word(&j, "Accessible CoAP Report");
		cs_json_key(&j, "description");
		cs_json_word(&j, "Hosts that answer a CoAP request for their list of "
				 "resources");
		cs_json_key(&j, "severity");
		cs_json_word(&j, "medium");
		cs_json_key(&j, "url");
		cs_json_word(&j, "https://www.shadowserver.org/what-we-do/"
				 "network-reporting/accessible-coap-report/");
		cs_json_object_end(&j);
	} else {
		cs_json_word(&j, TYPE);
	}
	cs_json_array_end(&j);
	cs_json_line(&j);
}

static void put_property(struct cs_json *j, size_t i)
{
	bool nullable = strcmp(cs_rows_column(i), "amplification") == 0;

	cs_json_key(j, cs_rows_column(i));
	cs_json_object(j);
	cs_json_key(j, "type");
	if (nullable)
		cs_json_array(j);
	cs_json_word(j, cs_rows_column_is_number(i) ? "number" : "string");
	if (nullable) {
		cs_json_word(j, "null");
		cs_json_array_end(j);
	}
	cs_json_object_end(j);
}

void cs_api_schema(struct cs_request *r)
{
	struct cs_api_query q;
	struct cs_json j;

	if (!cs_api_enter(r, &q))
		return;
	if (q.other_types || q.type.len == 0) {
		cs_answer_error(r, 400, "type: want " TYPE);
		return;
	}
	if (!cs_api_begin(r, &j))
		return;
	cs_json_object(&j);
	cs_json_key(&j, "$schema");
	cs_json_word(&j, "https://json-schema.org/draft/2020-12/schema");
	cs_json_key(&j, "title");
	cs_json_word(&j, TYPE);
	cs_json_key(&j, "type");
	cs_json_word(&j, "object");
	cs_json_key(&j, "properties");
	cs_json_object(&j);
	for (size_t i = 0; i < CS_ROWS_COLUMNS; i++)
		put_property(&j, i);
	cs_json_object_end(&j);
	cs_json_key(&j, "required");
	cs_json_array(&j);
	for (size_t i = 0; i < CS_ROWS_COLUMNS; i++)
		cs_json_word(&j, cs_rows_column(i));
	cs_json_array_end(&j);
	cs_json_object_end(&j);
	cs_json_line(&j);
}

/* --- list and download --- */

static bool write_id(struct cs_request *r, struct cs_share share, int32_t day,
		     char id[CS_LINK_TEXT])
{
	int64_t now_s = cs_clock_wall(r->serve->clock) / CS_US_PER_S;
	struct cs_link link = { .day = day,
				.owner = share.all ? CS_LINK_ALL : share.owner,
				.until = (uint32_t)(now_s + CS_LINK_S) };
	uint8_t random[16];

	return getrandom(random, sizeof(random), 0) == (ssize_t)sizeof(random) &&
	       !cs_link_write(r->serve->link_secret, random, &link, id);
}

static void put_report(struct cs_request *r, struct cs_json *j, struct cs_share share,
		       int32_t day, const char *id)
{
	char file[CS_SHARE_FILE], text[CS_DAY_TEXT], url[512];

	cs_share_file(r->serve, share, day, file);
	cs_day_text(day * CS_US_PER_DAY, text);
	(void)snprintf(url, sizeof(url), "%.300sdownload/%s", r->serve->url, id);
	cs_json_object(j);
	cs_json_key(j, "id");
	cs_json_word(j, id);
	cs_json_key(j, "type");
	cs_json_word(j, TYPE);
	cs_json_key(j, "file");
	cs_json_word(j, file);
	cs_json_key(j, "report");
	cs_json_word(j, cs_share_name(r->serve, share));
	cs_json_key(j, "timestamp");
	cs_json_word(j, text);
	cs_json_key(j, "url");
	cs_json_word(j, url);
	cs_json_object_end(j);
}

/* Reports with rows only: a day on which there is nothing to tell has none. */
static enum cs_err put_reports(struct cs_request *r, struct cs_json *j,
			       const struct chosen *c, uint64_t limit)
{
	char id[CS_LINK_TEXT];
	uint64_t n = 0, rows;

	for (size_t i = c->n_days; i > 0 && n < limit; i--)
		for (size_t s = 0; s < c->n_shares && n < limit; s++) {
			enum cs_err err =
				cs_share_count(r, c->share[s], &c->day[i - 1], &rows);

			if (err)
				return err;
			if (rows == 0)
				continue;
			if (!write_id(r, c->share[s], c->day[i - 1].day, id))
				return CS_ERR_NOMEM;
			put_report(r, j, c->share[s], c->day[i - 1].day, id);
			n++;
		}
	return CS_OK;
}

void cs_api_list(struct cs_request *r)
{
	struct cs_api_query q;
	struct chosen c;
	struct cs_json j;
	enum cs_err err;

	if (!cs_api_enter(r, &q) || !choose(r, &q, &c) || !cs_api_begin(r, &j))
		return;
	cs_json_array(&j);
	err = put_reports(r, &j, &c, q.limit);
	cs_json_array_end(&j);
	cs_json_line(&j);
	if (err)
		(void)failed(r, err);
}

/* The rows of a report, as an answer. */
static void send_report(struct cs_request *r, struct cs_span id, enum cs_rows_form form)
{
	int64_t now_s = cs_clock_wall(r->serve->clock) / CS_US_PER_S;
	struct cs_rows_want want = { .form = form, .n_parts = 1 };
	struct cs_share share = { 0 };
	struct cs_link link;
	enum cs_err err = cs_link_read(r->serve->link_secret, id, now_s, &link);

	if (!err)
		err = cs_days_get(r->serve->days, link.day, &want.part[0].day);
	if (err == CS_ERR_NOMEM || err == CS_ERR_BUSY) {
		(void)failed(r, err);
		return;
	}
	if (err) {
		cs_answer_error(r, err == CS_ERR_RANGE ? 410 : 404,
				"no such report, or its time is up: ask reports/list "
				"again");
		return;
	}
	share.all = link.owner == CS_LINK_ALL;
	share.owner = link.owner;
	want.owners = share.all ? NULL : r->serve->owners;
	want.owner = share.owner;
	err = cs_rows_stream(&want, &r->answer.stream);
	if (err) {
		(void)failed(r, err);
		return;
	}
	r->answer.status = 200;
	r->answer.type = form == CS_ROWS_CSV ? CS_TYPE_CSV : CS_TYPE_JSON;
	if (form == CS_ROWS_CSV)
		cs_share_file(r->serve, share, link.day, r->answer.file);
}

void cs_download_handle(struct cs_request *r)
{
	send_report(r, r->rest, CS_ROWS_CSV);
}

/* The older way, as JSON; a key gets what its id was made for, and no other's. */
void cs_api_download(struct cs_request *r)
{
	struct cs_api_query q;
	struct cs_link link;
	struct cs_share mine;

	if (!cs_api_enter(r, &q))
		return;
	mine = cs_share_of(r);
	if (!mine.all && !cs_link_read(r->serve->link_secret, q.id, 0, &link) &&
	    link.owner != mine.owner)
		q.id = (struct cs_span){ 0 };
	send_report(r, q.id, CS_ROWS_JSON);
}

/* --- stats --- */

static enum cs_err put_counts(struct cs_request *r, struct cs_json *j,
			      const struct chosen *c)
{
	char text[CS_DAY_TEXT];
	uint64_t rows;

	for (size_t i = 0; i < c->n_days; i++)
		for (size_t s = 0; s < c->n_shares; s++) {
			enum cs_err err =
				cs_share_count(r, c->share[s], &c->day[i], &rows);

			if (err)
				return err;
			cs_day_text(c->day[i].day * CS_US_PER_DAY, text);
			cs_json_array(j);
			cs_json_word(j, text);
			cs_json_word(j, TYPE);
			cs_json_uint(j, rows);
			cs_json_word(j, cs_share_name(r->serve, c->share[s]));
			cs_json_array_end(j);
		}
	return CS_OK;
}

void cs_api_stats(struct cs_request *r)
{
	static const char *const names[] = { "timestamp", "type", "count", "report" };
	struct cs_api_query q;
	struct chosen c;
	struct cs_json j;
	enum cs_err err;

	if (!cs_api_enter(r, &q) || !choose(r, &q, &c) || !cs_api_begin(r, &j))
		return;
	cs_json_array(&j);
	cs_json_array(&j);
	for (size_t i = 0; i < CS_LEN(names); i++)
		cs_json_word(&j, names[i]);
	cs_json_array_end(&j);
	err = put_counts(r, &j, &c);
	cs_json_array_end(&j);
	cs_json_line(&j);
	if (err)
		(void)failed(r, err);
}
