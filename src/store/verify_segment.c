/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One segment: whether it is what its name says, holds together, and gives every
 * row by chunk and by address; then its enrichment, and what the catalogue has of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "store/catalog.h"
#include "store/row.h"
#include "store/side.h"
#include "store/verify.h"

/* Steps of SQLite's machine that a byte of a file may take, generously. */
enum { OPS_BASE = 10000000, OPS_A_BYTE = 20 };
#define BYTES_MAX (INT64_C(1) << 44)

/* A segment that is being looked at. */
struct look {
	struct cs_verify *v;
	const struct cs_segment_name *name;
	struct cs_verify_hold hold; /* of its shard */
	struct cs_path path;
	struct cs_segment segment;
	struct cs_segment_sum sum;
	uint64_t rows, content; /* that were read */
	bool report;            /* one of them is of a report */
};

/* --- what any of our files must be --- */

/* The sentence itself: a headline may stand above it. */
static struct cs_span last_line(struct cs_span text)
{
	for (size_t i = text.len; i-- > 0;)
		if (text.ptr[i] == '\n')
			return cs_span_of(text.ptr + i + 1, text.len - i - 1);
	return text;
}

enum cs_err cs_verify_integrity(struct cs_db *db)
{
	struct stat st;
	sqlite3_stmt *stmt;
	enum cs_err err;

	if (stat(db->path, &st) != 0)
		return cs_why_errno(db->why, db->path);
	cs_db_budget(db, OPS_BASE + OPS_A_BYTE * (st.st_size < BYTES_MAX ? st.st_size
									 : BYTES_MAX));
	err = cs_db_prepare(db, "PRAGMA integrity_check(1)", &stmt);
	if (!err && cs_db_next(db, stmt, &err)) {
		struct cs_span says = last_line(cs_db_span(stmt, 0));

		if (!cs_span_eq(says, cs_span_str("ok")))
			err = cs_db_damaged(db, "%.*s", (int)says.len,
					    says.len ? (const char *)says.ptr : "");
	}
	(void)sqlite3_finalize(stmt); /* only read from */
	cs_db_budget(db, 0);
	return err;
}

/* A number of the file's header, which is in the order of the network. */
static uint32_t number_at(int fd, off_t at)
{
	uint8_t b[4] = { 0 };

	if (pread(fd, b, sizeof(b), at) != sizeof(b))
		return 0;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

bool cs_verify_is_newer(const char *path, struct cs_db_kind *kind)
{
	enum { VERSION_AT = 60, ID_AT = 68 };
	const struct cs_db_kind want = *kind;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	kind->application_id = number_at(fd, ID_AT);
	kind->version = (int)number_at(fd, VERSION_AT);
	(void)close(fd); /* only read from */
	return kind->application_id == want.application_id &&
	       kind->version > want.version;
}

/* --- rows --- */

static enum cs_err count_row(void *arg, const struct cs_result *row,
			     const struct cs_enriched *enriched)
{
	struct look *look = arg;

	(void)enriched;
	look->rows++;
	look->content += cs_row_content(row);
	look->report |= row->match == CS_MATCH_REPORT;
	return CS_OK;
}

/* By chunk: each row is some chunk's. */
static enum cs_err read_chunks(struct look *look)
{
	struct cs_db *db = &look->segment.db;
	int64_t rows = 0;
	enum cs_err err = cs_segment_sum(&look->segment, &look->sum);

	if (!err)
		err = cs_segment_each(&look->segment, NULL, count_row, look);
	if (!err)
		err = cs_db_number(db, "SELECT count(*) FROM result", &rows);
	if (!err && ((uint64_t)rows != look->rows || look->rows != look->sum.rows))
		err = cs_db_damaged(db, "%" PRId64 " rows, %" PRIu64 " of chunks", rows,
				    look->rows);
	if (!err && look->content != look->sum.content)
		err = cs_db_damaged(db, "chunks tell of other answers");
	return err;
}

/* By address, as a day is read. */
static enum cs_err read_in_order(struct look *look)
{
	struct cs_cursor cursor;
	uint64_t rows = 0;
	enum cs_err err = cs_cursor_open(&cursor, &look->segment, true);

	if (!err)
		err = cs_cursor_next(&cursor);
	for (; !err && !cursor.end; rows++)
		err = cs_cursor_next(&cursor);
	cs_cursor_close(&cursor);
	if (!err && rows != look->rows)
		err = cs_db_damaged(&look->segment.db, "rows are not in the index");
	return err;
}

static enum cs_err open_look(struct look *look, enum cs_segment_file file)
{
	struct cs_verify *v = look->v;
	enum cs_err err;

	if (!cs_path_segment(v->store->dir, look->name, file, &look->path))
		return cs_verify_too_long(v);
	err = cs_segment_open_path(&look->segment, look->path.text, look->name->day,
				   &v->store->why);
	look->segment.name = *look->name;
	return err;
}

static enum cs_err read_published(struct look *look)
{
	struct cs_segment_id id = { 0 };
	struct stat st;
	enum cs_err err = open_look(look, CS_FILE_PUBLISHED);

	if (!err)
		err = cs_verify_integrity(&look->segment.db);
	if (!err)
		err = cs_segment_identify(&look->segment, &id);
	if (!err)
		err = cs_segment_check_name(&look->segment);
	if (!err)
		err = read_chunks(look);
	if (!err)
		err = read_in_order(look);
	if (!err && stat(look->path.text, &st) != 0)
		err = cs_verify_errno(look->v, look->path.text);
	if (!err) {
		look->sum.bytes = (uint64_t)st.st_size;
		look->sum.version = id.version;
	}
	return err;
}

/* --- what is wrong with it --- */

/* A file that has another's name, and whose own is free, gets that. */
static bool rename_to_own(struct look *look)
{
	struct cs_verify *v = look->v;
	struct cs_segment_id id;
	struct cs_path own, day, side;
	enum cs_err err = cs_segment_identify(&look->segment, &id);
	const struct cs_segment_name name = { id.scan, id.shard, id.day };
	struct cs_verify_hold hold;

	if (err || cs_segment_check_name(&look->segment) == CS_OK || id.day < 0 ||
	    !cs_path_segment(v->store->dir, &name, CS_FILE_PUBLISHED, &own) ||
	    !cs_path_day(v->store->dir, id.day, &day) || cs_file_exists(own.text) ||
	    !cs_path_segment(v->store->dir, look->name, CS_FILE_ENRICHED, &side))
		return false;
	cs_verify_release(&look->hold); /* it may be the same shard */
	err = cs_verify_take(v, &name, false, &hold);
	if (!err && !hold.busy && cs_dir_make(day.text) == 0 &&
	    cs_file_remove(side.text) == 0 &&
	    cs_file_rename(look->path.text, own.text, day.text) == 0) {
		cs_verify_say(v, look->path.text, CS_VERIFY_REPAIRED,
			      "of another scan, shard or day; it is %s now",
			      own.text + strlen(v->store->dir) + 1);
		cs_verify_release(&hold);
		return cs_verify_segment(v, &name) == CS_OK;
	}
	cs_verify_release(&hold);
	return false;
}

/* Out of the way: it is saved when all have been looked at. */
static enum cs_err set_aside(struct look *look, enum cs_segment_file file)
{
	struct cs_verify *v = look->v;
	char what[CS_VERIFY_WHAT];
	struct cs_path side;
	enum cs_err err;

	(void)snprintf(what, sizeof(what), "%s", cs_verify_why(v));
	if (file == CS_FILE_PUBLISHED && rename_to_own(look))
		return CS_OK;
	cs_segment_close(&look->segment);
	if (!cs_path_segment(v->store->dir, look->name, CS_FILE_ENRICHED, &side))
		return cs_verify_too_long(v);
	err = cs_verify_set_aside(v, look->path.text);
	if (!err && file == CS_FILE_PUBLISHED && cs_file_remove(side.text) != 0)
		err = cs_verify_errno(v, side.text);
	return err ? err : cs_verify_put_off(v, &v->damaged, look->name, file, what);
}

/* What reading the file ended with. */
static enum cs_err judge(struct look *look, enum cs_segment_file file, enum cs_err err)
{
	struct cs_verify *v = look->v;
	struct cs_db_kind kind = cs_segment_kind;

	if (err == CS_ERR_NOMEM || !cs_file_exists(look->path.text))
		return err == CS_ERR_NOMEM ? err : CS_OK; /* removed since it was seen */
	if (err == CS_ERR_FOREIGN && cs_verify_is_newer(look->path.text, &kind))
		err = CS_ERR_IO; /* left alone */
	if (v->repair && !look->hold.busy &&
	    (err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN))
		return set_aside(look, file);
	cs_verify_say(v, look->path.text, CS_VERIFY_LEFT, "%s", cs_verify_why(v));
	return CS_OK;
}

/* --- its enrichment --- */

static enum cs_err read_side(struct look *look, const char *path)
{
	struct cs_cursor cursor;
	struct cs_enriched enriched;
	struct cs_side side;
	enum cs_err err = cs_side_open(&side, &look->segment, path, &look->v->store->why);

	if (!err)
		err = cs_verify_integrity(&side.db);
	if (!err)
		err = cs_side_load(&side);
	cursor = (struct cs_cursor){ 0 };
	if (!err)
		err = cs_cursor_open(&cursor, &look->segment, false);
	if (!err)
		err = cs_cursor_next(&cursor);
	while (!err && !cursor.end) {
		err = cs_side_next(&side, cursor.id, &enriched);
		if (!err)
			err = cs_cursor_next(&cursor);
	}
	cs_cursor_close(&cursor);
	cs_side_close(&side);
	return err;
}

/* The stamp changes before and after, as it does when enrichment is made. */
static enum cs_err drop_side(struct look *look, const char *path)
{
	struct cs_verify *v = look->v;
	struct cs_db *catalog = &v->store->catalog;
	enum cs_err err = cs_catalog_renew(catalog, look->name);

	if (!err)
		err = cs_catalog_note_enriched(catalog, look->name, false);
	if (!err && cs_file_remove(path) != 0)
		err = cs_verify_errno(v, path);
	return err ? err : cs_catalog_renew(catalog, look->name);
}

static const char import_again[] =
	"what a report said of place and tags; import it again";

static enum cs_err judge_side(struct look *look, const char *path, enum cs_err err)
{
	struct cs_verify *v = look->v;
	struct cs_db_kind kind = cs_side_kind;
	bool newer = err == CS_ERR_FOREIGN && cs_verify_is_newer(path, &kind);
	char what[CS_VERIFY_WHAT];

	(void)snprintf(what, sizeof(what), "%s",
		       err == CS_ERR_NOT_FOUND ? "of another version of its segment"
					       : cs_verify_why(v));
	if (!v->repair || newer ||
	    (err != CS_ERR_NOT_FOUND && err != CS_ERR_DAMAGED && err != CS_ERR_FOREIGN)) {
		cs_verify_say(v, path, CS_VERIFY_LEFT, "%s", what);
		return CS_OK;
	}
	err = drop_side(look, path);
	if (!err && look->report)
		err = cs_verify_unfinish(v, look->name->scan);
	if (!err)
		cs_verify_say(v, path, look->report ? CS_VERIFY_LOST : CS_VERIFY_REPAIRED,
			      "%s; removed: %s", what,
			      look->report ? import_again
					   : "`coapscope report enrich` makes it again");
	return err;
}

/*
 * The catalogue misses it. What answers alone said can be made again; what stood in
 * a report cannot without it.
 */
static enum cs_err say_gone(struct look *look, const char *path)
{
	struct cs_verify *v = look->v;
	enum cs_verify_end end = cs_verify_mended(v);
	char again[CS_VERIFY_WHAT], day[CS_DAY_TEXT];
	enum cs_err err = v->repair ? drop_side(look, path) : CS_OK;

	if (!err && v->repair && look->report)
		err = cs_verify_unfinish(v, look->name->scan);
	if (err)
		return err;
	cs_day_text(look->name->day * CS_US_PER_DAY, day);
	(void)snprintf(again, sizeof(again),
		       "`coapscope report enrich --day %s` makes it again", day);
	if (look->report)
		end = v->repair ? CS_VERIFY_LOST : CS_VERIFY_GONE;
	cs_verify_say(v, path, end, "it is gone: %s",
		      look->report ? import_again : again);
	return CS_OK;
}

/* Whether the catalogue agrees that there is one, or none. */
static enum cs_err check_noted(struct look *look, const char *path)
{
	struct cs_verify *v = look->v;
	bool there = cs_file_exists(path), noted = there;
	struct cs_db *catalog;
	enum cs_err err = v->no_catalog ? CS_OK : cs_store_catalog(v->store, &catalog);

	if (!err && !v->no_catalog)
		err = cs_catalog_is_enriched(catalog, look->name, &noted);
	if (err || there == noted)
		return err;
	if (there) /* from before it was noted, or a kill came in between */
		return v->repair ? cs_catalog_note_enriched(catalog, look->name, true)
				 : CS_OK;
	/* Who publishes it again, or removes the day, takes it away first. */
	if (look->hold.busy || !cs_file_exists(look->path.text))
		return CS_OK;
	return say_gone(look, path);
}

static enum cs_err check_side(struct look *look)
{
	struct cs_verify *v = look->v;
	struct cs_verify_hold hold;
	struct cs_path path;
	enum cs_err err;

	if (!cs_path_segment(v->store->dir, look->name, CS_FILE_ENRICHED, &path))
		return cs_verify_too_long(v);
	err = cs_verify_take(v, look->name, true, &hold);
	if (err || hold.busy)
		return err; /* it is being replaced */
	if (cs_file_exists(path.text))
		err = read_side(look, path.text);
	if (err && err != CS_ERR_NOMEM && cs_file_exists(path.text))
		err = judge_side(look, path.text, err);
	else if (!err)
		err = check_noted(look, path.text);
	cs_verify_release(&hold);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* --- the whole --- */

static enum cs_err check_entry(struct look *look)
{
	struct cs_verify *v = look->v;
	struct cs_db *catalog;
	bool has = true;
	enum cs_err err = v->no_catalog ? CS_OK : cs_store_catalog(v->store, &catalog);

	if (!err && !v->no_catalog)
		err = cs_catalog_has(catalog, look->name, &look->sum, &has);
	if (err || has)
		return err;
	if (v->repair)
		return cs_verify_put_off(v, &v->unknown, look->name, CS_FILE_PUBLISHED,
					 "");
	cs_verify_say(v, look->path.text, CS_VERIFY_LEFT, "not in the catalogue");
	return CS_OK;
}

enum cs_err cs_verify_segment(struct cs_verify *v, const struct cs_segment_name *name)
{
	struct look look = { .v = v, .name = name };
	enum cs_err err = cs_verify_take(v, name, false, &look.hold);

	if (err)
		return err;
	err = read_published(&look);
	if (err) {
		err = judge(&look, CS_FILE_PUBLISHED, err);
	} else {
		v->checked->segments++;
		v->checked->rows += look.rows;
		err = check_side(&look);
		if (!err && !look.hold.busy)
			err = check_entry(&look);
	}
	cs_segment_close(&look.segment);
	cs_verify_release(&look.hold);
	return err;
}

/* --- parts --- */

/* Killed before it said what it is, it has nothing. */
static enum cs_err read_part(struct look *look)
{
	struct stat st;
	int64_t named = 0;
	enum cs_err err;

	if (!cs_path_segment(look->v->store->dir, look->name, CS_FILE_PART, &look->path))
		return cs_verify_too_long(look->v);
	if (stat(look->path.text, &st) == 0 && st.st_size == 0)
		return CS_OK;
	err = open_look(look, CS_FILE_PART);
	if (!err)
		err = cs_verify_integrity(&look->segment.db);
	if (!err)
		err = cs_db_number(&look->segment.db, "SELECT count(*) FROM segment",
				   &named);
	if (!err && named > 0)
		err = cs_segment_check_name(&look->segment);
	return err ? err : read_chunks(look);
}

enum cs_err cs_verify_part(struct cs_verify *v, const struct cs_segment_name *name)
{
	struct look look = { .v = v, .name = name };
	char scan[CS_SCAN_ID_TEXT];
	enum cs_err err = cs_verify_take(v, name, false, &look.hold);

	if (err || look.hold.busy)
		return err;
	err = read_part(&look);
	cs_hex_text(cs_span_of(name->scan, CS_SCAN_ID), scan);
	if (!err || err == CS_ERR_IO || err == CS_ERR_BUSY) {
		/* Not to be read where the folder cannot be written: no damage. */
		cs_verify_say(v, look.path.text, CS_VERIFY_NOTE,
			      "a scan that was interrupted: `coapscope scan --resume %s`"
			      " finishes it",
			      scan);
		err = CS_OK;
	} else {
		err = judge(&look, CS_FILE_PART, err);
	}
	cs_segment_close(&look.segment);
	cs_verify_release(&look.hold);
	return err;
}
