/* SPDX-License-Identifier: Apache-2.0 */
#include "report/column.h"

#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/num.h"
#include "report/fold.h"

/* --- numbers of rows --- */

static uint64_t number_time(const struct cs_model *m, size_t i)
{
	return (uint64_t)m->cold[i].time_us + 1;
}

static uint64_t number_severity(const struct cs_model *m, size_t i)
{
	return (uint64_t)cs_row_severity(m, i) + 1;
}

/* The first row of the address: rows stand in the order of addresses. */
static uint64_t number_ip(const struct cs_model *m, size_t i)
{
	while (i > 0 && cs_addr_cmp(&m->cold[i - 1].ip, &m->cold[i].ip) == 0)
		i--;
	return (uint64_t)i + 1;
}

static uint64_t number_protocol(const struct cs_model *m, size_t i)
{
	(void)m, (void)i;
	return 1;
}

static uint64_t number_port(const struct cs_model *m, size_t i)
{
	return (uint64_t)m->hot[i].reply_port + 1;
}

/* 0 is unknown in these two. */
static uint64_t number_asn(const struct cs_model *m, size_t i)
{
	uint64_t asn = m->places[m->hot[i].place].asn;

	return asn ? asn + 1 : 0;
}

static uint64_t number_naics(const struct cs_model *m, size_t i)
{
	uint64_t naics = m->places[m->hot[i].place].naics;

	return naics ? naics + 1 : 0;
}

static uint64_t number_version(const struct cs_model *m, size_t i)
{
	struct cs_result row = { .match = (enum cs_match)m->hot[i].match,
				 .request_size = m->cold[i].request_size };

	return (uint64_t)cs_result_version(&row) + 1;
}

/* Of a report's row 0 is unknown. */
static uint64_t number_size(const struct cs_model *m, size_t i)
{
	uint64_t size = m->cold[i].response_size;

	return m->hot[i].match == CS_MATCH_REPORT && size == 0 ? 0 : size + 1;
}

static uint64_t number_factor(const struct cs_model *m, size_t i)
{
	return cs_row_amplification(m, i);
}

/* --- numbers as text --- */

static void write_number(const struct cs_model *m, uint64_t number,
			 char out[CS_COLUMN_TEXT])
{
	(void)m;
	(void)snprintf(out, CS_COLUMN_TEXT, "%llu", (unsigned long long)(number - 1));
}

/* As a report has it: seconds, and a blank between. */
static void write_time(const struct cs_model *m, uint64_t number,
		       char out[CS_COLUMN_TEXT])
{
	enum { SECONDS = sizeof("2026-11-21 20:00:00") };
	char text[CS_TIME_TEXT];

	(void)m;
	cs_time_text((int64_t)(number - 1), text);
	text[10] = ' ';
	(void)snprintf(out, CS_COLUMN_TEXT, "%.*s", SECONDS - 1, text);
}

static void write_severity(const struct cs_model *m, uint64_t number,
			   char out[CS_COLUMN_TEXT])
{
	(void)m;
	(void)snprintf(out, CS_COLUMN_TEXT, "%s",
		       cs_severity_name((enum cs_severity)(number - 1)));
}

static void write_ip(const struct cs_model *m, uint64_t number, char out[CS_COLUMN_TEXT])
{
	cs_addr_text(&m->cold[number - 1].ip, out);
}

static void write_protocol(const struct cs_model *m, uint64_t number,
			   char out[CS_COLUMN_TEXT])
{
	(void)m, (void)number;
	(void)snprintf(out, CS_COLUMN_TEXT, "udp");
}

static void write_hundredths(const struct cs_model *m, uint64_t number,
			     char out[CS_COLUMN_TEXT])
{
	unsigned long long n = number - 1;

	(void)m;
	(void)snprintf(out, CS_COLUMN_TEXT, "%llu.%02llu", n / 100, n % 100);
}

/* --- what is asked for, as numbers --- */

static struct cs_column_range only(uint64_t value)
{
	return (struct cs_column_range){ value + 1, value + 1 };
}

static bool read_up_to(struct cs_span asked, uint64_t max, struct cs_column_range *out)
{
	uint64_t value;

	if (!cs_num_u64(asked, 0, max, &value))
		return false;
	*out = only(value);
	return true;
}

static bool read_port(const struct cs_model *m, struct cs_span asked,
		      struct cs_column_range *out)
{
	(void)m;
	return read_up_to(asked, UINT16_MAX, out);
}

static bool read_u32(const struct cs_model *m, struct cs_span asked,
		     struct cs_column_range *out)
{
	(void)m;
	return read_up_to(asked, UINT32_MAX, out);
}

/* A 0 asks for what is not known. */
static bool read_known(const struct cs_model *m, struct cs_span asked,
		       struct cs_column_range *out)
{
	if (!read_u32(m, asked, out))
		return false;
	if (out->lo == 1)
		*out = (struct cs_column_range){ 0, 0 };
	return true;
}

static bool read_asn(const struct cs_model *m, struct cs_span asked,
		     struct cs_column_range *out)
{
	if (asked.len > 2 && cs_fold_eq(cs_span_of(asked.ptr, 2), cs_span_str("as")))
		asked = cs_span_of(asked.ptr + 2, asked.len - 2);
	return read_known(m, asked, out);
}

static bool read_severity(const struct cs_model *m, struct cs_span asked,
			  struct cs_column_range *out)
{
	enum cs_severity severity;

	(void)m;
	if (!cs_severity_read(asked, &severity))
		return false;
	*out = only(severity);
	return true;
}

static bool read_protocol(const struct cs_model *m, struct cs_span asked,
			  struct cs_column_range *out)
{
	(void)m;
	*out = cs_fold_eq(asked, cs_span_str("udp"))
		       ? only(0)
		       : (struct cs_column_range){ UINT64_MAX, 0 }; /* none */
	return true;
}

/* Two digits of a fraction, or fewer; no row has more. */
static bool read_fraction(struct cs_span text, uint64_t *hundredths)
{
	static const uint64_t scale[] = { 0, 10, 1 };
	uint64_t value;

	while (text.len > 2 && text.ptr[text.len - 1] == '0')
		text.len--;
	if (text.len == 0 || text.len > 2 || !cs_num_u64(text, 0, 99, &value))
		return false;
	*hundredths = value * scale[text.len];
	return true;
}

static bool read_hundredths(const struct cs_model *m, struct cs_span asked,
			    struct cs_column_range *out)
{
	const uint8_t *dot = asked.len ? memchr(asked.ptr, '.', asked.len) : NULL;
	size_t len = dot ? (size_t)(dot - asked.ptr) : asked.len;
	uint64_t whole, rest = 0;

	(void)m;
	if (!cs_num_u64(cs_span_of(asked.ptr, len), 0, UINT64_MAX / 100 - 2, &whole))
		return false;
	if (dot && !read_fraction(cs_span_of(dot + 1, asked.len - len - 1), &rest))
		return false;
	*out = only(whole * 100 + rest);
	return true;
}

/* The first row at or above @ip. */
static size_t lower_bound(const struct cs_model *m, const struct cs_addr *ip)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cs_addr_cmp(&m->cold[mid].ip, ip) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool read_ip(const struct cs_model *m, struct cs_span asked,
		    struct cs_column_range *out)
{
	struct cs_prefix prefix;
	struct cs_range range;
	struct cs_addr above;
	size_t end;

	if (cs_prefix_read(asked, &prefix))
		return false;
	range = cs_prefix_range(&prefix);
	above = cs_addr_plus(range.hi, 1);
	end = cs_addr_cmp(&above, &range.hi) > 0 ? lower_bound(m, &above) : m->n;
	out->lo = (uint64_t)lower_bound(m, &range.lo) + 1;
	out->hi = (uint64_t)end; /* the last row below it, and one more */
	return true;
}

/* A whole day, or a second of it. */
static bool read_time(const struct cs_model *m, struct cs_span asked,
		      struct cs_column_range *out)
{
	int64_t us, span = CS_US_PER_S;
	int32_t day;

	(void)m;
	if (cs_day_read(asked, &day))
		span = CS_US_PER_DAY;
	if (!cs_time_read(asked, &us))
		return false;
	us -= us % span;
	*out = (struct cs_column_range){ (uint64_t)us + 1, (uint64_t)(us + span) };
	return true;
}

/* --- the columns --- */

#define PLACE(column, field, equal)                                       \
	{                                                                 \
		.name = (column), .kind = CS_COLUMN_PLACE,                \
		.at = offsetof(struct cs_row_place, field), .is = (equal) \
	}
#define JUDGED(column, field, equal)                                       \
	{                                                                  \
		.name = (column), .kind = CS_COLUMN_JUDGED,                \
		.at = offsetof(struct cs_row_judged, field), .is = (equal) \
	}
#define HOT(column, field, equal)                                       \
	{                                                               \
		.name = (column), .kind = CS_COLUMN_HOT,                \
		.at = offsetof(struct cs_row_hot, field), .is = (equal) \
	}
#define NUMBER(column, what, writes, reads, wants)                                   \
	{                                                                            \
		.name = (column), .kind = CS_COLUMN_NUMBER, .number = number_##what, \
		.write = write_##writes, .read = read_##reads, .want = (wants)       \
	}

static const struct cs_column columns[] = {
	NUMBER("timestamp", time, time, time, "YYYY-MM-DD or YYYY-MM-DD HH:MM:SS"),
	NUMBER("severity", severity, severity, severity,
	       "critical, high, medium, low or info"),
	NUMBER("ip", ip, ip, ip, "an address or ADDRESS/BITS"),
	NUMBER("protocol", protocol, protocol, protocol, "udp"),
	NUMBER("port", port, number, port, "0 to 65535"),
	HOT("hostname", hostname, cs_fold_eq),
	JUDGED("tag", tags, cs_fold_has_tag),
	NUMBER("version", version, number, u32, "1 or 2"),
	NUMBER("asn", asn, number, asn, "a number, with or without AS"),
	PLACE("geo", geo, cs_fold_eq),
	PLACE("region", region, cs_span_eq),
	PLACE("city", city, cs_span_eq),
	NUMBER("naics", naics, number, known, "a number"),
	PLACE("hostname_source", hostname_source, cs_span_eq),
	HOT("response", body, cs_span_eq),
	NUMBER("response_size", size, number, u32, "a number of bytes"),
	NUMBER("amplification", factor, hundredths, hundredths,
	       "a number with at most two decimals"),
	PLACE("sector", sector, cs_span_eq),
	JUDGED("stack", stack, cs_span_eq),
	PLACE("as_name", as_name, cs_span_eq),
	PLACE("owner", owner, cs_span_eq),
};

const struct cs_column *cs_column_find(struct cs_span name)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (cs_span_eq(name, cs_span_str(columns[i].name)))
			return &columns[i];
	return NULL;
}

uint32_t cs_column_text(const struct cs_column *column, const struct cs_model *m,
			size_t i)
{
	const struct cs_row_hot *hot = &m->hot[i];
	const void *from = hot;
	uint32_t number;

	if (column->kind == CS_COLUMN_PLACE)
		from = &m->places[hot->place];
	else if (column->kind == CS_COLUMN_JUDGED)
		from = &m->judged[hot->judged];
	memcpy(&number, (const uint8_t *)from + column->at, sizeof(number));
	return number;
}
