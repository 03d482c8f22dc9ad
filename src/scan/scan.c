/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	TICK_MS = 10, /* follow-ups, closing of chunks */
	MATCH_AT_ONCE = 8192,
	MATCH_ROUNDS = 8, /* before signals, follow-ups and chunks get their turn */
	CALM_MS = 20,     /* the sender waits when something was lost */
	LOOK_MS = 50,     /* at the receivers' buffers while nothing comes */
	BURST_MS = 10,    /* of packets, made good after the sender slept */
	RESULTS_MEMORY_MAX =
		256 * 1024 * 1024, /* open and unwritten; then the sender waits */
};

struct run {
	struct cs_scan *scan;
	struct cs_window window;
	struct cs_pace pace;
	struct cs_receiving receiving;
	struct cs_sending sending;
	struct cs_matching matching;
	struct cs_writing writing;
	uint8_t *closed; /* bitmap of the chunks that earlier runs have stored */
	uint64_t closed_before;
	int epoll_fd, wake_fd;
	int64_t started_ns, next_progress_ns;
	int64_t cooling_ns;   /* since when nothing is left to send; 0: not yet */
	uint64_t sent_before; /* at the last progress */
	uint64_t dropped;     /* at the last look */
	int64_t calm_ns;      /* until then the sender waits */
	int64_t looked_ns;    /* at the buffers, and what had come by then */
	uint64_t received;
	unsigned signals;
	bool cut;
};

/* What the lanes' receivers have counted, together. */
static struct cs_rx_stats receiver_stats(const struct cs_scan *scan)
{
	struct cs_rx_stats sum = { 0 };

	for (unsigned i = 0; i < scan->lanes.n; i++) {
		struct cs_rx_stats stats;

		cs_rx_stats(scan->lanes.lane[i].rx, &stats);
		sum.dropped += stats.dropped;
		sum.bad_checksum += stats.bad_checksum;
	}
	return sum;
}

uint64_t cs_scan_dropped(const struct cs_scan *scan)
{
	return cs_counted(&scan->counters.overflow) + receiver_stats(scan).dropped;
}

/*
 * How long a chunk may stay open after it was sent. One slow device among many
 * must not stop the sender while it is waited for.
 */
static uint32_t hold_s(const struct cs_plan *plan)
{
	return plan->cooldown_s + (plan->follow ? CS_FOLLOW_DEVICE_S : 0);
}

uint64_t cs_scan_memory(const struct cs_plan *plan)
{
	return cs_window_memory(plan->rate_pps, hold_s(plan)) + plan->chunks / 8 + 1;
}

/* Stops the sender; the first reason is the one that is told. */
static void stop(struct run *run, enum cs_scan_end why, int error)
{
	if (run->scan->end == CS_END_DONE) {
		run->scan->end = why;
		run->scan->end_errno = error;
	}
	atomic_store(&run->sending.stop, true);
}

static bool find_closed(struct run *run)
{
	const struct cs_scan *scan = run->scan;

	run->closed = calloc(scan->plan.chunks / 8 + 1, 1);
	if (!run->closed)
		return false;
	for (uint64_t c = 0; scan->shard && c < scan->plan.chunks; c++)
		if (cs_shard_is_closed(scan->shard, c)) {
			run->closed[c / 8] |= (uint8_t)(1 << c % 8);
			run->closed_before++;
		}
	return true;
}

static bool watch_fd(const struct run *run, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 || epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_events(struct run *run)
{
	run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	run->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return run->epoll_fd >= 0 && run->wake_fd >= 0 && watch_fd(run, run->wake_fd) &&
	       watch_fd(run, run->scan->signal_fd);
}

/* One use of the run's secret must not tell of another. */
static struct cs_sipkey sub_key(const struct cs_scan *scan, uint64_t use)
{
	return (struct cs_sipkey){ cs_siphash_u64(&scan->secret, 2 * use),
				   cs_siphash_u64(&scan->secret, 2 * use + 1) };
}

static void wire_up(struct run *run)
{
	struct cs_scan *scan = run->scan;
	struct cs_receiving *receiving = &run->receiving;
	struct cs_sending *sending = &run->sending;

	receiving->plan = &scan->plan;
	receiving->lanes = &scan->lanes;
	receiving->counters = &scan->counters;
	receiving->clock = scan->clock;
	receiving->key = sub_key(scan, 1);

	sending->plan = &scan->plan;
	sending->lanes = &scan->lanes;
	sending->window = &run->window;
	sending->pace = &run->pace;
	sending->counters = &scan->counters;
	sending->clock = scan->clock;
	sending->hold = &receiving->hold;

	run->matching.plan = &scan->plan;
	run->matching.lanes = &scan->lanes;
	run->matching.receiving = receiving;
	run->matching.window = &run->window;
	run->matching.counters = &scan->counters;
	run->matching.clock = scan->clock;

	run->writing.plan = &scan->plan;
	run->writing.shard = scan->shard;
	run->writing.row = scan->row;
	run->writing.row_arg = scan->row_arg;
	run->writing.max_results = scan->max_results;
	run->writing.replay = scan->replay;
	run->writing.counters = &scan->counters;
}

static enum cs_err begin(struct run *run)
{
	struct cs_scan *scan = run->scan;
	int64_t now = cs_clock_mono(scan->clock);
	struct cs_sipkey hosts_key = sub_key(scan, 2), follow_key = sub_key(scan, 3);

	run->started_ns = now;
	run->next_progress_ns = now + CS_NS_PER_S;
	wire_up(run); /* first: whatever fails below, end() finds its way */
	if (!find_closed(run))
		return CS_ERR_NOMEM;
	run->sending.closed = run->closed;
	if (!open_events(run))
		return CS_ERR_IO;
	run->receiving.wake_fd = run->wake_fd;
	cs_pace_init(&run->pace, scan->plan.rate_pps, BURST_MS * CS_NS_PER_MS, now);

	enum cs_err err =
		cs_window_init(&run->window, scan->plan.rate_pps, hold_s(&scan->plan));

	if (!err)
		err = cs_hosts_init(&run->matching.hosts, &hosts_key);
	cs_following_init(&run->matching.following, &scan->plan, &scan->lanes,
			  &run->matching.hosts, &run->pace, &scan->counters, &follow_key,
			  now);
	run->matching.following.scope_id = scan->scope_id;
	if (!err)
		err = cs_writing_start(&run->writing);
	if (!err)
		err = cs_receiving_start(&run->receiving);
	return err ? err : cs_sending_start(&run->sending);
}

/* Keeps the results of a list of hosts, frees the others. */
static struct cs_host *keep_results(struct run *run, struct cs_host *list,
				    struct cs_write_job *job)
{
	struct cs_host *keep = NULL;

	while (list) {
		struct cs_host *host = list;

		list = host->next_in_chunk;
		if (host->validated) {
			host->next_in_chunk = keep;
			keep = host;
			job->n++;
			job->memory += cs_host_memory(host);
			continue;
		}
		cs_count(&run->scan->counters.rejected[CS_REJECT_UNCONFIRMED],
			 host->datagrams);
		host->next_in_chunk = NULL;
		cs_host_list_free(host);
	}
	return keep;
}

static bool close_chunk(struct run *run, struct cs_open_chunk *open, bool whole)
{
	struct cs_write_job *job = calloc(1, sizeof(*job));

	if (!job)
		return false;
	job->chunk = (struct cs_chunk_row){
		.chunk = open->chunk,
		.first_us = open->first_us,
		.last_us = open->last_us ? open->last_us : open->first_us,
		.probed = atomic_load_explicit(&open->probed, memory_order_relaxed),
		.closed = whole,
	};
	job->memory = sizeof(*job);
	job->hosts =
		keep_results(run, cs_hosts_take_chunk(&run->matching.hosts, open), job);
	cs_window_close(&run->window);
	cs_writing_put(&run->writing, job);
	return true;
}

/* Closes, from the oldest on, what has been sent, waited for and followed up. */
static void close_chunks(struct run *run, int64_t now_ns)
{
	int64_t before = now_ns - run->scan->plan.cooldown_s * CS_NS_PER_S;
	struct cs_open_chunk *open;

	while ((open = cs_window_oldest(&run->window)) != NULL &&
	       cs_window_ended(open, before) && open->follow_ups == 0)
		if (!close_chunk(run, open, open->whole)) {
			stop(run, CS_END_NO_MEMORY, ENOMEM);
			return;
		}
}

/* The first asks for a clean stop, the second for one without waiting. */
static void take_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->scan->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		stop(run, CS_END_SIGNAL, 0);
		if (++run->signals < 2)
			continue;
		run->scan->end = CS_END_CUT;
		run->cut = true;
	}
}

static void look_for_trouble(struct run *run, int64_t now_ns)
{
	struct cs_scan *scan = run->scan;
	int error = atomic_load(&run->sending.failed);

	if (error)
		stop(run, CS_END_SEND_FAILED, error);
	if (atomic_load(&run->writing.failed)) {
		stop(run,
		     run->writing.failed_in_output ? CS_END_OUTPUT_FAILED
						   : CS_END_STORE_FAILED,
		     run->writing.failed_errno);
		run->cut = true; /* nothing more can be kept */
	}
	if (scan->max_runtime_ns && now_ns - run->started_ns >= scan->max_runtime_ns)
		stop(run, CS_END_MAX_RUNTIME, 0);
	if (scan->max_results && cs_counted(&scan->counters.results) >= scan->max_results)
		stop(run, CS_END_MAX_RESULTS, 0);
}

/*
 * Whether the receivers' buffers need a look: with udp that is two system calls
 * for each of the source ports, most of what a slow scan would cost.
 */
static bool look_is_due(struct run *run, int64_t now_ns)
{
	uint64_t received = cs_counted(&run->scan->counters.received);

	if (received == run->received &&
	    now_ns < run->looked_ns + LOOK_MS * CS_NS_PER_MS &&
	    !atomic_load_explicit(&run->receiving.hold, memory_order_relaxed))
		return false;
	run->received = received;
	run->looked_ns = now_ns;
	return true;
}

/*
 * Lets the sender wait while too much is unread or unwritten, and for a moment
 * after each time that something came and found no room.
 */
static void set_hold(struct run *run)
{
	int64_t now_ns = cs_clock_mono(run->scan->clock);

	if (!look_is_due(run, now_ns))
		return;

	uint64_t memory = run->matching.hosts.memory + atomic_load(&run->writing.backlog);
	uint64_t dropped = cs_scan_dropped(run->scan);

	if (dropped > run->dropped)
		run->calm_ns = now_ns + CALM_MS * CS_NS_PER_MS;
	run->dropped = dropped;

	bool hold = memory > RESULTS_MEMORY_MAX || now_ns < run->calm_ns ||
		    cs_receiving_is_congested(&run->receiving);

	atomic_store_explicit(&run->receiving.hold, hold, memory_order_relaxed);
}

static int64_t seconds_left(const struct run *run, const struct cs_progress *p)
{
	const struct cs_plan *plan = &run->scan->plan;
	uint64_t left = p->slots - p->slots_done;
	uint64_t done_now = p->slots_done - run->closed_before * CS_CHUNK;

	if (p->cooling) {
		int64_t waited = run->started_ns + p->elapsed_ns - run->cooling_ns;
		int64_t wait = plan->cooldown_s * CS_NS_PER_S - waited;

		return wait > 0 ? (wait + CS_NS_PER_S - 1) / CS_NS_PER_S : 0;
	}
	if (p->slots_done < run->closed_before * CS_CHUNK || done_now == 0)
		return -1;

	double speed = (double)done_now / (double)p->elapsed_ns;

	return (int64_t)((double)left / speed / (double)CS_NS_PER_S) + plan->cooldown_s;
}

static void tell_progress(struct run *run, int64_t now_ns, bool over)
{
	struct cs_scan *scan = run->scan;
	uint64_t sent = cs_counted(&scan->counters.probes_sent) +
			cs_counted(&scan->counters.follow_ups_sent);
	int64_t since = now_ns - run->next_progress_ns + CS_NS_PER_S;
	struct cs_progress p = {
		.wall_us = cs_clock_wall(scan->clock),
		.elapsed_ns = now_ns - run->started_ns,
		.slots = scan->plan.slots,
		.slots_done = cs_counted(&scan->counters.slots_done),
		.sent = sent,
		.rate_pps = (sent - run->sent_before) * (uint64_t)CS_NS_PER_S /
			    (uint64_t)(since > 0 ? since : 1),
		.results = cs_counted(&scan->counters.results),
		.rejected = cs_counted_rejects(&scan->counters),
		.dropped = cs_scan_dropped(scan),
		.cooling = run->cooling_ns != 0,
	};

	p.left_s = over ? 0 : seconds_left(run, &p);
	run->sent_before = sent;
	run->next_progress_ns = now_ns + CS_NS_PER_S;
	scan->progress(scan->progress_arg, &p);
}

static void show_progress(struct run *run, int64_t now_ns)
{
	if (!run->cooling_ns && atomic_load(&run->sending.ended))
		run->cooling_ns = now_ns;
	if (run->scan->progress && now_ns >= run->next_progress_ns)
		tell_progress(run, now_ns, false);
}

static void wait_for_events(struct run *run)
{
	struct epoll_event events[2];
	int n = epoll_wait(run->epoll_fd, events, CS_LEN(events), TICK_MS);
	uint64_t count;

	for (int i = 0; i < n; i++) {
		if (events[i].data.fd == run->scan->signal_fd)
			take_signals(run);
		else if (read(run->wake_fd, &count, sizeof(count)) < 0)
			continue; /* somebody was quicker: nothing to clear */
	}
}

static bool is_finished(struct run *run)
{
	return run->cut ||
	       (atomic_load_explicit(&run->sending.ended, memory_order_acquire) &&
		!cs_window_oldest(&run->window));
}

static void loop(struct run *run)
{
	while (!is_finished(run)) {
		enum cs_err err = CS_OK;

		wait_for_events(run);
		for (unsigned i = 0; i < MATCH_ROUNDS; i++) {
			if (cs_match_some(&run->matching, MATCH_AT_ONCE, &err) <
			    MATCH_AT_ONCE)
				break;
			set_hold(run);
		}
		if (err)
			stop(run, CS_END_NO_MEMORY, ENOMEM);

		int64_t now = cs_clock_mono(run->scan->clock);

		cs_following_tick(&run->matching.following, now);
		close_chunks(run, now);
		set_hold(run);
		look_for_trouble(run, now);
		show_progress(run, now);
	}
}

/* Cut short: what the open chunks have is written, as chunks that stay open. */
static void close_rest(struct run *run)
{
	struct cs_open_chunk *open;

	while ((open = cs_window_oldest(&run->window)) != NULL)
		if (!close_chunk(run, open, false))
			return;
}

static void end(struct run *run)
{
	struct cs_scan *scan = run->scan;

	cs_sending_stop(&run->sending);
	cs_receiving_stop(&run->receiving);
	cs_following_clear(&run->matching.following);
	if (run->cut)
		close_rest(run);
	if (cs_writing_finish(&run->writing) && scan->end != CS_END_OUTPUT_FAILED &&
	    scan->end != CS_END_STORE_FAILED) {
		scan->end = run->writing.failed_in_output ? CS_END_OUTPUT_FAILED
							  : CS_END_STORE_FAILED;
		scan->end_errno = run->writing.failed_errno;
	}
	scan->dropped = cs_scan_dropped(scan);
	scan->bad_checksums = receiver_stats(scan).bad_checksum;
	scan->chunks_closed = run->closed_before + atomic_load(&run->writing.closed);
	scan->chunks_open = scan->plan.chunks - scan->chunks_closed;
	scan->rows = run->writing.rows;
	if (scan->end == CS_END_SIGNAL && scan->chunks_open == 0)
		scan->end = CS_END_DONE; /* it came when all was asked */
	if (scan->end == CS_END_DONE && !cs_counted(&scan->counters.probes_sent) &&
	    cs_counted(&scan->counters.send_failed)) {
		scan->end = CS_END_SEND_FAILED;
		scan->end_errno = run->sending.last_errno;
	}
}

static void clear(struct run *run)
{
	cs_hosts_clear(&run->matching.hosts);
	cs_window_clear(&run->window);
	free(run->closed);
	if (run->epoll_fd >= 0)
		(void)close(run->epoll_fd); /* only watched others */
	if (run->wake_fd >= 0)
		(void)close(run->wake_fd);
	free(run);
}

enum cs_err cs_scan_run(struct cs_scan *scan)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return CS_ERR_NOMEM;
	run->scan = scan;
	run->epoll_fd = run->wake_fd = -1;
	scan->end = CS_END_DONE;

	enum cs_err err = begin(run);

	if (!err)
		loop(run);
	end(run);
	if (!err && scan->progress) /* the last word, also of the shortest run */
		tell_progress(run, cs_clock_mono(scan->clock), true);
	clear(run);
	return err;
}
