/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a day in memory costs: loading, asking, adding up, comparing.
 *
 *   report DIR [ROWS]
 *
 * makes two days of ROWS services (1000000) in a store in DIR, which must not be
 * there, with a distinct reverse name each, 5000 places and 200 answers, and
 * prints a line for each measure: name, milliseconds of processor time (the least of
 * five where nothing changes by it), and what came of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "report/diff.h"
#include "report/settle.h"

enum { DAY = 20000, CHUNK_ROWS = 4096, ANSWERS = 200, PLACES = 5000, FIVE = 5 };

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(struct cs_store *store, enum cs_err err, const char *what)
{
	if (!err)
		return;
	(void)fprintf(stderr, "%s: %s: %s\n", what, cs_strerror(err),
		      store ? cs_store_why(store) : "");
	exit(1);
}

static void say(const char *name, double ms, uint64_t n)
{
	(void)printf("%-28s %9.1f ms  %" PRIu64 "\n", name, ms, n);
	(void)fflush(stdout);
}

/* --- the store --- */

static char answers[ANSWERS][1024];

static void make_answers(void)
{
	for (unsigned i = 0; i < ANSWERS; i++)
		for (unsigned k = 0, at = 0; k <= i % 24; k++)
			at += (unsigned)snprintf(answers[i] + at, sizeof(answers[i]) - at,
						 "%s</device%u/inform/%u>;ct=0",
						 k ? "," : "", i, k);
}

static uint32_t spread(uint32_t i)
{
	return i * 2654435761u;
}

static struct cs_result row_of(int32_t day, uint32_t i)
{
	static const uint8_t header[] = { 0x60, 69, 0x12, 0x34, 0xc1, 40, 0xff };
	const char *body = answers[(i + (i % 50 == 0 ? (uint32_t)day : 0)) % ANSWERS];

	return (struct cs_result){
		.ip = cs_addr_v4(spread(i) | 1u << 24),
		.port = 5683,
		.reply_port = 5683,
		.time_us = day * CS_US_PER_DAY + i,
		.rtt_us = 20000,
		.request_size = 21,
		.response_size = (uint32_t)(sizeof(header) + strlen(body)),
		.datagrams = 1,
		.bytes = sizeof(header) + strlen(body),
		.header = cs_span_of(header, sizeof(header)),
		.body = cs_span_str(body),
		.complete = true,
		.blocks = 1,
	};
}

static void put_day(struct cs_store *store, int32_t day, uint32_t first, uint32_t n)
{
	static struct cs_result rows[CHUNK_ROWS];
	struct cs_scan_row scan = { .id = { (uint8_t)(day - DAY + 1) },
				    .shards = 1,
				    .started_us = day * CS_US_PER_DAY,
				    .n_chunks = n / CHUNK_ROWS + 1,
				    .metadata = cs_span_str("{}"),
				    .state = CS_SCAN_DONE };
	struct cs_shard *shard;

	must(store, cs_store_scan_begin(store, &scan), "scan");
	must(store, cs_shard_open(store, scan.id, 0, &shard), "shard");
	for (uint32_t at = 0, chunk = 0; at < n; at += CHUNK_ROWS, chunk++) {
		uint32_t k = n - at < CHUNK_ROWS ? n - at : CHUNK_ROWS;
		struct cs_chunk_row about = { .chunk = chunk,
					      .first_us = day * CS_US_PER_DAY,
					      .last_us = day * CS_US_PER_DAY,
					      .probed = CHUNK_ROWS,
					      .closed = true };

		for (uint32_t i = 0; i < k; i++)
			rows[i] = row_of(day, first + at + i);
		must(store, cs_shard_put_chunk(shard, &about, rows, k), "chunk");
	}
	must(store, cs_shard_publish(shard), "publish");
}

static enum cs_err enrich(void *arg, const struct cs_result *rows,
			  struct cs_enriched *out, size_t n)
{
	static char hosts[4096][48], names[PLACES][24];
	static const char *const countries[] = { "DE", "FR", "US", "CN", "BR" };

	(void)arg;
	for (size_t i = 0; i < n; i++) {
		uint32_t ip = cs_addr_low32(&rows[i].ip), place = (ip >> 8) % PLACES;

		(void)snprintf(hosts[i], sizeof(hosts[i]), "host-%08x.dyn.example.net",
			       ip);
		(void)snprintf(names[place], sizeof(names[place]), "Network %u", place);
		out[i].hostname = cs_span_str(hosts[i]);
		out[i].hostname_source = cs_span_str("ptr");
		out[i].place.asn = 64512 + place;
		out[i].place.as_name = cs_span_str(names[place]);
		out[i].place.geo = cs_span_str(countries[place % 5]);
		out[i].place.city = cs_span_str(names[place / 10]);
		out[i].judged = true;
		out[i].judgement.stack = cs_span_str(ip % 3 ? "libcoap" : "Californium");
		out[i].judgement.severity = (enum cs_severity)(ip % CS_SEVERITIES);
		out[i].judgement.tags = cs_span_str(CS_TAGS_PLAIN);
	}
	return CS_OK;
}

/* --- what is measured --- */

static struct cs_model *load(struct cs_store *store)
{
	struct cs_model *model = NULL;
	double least = 1e12;

	for (int i = 0; i < FIVE; i++) {
		double from = now_ms();

		cs_model_free(model);
		must(store, cs_model_load(store, DAY + 1, false, &model), "load");
		least = now_ms() - from < least ? now_ms() - from : least;
	}
	say("load", least, cs_model_count(model));
	say("bytes a row, all", 0, cs_model_bytes(model) / cs_model_count(model));
	return model;
}

struct asked {
	const char *name, *field, *value, *search, *sort;
	uint64_t offset;
};

static void ask(const struct cs_model *model, const struct asked *a)
{
	struct cs_query query = { .limit = 50, .offset = a->offset };
	uint32_t found[50];
	char why[CS_QUERY_WHY];
	double least = 1e12;
	uint64_t total = 0;
	size_t n;

	if (a->field) {
		query.field[0].name = cs_span_str(a->field);
		query.field[query.n_fields++].value = cs_span_str(a->value);
	}
	if (a->search)
		query.search = cs_span_str(a->search);
	if (a->sort)
		query.sort = cs_span_str(a->sort);
	for (int i = 0; i < FIVE; i++) {
		double from = now_ms();

		must(NULL, cs_query_run(model, &query, found, &n, &total, why), why);
		least = now_ms() - from < least ? now_ms() - from : least;
	}
	say(a->name, least, total);
}

static void count(const struct cs_model *model, const char *column)
{
	const struct cs_query query = { 0 };
	struct cs_arena arena = { 0 };
	struct cs_facet *facets;
	char why[CS_QUERY_WHY], name[40];
	double from = now_ms();
	size_t n;

	must(NULL,
	     cs_query_facet(model, &query, cs_span_str(column), 100, &arena, &facets, &n,
			    why),
	     why);
	(void)snprintf(name, sizeof(name), "facet %s", column);
	say(name, now_ms() - from, n);
	cs_arena_clear(&arena);
}

static void ask_all(const struct cs_model *model)
{
	static const struct asked asked[] = {
		{ .name = "query all, worst first" },
		{ .name = "query geo", .field = "geo", .value = "de" },
		{ .name = "query asn", .field = "asn", .value = "AS64612" },
		{ .name = "query prefix", .field = "ip", .value = "10.0.0.0/8" },
		{ .name = "query hostname",
		  .field = "hostname",
		  .value = "host-01000001.dyn.example.net" },
		{ .name = "query response", .field = "response", .value = "</none>" },
		{ .name = "search text", .search = "c0ffee.dyn" },
		{ .name = "search address", .search = "2.0.0" },
		{ .name = "sort amplification", .sort = "-amplification" },
		{ .name = "sort hostname", .sort = "hostname" },
		{ .name = "sort ip, row 900000", .sort = "-ip", .offset = 900000 },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		ask(model, &asked[i]);
	count(model, "geo");
	count(model, "asn");
	count(model, "hostname");
	count(model, "amplification");
}

static enum cs_err count_row(void *arg, const struct cs_diff_row *row)
{
	(void)row;
	++*(uint64_t *)arg;
	return CS_OK;
}

static void settle_and_compare(struct cs_store *store)
{
	uint64_t n = 0;
	double from = now_ms();

	must(store, cs_settle_day(store, DAY), "settle");
	say("settle, first day", now_ms() - from, 0);
	from = now_ms();
	must(store, cs_settle_day(store, DAY + 1), "settle");
	say("settle, with the day before", now_ms() - from, 0);
	from = now_ms();
	must(store, cs_settle_all(store, NULL, NULL), "settle");
	say("settle, nothing due", now_ms() - from, 0);
	from = now_ms();
	must(store, cs_diff(store, DAY, DAY + 1, count_row, &n), "diff");
	say("diff, differences", now_ms() - from, n);
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
	struct cs_store *store = NULL;

	if (argc < 2 || n < 1000) {
		(void)fprintf(stderr, "usage: report DIR [ROWS]\n");
		return 2;
	}
	make_answers();
	must(store, cs_store_open(argv[1], &store), argv[1]);
	for (int32_t day = DAY; day <= DAY + 1; day++) {
		struct cs_store_enrich want = { .day = day,
						.about = cs_span_str("{}"),
						.fill = enrich };

		put_day(store, day, (uint32_t)(day - DAY) * (n / 100), n);
		must(store, cs_store_enrich(store, &want), "enrich");
	}

	struct cs_model *model = load(store);

	ask_all(model);
	cs_model_free(model);
	settle_and_compare(store);
	cs_store_close(store);
	return 0;
}
