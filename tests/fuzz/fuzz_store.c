/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment that is not as it was written. The input is a byte that says where
 * the file lies and how much of it there is, and then patches: three bytes of
 * position, one of length, and the bytes. Every call that reads must end, with
 * rows that keep the order or with an error that says why.
 */
#include "fuzz.h"

#include "patched.h"

#include "base/clock.h"
#include "base/rd.h"
#include "store/store.h"

#define DAY     20000
#define DAY_US  (DAY * CS_US_PER_DAY)
#define SEGMENT "2024-10-04/00000000000000000000000000000000-0.db"

enum {
	CHUNKS = 8,
	PER_CHUNK = 12,
	ROWS = CHUNKS * PER_CHUNK,
	AS_PART = 1, /* of the first byte; */
	CUT = 2,     /* the rest of it is where, in 64ths of the file */
};

static const uint8_t id[CS_SCAN_ID];
static char dir[64];
static struct cs_store *store;
static struct template template;

static void path_of(const char *end, char path[256])
{
	(void)snprintf(path, 256, "%s/" SEGMENT "%s", dir, end);
}

static enum cs_err put(struct cs_shard *shard, uint32_t number)
{
	static const uint8_t header[] = { 0x60, 69, 0, 1, 0xff };
	struct cs_chunk_row chunk = { number, DAY_US, DAY_US + 1, 4096, true };
	struct cs_result rows[PER_CHUNK];
	char body[64];
	enum cs_err err;

	(void)snprintf(body, sizeof(body), "</thing/%u>;rt=\"a sort of thing\"", number);
	for (unsigned i = 0; i < PER_CHUNK; i++)
		rows[i] =
			(struct cs_result){ .ip = cs_addr_v4(number * 977 + i),
					    .port = 5683,
					    .time_us = DAY_US + i,
					    .datagrams = 1,
					    .header = cs_span_of(header, sizeof(header)),
					    .body = cs_span_str(body) };
	err = cs_shard_put_chunk(shard, &chunk, rows, PER_CHUNK);
	return err ? err : cs_shard_commit(shard);
}

static void clean_up(void)
{
	cs_store_close(store);
	remove_dir(dir);
}

/* A good segment, and its bytes. */
static void make_template(void)
{
	struct cs_shard *shard;
	char path[256];

	make_dir(dir);
	MUST(cs_store_open(dir, &store) == CS_OK && atexit(clean_up) == 0);
	MUST(cs_shard_open(store, id, 0, &shard) == CS_OK);
	for (uint32_t i = 0; i < CHUNKS; i++)
		MUST(put(shard, i) == CS_OK);
	MUST(cs_shard_publish(shard) == CS_OK);
	path_of("", path);
	template_read(&template, path);
}

static void remove_segment(void)
{
	static const char *const ends[] = {
		"",     ".part",    ".part-wal", ".part-journal", ".copy",
		"-wal", "-journal", "-shm",      ".part-shm"
	};
	char path[256];

	for (size_t i = 0; i < CS_LEN(ends); i++) {
		path_of(ends[i], path);
		(void)unlink(path); /* most are not there */
	}
}

/* Whether anything differs from the template. */
static bool place_segment(struct cs_rd *rd)
{
	uint8_t how = cs_rd_u8(rd);
	size_t len = how & CUT ? template.len * (how >> 2) / 64 : template.len;
	char path[256];

	path_of(how & AS_PART ? ".part" : "", path);
	return template_patch(&template, rd, len, path);
}

struct seen {
	uint64_t rows, bytes;
	struct cs_addr ip;
	uint16_t port;
};

static enum cs_err see(void *arg, const struct cs_result *row,
		       const struct cs_enriched *enriched)
{
	(void)enriched;
	struct seen *seen = arg;

	MUST(cs_day_number(row->time_us) == DAY);
	MUST(row->malformed.fault < CS_FAULT_COUNT);
	for (size_t i = 0; i < row->body.len; i++)
		seen->bytes += row->body.ptr[i];
	for (size_t i = 0; i < row->header.len; i++)
		seen->bytes += row->header.ptr[i];
	seen->rows++;
	MUST(seen->rows < template.len);
	return CS_OK;
}

static enum cs_err see_in_order(void *arg, const struct cs_result *row,
				const struct cs_enriched *enriched)
{
	struct seen *seen = arg;
	int order = cs_addr_cmp(&seen->ip, &row->ip);

	MUST(seen->rows == 0 || order < 0 || (order == 0 && seen->port < row->port));
	seen->ip = row->ip;
	seen->port = row->port;
	return see(arg, row, enriched);
}

/* An error is one of those that the header names, and says why. */
static void check(enum cs_err err, bool patched)
{
	MUST(!err || patched);
	MUST(!err || err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN || err == CS_ERR_IO ||
	     err == CS_ERR_BUSY || err == CS_ERR_NOMEM);
	MUST(!err || strstr(cs_store_why(store), dir));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_rd rd = cs_rd_over(data, size);
	struct seen seen = { 0 }, again = { 0 };
	struct cs_shard *shard;
	enum cs_err err;

	if (!store)
		make_template();
	remove_segment();

	bool patched = place_segment(&rd);
	bool part = size > 0 && data[0] & AS_PART;

	/* The catalogue has it: a part alone is a segment that is missing. */
	check(cs_store_day_each(store, DAY, see_in_order, &seen), patched || part);
	MUST(patched || seen.rows == (part ? 0 : ROWS));
	err = cs_shard_open(store, id, 0, &shard);
	check(err, patched);
	if (err)
		return 0;
	MUST(patched || cs_shard_closed_count(shard) == CHUNKS);
	check(cs_shard_each(shard, true, see, &again), patched);
	MUST(patched || again.rows == ROWS);
	check(put(shard, CHUNKS / 2), patched);
	check(cs_shard_publish(shard), patched);
	return 0;
}
