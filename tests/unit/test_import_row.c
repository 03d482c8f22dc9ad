/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "base/clock.h"
#include "report/import_row.h"

/* One header and one row, read. */
struct read {
	enum cs_err err;
	struct cs_import_row row;
	struct cs_import_flaw flaw;
	const char *missing;
	unsigned unknown;
	struct cs_arena arena;
};

static char buffer[4096];

static void read_row(const char *header, const char *row, struct read *got)
{
	int n = snprintf(buffer, sizeof(buffer), "%s\n%s\n", header, row);
	struct cs_csv_rows rows = cs_csv_rows_over((uint8_t *)buffer, (size_t)n, true);
	struct cs_import_header names;
	struct cs_csv_row cells;

	*got = (struct read){ 0 };
	assert_true(cs_csv_rows_next(&rows, &cells));
	assert_true(cs_import_is_header(&cells));
	got->err = cs_import_header_read(&cells, &names, &got->missing);
	if (got->err)
		return;
	got->unknown = names.unknown;
	assert_true(cs_csv_rows_next(&rows, &cells));
	got->err = cs_import_row_read(&names, &cells, &got->arena, &got->row, &got->flaw);
}

static void check_text(struct cs_span got, const char *want)
{
	if (!cs_span_eq(got, cs_span_str(want)))
		fail_msg("'%.*s', want '%s'", (int)got.len, (const char *)got.ptr, want);
}

static const char PAGE[] =
	"\"timestamp\",\"severity\",\"ip\",\"protocol\",\"port\",\"hostname\",\"tag\","
	"\"version\",\"asn\",\"geo\",\"region\",\"city\",\"naics\",\"hostname_source\","
	"\"response\",\"response_size\",\"amplification\",\"sector\"";
static const char CURRENT[] =
	"timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,"
	"hostname_source,sector,version,response,response_size,amplification";
static const char OF_2022[] =
	"\"timestamp\",\"ip\",\"protocol\",\"port\",\"hostname\",\"tag\",\"version\","
	"\"asn\",\"geo\",\"region\",\"city\",\"naics\",\"sic\",\"response\","
	"\"response_size\",\"amplification\"";
static const char OF_2020[] =
	"\"timestamp\",\"ip\",\"protocol\",\"port\",\"hostname\",\"tag\",\"asn\",\"geo\","
	"\"region\",\"city\",\"naics\",\"sic\",\"response\"";

static void the_columns_of_every_year_are_known(void **state)
{
	static const struct {
		const char *header, *row, *severity;
		uint32_t request, response;
	} cases[] = {
		{ PAGE,
		  "\"2026-01-05 00:00:00\",high,192.0.2.1,udp,5683,a.example,coap;iot,2,"
		  "64512,ZZ,Region,City,518210,ptr,\"</a>,</b>\",16,0.76,Government",
		  "high", 21, 16 },
		{ CURRENT,
		  "2026-01-05 "
		  "00:00:00,low,192.0.2.1,udp,5683,a.example,coap;iot,64512,ZZ,"
		  "Region,City,518210,ptr,Government,2,\"</a>,</b>\",16,0.76",
		  "low", 21, 16 },
		{ OF_2022,
		  "\"2026-01-05 "
		  "00:00:00\",192.0.2.1,udp,5683,a.example,coap;iot,1,64512,ZZ,"
		  "Region,City,518210,0,\"</a>,</b>\",16,4.00",
		  "medium", 4, 16 },
		{ OF_2020,
		  "\"2026-01-05 00:00:00\",\"192.0.2.1\",\"udp\",5683,\"a.example\","
		  "\"coap;iot\",64512,\"ZZ\",\"Region\",\"City\",518210,0,\"</a>,</b>\"",
		  "medium", 21, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct read got;
		const struct cs_result *r = &got.row.result;
		const struct cs_enriched *e = &got.row.enriched;
		char ip[CS_ADDR_TEXT];

		read_row(cases[i].header, cases[i].row, &got);
		assert_int_equal(got.err, CS_OK);
		cs_addr_text(&r->ip, ip);
		assert_string_equal(ip, "192.0.2.1");
		assert_int_equal(r->time_us, INT64_C(1767571200000000));
		assert_int_equal(r->match, CS_MATCH_REPORT);
		assert_int_equal(r->port, 5683);
		assert_int_equal(r->reply_port, 5683);
		assert_int_equal(r->rtt_us, -1);
		assert_int_equal(r->request_size, cases[i].request);
		assert_int_equal(r->response_size, cases[i].response);
		assert_int_equal(r->bytes, cases[i].response);
		assert_int_equal(r->header.len, 0);
		check_text(r->body, "</a>,</b>");
		check_text(e->hostname, "a.example");
		check_text(e->place.geo, "ZZ");
		check_text(e->place.region, "Region");
		check_text(e->place.city, "City");
		check_text(e->judgement.tags, "coap;iot");
		assert_int_equal(e->place.asn, 64512);
		assert_int_equal(e->place.naics, 518210);
		assert_true(e->judged);
		assert_string_equal(cs_severity_name(e->judgement.severity),
				    cases[i].severity);
		check_text(e->place.sector, i < 2 ? "Government" : "");
		check_text(e->hostname_source, i < 2 ? "ptr" : "");
		cs_arena_clear(&got.arena);
	}
}

/* A row of which one cell is another. */
#define SHORT_HEADER "timestamp,ip,port,%s"

static void a_cell_that_makes_no_sense_is_named(void **state)
{
	static const struct {
		const char *column, *cell;
		bool ok;
	} cases[] = {
		{ "severity", "medium", true },
		{ "severity", "worst", false },
		{ "severity", "", true },
		{ "version", "1", true },
		{ "version", "3", false },
		{ "version", "0", false },
		{ "asn", "AS64512", true },
		{ "asn", "4294967295", true },
		{ "asn", "4294967296", false },
		{ "asn", "-1", false },
		{ "geo", "DE", true },
		{ "geo", "de", false },
		{ "geo", "DEU", false },
		{ "naics", "999999", true },
		{ "naics", "1000000", false },
		{ "response_size", "4", true },
		{ "response_size", "3", false },
		{ "response_size", "65535", true },
		{ "response_size", "65536", false },
		{ "response_size", "x", false },
		{ "amplification", "2.05", true },
		{ "amplification", "113.50", true },
		{ "amplification", "2", true },
		{ "amplification", "2,05", false },
		{ "amplification", "2.", false },
		{ "amplification", ".5", false },
		{ "protocol", "udp", true },
		{ "protocol", "tcp", false },
		{ "hostname", "any \\x00", true },
		{ "sic", "whatever", true },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char header[64], row[128];
		struct read got;

		snprintf(header, sizeof(header), SHORT_HEADER, cases[i].column);
		snprintf(row, sizeof(row), "2026-01-05 00:00:00,192.0.2.1,5683,\"%s\"",
			 cases[i].cell);
		read_row(header, row, &got);
		if (got.err != (cases[i].ok ? CS_OK : CS_ERR_SYNTAX))
			fail_msg("%s '%s': %s", cases[i].column, cases[i].cell,
				 cs_strerror(got.err));
		if (!cases[i].ok) {
			assert_string_equal(got.flaw.column, cases[i].column);
			assert_true(strlen(got.flaw.want) > 0);
		}
		cs_arena_clear(&got.arena);
	}
}

static void what_must_be_there_must_make_sense(void **state)
{
	static const struct {
		const char *row, *column;
	} cases[] = {
		{ "2026-01-05,192.0.2.1,5683", "timestamp" },
		{ ",192.0.2.1,5683", "timestamp" },
		{ "2026-02-30 00:00:00,192.0.2.1,5683", "timestamp" },
		{ "2026-01-05 00:00:00,192.0.2.256,5683", "ip" },
		{ "2026-01-05 00:00:00,,5683", "ip" },
		{ "2026-01-05 00:00:00,2001:db8::1,0", "port" },
		{ "2026-01-05 00:00:00,2001:db8::1,65536", "port" },
		{ "2026-01-05 00:00:00,2001:db8::1", NULL },
		{ "2026-01-05 00:00:00,2001:db8::1,5683,", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct read got;

		read_row("timestamp,ip,port", cases[i].row, &got);
		assert_int_equal(got.err, CS_ERR_SYNTAX);
		if (cases[i].column)
			assert_string_equal(got.flaw.column, cases[i].column);
		else
			assert_null(got.flaw.column);
		cs_arena_clear(&got.arena);
	}
}

static void a_header_must_name_what_must_be_there(void **state)
{
	struct read got;

	(void)state;
	read_row("timestamp,ip,tag", "a,b,c", &got);
	assert_int_equal(got.err, CS_ERR_SYNTAX);
	assert_string_equal(got.missing, "port");
	read_row("timestamp,ip,port,colour,taste",
		 "2026-01-05 00:00:00,2001:db8::1,5683,red,sweet", &got);
	assert_int_equal(got.err, CS_OK);
	assert_int_equal(got.unknown, 2);
	cs_arena_clear(&got.arena);
}

static void a_response_is_unfolded(void **state)
{
	static const struct {
		const char *cell, *want;
	} cases[] = {
		{ "a|b", "a\nb" },
		{ "a\\x7cb\\x5c", "a|b\\" },             /* of ours */
		{ "C:\\dir|x\\x41", "C:\\dir\nx\\x41" }, /* of somebody else's */
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char row[128];
		struct read got;

		snprintf(row, sizeof(row), "2026-01-05 00:00:00,192.0.2.1,5683,%s",
			 cases[i].cell);
		read_row("timestamp,ip,port,response", row, &got);
		assert_int_equal(got.err, CS_OK);
		check_text(got.row.result.body, cases[i].want);
		cs_arena_clear(&got.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_columns_of_every_year_are_known),
		cmocka_unit_test(a_cell_that_makes_no_sense_is_named),
		cmocka_unit_test(what_must_be_there_must_make_sense),
		cmocka_unit_test(a_header_must_name_what_must_be_there),
		cmocka_unit_test(a_response_is_unfolded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
