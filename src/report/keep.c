/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One condition after the other over all rows. Each distinct text is looked at
 * once; for a row it is then a look into a table.
 */
#include "report/keep.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/shown.h"
#include "report/column.h"
#include "report/fold.h"
#include "report/owners.h"

/* Keeps the rows whose number at offset @at of the hot part is in @set. */
static void keep_set(const struct cs_model *m, struct cs_keep *keep, size_t at,
		     const uint8_t *set)
{
	for (size_t i = 0; i < m->n; i++) {
		uint32_t number;

		memcpy(&number, (const uint8_t *)&m->hot[i] + at, sizeof(number));
		keep->row[i] &= set[number];
	}
}

static void keep_numbers(const struct cs_model *m, struct cs_keep *keep,
			 const struct cs_column *column,
			 const struct cs_column_range *range)
{
	for (size_t i = 0; i < m->n; i++)
		if (keep->row[i]) {
			uint64_t number = column->number(m, i);

			keep->row[i] = number >= range->lo && number <= range->hi;
		}
}

/* How many numbers a column's texts hang on, and of which struct they are. */
static size_t holders(const struct cs_model *m, const struct cs_column *column,
		      const void **first, size_t *size)
{
	if (column->kind == CS_COLUMN_PLACE) {
		*first = m->places;
		*size = sizeof(*m->places);
		return m->n_places;
	}
	if (column->kind == CS_COLUMN_JUDGED) {
		*first = m->judged;
		*size = sizeof(*m->judged);
		return m->n_judged;
	}
	*first = NULL;
	*size = 0;
	return m->texts.n;
}

/* Where the hot part has the number of a column's holder. */
static size_t holder_at(const struct cs_column *column)
{
	if (column->kind == CS_COLUMN_PLACE)
		return offsetof(struct cs_row_hot, place);
	if (column->kind == CS_COLUMN_JUDGED)
		return offsetof(struct cs_row_hot, judged);
	return column->at;
}

static enum cs_err keep_texts(const struct cs_model *m, struct cs_keep *keep,
			      const struct cs_column *column, struct cs_span asked)
{
	const void *first;
	size_t size, n = holders(m, column, &first, &size);
	uint8_t *set = calloc(n, 1);

	if (!set)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		uint32_t text = (uint32_t)i;

		if (first)
			memcpy(&text, (const uint8_t *)first + i * size + column->at,
			       sizeof(text));
		set[i] = column->is(cs_texts_at(&m->texts, text), asked);
	}
	keep_set(m, keep, holder_at(column), set);
	free(set);
	return CS_OK;
}

static enum cs_err refuse(char why[CS_QUERY_WHY], struct cs_span name,
			  struct cs_span value, const char *want)
{
	char shown_name[32], shown_value[40];

	(void)snprintf(why, CS_QUERY_WHY, "%s '%s': want %s",
		       cs_shown(name, shown_name, sizeof(shown_name)),
		       cs_shown(value, shown_value, sizeof(shown_value)), want);
	return CS_ERR_USAGE;
}

static enum cs_err keep_field(const struct cs_model *m, struct cs_keep *keep,
			      struct cs_span name, struct cs_span asked,
			      char why[CS_QUERY_WHY])
{
	const struct cs_column *column = cs_column_find(name);
	struct cs_column_range range = { 0, 0 };

	if (!column)
		return refuse(why, cs_span_str("field"), name,
			      "one of the report's columns, stack, as_name or owner");
	if (column->kind != CS_COLUMN_NUMBER)
		return keep_texts(m, keep, column, asked);
	if (asked.len > 0 && !column->read(m, asked, &range))
		return refuse(why, name, asked, column->want);
	keep_numbers(m, keep, column, &range);
	return CS_OK;
}

/* --- search --- */

struct search {
	char *needle; /* in lower case; owned */
	struct cs_span text;
	uint8_t *in_text, *in_place; /* owned */
};

static enum cs_err search_begin(struct search *s, const struct cs_model *m,
				struct cs_span asked)
{
	s->needle = malloc(asked.len);
	s->in_text = calloc(m->texts.n, 1);
	s->in_place = calloc(m->n_places, 1);
	if (!s->needle || !s->in_text || !s->in_place)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < asked.len; i++) {
		uint8_t c = asked.ptr[i];

		s->needle[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	s->text = cs_span_of(s->needle, asked.len);
	for (uint32_t i = 0; i < m->texts.n; i++)
		s->in_text[i] = cs_fold_contains(cs_texts_at(&m->texts, i), s->text);
	for (uint32_t i = 0; i < m->n_places; i++)
		s->in_place[i] =
			s->in_text[m->places[i].as_name] | s->in_text[m->places[i].city];
	return CS_OK;
}

static void search_end(struct search *s)
{
	free(s->needle);
	free(s->in_text);
	free(s->in_place);
}

static bool is_of_address(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '.' || c == ':';
}

/* Whether addresses can have it at all: they are written slowly. */
static bool may_be_address(struct cs_span needle)
{
	for (size_t i = 0; i < needle.len; i++)
		if (!is_of_address(needle.ptr[i]))
			return false;
	return true;
}

static bool in_address(const struct cs_addr *ip, struct cs_span needle)
{
	char text[CS_ADDR_TEXT];

	cs_addr_text(ip, text);
	return cs_fold_contains(cs_span_str(text), needle);
}

static enum cs_err keep_search(const struct cs_model *m, struct cs_keep *keep,
			       struct cs_span asked)
{
	struct search s = { 0 };
	enum cs_err err = search_begin(&s, m, asked);
	bool addresses = !err && may_be_address(s.text);

	for (size_t i = 0; !err && i < m->n; i++) {
		const struct cs_row_hot *hot = &m->hot[i];

		if (keep->row[i] && !s.in_text[hot->hostname] && !s.in_text[hot->body] &&
		    !s.in_place[hot->place])
			keep->row[i] = addresses && in_address(&m->cold[i].ip, s.text);
	}
	search_end(&s);
	return err;
}

/* --- owners --- */

static bool is_owner(const struct cs_model *m, size_t i, const struct cs_query *query,
		     uint32_t *found)
{
	struct cs_service service;
	size_t n;

	cs_model_get(m, i, &service);
	n = cs_owners_of(query->owners, &service.result,
			 service.is_enriched ? &service.enriched : NULL, found);
	for (size_t k = 0; k < n; k++)
		if (found[k] == query->owner)
			return true;
	return false;
}

static enum cs_err keep_owner(const struct cs_model *m, struct cs_keep *keep,
			      const struct cs_query *query)
{
	uint32_t *found = calloc(cs_owners_count(query->owners) + 1, sizeof(*found));

	if (!found)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < m->n; i++)
		if (keep->row[i])
			keep->row[i] = is_owner(m, i, query, found);
	free(found);
	return CS_OK;
}

enum cs_err cs_keep_find(const struct cs_model *m, const struct cs_query *query,
			 struct cs_keep *keep, char why[CS_QUERY_WHY])
{
	enum cs_err err = CS_OK;

	why[0] = '\0';
	*keep = (struct cs_keep){ .row = malloc(m->n + 1) };
	if (!keep->row)
		return CS_ERR_NOMEM;
	memset(keep->row, 1, m->n);
	for (size_t i = 0; !err && i < query->n_fields; i++)
		err = keep_field(m, keep, query->field[i].name, query->field[i].value,
				 why);
	if (!err && query->search.len > 0)
		err = keep_search(m, keep, query->search);
	if (!err && query->owners)
		err = keep_owner(m, keep, query);
	for (size_t i = 0; !err && i < m->n; i++)
		keep->total += keep->row[i];
	return err;
}

void cs_keep_clear(struct cs_keep *keep)
{
	free(keep->row);
	*keep = (struct cs_keep){ 0 };
}
