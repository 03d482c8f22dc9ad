/* SPDX-License-Identifier: Apache-2.0 */
#include "report/count.h"

#include <stdio.h>
#include <stdlib.h>

#include "coap/code.h"
#include "report/count_tree.h"
#include "report/keep.h"

static const char OTHER[] = "other";

enum cs_err cs_sums_add(struct cs_sums *sums, const char *group, struct cs_span key,
			uint64_t n)
{
	if (sums->n == sums->cap) {
		size_t cap = sums->cap ? 2 * sums->cap : 256;
		struct cs_store_sum *more = reallocarray(sums->at, cap, sizeof(*more));

		if (!more)
			return CS_ERR_NOMEM;
		sums->at = more;
		sums->cap = cap;
	}
	sums->at[sums->n++] =
		(struct cs_store_sum){ .group = cs_span_str(group), .key = key, .n = n };
	return CS_OK;
}

void cs_sums_clear(struct cs_sums *sums)
{
	cs_arena_clear(&sums->arena);
	free(sums->at);
	*sums = (struct cs_sums){ 0 };
}

static int sum_order(const void *a, const void *b)
{
	const struct cs_store_sum *x = a, *y = b;
	int order = cs_texts_order(x->group, y->group);

	return order ? order : cs_texts_order(x->key, y->key);
}

/* In order, and equal ones as one: a value may be called "other", too. */
static void merge(struct cs_sums *sums)
{
	size_t n = 0;

	if (sums->n > 0)
		qsort(sums->at, sums->n, sizeof(sums->at[0]), sum_order);
	for (size_t i = 0; i < sums->n; i++)
		if (n > 0 && sum_order(&sums->at[n - 1], &sums->at[i]) == 0)
			sums->at[n - 1].n += sums->at[i].n;
		else
			sums->at[n++] = sums->at[i];
	sums->n = n;
}

/* A group whose values are those of a column. */
static enum cs_err count_column(const struct cs_model *m, const struct cs_keep *keep,
				const char *group, const char *column,
				struct cs_sums *sums)
{
	struct cs_facet *facets;
	uint64_t rest = 0;
	size_t n;
	enum cs_err err = cs_facet_kept(m, keep, cs_column_find(cs_span_str(column)),
					SIZE_MAX, &sums->arena, &facets, &n);

	for (size_t i = 0; !err && i < n; i++)
		if (i < CS_COUNT_KEYS)
			err = cs_sums_add(sums, group, facets[i].key, facets[i].n);
		else
			rest += facets[i].n;
	if (!err && rest > 0)
		err = cs_sums_add(sums, group, cs_span_str(OTHER), rest);
	return err;
}

static enum cs_err count_total(const struct cs_model *m, const struct cs_keep *keep,
			       struct cs_sums *sums)
{
	const struct cs_addr *last = NULL;
	uint64_t addresses = 0, ipv6 = 0;
	enum cs_err err;

	for (size_t i = 0; i < m->n; i++) {
		const struct cs_addr *ip = &m->cold[i].ip;

		if (!keep->row[i] || (last && cs_addr_cmp(last, ip) == 0))
			continue;
		last = ip;
		addresses++;
		ipv6 += !cs_addr_is_v4(ip);
	}
	err = cs_sums_add(sums, "total", cs_span_str("services"), keep->total);
	if (!err)
		err = cs_sums_add(sums, "total", cs_span_str("addresses"), addresses);
	return err ? err : cs_sums_add(sums, "total", cs_span_str("ipv6"), ipv6);
}

static enum cs_err count_amplification(const struct cs_model *m,
				       const struct cs_keep *keep, struct cs_sums *sums)
{
	static const struct {
		uint64_t from; /* hundredths */
		const char *key;
	} buckets[] = {
		{ 0, "0" },       { 50, "50" },     { 100, "100" },
		{ 200, "200" },   { 500, "500" },   { 1000, "1000" },
		{ 2000, "2000" }, { 5000, "5000" }, { 10000, "10000" },
	};
	enum { BUCKETS = sizeof(buckets) / sizeof(buckets[0]) };
	uint64_t counts[BUCKETS] = { 0 }, unknown = 0;
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < m->n; i++) {
		uint64_t factor = keep->row[i] ? cs_row_amplification(m, i) : 0;
		size_t b = BUCKETS - 1;

		unknown += keep->row[i] && factor == 0;
		if (factor == 0)
			continue;
		while (factor - 1 < buckets[b].from)
			b--;
		counts[b]++;
	}
	for (size_t b = 0; !err && b < BUCKETS; b++)
		if (counts[b] > 0)
			err = cs_sums_add(sums, "amp", cs_span_str(buckets[b].key),
					  counts[b]);
	if (!err && unknown > 0)
		err = cs_sums_add(sums, "amp", (struct cs_span){ 0 }, unknown);
	return err;
}

/* The row's code, or -1 where it has no CoAP header. */
static int code_of(const struct cs_model *m, size_t i)
{
	struct cs_reading reading;
	struct cs_service service;

	if (cs_row_is_content(m, i))
		return CS_CODE_CONTENT;
	cs_model_get(m, i, &service);
	service.result.body = (struct cs_span){ 0 }; /* of no matter here */
	cs_result_read(&service.result, &reading);
	return reading.has_header ? reading.code : -1;
}

/* Of all replies, not of services alone. */
static enum cs_err count_codes(const struct cs_model *m, const uint8_t *wanted,
			       struct cs_sums *sums)
{
	enum { CODES = 256 };
	uint64_t counts[CODES + 1] = { 0 };
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < m->n; i++)
		if (!wanted || wanted[i])
			counts[code_of(m, i) + 1]++;
	if (counts[0] > 0)
		err = cs_sums_add(sums, "code", (struct cs_span){ 0 }, counts[0]);
	for (unsigned code = 0; !err && code < CODES; code++) {
		char text[CS_CODE_TEXT];
		const char *key;

		if (counts[code + 1] == 0)
			continue;
		cs_code_text((uint8_t)code, text);
		key = cs_arena_text(&sums->arena, cs_span_str(text));
		if (!key)
			return CS_ERR_NOMEM;
		err = cs_sums_add(sums, "code", cs_span_str(key), counts[code + 1]);
	}
	return err;
}

static enum cs_err count_sources(const struct cs_model *m, const struct cs_keep *keep,
				 bool sample, struct cs_sums *sums)
{
	uint64_t reported = 0;
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < m->n; i++)
		reported += keep->row[i] && m->hot[i].match == CS_MATCH_REPORT;
	if (keep->total > reported)
		err = cs_sums_add(sums, "source", cs_span_str("scan"),
				  keep->total - reported);
	if (!err && reported > 0)
		err = cs_sums_add(sums, "source",
				  cs_span_str(sample ? "sample" : "report"), reported);
	return err;
}

static enum cs_err count_all(const struct cs_model *m, const struct cs_keep *keep,
			     const uint8_t *wanted, bool sample, struct cs_sums *sums)
{
	static const char *const groups[][2] = {
		{ "geo", "geo" },           { "port", "port" }, { "stack", "stack" },
		{ "severity", "severity" }, { "tag", "tag" },   { "sector", "sector" },
	};
	enum cs_err err = count_total(m, keep, sums);

	for (size_t i = 0; !err && i < sizeof(groups) / sizeof(groups[0]); i++)
		err = count_column(m, keep, groups[i][0], groups[i][1], sums);
	if (!err)
		err = cs_count_asns(m, keep, sums);
	if (!err)
		err = cs_count_tree(m, keep, sums);
	if (!err)
		err = count_amplification(m, keep, sums);
	if (!err)
		err = count_codes(m, wanted, sums);
	return err ? err : count_sources(m, keep, sample, sums);
}

enum cs_err cs_count(const struct cs_model *m, const uint8_t *wanted, bool sample,
		     struct cs_sums *sums)
{
	struct cs_keep keep = { .row = malloc(m->n + 1) };
	enum cs_err err;

	if (!keep.row)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < m->n; i++) {
		keep.row[i] = cs_row_is_content(m, i) && (!wanted || wanted[i]);
		keep.total += keep.row[i];
	}
	err = count_all(m, &keep, wanted, sample, sums);
	cs_keep_clear(&keep);
	if (!err)
		merge(sums);
	return err;
}
