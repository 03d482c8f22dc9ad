/* SPDX-License-Identifier: Apache-2.0 */
#include "report/settle.h"

#include <stdlib.h>

#include "report/asked.h"
#include "report/count.h"
#include "report/diff.h"
#include "report/rows.h"

/* Raised when what is counted changes: then every day is settled anew. */
enum { SUMMARY_VERSION = 1, SEEN_GROUP = 4096 };

struct settler {
	struct cs_store *store;
	struct cs_arena arena;
	struct cs_store_day *days;
	size_t n;
	struct cs_model *model; /* loaded last, of days[at]; or NULL; owned */
	size_t at;
};

static enum cs_err open_days(struct settler *s, struct cs_store *store)
{
	*s = (struct settler){ .store = store };
	return cs_store_days(store, &s->arena, &s->days, &s->n);
}

static void close_days(struct settler *s)
{
	cs_model_free(s->model);
	cs_arena_clear(&s->arena);
}

/* The day with data before it; NULL: it is the first. */
static const struct cs_store_day *day_before(const struct cs_store_day *days, size_t i)
{
	while (i-- > 0)
		if (days[i].rows > 0)
			return &days[i];
	return NULL;
}

/* Changes when the day, the one before it, or which one that is changes. */
static uint64_t stamp_of(const struct cs_store_day *days, size_t i)
{
	const struct cs_store_day *before = day_before(days, i);
	struct cs_sipkey key = { SUMMARY_VERSION, days[i].stamp };
	uint64_t words[2] = { 0 };
	uint64_t stamp;

	if (before) {
		words[0] = before->stamp;
		words[1] = (uint64_t)(uint32_t)before->day + 1;
	}
	stamp = cs_siphash(&key, words, sizeof(words));
	return stamp ? stamp : 1;
}

bool cs_settled(const struct cs_store_day *days, size_t n, size_t i)
{
	return i < n && days[i].summary_stamp == stamp_of(days, i);
}

/* --- first and last seen --- */

static enum cs_err put_seen(struct settler *s, const struct cs_model *m)
{
	struct cs_store_seen *seen = calloc(SEEN_GROUP, sizeof(*seen));
	enum cs_err err = seen ? CS_OK : CS_ERR_NOMEM;

	for (size_t i = 0; !err && i < m->n;) {
		size_t n = 0;

		for (; n < SEEN_GROUP && i < m->n; i++)
			seen[n++] = (struct cs_store_seen){
				.ip = m->cold[i].ip,
				.port = m->cold[i].port,
				.first_us = m->cold[i].time_us,
				.last_us = m->cold[i].time_us,
			};
		err = cs_store_seen_put(s->store, seen, n);
	}
	free(seen);
	return err;
}

/* --- changes --- */

static enum cs_err count_change(void *arg, const struct cs_diff_row *row)
{
	uint64_t *counts = arg;

	counts[row->change]++;
	return CS_OK;
}

static enum cs_err add_changes(struct settler *s, const struct cs_model *before,
			       const struct cs_model *after, struct cs_sums *sums)
{
	uint64_t counts[CS_CHANGES] = { 0 };
	enum cs_err err =
		cs_diff_models(s->store, before, after, false, count_change, counts);

	for (unsigned c = 0; !err && c < CS_CHANGES; c++)
		err = cs_sums_add(sums, "change",
				  cs_span_str(cs_change_name((enum cs_change)c)),
				  counts[c]);
	return err;
}

/* --- one day --- */

/*
 * The model of the day before, perhaps the one that is there still. None, too,
 * where it is damaged: then nothing is said of changes.
 */
static enum cs_err load_before(struct settler *s, size_t i, struct cs_model **out)
{
	const struct cs_store_day *before = day_before(s->days, i);
	enum cs_err err;

	*out = NULL;
	if (!before)
		return CS_OK;
	if (s->model && &s->days[s->at] == before) {
		*out = s->model;
		s->model = NULL;
		return CS_OK;
	}
	err = cs_model_load(s->store, before->day, true, out);
	return err == CS_ERR_DAMAGED || err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static enum cs_err sum_up(struct settler *s, const struct cs_model *before,
			  const struct cs_model *model, struct cs_sums *sums)
{
	bool sample = false;
	enum cs_err err = cs_day_is_sample(s->store, model->day, &sample);

	if (!err)
		err = cs_count(model, NULL, sample, sums);
	if (!err && before)
		err = add_changes(s, before, model, sums);
	return err;
}

/* Seen first: a day with a summary is one that is done. */
static enum cs_err settle(struct settler *s, size_t i)
{
	struct cs_model *before, *model = NULL;
	struct cs_sums sums = { 0 };
	enum cs_err err = load_before(s, i, &before);

	if (!err)
		err = cs_model_load(s->store, s->days[i].day, true, &model);
	if (!err)
		err = sum_up(s, before, model, &sums);
	if (!err)
		err = put_seen(s, model);
	if (!err)
		err = cs_store_summary_put(s->store, s->days[i].day, stamp_of(s->days, i),
					   sums.at, sums.n);
	cs_sums_clear(&sums);
	cs_model_free(before);
	cs_model_free(s->model);
	s->model = model;
	s->at = i;
	return err;
}

enum cs_err cs_settle_day(struct cs_store *store, int32_t day)
{
	struct settler s;
	enum cs_err err = open_days(&s, store);

	for (size_t i = 0; !err && i < s.n; i++)
		if (s.days[i].day == day && !cs_settled(s.days, s.n, i))
			err = settle(&s, i);
	close_days(&s);
	return err;
}

/* A damaged day does not keep the others from being settled. */
enum cs_err cs_settle_all(struct cs_store *store,
			  void (*progress)(void *arg, int32_t day), void *arg)
{
	struct settler s;
	enum cs_err err = open_days(&s, store), damaged = CS_OK;

	for (size_t i = 0; !err && i < s.n; i++) {
		if (cs_settled(s.days, s.n, i))
			continue;
		if (progress)
			progress(arg, s.days[i].day);
		err = settle(&s, i);
		if (err == CS_ERR_DAMAGED) {
			damaged = err;
			err = CS_OK;
		}
	}
	close_days(&s);
	return err ? err : damaged;
}
