/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The enrichment beside a segment, when it is not as it was written. The input
 * is a byte that says how much of the file there is (0: all, else that many
 * 256ths), and then patches (patched.h). Reading must end: with all rows, or
 * with an error that says why. Enriching again must put it right.
 */
#include "fuzz.h"

#include "patched.h"

#include "base/clock.h"
#include "store/store.h"

#define DAY    20000
#define DAY_US (DAY * CS_US_PER_DAY)
#define SIDE   "2024-10-04/00000000000000000000000000000000-0.enriched.db"

enum { ROWS = 96 };

static const uint8_t id[CS_SCAN_ID];
static char dir[64], side[256];
static struct cs_store *store;
static struct template template;

static void publish(void)
{
	static const uint8_t header[] = { 0x60, 69, 0, 1, 0xff };
	struct cs_chunk_row chunk = { 1, DAY_US, DAY_US + 1, 4096, true };
	struct cs_result rows[ROWS];
	struct cs_shard *shard;

	for (unsigned i = 0; i < ROWS; i++)
		rows[i] =
			(struct cs_result){ .ip = cs_addr_v4(i * 977),
					    .port = 5683,
					    .time_us = DAY_US + i,
					    .datagrams = 1,
					    .header = cs_span_of(header, sizeof(header)),
					    .body = cs_span_str("</a>") };
	MUST(cs_shard_open(store, id, 0, &shard) == CS_OK);
	MUST(cs_shard_put_chunk(shard, &chunk, rows, ROWS) == CS_OK);
	MUST(cs_shard_publish(shard) == CS_OK);
}

static uint64_t add(struct cs_span bytes)
{
	uint64_t sum = bytes.len;

	for (size_t i = 0; i < bytes.len; i++)
		sum += bytes.ptr[i];
	return sum;
}

/* What a row says can be read, and is in range. */
static uint64_t read_all(const struct cs_enriched *e)
{
	const struct cs_place *p = &e->place;
	const struct cs_judgement *j = &e->judgement;

	MUST(j->severity < CS_SEVERITIES && j->confidence <= 100);
	return add(e->hostname) + add(e->hostname_source) + add(p->geo) +
	       add(p->as_name) + add(p->region) + add(p->city) + add(p->sector) +
	       add(p->owner) + add(j->stack) + add(j->stack_because) +
	       add(j->severity_because) + add(j->tags);
}

static enum cs_err fill(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			size_t n)
{
	static char hosts[ROWS][32];
	uint64_t *sum = arg;

	MUST(n == ROWS);
	for (unsigned i = 0; i < n; i++) {
		*sum += read_all(&out[i]);
		(void)snprintf(hosts[i], sizeof(hosts[i]), "host-%u.example.net", i);
		out[i] = (struct cs_enriched){ .hostname = cs_span_str(hosts[i]),
					       .place = { .asn = i % 7,
							  .owner = cs_span_str("plant") },
					       .judged = cs_addr_low32(&rows[i].ip) % 2 };
		out[i].judgement.severity = (enum cs_severity)(i % CS_SEVERITIES);
		out[i].judgement.tags = cs_span_str("coap;iot");
	}
	return CS_OK;
}

static enum cs_err enrich(bool fresh)
{
	uint64_t sum = 0;
	struct cs_store_enrich want = { .day = DAY,
					.fresh = fresh,
					.about = cs_span_str("{}"),
					.fill = fill,
					.arg = &sum };

	return cs_store_enrich(store, &want);
}

static void clean_up(void)
{
	cs_store_close(store);
	remove_dir(dir);
}

static void make_template(void)
{
	make_dir(dir);
	(void)snprintf(side, sizeof(side), "%s/" SIDE, dir);
	MUST(cs_store_open(dir, &store) == CS_OK && atexit(clean_up) == 0);
	publish();
	MUST(enrich(true) == CS_OK);
	template_read(&template, side);
}

struct seen {
	uint64_t rows, enriched, sum;
};

static enum cs_err see(void *arg, const struct cs_result *row,
		       const struct cs_enriched *enriched)
{
	struct seen *seen = arg;

	MUST(row->port == 5683);
	seen->rows++;
	seen->enriched += enriched != NULL;
	seen->sum += enriched ? read_all(enriched) : 0;
	return CS_OK;
}

/* All rows, enriched all or none; or an error that is named, and says why. */
static void check(enum cs_err err, const struct seen *seen, bool patched)
{
	MUST(!err || patched);
	MUST(!err || err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN || err == CS_ERR_IO ||
	     err == CS_ERR_NOMEM);
	MUST(!err || strstr(cs_store_why(store), dir));
	MUST(err || seen->rows == ROWS);
	MUST(err || seen->enriched == ROWS || (patched && seen->enriched == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_rd rd = cs_rd_over(data, size);
	struct seen seen = { 0 };
	enum cs_err err;

	if (!store)
		make_template();

	uint8_t cut = cs_rd_u8(&rd);
	bool patched = template_patch(
		&template, &rd, cut ? template.len * cut / 256 : template.len, side);

	check(cs_store_day_each(store, DAY, see, &seen), &seen, patched);
	seen = (struct seen){ 0 };
	check(cs_store_day_load(store, DAY, see, &seen), &seen, patched);
	err = enrich(false);
	MUST(!err || err == CS_ERR_FOREIGN || err == CS_ERR_IO || err == CS_ERR_NOMEM);
	MUST(enrich(true) == CS_OK);
	seen = (struct seen){ 0 };
	check(cs_store_day_load(store, DAY, see, &seen), &seen, false);
	return 0;
}
