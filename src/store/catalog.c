/* SPDX-License-Identifier: Apache-2.0 */
#include "store/catalog.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "store/own.h"

static const char schema[] =
#include "store/catalog.sql.inc"
	;

static const char to_2[] =
#include "store/catalog_2.sql.inc"
	;

static const char to_3[] =
#include "store/catalog_3.sql.inc"
	;

/* [v] takes version v to v + 1; there was none before 1. */
static const char *const migrations[CS_STORE_SCHEMA] = { NULL, to_2, to_3 };

const struct cs_db_kind cs_catalog_kind = {
	.what = "catalogue",
	.application_id = 0x43536361, /* CSca */
	.version = CS_STORE_SCHEMA,
	.schema = schema,
	.migrations = migrations,
};

/* One statement that changes something, with its values bound in between. */
static enum cs_err change(struct cs_db *db, const char *sql,
			  void (*bind)(sqlite3_stmt *stmt, const void *from),
			  const void *from)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(db, sql, &stmt);

	if (err)
		return err;
	bind(stmt, from);
	err = cs_db_run(db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

static struct cs_span id_span(const uint8_t *id)
{
	return cs_span_of(id, CS_SCAN_ID);
}

static struct cs_span plan_span(const struct cs_scan_row *row)
{
	return cs_span_of(row->plan_hash, CS_PLAN_HASH);
}

static void bind_plan(sqlite3_stmt *stmt, const void *from)
{
	const struct cs_scan_row *row = from;

	cs_db_bind(stmt, 1, plan_span(row));
	cs_db_bind(stmt, 2, row->plan);
}

static void bind_scan(sqlite3_stmt *stmt, const void *from)
{
	const struct cs_scan_row *row = from;

	cs_db_bind(stmt, 1, id_span(row->id));
	cs_db_bind_number(stmt, 2, row->shard);
	cs_db_bind_number(stmt, 3, row->shards);
	cs_db_bind(stmt, 4, plan_span(row));
	cs_db_bind(stmt, 5, row->metadata);
	cs_db_bind_number(stmt, 6, row->started_us);
	cs_db_bind_number(stmt, 7, row->ended_us);
	cs_db_bind_number(stmt, 8, (int64_t)row->n_chunks);
	cs_db_bind_number(stmt, 9, row->state);
}

/* A resume sends to what the plan says: never to another one's targets. */
static enum cs_err check_plan(struct cs_db *db, const struct cs_scan_row *row)
{
	sqlite3_stmt *stmt;
	enum cs_err err =
		cs_db_prepare(db, "SELECT bytes FROM plan WHERE hash = ?1", &stmt);

	if (err)
		return err;
	cs_db_bind(stmt, 1, plan_span(row));

	bool same =
		cs_db_next(db, stmt, &err) && cs_span_eq(cs_db_span(stmt, 0), row->plan);

	(void)sqlite3_finalize(stmt); /* only read from */
	return err || same ? err : cs_db_damaged(db, "another plan has this plan's hash");
}

/* The name of a shard in messages: "scan 00ff..., shard 1". */
struct label {
	char text[CS_SCAN_ID_TEXT + 32];
};

static struct label label(const uint8_t *id, uint32_t shard)
{
	struct label out;
	char hex[CS_SCAN_ID_TEXT];

	cs_hex_text(id_span(id), hex);
	(void)snprintf(out.text, sizeof(out.text), "scan %s, shard %u", hex, shard);
	return out;
}

enum cs_err cs_store_scan_begin(struct cs_store *store, const struct cs_scan_row *row)
{
	struct cs_db *db = &store->catalog;
	enum cs_err err = cs_store_writable(store);
	bool new = false;

	if (!err)
		err = cs_db_exec(db, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = change(db, "INSERT OR IGNORE INTO plan(hash, bytes) VALUES(?1,?2)",
		     bind_plan, row);
	if (!err)
		err = check_plan(db, row);
	if (!err) {
		err = change(db,
			     "INSERT OR IGNORE INTO scan(scan, shard, shards, plan,"
			     " metadata, started_us, ended_us, n_chunks, state)"
			     " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
			     bind_scan, row);
		new = sqlite3_changes(db->sql) == 1;
	}
	if (!err && !new)
		err = cs_why_set(db->why, CS_ERR_REFUSED, db->path,
				 "%s is recorded already",
				 label(row->id, row->shard).text);
	return cs_db_end(db, err);
}

static void bind_update(sqlite3_stmt *stmt, const void *from)
{
	const struct cs_scan_row *row = from;

	cs_db_bind(stmt, 1, id_span(row->id));
	cs_db_bind_number(stmt, 2, row->shard);
	cs_db_bind_number(stmt, 3, row->state);
	cs_db_bind_number(stmt, 4, row->ended_us);
	cs_db_bind(stmt, 5, row->metadata);
}

enum cs_err cs_store_scan_update(struct cs_store *store, const struct cs_scan_row *row)
{
	struct cs_db *db = &store->catalog;
	enum cs_err err = cs_store_writable(store);

	if (err)
		return err;
	err = change(db,
		     "UPDATE scan SET state = ?3, ended_us = ?4, metadata = ?5"
		     " WHERE scan = ?1 AND shard = ?2",
		     bind_update, row);

	if (!err && sqlite3_changes(db->sql) == 0)
		err = cs_why_set(db->why, CS_ERR_NOT_FOUND, db->path, "no %s",
				 label(row->id, row->shard).text);
	return err;
}

static enum cs_err copy_span(struct cs_db *db, struct cs_arena *arena,
			     struct cs_span from, struct cs_span *to)
{
	char *copy = cs_arena_text(arena, from);

	if (!copy)
		return cs_why_set(db->why, CS_ERR_NOMEM, db->path, "out of memory");
	*to = cs_span_of(copy, from.len);
	return CS_OK;
}

/* Columns: scan, hash, shard, shards, started, ended, chunks, state, plan, metadata. */
static enum cs_err read_scan(struct cs_db *db, sqlite3_stmt *stmt, struct cs_arena *arena,
			     struct cs_scan_row *row)
{
	struct cs_span id = cs_db_span(stmt, 0), hash = cs_db_span(stmt, 1);
	int64_t shard = sqlite3_column_int64(stmt, 2);
	int64_t shards = sqlite3_column_int64(stmt, 3);
	int64_t state = sqlite3_column_int64(stmt, 7);
	enum cs_err err;

	if (id.len != CS_SCAN_ID || hash.len != CS_PLAN_HASH || shard < 0 ||
	    shard > UINT32_MAX || shards < 0 || shards > UINT32_MAX ||
	    sqlite3_column_int64(stmt, 6) < 0 || state < CS_SCAN_RUNNING ||
	    state > CS_SCAN_REPORT || sqlite3_column_type(stmt, 8) == SQLITE_NULL)
		return cs_db_damaged(db, "a scan's record");
	*row = (struct cs_scan_row){
		.shard = (uint32_t)shard,
		.shards = (uint32_t)shards,
		.started_us = sqlite3_column_int64(stmt, 4),
		.ended_us = sqlite3_column_int64(stmt, 5),
		.n_chunks = (uint64_t)sqlite3_column_int64(stmt, 6),
		.state = (enum cs_scan_state)state,
	};
	memcpy(row->id, id.ptr, CS_SCAN_ID);
	memcpy(row->plan_hash, hash.ptr, CS_PLAN_HASH);
	err = copy_span(db, arena, cs_db_span(stmt, 8), &row->plan);
	return err ? err : copy_span(db, arena, cs_db_span(stmt, 9), &row->metadata);
}

enum cs_err cs_store_scan_find(struct cs_store *store, const uint8_t *id,
			       struct cs_arena *arena, struct cs_scan_row *row)
{
	struct cs_db *db;
	sqlite3_stmt *stmt;
	enum cs_err err = cs_store_catalog(store, &db);

	if (err)
		return err;
	err = cs_db_prepare(
		db,
		"SELECT scan, plan, shard, shards, started_us, ended_us, n_chunks, state,"
		" plan.bytes, metadata FROM scan LEFT JOIN plan ON plan.hash = scan.plan"
		" WHERE CASE WHEN ?1 IS NULL THEN state <> 3 ELSE scan = ?1 END ORDER BY "
		"started_us DESC, id DESC LIMIT "
		"1",
		&stmt);

	if (err)
		return err;
	if (id)
		cs_db_bind(stmt, 1, id_span(id));
	if (cs_db_next(db, stmt, &err))
		err = read_scan(db, stmt, arena, row);
	else if (!err)
		err = cs_why_set(db->why, CS_ERR_NOT_FOUND, db->path,
				 id ? "no such scan" : "no scan yet");
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

struct entry {
	const struct cs_segment_name *name;
	const struct cs_segment_sum *sum;
	const struct cs_chunk_range *range;
	bool enriched;
};

static void bind_name(sqlite3_stmt *stmt, const void *from)
{
	const struct entry *entry = from;

	cs_db_bind_number(stmt, 1, entry->name->day);
	cs_db_bind(stmt, 2, id_span(entry->name->scan));
	cs_db_bind_number(stmt, 3, entry->name->shard);
}

static void bind_sum(sqlite3_stmt *stmt, const void *from)
{
	const struct entry *entry = from;

	bind_name(stmt, from);
	cs_db_bind_number(stmt, 4, (int64_t)entry->sum->rows);
	cs_db_bind_number(stmt, 5, (int64_t)entry->sum->content);
	cs_db_bind_number(stmt, 6, (int64_t)entry->sum->bytes);
	cs_db_bind_number(stmt, 7, entry->sum->first_us);
	cs_db_bind_number(stmt, 8, entry->sum->last_us);
	cs_db_bind_number(stmt, 9, entry->sum->version);
}

static void bind_entered(sqlite3_stmt *stmt, const void *from)
{
	const struct entry *entry = from;

	bind_sum(stmt, from);
	cs_db_bind_number(stmt, 10, entry->enriched);
}

static void bind_enriched(sqlite3_stmt *stmt, const void *from)
{
	const struct entry *entry = from;

	bind_name(stmt, from);
	cs_db_bind_number(stmt, 4, entry->enriched);
}

static void bind_range(sqlite3_stmt *stmt, const void *from)
{
	const struct entry *entry = from;

	bind_name(stmt, from);
	cs_db_bind_number(stmt, 4, (int64_t)entry->range->first);
	cs_db_bind_number(stmt, 5, (int64_t)entry->range->last);
}

enum cs_err cs_catalog_publish(struct cs_db *catalog, const struct cs_segment_name *name,
			       const struct cs_segment_sum *sum,
			       const struct cs_chunk_set *covered, bool enriched)
{
	struct entry entry = { .name = name, .sum = sum, .enriched = enriched };
	enum cs_err err = cs_db_exec(catalog, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = change(catalog,
		     "INSERT OR REPLACE INTO segment(day, scan, shard, rows, content,"
		     " bytes, first_us, last_us, version, enriched, stamp)"
		     " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,random())",
		     bind_entered, &entry);
	if (!err)
		err = change(catalog,
			     "DELETE FROM covered WHERE day = ?1 AND scan = ?2"
			     " AND shard = ?3",
			     bind_name, &entry);
	for (size_t i = 0; !err && i < covered->n; i++) {
		entry.range = &covered->r[i];
		err = change(catalog,
			     "INSERT INTO covered(day, scan, shard, first, last)"
			     " VALUES(?1,?2,?3,?4,?5)",
			     bind_range, &entry);
	}
	return cs_db_end(catalog, err);
}

enum cs_err cs_catalog_has(struct cs_db *catalog, const struct cs_segment_name *name,
			   const struct cs_segment_sum *sum, bool *has)
{
	struct entry entry = { .name = name, .sum = sum };
	sqlite3_stmt *stmt;
	enum cs_err err =
		cs_db_prepare(catalog,
			      "SELECT 1 FROM segment WHERE day = ?1"
			      " AND scan = ?2 AND shard = ?3 AND rows = ?4"
			      " AND content = ?5 AND bytes = ?6"
			      " AND first_us = ?7 AND last_us = ?8 AND version = ?9",
			      &stmt);

	if (err)
		return err;
	bind_sum(stmt, &entry);
	*has = cs_db_next(catalog, stmt, &err);
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}

enum cs_err cs_catalog_renew(struct cs_db *catalog, const struct cs_segment_name *name)
{
	struct entry entry = { .name = name };

	return change(catalog,
		      "UPDATE segment SET stamp = random()"
		      " WHERE day = ?1 AND scan = ?2 AND shard = ?3",
		      bind_name, &entry);
}

enum cs_err cs_catalog_note_enriched(struct cs_db *catalog,
				     const struct cs_segment_name *name, bool enriched)
{
	struct entry entry = { .name = name, .enriched = enriched };

	return change(catalog,
		      "UPDATE segment SET enriched = ?4"
		      " WHERE day = ?1 AND scan = ?2 AND shard = ?3",
		      bind_enriched, &entry);
}

enum cs_err cs_catalog_is_enriched(struct cs_db *catalog,
				   const struct cs_segment_name *name, bool *enriched)
{
	struct entry entry = { .name = name };
	sqlite3_stmt *stmt;
	enum cs_err err =
		cs_db_prepare(catalog,
			      "SELECT 1 FROM segment WHERE day = ?1 AND scan = ?2"
			      " AND shard = ?3 AND enriched <> 0",
			      &stmt);

	*enriched = false;
	if (err)
		return err;
	bind_name(stmt, &entry);
	*enriched = cs_db_next(catalog, stmt, &err);
	(void)sqlite3_finalize(stmt); /* only read from */
	return err;
}
