/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are not what the store wrote, and places where it cannot write. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "store/db.h"

static void path_of(const struct fixture *f, const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", f->dir, name);
}

#define SEGMENT DAY_NAME "/" SCAN_NAME "-0.db"

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

static void expect_why(const struct fixture *f, const char *name, const char *what)
{
	char want[512];

	(void)snprintf(want, sizeof(want), "%s/%s: %s", f->dir, name, what);
	assert_string_equal(cs_store_why(f->store), want);
}

static void reopen(struct fixture *f, enum cs_err want)
{
	cs_store_close(f->store);
	expect(f, cs_store_open(f->dir, &f->store), want);
}

static struct fixture published(void)
{
	struct fixture f = fixture_new();

	open_shard(&f);
	put_one(&f, 1, DAY_US, "a");
	put_one(&f, 2, DAY_US, "b");
	publish(&f);
	return f;
}

static enum cs_err no_row(void *arg, const struct cs_result *row,
			  const struct cs_enriched *enriched)
{
	(void)enriched;
	(void)arg, (void)row;
	return CS_OK;
}

static void a_newer_schema_is_named(void **state)
{
	struct fixture f = published();

	(void)state;
	tamper(&f, SEGMENT, "PRAGMA user_version=2");
	expect(&f, cs_shard_open(f.store, scan_id, 0, &f.shard), CS_ERR_FOREIGN);
	assert_null(f.shard);
	expect_why(&f, SEGMENT, "schema 2, this coapscope reads 1");
	expect(&f, cs_store_day_each(f.store, DAY, no_row, NULL), CS_ERR_FOREIGN);
	expect_why(&f, SEGMENT, "schema 2, this coapscope reads 1");

	tamper(&f, "catalog.db", "PRAGMA user_version=4");
	reopen(&f, CS_ERR_FOREIGN);
	expect_why(&f, "catalog.db", "schema 4, this coapscope reads 3");
	fixture_free(&f);
}

static void an_older_schema_that_cannot_be_migrated_is_named(void **state)
{
	struct fixture f = published();

	(void)state;
	tamper(&f, SEGMENT, "PRAGMA user_version=0");
	expect(&f, cs_shard_open(f.store, scan_id, 0, &f.shard), CS_ERR_FOREIGN);
	expect_why(&f, SEGMENT, "schema 0, this coapscope reads 1");
	tamper(&f, "catalog.db", "PRAGMA user_version=0");
	reopen(&f, CS_ERR_FOREIGN);
	expect_why(&f, "catalog.db", "schema 0, this coapscope reads 3");
	fixture_free(&f);
}

static void another_programs_file_is_foreign(void **state)
{
	struct fixture f = published();

	(void)state;
	tamper(&f, SEGMENT, "PRAGMA application_id=1");
	expect(&f, cs_store_day_each(f.store, DAY, no_row, NULL), CS_ERR_FOREIGN);
	expect_why(&f, SEGMENT, "not a segment of coapscope");
	tamper(&f, "catalog.db", "PRAGMA application_id=1");
	reopen(&f, CS_ERR_FOREIGN);
	expect_why(&f, "catalog.db", "not a catalogue of coapscope");
	fixture_free(&f);
}

/* A file with tables but without a number is somebody else's, not a new one. */
static void tables_without_our_number_are_left_alone(void **state)
{
	struct fixture f = fixture_new();

	(void)state;
	cs_store_close(f.store);
	tamper(&f, "catalog.db",
	       "PRAGMA application_id=0;PRAGMA user_version=0;CREATE TABLE mine(a)");
	expect(&f, cs_store_open(f.dir, &f.store), CS_ERR_FOREIGN);
	fixture_free(&f);
}

static void no_database_at_all_is_damaged(void **state)
{
	struct fixture f = published();
	char path[256];
	FILE *file;

	(void)state;
	path_of(&f, SEGMENT, path);
	file = fopen(path, "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 5000; i++)
		fputs("no database ", file);
	assert_int_equal(fclose(file), 0);
	expect(&f, cs_store_day_each(f.store, DAY, no_row, NULL), CS_ERR_DAMAGED);
	expect(&f, cs_shard_open(f.store, scan_id, 0, &f.shard), CS_ERR_DAMAGED);
	expect_why(&f, SEGMENT, "damaged: file is not a database");
	fixture_free(&f);
}

/* What is wrong with a segment, and where it must be noticed. */
static const struct {
	const char *sql, *day, *shard; /* NULL: goes unnoticed there */
} damages[] = {
	{ "UPDATE result SET ip = x'00' WHERE id = 2", "damaged: row 2: ip",
	  "damaged: row 2: ip" },
	{ "UPDATE result SET port = 65536 WHERE id = 1", "damaged: row 1: port",
	  "damaged: row 1: port" },
	{ "UPDATE result SET time_us = time_us - 1 WHERE id = 1",
	  "damaged: row 1: time_us", "damaged: row 1: time_us" },
	{ "UPDATE result SET match = 3 WHERE id = 1", "damaged: row 1: match",
	  "damaged: row 1: match" },
	{ "UPDATE result SET complete = 2 WHERE id = 1", "damaged: row 1: complete",
	  "damaged: row 1: complete" },
	{ "UPDATE result SET fault = 22 WHERE id = 1", "damaged: row 1: fault",
	  "damaged: row 1: fault" },
	{ "UPDATE result SET bytes = -1 WHERE id = 1", "damaged: row 1: bytes",
	  "damaged: row 1: bytes" },
	{ "UPDATE result SET body = 99 WHERE id = 1", "damaged: row 1: payload",
	  "damaged: row 1: payload" },
	{ "DELETE FROM result WHERE id = 2", NULL, "damaged: row 2 is missing" },
	{ "UPDATE chunk SET first_row = 1 WHERE chunk = 2", NULL,
	  "damaged: chunks share rows" },
	{ "UPDATE chunk SET n_rows = -1 WHERE chunk = 2", NULL, "damaged: chunk 2" },
	{ "UPDATE chunk SET closed = 2 WHERE chunk = 2", NULL, "damaged: chunk 2" },
	{ "DROP TABLE body", "damaged: no such table: body",
	  "damaged: no such table: body" },
	{ "DROP INDEX result_by_ip", "damaged: no such index: result_by_ip", NULL },
	{ "UPDATE segment SET day = 1", NULL, "damaged: of another scan, shard or day" },
	{ "DELETE FROM segment", NULL, "damaged: of another scan, shard or day" },
};

static void what_a_row_cannot_hold_is_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(damages); i++) {
		struct fixture f = published();
		enum cs_err err;

		tamper(&f, SEGMENT, damages[i].sql);
		expect(&f, cs_store_day_each(f.store, DAY, no_row, NULL),
		       damages[i].day ? CS_ERR_DAMAGED : CS_OK);
		if (damages[i].day)
			expect_why(&f, SEGMENT, damages[i].day);
		err = cs_shard_open(f.store, scan_id, 0, &f.shard);
		if (!err)
			err = cs_shard_each(f.shard, true, no_row, NULL);
		expect(&f, err, damages[i].shard ? CS_ERR_DAMAGED : CS_OK);
		if (damages[i].shard)
			expect_why(&f, SEGMENT, damages[i].shard);
		fixture_free(&f);
	}
}

static void other_files_in_a_day_are_not_its_rows(void **state)
{
	static const char *const names[] = { "notes.db",
					     SCAN_NAME "-x.db",
					     SCAN_NAME ".db",
					     SCAN_NAME "-4294967296.db",
					     SCAN_NAME "-1.db.copy",
					     SCAN_NAME "-2.db.part" };
	struct fixture f = published();
	char path[256], name[128];

	(void)state;
	for (size_t i = 0; i < CS_LEN(names); i++) {
		(void)snprintf(name, sizeof(name), DAY_NAME "/%s", names[i]);
		path_of(&f, name, path);
		assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	}
	expect_day(&f, DAY, "1=a 2=b ");
	fixture_free(&f);
}

/* A copy that a killed process left is not taken for a part. */
static void a_half_made_copy_is_made_anew(void **state)
{
	struct fixture f = published();
	char path[256];

	(void)state;
	path_of(&f, SEGMENT ".copy", path);
	assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	open_shard(&f);
	put_one(&f, 3, DAY_US, "c");
	publish(&f);
	expect_day(&f, DAY, "1=a 2=b 3=c ");
	fixture_free(&f);
}

static void a_file_where_a_directory_should_be_is_an_error(void **state)
{
	struct fixture f = fixture_dir();
	char path[256];

	(void)state;
	path_of(&f, "deep/in/it", path);
	expect(&f, cs_store_open(path, &f.store), CS_OK); /* made with its parents */
	cs_store_close(f.store);
	path_of(&f, "file", path);
	assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	expect(&f, cs_store_open(path, &f.store), CS_ERR_IO);
	expect_why(&f, "file", "Not a directory");
	cs_store_close(f.store);
	path_of(&f, "file/below", path);
	expect(&f, cs_store_open(path, &f.store), CS_ERR_IO);
	fixture_free(&f);
}

/* Made up: a kind of file at its third version. */
static const char *const steps[] = { NULL, "ALTER TABLE t ADD COLUMN b",
				     "ALTER TABLE t ADD COLUMN c" };
static const struct cs_db_kind first = { "thing", 77, 1, "CREATE TABLE t(a)", steps };
static const struct cs_db_kind third = { "thing", 77, 3, "CREATE TABLE t(a, b, c)",
					 steps };

static void a_file_that_is_a_link_is_not_followed(void **state)
{
	static const char *const names[] = { "catalog.db", SEGMENT };

	(void)state;
	for (size_t i = 0; i < CS_LEN(names); i++) {
		struct fixture f = published();
		char path[256], target[256];
		struct stat st;

		path_of(&f, names[i], path);
		path_of(&f, "elsewhere", target);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(close(open(target, O_CREAT | O_WRONLY, 0600)), 0);
		assert_int_equal(symlink(target, path), 0);
		if (i == 0)
			reopen(&f, CS_ERR_FOREIGN);
		else
			expect(&f, cs_store_day_each(f.store, DAY, no_row, NULL),
			       CS_ERR_FOREIGN);
		expect_why(&f, names[i], "a symbolic link: want the file itself");
		assert_int_equal(stat(target, &st), 0);
		assert_int_equal(st.st_size, 0);
		fixture_free(&f);
	}
}

static void migrations_run_in_order_and_once(void **state)
{
	struct fixture f = fixture_new();
	struct cs_why why;
	struct cs_db db;
	char path[256];
	int64_t version, columns;

	(void)state;
	path_of(&f, "thing.db", path);
	assert_int_equal(cs_db_open(&db, path, CS_DB_SHARED, &first, &why), CS_OK);
	cs_db_close(&db);
	assert_int_equal(cs_db_open(&db, path, CS_DB_READ, &third, &why), CS_ERR_FOREIGN);
	assert_non_null(strstr(why.text, "schema 1 must be migrated to 3 first"));
	cs_db_close(&db);
	for (unsigned times = 0; times < 2; times++) {
		assert_int_equal(cs_db_open(&db, path, CS_DB_SHARED, &third, &why),
				 CS_OK);
		assert_int_equal(cs_db_number(&db, "PRAGMA user_version", &version),
				 CS_OK);
		assert_int_equal(version, 3);
		assert_int_equal(cs_db_number(&db,
					      "SELECT count(*) FROM"
					      " pragma_table_info('t')",
					      &columns),
				 CS_OK);
		assert_int_equal(columns, 3);
		cs_db_close(&db);
	}
	assert_int_equal(cs_db_open(&db, path, CS_DB_SHARED, &first, &why),
			 CS_ERR_FOREIGN);
	cs_db_close(&db);
	fixture_free(&f);
}

/* The catalogue as coapscope 0.1 made it, and what it would know of the day. */
static const char catalog_1[] =
	"CREATE TABLE plan( hash BLOB PRIMARY KEY, bytes BLOB NOT NULL ) STRICT;"
	"CREATE TABLE scan( id INTEGER PRIMARY KEY, scan BLOB NOT NULL, shard "
	"INTEGER NOT NULL, shards INTEGER NOT NULL, plan BLOB NOT NULL REFERENCES "
	"plan(hash), metadata BLOB NOT NULL, started_us INTEGER NOT NULL, ended_us "
	"INTEGER NOT NULL, n_chunks INTEGER NOT NULL, state INTEGER NOT NULL, "
	"UNIQUE(scan, shard) ) STRICT;"
	"CREATE INDEX scan_by_start ON scan(started_us);"
	"CREATE TABLE segment( day INTEGER NOT NULL, scan BLOB NOT NULL, shard "
	"INTEGER NOT NULL, rows INTEGER NOT NULL, content INTEGER NOT NULL, bytes "
	"INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, "
	"PRIMARY KEY(day, scan, shard) ) STRICT, WITHOUT ROWID;"
	"CREATE TABLE covered( day INTEGER NOT NULL, scan BLOB NOT NULL, shard "
	"INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY "
	"KEY(day, scan, shard, first) ) STRICT, WITHOUT ROWID;"
	"PRAGMA application_id=0x43536361;PRAGMA user_version=1;"
	"INSERT INTO segment VALUES(20000, x'" SCAN_NAME "', 0, 2, 2, 7, 1, 2);"
	"INSERT INTO segment VALUES(20001, x'" SCAN_NAME "', 0, 1, 1, 7, 1, 2);";

static void a_catalogue_of_schema_1_is_migrated_in_place(void **state)
{
	struct fixture f = published();
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	char path[256];
	size_t n;

	(void)state;
	cs_store_close(f.store);
	path_of(&f, "catalog.db", path);
	assert_int_equal(unlink(path), 0);
	tamper(&f, "catalog.db", catalog_1);
	for (unsigned times = 0; times < 2; times++) {
		expect(&f, cs_store_open(f.dir, &f.store), CS_OK);
		expect(&f, cs_store_days(f.store, &arena, &days, &n), CS_OK);
		assert_int_equal(n, 2);
		assert_int_equal(days[0].rows, 2);
		assert_int_equal(days[0].summary_stamp, 0);
		assert_int_not_equal(days[0].stamp, days[1].stamp);
		assert_int_equal(days[1].missing, 1);
		expect_day(&f, DAY, "1=a 2=b ");

		/* What is new can be written. */
		open_shard(&f);
		put_one(&f, 2, DAY_US, "b");
		publish(&f);
		cs_store_close(f.store);
	}
	f.store = NULL;
	cs_arena_clear(&arena);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newer_schema_is_named),
		cmocka_unit_test(an_older_schema_that_cannot_be_migrated_is_named),
		cmocka_unit_test(another_programs_file_is_foreign),
		cmocka_unit_test(tables_without_our_number_are_left_alone),
		cmocka_unit_test(no_database_at_all_is_damaged),
		cmocka_unit_test(what_a_row_cannot_hold_is_damage),
		cmocka_unit_test(other_files_in_a_day_are_not_its_rows),
		cmocka_unit_test(a_half_made_copy_is_made_anew),
		cmocka_unit_test(a_file_where_a_directory_should_be_is_an_error),
		cmocka_unit_test(a_catalogue_of_schema_1_is_migrated_in_place),
		cmocka_unit_test(a_file_that_is_a_link_is_not_followed),
		cmocka_unit_test(migrations_run_in_order_and_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
