/* SPDX-License-Identifier: Apache-2.0 */
#include "resources/run.h"

#include <errno.h>
#include <poll.h>
#include <search.h>
#include <stdlib.h>

#include "net/pace.h"

enum {
	BURST = 256,           /* datagrams taken before timers are looked at */
	BUSY_NS = 1000 * 1000, /* the kernel's queue is full: a little later */
	BUSY_TRIES = 2000,     /* 2 s of that: the way is blocked */
	PACE_BURST_NS = 1000 * 1000,
};

#define WAIT_MAX_NS (INT64_C(3600) * CS_NS_PER_S)

/* One address that is being asked; it keeps its place until all its asks are. */
struct slot {
	struct cs_addr ip;
	size_t ask, end; /* asks[ask] is open, up to asks[end] follow */
	bool used;
	unsigned busy; /* tries in a row that found the kernel's queue full */
	struct cs_visit visit;
};

struct engine {
	struct cs_run *run;
	struct slot *slots; /* owned */
	size_t n_slots, n_used;
	size_t turn;     /* the slot that is looked at first: all get theirs */
	size_t next_ask; /* of those that have no slot yet */
	void *by_ip;     /* used slots; tsearch() */
	uint64_t visits; /* begun */
	struct cs_pace pace;
	uint8_t *room; /* owned */
	bool output_failed;
};

static int order(const void *left, const void *right)
{
	const struct slot *a = left, *b = right;

	return cs_addr_cmp(&a->ip, &b->ip);
}

static void begin_visit(struct engine *e, struct slot *slot)
{
	const struct cs_sipkey key = {
		.k0 = cs_siphash_u64(&e->run->secret, 2 * e->visits),
		.k1 = cs_siphash_u64(&e->run->secret, 2 * e->visits + 1),
	};

	e->visits++;
	cs_visit_begin(&slot->visit, &e->run->asks[slot->ask], &e->run->limits, &key);
}

/* Gives the asks of the next address a slot. */
static bool fill(struct engine *e, struct slot *slot)
{
	const struct cs_ask *asks = e->run->asks;
	size_t end = e->next_ask;

	while (end < e->run->n_asks &&
	       cs_addr_cmp(&asks[end].peer.ip, &asks[e->next_ask].peer.ip) == 0)
		end++;
	*slot = (struct slot){ .ip = asks[e->next_ask].peer.ip,
			       .ask = e->next_ask,
			       .end = end,
			       .used = true };
	if (!tsearch(slot, &e->by_ip, order))
		return false;
	e->next_ask = end;
	e->n_used++;
	begin_visit(e, slot);
	return true;
}

static bool fill_all(struct engine *e)
{
	for (size_t i = 0; i < e->n_slots && e->next_ask < e->run->n_asks; i++)
		if (!e->slots[i].used && !fill(e, &e->slots[i]))
			return false;
	return true;
}

static void report(struct engine *e, struct slot *slot)
{
	e->run->visited++;
	if (!e->output_failed && !e->run->done(e->run->arg, &slot->visit))
		e->output_failed = true;
	cs_visit_clear(&slot->visit);
}

static void empty(struct engine *e, struct slot *slot)
{
	(void)tdelete(slot, &e->by_ip, order); /* it is there */
	slot->used = false;
	e->n_used--;
}

/* The visit is over: the next ask of that address, or an empty slot. */
static void finish(struct engine *e, struct slot *slot)
{
	report(e, slot);
	if (++slot->ask < slot->end)
		begin_visit(e, slot);
	else
		empty(e, slot);
}

/* Sends the open request. False when the kernel has no room now. */
static bool send_request(struct engine *e, struct slot *slot, int64_t now)
{
	uint8_t bytes[CS_VISIT_REQUEST];
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));
	const struct cs_endpoint *peer = &slot->visit.ask->peer;
	enum cs_err err;

	cs_visit_request(&slot->visit, &w);
	err = cs_talk_send(e->run->talk, &peer->ip, peer->port, cs_wr_done(&w));
	if (err == CS_ERR_FULL && slot->busy++ < BUSY_TRIES)
		return false;
	slot->busy = 0;
	if (err) {
		cs_visit_unreachable(&slot->visit, errno, false);
		return true;
	}
	e->run->sent++;
	cs_visit_sent(&slot->visit, now);
	return true;
}

/*
 * Does what is due for one slot. Returns for how long nothing is to be done
 * for it; 0 when it is to be looked at again at once; -1, with *@wait_ns, when
 * the rate lets nothing leave before that.
 */
static int64_t serve(struct engine *e, struct slot *slot, int64_t now, int64_t *wait_ns)
{
	int64_t wake = now + WAIT_MAX_NS;

	switch (cs_visit_step(&slot->visit, now, &wake)) {
	case CS_EXCHANGE_OVER:
		finish(e, slot);
		return 0;
	case CS_EXCHANGE_SEND:
		if (cs_pace_take(&e->pace, 1, now, wait_ns) == 0)
			return -1;
		if (send_request(e, slot, now))
			return 0;
		*wait_ns = BUSY_NS;
		return -1;
	case CS_EXCHANGE_WAIT:
		break;
	}
	return wake - now;
}

/* Does all that is due; returns for how long nothing else will be. */
static int64_t serve_all(struct engine *e)
{
	int64_t least = WAIT_MAX_NS;
	size_t first = e->turn;

	for (size_t i = 0; i < e->n_slots && !e->output_failed; i++) {
		struct slot *slot = &e->slots[(first + i) % e->n_slots];
		int64_t left = 0, paced = 0;

		while (slot->used && left == 0 && !e->output_failed)
			left = serve(e, slot, cs_clock_mono(e->run->clock), &paced);
		if (!slot->used)
			continue;
		if (left < 0) {
			/* It goes on here: the others' timers may still be nearer. */
			e->turn = (first + i) % e->n_slots;
			return paced < least ? paced : least;
		}
		if (left < least)
			least = left;
	}
	return least;
}

static void take(struct engine *e, const struct cs_talk_in *in)
{
	struct slot like = { .ip = in->ip };
	void *found = tfind(&like, &e->by_ip, order);
	struct slot *slot = found ? *(struct slot **)found : NULL;
	const struct cs_endpoint peer = { .ip = in->ip, .port = in->port };
	uint8_t reply[CS_EXCHANGE_REPLY];
	size_t len;

	e->run->received += in->error == 0;
	if (!slot) {
		e->run->unmatched += in->error == 0;
		return;
	}
	if (in->error) {
		if (cs_endpoint_eq(&peer, &slot->visit.ask->peer))
			cs_visit_unreachable(&slot->visit, in->error, true);
		return;
	}
	len = cs_visit_input(&slot->visit, &peer, in->bytes, reply);
	if (len == 0)
		return;
	cs_pace_force(&e->pace, 1, cs_clock_mono(e->run->clock));
	/* A reply that is lost is asked for again, by the same message. */
	if (!cs_talk_send(e->run->talk, &peer.ip, peer.port, cs_span_of(reply, len)))
		e->run->sent++;
}

static void receive(struct engine *e)
{
	for (unsigned family = 0; family < 2; family++) {
		struct cs_talk_in in;

		for (unsigned i = 0; i < BURST; i++) {
			if (!cs_talk_receive(e->run->talk, family, e->room, &in))
				break;
			take(e, &in);
		}
	}
}

/* Waits until something comes, for @ns at most. False when that fails. */
static bool wait_for(struct engine *e, int64_t ns)
{
	struct pollfd fds[] = {
		{ .fd = e->run->talk->fd[0], .events = POLLIN },
		{ .fd = e->run->talk->fd[1], .events = POLLIN },
		{ .fd = e->run->signal_fd, .events = POLLIN },
	};
	const struct timespec left = { (time_t)(ns / CS_NS_PER_S),
				       (long)(ns % CS_NS_PER_S) };

	if (ppoll(fds, CS_LEN(fds), &left, NULL) < 0 && errno != EINTR)
		return false;
	if (fds[2].revents)
		e->run->stopped = true;
	return true;
}

static enum cs_err loop(struct engine *e)
{
	while (!e->run->stopped && !e->output_failed) {
		int64_t wait;

		if (!fill_all(e))
			return CS_ERR_NOMEM;
		wait = serve_all(e);
		if (e->n_used == 0 && e->next_ask == e->run->n_asks)
			break;
		if (!wait_for(e, e->n_used < e->n_slots && e->next_ask < e->run->n_asks
					 ? 0
					 : wait))
			return CS_ERR_IO;
		receive(e);
	}
	return CS_OK;
}

/* What is still open at the end is said to be so. */
static void close_all(struct engine *e)
{
	for (size_t i = 0; i < e->n_slots; i++) {
		struct slot *slot = &e->slots[i];

		if (!slot->used)
			continue;
		cs_visit_abandon(&slot->visit, "interrupted");
		if (e->run->stopped)
			report(e, slot);
		cs_visit_clear(&slot->visit);
		empty(e, slot);
	}
}

enum cs_err cs_run(struct cs_run *run)
{
	struct engine e = { .run = run };
	enum cs_err err = CS_ERR_NOMEM;

	e.n_slots = run->concurrency < run->n_asks ? run->concurrency : run->n_asks;
	e.slots = calloc(e.n_slots ? e.n_slots : 1, sizeof(*e.slots));
	e.room = malloc(CS_TALK_DATAGRAM);
	cs_pace_init(&e.pace, run->rate_pps, PACE_BURST_NS, cs_clock_mono(run->clock));
	if (e.slots && e.room)
		err = loop(&e);
	if (e.slots)
		close_all(&e);
	free(e.slots);
	free(e.room);
	return err;
}
