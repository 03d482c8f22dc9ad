/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payloads: the bodies of a segment by their numbers. Those asked for first are
 * kept in memory, up to a bound: most rows share few of them, and looking one
 * up in the file costs more than reading all the rest of a row.
 */
#pragma once

#include "base/arena.h"
#include "store/db.h"

enum { CS_PAYLOADS_ROOM = 32 * 1024 * 1024 };

struct cs_payloads {
	struct cs_db *db;     /* borrowed */
	sqlite3_stmt *find;   /* owned */
	struct cs_span *kept; /* of number i at i - 1; ptr NULL: not kept; owned */
	size_t n;
	struct cs_arena arena; /* of their bytes */
	size_t room;           /* bytes that may be taken for all of this */
};

CS_MUST_USE enum cs_err cs_payloads_open(struct cs_payloads *payloads, struct cs_db *db);
void cs_payloads_close(struct cs_payloads *payloads);

/*
 * The body of number @id; lives until the next call.
 * CS_ERR_NOT_FOUND  there is none, or it is no blob
 */
CS_MUST_USE enum cs_err cs_payloads_get(struct cs_payloads *payloads, int64_t id,
					struct cs_span *out);
