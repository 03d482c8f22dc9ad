/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scripts that put rules with small rates in place of those that are loaded. Of
 * nft's tables the rules go and come again, and what they count in; sets with thousands of
 * elements stay. iptables' tables are made again as a whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protect/draft.h"
#include "protect/prober_own.h"
#include "protect/prober_rates.h"
#include "protect/rules_span.h"
#include "protect/rules_xtables.h"

enum {
	NAME = CS_PROBER_NAME,
	ROOM = 4096, /* of a set that is empty again at each question: more than one fills */
};

/* ---- nft's tables ---- */

/* True when a rule of the table puts into that set or takes out of it. */
static bool is_changed(const struct cs_listing *l, const struct cs_listing_block *set)
{
	static const char *const verbs[] = { "add", "update", "delete" };
	char phrase[NAME + 16];

	for (size_t i = 0; i < l->n_rules; i++) {
		if (l->chains[l->rules[i].chain].table != set->table)
			continue;
		for (size_t k = 0; k < CS_LEN(verbs); k++) {
			(void)snprintf(phrase, sizeof(phrase), "%s @%.*s ", verbs[k],
				       (int)set->name.len, (const char *)set->name.ptr);
			if (cs_text_has(l->rules[i].text, phrase))
				return true;
		}
	}
	return false;
}

static bool is_set(const struct cs_listing_block *b)
{
	return cs_text_is(b->kind, "set") || cs_text_is(b->kind, "map");
}

static bool is_bucket(const struct cs_listing_block *b)
{
	return cs_text_is(b->kind, "limit") || cs_text_is(b->kind, "quota");
}

static void put_name(FILE *f, const char *verb, const struct cs_listing *l,
		     const struct cs_listing_block *b)
{
	struct cs_span table = l->tables[b->table].name;

	(void)fprintf(f, "%s %.*s %.*s %.*s\n", verb, (int)b->kind.len,
		      (const char *)b->kind.ptr, (int)table.len, (const char *)table.ptr,
		      (int)b->name.len, (const char *)b->name.ptr);
}

/*
 * What a set is, and what is in it. The kernel sets aside a megabyte of zeroes for a set
 * of 65,535, which took two thirds of each load.
 */
static void put_body(FILE *f, struct cs_span body)
{
	struct cs_span rest = cs_text_behind(body, "\t\tsize "), digits = { 0 };
	uint64_t size;
	size_t before;

	if (cs_text_has(body, "elements = {") || !cs_text_word(&rest, &digits) ||
	    !cs_num_u64(digits, ROOM, UINT64_MAX, &size)) {
		cs_rates_write(f, body);
		return;
	}
	before = (size_t)(digits.ptr - body.ptr);
	cs_rates_write(f, cs_span_of(body.ptr, before));
	(void)fprintf(f, "%d", ROOM);
	cs_rates_write(f, cs_text_after(body, before + digits.len));
}

/* The set with its elements, as the rules have it that were loaded. */
static enum cs_err put_elements(FILE *f, const struct cs_prober *p,
				const struct cs_listing *loaded,
				const struct cs_listing_block *set)
{
	struct cs_span table = p->first.tables[set->table].name;

	for (size_t i = 0; i < loaded->n_blocks; i++) {
		const struct cs_listing_block *b = &loaded->blocks[i];

		if (!cs_span_eq(b->kind, set->kind) || !cs_span_eq(b->name, set->name) ||
		    !cs_span_eq(loaded->tables[b->table].name, table))
			continue;
		(void)fprintf(f, "table %.*s {\n %.*s %.*s {\n", (int)table.len,
			      (const char *)table.ptr, (int)b->kind.len,
			      (const char *)b->kind.ptr, (int)b->name.len,
			      (const char *)b->name.ptr);
		put_body(f, b->body);
		(void)fprintf(f, " }\n}\n");
		return CS_OK;
	}
	return CS_ERR_REFUSED;
}

/* True for a map to limits or quotas, which cannot go while it names them. */
static bool holds_buckets(const struct cs_listing_block *b)
{
	return cs_text_has(b->body, " : limit") || cs_text_has(b->body, " : quota");
}

static bool is_made_again(const struct cs_listing *l, const struct cs_listing_block *b)
{
	return is_set(b) && (is_changed(l, b) || holds_buckets(b));
}

static bool has_elements(const struct cs_listing_block *b)
{
	return cs_text_has(b->body, "elements = {");
}

/* What rules fill was empty, and is not what maps to limits: to empty it is to make it again. */
static bool is_counting_only(const struct cs_prober *p, const struct cs_listing *loaded,
			     size_t table)
{
	const struct cs_listing *l = &p->first;

	for (size_t i = 0; i < l->n_blocks; i++)
		if (l->blocks[i].table == table && holds_buckets(&l->blocks[i]))
			return false;
	for (size_t i = 0; i < loaded->n_blocks; i++)
		if (cs_span_eq(loaded->tables[loaded->blocks[i].table].name,
			       l->tables[table].name) &&
		    has_elements(&loaded->blocks[i]) &&
		    is_made_again(loaded, &loaded->blocks[i]))
			return false;
	return true;
}

/* Which sets are emptied for a table, and which of its rules count in nothing else. */
static void note_counting(struct cs_prober *p, const struct cs_listing *loaded,
			  size_t table)
{
	const struct cs_listing *l = &p->first;
	struct cs_prober_scaled *s = &p->scaled;
	size_t n = s->n_counting;

	if (!is_counting_only(p, loaded, table))
		return;
	for (size_t i = 0; i < l->n_blocks; i++) {
		if (l->blocks[i].table != table || !is_made_again(l, &l->blocks[i]))
			continue;
		if (n == CS_PROBER_COUNTING)
			return;
		s->counting[n].table = l->tables[table].name;
		s->counting[n++].name = l->blocks[i].name;
	}
	s->n_counting = n;
	for (size_t i = 0; i < l->n_rules; i++)
		s->in_sets[i] |= l->chains[l->rules[i].chain].table == table &&
				 cs_rates_in_sets(l->rules[i].text);
}

static void put_cleared(FILE *f, const struct cs_listing *l, size_t table)
{
	struct cs_span name = l->tables[table].name;

	(void)fprintf(f, "flush table %.*s\n", (int)name.len, (const char *)name.ptr);
	for (size_t i = 0; i < l->n_blocks; i++)
		if (l->blocks[i].table == table && is_made_again(l, &l->blocks[i]))
			put_name(f, "delete", l, &l->blocks[i]);
	for (size_t i = 0; i < l->n_blocks; i++)
		if (l->blocks[i].table == table && is_bucket(&l->blocks[i]))
			put_name(f, "delete", l, &l->blocks[i]);
}

static enum cs_err put_sets(FILE *f, const struct cs_prober *p,
			    const struct cs_listing *loaded, size_t table)
{
	const struct cs_listing *l = &p->first;
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < l->n_blocks; i++)
		if (l->blocks[i].table == table && is_made_again(l, &l->blocks[i]))
			err = put_elements(f, p, loaded, &l->blocks[i]);
	return err;
}

/* "limit coap {" and "rate 10/second burst 5 packets" with a small rate. */
static void put_bucket(FILE *f, const struct cs_listing_block *b)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%.*s %.*s", (int)b->kind.len,
			 (const char *)b->kind.ptr, (int)cs_text_trim(b->body).len,
			 (const char *)cs_text_trim(b->body).ptr);

	if (n < 0 || (size_t)n >= sizeof(text))
		return;
	(void)fprintf(f, " %.*s %.*s {\n  ", (int)b->kind.len, (const char *)b->kind.ptr,
		      (int)b->name.len, (const char *)b->name.ptr);

	char *small = NULL;
	size_t len = 0;
	FILE *m = open_memstream(&small, &len);

	if (!m)
		return; /* the rules that name it are then refused */
	cs_rates_write(m, cs_span_of(text, (size_t)n));
	if (fclose(m) == 0)
		cs_draft_put(f, cs_text_after(cs_span_of(small, len), b->kind.len + 1));
	free(small);
	(void)fprintf(f, "\n }\n");
}

static void put_rule(FILE *f, const struct cs_prober *p, size_t at)
{
	struct cs_span text = p->first.rules[at].text;

	if (p->scaled.rated[at]) {
		struct cs_span before = cs_rates_before(text);

		(void)fprintf(f, "  ");
		cs_draft_put(f, before);
		(void)fprintf(f, "%s\n", before.len ? "" : "counter");
	}
	(void)fprintf(f, "  ");
	cs_rates_write(f, text);
	(void)fprintf(f, "\n");
}

static void put_chain(FILE *f, const struct cs_prober *p, size_t chain)
{
	const struct cs_listing *l = &p->first;

	(void)fprintf(f, " chain %.*s {\n", (int)l->chains[chain].name.len,
		      (const char *)l->chains[chain].name.ptr);
	for (size_t i = 0; i < l->n_rules; i++)
		if (l->rules[i].chain == chain)
			put_rule(f, p, i);
	(void)fprintf(f, " }\n");
}

/* What is counted in comes before the sets that name it, and those before the rules. */
static enum cs_err put_table(FILE *f, const struct cs_prober *p,
			     const struct cs_listing *loaded, size_t table)
{
	const struct cs_listing *l = &p->first;
	struct cs_span name = l->tables[table].name;
	enum cs_err err;

	put_cleared(f, l, table);
	(void)fprintf(f, "table %.*s {\n", (int)name.len, (const char *)name.ptr);
	for (size_t i = 0; i < l->n_blocks; i++)
		if (l->blocks[i].table == table && is_bucket(&l->blocks[i]))
			put_bucket(f, &l->blocks[i]);
	(void)fprintf(f, "}\n");
	err = put_sets(f, p, loaded, table);
	(void)fprintf(f, "table %.*s {\n", (int)name.len, (const char *)name.ptr);
	for (size_t i = 0; i < l->n_chains; i++)
		if (l->chains[i].table == table)
			put_chain(f, p, i);
	(void)fprintf(f, "}\n");
	return err;
}

static bool is_rated_table(const struct cs_prober *p, size_t table)
{
	const struct cs_listing *l = &p->first;

	for (size_t i = 0; i < l->n_rules; i++)
		if (l->chains[l->rules[i].chain].table == table && p->scaled.rated[i])
			return true;
	return false;
}

static enum cs_err scale_nft(struct cs_prober *p, const bool *xt)
{
	struct cs_draft text;
	struct cs_listing loaded;
	size_t line;
	enum cs_err err = cs_listing_read(p->rules->nft, &p->arena, &loaded, &line);
	FILE *f = err ? NULL : cs_draft_open(&text);

	if (!f)
		return err == CS_ERR_SYNTAX ? CS_ERR_REFUSED : CS_ERR_NOMEM;
	for (size_t i = 0; !err && i < p->first.n_tables; i++) {
		if (xt[i] || !is_rated_table(p, i))
			continue;
		p->scaled.refused |= p->first.tables[i].xt;
		note_counting(p, &loaded, i);
		err = put_table(f, p, &loaded, i);
	}

	enum cs_err kept = cs_draft_close(&text, &p->arena, &p->scaled.nft);

	return err ? err : kept;
}

/* ---- iptables' tables ---- */

static size_t table_named(const struct cs_listing *l, const char *family,
			  struct cs_span name)
{
	char whole[NAME];

	(void)snprintf(whole, sizeof(whole), "%s %.*s", family, (int)name.len,
		       (const char *)name.ptr);
	for (size_t i = 0; i < l->n_tables; i++)
		if (cs_text_is(l->tables[i].name, whole))
			return i;
	return SIZE_MAX;
}

/* Which rule of the first listing a line of iptables-save became. */
static size_t listed(const struct cs_prober *p, const struct cs_save *save,
		     const struct cs_save_rule *rule, const char *family)
{
	const struct cs_listing *l = &p->first;
	const struct cs_save_chain *chain = &save->chains[rule->chain];
	size_t table = table_named(l, family, save->tables[chain->table].name);

	for (size_t i = 0; table != SIZE_MAX && i < l->n_rules; i++) {
		const struct cs_listing_chain *c = &l->chains[l->rules[i].chain];

		if (l->rules[i].place == rule->place && c->table == table &&
		    cs_span_eq(c->name, chain->name))
			return i;
	}
	return SIZE_MAX;
}

static bool mark_rated(struct cs_prober *p, const struct cs_save *save,
		       const char *family)
{
	bool any = false;

	for (size_t i = 0; i < save->n_rules; i++) {
		size_t at;

		if (!cs_rates_decide_xt(save->rules[i].text))
			continue;
		at = listed(p, save, &save->rules[i], family);
		if (at == SIZE_MAX)
			continue;
		p->scaled.rated[at] = true;
		any = true;
	}
	return any;
}

static void put_save_table(FILE *f, const struct cs_save *save, size_t table)
{
	(void)fprintf(f, "*%.*s\n", (int)save->tables[table].name.len,
		      (const char *)save->tables[table].name.ptr);
	for (size_t i = 0; i < save->n_chains; i++)
		if (save->chains[i].table == table)
			(void)fprintf(f, ":%.*s %.*s [0:0]\n",
				      (int)save->chains[i].name.len,
				      (const char *)save->chains[i].name.ptr,
				      (int)save->chains[i].policy.len,
				      (const char *)save->chains[i].policy.ptr);
	for (size_t i = 0; i < save->n_rules; i++) {
		struct cs_span text = save->rules[i].text;

		if (save->chains[save->rules[i].chain].table != table)
			continue;
		if (cs_rates_decide_xt(text)) {
			cs_draft_put(f, cs_rates_before_xt(text));
			(void)fprintf(f, "\n");
		}
		cs_rates_write_xt(f, text, save->tables[table].v6);
		(void)fprintf(f, "\n");
	}
	(void)fprintf(f, "COMMIT\n");
}

/* @text is all of one family; @out stays empty where no rate decides. */
static enum cs_err scale_xt(struct cs_prober *p, struct cs_span text, const char *family,
			    bool *xt, struct cs_span *out)
{
	struct cs_save save;
	struct cs_draft written;
	size_t line;

	if (text.len == 0)
		return CS_OK;
	if (cs_save_read(text, &p->arena, &save, &line))
		return CS_ERR_REFUSED;
	/* Which family it is of is known better than from its words. */
	for (size_t i = 0; i < save.n_tables; i++)
		save.tables[i].v6 = strcmp(family, "ip6") == 0;
	for (size_t i = 0; i < save.n_tables; i++) {
		size_t table = table_named(&p->first, family, save.tables[i].name);

		if (table != SIZE_MAX)
			xt[table] = true;
	}
	if (!mark_rated(p, &save, family))
		return CS_OK;
	if (!cs_draft_open(&written))
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < save.n_tables; i++)
		put_save_table(written.to, &save, i);
	return cs_draft_close(&written, &p->arena, out);
}

enum cs_err cs_prober_scale(struct cs_prober *prober)
{
	struct cs_prober_scaled *s = &prober->scaled;
	const struct cs_listing *l = &prober->first;
	bool *xt = cs_arena_array(&prober->arena, l->n_tables + 1, sizeof(*xt));
	enum cs_err err = CS_OK;

	s->rated = cs_arena_array(&prober->arena, l->n_rules + 1, sizeof(*s->rated));
	s->in_sets = cs_arena_array(&prober->arena, l->n_rules + 1, sizeof(*s->in_sets));
	if (!xt || !s->rated || !s->in_sets)
		return CS_ERR_NOMEM;
	err = scale_xt(prober, prober->rules->xtables4, "ip", xt, &s->xtables4);
	if (!err)
		err = scale_xt(prober, prober->rules->xtables6, "ip6", xt, &s->xtables6);
	for (size_t i = 0; i < l->n_rules; i++)
		if (!xt[l->chains[l->rules[i].chain].table])
			s->rated[i] = cs_rates_decide(l->rules[i].text);
	for (size_t i = 0; i < l->n_rules; i++)
		s->any |= s->rated[i];
	if (!err && s->any)
		err = scale_nft(prober, xt);
	if (err == CS_ERR_REFUSED) { /* the rules as they are will have to do */
		s->refused = true;
		err = CS_OK;
	}
	return err;
}
