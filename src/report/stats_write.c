/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stats_write.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "out/csv.h"
#include "out/json.h"
#include "report/diff.h"
#include "report/sources_json.h"

const struct cs_store_sum *cs_stats_group(const struct cs_stats *stats, const char *group,
					  size_t *n)
{
	const struct cs_store_sum *first = NULL;

	*n = 0;
	for (size_t i = 0; i < stats->last.n; i++)
		if (cs_span_eq(stats->last.at[i].group, cs_span_str(group))) {
			first = first ? first : &stats->last.at[i];
			++*n;
		}
	return first;
}

/* --- CSV --- */

void cs_stats_csv_begin(FILE *to)
{
	struct cs_csv csv = cs_csv_to(to);

	cs_csv_name(&csv, "day");
	cs_csv_name(&csv, "group");
	cs_csv_name(&csv, "key");
	cs_csv_name(&csv, "n");
	cs_csv_row_end(&csv);
}

enum cs_err cs_stats_csv_row(void *arg, int32_t day, const struct cs_store_sum *sum)
{
	struct cs_csv csv = cs_csv_to(arg);
	char text[CS_DAY_TEXT];

	cs_day_text(day * CS_US_PER_DAY, text);
	cs_csv_cell(&csv, cs_span_str(text));
	cs_csv_field(&csv, sum->group);
	cs_csv_field(&csv, sum->key);
	cs_csv_uint(&csv, sum->n);
	cs_csv_row_end(&csv);
	return ferror(csv.to) ? CS_ERR_IO : CS_OK;
}

/* --- JSON --- */

static void put_day(struct cs_json *j, const struct cs_stats_day *day)
{
	char text[CS_DAY_TEXT];

	cs_day_text(day->day * CS_US_PER_DAY, text);
	cs_json_object(j);
	cs_json_key(j, "day");
	cs_json_word(j, text);
	cs_json_put_uint(j, "services", day->services);
	cs_json_put_uint(j, "addresses", day->addresses);
	cs_json_put_uint(j, "ipv6", day->ipv6);
	for (unsigned c = 0; c < CS_CHANGES; c++)
		cs_json_put_uint_if(j, cs_change_name((enum cs_change)c),
				    day->has_changes, day->changes[c]);
	cs_json_object_end(j);
}

/* "amp" has numbers for keys: hundredths. */
static void put_key(struct cs_json *j, const char *group, struct cs_span key)
{
	uint64_t from;

	cs_json_key(j, "key");
	if (key.len == 0)
		cs_json_null(j);
	else if (strcmp(group, "amp") == 0 && cs_num_u64(key, 0, UINT32_MAX, &from))
		cs_json_fixed(j, from, 2);
	else
		cs_json_string(j, key);
}

static void put_group(struct cs_json *j, const struct cs_stats *stats, const char *name,
		      const char *group)
{
	size_t n;
	const struct cs_store_sum *sums = cs_stats_group(stats, group, &n);

	cs_json_key(j, name);
	cs_json_array(j);
	for (size_t i = 0; i < n; i++) {
		cs_json_object(j);
		put_key(j, group, sums[i].key);
		cs_json_put_uint(j, "n", sums[i].n);
		cs_json_object_end(j);
	}
	cs_json_array_end(j);
}

static void put_days(struct cs_json *j, const struct cs_stats *stats)
{
	cs_json_key(j, "days");
	cs_json_array(j);
	for (size_t i = 0; i < stats->n; i++)
		put_day(j, &stats->days[i]);
	cs_json_array_end(j);
}

void cs_stats_write_json(const struct cs_stats *stats, const char *owner, FILE *to)
{
	static const char *const groups[][2] = {
		{ "geo", "geo" },           { "asn", "asn" },
		{ "port", "port" },         { "stack", "stack" },
		{ "severity", "severity" }, { "tag", "tag" },
		{ "amplification", "amp" }, { "code", "code" },
		{ "sector", "sector" },     { "source", "source" },
	};
	struct cs_json j = cs_json_to(to);
	char day[CS_DAY_TEXT];

	cs_json_object(&j);
	cs_json_key(&j, "schema");
	cs_json_word(&j, "coapscope.stats/1");
	cs_json_key(&j, "owner");
	cs_json_word(&j, owner);
	put_days(&j, stats);
	if (stats->n > 0)
		cs_day_text(stats->days[stats->n - 1].day * CS_US_PER_DAY, day);
	cs_json_key(&j, "day"); /* that the groups below are of */
	cs_json_word(&j, stats->n > 0 ? day : NULL);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		put_group(&j, stats, groups[i][0], groups[i][1]);
	cs_json_key(&j, "enriched_by");
	cs_json_array(&j);
	for (size_t i = 0; i < stats->n_enriched_by; i++)
		cs_sources_write_json(&j, stats->enriched_by[i]);
	cs_json_array_end(&j);
	cs_json_object_end(&j);
	cs_json_line(&j);
}
