/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows a second into the store, beside a bare loop of prepared inserts on the
 * same schema with the same pragmas and transactions: what SQLite itself
 * costs. Both take turns, so that a slow moment of the machine hits both.
 *
 *   store DIRECTORY [MILLIONS OF ROWS] [DISTINCT BODIES]
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store.h"

enum {
	CHUNK = 4096,
	GROUP = 16, /* chunks a transaction */
	TURN = 64,  /* chunks until the other's turn */
	BODY_MIN = 60,
	BODY_SPREAD = 400,
};

#define DAY    20000
#define DAY_US (DAY * CS_US_PER_DAY)

static const char schema[] =
#include "store/segment.sql.inc"
	;

static uint64_t state = 1;

static uint32_t draw(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(state >> 32);
}

static void die(const char *what)
{
	fprintf(stderr, "bench store: %s\n", what);
	exit(1);
}

struct made {
	struct cs_result rows[CHUNK];
	uint8_t headers[CHUNK][16];
	char **bodies;
	size_t *body_len;
	unsigned n_bodies;
	unsigned body_of[CHUNK];
};

static struct made *make_bodies(unsigned n)
{
	struct made *made = calloc(1, sizeof(*made));

	if (!made)
		die("out of memory");
	made->n_bodies = n;
	made->bodies = calloc(n, sizeof(char *));
	made->body_len = calloc(n, sizeof(size_t));
	for (unsigned i = 0; i < n; i++) {
		size_t len = BODY_MIN + draw() % BODY_SPREAD;

		made->bodies[i] = malloc(len + 16);
		memset(made->bodies[i], 'a' + (int)(i % 26), len);
		(void)snprintf(made->bodies[i], len, "</%u>;rt=\"thing\"", i);
		made->body_len[i] = len;
	}
	return made;
}

/* A chunk as a scan delivers it: addresses in no order, ids that differ. */
static void make_chunk(struct made *made, uint64_t chunk)
{
	static const uint8_t header[] = { 0x60, 69, 0, 0, 0xc1, 40, 0xff };

	for (unsigned i = 0; i < CHUNK; i++) {
		struct cs_result *row = &made->rows[i];
		unsigned body = draw() % made->n_bodies;

		memcpy(made->headers[i], header, sizeof(header));
		made->headers[i][2] = (uint8_t)draw();
		made->headers[i][3] = (uint8_t)draw();
		made->body_of[i] = body;
		*row = (struct cs_result){
			.ip = cs_addr_v4(draw()),
			.port = 5683,
			.reply_port = 5683,
			.time_us = DAY_US + (int64_t)(chunk * CHUNK + i) * 50,
			.rtt_us = draw() % 300000,
			.request_size = 21,
			.response_size =
				(uint32_t)(made->body_len[body] + sizeof(header)),
			.datagrams = 1,
			.bytes = made->body_len[body] + sizeof(header),
			.header = cs_span_of(made->headers[i], sizeof(header)),
			.body = cs_span_of(made->bodies[body], made->body_len[body]),
			.complete = true,
			.blocks = 1,
		};
	}
}

/* The bare loop. */
struct bare {
	sqlite3 *sql;
	sqlite3_stmt *row, *body, *chunk;
	bool *stored; /* which bodies */
	char path[4096];
};

static void run(struct bare *bare, const char *sql)
{
	if (sqlite3_exec(bare->sql, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(bare->sql));
}

static sqlite3_stmt *prepare(struct bare *bare, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(bare->sql, sql, -1, &stmt, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(bare->sql));
	return stmt;
}

static void bare_open(struct bare *bare, const char *dir, unsigned n_bodies)
{
	(void)snprintf(bare->path, sizeof(bare->path), "%s/bare.db", dir);
	(void)unlink(bare->path);
	if (sqlite3_open_v2(bare->path, &bare->sql,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				    SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		die(bare->path);
	run(bare, "PRAGMA temp_store=MEMORY;PRAGMA mmap_size=0;PRAGMA cache_size=-8192;"
		  "PRAGMA cell_size_check=ON;PRAGMA locking_mode=EXCLUSIVE;"
		  "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL");
	run(bare, schema);
	bare->row = prepare(bare, "INSERT INTO result VALUES"
				  "(NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,"
				  "?15,?16,?17)");
	bare->body = prepare(bare, "INSERT INTO body VALUES(?1,?2)");
	bare->chunk =
		prepare(bare, "INSERT INTO chunk VALUES(?1,?2,?3,4096,1,?4,4096,4096)");
	bare->stored = calloc(n_bodies, sizeof(bool));
}

static void step(struct bare *bare, sqlite3_stmt *stmt)
{
	if (sqlite3_step(stmt) != SQLITE_DONE)
		die(sqlite3_errmsg(bare->sql));
	(void)sqlite3_reset(stmt);
}

static void bare_row(struct bare *bare, const struct cs_result *row, unsigned body)
{
	const int64_t numbers[] = { row->port,
				    row->reply_port,
				    row->time_us,
				    row->rtt_us,
				    row->match,
				    69,
				    row->request_size,
				    row->response_size,
				    row->datagrams,
				    (int64_t)row->bytes,
				    row->complete,
				    row->blocks,
				    0,
				    0 };

	if (!bare->stored[body]) {
		bare->stored[body] = true;
		sqlite3_bind_int64(bare->body, 1, body + 1);
		sqlite3_bind_blob64(bare->body, 2, row->body.ptr, row->body.len,
				    SQLITE_STATIC);
		step(bare, bare->body);
	}
	sqlite3_bind_blob64(bare->row, 1, row->ip.b, 16, SQLITE_STATIC);
	for (size_t i = 0; i < CS_LEN(numbers); i++)
		sqlite3_bind_int64(bare->row, (int)i + 2, numbers[i]);
	sqlite3_bind_blob64(bare->row, 16, row->header.ptr, row->header.len,
			    SQLITE_STATIC);
	sqlite3_bind_int64(bare->row, 17, body + 1);
	step(bare, bare->row);
}

static void bare_chunk(struct bare *bare, const struct made *made, uint64_t chunk)
{
	if (chunk % GROUP == 0)
		run(bare, "BEGIN");
	for (unsigned i = 0; i < CHUNK; i++)
		bare_row(bare, &made->rows[i], made->body_of[i]);
	sqlite3_bind_int64(bare->chunk, 1, (int64_t)chunk);
	sqlite3_bind_int64(bare->chunk, 2, made->rows[0].time_us);
	sqlite3_bind_int64(bare->chunk, 3, made->rows[CHUNK - 1].time_us);
	sqlite3_bind_int64(bare->chunk, 4, (int64_t)(chunk * CHUNK + 1));
	step(bare, bare->chunk);
	if (chunk % GROUP == GROUP - 1)
		run(bare, "COMMIT");
}

/* What the store does at the end, too. */
static void bare_end(struct bare *bare)
{
	if (!sqlite3_get_autocommit(bare->sql))
		run(bare, "COMMIT");
	run(bare, "CREATE INDEX result_by_ip ON result(ip, port);"
		  "PRAGMA wal_checkpoint(TRUNCATE)");
	(void)sqlite3_finalize(bare->row);
	(void)sqlite3_finalize(bare->body);
	(void)sqlite3_finalize(bare->chunk);
	(void)sqlite3_close(bare->sql);
}

static void store_chunk(struct cs_store *store, struct cs_shard *shard,
			const struct made *made, uint64_t chunk)
{
	struct cs_chunk_row row = { chunk, made->rows[0].time_us,
				    made->rows[CHUNK - 1].time_us, CHUNK, true };

	if (cs_shard_put_chunk(shard, &row, made->rows, CHUNK) != CS_OK ||
	    (chunk % GROUP == GROUP - 1 && cs_shard_commit(shard) != CS_OK))
		die(cs_store_why(store));
}

static double now(void)
{
	return (double)cs_clock_mono(cs_clock_system()) / (double)CS_NS_PER_S;
}

static enum cs_err count(void *arg, const struct cs_result *row,
			 const struct cs_enriched *enriched)
{
	(void)enriched;
	uint64_t *n = arg;

	(void)row;
	++*n;
	return CS_OK;
}

static double file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

struct times {
	double bare, store, bare_end, store_end, walk, day;
	double enrich, renew, load, day_enriched;
};

/* What an enrichment may look like: few places and judgements, own names. */
enum { PLACES = 5000, JUDGEMENTS = 300, NAME_MAX_LEN = 64, GROUP_ROWS = 4096 };

struct known {
	char owners[PLACES][32], names[GROUP_ROWS][NAME_MAX_LEN];
	uint64_t name_bytes;
};

static void fill_row(struct known *known, unsigned i, const struct cs_addr *ip,
		     struct cs_enriched *out)
{
	unsigned low = cs_addr_low32(ip), place = low % PLACES;

	(void)snprintf(known->names[i], NAME_MAX_LEN, "host-%u-%u.dyn.example.net",
		       low >> 16, low & 0xffff);
	(void)snprintf(known->owners[place], sizeof(known->owners[place]), "Owner %u",
		       place);
	known->name_bytes += strlen(known->names[i]);
	out->hostname = cs_span_str(known->names[i]);
	out->hostname_source = cs_span_str("ptr");
	out->place = (struct cs_place){ .asn = place / 5 + 1,
					.naics = 517311,
					.geo = cs_span_str("DE"),
					.as_name = cs_span_str("Example Network GmbH"),
					.region = cs_span_str("Bavaria"),
					.city = cs_span_str("Nuremberg"),
					.sector = cs_span_str("Communications"),
					.owner = cs_span_str(known->owners[place]) };
	out->judged = true;
	out->judgement = (struct cs_judgement){
		.stack = cs_span_str("libcoap"),
		.confidence = (uint8_t)(low % 100),
		.stack_because = cs_span_str("path /async and rt=core.a"),
		.severity = (enum cs_severity)(low % 3),
		.severity_because = cs_span_str("amplifies several times"),
		.tags = cs_span_str("coap;iot;amplifier")
	};
}

static enum cs_err fill_group(void *arg, const struct cs_result *rows,
			      struct cs_enriched *out, size_t n)
{
	for (unsigned i = 0; i < n; i++)
		fill_row(arg, i, &rows[i].ip, &out[i]);
	return CS_OK;
}

static void enrich(struct cs_store *store, struct known *known, struct times *t)
{
	struct cs_store_enrich want = {
		.day = DAY, .about = cs_span_str("{}"), .fill = fill_group, .arg = known
	};
	uint64_t seen = 0;
	double start = now();

	if (cs_store_enrich(store, &want))
		die(cs_store_why(store));
	t->enrich = now() - start;
	start = now();
	known->name_bytes = 0;
	if (cs_store_enrich(store, &want))
		die(cs_store_why(store));
	t->renew = now() - start;
	start = now();
	if (cs_store_day_load(store, DAY, count, &seen))
		die(cs_store_why(store));
	t->load = now() - start;
	start = now();
	if (cs_store_day_each(store, DAY, count, &seen))
		die(cs_store_why(store));
	t->day_enriched = now() - start;
}

static void report_enriched(const struct times *t, uint64_t rows, double size,
			    const struct known *known)
{
	double n = (double)rows;

	printf("enrich      %9.0f rows/s   %6.1f bytes a row, and its name's\n",
	       n / t->enrich, (size - (double)known->name_bytes) / n);
	printf("renew       %9.0f rows/s\n", n / t->renew);
	printf("known load  %9.0f rows/s   with enrichment\n", n / t->load);
	printf("known each  %9.0f rows/s   with enrichment\n", n / t->day_enriched);
}

static void report(const struct times *t, uint64_t rows, double store_size,
		   double bare_size)
{
	double n = (double)rows;

	printf("bare loop   %9.0f rows/s   %6.1f bytes a row\n", n / t->bare,
	       bare_size / n);
	printf("store       %9.0f rows/s   %6.1f bytes a row\n", n / t->store,
	       store_size / n);
	printf("ratio       %9.2f          (at least 0.80; 150 bytes)\n",
	       t->bare / t->store);
	printf("to publish  %9.2f s        (bare index and checkpoint: %.2f s)\n",
	       t->store_end, t->bare_end);
	printf("shard_each  %9.0f rows/s\n", n / t->walk);
	printf("day_each    %9.0f rows/s\n", n / t->day);
}

static void fill(struct cs_store *store, struct cs_shard *shard, struct bare *bare,
		 struct made *made, uint64_t chunks, struct times *t)
{
	for (uint64_t c = 0; c < chunks; c++) {
		make_chunk(made, c);

		bool bare_first = c / TURN % 2 == 0;
		double start = now(), middle;

		if (bare_first)
			bare_chunk(bare, made, c);
		else
			store_chunk(store, shard, made, c);
		middle = now();
		*(bare_first ? &t->bare : &t->store) += middle - start;
		if (bare_first)
			store_chunk(store, shard, made, c);
		else
			bare_chunk(bare, made, c);
		*(bare_first ? &t->store : &t->bare) += now() - middle;
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		die("want a directory to work in");

	const uint8_t id[CS_SCAN_ID] = { 1 };
	double millions = argc > 2 ? strtod(argv[2], NULL) : 1;
	unsigned n_bodies = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 20000;
	uint64_t chunks = (uint64_t)(millions * 1e6 / CHUNK) + 1, seen = 0;
	struct made *made = make_bodies(n_bodies ? n_bodies : 1);
	struct cs_store *store;
	struct cs_shard *shard = NULL;
	struct bare bare = { 0 };
	struct times t = { 0 };
	struct cs_store_day *days;
	struct cs_arena arena = { 0 };
	char path[8192];
	size_t n_days;

	(void)snprintf(path, sizeof(path), "%s/store", argv[1]);
	if (cs_store_open(path, &store) || cs_shard_open(store, id, 0, &shard))
		die(store ? cs_store_why(store) : "out of memory");
	if (cs_shard_closed_count(shard) > 0)
		die("the directory has been used: want an empty one");
	bare_open(&bare, argv[1], made->n_bodies);
	fill(store, shard, &bare, made, chunks, &t);

	double start = now();

	bare_end(&bare);
	t.bare_end = now() - start;
	start = now();
	if (cs_shard_commit(shard) || cs_shard_each(shard, false, count, &seen))
		die(cs_store_why(store));
	t.walk = now() - start;
	start = now();
	if (cs_shard_publish(shard))
		die(cs_store_why(store));
	t.store_end = now() - start;
	start = now();
	if (seen != chunks * CHUNK || cs_store_day_each(store, DAY, count, &seen) ||
	    cs_store_days(store, &arena, &days, &n_days) || n_days != 1 ||
	    days[0].rows != chunks * CHUNK)
		die(cs_store_why(store));
	t.day = now() - start;
	(void)snprintf(path, sizeof(path),
		       "%s/store/2024-10-04/01000000000000000000000000000000-0.db",
		       argv[1]);
	report(&t, chunks * CHUNK, file_size(path), file_size(bare.path));

	static struct known known;

	enrich(store, &known, &t);
	(void)snprintf(path, sizeof(path),
		       "%s/store/2024-10-04/01000000000000000000000000000000-0"
		       ".enriched.db",
		       argv[1]);
	report_enriched(&t, chunks * CHUNK, file_size(path), &known);
	cs_arena_clear(&arena);
	cs_store_close(store);
	return 0;
}
