/* SPDX-License-Identifier: Apache-2.0 */
#include "report/diff_write.h"

#include "base/clock.h"
#include "coap/code.h"
#include "out/csv.h"
#include "out/json.h"
#include "report/diff_table.h"

static const struct {
	enum cs_change_part part;
	const char *name;
} parts[] = {
	{ CS_PART_RESPONSE, "response" },
	{ CS_PART_STACK, "stack" },
	{ CS_PART_SEVERITY, "severity" },
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

/* One side of a difference, as both forms for programs write it. */
struct side {
	const struct cs_result *result;
	struct cs_enriched enriched; /* zeroed: it was not */
	char time[CS_TIME_TEXT];
	char code[CS_CODE_TEXT]; /* "": not known */
	bool has_amplification, has_size;
	uint64_t amplification;
	const char *severity; /* NULL: it was not judged */
};

static struct side side_of(const struct cs_result *result,
			   const struct cs_enriched *enriched)
{
	struct side side = { .result = result };
	struct cs_reading reading;

	if (enriched)
		side.enriched = *enriched;
	if (side.enriched.judged)
		side.severity = cs_severity_name(side.enriched.judgement.severity);
	cs_time_text(result->time_us, side.time);
	cs_result_read(result, &reading);
	if (reading.has_header)
		cs_code_text(reading.code, side.code);
	side.has_size = !reading.reported || result->response_size > 0;
	side.has_amplification = cs_result_amplification(result, &side.amplification);
	return side;
}

/* --- CSV --- */

static const char *const side_names[] = { "time",          "code",  "response_size",
					  "amplification", "stack", "severity",
					  "hostname",      "asn",   "geo" };
enum { SIDE_CELLS = sizeof(side_names) / sizeof(side_names[0]) };

static void csv_heads(FILE *to)
{
	static const char *const heads[] = { "change", "parts",      "ip",       "port",
					     "from",   "first_seen", "last_seen" };
	static const char *const sides[] = { "before", "after" };
	struct cs_csv csv = cs_csv_to(to);
	char name[48];

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		cs_csv_name(&csv, heads[i]);
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < SIDE_CELLS; i++) {
			(void)snprintf(name, sizeof(name), "%s_%s", sides[s],
				       side_names[i]);
			cs_csv_name(&csv, name);
		}
	cs_csv_row_end(&csv);
}

static void csv_text(struct cs_csv *csv, const char *text)
{
	cs_csv_cell(csv, cs_span_str(text ? text : ""));
}

static void csv_uint_if(struct cs_csv *csv, bool known, uint64_t value)
{
	if (known)
		cs_csv_uint(csv, value);
	else
		csv_text(csv, NULL);
}

static void csv_side(struct cs_csv *csv, const struct cs_result *result,
		     const struct cs_enriched *enriched)
{
	struct side side;

	for (size_t i = 0; !result && i < SIDE_CELLS; i++)
		csv_text(csv, NULL);
	if (!result)
		return;
	side = side_of(result, enriched);
	csv_text(csv, side.time);
	csv_text(csv, side.code);
	csv_uint_if(csv, side.has_size, result->response_size);
	if (side.has_amplification)
		cs_csv_hundredths(csv, side.amplification);
	else
		csv_text(csv, NULL);
	cs_csv_field(csv, side.enriched.judgement.stack);
	csv_text(csv, side.severity);
	cs_csv_field(csv, side.enriched.hostname);
	csv_uint_if(csv, side.enriched.place.asn > 0, side.enriched.place.asn);
	cs_csv_field(csv, side.enriched.place.geo);
}

static void csv_parts(struct cs_csv *csv, unsigned set)
{
	char text[32] = "";
	size_t at = 0;

	for (size_t i = 0; i < PARTS; i++)
		if (set & parts[i].part)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
					       at ? ";" : "", parts[i].name);
	csv_text(csv, text);
}

static void csv_time(struct cs_csv *csv, int64_t us)
{
	char text[CS_TIME_TEXT] = "";

	if (us > 0)
		cs_time_text(us, text);
	csv_text(csv, text);
}

static void csv_row(FILE *to, const struct cs_diff_row *row)
{
	const struct cs_result *at = row->after ? row->after : row->before;
	char ip[CS_ADDR_TEXT], from[CS_ADDR_TEXT] = "";
	struct cs_csv csv = cs_csv_to(to);

	cs_addr_text(&at->ip, ip);
	if (row->change == CS_CHANGE_MOVED)
		cs_addr_text(&row->from, from);
	csv_text(&csv, cs_change_name(row->change));
	csv_parts(&csv, row->parts);
	csv_text(&csv, ip);
	cs_csv_uint(&csv, at->port);
	csv_text(&csv, from);
	csv_time(&csv, row->first_us);
	csv_time(&csv, row->last_us);
	csv_side(&csv, row->before, row->enriched_before);
	csv_side(&csv, row->after, row->enriched_after);
	cs_csv_row_end(&csv);
}

/* --- JSON lines --- */

static void json_side(struct cs_json *j, const char *key, const struct cs_result *result,
		      const struct cs_enriched *enriched)
{
	struct side side;

	cs_json_key(j, key);
	if (!result) {
		cs_json_null(j);
		return;
	}
	side = side_of(result, enriched);
	cs_json_object(j);
	cs_json_put_word(j, "time", side.time);
	cs_json_put_word(j, "code", side.code[0] ? side.code : NULL);
	cs_json_put_uint_if(j, "response_size", side.has_size, result->response_size);
	cs_json_key(j, "amplification");
	if (side.has_amplification)
		cs_json_fixed(j, side.amplification, 2);
	else
		cs_json_null(j);
	cs_json_put_text(j, "stack", side.enriched.judgement.stack);
	cs_json_put_word(j, "severity", side.severity);
	cs_json_put_text(j, "hostname", side.enriched.hostname);
	cs_json_put_uint_if(j, "asn", side.enriched.place.asn > 0,
			    side.enriched.place.asn);
	cs_json_put_text(j, "geo", side.enriched.place.geo);
	cs_json_object_end(j);
}

static void json_row(FILE *to, const struct cs_diff_row *row)
{
	const struct cs_result *at = row->after ? row->after : row->before;
	char ip[CS_ADDR_TEXT], from[CS_ADDR_TEXT];
	struct cs_json j = cs_json_to(to);

	cs_addr_text(&at->ip, ip);
	cs_addr_text(&row->from, from);
	cs_json_object(&j);
	cs_json_put_word(&j, "schema", "coapscope.diff/1");
	cs_json_put_word(&j, "change", cs_change_name(row->change));
	cs_json_key(&j, "parts");
	cs_json_array(&j);
	for (size_t i = 0; i < PARTS; i++)
		if (row->parts & parts[i].part)
			cs_json_word(&j, parts[i].name);
	cs_json_array_end(&j);
	cs_json_put_word(&j, "ip", ip);
	cs_json_put_uint(&j, "port", at->port);
	cs_json_put_word(&j, "from", row->change == CS_CHANGE_MOVED ? from : NULL);
	cs_json_put_time_if(&j, "first_seen", row->first_us > 0, row->first_us);
	cs_json_put_time_if(&j, "last_seen", row->last_us > 0, row->last_us);
	json_side(&j, "before", row->before, row->enriched_before);
	json_side(&j, "after", row->after, row->enriched_after);
	cs_json_object_end(&j);
	cs_json_line(&j);
}

/* --- all of them --- */

enum cs_err cs_diff_out_begin(struct cs_diff_out *out)
{
	if (out->form == CS_DIFF_CSV)
		csv_heads(out->to);
	if (out->form != CS_DIFF_TABLE)
		return CS_OK;
	out->table = cs_diff_table_new();
	return out->table ? CS_OK : CS_ERR_NOMEM;
}

enum cs_err cs_diff_out_row(void *arg, const struct cs_diff_row *row)
{
	struct cs_diff_out *out = arg;

	out->counts[row->change]++;
	if (out->form == CS_DIFF_TABLE)
		cs_diff_table_row(out->table, row);
	else if (out->form == CS_DIFF_CSV)
		csv_row(out->to, row);
	else
		json_row(out->to, row);
	return ferror(out->to) ? CS_ERR_IO : CS_OK;
}

char *cs_diff_out_summary(const struct cs_diff_out *out, int32_t before, int32_t after,
			  char text[CS_DIFF_SUMMARY])
{
	char from[CS_DAY_TEXT], to[CS_DAY_TEXT];
	unsigned long long n[CS_CHANGES];

	for (size_t i = 0; i < CS_CHANGES; i++)
		n[i] = out->counts[i];
	cs_day_text(before * CS_US_PER_DAY, from);
	cs_day_text(after * CS_US_PER_DAY, to);
	(void)snprintf(text, CS_DIFF_SUMMARY,
		       "%s to %s: %llu new, %llu moved, %llu changed, %llu gone, "
		       "%llu not probed",
		       from, to, n[CS_CHANGE_NEW], n[CS_CHANGE_MOVED],
		       n[CS_CHANGE_CHANGED], n[CS_CHANGE_GONE], n[CS_CHANGE_NOT_PROBED]);
	return text;
}

static bool any(const struct cs_diff_out *out)
{
	for (size_t i = 0; i < CS_CHANGES; i++)
		if (i != CS_CHANGE_NOT_PROBED && out->counts[i] > 0)
			return true;
	return false;
}

enum cs_err cs_diff_out_finish(struct cs_diff_out *out, int32_t before, int32_t after)
{
	char text[CS_DIFF_SUMMARY];

	if (out->form != CS_DIFF_TABLE || (out->quiet && !any(out)))
		return CS_OK;
	(void)fprintf(out->to, "%s\n", cs_diff_out_summary(out, before, after, text));
	return cs_diff_table_print(out->table, out);
}

void cs_diff_out_end(struct cs_diff_out *out)
{
	cs_diff_table_free(out->table);
	out->table = NULL;
}
