/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/who.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/clock.h"
#include "enrich/forward.h"
#include "watch/who_names.h"

enum {
	REST = 30,   /* calls of cs_who_work() without a question, after silence */
	WINDOW = 64, /* questions under way a resolver */
};

#define KEEP_MOST_US  CS_US_PER_DAY
#define KEEP_DOUBT_US (60 * CS_US_PER_S) /* nobody said whether the name leads back */

struct cs_who {
	struct cs_who_want want;
	struct cs_ptr *ptr;         /* NULL: names are not asked for */
	struct cs_forward *forward; /* likewise */
	struct cs_who_names *names; /* likewise */
	struct cs_addr waiting[CS_WHO_WAITING];
	size_t n_waiting;
	unsigned rest;
	struct cs_arena texts; /* names of cs_who_find_all() */
	struct cs_who_counts counts;
	struct cs_ptr_answer answers[CS_WHO_GROUP];
	struct cs_forward_claim claims[CS_WHO_GROUP];
	size_t at[CS_WHO_GROUP]; /* whose actor each is */
};

/* --- opening --- */

static enum cs_err open_names(struct cs_who *who, char why[CS_PTR_WHY])
{
	const struct cs_who_want *w = &who->want;
	const struct cs_ptr_want want = {
		.resolvers = w->resolvers,
		.n_resolvers = w->n_resolvers,
		.window = WINDOW,
		.timeout_ms = w->timeout_ms ? w->timeout_ms : CS_PTR_TIMEOUT_MS,
		.tries = CS_PTR_TRIES,
		.clock = w->clock,
		.stop = w->stop,
	};
	struct cs_sipkey key;
	enum cs_err err;

	if (getrandom(&key, sizeof(key), 0) != sizeof(key)) {
		(void)snprintf(why, CS_PTR_WHY, "no random numbers");
		return CS_ERR_IO;
	}
	err = cs_ptr_open(&want, &who->ptr, why);
	if (!err)
		err = cs_forward_open(&want, &who->forward, why);
	return err ? err : cs_who_names_open(CS_WHO_KEPT, &key, &who->names);
}

enum cs_err cs_who_open(const struct cs_who_want *want, struct cs_who **out,
			char why[CS_PTR_WHY])
{
	struct cs_who *who = calloc(1, sizeof(*who));
	enum cs_err err = who ? CS_OK : CS_ERR_NOMEM;

	(void)snprintf(why, CS_PTR_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	if (who)
		who->want = *want;
	if (!err && want->names)
		err = open_names(who, why);
	if (err) {
		cs_who_close(who);
		return err;
	}
	*out = who;
	return CS_OK;
}

void cs_who_close(struct cs_who *who)
{
	if (!who)
		return;
	cs_ptr_close(who->ptr);
	cs_forward_close(who->forward);
	cs_who_names_close(who->names);
	cs_arena_clear(&who->texts);
	free(who);
}

/* --- what is known --- */

static int64_t now_us(const struct cs_who *who)
{
	return cs_clock_wall(who->want.clock);
}

static void by_list(const struct cs_who *who, const struct cs_addr *ip,
		    struct cs_actor *out)
{
	struct cs_scanner scanner;

	if (!who->want.scanners || !cs_scanners_find(who->want.scanners, ip, &scanner))
		return;
	out->name = scanner.name;
	out->kind = scanner.kind;
	out->date_us = scanner.date_us;
	out->by_list = true;
}

/* @name is confirmed. A list's own name and date stay where there is one. */
static void by_name(struct cs_span name, int64_t asked_us, struct cs_actor *out)
{
	struct cs_scanner scanner;

	out->hostname = name;
	if (!cs_scanner_of_name(name, &scanner))
		return;
	out->by_name = true;
	if (out->by_list)
		return;
	out->name = scanner.name;
	out->kind = scanner.kind;
	out->date_us = asked_us;
}

static bool is_somebody(const struct cs_actor *actor)
{
	return actor->name.len > 0 || actor->hostname.len > 0;
}

static void wait_for(struct cs_who *who, const struct cs_addr *ip)
{
	for (size_t i = 0; i < who->n_waiting; i++)
		if (cs_addr_cmp(&who->waiting[i], ip) == 0)
			return;
	if (who->n_waiting < CS_WHO_WAITING)
		who->waiting[who->n_waiting++] = *ip;
	else
		who->counts.dropped++;
}

bool cs_who_find(struct cs_who *who, const struct cs_addr *ip, struct cs_actor *out)
{
	const struct cs_who_name *name = NULL;

	*out = (struct cs_actor){ 0 };
	by_list(who, ip, out);
	if (who->names)
		name = cs_who_names_find(who->names, ip, now_us(who));
	if (name && name->len > 0)
		by_name(cs_span_of(name->text, name->len), name->asked_us, out);
	else if (!name && who->names)
		wait_for(who, ip);
	return is_somebody(out);
}

/* --- asking --- */

static int64_t until(int64_t expires_us, int64_t now)
{
	return expires_us < now + KEEP_MOST_US ? expires_us : now + KEEP_MOST_US;
}

/* What came of one address, into the table. True: a name that leads back. */
static bool keep(struct cs_who *who, const struct cs_ptr_answer *answer,
		 const struct cs_forward_claim *claim, int64_t now)
{
	struct cs_span name = { 0 };
	int64_t expires = now + KEEP_DOUBT_US;

	if (!answer->known || (answer->name.len > 0 && !claim->known)) {
		who->counts.failed++;
	} else {
		expires = until(answer->expires_us, now);
		if (answer->name.len > 0 && claim->holds)
			name = answer->name;
		who->counts.confirmed += name.len > 0;
		who->counts.lied += answer->name.len > 0 && name.len == 0;
	}
	cs_who_names_put(who->names, &answer->ip, name, now, expires);
	return name.len > 0;
}

/* Asks for the names of who->answers[0..n-1].ip; *@n_named have one. */
static enum cs_err ask(struct cs_who *who, size_t n, size_t *n_named)
{
	enum cs_err err = cs_ptr_resolve(who->ptr, who->answers, n);

	for (size_t i = 0; i < n; i++)
		who->claims[i] =
			(struct cs_forward_claim){ .ip = who->answers[i].ip,
						   .name = who->answers[i].name };
	if (!err)
		err = cs_forward_check(who->forward, who->claims, n);
	if (err)
		return err;

	const int64_t now = now_us(who);

	who->counts.asked += n;
	for (size_t i = 0; i < n; i++)
		*n_named += keep(who, &who->answers[i], &who->claims[i], now);
	return CS_OK;
}

bool cs_who_work(struct cs_who *who)
{
	size_t n = who->n_waiting < CS_WHO_AT_ONCE ? who->n_waiting : CS_WHO_AT_ONCE;
	uint64_t failed = who->counts.failed;
	size_t named = 0;

	if (n == 0 || !who->names)
		return false;
	if (who->rest > 0) {
		who->rest--;
		return false;
	}
	for (size_t i = 0; i < n; i++)
		who->answers[i].ip = who->waiting[i];
	who->n_waiting -= n;
	memmove(who->waiting, who->waiting + n, who->n_waiting * sizeof(*who->waiting));
	if (ask(who, n, &named) || who->counts.failed - failed == n)
		who->rest = REST;
	return named > 0;
}

/* Takes @name for one of the actors; it lives as long as the others of the call. */
static enum cs_err take(struct cs_who *who, struct cs_span name, int64_t asked_us,
			struct cs_actor *actor)
{
	char *text = cs_arena_text(&who->texts, name);

	if (!text)
		return CS_ERR_NOMEM;
	by_name(cs_span_of(text, name.len), asked_us, actor);
	return CS_OK;
}

/* The addresses of a call, and how far it has come. */
struct all {
	const struct cs_addr *ips;
	struct cs_actor *actors;
	size_t n, next;
};

/* Goes on until a group that nothing is kept of is in who->answers. */
static enum cs_err collect(struct cs_who *who, struct all *all, size_t *n)
{
	const int64_t now = now_us(who);
	enum cs_err err = CS_OK;

	for (*n = 0; !err && all->next < all->n && *n < CS_WHO_GROUP; all->next++) {
		const struct cs_who_name *name =
			cs_who_names_find(who->names, &all->ips[all->next], now);

		if (name && name->len > 0) {
			err = take(who, cs_span_of(name->text, name->len), name->asked_us,
				   &all->actors[all->next]);
		} else if (!name) {
			who->answers[*n].ip = all->ips[all->next];
			who->at[(*n)++] = all->next;
		}
	}
	return err;
}

/* Asks for the group and takes what came. */
static enum cs_err ask_group(struct cs_who *who, struct all *all, size_t n)
{
	size_t named = 0;
	enum cs_err err = n > 0 ? ask(who, n, &named) : CS_OK;

	for (size_t i = 0; !err && i < n; i++)
		if (who->claims[i].holds)
			err = take(who, who->answers[i].name, now_us(who),
				   &all->actors[who->at[i]]);
	return err;
}

enum cs_err cs_who_find_all(struct cs_who *who, const struct cs_addr *ips,
			    struct cs_actor *actors, size_t n)
{
	struct all all = { .ips = ips, .actors = actors, .n = n };
	enum cs_err err = CS_OK;
	size_t found;

	cs_arena_clear(&who->texts);
	for (size_t i = 0; i < n; i++) {
		actors[i] = (struct cs_actor){ 0 };
		by_list(who, &ips[i], &actors[i]);
	}
	while (!err && who->names && all.next < n) {
		err = collect(who, &all, &found);
		if (!err)
			err = ask_group(who, &all, found);
	}
	return err;
}

struct cs_who_counts cs_who_counted(const struct cs_who *who)
{
	return who->counts;
}
