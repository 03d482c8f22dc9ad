/* SPDX-License-Identifier: Apache-2.0 */
/* Summaries of days: numbers under a group and a key, kept in the catalogue. */
#include <inttypes.h>
#include <stdlib.h>

#include "store/own.h"

static enum cs_err delete_day(struct cs_db *db, int32_t day)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db, "DELETE FROM summary WHERE day = ?1", &stmt);

	if (err)
		return err;
	cs_db_bind_number(stmt, 1, day);
	err = cs_db_run(db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

/* What stands there twice adds up. */
static enum cs_err insert(struct cs_db *db, int32_t day, const struct cs_store_sum *sums,
			  size_t n)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db,
					"INSERT INTO summary(day, grp, key, n)"
					" VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE"
					" SET n = n + excluded.n",
					&stmt);

	if (err)
		return err;
	cs_db_bind_number(stmt, 1, day);
	for (size_t i = 0; !err && i < n; i++) {
		cs_db_bind(stmt, 2, sums[i].group);
		cs_db_bind(stmt, 3, sums[i].key);
		cs_db_bind_number(stmt, 4, (int64_t)sums[i].n);
		err = cs_db_run(db, stmt);
	}
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

static enum cs_err put_stamp(struct cs_db *db, int32_t day, uint64_t stamp)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db,
					"INSERT OR REPLACE INTO summarized(day, stamp)"
					" VALUES(?1,?2)",
					&stmt);

	if (err)
		return err;
	cs_db_bind_number(stmt, 1, day);
	cs_db_bind_number(stmt, 2, (int64_t)stamp);
	err = cs_db_run(db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

/* Whether all of them together are a number that a column can hold. */
static bool in_range(const struct cs_store_sum *sums, size_t n)
{
	uint64_t room = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		if (sums[i].n > room)
			return false;
		room -= sums[i].n;
	}
	return true;
}

enum cs_err cs_store_summary_put(struct cs_store *store, int32_t day, uint64_t stamp,
				 const struct cs_store_sum *sums, size_t n)
{
	struct cs_db *db = &store->catalog;
	enum cs_err err = cs_store_writable(store);

	if (err)
		return err;
	if (!in_range(sums, n))
		return cs_why_set(&store->why, CS_ERR_RANGE, store->dir,
				  "a day's summary");
	err = cs_db_exec(db, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = delete_day(db, day);
	if (!err)
		err = insert(db, day, sums, n);
	if (!err)
		err = put_stamp(db, day, stamp);
	return cs_db_end(db, err);
}

/* Columns: day, group, key, n. */
static enum cs_err give(struct cs_db *db, sqlite3_stmt *stmt, int64_t *last,
			cs_store_sum_fn *each, void *arg)
{
	int64_t day = sqlite3_column_int64(stmt, 0), n = sqlite3_column_int64(stmt, 3);
	struct cs_store_sum sum = { .group = cs_db_span(stmt, 1),
				    .key = cs_db_span(stmt, 2),
				    .n = (uint64_t)n };

	if (n < 0 || day < *last || day > INT32_MAX)
		return cs_db_damaged(db, "summary of day %" PRId64, day);
	*last = day;
	return each(arg, (int32_t)day, &sum);
}

/*
 * One group of a year is few rows of many: the days that have a summary lead to
 * them, instead of all rows in between.
 */
static const char all_groups[] = "SELECT day, grp, key, n FROM summary"
				 " WHERE day BETWEEN ?1 AND ?2 ORDER BY day, grp, key";
static const char one_group[] =
	"SELECT summary.day, grp, key, n FROM summarized CROSS JOIN summary"
	" ON summary.day = summarized.day AND grp = ?3"
	" WHERE summarized.day BETWEEN ?1 AND ?2 ORDER BY summarized.day, key";

enum cs_err cs_store_summary_each(struct cs_store *store, int32_t first, int32_t last,
				  const char *group, cs_store_sum_fn *each, void *arg)
{
	int64_t day = INT32_MIN;
	sqlite3_stmt *stmt;
	struct cs_db *db;
	enum cs_err err = cs_store_catalog(store, &db);

	if (!err)
		err = cs_db_prepare(db, group ? one_group : all_groups, &stmt);
	if (err)
		return err;
	cs_db_bind_number(stmt, 1, first);
	cs_db_bind_number(stmt, 2, last);
	if (group)
		cs_db_bind(stmt, 3, cs_span_str(group));
	cs_db_budget(db, CS_CATALOG_OPS);
	while (!err && cs_db_next(db, stmt, &err))
		err = give(db, stmt, &day, each, arg);
	cs_db_budget(db, 0);
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}
