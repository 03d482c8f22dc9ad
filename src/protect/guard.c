/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/guard.h"

#include <string.h>

#include "net/special.h"

enum {
	SURE_ENOUGH = 60, /* percent */
	WIDEST_V4 = 96 + 24,
	WIDEST_V6 = 64,
	SINGLE = 128,
	A_MINUTE_MS = 60000,
	MS_PER_S = 1000,
};

/* --- what is asked for --- */

static bool is_attack(enum cs_guard_class class_)
{
	return class_ == CS_GUARD_F || class_ == CS_GUARD_D || class_ == CS_GUARD_E ||
	       class_ == CS_GUARD_C2 || class_ == CS_GUARD_B;
}

/*
 * Nothing is left that somebody else may have sent in its name: not on a flow of which the
 * one sign is guessed, and no malformed datagram, which belongs to no flow.
 */
static bool is_genuine(const struct cs_guard_verdict *v)
{
	return v->proved > 0 && v->guessed == 0 && v->unproved == 0 &&
	       v->because.class_ != CS_GUARD_F;
}

static enum cs_guard_answer judge_attacker(const struct cs_guard_verdict *v)
{
	if (!is_attack(v->because.class_))
		return CS_GUARD_OURS;
	if (v->prefix.bits != SINGLE)
		return CS_GUARD_NEIGHBOURS;
	return is_genuine(v) ? CS_GUARD_BLOCKED : CS_GUARD_FORGED;
}

/* A victim is one by its class, too: C1 names nobody else. */
static bool is_victim(const struct cs_guard_verdict *v)
{
	return v->victim || v->because.class_ == CS_GUARD_C1;
}

enum cs_guard_answer cs_guard_judge(const struct cs_guard_verdict *verdict,
				    uint32_t seconds, struct cs_guard_request *out)
{
	bool victim = is_victim(verdict);
	enum cs_guard_answer answer;

	if (verdict->because.worry < CS_GUARD_ACT)
		return CS_GUARD_HARMLESS;
	if (verdict->peer)
		return CS_GUARD_ALLOWED;
	if (verdict->because.class_ == CS_GUARD_H ||
	    verdict->because.class_ == CS_GUARD_G ||
	    verdict->because.class_ == CS_GUARD_I)
		return CS_GUARD_OURS;
	if (verdict->because.confidence < SURE_ENOUGH)
		return CS_GUARD_UNSURE;
	answer = victim ? CS_GUARD_BLOCKED : judge_attacker(verdict);
	if (answer == CS_GUARD_BLOCKED)
		*out = (struct cs_guard_request){
			.prefix = verdict->prefix,
			.seconds = seconds,
			.reason = victim ? CS_GUARD_VICTIM : CS_GUARD_ATTACKER,
			.because = verdict->because,
		};
	return answer;
}

/* --- what is done --- */

static bool is_odd(const struct cs_guard_request *r)
{
	const struct cs_guard_evidence *e = &r->because;

	if (e->worry < CS_GUARD_ACT || e->confidence < SURE_ENOUGH)
		return true;
	if (r->reason == CS_GUARD_VICTIM)
		return e->class_ != CS_GUARD_C1 && !is_attack(e->class_);
	return !is_attack(e->class_);
}

static bool is_v4(const struct cs_prefix *p)
{
	return p->bits >= 96 && cs_addr_is_v4(&p->addr);
}

static bool is_wide(const struct cs_guard_request *r)
{
	uint8_t widest = is_v4(&r->prefix) ? WIDEST_V4 : WIDEST_V6;

	return r->prefix.bits < widest ||
	       (r->reason == CS_GUARD_ATTACKER && r->prefix.bits != SINGLE);
}

static bool overlaps_any(const struct cs_prefix *p, const struct cs_prefix *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cs_prefix_overlap(p, &of[i]))
			return true;
	return false;
}

enum cs_guard_answer cs_guard_spares(const struct cs_guard_spared *spared,
				     const struct cs_prefix *prefix)
{
	if (overlaps_any(prefix, spared->allowed, spared->n_allowed))
		return CS_GUARD_ALLOWED;
	if (overlaps_any(prefix, spared->local, spared->n_local))
		return CS_GUARD_LOCAL;
	return CS_GUARD_BLOCKED;
}

/* What never comes from elsewhere: loopback and the link's own addresses. */
static bool is_inner(const struct cs_prefix *p)
{
	static const struct cs_prefix inner[] = {
		{ { { [10] = 0xff, [11] = 0xff, [12] = 127 } }, 96 + 8 },
		{ { { [10] = 0xff, [11] = 0xff, [12] = 169, [13] = 254 } }, 96 + 16 },
		{ { { [15] = 1 } }, SINGLE },
		{ { { 0xfe, 0x80 } }, 10 },
	};

	return overlaps_any(p, inner, CS_LEN(inner));
}

static bool is_nobody(const struct cs_prefix *p)
{
	struct cs_range range = cs_prefix_range(p);

	return cs_special_never(&range);
}

static enum cs_guard_answer look_at(const struct cs_guard_request *r,
				    const struct cs_guard_spared *spared)
{
	if (is_odd(r))
		return CS_GUARD_ODD;
	if (is_wide(r))
		return CS_GUARD_WIDE;
	if (r->seconds < CS_GUARD_LEAST_S)
		return CS_GUARD_BRIEF;
	if (is_nobody(&r->prefix))
		return CS_GUARD_NOBODY;
	if (is_inner(&r->prefix))
		return CS_GUARD_LOCAL;
	return cs_guard_spares(spared, &r->prefix);
}

/* Where @prefix stands, or would. */
static size_t place_of(const struct cs_guard *g, const struct cs_prefix *prefix)
{
	size_t lo = 0, hi = g->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cs_prefix_cmp(&g->entries[mid].prefix, prefix) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct cs_guard_entry *find(const struct cs_guard *g,
				   const struct cs_prefix *prefix)
{
	size_t at = place_of(g, prefix);

	if (at == g->n || cs_prefix_cmp(&g->entries[at].prefix, prefix) != 0)
		return NULL;
	return &g->entries[at];
}

const struct cs_guard_entry *cs_guard_find(const struct cs_guard *guard,
					   const struct cs_prefix *prefix)
{
	return find(guard, prefix);
}

static void drop_old(struct cs_guard *g, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->entries[i].until_ms > now_ms)
			g->entries[kept++] = g->entries[i];
	g->n = kept;
}

/* Whether as many came in within the last minute as may. */
static bool is_fast(const struct cs_guard *g, int64_t now_ms)
{
	/* Where the next one will be noted stands the oldest. */
	return g->n_added == g->limits.a_minute &&
	       now_ms - g->added_ms[g->at] < A_MINUTE_MS;
}

static void note_added(struct cs_guard *g, int64_t now_ms)
{
	g->added_ms[g->at] = now_ms;
	g->at = (g->at + 1) % g->limits.a_minute;
	g->n_added += g->n_added < g->limits.a_minute;
}

static void insert(struct cs_guard *g, const struct cs_guard_entry *entry)
{
	size_t at = place_of(g, &entry->prefix);

	memmove(g->entries + at + 1, g->entries + at, (g->n - at) * sizeof(*g->entries));
	g->entries[at] = *entry;
	g->n++;
}

/* An entry is renewed when half of its time is over: no command to the firewall for less. */
static enum cs_guard_answer renew(struct cs_guard_entry *entry,
				  const struct cs_guard_request *r, int64_t now_ms,
				  int64_t until_ms)
{
	bool cleared = entry->reason == CS_GUARD_ATTACKER && r->reason == CS_GUARD_VICTIM;
	bool late = entry->until_ms - now_ms < (until_ms - now_ms) / 2;

	if (!cleared && !late)
		return CS_GUARD_STANDS;
	/* Once a victim it is no attacker while the entry stands. */
	if (cleared)
		entry->reason = CS_GUARD_VICTIM;
	if (entry->until_ms < until_ms)
		entry->until_ms = until_ms;
	return CS_GUARD_RENEWED;
}

static enum cs_guard_answer add(struct cs_guard *g, const struct cs_guard_request *r,
				int64_t now_ms, int64_t until_ms)
{
	const struct cs_guard_entry entry = { r->prefix, r->reason, until_ms };

	if (g->n == g->limits.entries)
		return CS_GUARD_FULL;
	if (is_fast(g, now_ms))
		return CS_GUARD_RATE;
	note_added(g, now_ms);
	insert(g, &entry);
	return CS_GUARD_BLOCKED;
}

enum cs_guard_answer cs_guard_decide(struct cs_guard *guard,
				     const struct cs_guard_request *request,
				     const struct cs_guard_spared *spared, int64_t now_ms,
				     uint32_t *seconds)
{
	enum cs_guard_answer answer = look_at(request, spared);
	struct cs_guard_entry *entry;

	if (answer != CS_GUARD_BLOCKED)
		return answer;
	*seconds = request->seconds < guard->limits.seconds ? request->seconds
							    : guard->limits.seconds;
	drop_old(guard, now_ms);
	entry = find(guard, &request->prefix);

	int64_t until_ms = now_ms + (int64_t)*seconds * MS_PER_S;

	return entry ? renew(entry, request, now_ms, until_ms)
		     : add(guard, request, now_ms, until_ms);
}

enum cs_err cs_guard_remember(struct cs_guard *guard, const struct cs_guard_entry *entry)
{
	struct cs_guard_entry *there = find(guard, &entry->prefix);

	if (there) {
		*there = *entry;
		return CS_OK;
	}
	if (guard->n == guard->limits.entries)
		return CS_ERR_FULL;
	insert(guard, entry);
	return CS_OK;
}

void cs_guard_forget(struct cs_guard *guard, const struct cs_prefix *prefix)
{
	struct cs_guard_entry *entry = find(guard, prefix);

	if (!entry)
		return;
	guard->n--;
	memmove(entry, entry + 1,
		(size_t)(guard->entries + guard->n - entry) * sizeof(*entry));
}

enum cs_err cs_guard_open(struct cs_guard *guard, const struct cs_guard_limits *limits,
			  struct cs_arena *arena)
{
	*guard = (struct cs_guard){ .limits = *limits };
	guard->entries = cs_arena_array(arena, limits->entries, sizeof(*guard->entries));
	guard->added_ms =
		cs_arena_array(arena, limits->a_minute, sizeof(*guard->added_ms));
	return guard->entries && guard->added_ms ? CS_OK : CS_ERR_NOMEM;
}
