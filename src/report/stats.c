/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stats.h"

#include <stdlib.h>

#include "base/num.h"
#include "report/asked.h"
#include "report/diff.h"
#include "report/keep.h"
#include "report/settle.h"
#include "report/texts.h"

_Static_assert(sizeof(((struct cs_stats_day *)0)->changes) ==
		       CS_CHANGES * sizeof(uint64_t),
	       "a place for each change");

struct finding {
	struct cs_store *store;
	const struct cs_stats_want *want;
	struct cs_stats *stats;
	bool keep; /* sums of this day are kept: it is the last */
};

static bool is(struct cs_span text, const char *word)
{
	return cs_span_eq(text, cs_span_str(word));
}

/* What a sum is of a day in short. */
static void note(struct cs_stats_day *day, const struct cs_store_sum *sum)
{
	if (is(sum->group, "total") && is(sum->key, "services"))
		day->services = sum->n;
	else if (is(sum->group, "total") && is(sum->key, "addresses"))
		day->addresses = sum->n;
	else if (is(sum->group, "total") && is(sum->key, "ipv6"))
		day->ipv6 = sum->n;
	if (!is(sum->group, "change"))
		return;
	day->has_changes = true;
	for (unsigned c = 0; c < CS_CHANGES; c++)
		if (is(sum->key, cs_change_name((enum cs_change)c)))
			day->changes[c] = sum->n;
}

static enum cs_err keep_sum(struct cs_stats *stats, const struct cs_store_sum *sum)
{
	const char *group = cs_arena_text(&stats->last.arena, sum->group);
	const char *key = cs_arena_text(&stats->last.arena, sum->key);

	if (!group || !key)
		return CS_ERR_NOMEM;
	return cs_sums_add(&stats->last, group, cs_span_of(key, sum->key.len), sum->n);
}

static enum cs_err take(void *arg, int32_t number, const struct cs_store_sum *sum)
{
	struct finding *f = arg;
	enum cs_err err = CS_OK;

	note(&f->stats->days[f->stats->n], sum);
	if (f->keep)
		err = keep_sum(f->stats, sum);
	if (!err && f->want->each)
		err = f->want->each(f->want->arg, number, sum);
	return err;
}

/* --- counted anew --- */

static enum cs_err count_rows(struct finding *f, const struct cs_model *model,
			      struct cs_sums *sums)
{
	const struct cs_query query = { .owners = f->want->owners,
					.owner = f->want->owner };
	char why[CS_QUERY_WHY]; /* never set: nothing is asked that may be wrong */
	struct cs_keep keep;
	bool sample = false;
	enum cs_err err = cs_day_is_sample(f->store, cs_model_day(model), &sample);

	if (err)
		return err;
	err = cs_keep_find(model, &query, &keep, why);
	if (!err)
		err = cs_count(model, keep.row, sample, sums);
	cs_keep_clear(&keep);
	return err;
}

static enum cs_err count_day(struct finding *f, int32_t day)
{
	struct cs_model *model = NULL;
	struct cs_sums sums = { 0 };
	enum cs_err err = cs_model_load(f->store, day, true, &model);

	if (!err)
		err = count_rows(f, model, &sums);
	for (size_t i = 0; !err && i < sums.n; i++)
		err = take(f, day, &sums.at[i]);
	cs_sums_clear(&sums);
	cs_model_free(model);
	return err;
}

/* --- the order in which the last day's sums are shown --- */

/* The worst severity first, the lowest amplification first. */
static unsigned rank(const struct cs_store_sum *sum)
{
	enum cs_severity severity;
	uint64_t from;

	if (cs_severity_read(sum->key, &severity))
		return CS_SEVERITIES - severity;
	return cs_num_u64(sum->key, 0, UINT32_MAX, &from) ? (unsigned)from : UINT32_MAX;
}

static int sum_order(const void *a, const void *b)
{
	const struct cs_store_sum *x = a, *y = b;
	int order = cs_texts_order(x->group, y->group);

	if (order != 0)
		return order;
	if (is(x->group, "severity") || is(x->group, "amp"))
		return (rank(x) > rank(y)) - (rank(x) < rank(y));
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return cs_texts_order(x->key, y->key);
}

/* --- all of it --- */

static enum cs_err find_day(struct finding *f, const struct cs_store_day *days, size_t n,
			    size_t i)
{
	/* In short is enough, unless somebody wants to see it all. */
	bool whole = f->keep || f->want->each;
	int32_t day = days[i].day;
	enum cs_err err;

	f->stats->days[f->stats->n] = (struct cs_stats_day){ .day = day };
	if (f->want->owners || !cs_settled(days, n, i))
		err = count_day(f, day);
	else if (whole)
		err = cs_store_summary_each(f->store, day, day, NULL, take, f);
	else {
		err = cs_store_summary_each(f->store, day, day, "total", take, f);
		if (!err)
			err = cs_store_summary_each(f->store, day, day, "change", take,
						    f);
	}
	f->stats->n++;
	return err;
}

/* The last day that is wanted and has data; n: none. */
static size_t find_last(const struct cs_store_day *days, size_t n,
			const struct cs_stats_want *want)
{
	for (size_t i = n; i-- > 0;)
		if (days[i].day <= want->last && days[i].rows > 0)
			return days[i].day >= want->first ? i : n;
	return n;
}

enum cs_err cs_stats_find(struct cs_store *store, const struct cs_stats_want *want,
			  struct cs_stats *stats)
{
	struct finding f = { .store = store, .want = want, .stats = stats };
	struct cs_store_day *days;
	size_t n = 0, last;
	enum cs_err err;

	*stats = (struct cs_stats){ 0 };
	err = cs_store_days(store, &stats->arena, &days, &n);
	if (err)
		return err;
	stats->days = cs_arena_array(&stats->arena, n + 1, sizeof(*stats->days));
	if (!stats->days)
		return CS_ERR_NOMEM;
	last = find_last(days, n, want);
	for (size_t i = 0; !err && last < n && i <= last; i++) {
		f.keep = i == last;
		if (days[i].day >= want->first && days[i].rows > 0)
			err = find_day(&f, days, n, i);
	}
	if (!err && last < n)
		err = cs_store_enriched_by(store, days[last].day, &stats->arena,
					   &stats->enriched_by, &stats->n_enriched_by);
	if (stats->last.n > 0)
		qsort(stats->last.at, stats->last.n, sizeof(stats->last.at[0]),
		      sum_order);
	return err;
}

void cs_stats_clear(struct cs_stats *stats)
{
	cs_sums_clear(&stats->last);
	cs_arena_clear(&stats->arena);
	*stats = (struct cs_stats){ 0 };
}
