/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"
#include "scan/record.h"

static char text[8192]; /* what the last sheet holds */

static const char *write_with(const char *name, struct cs_record_out *out,
			      const struct cs_result *result,
			      const struct cs_enriched *enriched, bool *wrote)
{
	const struct cs_record_format *format = cs_record_format_find(cs_span_str(name));

	assert_non_null(format);
	memset(text, 0, sizeof(text));
	out->to = fmemopen(text, sizeof(text), "w");
	assert_non_null(out->to);
	cs_record_begin(format, out);
	*wrote = cs_record_row(format, out, result, enriched);
	cs_record_end(format, out);
	assert_int_equal(ferror(out->to), 0);
	assert_int_equal(fclose(out->to), 0);
	return text;
}

static const char *write_as(const char *name, struct cs_record_out *out,
			    const struct cs_result *result, bool *wrote)
{
	return write_with(name, out, result, NULL, wrote);
}

#define PAGE                                                                             \
	"\"timestamp\",\"severity\",\"ip\",\"protocol\",\"port\",\"hostname\",\"tag\","  \
	"\"version\",\"asn\",\"geo\",\"region\",\"city\",\"naics\",\"hostname_source\"," \
	"\"response\",\"response_size\",\"amplification\",\"sector\"\n"
#define CURRENT                                                                         \
	"\"timestamp\",\"severity\",\"ip\",\"protocol\",\"port\",\"hostname\",\"tag\"," \
	"\"asn\",\"geo\",\"region\",\"city\",\"naics\",\"hostname_source\",\"sector\"," \
	"\"version\",\"response\",\"response_size\",\"amplification\"\n"
#define STEM "\"2026-01-05 00:00:00\",medium,192.0.2.1,udp,5683,,coap;iot,"

/* The answer of a known router, from which 24.57 was worked out. */
#define ROUTER(q)                                                                        \
	"</>;title=" q "General Info" q ";ct=0,"                                         \
	"</qlink/searchfh>;title=qlink/searchfh,</qlink/searchgw>;title=qlink/searchgw," \
	"</qlink/request>;title=qlink/request,</qlink/success>;title=qlink/success,"     \
	"</device/inform/bootstrap>;title=device/inform/bootstrap,"                      \
	"</device/inform/boot>;title=device/inform/boot,"                                \
	"</device/inform/syncreq>;title=device/inform/syncreq,"                          \
	"</device/inform/offline>;title=device/inform/offline,"                          \
	"</device/inform/heartbeat>;title=device/inform/heartbeat,"                      \
	"</device/inform/data>;title=device/inform/data,</async>;ct=0"

static const struct {
	const char *name;
	const char *body;
	const char *page;    /* from the version on */
	const char *current; /* from the asn on */
} golden[] = {
	{ "43 bytes", "</api>,</api/v1>,</.well-known/core>",
	  "2,0,,,,0,,\"</api>,</api/v1>,</.well-known/core>\",43,2.05,\n",
	  "0,,,,0,,,2,\"</api>,</api/v1>,</.well-known/core>\",43,2.05\n" },
	{ "104 bytes",
	  "</find>;title=\"find all\",</light/1>;rt=lamp,</light/2>;rt=lamp,"
	  "</light/3>;rt=lamp;if=core.a;ct=40",
	  "2,0,,,,0,,\"</find>;title=\"\"find "
	  "all\"\",</light/1>;rt=lamp,</light/2>;rt=lamp,"
	  "</light/3>;rt=lamp;if=core.a;ct=40\",104,4.95,\n",
	  "0,,,,0,,,2,\"</find>;title=\"\"find all\"\",</light/1>;rt=lamp,"
	  "</light/2>;rt=lamp,</light/3>;rt=lamp;if=core.a;ct=40\",104,4.95\n" },
	{ "113 bytes",
	  "</fw>,</box>,</box/c>,</box/i>,</box/m>,</box/t>,</sw>,</api>,</api/v1>,"
	  "</api/v1/time>,</.well-known/core>",
	  "2,0,,,,0,,\"</fw>,</box>,</box/c>,</box/i>,</box/m>,</box/t>,</sw>,</api>,"
	  "</api/v1>,</api/v1/time>,</.well-known/core>\",113,5.38,\n",
	  "0,,,,0,,,2,\"</fw>,</box>,</box/c>,</box/i>,</box/m>,</box/t>,</sw>,</api>,"
	  "</api/v1>,</api/v1/time>,</.well-known/core>\",113,5.38\n" },
	{ "516 bytes", ROUTER("\""), "2,0,,,,0,,\"" ROUTER("\"\"") "\",516,24.57,\n",
	  "0,,,,0,,,2,\"" ROUTER("\"\"") "\",516,24.57\n" },
	{ "an empty 2.05", "", "2,0,,,,0,,,4,0.19,\n", "0,,,,0,,,2,,4,0.19\n" },
};

static void rows_are_shadowservers_to_the_byte(void **state)
{
	char want[2048];
	bool wrote;

	(void)state;
	for (size_t i = 0; i < CS_LEN(golden); i++) {
		struct cs_span body = cs_span_str(golden[i].body);
		struct cs_result result =
			result_of(body.len ? RESULT_LINKS : RESULT_EMPTY, body);
		struct cs_record_out out = { .columns = CS_CSV_PAGE };

		(void)snprintf(want, sizeof(want), "%s%s%s", PAGE, STEM, golden[i].page);
		assert_string_equal(write_as("csv", &out, &result, &wrote), want);
		assert_true(wrote);
		out.columns = CS_CSV_CURRENT;
		(void)snprintf(want, sizeof(want), "%s%s%s", CURRENT, STEM,
			       golden[i].current);
		assert_string_equal(write_as("csv", &out, &result, &wrote), want);
	}
}

static void the_port_is_the_one_that_answered(void **state)
{
	struct cs_result result = result_of(RESULT_LINKS, SPAN("=a|b\n\\"));
	struct cs_record_out out = { .columns = CS_CSV_PAGE };
	bool wrote;

	(void)state;
	result.reply_port = 40000;
	result.ip = (struct cs_addr){ { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	result.time_us += INT64_C(86399999999);
	assert_string_equal(write_as("csv", &out, &result, &wrote),
			    PAGE "\"2026-01-05 23:59:59\",medium,2001:db8::1,udp,40000,,"
				 "coap;iot,2,0,,,,0,,\\x3da\\x7cb|\\x5c,13,0.62,\n");
}

static void only_content_is_in_csv_and_table(void **state)
{
	const struct {
		struct cs_span header;
		bool content;
	} cases[] = {
		{ SPAN("\x60\x45\x01\x02"), true },      /* 2.05 */
		{ SPAN("\x60\x84\x01\x02"), false },     /* 4.04 */
		{ SPAN("\x60\x44\x01\x02"), false },     /* 2.04 */
		{ SPAN("\x70\x00\x01\x02"), false },     /* RST */
		{ SPAN("\x60\x45\x01\x02\xff"), false }, /* 2.05 that does not decode */
		{ SPAN("\x60"), false },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_result result = result_of(cases[i].header, SPAN(""));
		struct cs_record_out out = { 0 };
		bool csv, table, jsonl;

		(void)write_as("csv", &out, &result, &csv);
		if (!csv)
			assert_string_equal(text, PAGE); /* no result, and yet a header */
		(void)write_as("table", &out, &result, &table);
		(void)write_as("jsonl", &out, &result, &jsonl);
		assert_int_equal(csv, cases[i].content);
		assert_int_equal(table, cases[i].content);
		assert_true(jsonl);
		out.every_code = true;
		(void)write_as("csv", &out, &result, &csv);
		(void)write_as("table", &out, &result, &table);
		assert_true(csv && table);
	}
}

static void a_json_line_has_every_field_in_order(void **state)
{
	struct cs_result result =
		result_of(SPAN("\x52\x45\x01\x02\xaa\xbb\xc1\x28\xd1\xed\x07\xff"),
			  SPAN("</a>;rt=\"x \\\"y\\\\\";obs;ct=40;e=\"\",<b\xff>"));
	struct cs_record_out out = { .scan = "00ff" };
	bool wrote;

	(void)state;
	result.reply_port = 5684;
	result.match = CS_MATCH_PORT;
	result.datagrams = 2;
	result.bytes += 4;
	result.blocks = 3;
	result.complete = false;
	result.malformed = (struct cs_flaw){ CS_FAULT_REPEATED, 6 };
	assert_string_equal(
		write_as("jsonl", &out, &result, &wrote),
		"{\"schema\":\"coapscope.scan/"
		"1\",\"time\":\"2026-01-05T00:00:00.000000Z\","
		"\"scan\":\"00ff\",\"ip\":\"192.0.2.1\",\"port\":5683,\"reply_port\":"
		"5684,"
		"\"transport\":\"udp\",\"match\":\"port\",\"type\":\"NON\","
		"\"code\":\"2.05\",\"message_id\":258,\"token_hex\":\"aabb\","
		"\"probes\":1,\"request_size\":21,\"response_size\":49,\"datagrams\":2,"
		"\"bytes\":53,"
		"\"amplification\":2.33,\"amplification_wire\":2.22,\"rtt_ms\":12.345,"
		"\"content_format\":40,\"options\":[{\"number\":12,"
		"\"name\":\"Content-Format\",\"value_hex\":\"28\"},"
		"{\"number\":262,\"name\":null,\"value_hex\":\"07\"}],"
		"\"header_hex\":\"52450102aabbc128d1ed07ff\","
		"\"payload_hex\":"
		"\"3c2f613e3b72743d2278205c22795c5c223b6f62733b63743d34303b653d22222c3c62"
		"ff3e"
		"\",\"complete\":false,\"blocks\":3,\"links\":[{\"target\":\"/a\","
		"\"attrs\":[[\"rt\",\"x \\\"y\\\\x5c\"],[\"obs\",null],[\"ct\",\"40\"],"
		"[\"e\",\"\"]]},{\"target\":\"b\\\\xff\",\"attrs\":[]}],"
		"\"malformed\":{\"reason\":\"M15\",\"offset\":6}}\n");
}

static void what_is_unknown_is_null(void **state)
{
	struct cs_result result = result_of(SPAN("\x60\x45"), SPAN(""));
	struct cs_record_out out = { 0 };
	bool wrote;

	(void)state;
	result.rtt_us = -1;
	result.request_size = 0;
	result.blocks = 0;
	result.malformed = (struct cs_flaw){ CS_FAULT_SHORT, 2 };
	assert_string_equal(
		write_as("jsonl", &out, &result, &wrote),
		"{\"schema\":\"coapscope.scan/"
		"1\",\"time\":\"2026-01-05T00:00:00.000000Z\","
		"\"scan\":null,\"ip\":\"192.0.2.1\",\"port\":5683,\"reply_port\":5683,"
		"\"transport\":\"udp\",\"match\":\"full\",\"type\":null,\"code\":null,"
		"\"message_id\":null,\"token_hex\":null,\"probes\":1,\"request_size\":0,"
		"\"response_size\":2,\"datagrams\":1,\"bytes\":2,\"amplification\":null,"
		"\"amplification_wire\":null,\"rtt_ms\":null,\"content_format\":null,"
		"\"options\":[],\"header_hex\":\"6045\",\"payload_hex\":\"\","
		"\"complete\":true,\"blocks\":0,\"links\":[],"
		"\"malformed\":{\"reason\":\"M1\",\"offset\":2}}\n");
}

static void a_reset_has_no_code_but_a_type(void **state)
{
	struct cs_result result = result_of(SPAN("\x70\x00\x01\x02"), SPAN(""));
	struct cs_record_out out = { 0 };
	bool wrote;

	(void)state;
	result.rtt_us = 0; /* known, and short */
	assert_non_null(strstr(write_as("jsonl", &out, &result, &wrote),
			       "\"type\":\"RST\",\"code\":\"0.00\",\"message_id\":258,"
			       "\"token_hex\":\"\",\"probes\":1,\"request_size\""));
	assert_non_null(strstr(text, "\"rtt_ms\":0.000,"));
	assert_non_null(strstr(text, "\"malformed\":null}\n"));
}

/* SPAN() for where an initializer must be constant. */
#define BYTES(literal)                                          \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}
#define LINKS BYTES("\x60\x45\x73\x6a\xc1\x28\xff")
#define EMPTY BYTES("\x60\x45\x73\x6a")
#define TABLE "ADDRESS           PORT  CODE   SIZE    AMPL    RTT ms  RESOURCES\n"

static const struct {
	const char *name;
	struct cs_span header, body;
	size_t width;
	bool colour;
	const char *want;
} tables[] = {
	{ "no limit", LINKS, BYTES("</a>;rt=x,</b>"), 0, false,
	  TABLE "192.0.2.1         5683  2.05     21    1.00    12.345  /a /b\n" },
	{ "just fits", LINKS, BYTES("</a>,</bcdefghijklmnopq>"), 75, false,
	  TABLE "192.0.2.1         5683  2.05     31    1.48    12.345  "
		"/a /bcdefghijklmnopq\n" },
	{ "one too many", LINKS, BYTES("</a>,</bcdefghijklmnopqr>"), 75, false,
	  TABLE "192.0.2.1         5683  2.05     32    1.52    12.345  "
		"/a /bcdefghijklmn...\n" },
	{ "a narrow terminal is overrun", LINKS, BYTES("</a>,</bcdefghijklmnopqr>"), 40,
	  false,
	  TABLE "192.0.2.1         5683  2.05     32    1.52    12.345  "
		"/a /bcdefghijklm...\n" },
	{ "text and what would hurt", BYTES("\x60\x45\x01\x02\xff"), BYTES("hi\x1b[2J"),
	  0, false,
	  TABLE "192.0.2.1         5683  2.05     11    0.52    12.345  hi\\x1b[2J\n" },
	{ "nothing", EMPTY, BYTES(""), 0, false,
	  TABLE "192.0.2.1         5683  2.05      4    0.19    12.345\n" },
	{ "another code", BYTES("\x60\x84\x01\x02"), BYTES(""), 0, false,
	  TABLE "192.0.2.1         5683  4.04      4    0.19    12.345\n" },
	{ "no code", BYTES("\x70\x00\x01\x02"), BYTES(""), 0, false,
	  TABLE "192.0.2.1         5683  RST       4    0.19    12.345\n" },
	{ "a format error", BYTES("\x60\x45\x01\x02\xff"), BYTES(""), 0, false,
	  TABLE "192.0.2.1         5683  M11       5    0.24    12.345\n" },
	{ "colour", EMPTY, BYTES(""), 0, true,
	  "\x1b[1mADDRESS           PORT  CODE   SIZE    AMPL    RTT ms  "
	  "RESOURCES\x1b[0m\n"
	  "192.0.2.1         5683\x1b[32m  2.05\x1b[0m      4    0.19    12.345\n" },
};

static void a_table_is_a_line_a_result(void **state)
{
	bool wrote;

	(void)state;
	for (size_t i = 0; i < CS_LEN(tables); i++) {
		struct cs_result result = result_of(tables[i].header, tables[i].body);
		struct cs_record_out out = {
			.every_code = true,
			.width = tables[i].width,
			.colour = tables[i].colour,
		};

		if (strcmp(tables[i].name, "a format error") == 0)
			result.malformed = (struct cs_flaw){ CS_FAULT_MARKER, 4 };
		if (strcmp(write_as("table", &out, &result, &wrote), tables[i].want) != 0)
			fail_msg("%s:\n%s", tables[i].name, text);
	}
}

static void large_numbers_and_addresses_only_push_a_table_out(void **state)
{
	struct cs_result result = result_of(RESULT_EMPTY, SPAN(""));
	struct cs_record_out out = { .ipv6 = true, .colour = true };
	bool wrote;

	(void)state;
	result.ip = (struct cs_addr){ { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	result.reply_port = 65535;
	result.response_size = UINT32_MAX;
	result.rtt_us = -1;
	assert_non_null(strstr(write_as("table", &out, &result, &wrote),
			       "\n2001:db8::1                              65535\x1b[32m"
			       "  2.05\x1b[0m  4294967295\x1b[31m  204522252.14\x1b[0m"
			       "         -\n"));
}

/* What a reverse name and a database may hold, and what a judgement says. */
static struct cs_enriched enriched_of(void)
{
	return (struct cs_enriched){
		.hostname = SPAN("@node\\1.example"),
		.hostname_source = SPAN("ptr"),
		.place = { .asn = 64512,
			   .naics = 518210,
			   .geo = SPAN("ZZ"),
			   .as_name = SPAN("=EXAMPLE"),
			   .region = SPAN("R\xc3\xa9gion"),
			   .city = SPAN("A, B"),
			   .sector = SPAN("Information Technology"),
			   .owner = SPAN("=city \"water\"") },
		.judged = true,
		.judgement = { .stack = SPAN("libcoap"),
			       .confidence = 95,
			       .stack_because = SPAN("a name"),
			       .severity = CS_SEVERITY_HIGH,
			       .severity_because = SPAN("a reason"),
			       .tags = SPAN("coap;iot;libcoap") },
	};
}

static void enrichment_fills_its_columns_in_both_orders(void **state)
{
	struct cs_result result = result_of(RESULT_EMPTY, SPAN(""));
	struct cs_enriched enriched = enriched_of();
	struct cs_record_out out = { .columns = CS_CSV_PAGE };
	bool wrote;

	(void)state;
	assert_string_equal(write_with("csv", &out, &result, &enriched, &wrote),
			    PAGE "\"2026-01-05 00:00:00\",high,192.0.2.1,udp,5683,"
				 "\\x40node\\x5c1.example,coap;iot;libcoap,2,64512,ZZ,"
				 "R\xc3\xa9gion,\"A, B\",518210,ptr,,4,0.19,"
				 "\"Information Technology\"\n");
	out.columns = CS_CSV_CURRENT;
	assert_string_equal(write_with("csv", &out, &result, &enriched, &wrote),
			    CURRENT "\"2026-01-05 00:00:00\",high,192.0.2.1,udp,5683,"
				    "\\x40node\\x5c1.example,coap;iot;libcoap,64512,ZZ,"
				    "R\xc3\xa9gion,\"A, B\",518210,ptr,"
				    "\"Information Technology\",2,,4,0.19\n");
}

static void what_was_enriched_but_not_judged_is_medium_and_plain(void **state)
{
	struct cs_result result = result_of(RESULT_EMPTY, SPAN(""));
	struct cs_enriched enriched = enriched_of();
	struct cs_record_out out = { .columns = CS_CSV_PAGE };
	bool wrote;

	(void)state;
	enriched.judged = false;
	enriched.place = (struct cs_place){ 0 };
	enriched.hostname = enriched.hostname_source = SPAN("");
	assert_string_equal(write_with("csv", &out, &result, &enriched, &wrote),
			    PAGE STEM "2,0,,,,0,,,4,0.19,\n");
	assert_non_null(
		strstr(write_with("jsonl", &out, &result, &enriched, &wrote),
		       "\"malformed\":null,\"hostname\":null,\"hostname_source\":null,"
		       "\"asn\":null,\"as_name\":null,\"geo\":null,\"region\":null,"
		       "\"city\":null,\"naics\":null,\"sector\":null,\"owner\":null,"
		       "\"stack\":null,"
		       "\"severity\":null,\"severity_because\":null,"
		       "\"tags\":[\"coap\",\"iot\"]}\n"));
}

static void a_json_line_tells_what_enrichment_knows(void **state)
{
	struct cs_result result = result_of(RESULT_EMPTY, SPAN(""));
	struct cs_enriched enriched = enriched_of();
	struct cs_record_out out = { 0 };
	bool wrote;

	(void)state;
	enriched.judgement.tags = SPAN(";coap;;x y;");
	assert_non_null(strstr(
		write_with("jsonl", &out, &result, &enriched, &wrote),
		"\"malformed\":null,\"hostname\":\"@node\\\\x5c1.example\","
		"\"hostname_source\":\"ptr\",\"asn\":64512,\"as_name\":\"=EXAMPLE\","
		"\"geo\":\"ZZ\",\"region\":\"R\xc3\xa9gion\",\"city\":\"A, B\","
		"\"naics\":518210,\"sector\":\"Information Technology\","
		"\"owner\":\"=city \\\"water\\\"\","
		"\"stack\":{\"family\":\"libcoap\",\"confidence\":0.95,"
		"\"because\":\"a name\"},\"severity\":\"high\","
		"\"severity_because\":\"a reason\",\"tags\":[\"coap\",\"x y\"]}\n"));
}

/* A row of the first reports: the answer to a bare GET / in four bytes, folded. */
#define BANNER_LINE "************************************************************"
#define BANNER(lf)                                                                     \
	"`EsjAy" BANNER_LINE lf                                                        \
	"A server of the first reports, its lines all one wide   "                     \
	"     " lf BANNER_LINE lf                                                      \
	"What it says of itself, in words and with (c) and a - dash   " lf BANNER_LINE \
		lf BANNER_LINE lf BANNER_LINE

static struct cs_result reported(struct cs_span body, uint32_t asked, uint32_t got)
{
	struct cs_result result = result_of(SPAN(""), body);

	result.match = CS_MATCH_REPORT;
	result.request_size = asked;
	result.response_size = got;
	result.rtt_us = -1;
	return result;
}

static void a_row_of_version_1_is_written_as_it_came(void **state)
{
	struct cs_result result = reported(SPAN(BANNER("\n")), 4, 454);
	struct cs_enriched enriched = {
		.judged = true,
		.judgement = { .severity = CS_SEVERITY_MEDIUM, .tags = SPAN("coap,iot") },
	};
	struct cs_record_out out = { .columns = CS_CSV_PAGE };
	bool wrote;

	(void)state;
	assert_string_equal(write_with("csv", &out, &result, &enriched, &wrote), PAGE
			    "\"2026-01-05 00:00:00\",medium,192.0.2.1,udp,5683,,"
			    "\"coap,iot\",1,0,,,,0,,\"" BANNER("|") "\",454,113.50,\n");
	assert_true(wrote);
	out.columns = CS_CSV_CURRENT;
	assert_string_equal(write_as("csv", &out, &result, &wrote),
			    CURRENT STEM "0,,,,0,,,1,\"" BANNER("|") "\",454,113.50\n");
}

static void a_report_without_sizes_has_none_after_us(void **state)
{
	struct cs_result result = reported(SPAN("</a>"), RESULT_REQUEST, 0);
	struct cs_record_out out = { .columns = CS_CSV_PAGE };
	bool wrote;

	(void)state;
	assert_string_equal(write_as("csv", &out, &result, &wrote),
			    PAGE STEM "2,0,,,,0,,</a>,,,\n");
	assert_non_null(strstr(
		write_as("jsonl", &out, &result, &wrote),
		"\"match\":\"report\",\"type\":null,\"code\":null,\"message_id\":null,"
		"\"token_hex\":null,\"probes\":null,\"request_size\":21,"
		"\"response_size\":null,\"datagrams\":null,\"bytes\":null,"
		"\"amplification\":null,\"amplification_wire\":null,\"rtt_ms\":null,"
		"\"content_format\":null,\"options\":null,\"header_hex\":null,"
		"\"payload_hex\":\"3c2f613e\",\"complete\":null,\"blocks\":null,"
		"\"links\":[{\"target\":\"/a\",\"attrs\":[]}],\"malformed\":null}\n"));
	result.response_size = 11;
	assert_non_null(strstr(write_as("jsonl", &out, &result, &wrote),
			       "\"amplification\":0.52,\"amplification_wire\":null,"));
	result.response_size = 0;
	assert_non_null(strstr(write_as("table", &out, &result, &wrote),
			       "\n192.0.2.1         5683  -         -       -"
			       "         -  /a\n"));
}

#define VERDICTS                                                               \
	"ADDRESS           PORT  CODE    AMPL  SEVERITY  STACK        WHOSE, " \
	"RESOURCES\n"

static void a_table_of_verdicts_fits_80_columns(void **state)
{
	struct cs_result result = result_of(RESULT_LINKS, SPAN("</a>,</b>"));
	struct cs_enriched enriched = enriched_of();
	struct cs_record_out out = { .enriched = true, .width = 80 };
	bool wrote;

	(void)state;
	assert_string_equal(write_with("table", &out, &result, &enriched, &wrote),
			    VERDICTS
			    "192.0.2.1         5683  2.05    0.76  high      libcoap"
			    "      ZZ AS64512 @node...\n");
	enriched.hostname = SPAN("");
	enriched.judgement.stack = SPAN("A\x1b"
					"bcdefghijkl");
	assert_string_equal(write_with("table", &out, &result, &enriched, &wrote),
			    VERDICTS
			    "192.0.2.1         5683  2.05    0.76  high      A\\x1bbcd..."
			    "  ZZ AS64512 /a /b\n");
	out.colour = true;
	out.width = 0;
	enriched.judgement.severity = CS_SEVERITY_MEDIUM;
	enriched.judgement.stack = SPAN("");
	assert_non_null(strstr(write_with("table", &out, &result, &enriched, &wrote),
			       "    0.76\x1b[33m  medium  \x1b[0m  -            "
			       "ZZ AS64512 /a /b\n"));
	assert_non_null(strstr(write_as("table", &out, &result, &wrote),
			       "    0.76  -         -            /a /b\n"));
}

static void formats_are_found_by_name(void **state)
{
	enum cs_csv_columns columns = CS_CSV_PAGE;
	size_t n = 0;
	const struct cs_record_format *const *all = cs_record_formats(&n);

	(void)state;
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(cs_record_format_find(cs_span_str(all[i]->name)),
				 all[i]);
	assert_null(cs_record_format_find(SPAN("xml")));
	assert_null(cs_record_format_find(SPAN("")));
	assert_true(cs_csv_columns_read(SPAN("current"), &columns));
	assert_int_equal(columns, CS_CSV_CURRENT);
	assert_true(cs_csv_columns_read(SPAN("page"), &columns));
	assert_int_equal(columns, CS_CSV_PAGE);
	assert_false(cs_csv_columns_read(SPAN("pages"), &columns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_shadowservers_to_the_byte),
		cmocka_unit_test(the_port_is_the_one_that_answered),
		cmocka_unit_test(only_content_is_in_csv_and_table),
		cmocka_unit_test(a_json_line_has_every_field_in_order),
		cmocka_unit_test(what_is_unknown_is_null),
		cmocka_unit_test(a_reset_has_no_code_but_a_type),
		cmocka_unit_test(a_table_is_a_line_a_result),
		cmocka_unit_test(large_numbers_and_addresses_only_push_a_table_out),
		cmocka_unit_test(enrichment_fills_its_columns_in_both_orders),
		cmocka_unit_test(what_was_enriched_but_not_judged_is_medium_and_plain),
		cmocka_unit_test(a_json_line_tells_what_enrichment_knows),
		cmocka_unit_test(a_row_of_version_1_is_written_as_it_came),
		cmocka_unit_test(a_report_without_sizes_has_none_after_us),
		cmocka_unit_test(a_table_of_verdicts_fits_80_columns),
		cmocka_unit_test(formats_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
