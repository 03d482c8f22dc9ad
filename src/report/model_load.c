/* SPDX-License-Identifier: Apache-2.0 */
#include "report/model_load.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_FIRST = 1024, FLAT_FIRST = 1024 };

enum cs_err cs_loader_begin(struct cs_loader *loader, bool every_code)
{
	enum cs_err err;

	*loader = (struct cs_loader){ .every_code = every_code };
	loader->model = calloc(1, sizeof(*loader->model));
	if (!loader->model)
		return CS_ERR_NOMEM;
	err = cs_texts_begin(&loader->model->texts);
	if (!err)
		err = cs_texts_begin(&loader->places);
	if (!err)
		err = cs_texts_begin(&loader->judged);
	return err;
}

void cs_loader_drop(struct cs_loader *loader)
{
	cs_model_free(loader->model);
	cs_texts_clear(&loader->places);
	cs_texts_clear(&loader->judged);
	free(loader->flat);
	*loader = (struct cs_loader){ 0 };
}

/* Makes *@list as long as @want items; the new ones are zero. */
static enum cs_err grow(void *list, size_t *cap, size_t want, size_t item)
{
	size_t more = *cap ? 2 * *cap : ROWS_FIRST;
	void *old, *bigger;

	if (want <= *cap)
		return CS_OK;
	memcpy(&old, list, sizeof(old));
	bigger = reallocarray(old, more, item);
	if (!bigger)
		return CS_ERR_NOMEM;
	memset((uint8_t *)bigger + *cap * item, 0, (more - *cap) * item);
	memcpy(list, &bigger, sizeof(bigger));
	*cap = more;
	/* cppcheck-suppress memleak ; the list has it */
	return CS_OK;
}

static enum cs_err grow_rows(struct cs_loader *loader)
{
	struct cs_model *m = loader->model;
	size_t cap[3] = { loader->cap, loader->cap, loader->cap };
	enum cs_err err = m->n >= UINT32_MAX ? CS_ERR_RANGE : CS_OK;

	if (!err)
		err = grow(&m->hot, &cap[0], m->n + 1, sizeof(*m->hot));
	if (!err)
		err = grow(&m->cold, &cap[1], m->n + 1, sizeof(*m->cold));
	if (!err)
		err = grow(&m->fault, &cap[2], m->n + 1, sizeof(*m->fault));
	if (!err)
		loader->cap = cap[0];
	return err;
}

/*
 * Lays numbers and texts out as bytes, so that equal ones are equal bytes: the
 * texts' lengths stand before them.
 */
static enum cs_err flatten(struct cs_loader *loader, const uint32_t *numbers,
			   size_t n_numbers, const struct cs_span *const *texts,
			   size_t n_texts, struct cs_span *out)
{
	size_t need = (n_numbers + n_texts) * sizeof(uint32_t), at = 0;

	for (size_t i = 0; i < n_texts; i++)
		need += texts[i]->len;
	while (loader->flat_cap < need) {
		enum cs_err err = grow(&loader->flat, &loader->flat_cap, need, 1);

		if (err)
			return err;
	}
	memcpy(loader->flat, numbers, n_numbers * sizeof(*numbers));
	at = n_numbers * sizeof(*numbers);
	for (size_t i = 0; i < n_texts; i++) {
		uint32_t len = (uint32_t)texts[i]->len;

		memcpy(loader->flat + at, &len, sizeof(len));
		at += sizeof(len);
		if (len > 0)
			memcpy(loader->flat + at, texts[i]->ptr, len);
		at += len;
	}
	*out = cs_span_of(loader->flat, at);
	return CS_OK;
}

static enum cs_err put_all(struct cs_texts *texts, const struct cs_span *const *from,
			   uint32_t *const *to, size_t n)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < n; i++)
		err = cs_texts_put(texts, *from[i], to[i]);
	return err;
}

/* The number of what is laid out in @flat; *@fresh: it was not there before. */
static enum cs_err number_of(struct cs_texts *seen, struct cs_span flat, uint32_t *number,
			     bool *fresh)
{
	uint32_t before = seen->n;
	enum cs_err err = cs_texts_put(seen, flat, number);

	*fresh = !err && seen->n > before;
	return err;
}

static enum cs_err put_place(struct cs_loader *loader, const struct cs_enriched *e,
			     uint32_t *number)
{
	enum { TEXTS = 7 };
	const struct cs_place *p = &e->place;
	const struct cs_span *const from[TEXTS] = {
		&p->geo,    &p->as_name, &p->region,         &p->city,
		&p->sector, &p->owner,   &e->hostname_source
	};
	const uint32_t numbers[] = { p->asn, p->naics };
	size_t cap = loader->places_cap;
	struct cs_row_place *to;
	struct cs_span flat;
	bool fresh = false;
	enum cs_err err = flatten(loader, numbers, 2, from, TEXTS, &flat);

	if (!err)
		err = number_of(&loader->places, flat, number, &fresh);
	if (err || !fresh)
		return err;
	err = grow(&loader->model->places, &cap, (size_t)*number + 1, sizeof(*to));
	if (err)
		return err;
	loader->places_cap = (uint32_t)cap;
	to = &loader->model->places[*number];
	to->asn = p->asn;
	to->naics = p->naics;

	uint32_t *const into[TEXTS] = {
		&to->geo,    &to->as_name, &to->region,         &to->city,
		&to->sector, &to->owner,   &to->hostname_source
	};

	return put_all(&loader->model->texts, from, into, TEXTS);
}

static enum cs_err put_judged(struct cs_loader *loader, const struct cs_judgement *j,
			      uint32_t *number)
{
	enum { TEXTS = 4 };
	const struct cs_span *const from[TEXTS] = { &j->stack, &j->stack_because,
						    &j->severity_because, &j->tags };
	const uint32_t numbers[] = { j->confidence, j->severity };
	size_t cap = loader->judged_cap;
	struct cs_row_judged *to;
	struct cs_span flat;
	bool fresh = false;
	enum cs_err err = flatten(loader, numbers, 2, from, TEXTS, &flat);

	if (!err)
		err = number_of(&loader->judged, flat, number, &fresh);
	if (err || !fresh)
		return err;
	err = grow(&loader->model->judged, &cap, (size_t)*number + 1, sizeof(*to));
	if (err)
		return err;
	loader->judged_cap = (uint32_t)cap;
	to = &loader->model->judged[*number];
	to->confidence = j->confidence;
	to->severity = (uint8_t)j->severity;
	to->judged = true;

	uint32_t *const into[TEXTS] = { &to->stack, &to->stack_because,
					&to->severity_because, &to->tags };

	return put_all(&loader->model->texts, from, into, TEXTS);
}

static enum cs_err put_enriched(struct cs_loader *loader, const struct cs_enriched *e,
				struct cs_row_hot *hot)
{
	enum cs_err err = put_place(loader, e, &hot->place);

	hot->flags |= CS_ROW_ENRICHED;
	if (!err)
		err = cs_texts_put(&loader->model->texts, e->hostname, &hot->hostname);
	if (!err && e->judged)
		err = put_judged(loader, &e->judgement, &hot->judged);
	return err;
}

/* What Shadowserver's report has. */
static bool is_content(const struct cs_result *row)
{
	struct cs_reading reading;

	if (row->match == CS_MATCH_REPORT)
		return true;
	cs_result_read(row, &reading);
	return cs_reading_is_content(&reading);
}

static struct cs_row_cold cold_of(const struct cs_result *row, const uint8_t *header)
{
	size_t at = row->malformed.at;

	return (struct cs_row_cold){
		.ip = row->ip,
		.time_us = row->time_us,
		.rtt_us = row->rtt_us,
		.bytes = row->bytes,
		.header = header,
		.header_len = (uint32_t)row->header.len,
		.request_size = row->request_size,
		.response_size = row->response_size,
		.datagrams = row->datagrams,
		.blocks = row->blocks,
		.port = row->port,
		.fault_at = (uint16_t)(at > UINT16_MAX ? UINT16_MAX : at),
	};
}

enum cs_err cs_loader_add(void *arg, const struct cs_result *row,
			  const struct cs_enriched *enriched)
{
	struct cs_loader *loader = arg;
	struct cs_model *m = loader->model;
	struct cs_row_hot hot = { .reply_port = row->reply_port,
				  .match = (uint8_t)row->match,
				  .flags = row->complete ? CS_ROW_COMPLETE : 0 };
	bool content = is_content(row);
	const uint8_t *header;
	enum cs_err err;

	if (!loader->every_code && !content)
		return CS_OK;
	if (content)
		hot.flags |= CS_ROW_CONTENT;
	err = grow_rows(loader);
	if (!err)
		err = cs_texts_put(&m->texts, row->body, &hot.body);
	if (!err && enriched)
		err = put_enriched(loader, enriched, &hot);
	if (err)
		return err;
	header = cs_texts_keep(&m->texts, row->header);
	if (!header)
		return CS_ERR_NOMEM;
	m->hot[m->n] = hot;
	m->cold[m->n] = cold_of(row, header);
	m->fault[m->n++] = (uint8_t)row->malformed.fault;
	return CS_OK;
}
