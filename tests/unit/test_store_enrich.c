/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept beside results, and what days say of themselves. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#define SEGMENT  DAY_NAME "/" SCAN_NAME "-0.db"
#define ENRICHED DAY_NAME "/" SCAN_NAME "-0.enriched.db"

/* SPAN() for what is static. */
#define TEXT(text)                                        \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct cs_enriched full = {
	.hostname = TEXT("lamp.example.net"),
	.hostname_source = TEXT("ptr"),
	.place = { .asn = UINT32_MAX,
		   .naics = 518210,
		   .geo = TEXT("DE"),
		   .as_name = TEXT("Example AS"),
		   .region = TEXT("Bavaria"),
		   .city = TEXT("M\xc3\xbcnchen"),
		   .sector = TEXT("Hosting"),
		   .owner = TEXT("plant 7") },
	.judged = true,
	.judgement = { .stack = TEXT("libcoap"),
		       .confidence = 100,
		       .stack_because = TEXT("/async"),
		       .severity = CS_SEVERITY_CRITICAL,
		       .severity_because = TEXT("amplifies 30 times"),
		       .tags = TEXT("coap;iot;amplifier") },
};

static void expect_enriched(const struct cs_enriched *got, const struct cs_enriched *want)
{
	const struct cs_judgement *j = &got->judgement, *k = &want->judgement;

	assert_true(cs_span_eq(got->hostname, want->hostname));
	assert_true(cs_span_eq(got->hostname_source, want->hostname_source));
	assert_int_equal(got->place.asn, want->place.asn);
	assert_int_equal(got->place.naics, want->place.naics);
	assert_true(cs_span_eq(got->place.geo, want->place.geo));
	assert_true(cs_span_eq(got->place.as_name, want->place.as_name));
	assert_true(cs_span_eq(got->place.region, want->place.region));
	assert_true(cs_span_eq(got->place.city, want->place.city));
	assert_true(cs_span_eq(got->place.sector, want->place.sector));
	assert_true(cs_span_eq(got->place.owner, want->place.owner));
	assert_int_equal(got->judged, want->judged);
	assert_true(cs_span_eq(j->stack, k->stack));
	assert_int_equal(j->confidence, k->confidence);
	assert_true(cs_span_eq(j->stack_because, k->stack_because));
	assert_int_equal(j->severity, k->severity);
	assert_true(cs_span_eq(j->severity_because, k->severity_because));
	assert_true(cs_span_eq(j->tags, k->tags));
}

/* Fills every row by what its address says, and counts. */
struct filler {
	unsigned calls, rows, known; /* known: that came with something */
	size_t largest;
	enum cs_err err;
	const char *host; /* NULL: the address's */
};

static enum cs_err fill(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			size_t n)
{
	static char hosts[4096][32];
	struct filler *filler = arg;

	assert_in_range(n, 1, 4096);
	for (size_t i = 0; i < n; i++) {
		uint32_t ip = cs_addr_low32(&rows[i].ip);

		filler->known += out[i].hostname.len > 0 || out[i].judged;
		(void)snprintf(hosts[i], sizeof(hosts[i]), "h%u", ip);
		out[i].hostname = cs_span_str(filler->host ? filler->host : hosts[i]);
		out[i].place.asn = ip % 10;
		out[i].judged = ip % 2 == 0;
		out[i].judgement.severity = (enum cs_severity)(ip % CS_SEVERITIES);
		out[i].judgement.stack = cs_span_str("libcoap");
	}
	filler->calls++;
	filler->rows += (unsigned)n;
	if (n > filler->largest)
		filler->largest = n;
	return filler->err;
}

static enum cs_err enrich_as(struct fixture *f, struct filler *filler, bool fresh,
			     const char *about)
{
	struct cs_store_enrich want = { .day = DAY,
					.fresh = fresh,
					.about = cs_span_str(about),
					.fill = fill,
					.arg = filler };

	return cs_store_enrich(f->store, &want);
}

/* What a walk saw: "ip:host/asn/severity " for each row, - where not enriched. */
static enum cs_err see_enriched(void *arg, const struct cs_result *row,
				const struct cs_enriched *enriched)
{
	struct seen *seen = arg;
	size_t at = strlen(seen->text), room = sizeof(seen->text) - at;

	seen->n++;
	if (!enriched)
		(void)snprintf(seen->text + at, room, "%u:- ", row->ip.b[15]);
	else
		(void)snprintf(seen->text + at, room, "%u:%.*s/%u/%d ", row->ip.b[15],
			       (int)enriched->hostname.len,
			       (const char *)enriched->hostname.ptr, enriched->place.asn,
			       enriched->judged ? (int)enriched->judgement.severity : -1);
	return CS_OK;
}

static void expect_rows(struct fixture *f, const char *by_ip, const char *by_file)
{
	struct seen seen = { 0 };

	expect(f, cs_store_day_each(f->store, DAY, see_enriched, &seen), CS_OK);
	assert_string_equal(seen.text, by_ip);
	seen = (struct seen){ 0 };
	expect(f, cs_store_day_load(f->store, DAY, see_enriched, &seen), CS_OK);
	assert_string_equal(seen.text, by_file);
}

/* A published day with two rows, put in falling order. */
static struct fixture published(void)
{
	struct fixture f = fixture_new();

	open_shard(&f);
	put_one(&f, 12, DAY_US, "b");
	put_one(&f, 11, DAY_US, "a");
	publish(&f);
	return f;
}

static void rows_come_with_what_was_filled_in(void **state)
{
	struct fixture f = published();
	struct filler filler = { 0 };

	(void)state;
	expect_rows(&f, "11:- 12:- ", "12:- 11:- ");
	expect(&f, enrich_as(&f, &filler, false, "{}"), CS_OK);
	assert_int_equal(filler.rows, 2);
	assert_int_equal(filler.known, 0);
	expect_rows(&f, "11:h11/1/-1 12:h12/2/2 ", "12:h12/2/2 11:h11/1/-1 ");

	/* Renewed with what was known, then without. */
	filler.host = "new";
	expect(&f, enrich_as(&f, &filler, false, "{}"), CS_OK);
	assert_int_equal(filler.known, 2);
	expect_rows(&f, "11:new/1/-1 12:new/2/2 ", "12:new/2/2 11:new/1/-1 ");
	filler.known = 0;
	expect(&f, enrich_as(&f, &filler, true, "{}"), CS_OK);
	assert_int_equal(filler.known, 0);
	fixture_free(&f);
}

static enum cs_err fill_full(void *arg, const struct cs_result *rows,
			     struct cs_enriched *out, size_t n)
{
	unsigned *times = arg;

	(void)rows;
	for (size_t i = 0; i < n; i++) {
		if (*times == 0)
			out[i] = i == 0 ? full : (struct cs_enriched){ 0 };
		else
			expect_enriched(&out[i],
					i == 0 ? &full : &(struct cs_enriched){ 0 });
	}
	(*times)++;
	return CS_OK;
}

static enum cs_err see_full(void *arg, const struct cs_result *row,
			    const struct cs_enriched *enriched)
{
	unsigned *n = arg;

	(void)row;
	assert_non_null(enriched);
	expect_enriched(enriched, (*n)++ == 0 ? &full : &(struct cs_enriched){ 0 });
	return CS_OK;
}

static void every_field_comes_back(void **state)
{
	struct fixture f = published();
	unsigned times = 0, n = 0;
	struct cs_store_enrich want = { .day = DAY, .fill = fill_full, .arg = &times };

	(void)state;
	for (unsigned i = 0; i < 2; i++) { /* also to the next one that fills in */
		expect(&f, cs_store_enrich(f.store, &want), CS_OK);
		n = 0;
		expect(&f, cs_store_day_load(f.store, DAY, see_full, &n), CS_OK);
		assert_int_equal(n, 2);
	}
	assert_int_equal(times, 2);
	fixture_free(&f);
}

/* Two sets of facts whose bytes in a row are the same. */
static enum cs_err fill_alike(void *arg, const struct cs_result *rows,
			      struct cs_enriched *out, size_t n)
{
	(void)arg, (void)rows;
	assert_int_equal(n, 2);
	out[0].place = (struct cs_place){ .region = SPAN("ab"), .city = SPAN("c") };
	out[1].place = (struct cs_place){ .region = SPAN("a"), .city = SPAN("bc") };
	out[0].judged = out[1].judged = true;
	out[0].judgement = (struct cs_judgement){ .stack = SPAN("x") };
	out[1].judgement = (struct cs_judgement){ .tags = SPAN("x") };
	return CS_OK;
}

static enum cs_err see_alike(void *arg, const struct cs_result *row,
			     const struct cs_enriched *enriched)
{
	unsigned *n = arg;
	bool second = (*n)++ == 1;

	(void)row;
	assert_int_equal(enriched->place.region.len, second ? 1 : 2);
	assert_int_equal(enriched->place.city.len, second ? 2 : 1);
	assert_int_equal(enriched->judgement.stack.len, second ? 0 : 1);
	assert_int_equal(enriched->judgement.tags.len, second ? 1 : 0);
	return CS_OK;
}

static void what_is_alike_is_not_the_same(void **state)
{
	struct fixture f = published();
	struct cs_store_enrich want = { .day = DAY, .fill = fill_alike };
	unsigned n = 0;

	(void)state;
	expect(&f, cs_store_enrich(f.store, &want), CS_OK);
	expect(&f, cs_store_day_load(f.store, DAY, see_alike, &n), CS_OK);
	assert_int_equal(n, 2);
	fixture_free(&f);
}

static void a_group_has_4096_rows_at_most(void **state)
{
	struct fixture f = fixture_new();
	struct cs_chunk_row chunk = chunk_at(1, DAY_US, true);
	static struct cs_result rows[5000];
	struct filler filler = { 0 };

	(void)state;
	for (uint32_t i = 0; i < CS_LEN(rows); i++)
		rows[i] = result_at(i, DAY_US, "x");
	open_shard(&f);
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, rows, CS_LEN(rows)), CS_OK);
	publish(&f);
	expect(&f, enrich_as(&f, &filler, false, "{}"), CS_OK);
	assert_int_equal(filler.rows, 5000);
	assert_int_equal(filler.largest, 4096);
	fixture_free(&f);
}

static void what_fill_says_ends_it_and_leaves_what_was(void **state)
{
	struct fixture f = published();
	struct filler filler = { 0 }, bad = { .err = CS_ERR_USAGE, .host = "bad" };

	(void)state;
	expect(&f, enrich_as(&f, &bad, false, "{}"), CS_ERR_USAGE);
	expect_rows(&f, "11:- 12:- ", "12:- 11:- ");
	expect(&f, enrich_as(&f, &filler, false, "{}"), CS_OK);
	expect(&f, enrich_as(&f, &bad, false, "{}"), CS_ERR_USAGE);
	expect_rows(&f, "11:h11/1/-1 12:h12/2/2 ", "12:h12/2/2 11:h11/1/-1 ");
	fixture_free(&f);
}

static void only_what_is_there_can_be_enriched(void **state)
{
	static const uint8_t other[CS_SCAN_ID] = { 7 };
	struct fixture f = published();
	struct filler filler = { 0 };
	struct cs_store_enrich want = {
		.day = DAY, .scan = other, .fill = fill, .arg = &filler
	};

	(void)state;
	expect(&f, cs_store_enrich(f.store, &want), CS_ERR_NOT_FOUND);
	want.scan = scan_id;
	expect(&f, cs_store_enrich(f.store, &want), CS_OK);
	want.day = DAY + 1;
	want.scan = NULL;
	expect(&f, cs_store_enrich(f.store, &want), CS_ERR_NOT_FOUND);
	assert_int_equal(filler.rows, 2);
	fixture_free(&f);
}

/* Whatever happens to the old file, it is not taken for the new rows'. */
static void a_segment_published_again_is_not_enriched(void **state)
{
	struct fixture f = published();
	struct filler filler = { 0 };
	char from[256], kept[256];

	(void)state;
	expect(&f, enrich_as(&f, &filler, false, "{}"), CS_OK);
	(void)snprintf(from, sizeof(from), "%s/" ENRICHED, f.dir);
	(void)snprintf(kept, sizeof(kept), "%s/kept", f.dir);
	assert_int_equal(link(from, kept), 0);
	open_shard(&f);
	put_one(&f, 11, DAY_US, "changed");
	publish(&f);
	assert_int_equal(access(from, F_OK), -1);
	expect_rows(&f, "11:- 12:- ", "12:- 11:- ");
	assert_int_equal(rename(kept, from), 0);
	expect_rows(&f, "11:- 12:- ", "12:- 11:- ");
	fixture_free(&f);
}

static struct cs_store_day the_day(struct fixture *f)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days, day;
	size_t n;

	expect(f, cs_store_days(f->store, &arena, &days, &n), CS_OK);
	assert_int_equal(n, 1);
	day = days[0];
	cs_arena_clear(&arena);
	return day;
}

static void a_days_stamp_changes_with_rows_and_enrichment(void **state)
{
	struct fixture f = published();
	struct filler filler = { 0 };
	uint64_t stamps[4];

	(void)state;
	stamps[0] = the_day(&f).stamp;
	assert_int_equal(the_day(&f).stamp, stamps[0]);
	assert_int_not_equal(stamps[0], 0);
	expect(&f, enrich_as(&f, &filler, false, "{}"), CS_OK);
	stamps[1] = the_day(&f).stamp;
	assert_int_not_equal(stamps[1], stamps[0]);
	expect(&f, enrich_as(&f, &filler, false, "{}"), CS_OK);
	stamps[2] = the_day(&f).stamp;
	assert_int_not_equal(stamps[2], stamps[1]);
	open_shard(&f);
	put_one(&f, 11, DAY_US, "c");
	publish(&f);
	stamps[3] = the_day(&f).stamp;
	assert_int_not_equal(stamps[3], stamps[2]);
	assert_int_not_equal(stamps[3], stamps[0]);
	fixture_free(&f);
}

static void a_days_stamp_is_of_all_its_segments(void **state)
{
	static const uint8_t other[CS_SCAN_ID] = { 0xff };
	struct fixture f = published();
	struct filler filler = { 0 };
	struct cs_store_enrich want = { .day = DAY, .fill = fill, .arg = &filler };
	const uint8_t *scans[] = { other, scan_id };
	uint64_t last = the_day(&f).stamp;

	(void)state;
	expect(&f, cs_shard_open(f.store, other, 0, &f.shard), CS_OK);
	put_one(&f, 11, DAY_US, "c");
	publish(&f);
	assert_int_not_equal(the_day(&f).stamp, last);
	for (size_t i = 0; i < CS_LEN(scans); i++) {
		last = the_day(&f).stamp;
		want.scan = scans[i];
		expect(&f, cs_store_enrich(f.store, &want), CS_OK);
		assert_int_not_equal(the_day(&f).stamp, last);
	}
	assert_int_equal(filler.rows, 3);
	fixture_free(&f);
}

static void a_day_counts_its_segments_and_their_bytes(void **state)
{
	struct fixture f = published();
	struct cs_store_day day = the_day(&f);
	struct stat st;
	char path[256];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/" SEGMENT, f.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(day.segments, 1);
	assert_int_equal(day.missing, 0);
	assert_int_equal(day.bytes, st.st_size);
	assert_int_equal(day.summary_stamp, 0);
	fixture_free(&f);
}

static void a_missing_segment_is_said_before_any_row(void **state)
{
	struct fixture f = published();
	struct seen seen = { 0 };
	char path[256];

	(void)state;
	expect(&f, cs_shard_open(f.store, scan_id, 1, &f.shard), CS_OK);
	put_one(&f, 13, DAY_US, "c");
	publish(&f);
	(void)snprintf(path, sizeof(path), "%s/" SEGMENT, f.dir);
	assert_int_equal(unlink(path), 0);
	expect(&f, cs_store_day_each(f.store, DAY, see, &seen), CS_ERR_DAMAGED);
	assert_non_null(strstr(cs_store_why(f.store), SEGMENT ": missing"));
	expect(&f, cs_store_day_load(f.store, DAY, see, &seen), CS_ERR_DAMAGED);
	assert_int_equal(seen.n, 0);
	assert_int_equal(the_day(&f).segments, 2);
	assert_int_equal(the_day(&f).missing, 1);
	fixture_free(&f);
}

static void what_enriched_a_day_is_told_once(void **state)
{
	struct fixture f = published();
	struct filler filler = { 0 };
	struct cs_arena arena = { 0 };
	struct cs_span *about;
	size_t n;

	(void)state;
	expect(&f, cs_store_enriched_by(f.store, DAY, &arena, &about, &n), CS_OK);
	assert_int_equal(n, 0);
	for (uint32_t shard = 1; shard < 3; shard++) {
		expect(&f, cs_shard_open(f.store, scan_id, shard, &f.shard), CS_OK);
		put_one(&f, 20 + shard, DAY_US, "c");
		publish(&f);
	}
	expect(&f, enrich_as(&f, &filler, false, "{\"a\":1}"), CS_OK);
	expect(&f, cs_store_enriched_by(f.store, DAY, &arena, &about, &n), CS_OK);
	assert_int_equal(n, 1);
	assert_true(cs_span_eq(about[0], cs_span_str("{\"a\":1}")));
	cs_arena_clear(&arena);
	fixture_free(&f);
}

/* A scan's shard with its plan, and chunks 1, 2, 4 closed and 5 open. */
static void put_cover(struct fixture *f, const struct cs_scan_row *row)
{
	static const uint64_t closed[] = { 1, 2, 4 };
	struct cs_chunk_row open = chunk_at(5, DAY_US, false);

	expect(f, cs_store_scan_begin(f->store, row), CS_OK);
	expect(f, cs_shard_open(f->store, row->id, row->shard, &f->shard), CS_OK);
	for (size_t i = 0; i < CS_LEN(closed); i++) {
		struct cs_chunk_row chunk = chunk_at(closed[i], DAY_US, true);

		expect(f, cs_shard_put_chunk(f->shard, &chunk, NULL, 0), CS_OK);
	}
	expect(f, cs_shard_put_chunk(f->shard, &open, NULL, 0), CS_OK);
	publish(f);
}

static void covers_tell_what_was_asked_on_a_day(void **state)
{
	struct fixture f = fixture_new();
	struct cs_scan_row row = { .id = { 9 },
				   .shard = 1,
				   .shards = 3,
				   .plan = SPAN("plan"),
				   .metadata = SPAN("{}") };
	struct cs_arena arena = { 0 };
	struct cs_store_cover *covers;
	size_t n;

	(void)state;
	expect(&f, cs_store_covers(f.store, DAY, &arena, &covers, &n), CS_OK);
	assert_int_equal(n, 0);
	put_cover(&f, &row);
	expect(&f, cs_store_covers(f.store, DAY + 1, &arena, &covers, &n), CS_OK);
	assert_int_equal(n, 0);
	expect(&f, cs_store_covers(f.store, DAY, &arena, &covers, &n), CS_OK);
	assert_int_equal(n, 1);
	assert_memory_equal(covers[0].id, row.id, CS_SCAN_ID);
	assert_int_equal(covers[0].shard, 1);
	assert_int_equal(covers[0].shards, 3);
	assert_true(cs_span_eq(covers[0].plan, row.plan));
	assert_true(cs_span_eq(covers[0].metadata, row.metadata));
	assert_int_equal(covers[0].n_closed, 2);
	assert_int_equal(covers[0].closed[0].first, 1);
	assert_int_equal(covers[0].closed[0].last, 2);
	assert_int_equal(covers[0].closed[1].first, 4);
	assert_int_equal(covers[0].closed[1].last, 4);
	cs_arena_clear(&arena);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_with_what_was_filled_in),
		cmocka_unit_test(every_field_comes_back),
		cmocka_unit_test(what_is_alike_is_not_the_same),
		cmocka_unit_test(a_group_has_4096_rows_at_most),
		cmocka_unit_test(what_fill_says_ends_it_and_leaves_what_was),
		cmocka_unit_test(only_what_is_there_can_be_enriched),
		cmocka_unit_test(a_segment_published_again_is_not_enriched),
		cmocka_unit_test(a_days_stamp_changes_with_rows_and_enrichment),
		cmocka_unit_test(a_days_stamp_is_of_all_its_segments),
		cmocka_unit_test(a_day_counts_its_segments_and_their_bytes),
		cmocka_unit_test(a_missing_segment_is_said_before_any_row),
		cmocka_unit_test(what_enriched_a_day_is_told_once),
		cmocka_unit_test(covers_tell_what_was_asked_on_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
