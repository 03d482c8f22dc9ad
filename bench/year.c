/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A year of days in a store whose last day is there: what a page about a year is
 * made of, without scanning for a year.
 *
 *   year DIR
 *
 * puts a result into each of the 364 days before the first one of the store in DIR,
 * settles all days, and gives each a summary as half a million services in 240
 * countries and more than 1000 networks have. Prints the number of sums.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/settle.h"

enum { DAYS = 365, SERVICES = 500000, SUMS = 8192 };

struct year {
	struct cs_store *store;
	struct cs_arena arena;
	struct cs_store_day *days;
	size_t n_days;
	struct cs_store_sum sums[SUMS];
	size_t n;
};

static void must(const struct year *y, enum cs_err err, const char *what)
{
	if (!err)
		return;
	(void)fprintf(stderr, "year: %s: %s: %s\n", what, cs_strerror(err),
		      y->store ? cs_store_why(y->store) : "");
	exit(1);
}

/* --- days that have something --- */

static void put_day(const struct year *y, int32_t day)
{
	static const uint8_t header[] = { 0x60, 69, 0x12, 0x34, 0xff };
	struct cs_scan_row scan = { .shards = 1,
				    .plan_hash = { 1 },
				    .n_chunks = 1,
				    .started_us = day * CS_US_PER_DAY,
				    .metadata = cs_span_str("{}"),
				    .state = CS_SCAN_DONE };
	struct cs_chunk_row chunk = { .first_us = day * CS_US_PER_DAY,
				      .last_us = day * CS_US_PER_DAY,
				      .probed = 1,
				      .closed = true };
	struct cs_result row = { .ip = cs_addr_v4(0x0a000000),
				 .port = 5683,
				 .reply_port = 5683,
				 .time_us = day * CS_US_PER_DAY,
				 .request_size = 21,
				 .response_size = sizeof(header),
				 .datagrams = 1,
				 .bytes = sizeof(header),
				 .header = cs_span_of(header, sizeof(header)),
				 .complete = true,
				 .blocks = 1 };
	struct cs_shard *shard;

	memcpy(scan.id, &day, sizeof(day));
	must(y, cs_store_scan_begin(y->store, &scan), "scan");
	must(y, cs_shard_open(y->store, scan.id, 0, &shard), "shard");
	must(y, cs_shard_put_chunk(shard, &chunk, &row, 1), "chunk");
	must(y, cs_shard_publish(shard), "publish");
}

/* --- what they add up to --- */

static void add(struct year *y, const char *group, const char *key, uint64_t n)
{
	char *text = cs_arena_array(&y->arena, strlen(key) + 1, 1);

	if (!text || y->n == SUMS)
		must(y, CS_ERR_NOMEM, "sums");
	memcpy(text, key, strlen(key) + 1);
	y->sums[y->n++] = (struct cs_store_sum){ .group = cs_span_str(group),
						 .key = cs_span_str(text),
						 .n = n };
}

/*
 * @n keys with a number between two texts, each with less than the one before it, other
 * numbers each day.
 */
static void add_many(struct year *y, const char *group, const char *before,
		     const char *after, unsigned n, unsigned day)
{
	char key[96];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(key, sizeof(key), "%s%u%s", before, i, after);
		add(y, group, key, SERVICES / 4 / (i + 1) + (i * 7 + day * 13) % 97);
	}
}

static void add_countries(struct year *y, unsigned day)
{
	char key[3] = "AA";

	for (unsigned i = 0; i < 240; i++) {
		key[0] = (char)('A' + i / 26);
		key[1] = (char)('A' + i % 26);
		add(y, "geo", key, SERVICES / 4 / (i + 1) + (i + day * 13) % 97);
	}
}

static void add_fixed(struct year *y, unsigned day)
{
	static const struct {
		const char *group, *keys[9];
	} fixed[] = {
		{ "total", { "services", "addresses", "ipv6" } },
		{ "severity", { "info", "low", "medium", "high", "critical" } },
		{ "amp",
		  { "0", "50", "100", "200", "500", "1000", "2000", "5000", "10000" } },
		{ "change", { "new", "gone", "changed", "moved", "not_probed" } },
		{ "code", { "2.05", "4.04" } },
		{ "source", { "scan" } },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		for (unsigned k = 0; k < 9 && fixed[i].keys[k]; k++)
			add(y, fixed[i].group, fixed[i].keys[k],
			    SERVICES / (k + 1) + day * 131 % 9973);
}

static void sum_up(struct year *y, unsigned day)
{
	y->n = 0;
	add_fixed(y, day);
	add_countries(y, day);
	add_many(y, "asn", "", " Example Network", 1000, day);
	add_many(y, "port", "", "", 100, day);
	add_many(y, "stack", "Stack ", "", 20, day);
	add_many(y, "tag", "tag-", "", 50, day);
	add_many(y, "sector", "Sector ", "", 20, day);
	add_many(y, "tree", "DE\t", " Example Network\tlibcoap", 2000, day);
}

int main(int argc, char **argv)
{
	static struct year y;
	int32_t first;
	uint64_t sums = 0;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: year DIR\n");
		return 2;
	}
	must(&y, cs_store_open(argv[1], &y.store), argv[1]);
	must(&y, cs_store_days(y.store, &y.arena, &y.days, &y.n_days), "days");
	first = y.n_days > 0 ? y.days[0].day : DAYS;
	for (int32_t day = first - DAYS + 1; day < first; day++)
		put_day(&y, day);
	must(&y, cs_settle_all(y.store, NULL, NULL), "settle");
	must(&y, cs_store_days(y.store, &y.arena, &y.days, &y.n_days), "days");
	for (size_t i = 0; i < y.n_days; i++) {
		sum_up(&y, (unsigned)i);
		must(&y,
		     cs_store_summary_put(y.store, y.days[i].day, y.days[i].summary_stamp,
					  y.sums, y.n),
		     "summary");
		sums += y.n;
	}
	(void)printf("%" PRIu64 "\n", sums);
	cs_store_close(y.store);
	cs_arena_clear(&y.arena);
	return 0;
}
