/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shadowserver's scan_coap report: 18 columns by the names that its readers
 * know. A column is a row of a table, an order a list of columns.
 */
#include "base/clock.h"
#include "out/csv.h"
#include "scan/record.h"

/* What a column writes of one result; @enriched is zeroed where it was not. */
typedef void column_fn(struct cs_csv *c, const struct cs_result *result,
		       const struct cs_enriched *enriched);

static void put_timestamp(struct cs_csv *c, const struct cs_result *result,
			  const struct cs_enriched *enriched)
{
	enum { SECONDS = sizeof("2026-11-21 20:00:00") - 1, BLANK_AT = 10 };
	char text[CS_TIME_TEXT];

	(void)enriched;
	cs_time_text(result->time_us, text);
	text[BLANK_AT] = ' ';
	cs_csv_cell(c, cs_span_of(text, SECONDS));
}

static void put_severity(struct cs_csv *c, const struct cs_result *result,
			 const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_cell(c, cs_span_str(cs_severity_name(enriched->judged
							    ? enriched->judgement.severity
							    : CS_SEVERITY_MEDIUM)));
}

static void put_ip(struct cs_csv *c, const struct cs_result *result,
		   const struct cs_enriched *enriched)
{
	char text[CS_ADDR_TEXT];

	(void)enriched;
	cs_addr_text(&result->ip, text);
	cs_csv_cell(c, cs_span_str(text));
}

static void put_protocol(struct cs_csv *c, const struct cs_result *result,
			 const struct cs_enriched *enriched)
{
	(void)result;
	(void)enriched;
	cs_csv_cell(c, cs_span_str("udp"));
}

static void put_port(struct cs_csv *c, const struct cs_result *result,
		     const struct cs_enriched *enriched)
{
	(void)enriched;
	cs_csv_uint(c, result->reply_port);
}

static void put_hostname(struct cs_csv *c, const struct cs_result *result,
			 const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_field(c, enriched->hostname);
}

static void put_tag(struct cs_csv *c, const struct cs_result *result,
		    const struct cs_enriched *enriched)
{
	(void)result;
	if (enriched->judged)
		cs_csv_field(c, enriched->judgement.tags);
	else
		cs_csv_cell(c, cs_span_str(CS_TAGS_PLAIN));
}

static void put_version(struct cs_csv *c, const struct cs_result *result,
			const struct cs_enriched *enriched)
{
	(void)enriched;
	cs_csv_uint(c, cs_result_version(result));
}

static void put_asn(struct cs_csv *c, const struct cs_result *result,
		    const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_uint(c, enriched->place.asn);
}

static void put_geo(struct cs_csv *c, const struct cs_result *result,
		    const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_field(c, enriched->place.geo);
}

static void put_region(struct cs_csv *c, const struct cs_result *result,
		       const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_field(c, enriched->place.region);
}

static void put_city(struct cs_csv *c, const struct cs_result *result,
		     const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_field(c, enriched->place.city);
}

static void put_naics(struct cs_csv *c, const struct cs_result *result,
		      const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_uint(c, enriched->place.naics);
}

static void put_hostname_source(struct cs_csv *c, const struct cs_result *result,
				const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_field(c, enriched->hostname_source);
}

static void put_sector(struct cs_csv *c, const struct cs_result *result,
		       const struct cs_enriched *enriched)
{
	(void)result;
	cs_csv_field(c, enriched->place.sector);
}

static void put_response(struct cs_csv *c, const struct cs_result *result,
			 const struct cs_enriched *enriched)
{
	(void)enriched;
	cs_csv_response(c, result->body);
}

/* Empty in the rows of reports that had none. */
static void put_response_size(struct cs_csv *c, const struct cs_result *result,
			      const struct cs_enriched *enriched)
{
	(void)enriched;
	if (result->match == CS_MATCH_REPORT && result->response_size == 0)
		cs_csv_cell(c, cs_span_str(""));
	else
		cs_csv_uint(c, result->response_size);
}

static void put_amplification(struct cs_csv *c, const struct cs_result *result,
			      const struct cs_enriched *enriched)
{
	uint64_t hundredths;

	(void)enriched;
	if (cs_result_amplification(result, &hundredths))
		cs_csv_hundredths(c, hundredths);
	else
		cs_csv_cell(c, cs_span_str(""));
}

enum column {
	TIMESTAMP,
	SEVERITY,
	IP,
	PROTOCOL,
	PORT,
	HOSTNAME,
	TAG,
	VERSION,
	ASN,
	GEO,
	REGION,
	CITY,
	NAICS,
	HOSTNAME_SOURCE,
	RESPONSE,
	RESPONSE_SIZE,
	AMPLIFICATION,
	SECTOR,
	COLUMNS,
};

/* What is unknown is 0 where it is a number of the place, else empty. */
static const struct {
	const char *name;
	column_fn *put;
} columns[COLUMNS] = {
	[TIMESTAMP] = { "timestamp", put_timestamp },
	[SEVERITY] = { "severity", put_severity },
	[IP] = { "ip", put_ip },
	[PROTOCOL] = { "protocol", put_protocol },
	[PORT] = { "port", put_port },
	[HOSTNAME] = { "hostname", put_hostname },
	[TAG] = { "tag", put_tag },
	[VERSION] = { "version", put_version },
	[ASN] = { "asn", put_asn },
	[GEO] = { "geo", put_geo },
	[REGION] = { "region", put_region },
	[CITY] = { "city", put_city },
	[NAICS] = { "naics", put_naics },
	[HOSTNAME_SOURCE] = { "hostname_source", put_hostname_source },
	[RESPONSE] = { "response", put_response },
	[RESPONSE_SIZE] = { "response_size", put_response_size },
	[AMPLIFICATION] = { "amplification", put_amplification },
	[SECTOR] = { "sector", put_sector },
};

static const struct {
	const char *name;
	enum column order[COLUMNS];
} orders[] = {
	[CS_CSV_PAGE] = { "page",
			  { TIMESTAMP, SEVERITY, IP, PROTOCOL, PORT, HOSTNAME, TAG,
			    VERSION, ASN, GEO, REGION, CITY, NAICS, HOSTNAME_SOURCE,
			    RESPONSE, RESPONSE_SIZE, AMPLIFICATION, SECTOR } },
	[CS_CSV_CURRENT] = { "current",
			     { TIMESTAMP, SEVERITY, IP, PROTOCOL, PORT, HOSTNAME, TAG,
			       ASN, GEO, REGION, CITY, NAICS, HOSTNAME_SOURCE, SECTOR,
			       VERSION, RESPONSE, RESPONSE_SIZE, AMPLIFICATION } },
};

bool cs_csv_columns_read(struct cs_span text, enum cs_csv_columns *out)
{
	for (size_t i = 0; i < CS_LEN(orders); i++) {
		if (!cs_span_eq(text, cs_span_str(orders[i].name)))
			continue;
		*out = (enum cs_csv_columns)i;
		return true;
	}
	return false;
}

static void begin(const struct cs_record_out *out)
{
	struct cs_csv c = cs_csv_to(out->to);

	for (size_t i = 0; i < COLUMNS; i++)
		cs_csv_name(&c, columns[orders[out->columns].order[i]].name);
	cs_csv_row_end(&c);
}

static void row(const struct cs_record_out *out, const struct cs_result *result,
		const struct cs_reading *reading, const struct cs_enriched *enriched)
{
	static const struct cs_enriched unknown;
	struct cs_csv c = cs_csv_to(out->to);

	(void)reading; /* every column is of the result itself */
	if (!enriched)
		enriched = &unknown;
	for (size_t i = 0; i < COLUMNS; i++)
		columns[orders[out->columns].order[i]].put(&c, result, enriched);
	cs_csv_row_end(&c);
}

const struct cs_record_format cs_record_csv = {
	.name = "csv",
	.begin = begin,
	.row = row,
};
