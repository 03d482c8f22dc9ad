/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/ptr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/arena.h"
#include "enrich/dns_reply.h"
#include "enrich/ptr_channel.h"
#include "enrich/ptr_turns.h"

enum {
	EVENTS = 64,
	BURST = 64,        /* questions in a row, before answers are looked for */
	TICKS = 8,         /* a timeout: how often expired questions are looked for */
	STOP = UINT16_MAX, /* tag of the descriptor that ends the work */
};

/* How a resolver is asked: a channel each. */
enum way { BRIEF, PATIENT, TCP, WAYS };

/* A question of a call, and what is handed to c-ares with it. */
struct ask {
	struct cs_ptr *ptr;
	struct cs_ptr_answer *answer; /* the caller's row that it is asked for */
	uint32_t question;
	unsigned resolver;
	bool tcp;
};

struct probe {
	struct cs_ptr *ptr;
	unsigned resolver;
};

struct cs_ptr {
	struct cs_ptr_want want;
	struct cs_ptr_resolvers resolvers;
	struct cs_ptr_channel channels[CS_PTR_RESOLVERS_MAX][WAYS];
	struct probe probes[CS_PTR_RESOLVERS_MAX];
	struct cs_ptr_turns turns;
	int epoll;
	bool library; /* c-ares is initialised */
	bool stopped;
	int64_t ticked_ns;
	unsigned burst;        /* questions since answers were looked for */
	enum cs_err err;       /* of the call under way */
	struct cs_arena texts; /* names of the call */
	struct cs_ptr_counts counts;

	/* Grown with the largest call. */
	struct ask *asks;
	struct cs_ptr_answer **sorted;
	struct cs_ptr_answer *fresh;
	size_t room, n_asks, n_fresh;
};

static int64_t now_ns(const struct cs_ptr *ptr)
{
	return cs_clock_mono(ptr->want.clock);
}

static uint32_t n_channels(const struct cs_ptr *ptr)
{
	return (uint32_t)ptr->resolvers.n * WAYS;
}

static struct cs_ptr_channel *channel_of(struct cs_ptr *ptr, uint32_t tag)
{
	return &ptr->channels[tag / WAYS][tag % WAYS];
}

static enum cs_err open_epoll(struct cs_ptr *ptr, char why[CS_PTR_WHY])
{
	struct epoll_event event = { .events = EPOLLIN,
				     .data.u64 = (uint64_t)STOP << 32 };

	ptr->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (ptr->epoll >= 0 &&
	    (!ptr->want.stop ||
	     epoll_ctl(ptr->epoll, EPOLL_CTL_ADD, *ptr->want.stop, &event) == 0))
		return CS_OK;
	(void)snprintf(why, CS_PTR_WHY, "asking for names: %s", strerror(errno));
	return CS_ERR_IO;
}

static enum cs_err open_channels(struct cs_ptr *ptr, unsigned resolver,
				 char why[CS_PTR_WHY])
{
	const uint32_t timeout_ms = ptr->want.timeout_ms;
	struct cs_ptr_channel_want want = {
		.resolver = ptr->resolvers.of[resolver],
		.window = ptr->want.window,
		.epoll = ptr->epoll,
	};
	enum cs_err err = CS_OK;

	ptr->probes[resolver] = (struct probe){ .ptr = ptr, .resolver = resolver };
	for (unsigned way = 0; !err && way < WAYS; way++) {
		want.tcp = way == TCP;
		want.timeout_ms = timeout_ms;
		if (way == BRIEF)
			want.timeout_ms = (timeout_ms + CS_PTR_BRIEF - 1) / CS_PTR_BRIEF;
		want.tag = resolver * WAYS + way;
		err = cs_ptr_channel_open(&ptr->channels[resolver][way], &want, why);
	}
	return err;
}

static enum cs_err open_all(struct cs_ptr *ptr, char why[CS_PTR_WHY])
{
	int rc = ares_library_init(ARES_LIB_INIT_ALL);
	enum cs_err err;

	ptr->epoll = -1;
	if (rc != ARES_SUCCESS) {
		(void)snprintf(why, CS_PTR_WHY, "c-ares: %s", ares_strerror(rc));
		return rc == ARES_ENOMEM ? CS_ERR_NOMEM : CS_ERR_IO;
	}
	ptr->library = true;
	err = cs_ptr_resolvers_find(&ptr->want, &ptr->resolvers, why);
	if (!err)
		err = open_epoll(ptr, why);
	for (unsigned i = 0; !err && i < ptr->resolvers.n; i++)
		err = open_channels(ptr, i, why);
	return err;
}

enum cs_err cs_ptr_open(const struct cs_ptr_want *want, struct cs_ptr **out,
			char why[CS_PTR_WHY])
{
	struct cs_ptr *ptr = calloc(1, sizeof(*ptr));
	struct cs_ptr_limits limits = {
		.window = want->window,
		.rate_qps = want->rate_qps,
		.tries = want->tries,
		.timeout_ns = want->timeout_ms * CS_NS_PER_MS,
	};
	enum cs_err err;

	if (!ptr) {
		(void)snprintf(why, CS_PTR_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
		return CS_ERR_NOMEM;
	}
	ptr->want = *want;
	err = open_all(ptr, why);
	if (err) {
		cs_ptr_close(ptr);
		return err;
	}
	limits.resolvers = (unsigned)ptr->resolvers.n;
	cs_ptr_turns_init(&ptr->turns, &limits, now_ns(ptr));
	*out = ptr;
	return CS_OK;
}

void cs_ptr_close(struct cs_ptr *ptr)
{
	if (!ptr)
		return;
	for (uint32_t tag = 0; tag < n_channels(ptr); tag++)
		cs_ptr_channel_close(channel_of(ptr, tag));
	if (ptr->epoll >= 0)
		(void)close(ptr->epoll); /* nothing is written to it */
	if (ptr->library)
		ares_library_cleanup();
	cs_ptr_turns_clear(&ptr->turns);
	cs_arena_clear(&ptr->texts);
	free(ptr->asks);
	free(ptr->sorted);
	free(ptr->fresh);
	free(ptr);
}

/* Names outlive the message, or the cache's row, that they came in. */
static struct cs_span keep_text(struct cs_ptr *ptr, struct cs_span text)
{
	char *copy = text.len ? cs_arena_text(&ptr->texts, text) : NULL;

	if (text.len && !copy)
		ptr->err = CS_ERR_NOMEM;
	return cs_span_of(copy, copy ? text.len : 0);
}

static void take_answer(struct ask *ask, const struct cs_dns_reply *reply)
{
	struct cs_ptr *ptr = ask->ptr;

	ask->answer->known = true;
	ask->answer->name = keep_text(ptr, cs_span_of(reply->name, reply->name_len));
	ask->answer->expires_us =
		cs_clock_wall(ptr->want.clock) + reply->ttl_s * CS_US_PER_S;
	ptr->fresh[ptr->n_fresh++] = *ask->answer;
	if (reply->verdict == CS_DNS_NAMED)
		ptr->counts.named++;
	else
		ptr->counts.nameless++;
	ptr->counts.malformed += reply->verdict == CS_DNS_MISNAMED;
}

static void answered(void *arg, int status, int timeouts, unsigned char *message,
		     int len);

/* The same question by TCP, in the place of the one that was cut short. */
static enum cs_ptr_outcome ask_by_tcp(struct ask *ask)
{
	struct cs_ptr *ptr = ask->ptr;

	ask->tcp = true;
	ptr->counts.sent++;
	cs_ptr_turns_sent(&ptr->turns, ask->resolver, now_ns(ptr));
	cs_ptr_channel_ask(&ptr->channels[ask->resolver][TCP], &ask->answer->ip, answered,
			   ask);
	return CS_PTR_ANSWERED;
}

static enum cs_ptr_outcome read_message(struct ask *ask, struct cs_span message,
					bool *goes_on)
{
	struct cs_dns_reply reply;

	cs_dns_reply_read(message, &ask->answer->ip, &reply);
	switch (reply.verdict) {
	case CS_DNS_NAMED:
	case CS_DNS_NAMELESS:
	case CS_DNS_MISNAMED:
		take_answer(ask, &reply);
		return CS_PTR_ANSWERED;
	case CS_DNS_TRUNCATED:
		*goes_on = !ask->tcp;
		return *goes_on ? ask_by_tcp(ask) : CS_PTR_REFUSED;
	case CS_DNS_MALFORMED:
		ask->ptr->counts.malformed++;
		break;
	case CS_DNS_REFUSED:
		break;
	}
	return CS_PTR_REFUSED;
}

/* Why there is no message. */
static enum cs_ptr_outcome outcome_of(int status)
{
	switch (status) {
	case ARES_ECANCELLED:
	case ARES_EDESTRUCTION:
		return CS_PTR_CANCELLED;
	case ARES_ECONNREFUSED:
		return CS_PTR_UNREACHABLE;
	default:
		return CS_PTR_SILENT;
	}
}

/* c-ares: a question ended, by an answer or without one. */
static void answered(void *arg, int status, int timeouts, unsigned char *message, int len)
{
	struct ask *ask = arg;
	struct cs_ptr *ptr = ask->ptr;
	enum cs_ptr_outcome outcome = outcome_of(status);
	bool goes_on = false;

	(void)timeouts;
	if (message && len > 0)
		outcome = read_message(ask, cs_span_of(message, (size_t)len), &goes_on);
	else if (ask->tcp && outcome != CS_PTR_CANCELLED)
		outcome = CS_PTR_REFUSED; /* by UDP it did answer */
	if (status == ARES_ENOMEM)
		ptr->err = CS_ERR_NOMEM;
	if (!goes_on)
		cs_ptr_turns_told(&ptr->turns, ask->question, ask->resolver, outcome,
				  now_ns(ptr));
}

/* c-ares: a probe ended; whatever was said, somebody said it. */
static void probed(void *arg, int status, int timeouts, unsigned char *message, int len)
{
	const struct probe *probe = arg;
	enum cs_ptr_outcome outcome = outcome_of(status);

	(void)timeouts;
	if (message && len > 0)
		outcome = CS_PTR_ANSWERED;
	cs_ptr_turns_probed(&probe->ptr->turns, probe->resolver, outcome,
			    now_ns(probe->ptr));
}

static void ask(struct cs_ptr *ptr, const struct cs_ptr_turn *turn)
{
	struct ask *it = &ptr->asks[turn->question];

	it->resolver = turn->resolver;
	it->tcp = false;
	ptr->counts.sent++;
	ptr->burst++;
	cs_ptr_channel_ask(&ptr->channels[it->resolver][turn->brief ? BRIEF : PATIENT],
			   &it->answer->ip, answered, it);
}

/* 127.0.0.1: a resolver answers that by itself (RFC 6303 section 4.2). */
static void probe(struct cs_ptr *ptr, const struct cs_ptr_turn *turn)
{
	const struct cs_addr loopback = cs_addr_v4(UINT32_C(0x7f000001));

	ptr->counts.sent++;
	cs_ptr_channel_ask(&ptr->channels[turn->resolver][PATIENT], &loopback, probed,
			   &ptr->probes[turn->resolver]);
}

static int64_t tick_ns(const struct cs_ptr *ptr)
{
	return ptr->turns.limits.timeout_ns / (CS_PTR_BRIEF * TICKS);
}

/* A resolver that says nothing gives no event either. */
static void tick(struct cs_ptr *ptr)
{
	if (now_ns(ptr) - ptr->ticked_ns < tick_ns(ptr))
		return;
	ptr->ticked_ns = now_ns(ptr);
	for (uint32_t tag = 0; tag < n_channels(ptr); tag++)
		cs_ptr_channel_tick(channel_of(ptr, tag));
}

/* Milliseconds for epoll: rounded up, and no longer than to the next tick. */
static int wait_ms(const struct cs_ptr *ptr, int64_t wait_ns)
{
	int64_t most_ns = tick_ns(ptr);

	if (wait_ns < 0 || wait_ns > most_ns)
		wait_ns = most_ns;
	return (int)((wait_ns + CS_NS_PER_MS - 1) / CS_NS_PER_MS);
}

static enum cs_err wait_for(struct cs_ptr *ptr, int64_t wait_ns)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(ptr->epoll, events, EVENTS, wait_ms(ptr, wait_ns));

	ptr->burst = 0;
	if (n < 0 && errno != EINTR)
		return CS_ERR_IO;
	for (int i = 0; i < n; i++) {
		uint32_t tag = (uint32_t)(events[i].data.u64 >> 32);
		int socket = (int)(uint32_t)events[i].data.u64;

		if (tag == STOP)
			ptr->stopped = true;
		else
			cs_ptr_channel_ready(channel_of(ptr, tag), socket,
					     events[i].events);
	}
	tick(ptr);
	if (ptr->want.waiting)
		ptr->want.waiting(ptr->want.arg);
	return CS_OK;
}

static bool epoll_failed(struct cs_ptr *ptr)
{
	for (uint32_t tag = 0; tag < n_channels(ptr); tag++)
		if (channel_of(ptr, tag)->epoll_failed)
			return true;
	return false;
}

/* Nothing of a call that is over may be under way: its rows are the caller's. */
static void cancel(struct cs_ptr *ptr)
{
	for (uint32_t tag = 0; tag < n_channels(ptr); tag++)
		ares_cancel(channel_of(ptr, tag)->ares);
}

/* Does what is to be done now. False when that was the last of it. */
static bool step(struct cs_ptr *ptr, enum cs_err *err)
{
	struct cs_ptr_turn turn;

	/*
	 * A socket's buffer holds some 200 datagrams. A resolver that gets a whole
	 * window at once loses part of it, and each loss costs a timeout.
	 */
	if (ptr->burst >= BURST) {
		*err = wait_for(ptr, CS_NS_PER_MS);
		return true;
	}
	turn = cs_ptr_turns_next(&ptr->turns, now_ns(ptr));
	switch (turn.step) {
	case CS_PTR_ASK:
		ask(ptr, &turn);
		break;
	case CS_PTR_PROBE:
		probe(ptr, &turn);
		break;
	case CS_PTR_WAIT:
		*err = wait_for(ptr, turn.wait_ns);
		break;
	case CS_PTR_DONE:
	case CS_PTR_GAVE_UP:
		return false;
	}
	return true;
}

static enum cs_err ask_all(struct cs_ptr *ptr)
{
	enum cs_err err = cs_ptr_turns_begin(&ptr->turns, ptr->n_asks, now_ns(ptr));

	while (!err && !ptr->stopped && step(ptr, &err))
		if (!err)
			err = epoll_failed(ptr) ? CS_ERR_IO : ptr->err;
	if (err || ptr->turns.open > 0)
		cancel(ptr);
	return err;
}

static enum cs_err make_room(struct cs_ptr *ptr, size_t n)
{
	if (n <= ptr->room)
		return CS_OK;
	free(ptr->asks);
	free(ptr->sorted);
	free(ptr->fresh);
	ptr->asks = calloc(n, sizeof(*ptr->asks));
	ptr->sorted = calloc(n, sizeof(struct cs_ptr_answer *));
	ptr->fresh = calloc(n, sizeof(*ptr->fresh));
	ptr->room = ptr->asks && ptr->sorted && ptr->fresh ? n : 0;
	return ptr->room ? CS_OK : CS_ERR_NOMEM;
}

/* By address; of the same, in the caller's order. */
static int by_address(const void *a, const void *b)
{
	const struct cs_ptr_answer *x = *(struct cs_ptr_answer *const *)a;
	const struct cs_ptr_answer *y = *(struct cs_ptr_answer *const *)b;
	int order = cs_addr_cmp(&x->ip, &y->ip);

	return order ? order : (x > y) - (x < y);
}

/* What the cache says of @answer. True: that is enough. */
static bool find_cached(struct cs_ptr *ptr, struct cs_ptr_answer *answer)
{
	struct cs_ptr_answer found = *answer;
	enum cs_err err = CS_ERR_NOT_FOUND;

	if (ptr->want.find)
		err = ptr->want.find(ptr->want.arg, &answer->ip, &found);
	if (err && err != CS_ERR_NOT_FOUND)
		ptr->err = err;
	if (err || !found.known || found.expires_us <= cs_clock_wall(ptr->want.clock))
		return false;
	answer->name = keep_text(ptr, found.name);
	answer->known = true;
	answer->expires_us = found.expires_us;
	ptr->counts.from_cache++;
	return true;
}

static bool same_as_before(struct cs_ptr_answer *const *sorted, size_t i)
{
	return i > 0 && cs_addr_cmp(&sorted[i - 1]->ip, &sorted[i]->ip) == 0;
}

/* Each address once, without what the cache knows. */
static enum cs_err prepare(struct cs_ptr *ptr, struct cs_ptr_answer *answers, size_t n)
{
	enum cs_err err = make_room(ptr, n);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		answers[i] = (struct cs_ptr_answer){ .ip = answers[i].ip };
		ptr->sorted[i] = &answers[i];
	}
	qsort(ptr->sorted, n, sizeof(struct cs_ptr_answer *), by_address);
	ptr->n_asks = ptr->n_fresh = 0;
	for (size_t i = 0; i < n && !ptr->err; i++) {
		if (same_as_before(ptr->sorted, i))
			continue;
		ptr->counts.asked++;
		if (find_cached(ptr, ptr->sorted[i]))
			continue;
		ptr->asks[ptr->n_asks] =
			(struct ask){ .ptr = ptr,
				      .answer = ptr->sorted[i],
				      .question = (uint32_t)ptr->n_asks };
		ptr->n_asks++;
	}
	return ptr->err;
}

static void copy_to_doubles(const struct cs_ptr *ptr, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_as_before(ptr->sorted, i))
			*ptr->sorted[i] = *ptr->sorted[i - 1];
}

enum cs_err cs_ptr_resolve(struct cs_ptr *ptr, struct cs_ptr_answer *answers, size_t n)
{
	enum cs_err err;

	ptr->err = CS_OK;
	cs_arena_clear(&ptr->texts);
	if (n == 0)
		return CS_OK;
	err = prepare(ptr, answers, n);
	if (!err)
		err = ask_all(ptr);
	if (err)
		return err;
	ptr->counts.failed += ptr->n_asks - ptr->n_fresh;
	copy_to_doubles(ptr, n);
	if (ptr->want.keep && ptr->n_fresh > 0)
		err = ptr->want.keep(ptr->want.arg, ptr->fresh, ptr->n_fresh);
	return err;
}

struct cs_ptr_counts cs_ptr_counted(const struct cs_ptr *ptr)
{
	return ptr->counts;
}
