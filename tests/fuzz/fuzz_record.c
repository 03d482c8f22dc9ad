/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any first datagram and any body as a result, enriched and not: each format
 * writes exactly one line, the JSON has every pinned field and gives the raw
 * bytes back, and the CSV has its 18 cells.
 * Input: the header's length in one byte, flags in one, header, body.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "fuzz.h"
#include "scan/record.h"

enum {
	INPUT_MAX = 2048,
	TEXT_MAX = 65536 + 128 * INPUT_MAX,
	CSV_COLUMNS = 18,
	ENRICHED_KEYS = 14
};

static char text[TEXT_MAX];

/* A stranger's bytes wherever enrichment may hold some. */
static struct cs_enriched enriched_of(struct cs_span bytes)
{
	struct cs_enriched enriched = {
		.hostname = bytes,
		.hostname_source = bytes,
		.place = { .asn = 64512,
			   .geo = bytes,
			   .as_name = bytes,
			   .region = bytes,
			   .city = bytes,
			   .sector = bytes },
		.judged = bytes.len % 2,
		.judgement = { .stack = bytes,
			       .confidence = 50,
			       .stack_because = bytes,
			       .severity_because = bytes,
			       .tags = bytes },
	};

	return enriched;
}

static size_t write_as(const char *name, const struct cs_result *result,
		       const struct cs_enriched *enriched)
{
	const struct cs_record_format *format = cs_record_format_find(cs_span_str(name));
	struct cs_record_out out = {
		.to = fmemopen(text, sizeof(text), "w"),
		.every_code = true,
		.width = 80,
		.enriched = enriched,
	};

	MUST(format && out.to);
	MUST(cs_record_row(format, &out, result, enriched));
	MUST(!ferror(out.to));

	long n = ftell(out.to);

	MUST(fclose(out.to) == 0 && n > 0);
	/* One line, whatever the bytes were. */
	MUST(memchr(text, '\n', (size_t)n) == text + n - 1);
	return (size_t)n;
}

static void must_have_cells(size_t n)
{
	unsigned cells = 1;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		MUST((uint8_t)text[i] >= 0x20 || text[i] == '\n');
		if (text[i] == '"')
			quoted = !quoted;
		cells += text[i] == ',' && !quoted;
	}
	MUST(!quoted && cells == CSV_COLUMNS);
}

static void must_be_ascii(size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		MUST(text[i] >= 0x20 && text[i] < 0x7f);
}

static void must_hold(const cJSON *object, const char *key, struct cs_span bytes)
{
	static uint8_t back[INPUT_MAX];
	const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

	MUST(hex && cs_hex_read(cs_span_str(hex), back, bytes.len));
	MUST(cs_span_eq(cs_span_of(back, bytes.len), bytes));
}

static void must_be_the_record(const struct cs_result *result, bool enriched)
{
	static const char *const keys[] = {
		"schema",
		"time",
		"scan",
		"ip",
		"port",
		"reply_port",
		"transport",
		"match",
		"type",
		"code",
		"message_id",
		"token_hex",
		"probes",
		"request_size",
		"response_size",
		"datagrams",
		"bytes",
		"amplification",
		"amplification_wire",
		"rtt_ms",
		"content_format",
		"options",
		"header_hex",
		"payload_hex",
		"complete",
		"blocks",
		"links",
		"malformed",
		/* When enriched also. */
		"hostname",
		"hostname_source",
		"asn",
		"as_name",
		"geo",
		"region",
		"city",
		"naics",
		"sector",
		"owner",
		"stack",
		"severity",
		"severity_because",
		"tags",
	};
	const size_t n = enriched ? CS_LEN(keys) : CS_LEN(keys) - ENRICHED_KEYS;
	cJSON *object = cJSON_ParseWithLength(text, strlen(text));
	const cJSON *item = object ? object->child : NULL;

	for (size_t i = 0; i < n; i++, item = item->next)
		MUST(item && strcmp(item->string, keys[i]) == 0);
	MUST(!item);
	MUST(cJSON_IsArray(cJSON_GetObjectItem(object, "links")));
	MUST(cJSON_IsArray(cJSON_GetObjectItem(object, "options")));
	must_hold(object, "header_hex", result->header);
	must_hold(object, "payload_hex", result->body);
	cJSON_Delete(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_rd rd = cs_rd_over(data, size);
	size_t header_len = cs_rd_u8(&rd);
	uint8_t flags = cs_rd_u8(&rd);
	struct cs_result result = { .request_size = 21, .datagrams = 1, .rtt_us = -1 };

	if (rd.err || size > INPUT_MAX)
		return 0;
	if (header_len > cs_rd_left(&rd))
		header_len = cs_rd_left(&rd);
	result.header = cs_rd_take(&rd, header_len);
	result.body = cs_rd_take(&rd, cs_rd_left(&rd));
	result.ip = flags & 1 ? result.ip : cs_addr_v4(0xc0000201);
	result.complete = flags & 2;
	result.malformed.fault = (enum cs_fault)(flags >> 3 & 15);

	struct cs_enriched enriched = enriched_of(result.body);

	(void)write_as("jsonl", &result, NULL);
	must_be_the_record(&result, false);
	must_have_cells(write_as("csv", &result, NULL));
	must_be_ascii(write_as("table", &result, NULL));
	(void)write_as("jsonl", &result, &enriched);
	must_be_the_record(&result, true);
	must_have_cells(write_as("csv", &result, &enriched));
	must_be_ascii(write_as("table", &result, &enriched));
	return 0;
}
