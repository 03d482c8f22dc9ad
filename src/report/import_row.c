/* SPDX-License-Identifier: Apache-2.0 */
#include "report/import_row.h"

#include "base/clock.h"
#include "base/num.h"
#include "out/csv_decode.h"

enum {
	REQUEST_V1 = 4,  /* bytes: a bare header, GET / */
	REQUEST_V2 = 21, /* GET /.well-known/core */
	ASN_MAX_TEXT = 10,
};

/* What a reader of a cell works on. */
struct target {
	struct cs_arena *arena;
	struct cs_import_row *row;
	enum cs_err err; /* CS_ERR_NOMEM */
};

/* False: the cell makes no sense. Empty cells do not come here. */
typedef bool read_fn(struct target *t, struct cs_span cell);

/* --- texts --- */

static struct cs_span keep(struct target *t, struct cs_span bytes)
{
	char *copy = cs_arena_text(t->arena, bytes);

	if (!copy) {
		t->err = CS_ERR_NOMEM;
		return (struct cs_span){ 0 };
	}
	return cs_span_of(copy, bytes.len);
}

/* Our escapes undone; what has others is somebody else's, and itself. */
static struct cs_span keep_field(struct target *t, struct cs_span cell)
{
	uint8_t *out = cs_arena_alloc(t->arena, cell.len);
	size_t len;

	if (!out) {
		t->err = CS_ERR_NOMEM;
		return (struct cs_span){ 0 };
	}
	if (cs_csv_field_decode(cell, out, &len))
		return keep(t, cell);
	return cs_span_of(out, len);
}

/* --- cells --- */

static bool read_timestamp(struct target *t, struct cs_span cell)
{
	return cell.len > CS_DAY_TEXT - 1 && cs_time_read(cell, &t->row->result.time_us);
}

static bool read_ip(struct target *t, struct cs_span cell)
{
	return cs_addr_read(cell, &t->row->result.ip);
}

static bool read_port(struct target *t, struct cs_span cell)
{
	uint64_t port;

	if (!cs_num_u64(cell, 1, UINT16_MAX, &port))
		return false;
	t->row->result.port = t->row->result.reply_port = (uint16_t)port;
	return true;
}

static bool read_protocol(struct target *t, struct cs_span cell)
{
	(void)t; /* there is one transport, and it is not stored */
	return cs_span_eq(cell, cs_span_str("udp"));
}

static bool read_severity(struct target *t, struct cs_span cell)
{
	t->row->enriched.judged = true;
	return cs_severity_read(cell, &t->row->enriched.judgement.severity);
}

static bool read_hostname(struct target *t, struct cs_span cell)
{
	t->row->enriched.hostname = keep_field(t, cell);
	return true;
}

static bool read_hostname_source(struct target *t, struct cs_span cell)
{
	t->row->enriched.hostname_source = keep_field(t, cell);
	return true;
}

static bool read_tag(struct target *t, struct cs_span cell)
{
	t->row->enriched.judged = true;
	t->row->enriched.judgement.tags = keep_field(t, cell);
	return true;
}

static bool read_version(struct target *t, struct cs_span cell)
{
	uint64_t version;

	if (!cs_num_u64(cell, 1, 2, &version))
		return false;
	t->row->result.request_size = version == 1 ? REQUEST_V1 : REQUEST_V2;
	return true;
}

static bool read_asn(struct target *t, struct cs_span cell)
{
	uint64_t asn;

	if (cell.len > 2 && memcmp(cell.ptr, "AS", 2) == 0)
		cell = cs_span_of(cell.ptr + 2, cell.len - 2);
	if (cell.len > ASN_MAX_TEXT || !cs_num_u64(cell, 0, UINT32_MAX, &asn))
		return false;
	t->row->enriched.place.asn = (uint32_t)asn;
	return true;
}

static bool is_letter(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool read_geo(struct target *t, struct cs_span cell)
{
	t->row->enriched.place.geo = keep(t, cell);
	return cell.len == 2 && is_letter(cell.ptr[0]) && is_letter(cell.ptr[1]);
}

static bool read_region(struct target *t, struct cs_span cell)
{
	t->row->enriched.place.region = keep_field(t, cell);
	return true;
}

static bool read_city(struct target *t, struct cs_span cell)
{
	t->row->enriched.place.city = keep_field(t, cell);
	return true;
}

static bool read_sector(struct target *t, struct cs_span cell)
{
	t->row->enriched.place.sector = keep_field(t, cell);
	return true;
}

static bool read_naics(struct target *t, struct cs_span cell)
{
	uint64_t naics;

	if (!cs_num_u64(cell, 0, 999999, &naics))
		return false;
	t->row->enriched.place.naics = (uint32_t)naics;
	return true;
}

/* Others fold LF into | and escape nothing. */
static size_t unfold(struct cs_span cell, uint8_t *out)
{
	for (size_t i = 0; i < cell.len; i++)
		out[i] = cell.ptr[i] == '|' ? '\n' : cell.ptr[i];
	return cell.len;
}

static bool read_response(struct target *t, struct cs_span cell)
{
	uint8_t *out = cs_arena_alloc(t->arena, cell.len);
	size_t len;

	if (!out) {
		t->err = CS_ERR_NOMEM;
		return true;
	}
	if (cs_csv_response_decode(cell, out, &len))
		len = unfold(cell, out);
	t->row->result.body = cs_span_of(out, len);
	return true;
}

static bool read_response_size(struct target *t, struct cs_span cell)
{
	uint64_t size;

	if (!cs_num_u64(cell, 0, UINT16_MAX, &size))
		return false;
	t->row->result.response_size = (uint32_t)size;
	t->row->result.bytes = size;
	return true;
}

/* Told by the sizes; here only whether it is a number. */
static bool read_amplification(struct target *t, struct cs_span cell)
{
	const uint8_t *point = memchr(cell.ptr, '.', cell.len);
	size_t whole = point ? (size_t)(point - cell.ptr) : cell.len;
	uint64_t n;

	(void)t;
	return cs_num_u64(cs_span_of(cell.ptr, whole), 0, UINT32_MAX, &n) &&
	       (!point || cs_num_u64(cs_span_of(point + 1, cell.len - whole - 1), 0,
				     UINT32_MAX, &n));
}

/* --- the columns, of all times --- */

static const struct {
	const char *name;
	bool must;
	read_fn *read;
	const char *want;
} columns[] = {
	{ "timestamp", true, read_timestamp, "a time as 2026-01-05 00:00:00" },
	{ "ip", true, read_ip, "an address" },
	{ "port", true, read_port, "a port from 1 to 65535" },
	{ "protocol", false, read_protocol, "udp" },
	{ "severity", false, read_severity, "critical, high, medium, low or info" },
	{ "hostname", false, read_hostname, "" },
	{ "hostname_source", false, read_hostname_source, "" },
	{ "tag", false, read_tag, "" },
	{ "version", false, read_version, "1 or 2" },
	{ "asn", false, read_asn, "a number" },
	{ "geo", false, read_geo, "a country's two letters" },
	{ "region", false, read_region, "" },
	{ "city", false, read_city, "" },
	{ "naics", false, read_naics, "a number of at most six digits" },
	{ "sector", false, read_sector, "" },
	{ "response", false, read_response, "" },
	{ "response_size", false, read_response_size, "bytes, at most 65535" },
	{ "amplification", false, read_amplification, "a number as 2.05" },
	{ "sic", false, NULL, "" }, /* of old reports; nothing here has it */
};

_Static_assert(CS_LEN(columns) <= CS_IMPORT_COLUMNS, "every column has its place");

static bool is_column(struct cs_span cell, const char *name)
{
	return cs_span_eq(cell, cs_span_str(name));
}

bool cs_import_is_header(const struct cs_csv_row *row)
{
	bool timestamp = false, ip = false;

	for (size_t i = 0; i < row->n; i++) {
		timestamp |= is_column(row->cell[i], "timestamp");
		ip |= is_column(row->cell[i], "ip");
	}
	return timestamp && ip;
}

/* Enters one name; false when it is none of ours. */
static bool enter(struct cs_import_header *header, struct cs_span name, size_t at)
{
	for (size_t i = 0; i < CS_LEN(columns); i++) {
		if (!is_column(name, columns[i].name))
			continue;
		if (header->at[i] < 0)
			header->at[i] = (int8_t)at;
		return true;
	}
	return false;
}

enum cs_err cs_import_header_read(const struct cs_csv_row *row,
				  struct cs_import_header *header, const char **missing)
{
	*header = (struct cs_import_header){ .n = row->n };
	memset(header->at, -1, sizeof(header->at));
	for (size_t i = 0; i < row->n; i++)
		header->unknown += !enter(header, row->cell[i], i);
	for (size_t i = 0; i < CS_LEN(columns); i++) {
		if (!columns[i].must || header->at[i] >= 0)
			continue;
		*missing = columns[i].name;
		return CS_ERR_SYNTAX;
	}
	return CS_OK;
}

/* --- a row --- */

static bool flawed(struct cs_import_flaw *flaw, const char *column, struct cs_span cell,
		   const char *want)
{
	*flaw = (struct cs_import_flaw){ column, cell, want };
	return false;
}

static bool read_cells(const struct cs_import_header *header,
		       const struct cs_csv_row *row, struct target *t,
		       struct cs_import_flaw *flaw)
{
	for (size_t i = 0; i < CS_LEN(columns) && !t->err; i++) {
		struct cs_span cell;

		if (header->at[i] < 0 || !columns[i].read)
			continue;
		cell = row->cell[header->at[i]];
		if (cell.len == 0 ? columns[i].must : !columns[i].read(t, cell))
			return flawed(flaw, columns[i].name, cell, columns[i].want);
	}
	return true;
}

/* A response behind a header of four bytes; version 1 counts all as text. */
static bool sizes_agree(const struct cs_result *result)
{
	enum { HEADER = 4 };

	return result->response_size == 0 || result->request_size == REQUEST_V1 ||
	       result->response_size >= HEADER;
}

enum cs_err cs_import_row_read(const struct cs_import_header *header,
			       const struct cs_csv_row *row, struct cs_arena *arena,
			       struct cs_import_row *out, struct cs_import_flaw *flaw)
{
	struct target t = { .arena = arena, .row = out };

	*out = (struct cs_import_row){
		.result = { .match = CS_MATCH_REPORT,
			    .rtt_us = -1,
			    .request_size = REQUEST_V2,
			    .datagrams = 1,
			    .blocks = 1,
			    .complete = true },
		.enriched.judgement.severity = CS_SEVERITY_MEDIUM,
		.line = row->line,
	};
	if (row->n != header->n) {
		(void)flawed(flaw, NULL, (struct cs_span){ 0 },
			     "as many cells as the header has");
		return CS_ERR_SYNTAX;
	}
	if (!read_cells(header, row, &t, flaw))
		return CS_ERR_SYNTAX;
	if (t.err)
		return t.err;
	if (!sizes_agree(&out->result)) {
		(void)flawed(flaw, "response_size", (struct cs_span){ 0 },
			     "the size of a datagram with a header");
		return CS_ERR_SYNTAX;
	}
	if (out->enriched.judgement.tags.len == 0)
		out->enriched.judgement.tags = cs_span_str(CS_TAGS_PLAIN);
	return CS_OK;
}
