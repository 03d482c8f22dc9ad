/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope.overview/1: everything but the list; docs/page-data.md says what
 * stands in it. Made from the summaries of the days alone, but for one owner's
 * page: there every day is counted, so that nothing of others is told.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "report/owners.h"
#include "report/page_days.h"
#include "report/page_series.h"

enum {
	DAYS = 4000,                     /* the newest, if there are more */
	TREE_BYTES = 1024 * 1024,        /* of the tree's keys; the rest is one number */
	ABOUT_BYTES = 64 * 1024,         /* of what is said of the sources */
	ESCAPED = sizeof("\\u0000") - 1, /* bytes that a byte of text may become */
};

/* A part of the tree map: "CC TAB ASN NAME TAB stack". */
struct leaf {
	struct leaf *next;
	struct cs_span path;
	uint64_t n;
};

struct overview {
	struct cs_store *store;
	const struct cs_page_want *want;
	struct cs_arena arena;
	struct cs_store_day *days; /* those that are shown */
	size_t n, at;              /* at: of the sum that came last */
	struct cs_page_series series;
	struct leaf *leaves, **end; /* of the last day */
};

enum cs_err cs_page_days(struct cs_store *store, const struct cs_page_want *want,
			 struct cs_arena *arena, struct cs_store_day **days, size_t *n)
{
	struct cs_store_day *all;
	size_t count = 0, kept = 0;
	enum cs_err err = cs_store_days(store, arena, &all, &count);

	for (size_t i = 0; !err && i < count; i++)
		if (all[i].day >= want->first && all[i].day <= want->last &&
		    (want->owners || want->count || all[i].summary_stamp != 0))
			all[kept++] = all[i];
	*days = kept > DAYS ? all + (kept - DAYS) : all;
	*n = kept > DAYS ? DAYS : kept;
	return err;
}

static enum cs_err take_sum(struct overview *o, size_t day,
			    const struct cs_store_sum *sum)
{
	struct leaf *leaf;
	char *path;

	if (!cs_span_eq(sum->group, cs_span_str("tree")))
		return cs_page_series_add(&o->series, day, sum);
	leaf = cs_arena_alloc(&o->arena, sizeof(*leaf));
	path = cs_arena_text(&o->arena, sum->key);
	if (!leaf || !path)
		return CS_ERR_NOMEM;
	leaf->path = cs_span_of(path, sum->key.len);
	leaf->n = sum->n;
	*o->end = leaf;
	o->end = &leaf->next;
	return CS_OK;
}

/* A cs_store_sum_fn; days come in order, and some may not be shown. */
static enum cs_err see_sum(void *arg, int32_t day, const struct cs_store_sum *sum)
{
	struct overview *o = arg;

	while (o->at < o->n && o->days[o->at].day < day)
		o->at++;
	if (o->at == o->n || o->days[o->at].day != day)
		return CS_OK;
	return take_sum(o, o->at, sum);
}

static enum cs_err read_group(struct overview *o, const char *group, int32_t first)
{
	o->at = 0;
	return cs_store_summary_each(o->store, first, o->days[o->n - 1].day, group,
				     see_sum, o);
}

static enum cs_err read_summaries(struct overview *o)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < CS_PAGE_GROUPS; i++)
		err = read_group(o, o->series.group[i].name, o->days[0].day);
	return err ? err : read_group(o, "tree", o->days[o->n - 1].day);
}

static enum cs_err count_days(struct overview *o)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < o->n; i++) {
		struct cs_sums sums = { 0 };

		if (!o->want->owners && o->days[i].summary_stamp != 0)
			continue;
		err = cs_page_count_day(o->store, o->want, o->days[i].day, &sums);
		for (size_t k = 0; !err && k < sums.n; k++)
			if (i + 1 == o->n ||
			    !cs_span_eq(sums.at[k].group, cs_span_str("tree")))
				err = take_sum(o, i, &sums.at[k]);
		cs_sums_clear(&sums);
	}
	return err;
}

static void put_day(struct cs_json *j, int32_t day)
{
	char text[CS_DAY_TEXT];

	cs_day_text(day * CS_US_PER_DAY, text);
	cs_json_word(j, text);
}

static void write_head(const struct overview *o, struct cs_json *j)
{
	const struct cs_page_want *want = o->want;

	cs_json_key(j, "schema");
	cs_json_word(j, "coapscope.overview/1");
	cs_json_key(j, "version");
	cs_json_word(j, CS_VERSION);
	cs_json_key(j, "made");
	cs_json_time(j, want->now_us);
	cs_json_key(j, "owner");
	cs_json_word(j,
		     want->owners ? cs_owners_at(want->owners, want->owner)->name : NULL);
	cs_json_key(j, "days");
	cs_json_array(j);
	for (size_t i = 0; i < o->n; i++)
		put_day(j, o->days[i].day);
	cs_json_array_end(j);
	cs_json_key(j, "incomplete");
	cs_json_array(j);
	for (size_t i = 0; i < o->n; i++)
		if (o->days[i].missing > 0)
			put_day(j, o->days[i].day);
	cs_json_array_end(j);
}

static void write_tree(const struct overview *o, struct cs_json *j)
{
	size_t room = TREE_BYTES / ESCAPED;
	uint64_t rest = 0;

	cs_json_key(j, "tree");
	if (o->n == 0) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	cs_json_key(j, "day");
	put_day(j, o->days[o->n - 1].day);
	cs_json_key(j, "rows");
	cs_json_array(j);
	for (const struct leaf *leaf = o->leaves; leaf; leaf = leaf->next) {
		if (leaf->path.len > room) {
			rest += leaf->n;
			continue;
		}
		room -= leaf->path.len;
		cs_json_array(j);
		cs_json_string(j, leaf->path);
		cs_json_uint(j, leaf->n);
		cs_json_array_end(j);
	}
	cs_json_array_end(j);
	cs_json_key(j, "rest");
	cs_json_uint(j, rest);
	cs_json_object_end(j);
}

/* Where places and names of the last day are from: JSON texts, as texts. */
static enum cs_err write_sources(struct overview *o, struct cs_json *j)
{
	struct cs_span *about = NULL;
	size_t n = 0, room = ABOUT_BYTES;
	enum cs_err err = CS_OK;

	if (o->n > 0)
		err = cs_store_enriched_by(o->store, o->days[o->n - 1].day, &o->arena,
					   &about, &n);
	if (err == CS_ERR_DAMAGED || err == CS_ERR_NOT_FOUND) {
		err = CS_OK; /* nothing is known of it; the figures stand by themselves */
		n = 0;
	}
	cs_json_key(j, "sources");
	cs_json_array(j);
	for (size_t i = 0; !err && i < n && about[i].len <= room; i++) {
		cs_json_string(j, about[i]);
		room -= about[i].len;
	}
	cs_json_array_end(j);
	return err;
}

static enum cs_err write(struct overview *o, FILE *to)
{
	struct cs_json j = cs_json_to_html(to);
	enum cs_err err;

	cs_json_object(&j);
	write_head(o, &j);
	cs_json_key(&j, "groups");
	cs_page_series_write(&o->series, &j);
	write_tree(o, &j);
	err = write_sources(o, &j);
	cs_json_object_end(&j);
	return err ? err : ferror(to) ? CS_ERR_IO : CS_OK;
}

enum cs_err cs_page_write_overview(struct cs_store *store,
				   const struct cs_page_want *want, FILE *to)
{
	struct overview o = { .store = store, .want = want };
	enum cs_err err = cs_page_days(store, want, &o.arena, &o.days, &o.n);

	o.end = &o.leaves;
	if (!err)
		err = cs_page_series_init(&o.series, o.n);
	if (!err && o.n > 0)
		err = want->owners ? CS_OK : read_summaries(&o);
	if (!err && o.n > 0 && (want->owners || want->count))
		err = count_days(&o);
	if (!err)
		err = write(&o, to);
	cs_page_series_clear(&o.series);
	cs_arena_clear(&o.arena);
	return err;
}
