/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows a second that are enriched by a database, beside a bare loop of
 * libmaxminddb over the same addresses for the same field. They take turns, so
 * that a slow moment of the machine hits all; what counts is processor time.
 * The rows have one of 20,000 bodies each, as those of the store's bench.
 *
 *   enrich COUNTRY.mmdb [MILLIONS OF ROWS]
 */
#include <inttypes.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enrich/enricher.h"

enum {
	GROUP = CS_ENRICH_GROUP,
	TURN = 16, /* groups until the other's turn */
	BODIES = 20000,
	BODY = 128, /* bytes at most */
};

static uint64_t state = 1;

static uint32_t draw(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(state >> 32);
}

static void die(const char *what)
{
	fprintf(stderr, "bench enrich: %s\n", what);
	exit(1);
}

struct work {
	MMDB_s mmdb;
	struct cs_places *places;
	struct cs_enricher *enricher; /* places and judgement */
	struct cs_result rows[TURN * GROUP];
	struct cs_enriched out[GROUP];
	char bodies[BODIES][BODY];
	uint64_t found; /* countries */
};

static void run_bare(struct work *w)
{
	static const char *const path[] = { "country", "iso_code", NULL };

	for (size_t i = 0; i < TURN * GROUP; i++) {
		struct sockaddr_storage to;
		MMDB_entry_data_s data;
		int status;

		(void)cs_addr_to_sockaddr(&w->rows[i].ip, 0, 0, &to);

		MMDB_lookup_result_s found = MMDB_lookup_sockaddr(
			&w->mmdb, (const struct sockaddr *)&to, &status);

		if (found.found_entry &&
		    MMDB_aget_value(&found.entry, &data, path) == MMDB_SUCCESS)
			w->found += data.has_data;
	}
}

static void run_places(struct work *w)
{
	for (size_t i = 0; i < TURN * GROUP; i++) {
		struct cs_place place = { 0 };

		cs_places_find(w->places, &w->rows[i].ip, &place);
		w->found += place.geo.len > 0;
	}
}

static void run_enricher(struct work *w)
{
	for (size_t i = 0; i < TURN * GROUP; i += GROUP) {
		memset(w->out, 0, sizeof(w->out));
		if (cs_enricher_fill(w->enricher, &w->rows[i], w->out, GROUP))
			die("cannot enrich");
		for (size_t k = 0; k < GROUP; k++)
			w->found += w->out[k].place.geo.len > 0;
	}
}

static struct {
	const char *name;
	void (*run)(struct work *w);
	int64_t ns;
	uint64_t found;
} ways[] = {
	{ "bare loop", run_bare, 0, 0 },
	{ "places", run_places, 0, 0 },
	{ "places and judgement", run_enricher, 0, 0 },
};

static void open_all(struct work *w, const char *path)
{
	struct cs_enricher_want want = { .judge = true };
	char why[CS_PLACES_WHY] = "out of memory";

	if (MMDB_open(path, MMDB_MODE_MMAP, &w->mmdb))
		die("cannot open the database");
	if (cs_places_open(&w->places) || cs_places_add_geoip(w->places, path, why))
		die(why);
	want.places = w->places;
	if (cs_enricher_open(&want, &w->enricher))
		die("out of memory");
}

static void make_bodies(struct work *w)
{
	for (unsigned i = 0; i < BODIES; i++)
		(void)snprintf(w->bodies[i], BODY,
			       "</sensors/temp>;rt=\"temperature-c\";if=\"sensor\","
			       "</sensors/light>;rt=\"light-lux\";if=\"sensor\",</n/%u>",
			       i);
}

static void make_rows(struct work *w)
{
	static const uint8_t header[] = { 0x60, 0x45, 1, 2, 0xc1, 0x28, 0xff };

	for (size_t i = 0; i < TURN * GROUP; i++) {
		struct cs_span body = cs_span_str(w->bodies[draw() % BODIES]);
		uint32_t size = (uint32_t)(sizeof(header) + body.len);

		w->rows[i] = (struct cs_result){
			.ip = cs_addr_v4(draw()),
			.port = 5683,
			.reply_port = 5683,
			.request_size = 21,
			.response_size = size,
			.datagrams = 1,
			.bytes = size,
			.header = cs_span_of(header, sizeof(header)),
			.body = body,
			.complete = true,
			.blocks = 1,
		};
	}
}

static int64_t processor_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t want = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 1000000, rows = 0;
	struct work *w = calloc(1, sizeof(*w));

	if (argc < 2 || !w)
		die("want: enrich COUNTRY.mmdb [MILLIONS OF ROWS]");
	open_all(w, argv[1]);
	make_bodies(w);
	for (; rows < want; rows += TURN * GROUP) {
		make_rows(w);
		for (size_t i = 0; i < CS_LEN(ways); i++) {
			int64_t begin = processor_ns();

			w->found = 0;
			ways[i].run(w);
			ways[i].ns += processor_ns() - begin;
			ways[i].found += w->found;
		}
	}
	for (size_t i = 0; i < CS_LEN(ways); i++) {
		if (ways[i].found != ways[0].found)
			die("they do not find the same");
		printf("%s: %.0f rows/s, %.3f of the bare loop\n", ways[i].name,
		       (double)rows * 1e9 / (double)ways[i].ns,
		       (double)ways[0].ns / (double)ways[i].ns);
	}
	printf("%" PRIu64 " of %" PRIu64 " have a country\n", ways[0].found, rows);
	cs_enricher_close(w->enricher);
	cs_places_close(w->places);
	MMDB_close(&w->mmdb);
	free(w);
	return 0;
}
