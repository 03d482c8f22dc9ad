/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of different owners that overlap, said once for each two owners. */
#include <stdio.h>
#include <stdlib.h>

#include "report/owners_keys.h"

enum kind { ASN, GEO, NET, NAME };

/* The first is the one of the later line. */
struct overlap {
	enum kind kind;
	uint32_t key, other; /* indexes among the keys of that kind */
	struct cs_key_of of, other_of;
};

struct overlaps {
	const struct cs_owners *owners;
	struct overlap *at; /* room for one a key */
	size_t n;
};

static void add(struct overlaps *all, enum kind kind, size_t a, struct cs_key_of of_a,
		size_t b, struct cs_key_of of_b)
{
	struct overlap one = { kind, (uint32_t)a, (uint32_t)b, of_a, of_b };

	if (of_a.owner == of_b.owner)
		return;
	if (of_a.line < of_b.line)
		one = (struct overlap){ kind, (uint32_t)b, (uint32_t)a, of_b, of_a };
	all->at[all->n++] = one;
}

static void find_nums(struct overlaps *all, enum kind kind, const struct cs_num_key *keys,
		      size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (keys[i].number == keys[i - 1].number)
			add(all, kind, i, keys[i].of, i - 1, keys[i - 1].of);
	}
}

/* The nearest prefix around it that is another's; ::/0 has no IPv4 in it. */
static void find_nets(struct overlaps *all)
{
	const struct cs_net_key *nets = all->owners->nets;

	for (size_t i = 0; i < all->owners->n_nets; i++) {
		uint32_t around = nets[i].around;

		while (around != CS_OWNERS_NOWHERE &&
		       nets[around].of.owner == nets[i].of.owner)
			around = nets[around].around;
		if (around != CS_OWNERS_NOWHERE && (nets[around].prefix.bits >= 96 ||
						    !cs_addr_is_v4(&nets[i].prefix.addr)))
			add(all, NET, i, nets[i].of, around, nets[around].of);
	}
}

/* Whoever else has that very domain; n_names: nobody. */
static size_t other_with(const struct cs_owners *o, struct cs_span name, uint32_t owner)
{
	size_t i = cs_owners_name_at(o, name);

	while (i < o->n_names && cs_span_eq(o->names[i].name, name)) {
		if (o->names[i].of.owner != owner)
			return i;
		i++;
	}
	return o->n_names;
}

/* The domain itself, else the nearest one above it that is another's. */
static void find_names(struct overlaps *all)
{
	const struct cs_owners *o = all->owners;

	for (size_t i = 0; i < o->n_names; i++) {
		const struct cs_name_key *key = &o->names[i];
		struct cs_span name = key->name;
		size_t other = o->n_names;

		for (; name.len > 0 && other == o->n_names; name = cs_name_parent(name))
			other = other_with(o, name, key->of.owner);
		if (other < o->n_names)
			add(all, NAME, i, key->of, other, o->names[other].of);
	}
}

/* By the two owners, whichever is first, then by line. */
static int by_owners(const void *a, const void *b)
{
	const struct overlap *x = a, *y = b;
	const uint32_t keys[][2] = {
		{ x->of.owner < x->other_of.owner ? x->of.owner : x->other_of.owner,
		  y->of.owner < y->other_of.owner ? y->of.owner : y->other_of.owner },
		{ x->of.owner + x->other_of.owner, y->of.owner + y->other_of.owner },
		{ x->of.line, y->of.line },
		{ x->kind, y->kind },
		{ x->key, y->key },
	};

	for (size_t i = 0; i < CS_LEN(keys); i++) {
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	}
	return 0;
}

static int by_line(const void *a, const void *b)
{
	const struct overlap *x = a, *y = b;

	if (x->of.line != y->of.line)
		return x->of.line < y->of.line ? -1 : 1;
	return by_owners(a, b);
}

static bool same_owners(const struct overlap *a, const struct overlap *b)
{
	return (a->of.owner == b->of.owner && a->other_of.owner == b->other_of.owner) ||
	       (a->of.owner == b->other_of.owner && a->other_of.owner == b->of.owner);
}

static void keep_one_a_pair(struct overlaps *all)
{
	size_t kept = 0;

	if (all->n == 0)
		return;
	qsort(all->at, all->n, sizeof(*all->at), by_owners);
	for (size_t i = 0; i < all->n; i++) {
		if (kept == 0 || !same_owners(&all->at[kept - 1], &all->at[i]))
			all->at[kept++] = all->at[i];
	}
	all->n = kept;
	qsort(all->at, all->n, sizeof(*all->at), by_line);
}

static void key_text(const struct cs_owners *o, enum kind kind, uint32_t key,
		     char out[256])
{
	switch (kind) {
	case ASN:
		(void)snprintf(out, 256, "%u", o->asns[key].number);
		return;
	case GEO:
		(void)snprintf(out, 256, "%c%c", (int)(o->geos[key].number >> 8),
			       (int)(o->geos[key].number & 0xff));
		return;
	case NET:
		cs_prefix_text(&o->nets[key].prefix, out);
		return;
	case NAME:
		(void)snprintf(out, 256, "%.*s", (int)o->names[key].name.len,
			       (const char *)o->names[key].name.ptr);
		return;
	}
}

static void tell(const struct overlaps *all, const char *file, cs_owners_note_fn *note,
		 void *arg)
{
	const struct cs_owners *o = all->owners;
	char key[256], other[256], line[CS_OWNERS_WHY];

	for (size_t i = 0; i < all->n; i++) {
		const struct overlap *one = &all->at[i];

		key_text(o, one->kind, one->key, key);
		key_text(o, one->kind, one->other, other);
		(void)snprintf(
			line, sizeof(line),
			"%.150s:%u: %.70s of [%s] overlaps %.70s of [%s] (line %u)", file,
			one->of.line, key, o->at[one->of.owner].name, other,
			o->at[one->other_of.owner].name, one->other_of.line);
		note(arg, line);
	}
}

enum cs_err cs_owners_overlaps(const struct cs_owners *o, const char *file,
			       cs_owners_note_fn *note, void *arg)
{
	size_t most = o->n_asns + o->n_geos + o->n_nets + o->n_names;
	struct overlaps all = { .owners = o,
				.at = reallocarray(NULL, most, sizeof(*all.at)) };

	if (!all.at)
		return CS_ERR_NOMEM;
	find_nums(&all, ASN, o->asns, o->n_asns);
	find_nums(&all, GEO, o->geos, o->n_geos);
	find_nets(&all);
	find_names(&all);
	keep_one_a_pair(&all);
	tell(&all, file, note, arg);
	free(all.at);
	return CS_OK;
}
