/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report in the store is a scan that asked nothing: its id is a hash of its
 * rows, so that the same report twice is one, its chunks are never closed, so
 * that its silence means nothing, and its plan is a word.
 */
#include "report/import_put.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/siphash.h"
#include "enrich/judge.h"
#include "out/json.h"
#include "probe/reading.h"
#include "scan/plan.h"

enum { GROUP = 4096 /* rows that cs_store_enrich() hands out at most */ };

static const char plan_text[] = "scan_coap report";

/* --- rows --- */

struct cs_import_row *cs_import_rows_more(struct cs_import_rows *rows)
{
	enum { FIRST = 1024 };

	if (rows->n == rows->cap) {
		size_t cap = rows->cap ? 2 * rows->cap : FIRST;
		struct cs_import_row *more = reallocarray(rows->at, cap, sizeof(*more));

		if (!more)
			return NULL;
		rows->at = more;
		rows->cap = cap;
	}
	return &rows->at[rows->n];
}

void cs_import_rows_clear(struct cs_import_rows *rows)
{
	free(rows->at);
	cs_arena_clear(&rows->arena);
	*rows = (struct cs_import_rows){ 0 };
}

static int32_t day_of(const struct cs_import_row *row)
{
	return (int32_t)cs_day_number(row->result.time_us);
}

/* By day, address and port: what there is one row of. */
static int same_or(const struct cs_import_row *a, const struct cs_import_row *b)
{
	int order = (day_of(a) > day_of(b)) - (day_of(a) < day_of(b));

	if (order == 0)
		order = cs_addr_cmp(&a->result.ip, &b->result.ip);
	return order ? order : a->result.port - b->result.port;
}

/* Then the newest first, of equal times what stands last. */
static int order_of(const void *x, const void *y)
{
	const struct cs_import_row *a = x, *b = y;
	int order = same_or(a, b);

	if (order == 0)
		order = (a->result.time_us < b->result.time_us) -
			(a->result.time_us > b->result.time_us);
	return order ? order : (a->line < b->line) - (a->line > b->line);
}

static int same_row(const void *a, const void *b)
{
	return same_or(a, b);
}

static uint64_t keep_newest(struct cs_import_rows *rows)
{
	size_t n = 0;

	if (rows->n > 0)
		qsort(rows->at, rows->n, sizeof(rows->at[0]), order_of);
	for (size_t i = 0; i < rows->n; i++)
		if (n == 0 || same_or(&rows->at[n - 1], &rows->at[i]) != 0)
			rows->at[n++] = rows->at[i];

	uint64_t dropped = rows->n - n;

	rows->n = n;
	return dropped;
}

/* --- the id --- */

/* Each piece is hashed under the hash of those before it. */
static void feed(struct cs_sip128 *sum, const void *bytes, size_t len)
{
	const struct cs_sipkey key = { sum->lo, sum->hi };

	*sum = cs_siphash13_128(&key, bytes, len);
}

static void feed_number(struct cs_sip128 *sum, uint64_t n)
{
	n = htobe64(n);
	feed(sum, &n, sizeof(n));
}

static void feed_row(struct cs_sip128 *sum, const struct cs_import_row *row)
{
	const struct cs_result *r = &row->result;
	const struct cs_enriched *e = &row->enriched;
	const struct cs_span texts[] = {
		r->body,         e->hostname,   e->hostname_source, e->place.geo,
		e->place.region, e->place.city, e->place.sector,    e->judgement.tags,
	};

	feed(sum, r->ip.b, sizeof(r->ip.b));
	feed_number(sum, (uint64_t)r->time_us);
	feed_number(sum, (uint64_t)r->port << 32 | r->request_size);
	feed_number(sum, (uint64_t)r->response_size << 32 | e->place.asn);
	feed_number(sum, (uint64_t)e->place.naics << 8 | e->judgement.severity);
	for (size_t i = 0; i < CS_LEN(texts); i++)
		feed(sum, texts[i].ptr, texts[i].len);
}

/* Sample data is another thing than the same rows in earnest. */
static void make_id(const struct cs_import_rows *rows, bool sample,
		    uint8_t id[CS_SCAN_ID])
{
	struct cs_sip128 sum = { 11, 12 };

	feed_number(&sum, sample);
	for (size_t i = 0; i < rows->n; i++)
		feed_row(&sum, &rows->at[i]);
	sum.lo = htobe64(sum.lo);
	sum.hi = htobe64(sum.hi);
	memcpy(id, &sum.lo, sizeof(sum.lo));
	memcpy(id + sizeof(sum.lo), &sum.hi, sizeof(sum.hi));
}

/* --- what is told of the import --- */

/* JSON text made by @write, owned by the caller; NULL when memory is out. */
struct text {
	char *at;
	size_t len;
};

struct about {
	const struct cs_import_want *want;
	const char *name;
	const struct cs_import_counts *counts;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void write_metadata(const struct about *about, FILE *to)
{
	struct cs_json j = cs_json_to(to);

	cs_json_object(&j);
	cs_json_key(&j, "imported");
	cs_json_string(&j, cs_span_str(base_name(about->name)));
	cs_json_key(&j, "sample");
	cs_json_bool(&j, about->want->sample);
	cs_json_key(&j, "time");
	cs_json_time(&j, about->want->now_us);
	cs_json_key(&j, "results");
	cs_json_uint(&j, about->counts->kept);
	cs_json_key(&j, "left_out");
	cs_json_uint(&j, about->counts->left_out);
	cs_json_object_end(&j);
}

/* As other enrichment tells its sources. */
static void write_source(const struct about *about, FILE *to)
{
	struct cs_json j = cs_json_to(to);

	cs_json_object(&j);
	cs_json_key(&j, "made");
	cs_json_time(&j, about->want->now_us);
	cs_json_key(&j, "sources");
	cs_json_array(&j);
	cs_json_object(&j);
	cs_json_key(&j, "file");
	cs_json_string(&j, cs_span_str(base_name(about->name)));
	cs_json_key(&j, "form");
	cs_json_word(&j, plan_text);
	cs_json_object_end(&j);
	cs_json_array_end(&j);
	cs_json_object_end(&j);
}

static struct text make_text(void (*write)(const struct about *, FILE *),
			     const struct about *about)
{
	struct text text = { 0 };
	FILE *memory = open_memstream(&text.at, &text.len);

	if (!memory)
		return text;
	write(about, memory);
	if (fclose(memory)) {
		free(text.at);
		text.at = NULL;
	}
	return text;
}

/* --- into the store --- */

struct putting {
	const struct cs_import_want *want;
	const struct cs_import_rows *rows;
	struct cs_scan_row scan;
	struct cs_judge_room *rooms; /* of a group's judgements; owned */
	char *why;
};

static enum cs_err store_failed(const struct putting *p, enum cs_err err)
{
	(void)snprintf(p->why, CS_IMPORT_WHY, "%s", cs_store_why(p->want->store));
	return err;
}

static enum cs_err put_chunks(const struct putting *p, struct cs_shard *shard)
{
	struct cs_result *group = calloc(CS_CHUNK, sizeof(*group));
	enum cs_err err = group ? CS_OK : CS_ERR_NOMEM;

	for (size_t i = 0; !err && i < p->rows->n; i += CS_CHUNK) {
		struct cs_chunk_row chunk = { .chunk = i / CS_CHUNK,
					      .first_us = INT64_MAX };

		while (chunk.probed < CS_CHUNK && i + chunk.probed < p->rows->n) {
			const struct cs_result *r = &p->rows->at[i + chunk.probed].result;

			group[chunk.probed++] = *r;
			if (r->time_us < chunk.first_us)
				chunk.first_us = r->time_us;
			if (r->time_us > chunk.last_us)
				chunk.last_us = r->time_us;
		}
		err = cs_shard_put_chunk(shard, &chunk, group, chunk.probed);
	}
	free(group);
	return err;
}

static enum cs_err put_rows(const struct putting *p)
{
	struct cs_shard *shard = NULL;
	enum cs_err err = cs_shard_open(p->want->store, p->scan.id, 0, &shard);

	if (!err)
		err = put_chunks(p, shard);
	if (err) {
		(void)store_failed(p, err);
		cs_shard_abandon(shard);
		return err;
	}
	err = cs_shard_publish(shard);
	return err ? store_failed(p, err) : CS_OK;
}

/* The stack is told by the response; tags and severity are the report's. */
static void judge_stack(const struct cs_result *result, struct cs_judge_room *room,
			struct cs_enriched *out)
{
	struct cs_judgement own;
	struct cs_reading reading;

	cs_result_read(result, &reading);
	cs_judge(result, &reading, CS_JUDGE_OWN, room, &own);
	out->judgement.stack = own.stack;
	out->judgement.confidence = own.confidence;
	out->judgement.stack_because = own.stack_because;
}

static enum cs_err fill(void *arg, const struct cs_result *results,
			struct cs_enriched *out, size_t n)
{
	struct putting *p = arg;

	for (size_t i = 0; i < n; i++) {
		const struct cs_import_row key = { .result = results[i] };
		const struct cs_import_row *row =
			bsearch(&key, p->rows->at, p->rows->n, sizeof(key), same_row);

		if (!row)
			continue;
		out[i] = row->enriched;
		judge_stack(&results[i], &p->rooms[i], &out[i]);
	}
	return CS_OK;
}

/* Whether the day is to be enriched: where rows are @known, it may be already. */
static enum cs_err is_wanted(struct putting *p, int32_t day, bool known, bool *wanted)
{
	*wanted = true;
	return known ? cs_store_lacks_enrichment(p->want->store, day, p->scan.id, wanted)
		     : CS_OK;
}

/* Counts in @n the days that were. */
static enum cs_err enrich_days(struct putting *p, struct cs_span about, bool known,
			       uint64_t *n)
{
	struct cs_store_enrich want = {
		.scan = p->scan.id, .fresh = true, .about = about, .fill = fill, .arg = p
	};
	enum cs_err err = CS_OK;
	bool wanted;

	*n = 0;
	for (size_t i = 0; !err && i < p->rows->n; i++) {
		if (i > 0 && day_of(&p->rows->at[i]) == day_of(&p->rows->at[i - 1]))
			continue;
		want.day = day_of(&p->rows->at[i]);
		err = is_wanted(p, want.day, known, &wanted);
		if (err || !wanted)
			continue;
		err = cs_store_enrich(p->want->store, &want);
		*n += !err;
	}
	return err ? store_failed(p, err) : CS_OK;
}

/* Enters the scan; *@done when it is there with all that belongs to it. */
static enum cs_err begin(struct putting *p, bool *done)
{
	struct cs_scan_row known;
	struct cs_arena arena = { 0 };
	enum cs_err err = cs_store_scan_begin(p->want->store, &p->scan);

	*done = false;
	if (err != CS_ERR_REFUSED)
		return err ? store_failed(p, err) : CS_OK;
	err = cs_store_scan_find(p->want->store, p->scan.id, &arena, &known);
	*done = !err && known.ended_us != 0;
	cs_arena_clear(&arena);
	return err ? store_failed(p, err) : CS_OK;
}

static enum cs_err put(struct putting *p, struct cs_import_counts *counts,
		       struct cs_span about)
{
	uint64_t days = 0;
	enum cs_err err = begin(p, &counts->known);

	if (!err && !counts->known)
		err = put_rows(p);
	if (!err)
		err = enrich_days(p, about, counts->known, &days);
	counts->restored = counts->known ? days : 0;
	if (err || counts->known)
		return err;
	p->scan.ended_us = p->want->now_us;
	err = cs_store_scan_update(p->want->store, &p->scan);
	return err ? store_failed(p, err) : CS_OK;
}

enum cs_err cs_import_put(const struct cs_import_want *want, const char *name,
			  struct cs_import_rows *rows, struct cs_import_counts *counts,
			  char why[CS_IMPORT_WHY])
{
	struct putting p = { .want = want,
			     .rows = rows,
			     .why = why,
			     .scan = { .shards = 1, .state = CS_SCAN_REPORT } };
	const struct about about = { want, name, counts };
	enum cs_err err = CS_ERR_NOMEM;

	counts->duplicates = keep_newest(rows);
	counts->kept = rows->n;
	if (rows->n == 0)
		return CS_OK;
	counts->first_day = day_of(&rows->at[0]);
	counts->last_day = day_of(&rows->at[rows->n - 1]);

	struct text metadata = make_text(write_metadata, &about);
	struct text source = make_text(write_source, &about);

	p.rooms = calloc(GROUP, sizeof(*p.rooms));
	make_id(rows, want->sample, p.scan.id);
	p.scan.plan = cs_span_str(plan_text);
	cs_plan_key(p.scan.plan, p.scan.plan_hash);
	p.scan.metadata = cs_span_of(metadata.at, metadata.len);
	p.scan.started_us = want->now_us;
	p.scan.n_chunks = (rows->n + CS_CHUNK - 1) / CS_CHUNK;
	if (metadata.at && source.at && p.rooms)
		err = put(&p, counts, cs_span_of(source.at, source.len));
	else
		(void)snprintf(why, CS_IMPORT_WHY, "out of memory");
	free(metadata.at);
	free(source.at);
	free(p.rooms);
	return err;
}
