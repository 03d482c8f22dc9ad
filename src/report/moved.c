/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both lists are sorted by prefix, port and answer; in a group of equals, the
 * first of one is the first of the other.
 */
#include "report/moved.h"

#include <stdlib.h>

/* A shorter answer is one that too many devices give. */
enum { ANSWER_MIN = 16 };

struct key {
	struct cs_addr prefix; /* host bits zero */
	uint16_t port;
	struct cs_span body, stack;
	uint32_t lone; /* index of the list */
};

static struct cs_addr prefix_of(struct cs_addr ip)
{
	size_t bytes = cs_addr_is_v4(&ip) ? 15 : 8;

	memset(ip.b + bytes, 0, sizeof(ip.b) - bytes);
	return ip;
}

static int key_order(const struct key *a, const struct key *b)
{
	int order = cs_addr_cmp(&a->prefix, &b->prefix);

	if (order == 0)
		order = (a->port > b->port) - (a->port < b->port);
	if (order == 0)
		order = cs_texts_order(a->body, b->body);
	return order ? order : cs_texts_order(a->stack, b->stack);
}

static int sort_order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = key_order(x, y);

	return order ? order : (x->lone > y->lone) - (x->lone < y->lone);
}

/* Their keys in order; those whose answer says too little are left out. */
static struct key *keys_of(const struct cs_lones *lones, bool stacks, size_t *n)
{
	struct key *keys = calloc(lones->n + 1, sizeof(*keys));
	const struct cs_model *m = lones->model;

	*n = 0;
	for (uint32_t i = 0; keys && i < lones->n; i++) {
		uint32_t row = lones->at[i].row;
		struct cs_span body = cs_texts_at(&m->texts, m->hot[row].body);

		if (body.len < ANSWER_MIN)
			continue;
		keys[*n] = (struct key){ .prefix = prefix_of(m->cold[row].ip),
					 .port = m->cold[row].port,
					 .body = body,
					 .lone = i };
		if (stacks)
			keys[*n].stack = cs_texts_at(&m->texts,
						     m->judged[m->hot[row].judged].stack);
		(*n)++;
	}
	if (keys)
		qsort(keys, *n, sizeof(*keys), sort_order);
	return keys;
}

enum cs_err cs_moved_find(struct cs_lones *gone, struct cs_lones *fresh)
{
	/* Stacks tell nothing where one of the days was not judged at all. */
	bool stacks = gone->model->n_judged > 1 && fresh->model->n_judged > 1;
	size_t n_from, n_to, f = 0, t = 0;
	struct key *from = keys_of(gone, stacks, &n_from);
	struct key *to = keys_of(fresh, stacks, &n_to);
	enum cs_err err = from && to ? CS_OK : CS_ERR_NOMEM;

	while (!err && f < n_from && t < n_to) {
		int order = key_order(&from[f], &to[t]);

		if (order == 0) {
			gone->at[from[f].lone].partner = to[t].lone;
			fresh->at[to[t].lone].partner = from[f].lone;
		}
		f += order <= 0;
		t += order >= 0;
	}
	free(from);
	free(to);
	return err;
}
