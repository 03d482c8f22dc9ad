/* SPDX-License-Identifier: Apache-2.0 */
/* What a scan counts while it runs; any thread adds, any thread reads. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Why a datagram was not taken as an answer. */
enum cs_reject {
	CS_REJECT_SCOPE,       /* from an address that is not asked */
	CS_REJECT_LOCAL_PORT,  /* to another source port than its probe had */
	CS_REJECT_NOT_PROBED,  /* its address has not been asked yet */
	CS_REJECT_LATE,        /* its chunk is closed */
	CS_REJECT_MID,         /* an ACK or RST for another Message ID */
	CS_REJECT_REQUEST,     /* a request or ping, no answer */
	CS_REJECT_UNCONFIRMED, /* matched by port alone, and no follow-up confirmed it */
	CS_REJECT_COUNT,
};

/* The key under "rejected" in the metadata: "out_of_scope". Static storage. */
const char *cs_reject_name(enum cs_reject cause);

struct cs_counters {
	_Atomic uint64_t probes_sent;
	_Atomic uint64_t slots_done; /* slots asked or given up, first pass */
	_Atomic uint64_t send_failed;
	_Atomic uint64_t send_retried;    /* full queues: tried again */
	_Atomic uint64_t follow_ups_sent; /* ACKs included */
	_Atomic uint64_t received;
	_Atomic uint64_t overflow; /* lost between our own threads */
	_Atomic uint64_t results;
	_Atomic uint64_t rejected[CS_REJECT_COUNT];
};

static inline void cs_count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline uint64_t cs_counted(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

uint64_t cs_counted_rejects(const struct cs_counters *counters);
