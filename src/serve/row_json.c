/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row as the Reports API shows it: the columns of the report by their names,
 * numbers as numbers. The response is the whole text with its line ends, as JSON
 * can say them; the CSV has | there.
 */
#include "base/clock.h"
#include "out/json.h"
#include "serve/rows.h"

typedef void column_fn(struct cs_json *j, const struct cs_service *s);

static void put_timestamp(struct cs_json *j, const struct cs_service *s)
{
	enum { SECONDS = sizeof("2026-11-21 20:00:00") - 1, BLANK_AT = 10 };
	char text[CS_TIME_TEXT];

	cs_time_text(s->result.time_us, text);
	text[BLANK_AT] = ' ';
	text[SECONDS] = '\0';
	cs_json_word(j, text);
}

static void put_severity(struct cs_json *j, const struct cs_service *s)
{
	bool judged = s->is_enriched && s->enriched.judged;

	cs_json_word(j, cs_severity_name(judged ? s->enriched.judgement.severity
						: CS_SEVERITY_MEDIUM));
}

static void put_ip(struct cs_json *j, const struct cs_service *s)
{
	char text[CS_ADDR_TEXT];

	cs_addr_text(&s->result.ip, text);
	cs_json_word(j, text);
}

static void put_protocol(struct cs_json *j, const struct cs_service *s)
{
	(void)s;
	cs_json_word(j, "udp");
}

static void put_port(struct cs_json *j, const struct cs_service *s)
{
	cs_json_uint(j, s->result.reply_port);
}

static void put_hostname(struct cs_json *j, const struct cs_service *s)
{
	cs_json_string(j, s->enriched.hostname);
}

static void put_tag(struct cs_json *j, const struct cs_service *s)
{
	struct cs_span tags = s->enriched.judgement.tags;

	cs_json_string(j, tags.len ? tags : cs_span_str(CS_TAGS_PLAIN));
}

static void put_version(struct cs_json *j, const struct cs_service *s)
{
	cs_json_uint(j, cs_result_version(&s->result));
}

static void put_asn(struct cs_json *j, const struct cs_service *s)
{
	cs_json_uint(j, s->enriched.place.asn);
}

static void put_geo(struct cs_json *j, const struct cs_service *s)
{
	cs_json_string(j, s->enriched.place.geo);
}

static void put_region(struct cs_json *j, const struct cs_service *s)
{
	cs_json_string(j, s->enriched.place.region);
}

static void put_city(struct cs_json *j, const struct cs_service *s)
{
	cs_json_string(j, s->enriched.place.city);
}

static void put_naics(struct cs_json *j, const struct cs_service *s)
{
	cs_json_uint(j, s->enriched.place.naics);
}

static void put_hostname_source(struct cs_json *j, const struct cs_service *s)
{
	cs_json_string(j, s->enriched.hostname_source);
}

static void put_response(struct cs_json *j, const struct cs_service *s)
{
	cs_json_string(j, s->result.body);
}

static void put_response_size(struct cs_json *j, const struct cs_service *s)
{
	cs_json_uint(j, s->result.response_size);
}

static void put_amplification(struct cs_json *j, const struct cs_service *s)
{
	if (s->has_amplification)
		cs_json_fixed(j, s->amplification, 2);
	else
		cs_json_null(j);
}

static void put_sector(struct cs_json *j, const struct cs_service *s)
{
	cs_json_string(j, s->enriched.place.sector);
}

static const struct {
	const char *name;
	bool number;
	column_fn *put;
} columns[CS_ROWS_COLUMNS] = {
	{ "timestamp", false, put_timestamp },
	{ "severity", false, put_severity },
	{ "ip", false, put_ip },
	{ "protocol", false, put_protocol },
	{ "port", true, put_port },
	{ "hostname", false, put_hostname },
	{ "tag", false, put_tag },
	{ "version", true, put_version },
	{ "asn", true, put_asn },
	{ "geo", false, put_geo },
	{ "region", false, put_region },
	{ "city", false, put_city },
	{ "naics", true, put_naics },
	{ "hostname_source", false, put_hostname_source },
	{ "response", false, put_response },
	{ "response_size", true, put_response_size },
	{ "amplification", true, put_amplification },
	{ "sector", false, put_sector },
};

void cs_rows_json(struct cs_json *j, const struct cs_service *service)
{
	cs_json_object(j);
	for (size_t i = 0; i < CS_ROWS_COLUMNS; i++) {
		cs_json_key(j, columns[i].name);
		columns[i].put(j, service);
	}
	cs_json_object_end(j);
}

const char *cs_rows_column(size_t i)
{
	return columns[i].name;
}

bool cs_rows_column_is_number(size_t i)
{
	return columns[i].number;
}
