/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries as elements of the kernel's sets. Prefixes are nested or apart, never half in one
 * another; so one walk in their order, with those that are open on a stack,
 * cuts them into pieces that do not overlap.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protect/draft.h"
#include "protect/entries.h"
#include "protect/policy.h"

enum { DEPTH = 130 }; /* a prefix has at most 128 above it, and nothing */

struct piece {
	struct cs_range range;
	const struct cs_entry *entry;
};

static enum cs_entry_set set_of(const struct cs_entry *e)
{
	bool v4 = cs_addr_is_v4(&e->prefix.addr), host = e->prefix.bits == 128;
	enum cs_entry_set set;

	if (e->interface[0])
		return v4 ? CS_SET_ALLOW_IF4 : CS_SET_ALLOW_IF6;
	if (e->deny)
		set = host ? CS_SET_DENY_HOSTS4 : CS_SET_DENY_NETS4;
	else
		set = host ? CS_SET_ALLOW_HOSTS4 : CS_SET_ALLOW_NETS4;
	return v4 ? set : set + 1;
}

/* By set and interface, then the wider before what lies in it. */
static int in_order(const void *a, const void *b)
{
	const struct cs_entry *x = *(const struct cs_entry *const *)a;
	const struct cs_entry *y = *(const struct cs_entry *const *)b;
	int c = (set_of(x) > set_of(y)) - (set_of(x) < set_of(y));

	if (c == 0)
		c = strcmp(x->interface, y->interface);
	if (c == 0)
		c = cs_addr_cmp(&x->prefix.addr, &y->prefix.addr);
	if (c == 0)
		c = (x->prefix.bits > y->prefix.bits) - (x->prefix.bits < y->prefix.bits);
	return c;
}

/* As nft reads it back: printable, without the quote that would end it. */
static void put_comment(FILE *to, const char *reason)
{
	size_t n = strlen(reason);

	if (n == 0)
		return;
	(void)fputs(" comment \"", to);
	for (size_t i = 0; i < n && i < CS_ENTRY_REASON; i++) {
		bool plain = reason[i] >= ' ' && reason[i] <= '~' && reason[i] != '"' &&
			     reason[i] != '\\';

		(void)fputc(plain ? reason[i] : '.', to);
	}
	(void)fputc('"', to);
}

/* In parts: nft takes no large number of milliseconds. */
static void put_time(FILE *to, int64_t ms)
{
	if (ms == CS_ENTRY_FOREVER)
		return;
	(void)fprintf(to, " timeout %" PRId64 "d%" PRId64 "h%" PRId64 "m%" PRId64 "s",
		      ms / 86400000, ms / 3600000 % 24, ms / 60000 % 60, ms / 1000 % 60);
	if (ms % 1000)
		(void)fprintf(to, "%" PRId64 "ms", ms % 1000);
}

static void put_piece(FILE *to, const struct piece *piece)
{
	char lo[CS_ADDR_TEXT], hi[CS_ADDR_TEXT];
	const struct cs_entry *e = piece->entry;

	(void)fprintf(to, "add element inet coapscope %s { ",
		      cs_entry_set_names[set_of(e)]);
	if (e->interface[0])
		(void)fprintf(to, "\"%s\" . ", e->interface);
	cs_addr_text(&piece->range.lo, lo);
	cs_addr_text(&piece->range.hi, hi);
	(void)fputs(lo, to);
	if (cs_addr_cmp(&piece->range.lo, &piece->range.hi) != 0)
		(void)fprintf(to, "-%s", hi);
	put_time(to, e->left_ms);
	put_comment(to, e->reason);
	(void)fputs(" }\n", to);
}

/* The walk: what is open, and where the next piece begins. */
struct walk {
	FILE *to;
	struct piece open[DEPTH];
	size_t n;
	struct cs_addr at; /* of the innermost one: first address that has no piece yet */
	bool done;         /* the innermost one has all of its pieces */
};

/* A piece of the innermost up to @hi, if something is left of it. */
static void cut(struct walk *w, const struct cs_addr *hi)
{
	struct piece piece = { .range = { w->at, *hi },
			       .entry = w->open[w->n - 1].entry };

	if (!w->done && cs_addr_cmp(&w->at, hi) <= 0)
		put_piece(w->to, &piece);
}

/* Ends the innermost; the one around it goes on behind it. */
static void close_one(struct walk *w)
{
	struct cs_addr hi = w->open[w->n - 1].range.hi;

	cut(w, &hi);
	w->n--;
	w->done = w->n > 0 && cs_addr_cmp(&hi, &w->open[w->n - 1].range.hi) == 0;
	w->at = cs_addr_plus(hi, 1);
}

static bool within(const struct walk *w, const struct cs_entry *e)
{
	const struct piece *top = &w->open[w->n - 1];

	return set_of(top->entry) == set_of(e) &&
	       strcmp(top->entry->interface, e->interface) == 0 &&
	       cs_range_has(&top->range, &e->prefix.addr);
}

/* The address in front of @a, which is not the first of all. */
static struct cs_addr before(struct cs_addr a)
{
	size_t i = sizeof(a.b);

	while (i > 0 && a.b[--i]-- == 0)
		;
	return a;
}

static void open_one(struct walk *w, const struct cs_entry *e)
{
	struct cs_range range = cs_prefix_range(&e->prefix);

	while (w->n > 0 && !within(w, e))
		close_one(w);
	/* What ends earlier than that around it changes nothing. */
	if (w->n > 0 && w->open[w->n - 1].entry->left_ms >= e->left_ms)
		return;
	if (w->n > 0 && cs_addr_cmp(&w->at, &range.lo) < 0) {
		struct cs_addr hi = before(range.lo);

		cut(w, &hi);
	}
	w->open[w->n++] = (struct piece){ range, e };
	w->at = range.lo;
	w->done = false;
}

static enum cs_err put_all(FILE *to, const struct cs_entries *entries)
{
	const struct cs_entry **order = calloc(entries->n + 1, sizeof(*order));
	struct walk walk = { .to = to };

	if (!order)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < entries->n; i++)
		order[i] = &entries->at[i];
	qsort(order, entries->n, sizeof(*order), in_order);
	for (size_t i = 0; i < entries->n; i++)
		open_one(&walk, order[i]);
	while (walk.n > 0)
		close_one(&walk);
	free(order);
	return CS_OK;
}

enum cs_err cs_entries_script(const struct cs_entries *entries, struct cs_arena *arena,
			      struct cs_span *out)
{
	struct cs_draft text;
	enum cs_err err, kept;

	if (!cs_draft_open(&text))
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < CS_ENTRY_SETS; i++)
		(void)fprintf(text.to, "flush set inet coapscope %s\n",
			      cs_entry_set_names[i]);
	err = put_all(text.to, entries);
	kept = cs_draft_close(&text, arena, out);
	return err ? err : kept;
}
