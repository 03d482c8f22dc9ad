/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a request to the Reports API. */
#include "fuzz.h"

#include <string.h>

#include "serve/api_query.h"

static void is_text(struct cs_span s)
{
	MUST(s.len == 0 || !memchr(s.ptr, 0, s.len));
}

static void is_bounded(const struct cs_api_query *q)
{
	MUST(q->limit >= 1 && q->limit <= CS_API_ROWS);
	MUST(q->page >= 1 && q->page <= UINT32_MAX);
	MUST(q->n_reports <= CS_API_NAMES && q->n_fields <= CS_QUERY_FIELDS);
	MUST(!q->has_days || q->first <= q->last);
	MUST(q->order != CS_API_BY_COLUMN || q->sort.len > 0);
	is_text(q->key);
	is_text(q->id);
	is_text(q->facet);
	for (size_t i = 0; i < q->n_reports; i++)
		is_text(q->reports[i]);
	for (size_t i = 0; i < q->n_fields; i++) {
		is_text(q->field[i].name);
		is_text(q->field[i].value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_arena arena = { 0 };
	struct cs_api_query query;
	char why[CS_API_WHY] = "";
	enum cs_err err =
		cs_api_query_read(cs_span_of(data, size), 20000, &arena, &query, why);

	MUST(err == CS_OK || err == CS_ERR_SYNTAX);
	MUST((err == CS_OK) == (*why == '\0'));
	for (const char *c = why; *c; c++)
		MUST(*c >= 0x20 && *c < 0x7f);
	if (!err)
		is_bounded(&query);
	MUST(arena.total <= 16 * size + 65536);
	cs_arena_clear(&arena);
	return 0;
}
