/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store with made-up results, for those who read one:
 *
 *   fill_store DIRECTORY YYYY-MM-DD ROWS [FIRST]
 *
 * Row i is 10.0.0.0 + FIRST + i, port 5683, AS 64500 + i % 16, one of four
 * countries by i % 4, a host name below example.net for odd ones. Each call is a
 * scan of its own. Prints nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "store/store.h"

enum { CHUNK = 4096 };

static uint32_t first;

static void need(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "fill_store: %s\n", what);
	exit(1);
}

static void went(enum cs_err err, const struct cs_store *store)
{
	if (err)
		need(false, store ? cs_store_why(store) : cs_strerror(err));
}

static void make_row(struct cs_result *row, uint32_t i, int64_t day_us, char *body)
{
	static const uint8_t header[] = { 0x60, 0x45, 0, 0, 0xc1, 0x28, 0xff };
	int len = snprintf(body, 64, "</sensors/%u>;rt=\"t\",</kind/%u>", i % 50, i % 7);

	*row = (struct cs_result){
		.ip = cs_addr_v4(0x0a000000 + i),
		.port = 5683,
		.reply_port = 5683,
		.time_us = day_us + i % 86400 * CS_US_PER_S,
		.rtt_us = 1000,
		.request_size = 21,
		.response_size = (uint32_t)(sizeof(header) + (size_t)len),
		.datagrams = 1,
		.bytes = sizeof(header) + (size_t)len,
		.header = cs_span_of(header, sizeof(header)),
		.body = cs_span_of(body, (size_t)len),
		.complete = true,
		.blocks = 1,
	};
}

static void put_rows(struct cs_shard *shard, int32_t day, uint32_t rows)
{
	static struct cs_result at[CHUNK];
	static char body[CHUNK][64];
	int64_t day_us = day * CS_US_PER_DAY;

	for (uint32_t done = 0; done < rows;) {
		uint32_t n = rows - done < CHUNK ? rows - done : CHUNK;
		struct cs_chunk_row chunk = { .chunk = done / CHUNK,
					      .first_us = day_us,
					      .last_us = day_us + 1,
					      .probed = n,
					      .closed = true };

		for (uint32_t i = 0; i < n; i++)
			make_row(&at[i], first + done + i, day_us, body[i]);
		need(cs_shard_put_chunk(shard, &chunk, at, n) == CS_OK, "put");
		done += n;
	}
}

/* A cs_store_enrich_fn. */
static enum cs_err fill(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			size_t n)
{
	static const char *const countries[] = { "DE", "FR", "US", "JP" };
	static char names[CHUNK][64];

	(void)arg;
	for (size_t k = 0; k < n; k++) {
		uint32_t i = cs_addr_low32(&rows[k].ip) - 0x0a000000;

		out[k].place.asn = 64500 + i % 16;
		out[k].place.geo = cs_span_str(countries[i % 4]);
		out[k].place.city = cs_span_str("City");
		out[k].place.as_name = cs_span_str("EXAMPLE");
		if (i % 2) {
			(void)snprintf(names[k], sizeof(names[k]), "h%u.example.net", i);
			out[k].hostname = cs_span_str(names[k]);
			out[k].hostname_source = cs_span_str("ptr");
		}
		out[k].judged = true;
		out[k].judgement.severity = (enum cs_severity)(i % CS_SEVERITIES);
		out[k].judgement.severity_because = cs_span_str("made up");
		out[k].judgement.tags = cs_span_str(CS_TAGS_PLAIN);
	}
	return CS_OK;
}

int main(int argc, char **argv)
{
	struct cs_scan_row scan = { .shards = 1, .n_chunks = 1, .state = CS_SCAN_DONE };
	struct cs_store_enrich enrich = { .about = cs_span_str("{}"), .fill = fill };
	struct cs_store *store = NULL;
	struct cs_shard *shard;
	uint64_t rows = 0, from = 0;

	need(argc >= 4 && cs_day_read(cs_span_str(argv[2]), &enrich.day) &&
		     cs_num_u64(cs_span_str(argv[3]), 1, 1 << 24, &rows) &&
		     (argc < 5 || cs_num_u64(cs_span_str(argv[4]), 0, 1 << 23, &from)),
	     "want DIRECTORY YYYY-MM-DD ROWS [FIRST]");
	first = (uint32_t)from;
	memcpy(scan.id, &rows, sizeof(rows));
	memcpy(scan.id + 8, &from, 4);
	memcpy(scan.id + 12, &enrich.day, 4);
	scan.plan = cs_span_str("made up");
	scan.started_us = enrich.day * CS_US_PER_DAY;
	scan.ended_us = scan.started_us + 2;
	went(cs_store_open(argv[1], &store), store);
	went(cs_store_scan_begin(store, &scan), store);
	went(cs_shard_open(store, scan.id, 0, &shard), store);
	put_rows(shard, enrich.day, (uint32_t)rows);
	went(cs_shard_publish(shard), store);
	went(cs_store_enrich(store, &enrich), store);
	cs_store_close(store);
	return 0;
}
