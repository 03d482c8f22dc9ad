/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files beside segments: damaged, of another version, left by a kill,
 * and where the disk is full.
 */
#include "store_kill.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/statvfs.h>

#define SEGMENT  DAY_NAME "/" SCAN_NAME "-0.db"
#define ENRICHED DAY_NAME "/" SCAN_NAME "-0.enriched.db"

enum {
	MOMENTS = 200,
	ROWS = 300,
	ROUNDS = 1000,  /* at most, a run */
	MANY = 20000,   /* rows that need more than a full disk has */
	LITTLE = 102400 /* bytes */
};

static void path_of(const struct fixture *f, const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", f->dir, name);
}

/* Fills rows by what it is given. */
static enum cs_err fill(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			size_t n)
{
	(void)rows;
	for (size_t i = 0; i < n; i++) {
		out[i].hostname = cs_span_str(arg);
		out[i].place.asn = 7;
		out[i].judged = true;
	}
	return CS_OK;
}

static enum cs_err enrich_as(struct cs_store *store, char *host, bool fresh)
{
	struct cs_store_enrich want = {
		.day = DAY, .fresh = fresh, .fill = fill, .arg = host
	};

	return cs_store_enrich(store, &want);
}

static char plain_host[] = "h";

static struct fixture enriched(void)
{
	struct fixture f = fixture_new();

	open_shard(&f);
	put_one(&f, 1, DAY_US, "a");
	put_one(&f, 2, DAY_US, "b");
	publish(&f);
	expect(&f, enrich_as(f.store, plain_host, false), CS_OK);
	return f;
}

/* Runs SQL on a file of the store behind its back. */
static void tamper(const struct fixture *f, const char *name, const char *sql)
{
	char path[256];
	sqlite3 *db;

	path_of(f, name, path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* How many rows came with a host name. */
static enum cs_err count_known(void *arg, const struct cs_result *row,
			       const struct cs_enriched *known)
{
	unsigned *n = arg;

	(void)row;
	*n += known && known->hostname.len > 0;
	return CS_OK;
}

static unsigned known_rows(struct fixture *f)
{
	unsigned by_ip = 0, by_file = 0;

	expect(f, cs_store_day_each(f->store, DAY, count_known, &by_ip), CS_OK);
	expect(f, cs_store_day_load(f->store, DAY, count_known, &by_file), CS_OK);
	assert_int_equal(by_ip, by_file);
	return by_ip;
}

static void expect_why(const struct fixture *f, const char *what)
{
	char want[512];

	(void)snprintf(want, sizeof(want), "%s/" ENRICHED ": %s", f->dir, what);
	assert_string_equal(cs_store_why(f->store), want);
}

static const struct {
	const char *sql, *why;
} damages[] = {
	{ "UPDATE enriched SET place = 2 WHERE id = 1", "damaged: row 1" },
	{ "UPDATE enriched SET place = -1 WHERE id = 1", "damaged: row 1" },
	{ "UPDATE enriched SET judgement = 2 WHERE id = 1", "damaged: row 1" },
	{ "DELETE FROM enriched WHERE id = 2", "damaged: no row 2" },
	{ "DELETE FROM enriched", "damaged: no row 1" },
	{ "UPDATE place SET id = 2", "damaged: place 1" },
	{ "UPDATE place SET asn = 4294967296", "damaged: place 1" },
	{ "UPDATE place SET naics = -1", "damaged: place 1" },
	{ "UPDATE judgement SET severity = 5", "damaged: judgement 1" },
	{ "UPDATE judgement SET confidence = 101", "damaged: judgement 1" },
	{ "DELETE FROM about", "damaged: no name" },
	{ "DROP TABLE enriched", "damaged: no such table: enriched" },
	{ "DROP TABLE about", "damaged: no such table: about" },
};

/* It is said while reading; enriching again puts it right. */
static void what_a_side_cannot_hold_is_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(damages); i++) {
		struct fixture f = enriched();
		unsigned n = 0;

		tamper(&f, ENRICHED, damages[i].sql);
		expect(&f, cs_store_day_load(f.store, DAY, count_known, &n),
		       CS_ERR_DAMAGED);
		expect_why(&f, damages[i].why);
		expect(&f, cs_store_day_each(f.store, DAY, count_known, &n),
		       CS_ERR_DAMAGED);
		expect_why(&f, damages[i].why);
		expect(&f, enrich_as(f.store, plain_host, false), CS_OK);
		assert_int_equal(known_rows(&f), 2);
		fixture_free(&f);
	}
}

static void no_database_beside_a_segment_is_damage(void **state)
{
	struct fixture f = enriched();
	unsigned n = 0;
	char path[256];
	FILE *file;

	(void)state;
	path_of(&f, ENRICHED, path);
	file = fopen(path, "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 5000; i++)
		fputs("no database ", file);
	assert_int_equal(fclose(file), 0);
	expect(&f, cs_store_day_load(f.store, DAY, count_known, &n), CS_ERR_DAMAGED);
	expect_why(&f, "damaged: file is not a database");
	assert_int_equal(n, 0);
	expect(&f, enrich_as(f.store, plain_host, false), CS_OK);
	assert_int_equal(known_rows(&f), 2);
	fixture_free(&f);
}

/* A newer coapscope's is not overwritten, unless that is asked for. */
static void another_schemas_side_is_left_alone(void **state)
{
	struct fixture f = enriched();
	unsigned n = 0;

	(void)state;
	tamper(&f, ENRICHED, "PRAGMA user_version=2");
	expect(&f, cs_store_day_load(f.store, DAY, count_known, &n), CS_ERR_FOREIGN);
	expect_why(&f, "schema 2, this coapscope reads 1");
	expect(&f, enrich_as(f.store, plain_host, false), CS_ERR_FOREIGN);
	expect(&f, enrich_as(f.store, plain_host, true), CS_OK);
	assert_int_equal(known_rows(&f), 2);
	fixture_free(&f);
}

static void another_versions_side_is_none(void **state)
{
	static const char *const others[] = {
		"UPDATE about SET version = version + 1",
		"UPDATE about SET last = 3",
		"UPDATE about SET shard = 1",
		"UPDATE about SET day = 1",
		"UPDATE about SET scan = x'00'",
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(others); i++) {
		struct fixture f = enriched();

		tamper(&f, ENRICHED, others[i]);
		assert_int_equal(known_rows(&f), 0);
		expect(&f, enrich_as(f.store, plain_host, false), CS_OK);
		assert_int_equal(known_rows(&f), 2);
		fixture_free(&f);
	}
}

/* A segment of a store that knew no versions. */
static void a_segment_without_a_version_can_be_enriched(void **state)
{
	struct fixture f = enriched();

	(void)state;
	tamper(&f, SEGMENT, "DROP TABLE published");
	assert_int_equal(known_rows(&f), 0);
	expect(&f, enrich_as(f.store, plain_host, false), CS_OK);
	assert_int_equal(known_rows(&f), 2);
	open_shard(&f);
	put_one(&f, 2, DAY_US, "c");
	publish(&f);
	assert_int_equal(known_rows(&f), 0);
	fixture_free(&f);
}

/* What a killed one left is in nobody's way. */
static void leftovers_are_overwritten(void **state)
{
	static const char *const ends[] = { ".part", ".part-journal", ".part-wal" };
	struct fixture f = enriched();
	char path[256];

	(void)state;
	for (size_t i = 0; i < CS_LEN(ends); i++) {
		path_of(&f, ENRICHED, path);
		(void)snprintf(path + strlen(path), sizeof(path) - strlen(path), "%s",
			       ends[i]);
		assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	}
	assert_int_equal(known_rows(&f), 2);
	expect(&f, enrich_as(f.store, plain_host, true), CS_OK);
	assert_int_equal(known_rows(&f), 2);
	for (size_t i = 0; i < CS_LEN(ends); i++) {
		path_of(&f, ENRICHED, path);
		(void)snprintf(path + strlen(path), sizeof(path) - strlen(path), "%s",
			       ends[i]);
		assert_int_equal(access(path, F_OK), -1);
	}
	fixture_free(&f);
}

static enum cs_err enrich_within(void *arg, const struct cs_result *rows,
				 struct cs_enriched *out, size_t n)
{
	const struct fixture *f = arg;
	pid_t child = fork();
	int status;

	(void)rows, (void)out, (void)n;
	if (child == 0) {
		struct cs_store *store;

		if (cs_store_open(f->dir, &store))
			_exit(1);
		_exit(enrich_as(store, plain_host, false) == CS_ERR_BUSY ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return CS_OK;
}

static void one_enriches_at_a_time(void **state)
{
	struct fixture f = enriched();
	struct cs_store_enrich want = { .day = DAY, .fill = enrich_within, .arg = &f };

	(void)state;
	expect(&f, cs_store_enrich(f.store, &want), CS_OK);
	fixture_free(&f);
}

/* The rows of a round, whose bodies all tell its number. */
static void publish_round(struct cs_store *store, uint32_t round)
{
	struct cs_chunk_row chunk = chunk_at(1, DAY_US, true);
	static struct cs_result rows[ROWS];
	struct cs_shard *shard;
	char body[16];

	(void)snprintf(body, sizeof(body), "%u", round);
	for (uint32_t i = 0; i < ROWS; i++)
		rows[i] = result_at(i, DAY_US, body);
	if (cs_shard_open(store, scan_id, 0, &shard) ||
	    cs_shard_put_chunk(shard, &chunk, rows, ROWS) || cs_shard_publish(shard))
		_exit(2);
}

/* Publishes and enriches in turns; a host is "BODY.TIMES". */
static void write_and_enrich(const char *dir, int tell)
{
	struct cs_store *store;
	char host[32];

	if (cs_store_open(dir, &store))
		_exit(1);
	for (uint32_t round = 1; round < ROUNDS; round++) {
		publish_round(store, round);
		for (unsigned times = 0; times < 3; times++) {
			(void)snprintf(host, sizeof(host), "%u.%u", round, times);
			if (enrich_as(store, host, times == 2))
				_exit(3);
		}
		tell_number(tell, round);
	}
	_exit(0);
}

/* The first row's text, which all of them must have. */
struct alike {
	char body[32], host[32];
	unsigned rows, known;
};

static void same(char text[32], struct cs_span got, bool first)
{
	if (first)
		(void)snprintf(text, 32, "%.*s", (int)got.len, (const char *)got.ptr);
	assert_true(cs_span_eq(got, cs_span_str(text)));
}

static enum cs_err all_alike(void *arg, const struct cs_result *row,
			     const struct cs_enriched *known)
{
	struct alike *alike = arg;

	same(alike->body, row->body, alike->rows == 0);
	if (known) {
		same(alike->host, known->hostname, alike->known == 0);
		alike->known++;
	}
	alike->rows++;
	return CS_OK;
}

/* Enriched whole or not at all, and by what belongs to these rows. */
static void check_after_kill(struct fixture *f, uint32_t told)
{
	struct alike alike = { 0 };
	size_t len;

	expect(f, cs_store_day_load(f->store, DAY, all_alike, &alike), CS_OK);
	assert_int_equal(alike.rows, ROWS);
	assert_true(strtoul(alike.body, NULL, 10) >= told);
	if (alike.known == 0)
		return;
	assert_int_equal(alike.known, ROWS);
	len = strlen(alike.body);
	assert_memory_equal(alike.host, alike.body, len);
	assert_int_equal(alike.host[len], '.');
}

static void a_kill_leaves_no_half_and_no_others_enrichment(void **state)
{
	struct fixture f = fixture_new();
	unsigned killed = 0;
	uint32_t random = 1;

	(void)state;
	for (unsigned moment = 0; moment < MOMENTS; moment++) {
		uint32_t told;
		int status;

		random = random * 1664525 + 1013904223;
		told = run_and_kill(f.dir, write_and_enrich, random >> 16 & 0x3fff,
				    &status);
		killed += WIFSIGNALED(status);
		check_after_kill(&f, told);
	}
	assert_in_range(killed, MOMENTS / 4, MOMENTS);
	/* The next one is in nobody's way. */
	expect(&f, enrich_as(f.store, plain_host, false), CS_OK);
	assert_int_equal(known_rows(&f), ROWS);
	fixture_free(&f);
}

/* Long names, so that the side needs some megabytes. */
static enum cs_err fill_long(void *arg, const struct cs_result *rows,
			     struct cs_enriched *out, size_t n)
{
	static char host[255];

	(void)arg, (void)rows;
	memset(host, 'h', sizeof(host));
	for (size_t i = 0; i < n; i++)
		out[i].hostname = cs_span_of(host, sizeof(host));
	return CS_OK;
}

static struct fixture many_rows(void (*limit)(const char *dir))
{
	struct cs_chunk_row chunk = chunk_at(1, DAY_US, true);
	static struct cs_result rows[MANY];
	struct fixture f = fixture_dir();

	if (limit)
		limit(f.dir);
	expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
	for (uint32_t i = 0; i < MANY; i++)
		rows[i] = result_at(i, DAY_US, "x");
	open_shard(&f);
	expect(&f, cs_shard_put_chunk(f.shard, &chunk, rows, MANY), CS_OK);
	publish(&f);
	expect(&f, enrich_as(f.store, plain_host, false), CS_OK);
	return f;
}

/* What was known stays, nothing is left, and with room again it works. */
static void expect_no_room(struct fixture *f, const char *why, void (*make_room)(void))
{
	struct cs_store_enrich want = { .day = DAY, .fill = fill_long };
	char path[256];

	expect(f, cs_store_enrich(f->store, &want), CS_ERR_IO);
	if (!strstr(cs_store_why(f->store), why))
		fail_msg("%s", cs_store_why(f->store));
	path_of(f, ENRICHED ".part", path);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(known_rows(f), MANY);
	make_room();
	expect(f, cs_store_enrich(f->store, &want), CS_OK);
	assert_int_equal(known_rows(f), MANY);
}

static void lift_limit(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_side_that_may_not_grow_is_an_error_with_its_reason(void **state)
{
	struct fixture f = many_rows(NULL);

	(void)state;
	limit_file_size(f.dir);
	expect_no_room(&f, "File too large", lift_limit);
	fixture_free(&f);
}

static void mount_some(const char *dir)
{
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("small", dir, "tmpfs", 0, "size=32m") != 0)
		_exit(77);
}

static char ballast[256];

static void drop_ballast(void)
{
	assert_int_equal(unlink(ballast), 0);
}

/* Takes all of the disk but a little. */
static void take_room(const struct fixture *f)
{
	struct statvfs free;
	int fd;

	path_of(f, "ballast", ballast);
	assert_int_equal(statvfs(f->dir, &free), 0);
	fd = open(ballast, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(
		posix_fallocate(fd, 0, (off_t)(free.f_bavail * free.f_frsize) - LITTLE),
		0);
	assert_int_equal(close(fd), 0);
}

static void fill_the_disk(void)
{
	struct fixture f = many_rows(mount_some);

	take_room(&f);
	expect_no_room(&f, "database or disk is full", drop_ballast);
	cs_store_close(f.store);
	_exit(0);
}

static void a_full_disk_is_an_error_with_its_reason(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0)
		fill_the_disk();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		NOT_HERE("not permitted to mount");
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_side_cannot_hold_is_damage),
		cmocka_unit_test(no_database_beside_a_segment_is_damage),
		cmocka_unit_test(another_schemas_side_is_left_alone),
		cmocka_unit_test(another_versions_side_is_none),
		cmocka_unit_test(a_segment_without_a_version_can_be_enriched),
		cmocka_unit_test(leftovers_are_overwritten),
		cmocka_unit_test(one_enriches_at_a_time),
		cmocka_unit_test(a_kill_leaves_no_half_and_no_others_enrichment),
		cmocka_unit_test(a_side_that_may_not_grow_is_an_error_with_its_reason),
		cmocka_unit_test(a_full_disk_is_an_error_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
