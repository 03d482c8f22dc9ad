/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store one of whose files is not as it was written. The first byte says which
 * one, the second how much of it there is (0: all, else that many 256ths), then
 * come patches (patched.h). Checking must end, and repair must leave a store that
 * opens, whose days can be read, and in which nothing is found; unless what was
 * found says that it stays as it is.
 */
#include "fuzz.h"

#include "patched.h"

#include "base/clock.h"
#include "store/store.h"

#define DAY      20000
#define DAY_US   (DAY * CS_US_PER_DAY)
#define DAY_NAME "2024-10-04"
#define SEGMENT  DAY_NAME "/00000000000000000000000000000000-0"

enum {
	CHUNKS = 8,
	PER_CHUNK = 12,
	ROWS = CHUNKS * PER_CHUNK,
};

static const char *const files[] = {
	SEGMENT ".db", SEGMENT ".enriched.db", "catalog.db", "names.db", "seen.db",
};

enum { FILES = CS_LEN(files), AS_PART = FILES, CHOICES };

static const uint8_t id[CS_SCAN_ID];
static char dir[64];
static struct template templates[FILES];

static void path_of(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", dir, name);
}

/* --- the store as it was written --- */

static void put(struct cs_shard *shard, uint32_t number)
{
	static const uint8_t header[] = { 0x60, 69, 0, 1, 0xff };
	struct cs_chunk_row chunk = { number, DAY_US, DAY_US + 1, 4096, true };
	struct cs_result rows[PER_CHUNK];
	char body[64];

	(void)snprintf(body, sizeof(body), "</thing/%u>;rt=\"a sort of thing\"", number);
	for (unsigned i = 0; i < PER_CHUNK; i++)
		rows[i] =
			(struct cs_result){ .ip = cs_addr_v4(number * 977 + i),
					    .port = 5683,
					    .time_us = DAY_US + i,
					    .datagrams = 1,
					    .header = cs_span_of(header, sizeof(header)),
					    .body = cs_span_str(body) };
	MUST(cs_shard_put_chunk(shard, &chunk, rows, PER_CHUNK) == CS_OK);
}

static enum cs_err fill(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			size_t n)
{
	(void)arg, (void)rows;
	for (size_t i = 0; i < n; i++)
		out[i].place.asn = (uint32_t)i % 7;
	return CS_OK;
}

static void write_store(struct cs_store *store)
{
	struct cs_store_enrich want = { .day = DAY,
					.about = cs_span_str("{}"),
					.fill = fill };
	struct cs_store_name name = { cs_addr_v4(1), cs_span_str("a.example"), 100 };
	struct cs_store_seen seen = { cs_addr_v4(1), 5683, 1, 2 };
	struct cs_store_sum sum = { cs_span_str("geo"), cs_span_str("DE"), 1 };
	struct cs_scan_row row = { .shards = 1, .plan = cs_span_str("p") };
	struct cs_shard *shard;

	MUST(cs_store_scan_begin(store, &row) == CS_OK);
	MUST(cs_shard_open(store, id, 0, &shard) == CS_OK);
	for (uint32_t i = 0; i < CHUNKS; i++)
		put(shard, i);
	MUST(cs_shard_publish(shard) == CS_OK);
	MUST(cs_store_enrich(store, &want) == CS_OK);
	MUST(cs_store_names_put(store, &name, 1) == CS_OK);
	MUST(cs_store_seen_put(store, &seen, 1) == CS_OK);
	MUST(cs_store_summary_put(store, DAY, 1, &sum, 1) == CS_OK);
}

static void clean_up(void)
{
	remove_dir(dir);
}

static void make_templates(void)
{
	struct cs_store *store;
	char path[256];

	make_dir(dir);
	MUST(atexit(clean_up) == 0 && cs_store_open(dir, &store) == CS_OK);
	write_store(store);
	cs_store_close(store);
	for (size_t i = 0; i < FILES; i++) {
		path_of(files[i], path);
		template_read(&templates[i], path);
	}
}

/* --- the store as it is now --- */

/* All files anew, one of them patched; whether anything differs. */
static bool place_store(struct cs_rd *rd)
{
	size_t choice = cs_rd_u8(rd) % CHOICES, which = choice == AS_PART ? 0 : choice;
	uint8_t cut = cs_rd_u8(rd);
	size_t len = templates[which].len;
	struct cs_rd none = cs_rd_over(NULL, 0);
	char path[256];
	bool patched = false;

	remove_dir(dir);
	path_of(DAY_NAME, path);
	MUST(mkdir(dir, 0700) == 0 && mkdir(path, 0700) == 0);
	for (size_t i = 0; i < FILES; i++) {
		bool it = i == which;

		path_of(it && choice == AS_PART ? SEGMENT ".db.part" : files[i], path);
		patched |= template_patch(&templates[i], it ? rd : &none,
					  it && cut ? len * cut / 256 : templates[i].len,
					  path);
	}
	return patched || choice == AS_PART;
}

struct told {
	unsigned n, left;
	bool lost;
};

static void tell(void *arg, const struct cs_store_finding *finding)
{
	struct told *told = arg;

	MUST(*finding->file && *finding->what);
	told->n += !finding->note;
	told->left += !finding->note && !finding->repaired;
	told->lost |= finding->lost;
}

/* Errors are those of catalogues that are not ours, or not of this version. */
static bool check(bool repair, struct told *told)
{
	struct cs_store_checked checked;
	struct cs_store *store;
	enum cs_err err =
		repair ? cs_store_open(dir, &store) : cs_store_open_read(dir, &store);

	*told = (struct told){ 0 };
	MUST(!err || err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN || err == CS_ERR_IO);
	err = cs_store_verify(store, repair, tell, told, &checked);
	MUST(!err || err == CS_ERR_FOREIGN || err == CS_ERR_IO);
	MUST(!err || strstr(cs_store_why(store), dir));
	MUST(checked.rows <= ROWS);
	cs_store_close(store);
	return !err;
}

static enum cs_err see(void *arg, const struct cs_result *row,
		       const struct cs_enriched *enriched)
{
	unsigned *rows = arg;

	(void)enriched;
	MUST(cs_day_number(row->time_us) == DAY && row->datagrams <= UINT32_MAX);
	MUST(++*rows <= ROWS);
	return CS_OK;
}

static void read_day(bool lost)
{
	struct cs_store *store;
	unsigned rows = 0;

	MUST(cs_store_open(dir, &store) == CS_OK);
	MUST(cs_store_day_each(store, DAY, see, &rows) == CS_OK);
	MUST(rows == ROWS || lost);
	rows = 0;
	MUST(cs_store_day_load(store, DAY, see, &rows) == CS_OK);
	cs_store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_rd rd = cs_rd_over(data, size);
	struct told seen, repaired, again;

	if (!*dir)
		make_templates();

	bool patched = place_store(&rd);

	if (!check(false, &seen)) /* a catalogue is not ours, or of an older schema */
		MUST(patched);
	MUST(patched || seen.n == 0);
	if (!check(true, &repaired) || repaired.left > 0) {
		MUST(patched);
		return 0;
	}
	MUST(check(false, &again) && again.n == 0);
	read_day(repaired.lost);
	return 0;
}
