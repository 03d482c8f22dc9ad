/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: everything that decides which probes a scan sends and what they look
 * like, in one canonical form that can be stored, hashed and taken up again.
 * Also the numbering: a position in the permuted order is an address and a
 * port and back; positions make slots of a shard, slots make chunks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/permute.h"
#include "net/scope.h"
#include "store/store.h"

enum {
	CS_CHUNK = 4096,    /* slots of a shard that are one unit of work */
	CS_PORT_GROUP = 64, /* consecutive slots that share a source port */
	CS_SCAN_TOKEN_MAX = 8,
	CS_SCAN_PROBES_MAX = 16,
	CS_SCAN_COOLDOWN_MAX_S = 3600,
};

struct cs_plan {
	struct cs_scope *scope; /* owned */
	uint16_t *ports;        /* ascending, each once; owned */
	uint32_t n_ports;
	uint64_t seed;
	uint64_t max_targets;   /* positions asked at most, over all shards; 0: all */
	uint32_t shard, shards; /* shard < shards */
	uint8_t probes;         /* copies of each probe, 1..16 */
	uint8_t token_len;      /* 0..8 */
	bool follow;            /* second stage: confirm, rest of a body */
	uint64_t rate_pps;      /* all packets; 0 unpaced */
	uint32_t cooldown_s;    /* how long answers are waited for */
	uint64_t excluded;      /* addresses that were named and left out; told only */

	/* Derived by cs_plan_ready(). */
	uint64_t positions; /* of all shards together */
	uint64_t slots;     /* of this shard */
	uint64_t chunks;    /* of this shard */
	struct cs_permute order;
	struct cs_sipkey cookie_key;
};

/*
 * Computes what is derived. CS_ERR_RANGE: more positions than can be numbered;
 * CS_ERR_REFUSED: the shard has nothing to ask.
 */
CS_MUST_USE enum cs_err cs_plan_ready(struct cs_plan *plan);
void cs_plan_clear(struct cs_plan *plan);

/* The stored form; lives in @arena. CS_ERR_NOMEM. */
CS_MUST_USE enum cs_err cs_plan_write(const struct cs_plan *plan, struct cs_arena *arena,
				      struct cs_span *out);

/*
 * Reads a stored plan and makes it ready for @shard.
 * CS_ERR_SHORT, CS_ERR_TRAILING, CS_ERR_RANGE, CS_ERR_FOREIGN: not a plan of
 * this version; CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_plan_read(struct cs_span stored, uint32_t shard,
				     struct cs_plan *plan);

/* What makes two scans the same question: targets, ports, probe and seed. */
void cs_plan_hash(const struct cs_plan *plan, uint8_t hash[CS_PLAN_HASH]);

/*
 * The key of a stored plan: a hash of all its bytes. The same question may be
 * asked with another rate or other limits, and a resume must keep to its own.
 */
void cs_plan_key(struct cs_span stored, uint8_t key[CS_PLAN_HASH]);

/* What is asked at a slot of this shard. */
struct cs_target {
	struct cs_addr ip;
	uint16_t port;
};

struct cs_target cs_plan_target(const struct cs_plan *plan, uint64_t slot);

/*
 * The slot at which @ip and @port are asked. False when it is out of scope, not
 * a port of the plan, beyond max_targets, or of another shard.
 */
CS_MUST_USE bool cs_plan_slot(const struct cs_plan *plan, const struct cs_addr *ip,
			      uint16_t port, uint64_t *slot);

/* Slots of a chunk: CS_CHUNK, less for the last one. */
uint32_t cs_plan_chunk_len(const struct cs_plan *plan, uint64_t chunk);

/*
 * The answer's proof without state: Message ID and token of a probe, and which
 * of the source ports it left from (SipHash keyed by the seed).
 */
struct cs_cookie {
	uint16_t mid;
	uint8_t token[CS_SCAN_TOKEN_MAX];
};

struct cs_cookie cs_plan_cookie(const struct cs_plan *plan, const struct cs_addr *ip,
				uint16_t port);
unsigned cs_plan_port_index(const struct cs_plan *plan, uint64_t slot, unsigned n_ports);
