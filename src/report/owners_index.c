/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting the keys, and telling of those that are twice there. */
#include <stdio.h>
#include <stdlib.h>

#include "report/owners_keys.h"

/* Whom to tell, and as what. */
struct telling {
	const struct cs_owners *owners;
	const char *file;
	cs_owners_note_fn *note;
	void *arg;
};

static int order_of(const struct cs_key_of *a, const struct cs_key_of *b)
{
	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static int num_order(const void *a, const void *b)
{
	const struct cs_num_key *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return order_of(&x->of, &y->of);
}

/* A larger prefix stands before those that it begins with. */
static int net_order(const void *a, const void *b)
{
	const struct cs_net_key *x = a, *y = b;
	int order = cs_addr_cmp(&x->prefix.addr, &y->prefix.addr);

	if (order == 0)
		order = (int)x->prefix.bits - (int)y->prefix.bits;
	return order ? order : order_of(&x->of, &y->of);
}

static int name_order(const void *a, const void *b)
{
	const struct cs_name_key *x = a, *y = b;
	int order = cs_name_order(x->name, y->name);

	return order ? order : order_of(&x->of, &y->of);
}

static void tell_twice(const struct telling *t, const char *key,
		       const struct cs_key_of *first, const struct cs_key_of *again)
{
	char line[CS_OWNERS_WHY];

	if (!t->note)
		return;
	(void)snprintf(line, sizeof(line), "%.200s:%u: %.100s is twice in [%s] (line %u)",
		       t->file, again->line, key, t->owners->at[again->owner].name,
		       first->line);
	t->note(t->arg, line);
}

static bool is_again(const struct cs_key_of *a, const struct cs_key_of *b)
{
	return a->owner == b->owner;
}

static size_t unique_nums(const struct telling *t, struct cs_num_key *keys, size_t n,
			  bool geo)
{
	size_t kept = 0;
	char text[16];

	for (size_t i = 0; i < n; i++) {
		const struct cs_num_key *last = kept ? &keys[kept - 1] : NULL;

		if (last && last->number == keys[i].number &&
		    is_again(&last->of, &keys[i].of)) {
			if (geo)
				(void)snprintf(text, sizeof(text), "%c%c",
					       (int)(last->number >> 8),
					       (int)(last->number & 0xff));
			else
				(void)snprintf(text, sizeof(text), "%u", last->number);
			tell_twice(t, text, &last->of, &keys[i].of);
			continue;
		}
		keys[kept++] = keys[i];
	}
	return kept;
}

static size_t unique_nets(const struct telling *t, struct cs_net_key *keys, size_t n)
{
	size_t kept = 0;
	char text[CS_PREFIX_TEXT];

	for (size_t i = 0; i < n; i++) {
		const struct cs_net_key *last = kept ? &keys[kept - 1] : NULL;

		if (last && cs_prefix_cmp(&last->prefix, &keys[i].prefix) == 0 &&
		    is_again(&last->of, &keys[i].of)) {
			cs_prefix_text(&last->prefix, text);
			tell_twice(t, text, &last->of, &keys[i].of);
			continue;
		}
		keys[kept++] = keys[i];
	}
	return kept;
}

static size_t unique_names(const struct telling *t, struct cs_name_key *keys, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct cs_name_key *last = kept ? &keys[kept - 1] : NULL;

		if (last && cs_span_eq(last->name, keys[i].name) &&
		    is_again(&last->of, &keys[i].of)) {
			/* In the arena, with a NUL behind it. */
			tell_twice(t, (const char *)last->name.ptr, &last->of,
				   &keys[i].of);
			continue;
		}
		keys[kept++] = keys[i];
	}
	return kept;
}

/* Prefixes nest or are apart: those around the last one are all that may have the next. */
static void nest(struct cs_owners *o)
{
	for (size_t i = 0; i < o->n_nets; i++) {
		uint32_t around = i ? (uint32_t)(i - 1) : CS_OWNERS_NOWHERE;

		while (around != CS_OWNERS_NOWHERE &&
		       !cs_prefix_has(&o->nets[around].prefix, &o->nets[i].prefix.addr))
			around = o->nets[around].around;
		o->nets[i].around = around;
	}
}

static void sort(void *keys, size_t n, size_t size,
		 int (*order)(const void *, const void *))
{
	if (n > 0)
		qsort(keys, n, size, order);
}

void cs_owners_index(struct cs_owners *o, const char *file, cs_owners_note_fn *note,
		     void *arg)
{
	const struct telling t = { o, file, note, arg };

	sort(o->asns, o->n_asns, sizeof(*o->asns), num_order);
	sort(o->geos, o->n_geos, sizeof(*o->geos), num_order);
	sort(o->nets, o->n_nets, sizeof(*o->nets), net_order);
	sort(o->names, o->n_names, sizeof(*o->names), name_order);
	o->n_asns = unique_nums(&t, o->asns, o->n_asns, false);
	o->n_geos = unique_nums(&t, o->geos, o->n_geos, true);
	o->n_nets = unique_nets(&t, o->nets, o->n_nets);
	o->n_names = unique_names(&t, o->names, o->n_names);
	nest(o);
}
