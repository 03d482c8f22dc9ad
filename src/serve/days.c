/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/days.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/page.h"
#include "report/settle.h"

struct cs_day {
	struct cs_days *days;
	struct cs_day *next; /* in the list of those that are kept, newest use first */
	struct cs_model *model;
	unsigned users;
	bool kept; /* in the list */
};

/* How many rows each owner has on a day. */
struct tally {
	struct tally *next;
	int32_t day;
	uint64_t stamp;
	uint32_t counts[];
};

/*
 * How many may stand in a line for what takes long, and how many days may be in
 * use beyond the bound of memory: whoever comes then is told so, at once.
 */
enum { LINE = 4, DAYS_AT_LEAST = 4 };

struct store {
	pthread_mutex_t lock;
	struct cs_store *store;
	unsigned line; /* who uses it or waits; under the lock of days */
};

struct cs_days {
	struct cs_days_want want;
	/* One for what is quick, one for loading, one for who needs it long. */
	struct store list, load, page;
	struct cs_store *writer; /* of cs_days_tend() */

	pthread_mutex_t lock; /* of all below */
	bool read_only;       /* no day is settled here */
	struct cs_arena arena;
	struct cs_store_day *known;
	size_t n_known;
	bool looked;
	int64_t looked_ns;
	uint64_t turn, loads;
	uint64_t bytes; /* of all models, those in use that are not kept too */
	struct cs_day *kept;
	unsigned in_use; /* days, kept or not */
	struct tally *tallies;
};

/* --- opening --- */

static enum cs_err open_one(const char *dir, bool write, struct cs_store **out,
			    char why[CS_DAYS_WHY])
{
	enum cs_err err = write ? cs_store_open(dir, out) : cs_store_open_read(dir, out);

	if (!err)
		return CS_OK;
	(void)snprintf(why, CS_DAYS_WHY, "%s",
		       *out && *cs_store_why(*out) ? cs_store_why(*out)
						   : cs_strerror(err));
	cs_store_close(*out);
	*out = NULL;
	return err;
}

static enum cs_err open_shared(struct cs_days *days, struct store *s,
			       char why[CS_DAYS_WHY])
{
	return open_one(days->want.dir, false, &s->store, why);
}

enum cs_err cs_days_open(const struct cs_days_want *want, struct cs_days **out,
			 char why[CS_DAYS_WHY])
{
	struct cs_days *days = calloc(1, sizeof(*days));
	enum cs_err err;

	*out = days;
	if (!days)
		return CS_ERR_NOMEM;
	days->want = *want;
	days->turn = 1;
	(void)pthread_mutex_init(&days->lock, NULL); /* cannot fail on Linux */
	(void)pthread_mutex_init(&days->list.lock, NULL);
	(void)pthread_mutex_init(&days->load.lock, NULL);
	(void)pthread_mutex_init(&days->page.lock, NULL);
	/* Makes an empty one where there is none; else it is only read. */
	days->read_only = open_one(want->dir, true, &days->writer, why) != CS_OK;
	if (days->read_only)
		cs_log(want->log, CS_DETAIL, "the store is only read: %s", why);
	err = open_shared(days, &days->list, why);
	if (!err)
		err = open_shared(days, &days->load, why);
	if (!err)
		err = open_shared(days, &days->page, why);
	return err;
}

static void close_shared(struct store *s)
{
	cs_store_close(s->store);
	(void)pthread_mutex_destroy(&s->lock);
}

/* Under the lock. */
static void free_day(struct cs_day *day)
{
	day->days->bytes -= cs_model_bytes(day->model);
	cs_model_free(day->model);
	free(day);
}

void cs_days_close(struct cs_days *days)
{
	if (!days)
		return;
	while (days->kept) {
		struct cs_day *day = days->kept;

		days->kept = day->next;
		free_day(day);
	}
	while (days->tallies) {
		struct tally *t = days->tallies;

		days->tallies = t->next;
		free(t);
	}
	cs_arena_clear(&days->arena);
	close_shared(&days->list);
	close_shared(&days->load);
	close_shared(&days->page);
	cs_store_close(days->writer);
	(void)pthread_mutex_destroy(&days->lock);
	free(days);
}

/* --- what there is --- */

static bool is_same(const struct cs_days *days, const struct cs_store_day *list, size_t n)
{
	if (n != days->n_known)
		return false;
	for (size_t i = 0; i < n; i++)
		if (list[i].day != days->known[i].day ||
		    list[i].stamp != days->known[i].stamp ||
		    list[i].missing != days->known[i].missing ||
		    list[i].summary_stamp != days->known[i].summary_stamp)
			return false;
	return true;
}

/* Whether it is this thread that looks now; the others go on with what is known. */
static bool is_due(struct cs_days *days)
{
	int64_t now = cs_clock_mono(days->want.clock);
	bool due;

	(void)pthread_mutex_lock(&days->lock);
	due = !days->looked || now - days->looked_ns >= CS_NS_PER_S;
	if (due)
		days->looked_ns = now;
	(void)pthread_mutex_unlock(&days->lock);
	return due;
}

static enum cs_err look(struct cs_days *days)
{
	struct cs_arena arena = { 0 }, old;
	struct cs_store_day *list = NULL;
	size_t n = 0;
	enum cs_err err;

	if (!is_due(days))
		return CS_OK;
	(void)pthread_mutex_lock(&days->list.lock);
	err = cs_store_days(days->list.store, &arena, &list, &n);
	(void)pthread_mutex_unlock(&days->list.lock);
	(void)pthread_mutex_lock(&days->lock);
	if (!err && (!days->looked || !is_same(days, list, n))) {
		old = days->arena;
		days->arena = arena;
		arena = old;
		days->known = list;
		days->n_known = n;
		days->turn++;
	}
	days->looked = days->looked || !err;
	(void)pthread_mutex_unlock(&days->lock);
	cs_arena_clear(&arena);
	return err;
}

enum cs_err cs_days_list(struct cs_days *days, struct cs_arena *arena,
			 struct cs_store_day **list, size_t *n)
{
	enum cs_err err = look(days);

	if (err)
		return err;
	(void)pthread_mutex_lock(&days->lock);
	*n = days->n_known;
	*list = cs_arena_array(arena, *n + 1, sizeof(**list));
	if (*list && *n)
		memcpy(*list, days->known, *n * sizeof(**list));
	(void)pthread_mutex_unlock(&days->lock);
	return *list ? CS_OK : CS_ERR_NOMEM;
}

uint64_t cs_days_turn(struct cs_days *days)
{
	uint64_t turn;

	(void)look(days); /* what was known last holds then */
	(void)pthread_mutex_lock(&days->lock);
	turn = days->turn;
	(void)pthread_mutex_unlock(&days->lock);
	return turn;
}

enum cs_err cs_days_newest(struct cs_days *days, int32_t *day)
{
	enum cs_err err = look(days);

	if (err)
		return err;
	err = CS_ERR_NOT_FOUND;
	(void)pthread_mutex_lock(&days->lock);
	for (size_t i = days->n_known; err && i > 0; i--)
		if (days->known[i - 1].rows > 0) {
			*day = days->known[i - 1].day;
			err = CS_OK;
		}
	(void)pthread_mutex_unlock(&days->lock);
	return err;
}

/* 0: no such day. Under the lock. */
static uint64_t stamp_of(const struct cs_days *days, int32_t day)
{
	for (size_t i = 0; i < days->n_known; i++)
		if (days->known[i].day == day)
			return days->known[i].stamp;
	return 0;
}

/* --- models --- */

/* Under the lock: lets go of a day in the list. */
static void drop(struct cs_days *days, struct cs_day *day)
{
	struct cs_day **at = &days->kept;

	while (*at != day)
		at = &(*at)->next;
	*at = day->next;
	day->kept = false;
	if (day->users == 0)
		free_day(day);
}

/* Under the lock: the day in its state, if it is kept; it becomes the newest used. */
static struct cs_day *find(struct cs_days *days, int32_t day, uint64_t stamp)
{
	struct cs_day **at = &days->kept;

	while (*at && cs_model_day((*at)->model) != day)
		at = &(*at)->next;

	struct cs_day *found = *at;

	if (!found || cs_model_stamp(found->model) != stamp)
		return NULL;
	*at = found->next;
	found->next = days->kept;
	days->kept = found;
	days->in_use += found->users == 0;
	found->users++;
	return found;
}

/*
 * Under the lock: forgets what there is no room for, but for the newest. What is
 * in use stays, as forgetting it would free nothing, and it would be loaded again.
 */
static void make_room(struct cs_days *days)
{
	while (days->bytes > days->want.memory) {
		struct cs_day *last = NULL;

		for (struct cs_day *d = days->kept; d; d = d->next)
			if (d->users == 0 && d != days->kept)
				last = d;
		if (!last)
			return;
		drop(days, last);
	}
}

/* Under the lock: whether what is in use leaves room for one more day. */
static bool is_full(const struct cs_days *days)
{
	uint64_t idle = 0;

	for (const struct cs_day *d = days->kept; d; d = d->next)
		if (d->users == 0)
			idle += cs_model_bytes(d->model);
	return days->in_use >= DAYS_AT_LEAST && days->bytes - idle > days->want.memory;
}

/* Under the lock: forgets the day's former state. */
static void keep(struct cs_days *days, struct cs_day *fresh)
{
	struct cs_day *next;

	for (struct cs_day *d = days->kept; d; d = next) {
		next = d->next;
		if (cs_model_day(d->model) == cs_model_day(fresh->model))
			drop(days, d);
	}
	fresh->next = days->kept;
	fresh->kept = true;
	days->kept = fresh;
	days->bytes += cs_model_bytes(fresh->model);
	days->in_use++;
	make_room(days);
}

static struct cs_day *find_now(struct cs_days *days, int32_t day, uint64_t *stamp)
{
	struct cs_day *found;

	(void)pthread_mutex_lock(&days->lock);
	*stamp = stamp_of(days, day);
	found = *stamp ? find(days, day, *stamp) : NULL;
	(void)pthread_mutex_unlock(&days->lock);
	return found;
}

/* Waits for a store, but only in a short line: the threads that answer are few. */
static enum cs_err take_store(struct cs_days *days, struct store *s)
{
	bool room;

	(void)pthread_mutex_lock(&days->lock);
	room = s->line <= LINE;
	s->line += room;
	(void)pthread_mutex_unlock(&days->lock);
	if (!room)
		return CS_ERR_BUSY;
	(void)pthread_mutex_lock(&s->lock);
	return CS_OK;
}

static void give_store(struct cs_days *days, struct store *s)
{
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_mutex_lock(&days->lock);
	s->line--;
	(void)pthread_mutex_unlock(&days->lock);
}

/* Under load's lock. A day that changes while it is loaded is loaded again later. */
static enum cs_err load(struct cs_days *days, int32_t day, struct cs_day **out)
{
	struct cs_day *fresh;
	enum cs_err err;
	bool full;

	(void)pthread_mutex_lock(&days->lock);
	full = is_full(days);
	(void)pthread_mutex_unlock(&days->lock);
	if (full)
		return CS_ERR_BUSY;
	fresh = calloc(1, sizeof(*fresh));
	if (!fresh)
		return CS_ERR_NOMEM;
	fresh->days = days;
	fresh->users = 1;
	err = cs_model_load(days->load.store, day, false, &fresh->model);
	if (err) {
		cs_log(days->want.log, CS_DEBUG, "loading a day: %s",
		       cs_store_why(days->load.store));
		free(fresh);
		return err;
	}
	(void)pthread_mutex_lock(&days->lock);
	days->loads++;
	keep(days, fresh);
	(void)pthread_mutex_unlock(&days->lock);
	*out = fresh;
	return CS_OK;
}

enum cs_err cs_days_get(struct cs_days *days, int32_t day, struct cs_day **out)
{
	enum cs_err err = look(days);
	uint64_t stamp;

	*out = NULL;
	if (err)
		return err;
	*out = find_now(days, day, &stamp);
	if (*out || !stamp)
		return *out ? CS_OK : CS_ERR_NOT_FOUND;
	err = take_store(days, &days->load);
	if (err)
		return err;
	/* Somebody may have loaded it while we waited. */
	*out = find_now(days, day, &stamp);
	if (!*out)
		err = load(days, day, out);
	give_store(days, &days->load);
	return err;
}

void cs_day_put(struct cs_day *day)
{
	struct cs_days *days = day ? day->days : NULL;

	if (!day)
		return;
	(void)pthread_mutex_lock(&days->lock);
	day->users--;
	days->in_use -= day->users == 0;
	if (day->users == 0 && !day->kept)
		free_day(day);
	make_room(days);
	(void)pthread_mutex_unlock(&days->lock);
}

const struct cs_model *cs_day_model(const struct cs_day *day)
{
	return day->model;
}

struct cs_days_state cs_days_state(struct cs_days *days)
{
	struct cs_days_state state = { 0 };

	(void)pthread_mutex_lock(&days->lock);
	for (const struct cs_day *d = days->kept; d; d = d->next)
		state.models++;
	state.bytes = days->bytes;
	state.loads = days->loads;
	(void)pthread_mutex_unlock(&days->lock);
	return state;
}

/* --- tallies --- */

static bool copy_tally(struct cs_days *days, int32_t day, size_t n, uint32_t *counts)
{
	bool found = false;

	(void)pthread_mutex_lock(&days->lock);
	for (const struct tally *t = days->tallies; t && !found; t = t->next)
		if (t->day == day && t->stamp == stamp_of(days, day)) {
			memcpy(counts, t->counts, n * sizeof(*counts));
			found = true;
		}
	(void)pthread_mutex_unlock(&days->lock);
	return found;
}

static void count(const struct cs_model *model, const struct cs_owners *owners,
		  uint32_t *found, uint32_t *counts)
{
	struct cs_service s;

	for (size_t i = 0; i < cs_model_count(model); i++) {
		cs_model_get(model, i, &s);

		size_t n = cs_owners_of(owners, &s.result,
					s.is_enriched ? &s.enriched : NULL, found);

		for (size_t j = 0; j < n; j++)
			counts[found[j]]++;
	}
}

/* One for each day: an older state of it goes. */
static void keep_tally(struct cs_days *days, struct tally *fresh)
{
	struct tally **at = &days->tallies;

	(void)pthread_mutex_lock(&days->lock);
	while (*at && (*at)->day != fresh->day)
		at = &(*at)->next;
	if (*at) {
		struct tally *old = *at;

		*at = old->next;
		free(old);
	}
	fresh->next = days->tallies;
	days->tallies = fresh;
	(void)pthread_mutex_unlock(&days->lock);
}

enum cs_err cs_days_tally(struct cs_days *days, int32_t day, struct cs_arena *arena,
			  uint32_t **counts)
{
	size_t n = days->want.owners ? cs_owners_count(days->want.owners) : 0;
	struct cs_day *loaded;
	struct tally *fresh;
	uint32_t *found;
	enum cs_err err = look(days);

	*counts = cs_arena_array(arena, n + 1, sizeof(**counts));
	found = cs_arena_array(arena, n + 1, sizeof(*found));
	if (err || !*counts || !found)
		return err ? err : CS_ERR_NOMEM;
	if (copy_tally(days, day, n, *counts))
		return CS_OK;
	err = cs_days_get(days, day, &loaded);
	if (err)
		return err;
	fresh = calloc(1, sizeof(*fresh) + n * sizeof(fresh->counts[0]));
	if (!fresh) {
		cs_day_put(loaded);
		return CS_ERR_NOMEM;
	}
	fresh->day = day;
	fresh->stamp = cs_model_stamp(loaded->model);
	count(loaded->model, days->want.owners, found, fresh->counts);
	memcpy(*counts, fresh->counts, n * sizeof(**counts));
	keep_tally(days, fresh);
	cs_day_put(loaded);
	return CS_OK;
}

/* --- the rest --- */

enum cs_err cs_days_use(struct cs_days *days, cs_days_use_fn *use, void *arg)
{
	enum cs_err err = take_store(days, &days->page);

	if (err)
		return err;
	err = use(arg, days->page.store);
	give_store(days, &days->page);
	return err;
}

/* A cs_page_seen_fn; a thousand are some milliseconds. */
void cs_days_seen(void *arg, struct cs_store_seen *seen, size_t n)
{
	struct cs_days *days = arg;

	(void)pthread_mutex_lock(&days->list.lock);
	cs_page_seen(days->list.store, seen, n);
	(void)pthread_mutex_unlock(&days->list.lock);
}

/* INT32_MIN: none, or nothing can be done. */
static int32_t newest_unsettled(struct cs_days *days)
{
	int32_t day = INT32_MIN;

	(void)pthread_mutex_lock(&days->lock);
	for (size_t i = 0; !days->read_only && i < days->n_known; i++)
		if (days->known[i].stamp != days->known[i].summary_stamp &&
		    days->known[i].missing == 0)
			day = days->known[i].day;
	(void)pthread_mutex_unlock(&days->lock);
	return day;
}

/* One a round, as a signal may wait. True when there may be more. */
static bool settle(struct cs_days *days)
{
	int32_t day = newest_unsettled(days);

	if (day == INT32_MIN)
		return false;
	if (!cs_settle_day(days->writer, day)) {
		(void)pthread_mutex_lock(&days->lock);
		days->looked_ns -= CS_NS_PER_S; /* look again: there is a summary now */
		(void)pthread_mutex_unlock(&days->lock);
		return true;
	}
	cs_log(days->want.log, CS_WARN, "days stay without a summary: %s",
	       cs_store_why(days->writer));
	(void)pthread_mutex_lock(&days->lock);
	days->read_only = true;
	(void)pthread_mutex_unlock(&days->lock);
	return false;
}

bool cs_days_read_only(struct cs_days *days)
{
	bool read_only;

	(void)pthread_mutex_lock(&days->lock);
	read_only = days->read_only;
	(void)pthread_mutex_unlock(&days->lock);
	return read_only;
}

bool cs_days_tend(struct cs_days *days)
{
	struct cs_day *loaded;
	int32_t newest;

	if (cs_days_newest(days, &newest))
		return false;

	bool more = settle(days);

	if (!cs_days_get(days, newest, &loaded))
		cs_day_put(loaded);
	return more;
}
