/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two walks over both days side by side: the first finds what stands alone, so
 * that what moved is known when the second tells it all in order.
 */
#include "report/diff.h"

#include <stdlib.h>

#include "report/asked.h"
#include "report/moved.h"

#define NONE UINT32_MAX

struct diff {
	struct cs_store *store;
	const struct cs_model *before, *after;
	struct cs_asked *asked; /* on the later day; owned */
	struct cs_lones gone, fresh;
	size_t gone_cap, fresh_cap;
	size_t at_gone, at_fresh; /* the second walk's place in them */
	bool seen;
	cs_diff_fn *each;
	void *arg;
};

const char *cs_change_name(enum cs_change change)
{
	static const char *const names[CS_CHANGES] = {
		[CS_CHANGE_NEW] = "new",
		[CS_CHANGE_GONE] = "gone",
		[CS_CHANGE_CHANGED] = "changed",
		[CS_CHANGE_MOVED] = "moved",
		[CS_CHANGE_NOT_PROBED] = "not_probed",
	};

	return names[change];
}

/* --- the walk --- */

/* A service of one day or both: their rows, or NONE. */
typedef enum cs_err pair_fn(struct diff *d, uint32_t b, uint32_t a);

static int side_order(const struct diff *d, size_t b, size_t a)
{
	if (b == d->before->n || a == d->after->n)
		return b == d->before->n ? 1 : -1;
	return cs_row_order(&d->before->cold[b], &d->after->cold[a]);
}

static enum cs_err walk(struct diff *d, pair_fn *pair)
{
	size_t b = 0, a = 0;
	enum cs_err err = CS_OK;

	while (!err && (b < d->before->n || a < d->after->n)) {
		int order = side_order(d, b, a);

		err = pair(d, order <= 0 ? (uint32_t)b : NONE,
			   order >= 0 ? (uint32_t)a : NONE);
		b += order <= 0;
		a += order >= 0;
	}
	return err;
}

static bool is_service(const struct cs_model *m, uint32_t row)
{
	return row != NONE && cs_row_is_content(m, row);
}

static bool is_new(const struct diff *d, uint32_t b, uint32_t a)
{
	return is_service(d->after, a) && !is_service(d->before, b);
}

static bool is_lost(const struct diff *d, uint32_t b, uint32_t a)
{
	return is_service(d->before, b) && a == NONE;
}

static bool was_asked(const struct diff *d, uint32_t b)
{
	const struct cs_row_cold *row = &d->before->cold[b];

	return cs_asked_has(d->asked, &row->ip, row->port);
}

/* --- first: what stands alone --- */

static enum cs_err add_lone(struct cs_lones *lones, size_t *cap, uint32_t row)
{
	if (lones->n == *cap) {
		size_t more = *cap ? 2 * *cap : 256;
		struct cs_lone *at = reallocarray(lones->at, more, sizeof(*at));

		if (!at)
			return CS_ERR_NOMEM;
		lones->at = at;
		*cap = more;
	}
	lones->at[lones->n++] =
		(struct cs_lone){ .row = row, .partner = CS_MOVED_NOWHERE };
	return CS_OK;
}

static enum cs_err note(struct diff *d, uint32_t b, uint32_t a)
{
	if (is_new(d, b, a) && b == NONE)
		return add_lone(&d->fresh, &d->fresh_cap, a);
	if (is_lost(d, b, a) && was_asked(d, b))
		return add_lone(&d->gone, &d->gone_cap, b);
	return CS_OK;
}

/* --- second: telling it --- */

/* Whether one body is the other, as far as both go. */
static bool same_start(struct cs_span x, struct cs_span y)
{
	size_t n = x.len < y.len ? x.len : y.len;

	return n == 0 || memcmp(x.ptr, y.ptr, n) == 0;
}

static bool same_response(const struct cs_service *b, const struct cs_service *a)
{
	const struct cs_result *x = &b->result, *y = &a->result;
	bool reported = x->match == CS_MATCH_REPORT;

	/* Another question; and a report has what one datagram held. */
	if (cs_result_version(x) != cs_result_version(y))
		return true;
	if (!x->complete || !y->complete || reported != (y->match == CS_MATCH_REPORT))
		return same_start(x->body, y->body);
	return cs_span_eq(x->body, y->body);
}

static unsigned parts_of(const struct diff *d, const struct cs_service *b,
			 const struct cs_service *a, uint32_t after)
{
	const struct cs_judgement *x = &b->enriched.judgement;
	const struct cs_judgement *y = &a->enriched.judgement;
	unsigned parts = 0;

	if (!is_service(d->after, after))
		return CS_PART_RESPONSE; /* another code */
	if (!same_response(b, a))
		parts |= CS_PART_RESPONSE;
	if (!b->enriched.judged || !a->enriched.judged)
		return parts;
	if (!cs_span_eq(x->stack, y->stack))
		parts |= CS_PART_STACK;
	if (x->severity != y->severity)
		parts |= CS_PART_SEVERITY;
	return parts;
}

/* What is known of a place; nothing is no error. */
static enum cs_err look_up(const struct diff *d, const struct cs_addr *ip, uint16_t port,
			   struct cs_store_seen *seen)
{
	enum cs_err err;

	*seen = (struct cs_store_seen){ .ip = *ip, .port = port };
	if (!d->seen)
		return CS_OK;
	err = cs_store_seen_find(d->store, seen);
	if (err == CS_ERR_NOT_FOUND)
		seen->first_us = seen->last_us = 0;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static enum cs_err tell(struct diff *d, struct cs_diff_row *row)
{
	const struct cs_result *at = row->after ? row->after : row->before;
	struct cs_store_seen seen, old;
	enum cs_err err = look_up(d, &at->ip, at->port, &seen);

	row->first_us = seen.first_us;
	row->last_us = seen.last_us;
	if (!err && row->change == CS_CHANGE_MOVED) {
		err = look_up(d, &row->from, at->port, &old);
		row->first_us = old.first_us;
	}
	return err ? err : d->each(d->arg, row);
}

static enum cs_err tell_both(struct diff *d, enum cs_change change, uint32_t b,
			     uint32_t a)
{
	struct cs_service before, after;
	struct cs_diff_row row = { .change = change };

	if (b != NONE) {
		cs_model_get(d->before, b, &before);
		row.before = &before.result;
		row.enriched_before = before.is_enriched ? &before.enriched : NULL;
	}
	if (a != NONE) {
		cs_model_get(d->after, a, &after);
		row.after = &after.result;
		row.enriched_after = after.is_enriched ? &after.enriched : NULL;
	}
	if (change == CS_CHANGE_MOVED)
		row.from = before.result.ip;
	if (change == CS_CHANGE_CHANGED) {
		row.parts = parts_of(d, &before, &after, a);
		if (row.parts == 0)
			return CS_OK;
	}
	return tell(d, &row);
}

static enum cs_err tell_new(struct diff *d, uint32_t b, uint32_t a)
{
	uint32_t partner = CS_MOVED_NOWHERE;

	if (b == NONE)
		partner = d->fresh.at[d->at_fresh++].partner;
	if (partner == CS_MOVED_NOWHERE)
		return tell_both(d, CS_CHANGE_NEW, NONE, a);
	return tell_both(d, CS_CHANGE_MOVED, d->gone.at[partner].row, a);
}

static enum cs_err tell_lost(struct diff *d, uint32_t b)
{
	const struct cs_lone *lone;

	if (d->at_gone == d->gone.n || d->gone.at[d->at_gone].row != b)
		return tell_both(d, CS_CHANGE_NOT_PROBED, b, NONE);
	lone = &d->gone.at[d->at_gone++];
	if (lone->partner != CS_MOVED_NOWHERE)
		return CS_OK; /* told at its new place */
	return tell_both(d, CS_CHANGE_GONE, b, NONE);
}

static enum cs_err tell_pair(struct diff *d, uint32_t b, uint32_t a)
{
	if (is_new(d, b, a))
		return tell_new(d, b, a);
	if (is_lost(d, b, a))
		return tell_lost(d, b);
	if (is_service(d->before, b))
		return tell_both(d, CS_CHANGE_CHANGED, b, a);
	return CS_OK;
}

enum cs_err cs_diff_models(struct cs_store *store, const struct cs_model *before,
			   const struct cs_model *after, bool seen, cs_diff_fn *each,
			   void *arg)
{
	struct diff d = { .store = store,
			  .before = before,
			  .after = after,
			  .gone.model = before,
			  .fresh.model = after,
			  .seen = seen,
			  .each = each,
			  .arg = arg };
	enum cs_err err = cs_asked_open(store, after->day, &d.asked);

	if (!err)
		err = walk(&d, note);
	if (!err)
		err = cs_moved_find(&d.gone, &d.fresh);
	if (!err)
		err = walk(&d, tell_pair);
	free(d.gone.at);
	free(d.fresh.at);
	cs_asked_close(d.asked);
	return err;
}

enum cs_err cs_diff(struct cs_store *store, int32_t before, int32_t after,
		    cs_diff_fn *each, void *arg)
{
	struct cs_model *b = NULL, *a = NULL;
	enum cs_err err = cs_model_load(store, before, true, &b);

	if (!err)
		err = cs_model_load(store, after, true, &a);
	if (!err)
		err = cs_diff_models(store, b, a, true, each, arg);
	cs_model_free(b);
	cs_model_free(a);
	return err;
}
