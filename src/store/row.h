/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row: one result as a row of a segment, and back. What comes back is checked
 * field by field: a file may have been damaged, or made by somebody else.
 */
#pragma once

#include "probe/result.h"
#include "store/db.h"
#include "store/payloads.h"

/* In the order of binding and reading; the body's number comes last. */
#define CS_ROW_COLUMNS                                                                 \
	"ip, port, reply_port, time_us, rtt_us, match, code, request_size,"            \
	" response_size, datagrams, bytes, complete, blocks, fault, fault_at, header," \
	" body"

#define CS_ROW_INSERT "INSERT INTO result(" CS_ROW_COLUMNS ") VALUES"
#define CS_ROW_VALUES "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"

/* Several rows by one statement cost half as much as one by one. */
#define CS_ROW_BATCH ((size_t)16)
#define CS_ROW_VALUES_4 \
	CS_ROW_VALUES "," CS_ROW_VALUES "," CS_ROW_VALUES "," CS_ROW_VALUES
#define CS_ROW_BATCH_VALUES \
	CS_ROW_VALUES_4 "," CS_ROW_VALUES_4 "," CS_ROW_VALUES_4 "," CS_ROW_VALUES_4

/* What cs_row_read() wants: the row's number, the row, the body's bytes. */
#define CS_ROW_SELECT "SELECT result.id, " CS_ROW_COLUMNS ", stored.payload FROM result"

/* What cs_row_read_with() wants: the same without the body's bytes. */
#define CS_ROW_SELECT_BARE "SELECT id, " CS_ROW_COLUMNS " FROM result"

#define CS_ROW_JOIN " LEFT JOIN body AS stored ON stored.id = result.body"

/* The code of the first datagram; -1 when it has no CoAP header. */
int cs_row_code(const struct cs_result *row);

/* Whether it is a 2.05; all rows of a report are. */
bool cs_row_content(const struct cs_result *row);

/*
 * Binds to the values of the @nth row of an insert. @row must live until the
 * statement ran.
 */
void cs_row_bind(sqlite3_stmt *stmt, unsigned nth, const struct cs_result *row,
		 int64_t body);

/*
 * Reads what CS_ROW_SELECT gave; spans live until the statement moves on.
 * CS_ERR_DAMAGED  a value that a row of @day cannot have
 */
CS_MUST_USE enum cs_err cs_row_read(struct cs_db *db, sqlite3_stmt *stmt, int32_t day,
				    int64_t *id, struct cs_result *row);

/* The same from CS_ROW_SELECT_BARE; the body's bytes come from @payloads. */
CS_MUST_USE enum cs_err cs_row_read_with(struct cs_db *db, sqlite3_stmt *stmt,
					 int32_t day, struct cs_payloads *payloads,
					 int64_t *id, struct cs_result *row);
