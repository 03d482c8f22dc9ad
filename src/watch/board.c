/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/board.h"

#include <stdlib.h>

enum { NAME_ROOM = 96 };

/* One verdict and all that it points to. */
struct entry {
	struct cs_source source;
	struct cs_finding finding;
	struct cs_answer answer;
	struct cs_actor actor;
	struct cs_place place;
	bool has_actor, has_place;
	char name[NAME_ROOM], kind[NAME_ROOM], hostname[NAME_ROOM], as_name[NAME_ROOM];
	char geo[2];
};

struct cs_board {
	struct cs_sipkey key;
	size_t most, n;       /* entries: at most 2 * most */
	uint64_t dropped;     /* for want of room */
	struct entry **entry; /* owned, each */
	uint32_t *index;      /* 1 + entry, 0: free; by hash, linear probing */
	size_t mask;          /* of the index: a power of two, four times most or more */
	struct cs_verdict *shown;
};

enum cs_err cs_board_open(size_t most, const struct cs_sipkey *key, struct cs_board **out)
{
	struct cs_board *b = calloc(1, sizeof(*b));
	size_t slots = 8;

	if (!b)
		return CS_ERR_NOMEM;
	while (slots < 4 * most)
		slots *= 2;
	*b = (struct cs_board){ .key = *key, .most = most, .mask = slots - 1 };
	b->entry = calloc(2 * most + 1, sizeof(*b->entry));
	b->index = calloc(slots, sizeof(*b->index));
	b->shown = calloc(2 * most + 1, sizeof(*b->shown));
	*out = b;
	if (b->entry && b->index && b->shown)
		return CS_OK;
	cs_board_close(b);
	*out = NULL;
	return CS_ERR_NOMEM;
}

void cs_board_close(struct cs_board *board)
{
	if (!board)
		return;
	for (size_t i = 0; board->entry && i < board->n; i++)
		free(board->entry[i]);
	free(board->entry);
	free(board->index);
	free(board->shown);
	free(board);
}

/* --- the index --- */

static bool is_of(const struct entry *e, const struct cs_source *source)
{
	return e->source.bits == source->bits &&
	       cs_addr_cmp(&e->source.ip, &source->ip) == 0;
}

/* Where @source is, or where it would go. */
static uint32_t *slot_of(const struct cs_board *b, const struct cs_source *source)
{
	uint64_t hash = cs_siphash(&b->key, source->ip.b, sizeof(source->ip.b));
	size_t at = (hash + source->bits) & b->mask;

	while (b->index[at] && !is_of(b->entry[b->index[at] - 1], source))
		at = (at + 1) & b->mask;
	return &b->index[at];
}

static void index_anew(struct cs_board *b)
{
	memset(b->index, 0, (b->mask + 1) * sizeof(*b->index));
	for (size_t i = 0; i < b->n; i++)
		*slot_of(b, &b->entry[i]->source) = (uint32_t)(i + 1);
}

/* --- entries --- */

static struct cs_span keep(char room[NAME_ROOM], struct cs_span text)
{
	size_t len = text.len < NAME_ROOM ? text.len : NAME_ROOM;

	if (len > 0)
		memcpy(room, text.ptr, len);
	return cs_span_of(room, len);
}

static void fill(struct entry *e, const struct cs_verdict *v)
{
	e->source = *v->source;
	e->finding = *v->finding;
	e->answer = *v->answer;
	e->has_actor = v->actor != NULL;
	if (v->actor) {
		e->actor = *v->actor;
		e->actor.name = keep(e->name, v->actor->name);
		e->actor.kind = keep(e->kind, v->actor->kind);
		e->actor.hostname = keep(e->hostname, v->actor->hostname);
	}
	e->has_place = v->place != NULL;
	if (v->place) {
		size_t len = v->place->geo.len == sizeof(e->geo) ? sizeof(e->geo) : 0;

		if (len > 0)
			memcpy(e->geo, v->place->geo.ptr, len);
		e->place = (struct cs_place){ .asn = v->place->asn,
					      .geo = cs_span_of(e->geo, len),
					      .as_name = keep(e->as_name,
							      v->place->as_name) };
	}
}

static struct cs_verdict verdict_of(const struct entry *e)
{
	return (struct cs_verdict){ .source = &e->source,
				    .finding = &e->finding,
				    .answer = &e->answer,
				    .actor = e->has_actor ? &e->actor : NULL,
				    .place = e->has_place ? &e->place : NULL };
}

static bool differs(const struct entry *e, const struct cs_verdict *v)
{
	return e->finding.primary != v->finding->primary ||
	       e->finding.victim != v->finding->victim ||
	       e->finding.answered != v->finding->answered ||
	       e->answer.worry != v->answer->worry ||
	       e->has_actor != (v->actor != NULL) ||
	       (v->actor &&
		!cs_span_eq(e->actor.name, keep((char[NAME_ROOM]){ 0 }, v->actor->name)));
}

/* The worst first. */
static int compare(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;
	const struct cs_verdict v = verdict_of(*x), w = verdict_of(*y);

	return cs_verdict_cmp(&v, &w);
}

static void sort(struct cs_board *b)
{
	qsort(b->entry, b->n, sizeof(*b->entry), compare);
	while (b->n > b->most) {
		free(b->entry[--b->n]);
		b->dropped++;
	}
	index_anew(b);
}

enum cs_err cs_board_put(struct cs_board *board, const struct cs_verdict *verdict,
			 bool *changed)
{
	uint32_t *slot = slot_of(board, verdict->source);
	struct entry *e;

	if (*slot) {
		e = board->entry[*slot - 1];
		*changed = differs(e, verdict);
		fill(e, verdict);
		return CS_OK;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return CS_ERR_NOMEM;
	fill(e, verdict);
	*changed = true;
	board->entry[board->n++] = e;
	*slot = (uint32_t)board->n;
	if (board->n >= 2 * board->most)
		sort(board);
	return CS_OK;
}

const struct cs_verdict *cs_board_worst(struct cs_board *board, size_t *n,
					uint64_t *left_out)
{
	size_t all = board->n;

	qsort(board->entry, board->n, sizeof(*board->entry), compare);
	index_anew(board);
	*n = all < board->most ? all : board->most;
	*left_out = board->dropped + (all - *n);
	for (size_t i = 0; i < *n; i++)
		board->shown[i] = verdict_of(board->entry[i]);
	return board->shown;
}

void cs_board_tally(const struct cs_board *board,
		    uint32_t out[CS_CLASSES][CS_WORRY_ACT_NOW + 1])
{
	for (size_t i = 0; i < board->n; i++) {
		const struct entry *e = board->entry[i];

		out[e->finding.primary][e->answer.worry]++;
	}
}
