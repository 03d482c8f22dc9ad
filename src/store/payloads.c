/* SPDX-License-Identifier: Apache-2.0 */
#include "store/payloads.h"

#include <stdlib.h>

enum { SLOTS_MIN = 1024 };

enum cs_err cs_payloads_open(struct cs_payloads *payloads, struct cs_db *db)
{
	*payloads = (struct cs_payloads){ .db = db, .room = CS_PAYLOADS_ROOM };
	return cs_db_prepare(db, "SELECT payload FROM body WHERE id = ?1",
			     &payloads->find);
}

void cs_payloads_close(struct cs_payloads *payloads)
{
	(void)sqlite3_finalize(payloads->find); /* only read from */
	free(payloads->kept);
	cs_arena_clear(&payloads->arena);
	*payloads = (struct cs_payloads){ 0 };
}

/* A place for number @id, if there is room for one. */
static bool make_place(struct cs_payloads *payloads, size_t id)
{
	size_t n = payloads->n ? payloads->n : SLOTS_MIN;
	struct cs_span *more;

	if (id <= payloads->n)
		return true;
	while (n < id && n <= payloads->room / sizeof(*more))
		n *= 2;
	if (n < id || n > payloads->room / sizeof(*more))
		return false;
	more = reallocarray(payloads->kept, n, sizeof(*more));
	if (!more)
		return false;
	memset(more + payloads->n, 0, (n - payloads->n) * sizeof(*more));
	payloads->kept = more;
	payloads->n = n;
	return true;
}

/* Memory being out is no error: it is looked up again. */
static void keep(struct cs_payloads *payloads, size_t id, struct cs_span bytes)
{
	size_t slots = payloads->n * sizeof(*payloads->kept);
	char *copy;

	if (!make_place(payloads, id) || slots >= payloads->room ||
	    payloads->arena.total >= payloads->room - slots ||
	    bytes.len >= payloads->room - slots - payloads->arena.total)
		return;
	copy = cs_arena_text(&payloads->arena, bytes);
	if (copy)
		payloads->kept[id - 1] = cs_span_of(copy, bytes.len);
}

static enum cs_err look_up(struct cs_payloads *payloads, int64_t id, struct cs_span *out)
{
	enum cs_err err = CS_OK;

	(void)sqlite3_reset(payloads->find); /* says again what step said */
	cs_db_bind_number(payloads->find, 1, id);
	if (!cs_db_next(payloads->db, payloads->find, &err))
		return err ? err : CS_ERR_NOT_FOUND;
	if (sqlite3_column_type(payloads->find, 0) != SQLITE_BLOB)
		return CS_ERR_NOT_FOUND;
	*out = cs_db_span(payloads->find, 0);
	keep(payloads, (size_t)id, *out);
	return CS_OK;
}

enum cs_err cs_payloads_get(struct cs_payloads *payloads, int64_t id, struct cs_span *out)
{
	if (id <= 0)
		return CS_ERR_NOT_FOUND;
	if ((uint64_t)id > payloads->n || !payloads->kept[id - 1].ptr)
		return look_up(payloads, id, out);
	*out = payloads->kept[id - 1];
	return CS_OK;
}
