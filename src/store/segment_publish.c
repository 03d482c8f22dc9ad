/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "store/segment.h"

/* Steps of SQLite's machine that a row of an index takes, generously. */
enum { OPS_A_ROW = 200, OPS_BASE = 1000000 };
#define ROWS_MAX (INT64_C(1) << 40) /* of any segment, for the same purpose */

/*
 * Leaves one plain file that needs no companion: no WAL to recover, nothing
 * for a reader to write.
 */
static enum cs_err seal(struct cs_segment *segment, const struct cs_segment_sum *sum)
{
	int64_t rows = sum->rows < ROWS_MAX ? (int64_t)sum->rows : ROWS_MAX;
	enum cs_err err;

	cs_db_budget(&segment->db, OPS_BASE + OPS_A_ROW * rows);
	err = cs_db_exec(&segment->db, "CREATE INDEX result_by_ip ON result(ip, port);"
				       "CREATE TABLE published("
				       "version INTEGER NOT NULL) STRICT;"
				       "INSERT INTO published VALUES(random() | 1)");
	if (!err)
		err = cs_db_exec(&segment->db, "PRAGMA analysis_limit=1000;"
					       "PRAGMA optimize");
	cs_db_budget(&segment->db, 0);
	if (!err)
		err = cs_db_exec(&segment->db, "PRAGMA wal_checkpoint(TRUNCATE);"
					       "PRAGMA locking_mode=NORMAL;"
					       "PRAGMA journal_mode=DELETE");
	return err;
}

/* Whether the switch took place: a pragma that could not do it says no error. */
static enum cs_err check_sealed(struct cs_segment *segment)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(&segment->db, "PRAGMA journal_mode", &stmt);

	if (err)
		return err;
	if (cs_db_next(&segment->db, stmt, &err) &&
	    !cs_span_eq(cs_db_span(stmt, 0), cs_span_str("delete")))
		err = cs_why_set(segment->db.why, CS_ERR_BUSY, segment->db.path,
				 "in use by another process");
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

enum cs_err cs_segment_publish(struct cs_segment *segment)
{
	const struct cs_segment_name name = segment->name;
	struct cs_why *why = segment->db.why;
	const char *root = segment->root;
	struct cs_sipkey key = segment->bodies.key;
	struct cs_path day, part, published, side;
	struct cs_segment_sum sum;
	enum cs_err err = cs_segment_sum(segment, &sum);

	if (err)
		return err;
	if (!cs_path_day(root, name.day, &day) ||
	    !cs_path_segment(root, &name, CS_FILE_PART, &part) ||
	    !cs_path_segment(root, &name, CS_FILE_PUBLISHED, &published))
		return cs_why_set(why, CS_ERR_IO, root, "path too long");
	if (sum.last_us < 0) {
		cs_segment_close(segment);
		return unlink(part.text) == 0 ? CS_ERR_NOT_FOUND
					      : cs_why_errno(why, part.text);
	}
	err = seal(segment, &sum);
	if (!err)
		err = check_sealed(segment);
	cs_segment_close(segment);
	if (err)
		return err;
	/*
	 * First: a kill in between leaves the old rows without enrichment, not
	 * the new ones with that of the old.
	 */
	if (!cs_path_segment(root, &name, CS_FILE_ENRICHED, &side) ||
	    cs_file_remove(side.text) != 0)
		return cs_why_errno(why, side.text);
	if (cs_file_sync(part.text) != 0 ||
	    cs_file_rename(part.text, published.text, day.text) != 0)
		return cs_why_errno(why, part.text);
	return cs_segment_open(segment, root, &name, &key, false, why);
}
