/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a directory of its own, and results to put there. */
#pragma once

#include "test.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "coap/code.h"
#include "store/store.h"

#define DAY           20000 /* 2024-10-04 */
#define DAY_US        (DAY * CS_US_PER_DAY)
#define DAY_NAME      "2024-10-04"
#define NEXT_DAY_NAME "2024-10-05"

static const uint8_t scan_id[CS_SCAN_ID] = { 0xab, 1, 2,  3,  4,  5,  6,  7,
					     8,    9, 10, 11, 12, 13, 14, 15 };
#define SCAN_NAME "ab0102030405060708090a0b0c0d0e0f"

/* The header of a 2.05 with payload marker. */
static const uint8_t content_header[] = { 0x60, 69, 0x12, 0x34, 0xc1, 40, 0xff };

struct fixture {
	char dir[64];
	struct cs_store *store;
	struct cs_shard *shard;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* A directory without a store; in memory where that is possible, for speed. */
static inline struct fixture fixture_dir(void)
{
	bool shm = access("/dev/shm", W_OK) == 0;
	struct fixture f = { 0 };

	(void)snprintf(f.dir, sizeof(f.dir), "%s/cs-store-XXXXXX",
		       shm ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(f.dir));
	return f;
}

static inline struct fixture fixture_new(void)
{
	struct fixture f = fixture_dir();

	assert_int_equal(cs_store_open(f.dir, &f.store), CS_OK);
	return f;
}

static inline void fixture_free(struct fixture *f)
{
	cs_shard_abandon(f->shard);
	cs_store_close(f->store);
	assert_int_equal(nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Fails the test with the store's own words. */
static inline void expect(struct fixture *f, enum cs_err got, enum cs_err want)
{
	if (got != want)
		fail_msg("got '%s', want '%s': %s", cs_strerror(got), cs_strerror(want),
			 f->store ? cs_store_why(f->store) : "");
}

static inline void open_shard(struct fixture *f)
{
	expect(f, cs_shard_open(f->store, scan_id, 0, &f->shard), CS_OK);
}

static inline void publish(struct fixture *f)
{
	enum cs_err err = cs_shard_publish(f->shard);

	f->shard = NULL;
	expect(f, err, CS_OK);
}

static inline void abandon(struct fixture *f)
{
	cs_shard_abandon(f->shard);
	f->shard = NULL;
}

static inline struct cs_result result_at(uint32_t ip, int64_t time_us, const char *body)
{
	return (struct cs_result){
		.ip = cs_addr_v4(ip),
		.port = 5683,
		.reply_port = 5683,
		.time_us = time_us,
		.rtt_us = 1234,
		.request_size = 21,
		.response_size = (uint32_t)(sizeof(content_header) + strlen(body)),
		.datagrams = 1,
		.bytes = sizeof(content_header) + strlen(body),
		.header = cs_span_of(content_header, sizeof(content_header)),
		.body = cs_span_str(body),
		.complete = true,
		.blocks = 1,
	};
}

static inline struct cs_chunk_row chunk_at(uint64_t number, int64_t us, bool closed)
{
	return (struct cs_chunk_row){ .chunk = number,
				      .first_us = us,
				      .last_us = us,
				      .probed = 4096,
				      .closed = closed };
}

/* Puts a chunk of one row whose address is its number. */
static inline void put_one(struct fixture *f, uint32_t number, int64_t us,
			   const char *body)
{
	struct cs_chunk_row chunk = chunk_at(number, us, true);
	struct cs_result row = result_at(number, us, body);

	expect(f, cs_shard_put_chunk(f->shard, &chunk, &row, 1), CS_OK);
}

/* What a walk saw, as text: "last byte of the address=body " for each row. */
struct seen {
	char text[4096];
	size_t n;
};

static inline enum cs_err see(void *arg, const struct cs_result *row,
			      const struct cs_enriched *enriched)
{
	(void)enriched;
	struct seen *seen = arg;
	size_t at = strlen(seen->text);

	(void)snprintf(seen->text + at, sizeof(seen->text) - at, "%u=%.*s ",
		       row->ip.b[15], (int)row->body.len,
		       row->body.len ? (const char *)row->body.ptr : "");
	seen->n++;
	return CS_OK;
}

static inline void expect_shard(struct fixture *f, bool open_too, const char *want)
{
	struct seen seen = { 0 };

	expect(f, cs_shard_each(f->shard, open_too, see, &seen), CS_OK);
	assert_string_equal(seen.text, want);
}

static inline void expect_day(struct fixture *f, int32_t day, const char *want)
{
	struct seen seen = { 0 };

	expect(f, cs_store_day_each(f->store, day, see, &seen), CS_OK);
	assert_string_equal(seen.text, want);
}
