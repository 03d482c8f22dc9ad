/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store killed at 200 random moments of writing: what was reported as stored
 * is there afterwards, and checking it finds nothing lost. A moment is a number of
 * system calls that change files, ours and SQLite's, which are counted here: the
 * process dies before one, after it, or in the middle of a write.
 */
#include "days_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "report/import.h"
#include "report/settle.h"

enum {
	MOMENTS = 200,
	CHUNKS = 24,
	PER_CHUNK = 10,
	ROWS = CHUNKS * PER_CHUNK,
	IMPORTED = 30,
	IMPORT_DAY = DAY + 28, /* 2024-11-01 */
};

/* --- the moment --- */

enum way { BEFORE, AFTER, HALF, WAYS };

/* Of this process; 0: it lives. */
static uint32_t dies_at, steps;
static enum way dies;

static void die(void)
{
	(void)kill(getpid(), SIGKILL);
	for (;;) /* it comes at once */
		;
}

static bool is_now(enum way way)
{
	return dies_at > 0 && steps == dies_at && dies == way;
}

static void before(void)
{
	steps++;
	if (is_now(BEFORE))
		die();
}

/* Half of a call other than a write is all of it. */
static int after(long result)
{
	if (is_now(AFTER) || is_now(HALF))
		die();
	return (int)result;
}

/* These take the places of the C library's, for SQLite too. */
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	before();

	size_t some = is_now(HALF) ? n / 2 : n;
	long done = syscall(SYS_pwrite64, fd, bytes, some, at);

	(void)after(0);
	return done;
}

int ftruncate(int fd, off_t len)
{
	before();
	return after(syscall(SYS_ftruncate, fd, len));
}

int fsync(int fd)
{
	before();
	return after(syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
	before();
	return after(syscall(SYS_fdatasync, fd));
}

int rename(const char *from, const char *to)
{
	before();
	return after(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char *path)
{
	before();
	return after(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int mkdir(const char *path, mode_t mode)
{
	before();
	return after(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

/* --- a life --- */

/* What the store has said is stored; shared with the process that dies. */
struct told {
	uint32_t chunks; /* the first of them are closed */
	bool begun, published, enriched, imported, settled, listed, done;
	uint32_t steps; /* of a whole life */
};

static struct told *told;

static void must(enum cs_err err)
{
	if (err)
		_exit(1);
}

/* A chunk whose rows all tell its number; every third one spans midnight. */
static void put_numbered(struct cs_shard *shard, uint32_t number)
{
	int64_t us =
		DAY_US + CS_US_PER_DAY - (number % 3 == 0 ? PER_CHUNK / 2 : PER_CHUNK);
	struct cs_chunk_row chunk = { number, us, us + PER_CHUNK - 1, 4096, true };
	struct cs_result rows[PER_CHUNK];
	char bodies[PER_CHUNK][32];

	for (unsigned i = 0; i < PER_CHUNK; i++) {
		(void)snprintf(bodies[i], sizeof(bodies[i]), "</%u/%u>", number, i % 7);
		rows[i] = result_at(number * 256 + i, us + i, bodies[i]);
	}
	must(cs_shard_put_chunk(shard, &chunk, rows, PER_CHUNK));
}

static void scan(struct cs_store *store)
{
	struct cs_shard *shard;

	must(cs_shard_open(store, scan_id, 0, &shard));
	for (uint32_t number = 0; number < CHUNKS; number++) {
		if (!cs_shard_is_closed(shard, number))
			put_numbered(shard, number);
		if (number % 4 != 3)
			continue;
		must(cs_shard_commit(shard));
		if (told->chunks < number + 1)
			told->chunks = number + 1;
	}
	must(cs_shard_publish(shard));
	told->published = true;
}

static enum cs_err fill(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			size_t n)
{
	(void)arg, (void)rows;
	for (size_t i = 0; i < n; i++)
		out[i].place = (struct cs_place){ .asn = 64512, .geo = SPAN("DE") };
	return CS_OK;
}

static void enrich(struct cs_store *store)
{
	struct cs_store_enrich want = { .day = DAY, .about = SPAN("{}"), .fill = fill };

	must(cs_store_enrich(store, &want));
	want.day = DAY + 1;
	must(cs_store_enrich(store, &want));
	told->enriched = true;
}

struct text {
	char bytes[8192];
	size_t len, at;
};

static int64_t read_text(void *arg, void *room, size_t n)
{
	struct text *text = arg;
	size_t some = text->len - text->at < n ? text->len - text->at : n;

	memcpy(room, text->bytes + text->at, some);
	text->at += some;
	return (int64_t)some;
}

static void no_note(void *arg, const char *line)
{
	(void)arg, (void)line;
}

static void import(struct cs_store *store)
{
	static struct text text;
	struct cs_import_want want = { .store = store,
				       .now_us = IMPORT_DAY * CS_US_PER_DAY,
				       .note = no_note };
	struct cs_import_bytes bytes = { .read = read_text, .arg = &text };
	struct cs_import_counts counts;
	char why[CS_IMPORT_WHY];

	text.at = 0;
	text.len = (size_t)snprintf(text.bytes, sizeof(text.bytes),
				    "timestamp,ip,protocol,port,hostname,tag,version,asn,"
				    "geo,region,city,naics,sic,response,response_size\n");
	for (unsigned i = 0; i < IMPORTED; i++)
		text.len += (size_t)snprintf(
			text.bytes + text.len, sizeof(text.bytes) - text.len,
			"2024-11-01 00:00:%02u,192.0.2.%u,udp,5683,,coap,2,64513,ZZ,,,0,0"
			",</a%u>,21\n",
			i, i, i);
	must(cs_import(&want, "r.csv", &bytes, &counts, why));
	must(counts.kept == IMPORTED ? CS_OK : CS_ERR_RANGE);
	told->imported = true;
}

static void list(struct cs_store *store)
{
	struct cs_store_name name = { cs_addr_v4(1), SPAN("a.example"), INT64_MAX };
	struct cs_store_seen seen = { cs_addr_v4(77), 5683, 5, 9 };

	must(cs_store_names_put(store, &name, 1));
	must(cs_store_seen_put(store, &seen, 1));
	told->listed = true;
}

static void no_finding(void *arg, const struct cs_store_finding *finding)
{
	(void)arg, (void)finding;
}

/* Goes on where the last one was killed; some begin with a repair. */
static void live(const char *dir, bool repair, const struct cs_plan *plan)
{
	struct cs_scan_row row = { .shards = 1,
				   .n_chunks = CHUNKS,
				   .started_us = DAY_US };
	struct cs_store_checked checked;
	struct cs_arena arena = { 0 };
	struct cs_store *store;
	enum cs_err err;

	memcpy(row.id, scan_id, CS_SCAN_ID);
	row.metadata = SPAN("{}");
	must(cs_plan_write(plan, &arena, &row.plan));
	cs_plan_key(row.plan, row.plan_hash);
	must(cs_store_open(dir, &store));
	if (repair)
		must(cs_store_verify(store, true, no_finding, NULL, &checked));
	err = told->begun ? CS_OK : cs_store_scan_begin(store, &row);
	must(err == CS_ERR_REFUSED ? CS_OK : err);
	told->begun = true;
	if (!told->published)
		scan(store);
	if (!told->enriched)
		enrich(store);
	if (!told->imported)
		import(store);
	must(cs_settle_all(store, NULL, NULL));
	told->settled = true;
	list(store);
	row.state = CS_SCAN_DONE;
	row.ended_us = DAY_US + 1;
	must(cs_store_scan_update(store, &row));
	told->done = true;
	cs_store_close(store);
	told->steps = steps;
	_exit(0);
}

/* --- afterwards --- */

struct found {
	unsigned n, repaired;
};

static void note(void *arg, const struct cs_store_finding *finding)
{
	struct found *found = arg;

	if (finding->lost || strstr(finding->what, "damaged"))
		fail_msg("%s: %s", finding->file, finding->what);
	found->n += !finding->note;
	found->repaired += finding->repaired;
}

static struct found verify(struct fixture *f, bool repair)
{
	struct cs_store_checked checked;
	struct found found = { 0 };
	enum cs_err err = repair ? cs_store_open(f->dir, &f->store)
				 : cs_store_open_read(f->dir, &f->store);

	/* Killed before there was a catalogue, it is no store yet. */
	if (told->begun || repair)
		expect(f, err, CS_OK);
	err = cs_store_verify(f->store, repair, note, &found, &checked);
	if (told->begun || repair || err != CS_ERR_NOT_FOUND)
		expect(f, err, CS_OK);
	cs_store_close(f->store);
	f->store = NULL;
	return found;
}

static void repair(struct fixture *f)
{
	struct found found = verify(f, true);

	assert_int_equal(found.n, found.repaired);
	assert_int_equal(verify(f, false).n, 0);
}

struct tally {
	unsigned rows[CHUNKS], all, enriched;
};

static enum cs_err count_row(void *arg, const struct cs_result *row,
			     const struct cs_enriched *enriched)
{
	struct tally *tally = arg;
	uint32_t number = cs_addr_low32(&row->ip) / 256;
	uint32_t nth = cs_addr_low32(&row->ip) % 256;
	char body[32];

	tally->all++;
	tally->enriched += enriched != NULL;
	if (row->match == CS_MATCH_REPORT)
		return CS_OK;
	assert_true(number < CHUNKS && nth < PER_CHUNK);
	(void)snprintf(body, sizeof(body), "</%u/%u>", number, nth % 7);
	assert_true(cs_span_eq(row->body, cs_span_str(body)));
	tally->rows[number]++;
	return CS_OK;
}

/* What is closed is there whole, once; and what was told is closed. */
static void check_scan(struct fixture *f)
{
	struct tally tally = { 0 };

	open_shard(f);
	for (uint32_t i = 0; i < told->chunks; i++)
		assert_true(cs_shard_is_closed(f->shard, i));
	expect(f, cs_shard_each(f->shard, false, count_row, &tally), CS_OK);
	for (uint32_t i = 0; i < CHUNKS; i++)
		assert_int_equal(tally.rows[i],
				 cs_shard_is_closed(f->shard, i) ? PER_CHUNK : 0);
	abandon(f);
}

static void check_days(struct fixture *f)
{
	struct tally scanned = { 0 }, imported = { 0 };

	expect(f, cs_store_day_each(f->store, DAY, count_row, &scanned), CS_OK);
	expect(f, cs_store_day_each(f->store, DAY + 1, count_row, &scanned), CS_OK);
	expect(f, cs_store_day_each(f->store, IMPORT_DAY, count_row, &imported), CS_OK);
	if (told->published)
		assert_int_equal(scanned.all, ROWS);
	if (told->enriched)
		assert_int_equal(scanned.enriched, ROWS);
	if (told->imported)
		assert_int_equal(imported.enriched, IMPORTED);
}

static void check_catalog(struct fixture *f)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	struct cs_scan_row row;
	size_t n;

	if (told->begun)
		expect(f, cs_store_scan_find(f->store, scan_id, &arena, &row), CS_OK);
	if (told->done)
		assert_int_equal(row.state, CS_SCAN_DONE);
	expect(f, cs_store_days(f->store, &arena, &days, &n), CS_OK);
	if (told->settled)
		assert_int_equal(n, 3);
	for (size_t i = 0; told->settled && i < n; i++)
		assert_true(cs_settled(days, n, i));
	cs_arena_clear(&arena);
}

static void check_lists(struct fixture *f)
{
	struct cs_store_name name = { .ip = cs_addr_v4(1) };
	struct cs_store_seen seen = { .ip = cs_addr_v4(77), .port = 5683 };

	if (!told->listed)
		return;
	expect(f, cs_store_name_find(f->store, &name.ip, 1, &name), CS_OK);
	assert_true(cs_span_eq(name.name, SPAN("a.example")));
	expect(f, cs_store_seen_find(f->store, &seen), CS_OK);
	assert_int_equal(seen.first_us, 5);
	assert_int_equal(seen.last_us, 9);
}

static void check_all(struct fixture *f)
{
	expect(f, cs_store_open(f->dir, &f->store), CS_OK);
	check_catalog(f);
	check_scan(f);
	check_days(f);
	check_lists(f);
	cs_store_close(f->store);
	f->store = NULL;
}

/* A process that lives until the moment; whether it was killed. */
static bool live_until(const struct fixture *f, const struct cs_plan *plan,
		       uint32_t moment, enum way way, bool repair_first)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		steps = 0;
		dies_at = moment;
		dies = way;
		live(f->dir, repair_first, plan);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFSIGNALED(status);
}

static void begin_again(struct fixture *f)
{
	if (f->dir[0])
		fixture_free(f);
	*f = fixture_dir();
	*told = (struct told){ 0 };
}

static void a_store_killed_at_any_moment_has_what_was_reported_as_stored(void **state)
{
	struct cs_plan plan = days_plan("10.0.0.0/24", 1, 7);
	struct fixture f = { 0 };
	unsigned killed = 0, lives = 0;
	uint32_t random = 1, whole;

	(void)state;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(told != MAP_FAILED);
	begin_again(&f);
	assert_false(live_until(&f, &plan, 0, BEFORE, false));
	whole = told->steps;
	assert_in_range(whole, 300, 10000);
	assert_int_equal(verify(&f, false).n, 0);
	check_all(&f);
	begin_again(&f);
	while (killed < MOMENTS) {
		random = random * 1664525 + 1013904223;

		/* Short ones get to the end in some five pieces. */
		uint32_t moment = 1 + (random >> 8) % (whole / 2);

		if (live_until(&f, &plan, moment, random >> 4 & 3 ? random % WAYS : AFTER,
			       killed % 4 == 3)) {
			killed++;
			(void)verify(&f, false);
			if (killed % 2)
				repair(&f);
			check_all(&f);
			continue;
		}
		lives++;
		assert_int_equal(verify(&f, false).n, 0);
		check_all(&f);
		begin_again(&f);
	}
	assert_in_range(lives, 10, MOMENTS);
	fixture_free(&f);
	assert_int_equal(munmap(told, sizeof(*told)), 0);
	cs_plan_clear(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_store_killed_at_any_moment_has_what_was_reported_as_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
