/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page_series.h"

#include <assert.h>
#include <stdlib.h>

enum {
	YEAR = 366,   /* days for which a group has .most of its keys */
	FEW = 9,      /* keys that a group may have however many days there are */
	KEYS = 65536, /* of a group that are told apart; others are one more key */
};

static const struct {
	const char *name;
	size_t most;
} groups[CS_PAGE_GROUPS] = {
	{ "total", FEW }, { "severity", FEW }, { "change", FEW }, { "source", FEW },
	{ "amp", FEW },   { "geo", 260 },      { "asn", 200 },    { "port", 50 },
	{ "stack", 50 },  { "tag", 50 },       { "code", 20 },    { "sector", 30 },
};

enum cs_err cs_page_series_init(struct cs_page_series *series, size_t days)
{
	enum cs_err err = CS_OK;

	*series = (struct cs_page_series){ .days = days };
	for (size_t i = 0; !err && i < CS_PAGE_GROUPS; i++) {
		struct cs_page_group *group = &series->group[i];

		group->name = groups[i].name;
		group->most = groups[i].most;
		group->known = cs_arena_array(&series->arena, days + 1, sizeof(bool));
		err = group->known ? cs_texts_begin(&group->texts) : CS_ERR_NOMEM;
	}
	return err;
}

void cs_page_series_clear(struct cs_page_series *series)
{
	for (size_t i = 0; i < CS_PAGE_GROUPS; i++) {
		cs_texts_clear(&series->group[i].texts);
		free(series->group[i].key);
	}
	cs_arena_clear(&series->arena);
}

static struct cs_page_group *find_group(struct cs_page_series *series,
					struct cs_span name)
{
	for (size_t i = 0; i < CS_PAGE_GROUPS; i++)
		if (cs_span_eq(name, cs_span_str(series->group[i].name)))
			return &series->group[i];
	return NULL;
}

/* Makes the keys of all texts that have none yet: numbers go up by one. */
static enum cs_err add_keys(struct cs_page_series *series, struct cs_page_group *group)
{
	while (group->n < group->texts.n) {
		size_t cap = group->cap ? 2 * group->cap : 64;
		struct cs_page_key *more = group->key;

		if (group->n == group->cap) {
			more = reallocarray(group->key, cap, sizeof(*more));
			if (!more)
				return CS_ERR_NOMEM;
			group->key = more;
			group->cap = cap;
		}
		more[group->n] = (struct cs_page_key){
			.n = cs_arena_array(&series->arena, series->days + 1,
					    sizeof(uint64_t)),
		};
		if (!more[group->n++].n)
			return CS_ERR_NOMEM;
	}
	return CS_OK;
}

enum cs_err cs_page_series_add(struct cs_page_series *series, size_t day,
			       const struct cs_store_sum *sum)
{
	struct cs_page_group *group = find_group(series, sum->group);
	struct cs_span text = sum->key;
	uint32_t number;
	enum cs_err err;

	if (!group)
		return CS_OK;
	if (group->n >= KEYS)
		text = cs_span_str("other");
	err = cs_texts_put(&group->texts, text, &number);
	if (!err)
		err = add_keys(series, group);
	if (err)
		return err;
	assert(group->key && group->key[number].n); /* add_keys() has made it */
	group->known[day] = true;
	group->key[number].n[day] += sum->n;
	group->key[number].sum += sum->n;
	return CS_OK;
}

/* Most first; then by text, so that the same data is the same page. */
static int by_sum(const void *a, const void *b)
{
	const struct cs_page_key *x = a, *y = b;

	if (x->sum != y->sum)
		return x->sum > y->sum ? -1 : 1;
	return cs_texts_order(x->text, y->text);
}

/* The keys that have anything, in order; their numbers are lost. */
static void sort_keys(struct cs_page_group *group)
{
	size_t n = 0;

	for (size_t k = 0; k < group->n; k++) {
		group->key[k].text = cs_texts_at(&group->texts, (uint32_t)k);
		if (group->key[k].sum > 0)
			group->key[n++] = group->key[k];
	}
	group->n = n;
	if (n > 0)
		qsort(group->key, n, sizeof(group->key[0]), by_sum);
}

static void write_days(const struct cs_page_series *series,
		       const struct cs_page_group *group, const uint64_t *n,
		       struct cs_json *j)
{
	cs_json_array(j);
	for (size_t i = 0; i < series->days; i++)
		if (group->known[i])
			cs_json_uint(j, n[i]);
		else
			cs_json_null(j);
	cs_json_array_end(j);
}

/* Adds the keys from @first on into the first of them. */
static void fold_rest(const struct cs_page_series *series, struct cs_page_group *group,
		      size_t first)
{
	for (size_t k = first + 1; k < group->n; k++)
		for (size_t i = 0; i < series->days; i++)
			group->key[first].n[i] += group->key[k].n[i];
}

static size_t most_keys(const struct cs_page_series *series,
			const struct cs_page_group *group)
{
	size_t most = group->most;

	if (series->days > YEAR)
		most = most * YEAR / series->days;
	return most > FEW ? most : FEW;
}

static void write_group(const struct cs_page_series *series, struct cs_page_group *group,
			struct cs_json *j)
{
	size_t most = most_keys(series, group);

	sort_keys(group);
	cs_json_object(j);
	cs_json_key(j, "keys");
	cs_json_array(j);
	for (size_t k = 0; k < group->n && k < most; k++) {
		cs_json_array(j);
		cs_json_string(j, group->key[k].text);
		write_days(series, group, group->key[k].n, j);
		cs_json_array_end(j);
	}
	cs_json_array_end(j);
	cs_json_key(j, "left_out");
	cs_json_uint(j, group->n > most ? group->n - most : 0);
	cs_json_key(j, "rest");
	if (group->n > most) {
		fold_rest(series, group, most);
		write_days(series, group, group->key[most].n, j);
	} else {
		cs_json_null(j);
	}
	cs_json_object_end(j);
}

void cs_page_series_write(struct cs_page_series *series, struct cs_json *j)
{
	cs_json_object(j);
	for (size_t i = 0; i < CS_PAGE_GROUPS; i++) {
		cs_json_key(j, series->group[i].name);
		write_group(series, &series->group[i], j);
	}
	cs_json_object_end(j);
}
