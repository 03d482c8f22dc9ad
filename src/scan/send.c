/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/send.h"

#include <errno.h>
#include <time.h>

enum {
	SLEEP_MAX_NS = 50 * 1000 * 1000, /* a stop is seen within this */
	FULL_SLEEP_NS = 50 * 1000,       /* a full queue drains meanwhile */
	HOLD_SLEEP_NS = 500 * 1000,
	GATHER_MAX_NS = 4 * 1000 * 1000, /* to send several packets a wake-up */
	FAILING_MAX = 512,  /* in a row: the way is gone, not one address of it */
	FAILING_SEEMS = 16, /* in a row at a chunk's end: it is not called probed */
	FULL_TRIES = 40000, /* 2 s of a full queue: the way is blocked */
};

static bool stopped(const struct cs_sending *s)
{
	return atomic_load_explicit(&s->stop, memory_order_relaxed);
}

static void sleep_ns(int64_t ns)
{
	struct timespec t = { 0, ns > SLEEP_MAX_NS ? SLEEP_MAX_NS : (long)ns };

	(void)nanosleep(&t, NULL); /* shorter is fine */
}

/*
 * How long to sleep when the next packet is due in @wait: until a batch is due,
 * because waking up costs more than a packet does. What became due meanwhile
 * the pace makes good (its burst is longer than this).
 */
static int64_t gather(const struct cs_sending *s, int64_t wait)
{
	int64_t batch = s->pace->rate_pps
				? CS_TX_BATCH * CS_NS_PER_S / (int64_t)s->pace->rate_pps
				: 0;

	if (batch > GATHER_MAX_NS)
		batch = GATHER_MAX_NS;
	return wait > batch ? wait : batch;
}

/* Waits until up to @want packets may leave; 0 when the scan is to stop. */
static unsigned wait_for_leave(struct cs_sending *s, unsigned want)
{
	while (!stopped(s)) {
		int64_t wait = HOLD_SLEEP_NS;

		if (!atomic_load_explicit(s->hold, memory_order_relaxed)) {
			unsigned n = cs_pace_take(s->pace, want, cs_clock_mono(s->clock),
						  &wait);

			if (n)
				return n;
			wait = gather(s, wait);
		}
		sleep_ns(wait);
	}
	return 0;
}

static void fail(struct cs_sending *s)
{
	atomic_store(&s->failed, errno ? errno : EIO);
	atomic_store(&s->stop, true);
}

/*
 * One packet cannot be sent: skipped and counted. A long row of them means that
 * the interface or its routes went away, and the scan must not go on as if it
 * had asked.
 */
static void skip(struct cs_sending *s, unsigned n)
{
	cs_count(&s->counters->send_failed, n);
	s->failing += n;
	s->last_errno = errno;
	if (s->failing >= FAILING_MAX)
		fail(s);
}

/* Sends probes that go out the same way; counts what cannot be sent. */
static void send_run(struct cs_sending *s, const struct cs_way_out *way, unsigned port,
		     const struct cs_tx_probe *probes, unsigned n)
{
	unsigned tries = 0;

	while (n > 0 && !atomic_load_explicit(&s->failed, memory_order_relaxed)) {
		enum cs_err err = CS_OK;
		unsigned sent = cs_tx_send(way->tx, port, probes, n, &err);

		cs_count(&s->counters->probes_sent, sent);
		probes += sent;
		n -= sent;
		if (sent)
			tries = s->failing = 0;
		if (n == 0)
			return;
		if (err == CS_ERR_FULL && tries++ < FULL_TRIES) {
			cs_count(&s->counters->send_retried, 1);
			sleep_ns(FULL_SLEEP_NS);
		} else if (err == CS_ERR_NO_ROUTE || err == CS_ERR_DENIED) {
			skip(s, 1);
			probes++;
			n--;
		} else if (err) {
			fail(s);
		}
	}
}

/* A batch: consecutive slots of one port group, still to be sent. */
struct batch {
	struct cs_tx_probe probes[CS_TX_BATCH];
	const struct cs_way_out *ways[CS_TX_BATCH];
	unsigned n;
};

static void fill(struct cs_sending *s, struct batch *b, uint64_t slot, unsigned n)
{
	const struct cs_plan *plan = s->plan;
	const struct cs_way_out *only = s->lanes->n_exits == 1 ? s->lanes->exits : NULL;

	for (unsigned i = 0; i < n; i++) {
		struct cs_target target = cs_plan_target(plan, slot + i);
		struct cs_cookie cookie = cs_plan_cookie(plan, &target.ip, target.port);
		struct cs_tx_probe *probe = &b->probes[i];

		probe->to = target.ip;
		probe->port = target.port;
		probe->mid = cookie.mid;
		if (plan->token_len)
			memcpy(probe->token, cookie.token, sizeof(probe->token));
		b->ways[i] = only ? only : cs_lanes_way_out(s->lanes, &target.ip);
	}
	b->n = n;
}

/* Sends the first @n of a batch from @from on, run by run of equal ways. */
static void send_part(struct cs_sending *s, const struct batch *b, uint64_t slot,
		      unsigned from, unsigned n)
{
	unsigned end = from + n;

	while (from < end && !atomic_load_explicit(&s->failed, memory_order_relaxed)) {
		const struct cs_way_out *way = b->ways[from];
		unsigned run = 1;

		while (from + run < end && b->ways[from + run] == way)
			run++;
		if (way)
			send_run(s, way,
				 cs_plan_port_index(s->plan, slot, way->lane->ports.n),
				 b->probes + from, run);
		else
			cs_count(&s->counters->send_failed, run);
		from += run;
	}
}

/* One port group of a chunk, in as many parts as the pace allows. */
static void send_group(struct cs_sending *s, struct cs_open_chunk *open, uint32_t first,
		       uint32_t n, bool first_pass)
{
	uint64_t slot = open->chunk * CS_CHUNK + first;
	struct batch batch;

	fill(s, &batch, slot, n);
	for (unsigned done = 0; done < n;) {
		unsigned part = wait_for_leave(s, n - done);

		if (!part)
			return;
		/* Noted before it leaves: an answer must never be too early. */
		if (first_pass)
			cs_window_sent(s->window, open, first + done, part,
				       cs_clock_wall(s->clock));
		send_part(s, &batch, slot, done, part);
		if (first_pass)
			cs_count(&s->counters->slots_done, part);
		done += part;
	}
}

static void send_chunk(struct cs_sending *s, struct cs_open_chunk *open)
{
	for (unsigned pass = 0; pass < s->plan->probes; pass++)
		for (uint32_t at = 0; at < open->len && !stopped(s);
		     at += CS_PORT_GROUP) {
			uint32_t left = open->len - at;

			send_group(s, open, at,
				   left < CS_PORT_GROUP ? left : CS_PORT_GROUP,
				   pass == 0);
		}
	cs_window_end(open, !stopped(s) && s->failing < FAILING_SEEMS,
		      cs_clock_wall(s->clock), cs_clock_mono(s->clock));
}

static struct cs_open_chunk *wait_for_place(struct cs_sending *s, uint64_t chunk)
{
	while (!stopped(s)) {
		struct cs_open_chunk *open = cs_window_open(
			s->window, chunk, cs_plan_chunk_len(s->plan, chunk),
			cs_clock_wall(s->clock));

		if (open)
			return open;
		sleep_ns(HOLD_SLEEP_NS);
	}
	return NULL;
}

static void *run(void *arg)
{
	struct cs_sending *s = arg;

	for (uint64_t chunk = 0; chunk < s->plan->chunks && !stopped(s); chunk++) {
		if (s->closed[chunk / 8] >> (chunk % 8) & 1) {
			cs_count(&s->counters->slots_done,
				 cs_plan_chunk_len(s->plan, chunk));
			continue;
		}

		struct cs_open_chunk *open = wait_for_place(s, chunk);

		if (open)
			send_chunk(s, open);
	}
	atomic_store_explicit(&s->ended, true, memory_order_release);
	return NULL;
}

enum cs_err cs_sending_start(struct cs_sending *sending)
{
	if (pthread_create(&sending->thread, NULL, run, sending))
		return CS_ERR_IO;
	sending->running = true;
	return CS_OK;
}

void cs_sending_stop(struct cs_sending *sending)
{
	atomic_store(&sending->stop, true);
	if (sending->running)
		(void)pthread_join(sending->thread, NULL); /* it is ours and running */
	sending->running = false;
}
