/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/rows.h"

#include <stdlib.h>

#include "out/json.h"
#include "scan/record.h"

enum { BLOCK = 32 << 10 /* bytes made at a time, and what the last row adds */ };

struct rows {
	struct cs_stream stream;
	struct cs_rows_want want;
	struct cs_json json; /* between blocks: whether a comma is due */
	uint32_t *owners;    /* room for all owners */
	size_t part, at;     /* what is next */
	bool begun, ended;
	char *block; /* made, and not yet taken */
	size_t len, taken;
};

void cs_rows_drop(struct cs_rows_want *want)
{
	for (size_t i = 0; i < want->n_parts; i++) {
		cs_day_put(want->part[i].day);
		free(want->part[i].found);
	}
	want->n_parts = 0;
}

static void close_rows(struct cs_stream *stream)
{
	struct rows *r = (struct rows *)stream;

	cs_rows_drop(&r->want);
	free(r->owners);
	free(r->block);
	free(r);
}

/* --- making --- */

static bool is_owned(const struct rows *r, const struct cs_service *s)
{
	size_t n;

	if (!r->want.owners)
		return true;
	n = cs_owners_of(r->want.owners, &s->result, s->is_enriched ? &s->enriched : NULL,
			 r->owners);
	for (size_t i = 0; i < n; i++)
		if (r->owners[i] == r->want.owner)
			return true;
	return false;
}

/* The next row that is wanted; false when there is none. */
static bool next(struct rows *r, struct cs_service *s)
{
	for (; r->part < r->want.n_parts; r->part++, r->at = 0) {
		const struct cs_rows_part *p = &r->want.part[r->part];
		const struct cs_model *model = cs_day_model(p->day);
		size_t n = p->found ? p->n : cs_model_count(model);

		while (r->at < n) {
			size_t i = r->at++;

			cs_model_get(model, p->found ? p->found[i] : i, s);
			if (p->found || is_owned(r, s))
				return true;
		}
	}
	return false;
}

static void put_csv(struct rows *r, FILE *to)
{
	struct cs_record_out out = { .to = to, .columns = CS_CSV_PAGE };
	struct cs_service s;

	if (!r->begun)
		cs_record_begin(&cs_record_csv, &out);
	r->begun = true;
	while (ftello(to) < BLOCK && !r->ended) {
		r->ended = !next(r, &s);
		if (!r->ended)
			(void)cs_record_row(&cs_record_csv, &out, &s.result,
					    s.is_enriched ? &s.enriched : NULL);
	}
}

static void put_json(struct rows *r, FILE *to)
{
	struct cs_service s;

	r->json.to = to;
	if (!r->begun)
		cs_json_array(&r->json);
	r->begun = true;
	while (ftello(to) < BLOCK && !r->ended) {
		r->ended = !next(r, &s);
		if (!r->ended)
			cs_rows_json(&r->json, &s);
	}
	if (!r->ended)
		return;
	cs_json_array_end(&r->json);
	cs_json_line(&r->json);
}

/* False when memory is out. */
static bool make_block(struct rows *r)
{
	FILE *to;
	bool failed;

	free(r->block);
	r->block = NULL;
	r->len = r->taken = 0;
	to = open_memstream(&r->block, &r->len);
	if (!to)
		return false;
	if (r->want.form == CS_ROWS_CSV)
		put_csv(r, to);
	else
		put_json(r, to);
	failed = ferror(to) != 0;
	return fclose(to) == 0 && !failed;
}

static ssize_t fill(struct cs_stream *stream, char *to, size_t room)
{
	struct rows *r = (struct rows *)stream;
	size_t n;

	while (r->taken == r->len) {
		if (r->ended)
			return 0;
		if (!make_block(r))
			return -1;
	}
	n = r->len - r->taken < room ? r->len - r->taken : room;
	memcpy(to, r->block + r->taken, n);
	r->taken += n;
	return (ssize_t)n;
}

enum cs_err cs_rows_stream(const struct cs_rows_want *want, struct cs_stream **out)
{
	struct cs_rows_want all = *want;
	struct rows *r = calloc(1, sizeof(*r));
	size_t n = want->owners ? cs_owners_count(want->owners) : 0;

	if (r)
		r->owners = calloc(n + 1, sizeof(*r->owners));
	if (!r || !r->owners) {
		free(r);
		cs_rows_drop(&all);
		return CS_ERR_NOMEM;
	}
	r->stream = (struct cs_stream){ .fill = fill, .close = close_rows };
	r->want = all;
	*out = &r->stream;
	return CS_OK;
}
