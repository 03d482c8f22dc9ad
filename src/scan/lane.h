/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane: one way of sending together with the receiver that belongs to it: its
 * source ports, its receiving thread and the ring to the matcher. A scan has
 * one lane, or two where part of the targets lies behind an Ethernet gateway
 * (packet) and part does not (udp). An exit says which addresses go where.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/ring.h"
#include "net/ports.h"
#include "net/rx.h"
#include "net/tx.h"
#include "scan/counters.h"
#include "scan/plan.h"

struct cs_lane {
	struct cs_ports ports;
	struct cs_rx *rx;    /* owned */
	struct cs_ring ring; /* to the matcher: struct cs_arrival and bytes */
	pthread_t thread;
	bool running;
};

/* All of @range goes out by @tx and comes back by @lane. */
struct cs_way_out {
	struct cs_range range;
	struct cs_tx *tx;
	struct cs_lane *lane;
};

enum { CS_LANES_MAX = 2, CS_TX_MAX = 16 };

struct cs_lanes {
	struct cs_lane lane[CS_LANES_MAX];
	unsigned n;
	struct cs_tx *tx[CS_TX_MAX]; /* owned */
	unsigned n_tx;
	struct cs_way_out *exits; /* ascending; owned */
	size_t n_exits;
};

/* The exit of @ip, or NULL: no way there. */
const struct cs_way_out *cs_lanes_way_out(const struct cs_lanes *lanes,
					  const struct cs_addr *ip);

/* Closes sockets, senders and receivers. */
void cs_lanes_close(struct cs_lanes *lanes);

/*
 * One datagram that passed the receiver's stateless checks: it came from an
 * address in scope to the source port that its probe had. Bytes follow.
 */
struct cs_arrival {
	uint64_t slot;
	struct cs_addr from;
	int64_t wall_us;
	uint16_t port; /* that was asked */
	uint16_t from_port;
	uint16_t port_index; /* of our own port */
	uint16_t lane;
	uint32_t len; /* of the whole datagram; fewer bytes may follow */
};

enum { CS_SUSPECTS = 4096 /* power of two */ };

/* What the receiving threads share with the rest of the scan. */
struct cs_receiving {
	const struct cs_plan *plan;
	struct cs_lanes *lanes;
	struct cs_counters *counters;
	const struct cs_clock *clock;
	_Atomic bool stop;
	_Atomic bool hold;    /* set here when a buffer is more than half full; the
	                           sender waits until the matcher has cleared it */
	int wake_fd;          /* eventfd of the matcher */
	struct cs_sipkey key; /* of the suspects table: random */
	_Atomic uint32_t suspects[CS_SUSPECTS];
	struct cs_receiver_state *state[CS_LANES_MAX]; /* owned */
};

/* Starts a receiving thread for each lane. CS_ERR_NOMEM, CS_ERR_IO. */
CS_MUST_USE enum cs_err cs_receiving_start(struct cs_receiving *receiving);

/* Whether a receive buffer or ring is more than half full. */
bool cs_receiving_is_congested(struct cs_receiving *receiving);

/*
 * Whether garbage for @ip has come to ports that its probe never had: somebody
 * guesses ports in its name. Any thread; a small table, so only a hint.
 */
bool cs_receiving_is_suspect(struct cs_receiving *receiving, const struct cs_addr *ip);

/* Ends them and waits for them. What they queued stays in the rings. */
void cs_receiving_stop(struct cs_receiving *receiving);
