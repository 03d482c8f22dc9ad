/* SPDX-License-Identifier: Apache-2.0 */
/* Writing. The file of one day is open at a time: the days of sources are few. */
#include "store/watch_store.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store.h"
#include "store/watch_own.h"

static const char schema[] =
#include "store/watch.sql.inc"
	;

enum { SCHEMA = 1, WAIT_MS = 250, LAST_WAIT_MS = 10000 };

static const char *const migrations[SCHEMA] = { NULL };

const struct cs_db_kind cs_watch_db_kind = {
	.what = "record of a watch",
	.application_id = 0x43537761, /* CSwa */
	.version = SCHEMA,
	.schema = schema,
	.migrations = migrations,
};

static const char *const ends[] = { "", "-wal", "-shm", "-journal" };

enum statement { BEFORE, PUT, ADD, STATEMENTS };

static const char *const statements[STATEMENTS] = {
	[BEFORE] = "SELECT packets FROM source WHERE ip = ?1 AND bits = ?2 AND run = ?3"
		   " AND tag = ?4",
	[PUT] = "INSERT OR REPLACE INTO source(ip, bits, run, tag, first_us, last_us,"
		" packets, worry, class, verdict)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,CAST(?9 AS TEXT),CAST(?10 AS TEXT))",
	[ADD] = "INSERT INTO activity(ip, bits, hour, packets) VALUES(?1,?2,?3,?4)"
		" ON CONFLICT DO UPDATE SET packets = packets + excluded.packets",
};

struct cs_watch_store {
	char *dir; /* owned */
	uint64_t run;
	int wait_ms; /* for others who write, at most */
	struct cs_why why;
	bool open; /* the file of: */
	int32_t day;
	struct cs_db db;
	sqlite3_stmt *stmt[STATEMENTS];
};

bool cs_path_watch(const char *dir, int32_t day, struct cs_path *out)
{
	struct cs_path folder;

	return cs_path_day(dir, day, &folder) &&
	       cs_path_under(folder.text, "watch.db", out);
}

const char *cs_watch_store_why(const struct cs_watch_store *store)
{
	return store->why.text;
}

enum cs_err cs_watch_store_open(const char *dir, uint64_t run,
				struct cs_watch_store **out)
{
	struct cs_watch_store *store = calloc(1, sizeof(*store));

	*out = store;
	if (!store)
		return CS_ERR_NOMEM;
	store->run = run;
	store->wait_ms = WAIT_MS;
	if (cs_dir_make(dir) != 0)
		return cs_why_errno(&store->why, dir);
	store->dir = realpath(dir, NULL);
	return store->dir ? CS_OK : cs_why_errno(&store->why, dir);
}

void cs_watch_store_last(struct cs_watch_store *store)
{
	store->wait_ms = LAST_WAIT_MS;
	if (store->open)
		(void)sqlite3_busy_timeout(store->db.sql, store->wait_ms);
}

static void close_day(struct cs_watch_store *store)
{
	if (!store->open)
		return;
	for (size_t i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(store->stmt[i]); /* repeats an old error */
		store->stmt[i] = NULL;
	}
	cs_db_close(&store->db);
	store->open = false;
}

void cs_watch_store_close(struct cs_watch_store *store)
{
	if (!store)
		return;
	close_day(store);
	free(store->dir);
	free(store);
}

/* --- putting --- */

static enum cs_err too_long(struct cs_watch_store *store)
{
	errno = ENAMETOOLONG;
	return cs_why_errno(&store->why, store->dir);
}

static enum cs_err prepare(struct cs_watch_store *store)
{
	enum cs_err err = CS_OK;

	(void)sqlite3_busy_timeout(store->db.sql, store->wait_ms);
	for (size_t i = 0; i < STATEMENTS && !err; i++)
		err = cs_db_prepare(&store->db, statements[i], &store->stmt[i]);
	return err;
}

static enum cs_err open_day(struct cs_watch_store *store, int32_t day)
{
	struct cs_path folder, path;
	enum cs_err err;

	if (store->open && store->day == day && cs_file_exists(store->db.path))
		return CS_OK;
	close_day(store);
	if (!cs_path_day(store->dir, day, &folder) ||
	    !cs_path_watch(store->dir, day, &path))
		return too_long(store);
	if (cs_dir_make(folder.text) != 0)
		return cs_why_errno(&store->why, folder.text);
	err = cs_db_open(&store->db, path.text, CS_DB_SHARED, &cs_watch_db_kind,
			 &store->why);
	store->open = true;
	store->day = day;
	if (!err)
		err = prepare(store);
	if (err)
		close_day(store);
	return err;
}

static struct cs_span ip_span(const struct cs_addr *ip)
{
	return cs_span_of(ip->b, sizeof(ip->b));
}

/* How many of @row's packets are new to the day's file. */
static enum cs_err new_packets(struct cs_watch_store *store,
			       const struct cs_watch_row *row, int64_t *out)
{
	sqlite3_stmt *stmt = store->stmt[BEFORE];
	enum cs_err err = CS_OK;
	int64_t before = 0;

	/* Most of what was seen the day before is of the day before. */
	if (cs_day_number(row->first_us) < store->day)
		before = (int64_t)row->packets - 1;

	cs_db_bind(stmt, 1, ip_span(&row->ip));
	cs_db_bind_number(stmt, 2, row->bits);
	cs_db_bind_number(stmt, 3, (int64_t)store->run);
	cs_db_bind_number(stmt, 4, (int64_t)row->tag);
	if (cs_db_next(&store->db, stmt, &err))
		before = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt); /* says again what step said */
	*out = (int64_t)row->packets - before;
	if (*out < 0)
		*out = (int64_t)row->packets;
	return err;
}

static enum cs_err put_row(struct cs_watch_store *store, const struct cs_watch_row *row)
{
	sqlite3_stmt *stmt = store->stmt[PUT];

	cs_db_bind(stmt, 1, ip_span(&row->ip));
	cs_db_bind_number(stmt, 2, row->bits);
	cs_db_bind_number(stmt, 3, (int64_t)store->run);
	cs_db_bind_number(stmt, 4, (int64_t)row->tag);
	cs_db_bind_number(stmt, 5, row->first_us);
	cs_db_bind_number(stmt, 6, row->last_us);
	cs_db_bind_number(stmt, 7, (int64_t)row->packets);
	cs_db_bind_number(stmt, 8, row->worry);
	cs_db_bind(stmt, 9, row->class_);
	cs_db_bind(stmt, 10, row->verdict);
	return cs_db_run(&store->db, stmt);
}

static enum cs_err add_activity(struct cs_watch_store *store,
				const struct cs_watch_row *row, int64_t packets)
{
	const int64_t hour = row->last_us / (3600 * CS_US_PER_S) % 24;
	sqlite3_stmt *stmt = store->stmt[ADD];

	cs_db_bind(stmt, 1, ip_span(&row->ip));
	cs_db_bind_number(stmt, 2, row->bits);
	cs_db_bind_number(stmt, 3, hour);
	cs_db_bind_number(stmt, 4, packets);
	return cs_db_run(&store->db, stmt);
}

static enum cs_err put_one(struct cs_watch_store *store, const struct cs_watch_row *row)
{
	int64_t packets;
	enum cs_err err = new_packets(store, row, &packets);

	if (!err)
		err = put_row(store, row);
	return err ? err : add_activity(store, row, packets);
}

static int32_t day_of(const struct cs_watch_row *row)
{
	return (int32_t)cs_day_number(row->last_us);
}

/* Those of @rows that are of @day, in one transaction. */
static enum cs_err put_day(struct cs_watch_store *store, int32_t day,
			   const struct cs_watch_row *rows, size_t n)
{
	enum cs_err err = open_day(store, day);

	if (!err)
		err = cs_db_exec(&store->db, "BEGIN IMMEDIATE");
	if (err)
		return err;
	for (size_t i = 0; i < n && !err; i++)
		if (day_of(&rows[i]) == day)
			err = put_one(store, &rows[i]);
	err = cs_db_end(&store->db, err);
	if (err)
		close_day(store); /* what is wrong with the file may be mended */
	return err;
}

static bool in_range(const struct cs_watch_row *row)
{
	return row->first_us >= 0 && row->last_us >= 0 &&
	       row->first_us <= CS_STORE_TIME_MAX && row->last_us <= CS_STORE_TIME_MAX &&
	       row->packets <= INT64_MAX;
}

/* The first day after @after that a row is of; false: none is. */
static bool next_day(const struct cs_watch_row *rows, size_t n, int64_t after,
		     int32_t *day)
{
	bool found = false;

	for (size_t i = 0; i < n; i++)
		if (day_of(&rows[i]) > after && (!found || day_of(&rows[i]) < *day)) {
			*day = day_of(&rows[i]);
			found = true;
		}
	return found;
}

enum cs_err cs_watch_store_put(struct cs_watch_store *store,
			       const struct cs_watch_row *rows, size_t n)
{
	int64_t after = INT64_MIN;
	enum cs_err err = CS_OK;
	int32_t day = 0;

	for (size_t i = 0; i < n; i++)
		if (!in_range(&rows[i]))
			return cs_why_set(&store->why, CS_ERR_RANGE, store->dir,
					  "a time outside 1970 to 9999");
	while (!err && next_day(rows, n, after, &day)) {
		err = put_day(store, day, rows, n);
		after = day;
	}
	return err;
}

/* --- removing --- */

static enum cs_err remove_day(struct cs_watch_store *store, int32_t day,
			      uint64_t *removed)
{
	struct cs_path path, file, folder;

	if (!cs_path_watch(store->dir, day, &path) ||
	    !cs_path_day(store->dir, day, &folder))
		return too_long(store);
	*removed += cs_file_exists(path.text);
	for (size_t i = 0; i < CS_LEN(ends); i++)
		if (!cs_path_with(path.text, ends[i], &file) ||
		    cs_file_remove(file.text) != 0)
			return cs_why_errno(&store->why, path.text);
	/* Where scans keep something, too, the folder stays. */
	if (rmdir(folder.text) != 0 && errno != ENOTEMPTY && errno != ENOENT)
		return cs_why_errno(&store->why, folder.text);
	return CS_OK;
}

static bool has_watch(const struct cs_watch_store *store, int32_t day)
{
	struct cs_path path;

	return cs_path_watch(store->dir, day, &path) && cs_file_exists(path.text);
}

enum cs_err cs_watch_store_prune(struct cs_watch_store *store, int32_t first,
				 uint64_t *removed)
{
	DIR *dir = opendir(store->dir);
	enum cs_err err = CS_OK;
	int32_t day;

	*removed = 0;
	if (!dir)
		return cs_why_errno(&store->why, store->dir);
	if (store->open && store->day < first)
		close_day(store);
	for (struct dirent *e; !err && (e = readdir(dir)) != NULL;)
		if (cs_name_day(e->d_name, &day) && day < first && has_watch(store, day))
			err = remove_day(store, day, removed);
	(void)closedir(dir); /* only read from */
	return err;
}
