/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receiving threads: stateless checks, then into the ring. Nothing is
 * decoded here, so that a flood costs as little as it can.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "scan/lane.h"

enum {
	POLL_MS = 50,
	/*
	 * One address's first datagrams are passed on whole, later ones as a
	 * head that tells kind and Message ID: a device that sends a hundred
	 * thousand must not crowd the others out of the ring.
	 */
	WHOLE_MAX = 64,
	HEAD_LEN = 16,
	TALKERS = 4096,       /* power of two */
	OTHER_PORTS_MAX = 64, /* each one tried is a chance for a guess */
	SUSPECT_AT = 3,       /* datagrams to wrong ports */
};

/* How much the address last seen in each place has sent. */
struct talker {
	uint64_t slot;
	uint32_t datagrams;
};

struct cs_receiver_state {
	struct cs_receiving *shared;
	struct cs_lane *lane;
	struct talker talkers[TALKERS];
};

static void reject(struct cs_receiver_state *state, enum cs_reject cause)
{
	cs_count(&state->shared->counters->rejected[cause], 1);
}

/*
 * Finds the port whose probe has the Message ID of an answer that came from a
 * port that was not asked.
 */
static bool find_by_mid(const struct cs_plan *plan, const struct cs_datagram *datagram,
			struct cs_arrival *arrival)
{
	struct cs_rd rd = cs_rd_over(datagram->payload.ptr, datagram->payload.len);
	uint64_t index;

	(void)cs_rd_u16(&rd);

	uint16_t mid = cs_rd_u16(&rd);

	/* Strangers' floods are not worth the hashes. */
	if (!cs_scope_find(plan->scope, &datagram->from, &index))
		return false;

	for (uint32_t i = 0; !rd.err && i < plan->n_ports && i < OTHER_PORTS_MAX; i++) {
		arrival->port = plan->ports[i];
		if (cs_plan_cookie(plan, &datagram->from, arrival->port).mid == mid &&
		    cs_plan_slot(plan, &datagram->from, arrival->port, &arrival->slot))
			return true;
	}
	return false;
}

/*
 * Which of the asked ports the datagram answers: its own source port when that
 * is one of them, the only one there is, or the one whose Message ID it has.
 */
static bool find_slot(const struct cs_plan *plan, const struct cs_datagram *datagram,
		      struct cs_arrival *arrival)
{
	arrival->port = datagram->from_port;
	if (cs_plan_slot(plan, &datagram->from, arrival->port, &arrival->slot))
		return true;
	if (plan->n_ports > 1)
		return find_by_mid(plan, datagram, arrival);
	arrival->port = plan->ports[0];
	return cs_plan_slot(plan, &datagram->from, arrival->port, &arrival->slot);
}

/* A place in the table holds 24 bits of the address's hash and a count. */
static uint32_t fingerprint(const struct cs_receiving *shared, const struct cs_addr *ip,
			    size_t *place)
{
	uint64_t hash = cs_siphash(&shared->key, ip->b, sizeof(ip->b));

	*place = hash & (CS_SUSPECTS - 1);
	return (uint32_t)(hash >> 32) & ~UINT32_C(0xff);
}

static void suspect(struct cs_receiving *shared, const struct cs_addr *ip)
{
	size_t place;
	uint32_t mark = fingerprint(shared, ip, &place);
	uint32_t old =
		atomic_load_explicit(&shared->suspects[place], memory_order_relaxed);
	uint32_t count = (old ^ mark) >> 8 ? 0 : old & 0xff;

	if (count < SUSPECT_AT)
		atomic_store_explicit(&shared->suspects[place], mark | (count + 1),
				      memory_order_relaxed);
}

bool cs_receiving_is_suspect(struct cs_receiving *receiving, const struct cs_addr *ip)
{
	size_t place;
	uint32_t mark = fingerprint(receiving, ip, &place);

	return atomic_load_explicit(&receiving->suspects[place], memory_order_relaxed) ==
	       (mark | SUSPECT_AT);
}

static size_t bytes_to_keep(struct cs_receiver_state *state, uint64_t slot, size_t len)
{
	struct talker *talker = &state->talkers[slot & (TALKERS - 1)];

	if (talker->slot != slot || !talker->datagrams)
		*talker = (struct talker){ .slot = slot };
	if (talker->datagrams < WHOLE_MAX) {
		talker->datagrams++;
		return len;
	}
	return len < HEAD_LEN ? len : HEAD_LEN;
}

static void take(void *arg, const struct cs_datagram *datagram)
{
	struct cs_receiver_state *state = arg;
	struct cs_receiving *shared = state->shared;
	const struct cs_ports *ports = &state->lane->ports;
	struct cs_arrival arrival = {
		.from = datagram->from,
		.from_port = datagram->from_port,
		.wall_us = datagram->wall_us ? datagram->wall_us
					     : cs_clock_wall(shared->clock),
		.port_index = (uint16_t)(datagram->to_port - ports->first),
		.lane = (uint16_t)(state->lane - shared->lanes->lane),
		.len = (uint32_t)datagram->payload.len,
	};

	cs_count(&shared->counters->received, 1);
	if (!find_slot(shared->plan, datagram, &arrival)) {
		reject(state, CS_REJECT_SCOPE);
		return;
	}
	if (arrival.port_index !=
	    cs_plan_port_index(shared->plan, arrival.slot, ports->n)) {
		reject(state, CS_REJECT_LOCAL_PORT);
		suspect(shared, &datagram->from);
		return;
	}

	size_t keep = bytes_to_keep(state, arrival.slot, datagram->payload.len);

	if (cs_ring_put(&state->lane->ring, cs_span_of(&arrival, sizeof(arrival)),
			cs_span_of(datagram->payload.ptr, keep)))
		cs_count(&shared->counters->overflow, 1);
}

static bool is_congested(struct cs_lane *lane)
{
	struct cs_rx_stats stats;

	cs_rx_stats(lane->rx, &stats);
	return stats.fill > 0.5 || cs_ring_used(&lane->ring) > lane->ring.cap / 2;
}

bool cs_receiving_is_congested(struct cs_receiving *receiving)
{
	for (unsigned i = 0; i < receiving->lanes->n; i++)
		if (is_congested(&receiving->lanes->lane[i]))
			return true;
	return false;
}

static void *run(void *arg)
{
	struct cs_receiver_state *state = arg;
	const uint64_t one = 1;

	while (!atomic_load_explicit(&state->shared->stop, memory_order_relaxed)) {
		if (!cs_rx_poll(state->lane->rx, POLL_MS, take, state))
			continue;
		if (is_congested(state->lane))
			atomic_store_explicit(&state->shared->hold, true,
					      memory_order_relaxed);
		/* Only fails when the matcher has been woken already. */
		ssize_t woken = write(state->shared->wake_fd, &one, sizeof(one));

		(void)woken;
	}
	return NULL;
}

enum cs_err cs_receiving_start(struct cs_receiving *receiving)
{
	for (unsigned i = 0; i < receiving->lanes->n; i++) {
		struct cs_lane *lane = &receiving->lanes->lane[i];
		struct cs_receiver_state *state = calloc(1, sizeof(*state));

		if (!state)
			return CS_ERR_NOMEM;
		receiving->state[i] = state;
		state->shared = receiving;
		state->lane = lane;
		if (pthread_create(&lane->thread, NULL, run, state))
			return CS_ERR_IO;
		lane->running = true;
	}
	return CS_OK;
}

void cs_receiving_stop(struct cs_receiving *receiving)
{
	atomic_store_explicit(&receiving->stop, true, memory_order_relaxed);
	for (unsigned i = 0; i < receiving->lanes->n; i++) {
		struct cs_lane *lane = &receiving->lanes->lane[i];

		if (lane->running)
			(void)pthread_join(lane->thread,
					   NULL); /* it is ours and running */
		lane->running = false;
		free(receiving->state[i]);
		receiving->state[i] = NULL;
	}
}
