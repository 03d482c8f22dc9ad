/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by country, network, its name and stack; then by fewer and fewer of
 * these. A network may have several names, from databases of different days:
 * the one of most rows stands for it.
 */
#include "report/count_tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "report/radix.h"

struct leaf {
	uint32_t asn, name, geo, stack; /* all but asn are numbers of texts */
	uint64_t n;
};

struct leaves {
	const struct cs_model *model;
	struct leaf *at; /* owned */
	size_t n;
};

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_all(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;
	int order = compare(x->asn, y->asn);

	if (order == 0)
		order = compare(x->name, y->name);
	if (order == 0)
		order = compare(x->geo, y->geo);
	return order ? order : compare(x->stack, y->stack);
}

/* Adds up those that are equal in @order, which they are sorted by. */
static void merge(struct leaves *leaves, int (*order)(const void *, const void *))
{
	size_t n = 0;

	if (leaves->n > 0)
		qsort(leaves->at, leaves->n, sizeof(leaves->at[0]), order);
	for (size_t i = 0; i < leaves->n; i++)
		if (n > 0 && order(&leaves->at[n - 1], &leaves->at[i]) == 0)
			leaves->at[n - 1].n += leaves->at[i].n;
		else
			leaves->at[n++] = leaves->at[i];
	leaves->n = n;
}

static struct leaf leaf_of(const struct cs_model *m, uint32_t place, uint32_t judged)
{
	return (struct leaf){ .asn = m->places[place].asn,
			      .name = m->places[place].as_name,
			      .geo = m->places[place].geo,
			      .stack = m->judged[judged].stack };
}

/* One leaf for each place and judgement that occur together. */
static enum cs_err find(struct leaves *leaves, const struct cs_keep *keep)
{
	const struct cs_model *m = leaves->model;
	struct cs_radix_item *items = calloc(keep->total + 1, sizeof(*items));
	size_t n = 0;
	enum cs_err err = items ? CS_OK : CS_ERR_NOMEM;

	for (size_t i = 0; !err && i < m->n; i++)
		if (keep->row[i])
			items[n++].key =
				(uint64_t)m->hot[i].place << 32 | m->hot[i].judged;
	if (!err)
		err = cs_radix_sort(items, n);
	leaves->at = calloc(n + 1, sizeof(leaves->at[0]));
	if (!leaves->at)
		err = CS_ERR_NOMEM;
	for (size_t i = 0; !err && i < n; i++) {
		if (i == 0 || items[i].key != items[i - 1].key)
			leaves->at[leaves->n++] =
				leaf_of(m, (uint32_t)(items[i].key >> 32),
					(uint32_t)items[i].key);
		leaves->at[leaves->n - 1].n++;
	}
	free(items);
	if (!err)
		merge(leaves, by_all);
	return err;
}

/* Gives all leaves of a network the name that most of its rows have. */
static void name(struct leaves *leaves)
{
	for (size_t i = 0, end; i < leaves->n; i = end) {
		uint64_t most = 0, n = 0;
		uint32_t best = leaves->at[i].name;

		for (end = i; end < leaves->n && leaves->at[end].asn == leaves->at[i].asn;
		     end++) {
			if (end > i && leaves->at[end].name != leaves->at[end - 1].name)
				n = 0;
			n += leaves->at[end].n;
			if (n > most) {
				most = n;
				best = leaves->at[end].name;
			}
		}
		for (size_t k = i; k < end; k++)
			leaves->at[k].name = best;
	}
}

static int by_asn(const void *a, const void *b)
{
	return compare(((const struct leaf *)a)->asn, ((const struct leaf *)b)->asn);
}

/* Most first; then by number, country and stack, so that the cut is the same always. */
static int by_count(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	return x->n != y->n ? compare(y->n, x->n) : by_all(a, b);
}

/* "64512 NAME", as much of it as is known. */
static int network(const struct cs_model *m, const struct leaf *leaf, FILE *to)
{
	struct cs_span as_name = cs_texts_at(&m->texts, leaf->name);

	if (leaf->asn == 0)
		return 0;
	if (fprintf(to, "%u", leaf->asn) < 0)
		return -1;
	if (as_name.len == 0)
		return 0;
	(void)fputc(' ', to);
	return fwrite(as_name.ptr, 1, as_name.len, to) == as_name.len ? 0 : -1;
}

/* A key's part; a TAB in it would end it. */
static void part(const struct cs_model *m, uint32_t text, FILE *to)
{
	struct cs_span span = cs_texts_at(&m->texts, text);

	for (size_t i = 0; i < span.len; i++)
		(void)fputc(span.ptr[i] == '\t' ? ' ' : span.ptr[i], to);
}

static enum cs_err key_of(const struct cs_model *m, const struct leaf *leaf, bool tree,
			  struct cs_arena *arena, struct cs_span *key)
{
	char *text = NULL, *kept = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	int bad;

	if (!to)
		return CS_ERR_NOMEM;
	if (tree) {
		part(m, leaf->geo, to);
		(void)fputc('\t', to);
	}
	bad = network(m, leaf, to);
	if (tree) {
		(void)fputc('\t', to);
		part(m, leaf->stack, to);
	}
	bad |= fclose(to);
	if (!bad)
		kept = cs_arena_text(arena, cs_span_of(text, len));
	free(text);
	*key = cs_span_of(kept, len);
	return kept ? CS_OK : CS_ERR_NOMEM;
}

static enum cs_err add_all(struct leaves *leaves, bool tree, struct cs_sums *sums)
{
	const char *group = tree ? "tree" : "asn";
	size_t most = tree ? CS_COUNT_TREE : CS_COUNT_KEYS;
	enum cs_err err = CS_OK;
	struct cs_span key;
	uint64_t rest = 0;

	if (leaves->n > 0)
		qsort(leaves->at, leaves->n, sizeof(leaves->at[0]), by_count);
	for (size_t i = 0; !err && i < leaves->n; i++) {
		if (i >= most) {
			rest += leaves->at[i].n;
			continue;
		}
		err = key_of(leaves->model, &leaves->at[i], tree, &sums->arena, &key);
		if (!err)
			err = cs_sums_add(sums, group, key, leaves->at[i].n);
	}
	if (err || rest == 0)
		return err;
	return cs_sums_add(sums, group, cs_span_str(tree ? "\t\t" : "other"), rest);
}

static enum cs_err count(const struct cs_model *m, const struct cs_keep *keep, bool tree,
			 struct cs_sums *sums)
{
	struct leaves leaves = { .model = m };
	enum cs_err err = find(&leaves, keep);

	if (!err) {
		name(&leaves);
		merge(&leaves, tree ? by_all : by_asn);
		err = add_all(&leaves, tree, sums);
	}
	free(leaves.at);
	return err;
}

enum cs_err cs_count_asns(const struct cs_model *m, const struct cs_keep *keep,
			  struct cs_sums *sums)
{
	return count(m, keep, false, sums);
}

enum cs_err cs_count_tree(const struct cs_model *m, const struct cs_keep *keep,
			  struct cs_sums *sums)
{
	return count(m, keep, true, sums);
}
