/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "base/wr.h"
#include "store/side.h"

enum { TEXTS = 6 };

/* What many rows share, in the order of its table's columns. */
struct shared {
	uint32_t numbers[2];
	struct cs_span texts[TEXTS];
	size_t n_texts;
};

static struct shared share_place(const struct cs_place *place)
{
	return (struct shared){ { place->asn, place->naics },
				{ place->geo, place->as_name, place->region, place->city,
				  place->sector, place->owner },
				6 };
}

static struct shared share_judgement(const struct cs_judgement *judgement)
{
	return (struct shared){ { judgement->confidence, judgement->severity },
				{ judgement->stack, judgement->stack_because,
				  judgement->severity_because, judgement->tags },
				4 };
}

/* Different ones have different bytes: each text is led by its length. */
static enum cs_err to_bytes(struct cs_side_draft *draft, const struct shared *shared,
			    struct cs_span *out)
{
	size_t need = sizeof(shared->numbers);
	struct cs_wr wr;

	for (size_t i = 0; i < shared->n_texts; i++)
		need += sizeof(uint32_t) + shared->texts[i].len;
	if (need > draft->cap) {
		uint8_t *more = realloc(draft->bytes, 2 * need);

		if (!more)
			return cs_why_set(draft->db.why, CS_ERR_NOMEM, draft->db.path,
					  "out of memory");
		draft->bytes = more;
		draft->cap = 2 * need;
	}
	wr = cs_wr_over(draft->bytes, draft->cap);
	cs_wr_u32(&wr, shared->numbers[0]);
	cs_wr_u32(&wr, shared->numbers[1]);
	for (size_t i = 0; i < shared->n_texts; i++) {
		cs_wr_u32(&wr, (uint32_t)shared->texts[i].len);
		cs_wr_span(&wr, shared->texts[i]);
	}
	*out = cs_wr_done(&wr);
	return CS_OK;
}

/* The number of @shared in its table; it is put there if it is new. */
static enum cs_err intern(struct cs_side_draft *draft, struct cs_bodies *known,
			  sqlite3_stmt *put, const struct shared *shared, int64_t *id)
{
	struct cs_span bytes = { 0 };
	struct cs_sip128 hash;
	enum cs_err err = to_bytes(draft, shared, &bytes);

	if (err)
		return err;
	hash = cs_body_hash(&known->key, bytes);
	*id = cs_bodies_find(known, hash);
	if (*id > 0)
		return CS_OK;
	cs_db_bind_number(put, 1, shared->numbers[0]);
	cs_db_bind_number(put, 2, shared->numbers[1]);
	for (size_t i = 0; i < shared->n_texts; i++)
		cs_db_bind(put, 3 + (int)i, shared->texts[i]);
	err = cs_db_run(&draft->db, put);
	if (err)
		return err;
	*id = sqlite3_last_insert_rowid(draft->db.sql);
	cs_bodies_add(known, hash, *id);
	return CS_OK;
}

static bool is_unknown(const struct shared *shared)
{
	size_t len = 0;

	for (size_t i = 0; i < shared->n_texts; i++)
		len += shared->texts[i].len;
	return len == 0 && shared->numbers[0] == 0 && shared->numbers[1] == 0;
}

static void bind_or_null(sqlite3_stmt *stmt, int at, struct cs_span bytes)
{
	if (bytes.len > 0)
		cs_db_bind(stmt, at, bytes);
	else
		(void)sqlite3_bind_null(stmt, at); /* the place exists */
}

static void number_or_null(sqlite3_stmt *stmt, int at, int64_t number)
{
	if (number > 0)
		cs_db_bind_number(stmt, at, number);
	else
		(void)sqlite3_bind_null(stmt, at); /* the place exists */
}

enum cs_err cs_side_put(struct cs_side_draft *draft, int64_t id,
			const struct cs_enriched *enriched)
{
	struct shared place = share_place(&enriched->place);
	struct shared judgement = share_judgement(&enriched->judgement);
	int64_t place_id = 0, judgement_id = 0;
	enum cs_err err = CS_OK;

	if (!is_unknown(&place))
		err = intern(draft, &draft->places, draft->put_place, &place, &place_id);
	if (!err && enriched->judged)
		err = intern(draft, &draft->judgements, draft->put_judgement, &judgement,
			     &judgement_id);
	if (err)
		return err;
	cs_db_bind_number(draft->put_row, 1, id);
	number_or_null(draft->put_row, 2, place_id);
	number_or_null(draft->put_row, 3, judgement_id);
	bind_or_null(draft->put_row, 4, enriched->hostname);
	bind_or_null(draft->put_row, 5, enriched->hostname_source);
	return cs_db_run(&draft->db, draft->put_row);
}

static enum cs_err put_about(struct cs_side_draft *draft, const struct cs_segment_id *of,
			     struct cs_span sources)
{
	sqlite3_stmt *stmt;
	enum cs_err err = cs_db_prepare(&draft->db,
					"INSERT INTO about(scan, shard, day, version,"
					" last, sources) VALUES(?1,?2,?3,?4,?5,?6)",
					&stmt);

	if (err)
		return err;
	cs_db_bind(stmt, 1, cs_span_of(of->scan, CS_SCAN_ID));
	cs_db_bind_number(stmt, 2, of->shard);
	cs_db_bind_number(stmt, 3, of->day);
	cs_db_bind_number(stmt, 4, of->version);
	cs_db_bind_number(stmt, 5, of->last);
	cs_db_bind(stmt, 6, sources);
	err = cs_db_run(&draft->db, stmt);
	(void)sqlite3_finalize(stmt); /* run has said it all */
	return err;
}

static enum cs_err prepare(struct cs_side_draft *draft)
{
	struct cs_db *db = &draft->db;
	enum cs_err err = cs_db_prepare(db,
					"INSERT INTO place(asn, naics, geo, as_name,"
					" region, city, sector, owner)"
					" VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
					&draft->put_place);

	if (!err)
		err = cs_db_prepare(db,
				    "INSERT INTO judgement(confidence, severity, stack,"
				    " stack_because, severity_because, tags)"
				    " VALUES(?1,?2,?3,?4,?5,?6)",
				    &draft->put_judgement);
	return err ? err
		   : cs_db_prepare(db,
				   "INSERT INTO enriched(id, place, judgement, hostname,"
				   " source) VALUES(?1,?2,?3,?4,?5)",
				   &draft->put_row);
}

/* What a killed one left; the journal, too, or it would be played back. */
static enum cs_err clear_way(const char *path, struct cs_why *why)
{
	static const char *const ends[] = { "-journal", "-wal", "" };
	struct cs_path left;

	for (size_t i = 0; i < CS_LEN(ends); i++) {
		if (!cs_path_with(path, ends[i], &left))
			return cs_why_set(why, CS_ERR_IO, path, "path too long");
		if (cs_file_remove(left.text) != 0)
			return cs_why_errno(why, left.text);
	}
	return CS_OK;
}

enum cs_err cs_side_begin(struct cs_side_draft *draft, const char *path,
			  const struct cs_segment_id *of, struct cs_span sources,
			  const struct cs_sipkey *key, struct cs_why *why)
{
	enum cs_err err = clear_way(path, why);

	*draft = (struct cs_side_draft){ .why = why,
					 .places.key = *key,
					 .judgements.key = *key };
	if (!err && !cs_path_with(path, "", &draft->path))
		err = cs_why_set(why, CS_ERR_IO, path, "path too long");
	if (!err)
		err = cs_db_open(&draft->db, path, CS_DB_DRAFT, &cs_side_kind, why);
	if (!err)
		err = cs_db_exec(&draft->db, "BEGIN");
	if (!err)
		err = put_about(draft, of, sources);
	return err ? err : prepare(draft);
}

static void close_draft(struct cs_side_draft *draft)
{
	(void)sqlite3_finalize(draft->put_place); /* repeats an old error */
	(void)sqlite3_finalize(draft->put_judgement);
	(void)sqlite3_finalize(draft->put_row);
	draft->put_place = draft->put_judgement = draft->put_row = NULL;
	cs_db_close(&draft->db);
	cs_bodies_clear(&draft->places);
	cs_bodies_clear(&draft->judgements);
	free(draft->bytes);
	draft->bytes = NULL;
	draft->cap = 0;
}

enum cs_err cs_side_finish(struct cs_side_draft *draft)
{
	enum cs_err err = cs_db_exec(&draft->db, "COMMIT");

	close_draft(draft);
	if (!err && cs_file_sync(draft->path.text) != 0)
		err = cs_why_errno(draft->why, draft->path.text);
	return err;
}

void cs_side_drop(struct cs_side_draft *draft)
{
	close_draft(draft);
	if (draft->path.text[0] != '\0')
		(void)unlink(draft->path.text); /* else the next one does */
}
