/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what watches have written, a day after the other. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/watch_own.h"

enum { HOURS = 24, MOST_DAYS = 36600, ADDRESS_BITS = 128 };

struct finding {
	const struct cs_watch_find *want;
	const char *dir;
	int32_t *days; /* with a file, descending; owned */
	size_t n;
	struct cs_why why;
	bool stop; /* the error is the caller's own */
};

static int descending(const void *a, const void *b)
{
	const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x < y) - (x > y);
}

static bool has_file(const struct finding *f, int32_t day)
{
	struct cs_path path;

	return cs_path_watch(f->dir, day, &path) && cs_file_exists(path.text);
}

/* All days with a file; the range is looked at later: none at all is said. */
static enum cs_err list_days(struct finding *f)
{
	DIR *dir = opendir(f->dir);
	int32_t day;

	if (!dir)
		return errno == ENOENT ? CS_ERR_NOT_FOUND : cs_why_errno(&f->why, f->dir);
	f->days = calloc(MOST_DAYS, sizeof(*f->days));
	if (!f->days) {
		(void)closedir(dir); /* only read from */
		return CS_ERR_NOMEM;
	}
	for (struct dirent *e; (e = readdir(dir)) != NULL && f->n < MOST_DAYS;)
		if (cs_name_day(e->d_name, &day) && has_file(f, day))
			f->days[f->n++] = day;
	(void)closedir(dir); /* only read from */
	qsort(f->days, f->n, sizeof(*f->days), descending);
	return f->n > 0 ? CS_OK : CS_ERR_NOT_FOUND;
}

/* --- rows --- */

/* Rows of wider prefixes that have it begin at or below it: all are looked at. */
static bool belongs(const struct cs_prefix *what, const struct cs_watch_row *row)
{
	const struct cs_prefix of_row = { row->ip, row->bits };

	return cs_prefix_overlap(what, &of_row);
}

static enum cs_err read_row(struct cs_db *db, sqlite3_stmt *stmt,
			    struct cs_watch_found *found)
{
	struct cs_watch_row *row = &found->row;
	struct cs_span ip = cs_db_span(stmt, 0);
	int64_t bits = sqlite3_column_int64(stmt, 1);
	int64_t worry = sqlite3_column_int64(stmt, 7);

	if (ip.len != sizeof(row->ip.b) || bits < 0 || bits > 128 || worry < 0 ||
	    worry > 3)
		return cs_db_damaged(db, "a source");
	memcpy(row->ip.b, ip.ptr, ip.len);
	row->bits = (uint8_t)bits;
	found->run = (uint64_t)sqlite3_column_int64(stmt, 2);
	row->tag = (uint64_t)sqlite3_column_int64(stmt, 3);
	row->first_us = sqlite3_column_int64(stmt, 4);
	row->last_us = sqlite3_column_int64(stmt, 5);
	row->packets = (uint64_t)sqlite3_column_int64(stmt, 6);
	row->worry = (uint8_t)worry;
	row->class_ = cs_db_span(stmt, 8);
	row->verdict = cs_db_span(stmt, 9);
	return CS_OK;
}

static enum cs_err each_row(struct finding *f, struct cs_db *db, int32_t day, size_t *n)
{
	struct cs_watch_found found = { .day = day };
	struct cs_range range = cs_prefix_range(&f->want->what);
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(
		db,
		"SELECT ip, bits, run, tag, first_us, last_us, packets, worry, class,"
		" verdict FROM source WHERE (ip BETWEEN ?1 AND ?2) OR bits < ?3"
		" ORDER BY last_us DESC",
		&stmt);

	if (err)
		return err;
	cs_db_bind(stmt, 1, cs_span_of(range.lo.b, sizeof(range.lo.b)));
	cs_db_bind(stmt, 2, cs_span_of(range.hi.b, sizeof(range.hi.b)));
	cs_db_bind_number(stmt, 3, f->want->what.bits);
	while (!err && cs_db_next(db, stmt, &err)) {
		err = read_row(db, stmt, &found);
		if (err || !belongs(&f->want->what, &found.row))
			continue;
		(*n)++;
		err = f->want->each(f->want->arg, &found);
		f->stop = err != CS_OK;
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

/* Adds up what is inside of @of and has at most @most bits; *@n rows. */
static enum cs_err read_hours(struct cs_db *db, const struct cs_prefix *of, uint8_t most,
			      uint64_t hours[HOURS], size_t *n)
{
	struct cs_range range = cs_prefix_range(of);
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db,
					"SELECT hour, sum(packets) FROM activity"
					" WHERE ip BETWEEN ?1 AND ?2"
					" AND bits BETWEEN ?3 AND ?4 GROUP BY hour",
					&stmt);

	if (err)
		return err;
	cs_db_bind(stmt, 1, cs_span_of(range.lo.b, sizeof(range.lo.b)));
	cs_db_bind(stmt, 2, cs_span_of(range.hi.b, sizeof(range.hi.b)));
	cs_db_bind_number(stmt, 3, of->bits);
	cs_db_bind_number(stmt, 4, most);
	while (!err && cs_db_next(db, stmt, &err)) {
		int64_t hour = sqlite3_column_int64(stmt, 0);

		++*n;
		if (hour < 0 || hour >= HOURS)
			err = cs_db_damaged(db, "an hour");
		else
			hours[hour] = (uint64_t)sqlite3_column_int64(stmt, 1);
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

/*
 * Where nothing is known of itself: of the narrowest prefix that it is in. That is what
 * --anonymise leaves.
 */
static enum cs_err each_hour(struct finding *f, struct cs_db *db, int32_t day)
{
	struct cs_prefix of = f->want->what;
	uint64_t hours[HOURS] = { 0 };
	size_t n = 0;
	enum cs_err err = read_hours(db, &of, ADDRESS_BITS, hours, &n);

	while (!err && n == 0 && of.bits > 0) {
		of.bits--;
		(void)cs_prefix_trim(&of); /* it has bits to trim, or not */
		err = read_hours(db, &of, of.bits, hours, &n);
	}
	if (!err) {
		err = f->want->hours(f->want->arg, day, hours);
		f->stop = err != CS_OK;
	}
	return err;
}

static enum cs_err find_day(struct finding *f, int32_t day)
{
	struct cs_path path;
	struct cs_db db;
	size_t n = 0;
	enum cs_err err;

	if (!cs_path_watch(f->dir, day, &path)) {
		errno = ENAMETOOLONG;
		return cs_why_errno(&f->why, f->dir);
	}
	err = cs_db_open(&db, path.text, CS_DB_FOLLOW, &cs_watch_db_kind, &f->why);
	if (!err)
		err = each_row(f, &db, day, &n);
	if (!err && n > 0 && f->want->hours)
		err = each_hour(f, &db, day);
	cs_db_close(&db);
	return err;
}

enum cs_err cs_watch_store_find(const char *dir, const struct cs_watch_find *find,
				uint64_t *unreadable, char why[CS_WATCH_STORE_WHY])
{
	struct finding f = { .want = find, .dir = dir };
	enum cs_err err = list_days(&f);

	*unreadable = 0;
	why[0] = '\0';
	if (err == CS_ERR_IO)
		(void)snprintf(why, CS_WATCH_STORE_WHY, "%s", f.why.text);
	for (size_t i = 0; i < f.n && !err; i++) {
		if (f.days[i] < find->first || f.days[i] > find->last)
			continue;
		err = find_day(&f, f.days[i]);
		if (!err || f.stop || err == CS_ERR_NOMEM)
			continue;
		if ((*unreadable)++ == 0)
			(void)snprintf(why, CS_WATCH_STORE_WHY, "%s", f.why.text);
		err = CS_OK;
	}
	free(f.days);
	return err;
}
