/* SPDX-License-Identifier: Apache-2.0 */
/* Stores that are damaged in every way, and what is left of them after repair. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/own.h"

#define SEGMENT    DAY_NAME "/" SCAN_NAME "-0.db"
#define SIDE       DAY_NAME "/" SCAN_NAME "-0.enriched.db"
#define OTHER_NAME "cd0102030405060708090a0b0c0d0e0f"

enum { CHUNKS = 40, PER_CHUNK = 25, ROWS = CHUNKS * PER_CHUNK, PAGE = 4096 };

/* --- a store --- */

static enum cs_err fill(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			size_t n)
{
	(void)arg, (void)rows;
	for (size_t i = 0; i < n; i++)
		out[i].place = (struct cs_place){ .asn = 64512, .geo = SPAN("DE") };
	return CS_OK;
}

static void enrich(struct fixture *f, int32_t day)
{
	struct cs_store_enrich want = { .day = day, .about = SPAN("{}"), .fill = fill };

	expect(f, cs_store_enrich(f->store, &want), CS_OK);
}

/* Rows number * 256 + i, whose bodies say that. */
static void put_chunk(struct fixture *f, uint32_t number)
{
	struct cs_chunk_row chunk = { number, DAY_US, DAY_US + PER_CHUNK, 4096, true };
	struct cs_result rows[PER_CHUNK];
	char bodies[PER_CHUNK][64];

	for (unsigned i = 0; i < PER_CHUNK; i++) {
		(void)snprintf(bodies[i], sizeof(bodies[i]),
			       "</chunk/%u/row/%u>;rt=\"a thing\"", number, i);
		rows[i] = result_at(number * 256 + i, DAY_US + i, bodies[i]);
	}
	expect(f, cs_shard_put_chunk(f->shard, &chunk, rows, PER_CHUNK), CS_OK);
}

static void settle(struct fixture *f, int32_t day)
{
	struct cs_store_sum sum = { SPAN("geo"), SPAN("DE"), ROWS };
	struct cs_store_seen seen = { cs_addr_v4(1), 5683, DAY_US, DAY_US + 1 };
	struct cs_store_name name = { cs_addr_v4(1), SPAN("a.example"), 100 };
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n;

	expect(f, cs_store_days(f->store, &arena, &days, &n), CS_OK);
	expect(f, cs_store_summary_put(f->store, day, days[0].stamp, &sum, 1), CS_OK);
	expect(f, cs_store_seen_put(f->store, &seen, 1), CS_OK);
	expect(f, cs_store_names_put(f->store, &name, 1), CS_OK);
	cs_arena_clear(&arena);
}

/* A scan of one day with all that a store has of it; closed, to be damaged. */
static struct fixture whole(void)
{
	struct fixture f = fixture_new();
	struct cs_scan_row row = { .shards = 1, .plan = SPAN("p"), .n_chunks = CHUNKS };

	memcpy(row.id, scan_id, CS_SCAN_ID);
	expect(&f, cs_store_scan_begin(f.store, &row), CS_OK);
	open_shard(&f);
	for (uint32_t i = 0; i < CHUNKS; i++)
		put_chunk(&f, i);
	publish(&f);
	enrich(&f, DAY);
	settle(&f, DAY);
	cs_store_close(f.store);
	f.store = NULL;
	return f;
}

/* --- damage --- */

static void path_in(const struct fixture *f, const char *name, char out[256])
{
	(void)snprintf(out, 256, "%s/%s", f->dir, name);
}

static off_t size_of(const struct fixture *f, const char *name)
{
	struct stat st;
	char path[256];

	path_in(f, name, path);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void overwrite(const struct fixture *f, const char *name, off_t at, size_t len)
{
	char path[256], bytes[PAGE];
	int fd;

	path_in(f, name, path);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	memset(bytes, 0x5a, sizeof(bytes));
	for (size_t done = 0; done < len; done += sizeof(bytes)) {
		size_t some = len - done < sizeof(bytes) ? len - done : sizeof(bytes);

		assert_int_equal(pwrite(fd, bytes, some, at + (off_t)done), some);
	}
	assert_int_equal(close(fd), 0);
}

static void cut(const struct fixture *f, const char *name, off_t len)
{
	char path[256];

	path_in(f, name, path);
	assert_int_equal(truncate(path, len), 0);
}

static void move(const struct fixture *f, const char *name, const char *to)
{
	char from_path[256], to_path[256];

	path_in(f, name, from_path);
	path_in(f, to, to_path);
	assert_int_equal(rename(from_path, to_path), 0);
}

static void drop(const struct fixture *f, const char *name)
{
	char path[256];

	path_in(f, name, path);
	assert_int_equal(unlink(path), 0);
}

static void touch(const struct fixture *f, const char *name)
{
	char path[256];
	FILE *file;

	path_in(f, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
}

/* --- checking --- */

struct told {
	unsigned n, repaired, lost, notes;
	char text[4096]; /* "FILE: what" lines */
	struct cs_store_checked checked;
};

static void tell(void *arg, const struct cs_store_finding *finding)
{
	struct told *told = arg;
	size_t at = strlen(told->text);

	if (finding->note) {
		told->notes++;
		return;
	}
	told->n++;
	told->repaired += finding->repaired;
	told->lost += finding->lost;
	(void)snprintf(told->text + at, sizeof(told->text) - at, "%s: %s\n",
		       finding->file, finding->what);
}

static struct told verify(struct fixture *f, bool repair)
{
	struct told told = { 0 };
	enum cs_err err;

	err = repair ? cs_store_open(f->dir, &f->store)
		     : cs_store_open_read(f->dir, &f->store);
	assert_true(!err || err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN ||
		    err == CS_ERR_NOT_FOUND);
	expect(f, cs_store_verify(f->store, repair, tell, &told, &told.checked), CS_OK);
	cs_store_close(f->store);
	f->store = NULL;
	return told;
}

static void expect_told(const struct told *told, unsigned repaired, unsigned lost,
			const char *want)
{
	if (told->repaired != repaired || told->lost != lost || !strstr(told->text, want))
		fail_msg("%u found, %u repaired, %u lost, want %u, %u, '%s':\n%s",
			 told->n, told->repaired, told->lost, repaired, lost, want,
			 told->text);
}

/* Nothing is found; what is there can be read. Gives the rows of the day. */
struct days_rows {
	unsigned rows, enriched;
	bool has[CHUNKS][PER_CHUNK];
};

static enum cs_err count(void *arg, const struct cs_result *row,
			 const struct cs_enriched *enriched)
{
	struct days_rows *all = arg;
	uint32_t chunk = cs_addr_low32(&row->ip) / 256;
	uint32_t nth = cs_addr_low32(&row->ip) % 256;
	char body[64];

	assert_true(chunk < CHUNKS && nth < PER_CHUNK && !all->has[chunk][nth]);
	(void)snprintf(body, sizeof(body), "</chunk/%u/row/%u>;rt=\"a thing\"", chunk,
		       nth);
	assert_true(cs_span_eq(row->body, cs_span_str(body)));
	all->has[chunk][nth] = true;
	all->rows++;
	all->enriched += enriched != NULL;
	return CS_OK;
}

static struct days_rows reread(struct fixture *f)
{
	struct days_rows all = { 0 };
	struct told told = verify(f, false);

	if (told.n != 0)
		fail_msg("still: %s", told.text);
	expect(f, cs_store_open(f->dir, &f->store), CS_OK);
	expect(f, cs_store_day_each(f->store, DAY, count, &all), CS_OK);
	return all;
}

/* How many chunks count as asked, by the catalogue. */
static uint64_t covered(struct fixture *f)
{
	struct cs_arena arena = { 0 };
	struct cs_store_cover *covers;
	uint64_t sum = 0;
	size_t n;

	expect(f, cs_store_covers(f->store, DAY, &arena, &covers, &n), CS_OK);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < covers[i].n_closed; k++)
			sum += covers[i].closed[k].last - covers[i].closed[k].first + 1;
	cs_arena_clear(&arena);
	return sum;
}

/* --- nothing is wrong --- */

static void a_whole_store_is_found_whole(void **state)
{
	struct fixture f = whole();
	struct told told = verify(&f, false);

	(void)state;
	expect_told(&told, 0, 0, "");
	assert_int_equal(told.n, 0);
	assert_int_equal(told.checked.days, 1);
	assert_int_equal(told.checked.segments, 1);
	assert_int_equal(told.checked.rows, ROWS);
	told = verify(&f, true);
	assert_int_equal(told.n, 0);

	struct days_rows all = reread(&f);

	assert_int_equal(all.rows, ROWS);
	assert_int_equal(all.enriched, ROWS);
	assert_int_equal(covered(&f), CHUNKS);
	fixture_free(&f);
}

static void an_empty_store_is_whole_and_no_store_is_none(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store_checked checked;
	struct told told;

	(void)state;
	cs_store_close(f.store);
	told = verify(&f, false);
	assert_int_equal(told.n, 0);
	drop(&f, "catalog.db");
	expect(&f, cs_store_open_read(f.dir, &f.store), CS_ERR_NOT_FOUND);
	expect(&f, cs_store_verify(f.store, false, tell, &told, &checked),
	       CS_ERR_NOT_FOUND);
	expect(&f, cs_store_verify(f.store, true, tell, &told, &checked), CS_ERR_DENIED);
	fixture_free(&f);
}

static void an_interrupted_scan_is_no_damage(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	open_shard(&f);
	put_one(&f, 7, DAY_US, "again");
	expect(&f, cs_shard_commit(f.shard), CS_OK);

	/* While it is written it is left alone. */
	struct cs_store *mine = f.store;

	told = verify(&f, true);
	assert_int_equal(told.n, 0);
	assert_int_equal(told.notes, 0);
	abandon(&f);
	cs_store_close(mine);
	told = verify(&f, true);
	assert_int_equal(told.n, 0);
	assert_int_equal(told.notes, 1);
	fixture_free(&f);
}

/* --- segments --- */

static void a_damaged_page_costs_its_own_rows(void **state)
{
	struct fixture probe = whole();
	off_t pages = size_of(&probe, SEGMENT) / PAGE;
	unsigned damaged = 0;

	(void)state;
	fixture_free(&probe);
	for (off_t page = 1; page < pages; page++) {
		struct fixture f = whole();
		struct told told;
		struct days_rows all;

		overwrite(&f, SEGMENT, page * PAGE, PAGE);
		told = verify(&f, false);
		assert_int_equal(told.n, 1);
		assert_int_equal(told.repaired, 0);
		told = verify(&f, true);
		assert_true(told.n == told.repaired);
		all = reread(&f);
		/* A leaf is some sixty rows or bodies; roots are more. */
		damaged += all.rows < ROWS;
		if (all.rows < ROWS)
			expect_told(&told, 1, 1, " rows saved; the old file is ");
		if (all.rows > 0)
			assert_true(size_of(&f, SEGMENT ".damaged") > 0);
		/* Chunks of which something is gone count as not asked. */
		uint64_t whole_chunks = 0;

		for (unsigned c = 0; c < CHUNKS; c++) {
			unsigned n = 0;

			for (unsigned i = 0; i < PER_CHUNK; i++)
				n += all.has[c][i];
			whole_chunks += n == PER_CHUNK;
		}
		assert_true(covered(&f) <= whole_chunks);
		assert_true(all.enriched == 0);
		fixture_free(&f);
	}
	assert_in_range(damaged, pages / 3, pages);
}

static void rows_of_a_leaf_are_lost_alone_and_the_rest_stays_closed(void **state)
{
	struct fixture f = whole();
	struct told told;
	struct days_rows all;
	unsigned lost_at_most = 0;

	(void)state;
	/* Far behind the roots: a leaf of rows or of bodies. */
	overwrite(&f, SEGMENT, size_of(&f, SEGMENT) / PAGE / 2 * PAGE + 1000, 400);
	told = verify(&f, true);
	all = reread(&f);
	if (all.rows == ROWS)
		assert_int_equal(covered(&f), CHUNKS);
	else
		lost_at_most = 120;
	assert_in_range(all.rows, ROWS - lost_at_most, ROWS);
	assert_true(told.n <= 1);
	fixture_free(&f);
}

static void a_cut_segment_keeps_what_is_before_the_cut(void **state)
{
	struct fixture f = whole();
	struct told told;
	struct days_rows all;

	(void)state;
	cut(&f, SEGMENT, size_of(&f, SEGMENT) / 2 / PAGE * PAGE);
	told = verify(&f, true);
	expect_told(&told, 1, 1, SEGMENT ": ");
	all = reread(&f);
	assert_in_range(all.rows, 0, ROWS - 1);
	fixture_free(&f);
}

static void of_a_segment_of_nothing_nothing_is_left(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	cut(&f, SEGMENT, 0);
	told = verify(&f, true);
	expect_told(&told, 1, 1, "0 of 1000 rows saved");
	assert_int_equal(reread(&f).rows, 0);
	assert_int_equal(size_of(&f, SEGMENT), -1);
	fixture_free(&f);
}

static void a_damaged_mark_of_what_the_file_is_costs_nothing(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	overwrite(&f, SEGMENT, 68, 4); /* application_id */
	told = verify(&f, true);
	expect_told(&told, 1, 0, "1000 of 1000 rows saved");
	assert_int_equal(reread(&f).rows, ROWS);
	assert_int_equal(covered(&f), CHUNKS);
	fixture_free(&f);
}

static void a_segment_of_a_newer_schema_is_left_alone(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	overwrite(&f, SEGMENT, 60, 4); /* user_version */
	told = verify(&f, true);
	expect_told(&told, 0, 0, "this coapscope reads 1");
	assert_int_equal(told.n, 1);
	assert_int_equal(size_of(&f, SEGMENT ".damaged"), -1);
	fixture_free(&f);
}

static void a_missing_segment_is_lost_and_its_day_can_be_read(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	drop(&f, SEGMENT);
	told = verify(&f, false);
	expect_told(&told, 0, 1, SEGMENT ": missing");
	assert_int_equal(told.n, 2); /* and enrichment of nothing */
	told = verify(&f, true);
	expect_told(&told, 2, 1, SEGMENT ": missing");
	assert_int_equal(reread(&f).rows, 0);
	assert_int_equal(covered(&f), 0);
	fixture_free(&f);
}

static void a_segment_with_anothers_name_gets_its_own(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	move(&f, SEGMENT, DAY_NAME "/" OTHER_NAME "-3.db");
	told = verify(&f, false);
	expect_told(&told, 0, 1, OTHER_NAME "-3.db: damaged: of another scan");
	told = verify(&f, true);
	expect_told(&told, 2, 0, "it is " SEGMENT " now"); /* enrichment goes */
	assert_int_equal(reread(&f).rows, ROWS);
	assert_int_equal(covered(&f), CHUNKS);
	fixture_free(&f);
}

static void a_segment_of_another_day_goes_there(void **state)
{
	struct fixture f = whole();
	struct told told;
	char path[256];

	(void)state;
	path_in(&f, NEXT_DAY_NAME, path);
	assert_int_equal(mkdir(path, 0750), 0);
	move(&f, SEGMENT, NEXT_DAY_NAME "/" SCAN_NAME "-0.db");
	told = verify(&f, true);
	expect_told(&told, told.n, 0, "it is " SEGMENT " now");
	assert_int_equal(reread(&f).rows, ROWS);
	fixture_free(&f);
}

static void a_segment_that_the_catalogue_lacks_is_entered(void **state)
{
	struct fixture f = fixture_new();
	struct told told;

	(void)state;
	open_shard(&f);
	put_chunk(&f, 3);
	publish(&f);
	cs_store_close(f.store);
	move(&f, SEGMENT, "away");

	/* Something else is known, and this is gone from the catalogue. */
	told = verify(&f, true);
	expect_told(&told, 1, 1, "missing");
	move(&f, "away", SEGMENT);
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	struct cs_scan_row row = { .id = { 9 }, .shards = 1, .plan = SPAN("p") };
	expect(&f, cs_store_scan_begin(f.store, &row), CS_OK);
	cs_store_close(f.store);
	told = verify(&f, false);
	expect_told(&told, 0, 0, SEGMENT ": not in the catalogue");
	assert_int_equal(told.n, 1);
	told = verify(&f, true);
	expect_told(&told, 1, 0, SEGMENT ": not in the catalogue; entered");
	assert_int_equal(reread(&f).rows, PER_CHUNK);
	assert_int_equal(covered(&f), 1);
	fixture_free(&f);
}

/* A chunk over midnight: its other half stays, and it counts as not asked. */
static void a_chunk_of_two_days_is_open_when_one_half_is_damaged(void **state)
{
	struct fixture f = fixture_new();
	int64_t midnight = DAY_US + CS_US_PER_DAY;
	struct cs_chunk_row chunk = { 5, midnight - 1, midnight, 4096, true };
	struct cs_result rows[] = { result_at(1, midnight - 1, "before"),
				    result_at(2, midnight, "after") };
	struct told told;

	(void)state;
	open_shard(&f);
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, rows, 2), CS_OK);
	publish(&f);
	cs_store_close(f.store);
	/* The body's page: the only leaf with that text. */
	cut(&f, SEGMENT, 2 * PAGE);
	told = verify(&f, true);
	assert_int_equal(told.lost, 1);
	told = verify(&f, false);
	assert_int_equal(told.n, 0);
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	expect_day(&f, DAY, "");
	expect_day(&f, DAY + 1, "2=after ");
	fixture_free(&f);
}

/* --- parts --- */

static void of_a_damaged_part_rows_are_saved(void **state)
{
	struct fixture f = fixture_new();
	struct cs_store *store = f.store;
	struct told told;
	off_t size;

	(void)state;
	open_shard(&f);
	for (uint32_t i = 0; i < CHUNKS; i++)
		put_chunk(&f, i);
	expect(&f, cs_shard_commit(f.shard), CS_OK);
	abandon(&f);
	open_shard(&f); /* its log is in the file by now */
	abandon(&f);
	cs_store_close(store);
	size = size_of(&f, SEGMENT ".part");
	assert_true(size > 10 * PAGE);
	overwrite(&f, SEGMENT ".part", size / PAGE / 2 * PAGE, PAGE);
	told = verify(&f, true);
	assert_int_equal(told.n, 1);
	assert_non_null(strstr(told.text, SEGMENT ".part: damaged"));
	assert_non_null(strstr(told.text, "-0.db.part.damaged"));
	assert_in_range(reread(&f).rows, ROWS / 2, ROWS - 1);
	fixture_free(&f);
}

/* --- the catalogue --- */

static void expect_made_anew(struct fixture *f, unsigned found)
{
	struct told told = verify(f, true);

	assert_int_equal(told.n, found);
	expect_told(&told, found, 1, "catalog.db: ");
	assert_non_null(strstr(told.text, "the plans and parameters of its scans"));

	struct days_rows all = reread(f);

	assert_int_equal(all.rows, ROWS);
	assert_int_equal(all.enriched, ROWS);
	assert_int_equal(covered(f), CHUNKS);
}

static void a_catalogue_that_is_gone_is_made_anew(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	drop(&f, "catalog.db");
	told = verify(&f, false);
	expect_told(&told, 0, 1, "catalog.db: it is gone");
	expect_made_anew(&f, 1);
	fixture_free(&f);
}

static void a_catalogue_of_no_bytes_is_made_anew(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	cut(&f, "catalog.db", 0);
	told = verify(&f, false);
	expect_told(&told, 0, 1, "catalog.db: it is gone");
	expect_made_anew(&f, 1);
	fixture_free(&f);
}

static void a_damaged_catalogue_is_set_aside_and_made_anew(void **state)
{
	static const off_t at[] = { 0, 68, 100, 2 * PAGE };

	(void)state;
	for (size_t i = 0; i < CS_LEN(at); i++) {
		struct fixture f = whole();
		struct told told;

		overwrite(&f, "catalog.db", at[i], i == 1 ? 4 : 1000);
		told = verify(&f, false);
		assert_int_equal(told.n, 1);
		expect_told(&told, 0, 0, "catalog.db: ");
		expect_made_anew(&f, 1);
		assert_true(size_of(&f, "catalog.db.damaged") > 0);
		fixture_free(&f);
	}
}

static void a_damaged_catalogue_and_segment_are_repaired_together(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	overwrite(&f, "catalog.db", 0, 1000);
	overwrite(&f, SEGMENT, 68, 4);
	told = verify(&f, true);
	expect_told(&told, 2, 1, "1000 of 1000 rows saved");
	assert_int_equal(reread(&f).rows, ROWS);
	assert_int_equal(covered(&f), CHUNKS);
	fixture_free(&f);
}

/* --- what can be made again --- */

static void damaged_enrichment_is_dropped(void **state)
{
	static const off_t at[] = { 0, 68, 100, PAGE, 2 * PAGE + 8 };

	(void)state;
	for (size_t i = 0; i < CS_LEN(at); i++) {
		struct fixture f = whole();
		struct told told;
		struct days_rows all;

		overwrite(&f, SIDE, at[i], i == 1 ? 4 : 1000);
		told = verify(&f, false);
		expect_told(&told, 0, 0, SIDE ": ");
		told = verify(&f, true);
		expect_told(&told, 1, 0, SIDE ": ");
		all = reread(&f);
		assert_int_equal(all.rows, ROWS);
		assert_int_equal(all.enriched, 0);
		enrich(&f, DAY);
		fixture_free(&f);
	}
}

static void enrichment_of_another_version_is_dropped(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	move(&f, SIDE, "old");
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	open_shard(&f);
	put_chunk(&f, 0); /* published again */
	publish(&f);
	cs_store_close(f.store);
	move(&f, "old", SIDE);
	told = verify(&f, true);
	expect_told(&told, 1, 0, SIDE ": of another version of its segment");
	assert_int_equal(reread(&f).rows, ROWS);
	fixture_free(&f);
}

static void enrichment_that_is_gone_is_missed_once(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	drop(&f, SIDE);
	told = verify(&f, false);
	expect_told(&told, 0, 0,
		    SIDE
		    ": it is gone: `coapscope report enrich --day 2024-10-04` makes");
	told = verify(&f, true);
	expect_told(&told, 1, 0, SIDE ": it is gone: ");
	told = verify(&f, false);
	assert_int_equal(told.n, 0);
	assert_int_equal(reread(&f).rows, ROWS);
	enrich(&f, DAY);
	cs_store_close(f.store);
	f.store = NULL;
	drop(&f, SIDE);
	told = verify(&f, false);
	expect_told(&told, 0, 0, SIDE ": it is gone: ");
	fixture_free(&f);
}

/* One from before the catalogue had the column, or a kill came in between. */
static void enrichment_that_was_never_noted_is_noted_by_a_repair(void **state)
{
	struct fixture f = whole();
	const struct cs_segment_name name = { scan_id, 0, DAY };
	struct told told;

	(void)state;
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	expect(&f, cs_catalog_note_enriched(&f.store->catalog, &name, false), CS_OK);
	cs_store_close(f.store);
	f.store = NULL;
	told = verify(&f, true);
	assert_int_equal(told.n, 0);
	drop(&f, SIDE);
	told = verify(&f, false);
	expect_told(&told, 0, 0, SIDE ": it is gone: ");
	fixture_free(&f);
}

static void a_damaged_cache_of_names_is_dropped(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	overwrite(&f, "names.db", 100, 1000);
	told = verify(&f, false);
	expect_told(&told, 0, 0, "names.db: ");
	told = verify(&f, true);
	expect_told(&told, 1, 0, "names.db: ");
	assert_int_equal(reread(&f).rows, ROWS);
	assert_int_equal(size_of(&f, "names.db"), -1);
	fixture_free(&f);
}

static void a_damaged_list_of_what_was_seen_is_made_again_by_settling(void **state)
{
	struct fixture f = whole();
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	struct told told;
	size_t n;

	(void)state;
	overwrite(&f, "seen.db", 0, 1000);
	told = verify(&f, true);
	expect_told(&told, 1, 1, "seen.db: ");
	assert_int_equal(reread(&f).rows, ROWS);
	expect(&f, cs_store_days(f.store, &arena, &days, &n), CS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(days[0].summary_stamp, 0); /* so it is added up again */
	cs_arena_clear(&arena);
	assert_true(size_of(&f, "seen.db.damaged") > 0);
	fixture_free(&f);
}

static void leftovers_are_taken_away(void **state)
{
	static const char *const left[] = {
		SEGMENT ".copy",
		DAY_NAME "/" SCAN_NAME "-0.enriched.db.part",
		"2024-10-01.pruned/" SCAN_NAME "-0.db",
	};
	struct fixture f = whole();
	struct told told;
	char path[256];

	(void)state;
	path_in(&f, "2024-10-01.pruned", path);
	assert_int_equal(mkdir(path, 0750), 0);
	for (size_t i = 0; i < CS_LEN(left); i++)
		touch(&f, left[i]);
	told = verify(&f, false);
	assert_int_equal(told.n, CS_LEN(left));
	assert_int_equal(told.repaired + told.lost, 0);
	told = verify(&f, true);
	assert_int_equal(told.n, CS_LEN(left));
	expect_told(&told, CS_LEN(left), 0, "2024-10-01.pruned: left of a day");
	for (size_t i = 0; i < CS_LEN(left); i++)
		assert_int_equal(size_of(&f, left[i]), -1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(reread(&f).rows, ROWS);
	fixture_free(&f);
}

/* What somebody else put there is none of our business. */
static void files_of_others_are_not_touched(void **state)
{
	struct fixture f = whole();
	struct told told;

	(void)state;
	touch(&f, DAY_NAME "/notes.db");
	touch(&f, DAY_NAME "/notes");
	touch(&f, "2024-10-01");
	touch(&f, "catalog.db.bak");
	drop(&f, "2024-10-01");
	told = verify(&f, true);
	assert_int_equal(told.n, 0);
	assert_int_equal(size_of(&f, DAY_NAME "/notes.db"), 0);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_store_is_found_whole),
		cmocka_unit_test(an_empty_store_is_whole_and_no_store_is_none),
		cmocka_unit_test(an_interrupted_scan_is_no_damage),
		cmocka_unit_test(a_damaged_page_costs_its_own_rows),
		cmocka_unit_test(rows_of_a_leaf_are_lost_alone_and_the_rest_stays_closed),
		cmocka_unit_test(a_cut_segment_keeps_what_is_before_the_cut),
		cmocka_unit_test(of_a_segment_of_nothing_nothing_is_left),
		cmocka_unit_test(a_damaged_mark_of_what_the_file_is_costs_nothing),
		cmocka_unit_test(a_segment_of_a_newer_schema_is_left_alone),
		cmocka_unit_test(a_missing_segment_is_lost_and_its_day_can_be_read),
		cmocka_unit_test(a_segment_with_anothers_name_gets_its_own),
		cmocka_unit_test(a_segment_of_another_day_goes_there),
		cmocka_unit_test(a_segment_that_the_catalogue_lacks_is_entered),
		cmocka_unit_test(a_chunk_of_two_days_is_open_when_one_half_is_damaged),
		cmocka_unit_test(of_a_damaged_part_rows_are_saved),
		cmocka_unit_test(a_catalogue_that_is_gone_is_made_anew),
		cmocka_unit_test(a_catalogue_of_no_bytes_is_made_anew),
		cmocka_unit_test(a_damaged_catalogue_is_set_aside_and_made_anew),
		cmocka_unit_test(a_damaged_catalogue_and_segment_are_repaired_together),
		cmocka_unit_test(damaged_enrichment_is_dropped),
		cmocka_unit_test(enrichment_of_another_version_is_dropped),
		cmocka_unit_test(enrichment_that_is_gone_is_missed_once),
		cmocka_unit_test(enrichment_that_was_never_noted_is_noted_by_a_repair),
		cmocka_unit_test(a_damaged_cache_of_names_is_dropped),
		cmocka_unit_test(
			a_damaged_list_of_what_was_seen_is_made_again_by_settling),
		cmocka_unit_test(leftovers_are_taken_away),
		cmocka_unit_test(files_of_others_are_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
