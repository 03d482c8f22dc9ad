/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope.services/1: docs/page-data.md says what stands in it. */
#include "report/page_services.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "coap/code.h"
#include "coap/link.h"
#include "out/json_links.h"
#include "scan/record_parts.h"

/* Of one service: a list of thousands must stay readable, and fit into a file. */
enum {
	LINKS = 200,
	LINKS_BYTES = 16 * 1024,
	RESPONSE_BYTES = 2 * 1024,
};

static void put_place(struct cs_json *j, const struct cs_enriched *enriched)
{
	const struct cs_place *place = &enriched->place;

	cs_json_put_text(j, "hostname", enriched->hostname);
	cs_json_put_uint_if(j, "asn", place->asn != 0, place->asn);
	cs_json_put_text(j, "as_name", place->as_name);
	cs_json_put_text(j, "geo", place->geo);
	cs_json_put_text(j, "region", place->region);
	cs_json_put_text(j, "city", place->city);
	cs_json_put_text(j, "sector", place->sector);
	cs_json_put_text(j, "owner", place->owner);
}

static void put_judgement(struct cs_json *j, const struct cs_enriched *enriched)
{
	const struct cs_judgement plain = { .severity = CS_SEVERITY_MEDIUM,
					    .tags = cs_span_str(CS_TAGS_PLAIN) };
	const struct cs_judgement *judgement =
		enriched->judged ? &enriched->judgement : &plain;

	cs_json_put_stack(j, judgement);
	cs_json_key(j, "severity");
	cs_json_word(j, cs_severity_name(judgement->severity));
	cs_json_put_text(j, "severity_because", judgement->severity_because);
	cs_json_put_tags(j, judgement->tags);
}

static void put_answer(struct cs_json *j, const struct cs_service *service,
		       const struct cs_reading *reading)
{
	const struct cs_result *result = &service->result;
	char code[CS_CODE_TEXT];

	cs_code_text(reading->code, code);
	cs_json_key(j, "match");
	cs_json_word(j, cs_match_name(result->match));
	cs_json_key(j, "code");
	cs_json_word(j, reading->has_header ? code : NULL);
	cs_json_put_uint_if(j, "response_size", result->response_size > 0,
			    result->response_size);
	cs_json_put_uint(j, "datagrams", result->datagrams);
	cs_json_key(j, "amplification");
	if (service->has_amplification)
		cs_json_fixed(j, service->amplification, 2);
	else
		cs_json_null(j);
}

/* The first links, as many as are shown; .left counts the others. */
struct shown_links {
	struct cs_span text;
	size_t n, left;
	bool all; /* nothing but links is there: the text says no more */
};

static struct shown_links shown_links(struct cs_span text)
{
	struct shown_links shown = { .text = cs_span_of(text.ptr, 0) };
	struct cs_links w = cs_links_over(text);
	struct cs_link link;

	while (cs_links_next(&w, &link)) {
		size_t end = (size_t)(link.text.ptr - text.ptr) + link.text.len;

		if (shown.left > 0 || shown.n == LINKS || end > LINKS_BYTES) {
			shown.left++;
			continue;
		}
		shown.n++;
		shown.text.len = end;
	}
	shown.all = shown.n > 0 && w.err != CS_ERR_SYNTAX;
	return shown;
}

static void put_body(struct cs_json *j, const struct cs_service *service,
		     const struct cs_reading *reading)
{
	struct shown_links links = shown_links(reading->links);
	struct cs_span body = service->result.body;
	size_t shown = links.all ? 0 : cs_utf8_cut(body, RESPONSE_BYTES);

	cs_json_key(j, "links");
	if (links.n > 0)
		cs_json_links(j, links.text);
	else
		cs_json_null(j);
	cs_json_put_uint(j, "links_left_out", links.left);
	cs_json_put_text(j, "response", cs_span_of(body.ptr, shown));
	cs_json_put_uint(j, "response_left_out", links.all ? 0 : body.len - shown);
}

static void put_service(struct cs_json *j, const struct cs_service *service,
			const struct cs_store_seen *seen)
{
	struct cs_reading reading;
	char ip[CS_ADDR_TEXT];

	cs_result_read(&service->result, &reading);
	cs_addr_text(&service->result.ip, ip);
	cs_json_object(j);
	cs_json_key(j, "time");
	cs_json_time(j, service->result.time_us);
	cs_json_put_time_if(j, "first_seen", seen->first_us > 0, seen->first_us);
	cs_json_put_time_if(j, "last_seen", seen->last_us > 0, seen->last_us);
	cs_json_key(j, "ip");
	cs_json_word(j, ip);
	cs_json_put_uint(j, "port", service->result.reply_port);
	put_place(j, &service->enriched);
	put_judgement(j, &service->enriched);
	put_answer(j, service, &reading);
	put_body(j, service, &reading);
	cs_json_object_end(j);
}

/* Writes one after the other, each first to where its size can be seen. */
static enum cs_err put_rows(const struct cs_page_list *list, const uint32_t *found,
			    const struct cs_store_seen *seen, size_t n, FILE *to)
{
	char *text = NULL;
	size_t len = 0, room = list->bytes;
	FILE *row = open_memstream(&text, &len);
	enum cs_err err = row ? CS_OK : CS_ERR_NOMEM;

	for (size_t i = 0; !err && i < n; i++) {
		struct cs_json j = cs_json_to_html(row);
		struct cs_service service;

		j.comma = i > 0;
		cs_model_get(list->model, found[i], &service);
		rewind(row);
		put_service(&j, &service, &seen[i]);
		if (fflush(row) || ferror(row))
			err = CS_ERR_NOMEM;
		else if (len > room)
			break;
		else if (fwrite(text, 1, len, to) != len)
			err = CS_ERR_IO;
		room -= len;
	}
	if (row)
		(void)fclose(row); /* it is memory: what could fail has been looked at */
	free(text);
	return err;
}

static void put_head(struct cs_json *j, const struct cs_page_list *list, uint64_t total,
		     uint64_t matching)
{
	char day[CS_DAY_TEXT];
	bool any = list->day != INT32_MIN;

	if (any)
		cs_day_text(list->day * CS_US_PER_DAY, day);
	cs_json_object(j);
	cs_json_key(j, "schema");
	cs_json_word(j, "coapscope.services/1");
	cs_json_key(j, "day");
	cs_json_word(j, any ? day : NULL);
	cs_json_key(j, "unreadable");
	cs_json_bool(j, list->unreadable);
	cs_json_put_uint(j, "total", total);
	cs_json_put_uint(j, "matching", matching);
	cs_json_put_uint(j, "offset", list->query->offset);
	cs_json_key(j, "services");
	cs_json_array(j);
}

/* How many there are whatever is asked for, but for whose they are. */
static enum cs_err count_all(const struct cs_page_list *list, uint64_t *total,
			     char why[CS_QUERY_WHY])
{
	struct cs_query all = { .owners = list->query->owners,
				.owner = list->query->owner };
	uint32_t none;
	size_t n;

	return cs_query_run(list->model, &all, &none, &n, total, why);
}

static enum cs_err find(const struct cs_page_list *list, uint32_t **found, size_t *n,
			uint64_t *total, uint64_t *matching, char why[CS_QUERY_WHY])
{
	struct cs_query query = *list->query;
	size_t count = cs_model_count(list->model);
	enum cs_err err = count_all(list, total, why);

	if (query.limit > count)
		query.limit = count;
	*found = calloc(query.limit + 1, sizeof(**found));
	if (!err && !*found)
		err = CS_ERR_NOMEM;
	return err ? err : cs_query_run(list->model, &query, *found, n, matching, why);
}

void cs_page_seen(void *arg, struct cs_store_seen *seen, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cs_store_seen_find(arg, &seen[i]))
			seen[i].first_us = seen[i].last_us = 0;
}

/* Of those that were found; to be freed. NULL: memory is out. */
static struct cs_store_seen *seen_of(const struct cs_page_list *list,
				     const uint32_t *found, size_t n)
{
	struct cs_store_seen *seen = calloc(n + 1, sizeof(*seen));
	struct cs_service service;

	if (!seen || !list->seen)
		return seen;
	for (size_t i = 0; i < n; i++) {
		cs_model_get(list->model, found[i], &service);
		seen[i].ip = service.result.ip;
		seen[i].port = service.result.port;
	}
	list->seen(list->seen_arg, seen, n);
	return seen;
}

enum cs_err cs_page_put_list(const struct cs_page_list *list, FILE *to,
			     char why[CS_QUERY_WHY])
{
	struct cs_json j = cs_json_to_html(to);
	uint64_t total = 0, matching = 0;
	struct cs_store_seen *seen = NULL;
	uint32_t *found = NULL;
	size_t n = 0;
	enum cs_err err = CS_OK;

	if (list->model)
		err = find(list, &found, &n, &total, &matching, why);
	if (!err) {
		seen = seen_of(list, found, n);
		err = seen ? CS_OK : CS_ERR_NOMEM;
	}
	if (!err) {
		put_head(&j, list, total, matching);
		err = put_rows(list, found, seen, n, to);
		cs_json_array_end(&j);
		cs_json_object_end(&j);
	}
	free(seen);
	free(found);
	return err ? err : ferror(to) ? CS_ERR_IO : CS_OK;
}

enum cs_err cs_page_write_services(const struct cs_model *model,
				   const struct cs_query *query, cs_page_seen_fn *seen,
				   void *seen_arg, FILE *to, char why[CS_QUERY_WHY])
{
	struct cs_page_list list = { .model = model,
				     .query = query,
				     .day = cs_model_day(model),
				     .bytes = SIZE_MAX,
				     .seen = seen,
				     .seen_arg = seen_arg };

	return cs_page_put_list(&list, to, why);
}
