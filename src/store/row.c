/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

#include <inttypes.h>

#include "base/clock.h"
#include "coap/code.h"

/* Columns of CS_ROW_SELECT. Binding starts at 1 with COL_IP: the same numbers. */
enum {
	COL_ID,
	COL_IP,
	COL_PORT,
	COL_REPLY_PORT,
	COL_TIME,
	COL_RTT,
	COL_MATCH,
	COL_CODE,
	COL_REQUEST,
	COL_RESPONSE,
	COL_DATAGRAMS,
	COL_BYTES,
	COL_COMPLETE,
	COL_BLOCKS,
	COL_FAULT,
	COL_FAULT_AT,
	COL_HEADER,
	COL_BODY,
	COL_BODY_BYTES,
};

enum { COLUMNS = COL_BODY /* that are bound */, COAP_HEADER = 4, CODE_AT = 1 };

int cs_row_code(const struct cs_result *row)
{
	bool none =
		row->header.len < COAP_HEADER || row->malformed.fault == CS_FAULT_VERSION;

	return none ? -1 : row->header.ptr[CODE_AT];
}

bool cs_row_content(const struct cs_result *row)
{
	return row->match == CS_MATCH_REPORT || cs_row_code(row) == CS_CODE_CONTENT;
}

static void number_or_null(sqlite3_stmt *stmt, int at, int64_t value)
{
	if (value < 0)
		(void)sqlite3_bind_null(stmt, at);
	else
		cs_db_bind_number(stmt, at, value);
}

void cs_row_bind(sqlite3_stmt *stmt, unsigned nth, const struct cs_result *row,
		 int64_t body)
{
	int at = (int)(nth * COLUMNS);

	cs_db_bind(stmt, at + COL_IP, cs_span_of(row->ip.b, sizeof(row->ip.b)));
	cs_db_bind_number(stmt, at + COL_PORT, row->port);
	cs_db_bind_number(stmt, at + COL_REPLY_PORT, row->reply_port);
	cs_db_bind_number(stmt, at + COL_TIME, row->time_us);
	number_or_null(stmt, at + COL_RTT, row->rtt_us);
	cs_db_bind_number(stmt, at + COL_MATCH, row->match);
	number_or_null(stmt, at + COL_CODE, cs_row_code(row));
	cs_db_bind_number(stmt, at + COL_REQUEST, row->request_size);
	cs_db_bind_number(stmt, at + COL_RESPONSE, row->response_size);
	cs_db_bind_number(stmt, at + COL_DATAGRAMS, row->datagrams);
	cs_db_bind_number(stmt, at + COL_BYTES, (int64_t)row->bytes);
	cs_db_bind_number(stmt, at + COL_COMPLETE, row->complete);
	cs_db_bind_number(stmt, at + COL_BLOCKS, row->blocks);
	cs_db_bind_number(stmt, at + COL_FAULT, row->malformed.fault);
	cs_db_bind_number(stmt, at + COL_FAULT_AT, (int64_t)row->malformed.at);
	cs_db_bind(stmt, at + COL_HEADER, row->header);
	number_or_null(stmt, at + COL_BODY, body > 0 ? body : -1);
}

/* A number of the row in 0..max; the first that is not so sticks in @bad. */
static uint64_t field(sqlite3_stmt *stmt, int column, uint64_t max, int *bad)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	if (sqlite3_column_type(stmt, column) == SQLITE_INTEGER && value >= 0 &&
	    (uint64_t)value <= max)
		return (uint64_t)value;
	if (!*bad)
		*bad = column;
	return 0;
}

static bool is_null(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL;
}

static struct cs_span blob(sqlite3_stmt *stmt, int column, int *bad)
{
	if (sqlite3_column_type(stmt, column) != SQLITE_BLOB && !*bad)
		*bad = column;
	return cs_db_span(stmt, column);
}

static void read_numbers(sqlite3_stmt *stmt, struct cs_result *row, int *bad)
{
	row->port = (uint16_t)field(stmt, COL_PORT, UINT16_MAX, bad);
	row->reply_port = (uint16_t)field(stmt, COL_REPLY_PORT, UINT16_MAX, bad);
	row->time_us = (int64_t)field(stmt, COL_TIME, INT64_MAX, bad);
	row->rtt_us = -1;
	if (!is_null(stmt, COL_RTT))
		row->rtt_us = (int64_t)field(stmt, COL_RTT, INT64_MAX, bad);
	row->match = (enum cs_match)field(stmt, COL_MATCH, CS_MATCH_REPORT, bad);
	row->request_size = (uint32_t)field(stmt, COL_REQUEST, UINT32_MAX, bad);
	row->response_size = (uint32_t)field(stmt, COL_RESPONSE, UINT32_MAX, bad);
	row->datagrams = (uint32_t)field(stmt, COL_DATAGRAMS, UINT32_MAX, bad);
	row->bytes = field(stmt, COL_BYTES, INT64_MAX, bad);
	row->complete = field(stmt, COL_COMPLETE, 1, bad) != 0;
	row->blocks = (uint32_t)field(stmt, COL_BLOCKS, UINT32_MAX, bad);
	row->malformed.fault =
		(enum cs_fault)field(stmt, COL_FAULT, CS_FAULT_COUNT - 1, bad);
	row->malformed.at = (size_t)field(stmt, COL_FAULT_AT, SIZE_MAX, bad);
}

static void read_bytes(sqlite3_stmt *stmt, struct cs_result *row, int *bad)
{
	struct cs_span ip = blob(stmt, COL_IP, bad);

	if (ip.len == sizeof(row->ip.b))
		memcpy(row->ip.b, ip.ptr, ip.len);
	else if (!*bad)
		*bad = COL_IP;
	row->header = blob(stmt, COL_HEADER, bad);
	row->body = (struct cs_span){ 0 };
}

/* All but the body; the first column that is wrong, or 0. */
static int read_fields(sqlite3_stmt *stmt, int32_t day, int64_t *id,
		       struct cs_result *row)
{
	int bad = 0;

	*id = sqlite3_column_int64(stmt, COL_ID);
	read_numbers(stmt, row, &bad);
	read_bytes(stmt, row, &bad);
	if (!bad && cs_day_number(row->time_us) != day)
		bad = COL_TIME;
	return bad;
}

static enum cs_err damaged(struct cs_db *db, int64_t id, const char *column)
{
	return cs_db_damaged(db, "row %" PRId64 ": %s", id, column);
}

enum cs_err cs_row_read(struct cs_db *db, sqlite3_stmt *stmt, int32_t day, int64_t *id,
			struct cs_result *row)
{
	int bad = read_fields(stmt, day, id, row);

	if (!is_null(stmt, COL_BODY))
		row->body = blob(stmt, COL_BODY_BYTES, &bad);
	return bad ? damaged(db, *id, sqlite3_column_name(stmt, bad)) : CS_OK;
}

enum cs_err cs_row_read_with(struct cs_db *db, sqlite3_stmt *stmt, int32_t day,
			     struct cs_payloads *payloads, int64_t *id,
			     struct cs_result *row)
{
	int bad = read_fields(stmt, day, id, row);
	enum cs_err err = CS_OK;

	if (bad)
		return damaged(db, *id, sqlite3_column_name(stmt, bad));
	if (!is_null(stmt, COL_BODY))
		err = cs_payloads_get(payloads, sqlite3_column_int64(stmt, COL_BODY),
				      &row->body);
	return err == CS_ERR_NOT_FOUND ? damaged(db, *id, "payload") : err;
}
